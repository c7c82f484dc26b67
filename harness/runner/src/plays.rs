//! The plays of one case, one for each seat that is judged by the same dialogue.
//!
//! All see the same traffic and the same outcomes, so that they go side by side until one ends early. What several ask for is done
//! once, and each is told what came of it.

use std::collections::{BTreeSet, VecDeque};

use coap::Time;
use judge::command::{Command, CommandId, Outcome};
use judge::watch::Watched;
use judge::{Fault, Ledger, Play, Setting, Standing};
use record::{Verdict, WaitKind};
use testcase::Seat;

/// The plays of a case; there is always one.
pub struct Plays {
    first: Play,
    others: Vec<Play>,
    /// Plays at the end of the others of seats that the case does not judge: they only tell who erred.
    witnesses: usize,
    /// Every command that was given, by its number among all.
    given: Vec<Given>,
    ready: VecDeque<Command>,
}

/// A command that one or several plays gave.
struct Given {
    /// What, without a number.
    bare: Command,
    /// Which plays, each with its own number for it.
    takers: Vec<(usize, CommandId)>,
    outcome: Option<Outcome>,
    /// Plays that want what it does to the network ended.
    healed: BTreeSet<usize>,
}

impl From<Play> for Plays {
    fn from(play: Play) -> Self {
        Self::new(play, Vec::new())
    }
}

impl Plays {
    /// The play of the first seat that is judged, and those of the others.
    pub const fn new(first: Play, others: Vec<Play>) -> Self {
        Self {
            first,
            others,
            witnesses: 0,
            given: Vec::new(),
            ready: VecDeque::new(),
        }
    }

    /// The same with seats that are not judged; their plays keep nobody waiting.
    #[must_use]
    pub fn with_witnesses(mut self, witnesses: Vec<Play>) -> Self {
        self.witnesses += witnesses.len();
        self.others.extend(witnesses);
        self
    }

    /// The plays of seats that are judged.
    pub fn judged(&self) -> impl Iterator<Item = &Play> {
        self.all().take(1 + self.others.len() - self.witnesses)
    }

    /// Takes Fails back that another implementation's own error explains.
    pub fn weigh(&mut self) {
        let erred = self.all().filter_map(|play| {
            let seat = play.setting().judged;
            Some((seat, play.ledger().own_fault(seat)?))
        });
        let erred: Vec<(Seat, Fault)> = erred.collect();
        for play in self.all_mut() {
            let own = play.setting().judged;
            for (seat, fault) in erred.iter().filter(|(seat, _)| *seat != own) {
                play.ledger_mut().excuse(*seat, *fault);
            }
        }
    }

    /// The play of the first seat.
    pub const fn first(&self) -> &Play {
        &self.first
    }

    /// The same, to be asked and told.
    pub const fn first_mut(&mut self) -> &mut Play {
        &mut self.first
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Play> {
        std::iter::once(&self.first).chain(&self.others)
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Play> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    /// What the first play was made of; but for the judged seat it holds for all.
    pub const fn setting(&self) -> &Setting {
        self.first.setting()
    }

    /// What the first play has found.
    pub const fn ledger(&self) -> &Ledger {
        self.first.ledger()
    }

    /// The verdict of the first seat.
    pub fn verdict(&self) -> Verdict {
        self.first.verdict()
    }

    /// Shows all what the watch has read between two seats.
    pub fn handle_watched(&mut self, watched: &Watched, seats: (Seat, Seat)) {
        for play in self.all_mut() {
            play.handle_watched(watched.clone(), seats);
        }
    }

    /// Tells all why something that passes cannot be read, or that all can be.
    pub(crate) fn handle_unread(&mut self, why: Option<&str>) {
        for play in self.all_mut() {
            play.handle_unread(why.map(str::to_owned));
        }
    }

    /// Takes the time.
    pub fn handle_timeout(&mut self, now: Time) {
        for play in self.all_mut().filter(|play| !play.is_over()) {
            play.handle_timeout(now);
        }
    }

    /// When the first of them wants the time.
    pub fn poll_timeout(&self) -> Option<Time> {
        let going = self.all().filter(|play| !play.is_over());
        going.filter_map(Play::poll_timeout).min()
    }

    /// Tells those who gave a command what came of it.
    pub fn handle_outcome(&mut self, now: Time, id: CommandId, outcome: Outcome) {
        let index = usize::try_from(id).unwrap_or(usize::MAX);
        let Some(given) = self.given.get_mut(index) else {
            return;
        };
        given.outcome = Some(outcome.clone());
        for (play, own) in given.takers.clone() {
            if let Some(play) = self.play(play) {
                play.handle_outcome(now, own, outcome.clone());
            }
        }
    }

    /// The next command that somebody has to carry out.
    pub fn poll_command(&mut self, now: Time) -> Option<Command> {
        for index in 0..=self.others.len() {
            while let Some(command) = self.play(index).and_then(Play::poll_command) {
                self.take(now, index, command);
            }
        }
        self.ready.pop_front()
    }

    fn take(&mut self, now: Time, play: usize, command: Command) {
        if let Command::Heal { id: Some(own) } = command {
            return self.heal(play, own);
        }
        let own = number(&command);
        let bare = numbered(command, 0);
        // what a play asked for before stands before; it cannot mean anything earlier
        let last = self.given.iter().rposition(|given| given.is_of(play));
        let from = last.map_or(0, |last| last + 1);
        let known = (from..self.given.len()).find(|at| self.given[*at].bare == bare);
        if let Some(given) = known.and_then(|at| self.given.get_mut(at)) {
            given.takers.push((play, own));
            if let Some(outcome) = given.outcome.clone()
                && let Some(play) = self.play(play)
            {
                play.handle_outcome(now, own, outcome);
            }
            return;
        }
        let id = CommandId::try_from(self.given.len()).unwrap_or(CommandId::MAX);
        self.ready.push_back(numbered(bare.clone(), id));
        self.given.push(Given {
            bare,
            takers: vec![(play, own)],
            outcome: None,
            healed: BTreeSet::new(),
        });
    }

    /// Ends what the network does once all who asked for it have had enough.
    fn heal(&mut self, play: usize, own: CommandId) {
        let mut given = self.given.iter();
        let Some(at) = given.position(|given| given.takers.contains(&(play, own))) else {
            return;
        };
        let Some(given) = self.given.get_mut(at) else {
            return;
        };
        given.healed.insert(play);
        if given
            .takers
            .iter()
            .all(|(play, _)| given.healed.contains(play))
        {
            let id = CommandId::try_from(at).ok();
            self.ready.push_back(Command::Heal { id });
        }
    }

    fn play(&mut self, index: usize) -> Option<&mut Play> {
        match index.checked_sub(1) {
            None => Some(&mut self.first),
            Some(other) => self.others.get_mut(other),
        }
    }

    /// Whether all are over.
    pub fn is_over(&self) -> bool {
        self.judged().all(Play::is_over)
    }

    /// A play that goes on; the first if none does.
    fn going(&self) -> &Play {
        let mut all = self.judged();
        all.find(|play| !play.is_over()).unwrap_or(&self.first)
    }

    /// Whom the case waits for now.
    pub fn waits_for(&self) -> WaitKind {
        self.going().waits_for()
    }

    /// What is waited for now, in words.
    pub fn waiting(&self) -> String {
        self.going().waiting()
    }

    /// Ends those that go on, early.
    pub fn end(&mut self, now: Time, reason: &str, blame: Option<Seat>) {
        for play in self.all_mut().filter(|play| !play.is_over()) {
            play.end(now, reason, blame);
        }
    }

    /// Ends those that go on because the session's time has ended.
    pub fn end_out_of_time(&mut self, now: Time, reason: &str) {
        for play in self.all_mut().filter(|play| !play.is_over()) {
            play.end(now, reason, None);
            play.ledger_mut().force(Verdict::OutOfTime, reason);
        }
    }

    /// Takes note of what the network did by chance.
    pub(crate) fn handle_weather(&mut self, now: Time, what: &str, source: &str) {
        for play in self.all_mut() {
            play.handle_weather(now, what, source);
        }
    }

    /// Adds a remark about the whole case.
    pub fn note(&mut self, text: &str) {
        for play in self.all_mut() {
            play.ledger_mut().note(text.to_owned());
        }
    }

    /// The same, unless it has been said.
    pub(crate) fn note_once(&mut self, text: &str) {
        let remarks = &self.first.ledger().remarks;
        if !remarks.iter().any(|known| known.text == text) {
            self.note(text);
        }
    }

    /// Sets the verdict that the steps cannot say.
    pub fn force(&mut self, verdict: Verdict, reason: &str) {
        for play in self.all_mut() {
            play.ledger_mut().force(verdict, reason);
        }
    }

    /// The registration that stands when the case is over.
    pub fn standing(&self) -> Option<Standing> {
        self.first.standing()
    }
}

impl Given {
    fn is_of(&self, play: usize) -> bool {
        self.takers.iter().any(|(taker, _)| *taker == play)
    }
}

/// The number that ties an outcome to a command, 0 if it has none.
const fn number(command: &Command) -> CommandId {
    match command {
        Command::Control { id, .. }
        | Command::Trigger { id, .. }
        | Command::Show { id, .. }
        | Command::Ask { id, .. }
        | Command::Impair { id, .. } => *id,
        Command::Perform { .. }
        | Command::Prepare { .. }
        | Command::Hush { .. }
        | Command::Channel { .. }
        | Command::Heal { .. } => 0,
    }
}

/// The command under another number.
fn numbered(mut command: Command, number: CommandId) -> Command {
    match &mut command {
        Command::Control { id, .. }
        | Command::Trigger { id, .. }
        | Command::Show { id, .. }
        | Command::Ask { id, .. }
        | Command::Impair { id, .. } => *id = number,
        Command::Perform { .. }
        | Command::Prepare { .. }
        | Command::Hush { .. }
        | Command::Channel { .. }
        | Command::Heal { .. } => {}
    }
    command
}
