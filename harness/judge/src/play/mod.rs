//! One case in play, as a sans-IO machine (design, 4).
//!
//! Datagrams with times and outcomes of control go in; commands, deadlines and a record come out. It knows no socket and no
//! emulator, so a live run, virtual time, a relay and a capture drive the same machine.

mod active;
mod advance;
mod claim;
mod compare;
mod creation;
mod errand;
mod exchange;
mod follow;
mod hindsight;
mod ledger;
mod network;
mod open;
mod perform;
mod placeholders;
mod provision;
mod remainder;
mod sequence;
mod setting;
mod setup;
mod shape;
mod show;
mod silence;
mod unread;
mod weather;

use std::collections::VecDeque;
use std::net::SocketAddr;

use coap::Time;
use record::{ControlRecord, Remark, StepRecord, WaitKind};
use testcase::{Line, Seat};

use crate::command::{Command, CommandId, Outcome};
use crate::event::{ChannelFrame, Datagram, Fate, Note, Sort, Via};
use crate::fields::Fields;
use crate::referee::Referee;
use crate::template::{Known, Observed, Surroundings};
use crate::transfer::Transfer;
use crate::variables::{Variables, View};
use active::Active;
use hindsight::Hindsight;
use open::Opened;
use sequence::Stage;

pub(crate) use compare::wrong_code;
pub use ledger::{Fault, Ledger};
pub use open::{News, Sent};
pub use setting::{Holder, Relay, Setting, Standing};
pub(crate) use shape::option_content;

/// A case in play.
pub struct Play {
    setting: Setting,
    transfer: Transfer,
    referee: Referee,
    variables: Variables,
    stage: Stage,
    active: Vec<Active>,
    commands: VecDeque<Command>,
    outcomes: Vec<(CommandId, Time, Outcome)>,
    /// Steps whose request must stay without any answer as long as the case goes on.
    unanswered: Vec<Active>,
    next_command: CommandId,
    /// Requests of which the case says itself which block they are.
    by_hand: u32,
    began: Option<Time>,
    ended: Option<Time>,
    wake: Option<Time>,
    last_message: Time,
    hindsight: Hindsight,
    /// Why something that passes cannot be read, if it cannot.
    unread: Option<String>,
    /// What the network did last by chance.
    weather: Option<String>,
    ledger: Ledger,
    /// A play without a dialogue.
    open: Option<Opened>,
}

/// A datagram as the tap saw it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Number in the capture, from 1; later ones have larger numbers.
    pub frame: u32,
    /// Sending seat.
    pub from: Seat,
    /// Receiving seat.
    pub to: Seat,
    /// Where the sender's socket was.
    pub source: SocketAddr,
    /// The bytes of the CoAP message.
    pub bytes: &'a [u8],
    /// How it travelled.
    pub via: Via,
}

impl Play {
    /// A case that begins with the first call of [`Play::handle_timeout`].
    pub fn new(setting: Setting) -> Self {
        let mut variables = Variables::default();
        for (name, value) in &setting.told {
            variables.set(name.clone(), value.clone());
        }
        variables.set(
            "version",
            crate::actual::Actual::text(setting.version.as_str()),
        );
        let mut play = Self {
            referee: Referee::new(setting.version),
            transfer: Transfer::default(),
            variables,
            stage: Stage::Beginning,
            active: Vec::new(),
            commands: VecDeque::new(),
            outcomes: Vec::new(),
            unanswered: Vec::new(),
            next_command: 0,
            by_hand: 0,
            began: None,
            ended: None,
            wake: None,
            last_message: Time::ZERO,
            hindsight: Hindsight::of(&setting),
            unread: None,
            weather: None,
            ledger: Ledger::default(),
            open: None,
            setting,
        };
        play.take_standing();
        play
    }

    /// Takes a datagram that the tap saw; times never run backwards.
    pub fn handle_datagram(&mut self, now: Time, seen: Seen<'_>) {
        self.catch_up(now);
        self.last_message = now;
        let bytes = seen.bytes;
        let datagram = Datagram {
            time: now,
            frame: seen.frame,
            from: seen.from,
            to: seen.to,
            source: seen.source,
            bytes: bytes.to_vec(),
            reading: coap::read(bytes),
            fate: Fate::Block,
            via: seen.via,
        };
        self.take_datagram(now, datagram);
    }

    /// Takes a message of a stream, which the watch has read already.
    pub fn handle_stream_message(&mut self, now: Time, seen: Seen<'_>, reading: coap::Reading) {
        self.catch_up(now);
        self.last_message = now;
        let datagram = Datagram {
            time: now,
            frame: seen.frame,
            from: seen.from,
            to: seen.to,
            source: seen.source,
            bytes: seen.bytes.to_vec(),
            reading,
            fate: Fate::Block,
            via: seen.via,
        };
        self.take_datagram(now, datagram);
    }

    /// Takes what is told of the channel below CoAP.
    pub fn handle_channel(&mut self, now: Time, frames: Vec<u32>, ends: (Seat, Seat), note: Note) {
        self.catch_up(now);
        let event = self.transfer.handle_channel(now, frames, ends, note);
        if self.ended.is_some() {
            return;
        }
        self.call_referee(event..event + 1);
        self.advance(now);
    }

    /// Takes note that a message of `seat` broke a rule that only a watch can see.
    pub fn handle_breach(&mut self, now: Time, frame: u32, seat: Seat, rule: &str, text: &str) {
        self.catch_up(now);
        let Some(rule) = crate::referee::RULES.iter().find(|one| one.name == rule) else {
            return;
        };
        let Some(finding) = self.take_finding(rule.seen(seat, frame, text)) else {
            return;
        };
        if self.ended.is_some() || !self.setting.tested(seat) || seat != self.setting.judged {
            return;
        }
        let index = self.active.first().map(|active| active.record);
        let in_dialogue = matches!(self.stage, Stage::Dialogue(_));
        let weather = self.weather.as_deref();
        self.ledger
            .finding(finding, index, &self.setting, in_dialogue, weather);
        self.advance(now);
    }

    /// Takes a frame of the channel for the ladder.
    pub fn handle_channel_frame(&mut self, frame: ChannelFrame) {
        self.transfer.note_channel_frame(frame);
    }

    fn take_datagram(&mut self, now: Time, datagram: Datagram) {
        let completed = self.transfer.handle(datagram);
        if self.ended.is_some() {
            return;
        }
        for event in completed.clone() {
            self.note_registration(event);
            self.name_event(event);
        }
        self.call_referee(completed.clone());
        if !self.sleeps_through(completed) {
            self.advance(now);
        }
    }

    /// Takes the outcome of a command.
    pub fn handle_outcome(&mut self, now: Time, id: CommandId, outcome: Outcome) {
        self.catch_up(now);
        self.ledger.close_control(id, &outcome);
        self.outcomes.push((id, now, outcome));
        self.advance(now);
    }

    /// Takes the time.
    pub fn handle_timeout(&mut self, now: Time) {
        if self.began.is_none() {
            self.began = Some(now);
            self.last_message = now;
        }
        self.catch_up(now);
        self.advance(now);
    }

    /// Lets every deadline before `now` count, in its order, whenever the driver comes: what comes later is late.
    fn catch_up(&mut self, now: Time) {
        while self.ended.is_none()
            && let Some(due) = self.wake.filter(|due| *due < now)
        {
            self.advance(due);
            if self.wake.is_some_and(|next| next <= due) {
                break;
            }
        }
    }

    /// The next command.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// When [`Play::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Time> {
        if self.began.is_none() {
            return Some(Time::ZERO);
        }
        self.wake
    }

    /// Whether the case is over.
    pub const fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    /// Whom the case waits for now.
    pub fn waits_for(&self) -> WaitKind {
        self.active
            .first()
            .map_or(WaitKind::Implementation, Active::waits_for)
    }

    /// What is waited for now, in words.
    pub fn waiting(&self) -> String {
        self.active
            .first()
            .and_then(|active| active.step.sentence.as_ref())
            .map_or_else(|| "set-up".to_owned(), ToString::to_string)
    }

    /// Ends the case early: an interruption, an implementation that crashed, a budget that ran out.
    pub fn end(&mut self, now: Time, reason: &str, blame: Option<Seat>) {
        // a state that is not reached is nobody's failure
        let blame = blame.filter(|_| self.in_dialogue());
        self.ledger.cut_short(reason, blame, &self.setting);
        self.list_rest(now, false);
        self.finish(now);
    }

    /// The registration that stands when the case is over, for the next one.
    pub fn standing(&self) -> Option<Standing> {
        self.standing_registration()
    }

    /// The messages of the case.
    pub const fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    /// What was found, for the record.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What the case was played with.
    pub const fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Begin and end, as far as they have come.
    pub fn span(&self) -> (Time, Time) {
        let began = self.began.unwrap_or(Time::ZERO);
        (began, self.ended.unwrap_or(self.last_message.max(began)))
    }

    /// Values bound at run time.
    pub fn bindings(&self) -> Vec<(String, String)> {
        self.variables.bindings()
    }

    fn command(&mut self, now: Time, make: impl FnOnce(CommandId) -> Command) -> CommandId {
        let id = self.next_command;
        self.next_command += 1;
        self.tell(make(id));
        if self.setting.hindsight {
            // what was commanded is taken as given (notation, 8)
            self.outcomes.push((id, now, Outcome::Done(None)));
        }
        id
    }

    /// Gives a command to whoever drives the case.
    fn tell(&mut self, command: Command) {
        if !self.setting.hindsight {
            self.commands.push_back(command);
        }
    }

    fn outcome(&self, id: CommandId) -> Option<&Outcome> {
        self.outcomes
            .iter()
            .find(|(known, ..)| *known == id)
            .map(|(.., outcome)| outcome)
    }

    /// When the last of these commands was done.
    fn done_at(&self, ids: impl Iterator<Item = CommandId>) -> Option<Time> {
        ids.filter_map(|id| {
            let found = self.outcomes.iter().find(|(known, ..)| *known == id);
            found.map(|(_, at, _)| *at)
        })
        .max()
    }

    fn view<'a>(&'a self, own: &'a [(String, crate::actual::Actual)], binds: bool) -> View<'a> {
        View {
            variables: &self.variables,
            own,
            fields: Fields {
                transfer: &self.transfer,
                types: &self.setting.types,
            },
            facts: &*self.setting.facts,
            binds,
        }
    }

    fn surroundings<'a>(&'a self, view: &'a View<'a>, line: &Line) -> Surroundings<'a> {
        Surroundings {
            scope: view,
            types: &self.setting.types,
            formats: &self.setting.formats,
            registration: self.known(),
            observation: self.observation(view, line),
        }
    }

    fn call_referee(&mut self, completed: std::ops::Range<usize>) {
        if self.hindsight.is_unrefereed() {
            return;
        }
        let findings = self
            .referee
            .look(&self.transfer, &self.setting.types, completed);
        for finding in findings {
            let Some(finding) = self.take_finding(finding) else {
                continue;
            };
            if self.setting.tested(finding.seat) && finding.seat == self.setting.judged {
                let index = self.active.first().map(|active| active.record);
                let in_dialogue = matches!(self.stage, Stage::Dialogue(_));
                let weather = self.weather.as_deref();
                self.ledger
                    .finding(finding, index, &self.setting, in_dialogue, weather);
            }
        }
    }

    fn known(&self) -> Known {
        let view = self.view(&[], false);
        let text = |name: &str| match view.lookup(name) {
            Some(crate::actual::Actual::Value(value)) => Some(crate::pattern::plain(&value)),
            _ => None,
        };
        let location =
            text(&format!("{ACCEPTED}.location")).or_else(|| text("registration.location"));
        Known {
            endpoint: text("client.endpoint"),
            lifetime: text("registration.lifetime")
                .or_else(|| text("account.lifetime"))
                .and_then(|text| text.parse().ok()),
            version: self.setting.version.as_str().to_owned(),
            location: location
                .map(|path| {
                    path.trim_start_matches('/')
                        .split('/')
                        .map(str::to_owned)
                        .collect()
                })
                .unwrap_or_default(),
            objects: self.object_links(),
        }
    }

    /// Object links of the configuration, for a Register that a case makes itself.
    fn object_links(&self) -> String {
        let mut paths: Vec<lwm2m::Path> = Vec::new();
        for (path, _) in &self.setting.configuration {
            if let Some(instance) = path.prefix(2)
                && !matches!(instance.object(), Some(0 | 21 | 23))
                && !paths.contains(&instance)
            {
                paths.push(instance);
            }
        }
        let links: Vec<String> = paths.iter().map(|path| format!("<{path}>")).collect();
        links.join(",")
    }

    fn observation(&self, view: &View<'_>, line: &Line) -> Option<Observed> {
        let of = crate::template::field(line, "of").and_then(crate::template::own_value)?;
        let testcase::ScalarKind::Text(text) = &of.kind else {
            return None;
        };
        let name = match crate::pattern::Scope::resolve(view, text) {
            Ok(crate::actual::Actual::Value(value)) => crate::pattern::plain(&value),
            _ => return None,
        };
        let event = self.transfer.event(self.variables.captured(&name)?)?;
        let operation = event.operation()?;
        let composite = match operation {
            lwm2m::Operation::ObserveComposite(composite) => Some(composite.clone()),
            _ => None,
        };
        Some(Observed {
            path: operation.path().unwrap_or_default(),
            token: event.message.as_ref()?.token.clone(),
            composite,
        })
    }

    fn note_registration(&mut self, index: usize) {
        let Some(event) = self.transfer.event(index) else {
            return;
        };
        let (one, other) = (event.from, event.to);
        if ![(Seat::CLIENT, Seat::SERVER), (Seat::SERVER, Seat::CLIENT)].contains(&(one, other)) {
            return;
        }
        match (&event.sort, event.operation()) {
            (_, Some(lwm2m::Operation::Register(_) | lwm2m::Operation::Update(_))) => {
                self.variables.capture("registration", index);
                self.bind_instances();
            }
            (Sort::Response(of), _) => {
                let request = self
                    .transfer
                    .event(*of)
                    .and_then(|request| request.operation());
                let accepted = event
                    .message
                    .as_ref()
                    .is_some_and(|message| message.code == coap::Code::CREATED);
                if accepted && matches!(request, Some(lwm2m::Operation::Register(_))) {
                    self.variables.capture(ACCEPTED, index);
                }
            }
            _ => {}
        }
    }

    fn step_record(&mut self, index: usize) -> Option<&mut StepRecord> {
        self.ledger.steps.get_mut(index)
    }

    fn remark(&mut self, record: usize, text: String, seat: Option<Seat>, frame: Option<u32>) {
        let remark = Remark {
            text,
            seat: seat.map(|seat| seat.to_string()),
            frame,
            rule: None,
            clause: None,
        };
        match self.step_record(record) {
            Some(step) if !step.remarks.contains(&remark) => step.remarks.push(remark),
            _ => {}
        }
    }

    /// Says in the record what the network was told; it does so at once.
    fn log_network(&mut self, now: Time, id: CommandId, network: &testcase::Network) {
        if self.setting.hindsight {
            return;
        }
        let scope = [("from", network.from), ("to", network.to)];
        let seats = scope
            .into_iter()
            .filter_map(|(word, seat)| Some(format!(" {word} {}", seat?)));
        let between = network.between.iter();
        let pairs = between.map(|(one, other)| format!(" between {one} and {other}"));
        let scope: String = seats.chain(pairs).collect();
        let action = format!("{}{scope}", network.verb.value.name());
        let time = now.since(self.began.unwrap_or(now)).as_nanos() as u64;
        let control = ControlRecord {
            time,
            seat: "network".to_owned(),
            action,
            outcome: Outcome::Done(None).reason(),
        };
        self.ledger.open_control(id, control);
    }

    fn log_control(&mut self, now: Time, id: CommandId, seat: Seat, action: String) {
        if self.setting.hindsight {
            return;
        }
        let time = now.since(self.began.unwrap_or(now)).as_nanos() as u64;
        let control = ControlRecord {
            time,
            seat: seat.to_string(),
            action,
            outcome: "under way".to_owned(),
        };
        self.ledger.open_control(id, control);
    }
}

/// The answer that made the registration in force; no case can name it, so a case's own names stay what they were.
const ACCEPTED: &str = "@accepted";

#[cfg(test)]
mod tests;
