//! A conversation of a foreign capture: which cases occurred in it, and what they and the referee say.
//!
//! A capture does not tell how its client was configured. So a case that was not asked for by name fails nobody: what contradicts it
//! is said, and the case stays Inconclusive. Rules of the referee hold whatever the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use coap::Time;
use judge::event::Protection;
use judge::watch::Watch;
use judge::{CaseFacts, Overheard, Play, Retrospect, case_record_of};
use lwm2m::{Operation, Path, Registry, Version};
use record::{CaseRecord, LetterVerdict, Mismatch, NotSelected, StepRecord, Verdict};
use testcase::{
    Facts, FieldName, Form, Library, Line, Role, ScalarKind, Seat, Step, TestCase, Word, WordKind,
};

use super::gather::Talk;
use crate::casting::{Run, Seating, Tested};
use crate::claims::Claims;
use crate::mode::{MODES, TRANSPORTS};

/// What conversations are judged by.
pub struct Bench {
    /// Cases, states, configurations.
    pub library: Arc<Library>,
    /// The cases that are looked for.
    pub cases: Vec<Arc<TestCase>>,
    /// Whether they were asked for by name: then they are judged in full, and one that did not occur is Inconclusive.
    pub asked: bool,
    /// LwM2M version; `None`: that of the Register.
    pub version: Option<Version>,
    /// Whether errata are left out.
    pub as_printed: bool,
}

impl Bench {
    /// Judges a conversation; folders of evidence begin with `prefix`.
    ///
    /// Gives the records, and the cases that do not apply although they were asked for.
    pub fn judge(&self, talk: &Talk, prefix: &str) -> (Vec<CaseRecord>, Vec<NotSelected>) {
        let version = self.version.or(talk.version).unwrap_or(Version::V1_0);
        let types = Arc::new(Registry::builtin(version));
        let mut overheard = Overheard::new(version, Arc::clone(&types));
        for watched in talk.watched.iter().take(MOST_JUDGED) {
            let seats = (talk.seat_at(watched.ends.0), talk.seat_at(watched.ends.1));
            overheard.take(watched.clone(), seats);
        }
        let said = Said::of(&overheard);
        let facts: Arc<Asked> = Arc::new(Heard {
            version,
            ways: said.ways.clone(),
            objects: said.objects.clone(),
        });
        let run = self.run(talk, &said, version, types);
        let mut records = Vec::new();
        let mut left_out = Vec::new();
        let mut judged: BTreeSet<u32> = BTreeSet::new();
        for case in &self.cases {
            if let Some(reason) = inapplicable(case, &*facts) {
                left_out.extend(
                    case.seats
                        .iter()
                        .map(|seat| not_selected(case, *seat, &reason)),
                );
                continue;
            }
            if !self.asked && !said.may_hold(case) {
                continue;
            }
            let first = records.len();
            for seat in &case.seats {
                if !talk.seats.values().any(|known| known == seat) {
                    continue;
                }
                let folder = format!("{prefix}{}/{seat}", case.name);
                if let Some(record) = self.one((&run, &facts), talk, case, *seat, folder) {
                    if self.asked {
                        // the others leave the rules that always hold to the whole
                        judged.extend(record.steps.iter().flat_map(|step| &step.frames));
                    }
                    records.push(record);
                }
            }
            excuse(records.get_mut(first..).unwrap_or_default());
        }
        let mut seats: Vec<Seat> = talk.seats.values().copied().collect();
        seats.sort();
        seats.dedup();
        seats.retain(|seat| seat.role != Role::FileServer);
        records.extend(seats.into_iter().map(|seat| {
            let folder = format!("{prefix}everything-else/{seat}");
            overheard.record(seat, &judged, &folder)
        }));
        left_out.retain(|_| self.asked);
        (records, left_out)
    }

    /// One case for one seat; `None` if it did not occur and nobody asked for it.
    fn one(
        &self,
        known: (&Run, &Arc<Asked>),
        talk: &Talk,
        case: &Arc<TestCase>,
        seat: Seat,
        folder: String,
    ) -> Option<CaseRecord> {
        let play = play(known, talk, case, seat, self.asked);
        let (began, ended) = play.span();
        let lasted = u64::try_from(ended.since(began).as_nanos()).unwrap_or(u64::MAX);
        let steps = &play.ledger().steps;
        if !self.asked && !occurred(steps, seat) {
            return None;
        }
        let claimed = || steps.iter().flat_map(|step| &step.frames).copied();
        let first = claimed().min().unwrap_or(0).saturating_sub(AROUND);
        let last = claimed().max().unwrap_or(u32::MAX).saturating_add(AROUND);
        let last = last.min(first.saturating_add(MOST_FRAMES));
        let facts = CaseFacts {
            folder,
            wall_time: lasted,
            jumped: false,
            waits: Vec::new(),
            implementation: 0,
            operator: 0,
        };
        let mut record = case_record_of(&play, facts, |frame| (first..=last).contains(&frame));
        if self.asked {
            return Some(record);
        }
        // only a client that is configured as the case has it could be blamed
        let why = format!("--case {} judges it", case.name);
        soften(&mut record, &why, |mismatch| mismatch.rule.is_none());
        Some(record)
    }

    /// A run in which implementations hold all seats; what is in the capture is claimed (notation, 5).
    fn run(&self, talk: &Talk, said: &Said, version: Version, types: Arc<Registry>) -> Run {
        let mut claims = Claims::of_harness(version).clone();
        let seen = |word: &str| !MODES.contains(&word) && !TRANSPORTS.contains(&word);
        claims.words.retain(|word| seen(word));
        claims
            .words
            .extend(said.ways.iter().map(|way| (*way).to_owned()));
        claims.objects = said.objects.keys().map(|id| (*id, Vec::new())).collect();
        let tested = Tested {
            claims,
            ..Tested::default()
        };
        let mut seats: BTreeSet<Seat> = talk.seats.values().copied().collect();
        seats.extend(Seat::ALL);
        let secured = said.ways.contains("psk");
        Run {
            library: Arc::clone(&self.library),
            version,
            transport: if said.ways.contains("udp") {
                "udp"
            } else {
                "tcp"
            }
            .to_owned(),
            security: if secured { "psk" } else { "nosec" }.to_owned(),
            as_printed: self.as_printed,
            weather: None,
            types,
            implementations: seats
                .into_iter()
                .map(|seat| (seat, tested.clone()))
                .collect(),
        }
    }
}

/// Plays a case in hindsight.
fn play(
    (run, facts): (&Run, &Arc<Asked>),
    talk: &Talk,
    case: &Arc<TestCase>,
    seat: Seat,
    asked: bool,
) -> Play {
    let mut addresses = BTreeMap::new();
    for (address, seat) in &talk.seats {
        addresses.entry(*seat).or_insert(*address);
    }
    let seating = Seating {
        // what passes is known by the places of the implementations, wherever a relay stood
        relays: BTreeMap::new(),
        judged: seat,
        addresses,
        copy: 0,
        endpoint: talk.endpoint.clone().unwrap_or_default(),
        seed: 0,
    };
    let mut setting = run.setting(case, &seating, None);
    setting.hindsight = true;
    setting.facts = Arc::clone(facts) as _;
    let told = |name: &str| OURS.iter().any(|start| name.starts_with(start));
    setting.told.retain(|(name, _)| !told(name));
    if talk.endpoint.is_none() {
        setting.told.retain(|(name, _)| name != "client.endpoint");
    }
    if !talk.registers && case.given.value == "registered" {
        // it was registered before the capture began
        setting.states.clear();
    }
    let mut retrospect = Retrospect {
        play: Play::new(setting),
        watch: Watch::default(),
        seats: talk.seats.clone(),
        stranger: Seat::CLIENT,
    };
    let (began, ended) = talk.span();
    if !asked {
        // of a whole conversation they are judged once
        retrospect.play.leave_rules_out();
    }
    retrospect.play.handle_timeout(began);
    for watched in talk.watched.iter().take(MOST_JUDGED) {
        if retrospect.play.is_over() {
            break;
        }
        retrospect.take_watched(watched.clone());
    }
    retrospect.end(ended).0
}

/// Why a case cannot be judged here.
fn inapplicable(case: &TestCase, facts: &Asked) -> Option<String> {
    if !case.emulated.is_empty() {
        let seats: Vec<String> = case.emulated.iter().map(ToString::to_string).collect();
        return Some(format!("only the harness can be {}", seats.join(", ")));
    }
    let found = case.requires.evaluate(facts);
    let values = found.explanation.into_iter();
    let values: Vec<String> = values
        .map(|(term, value)| format!("{term}: {value}"))
        .collect();
    (!found.value).then(|| format!("not heard in the capture: {}", values.join(", ")))
}

fn not_selected(case: &TestCase, seat: Seat, reason: &str) -> NotSelected {
    NotSelected {
        case: case.name.clone(),
        id: case.id.clone(),
        title: case.title.clone(),
        seat: seat.to_string(),
        reason: reason.to_owned(),
        judges_others: false,
    }
}

/// What expressions may ask.
type Asked = dyn Facts;

/// What was heard is claimed (notation, 5).
struct Heard {
    version: Version,
    ways: BTreeSet<&'static str>,
    objects: BTreeMap<u16, BTreeSet<u16>>,
}

impl Facts for Heard {
    fn version(&self) -> Version {
        self.version
    }

    fn claims(&self, word: &str) -> bool {
        let way = MODES.contains(&word) || TRANSPORTS.contains(&word);
        !way || self.ways.contains(word)
    }

    fn object(&self, id: u16, resources: &[u16]) -> Option<Vec<u16>> {
        let known = self.objects.get(&id)?;
        let missing = resources
            .iter()
            .filter(|resource| !known.contains(resource));
        Some(missing.copied().collect())
    }

    fn ixit(&self, _: &str) -> bool {
        false
    }

    fn iut(&self, _: Seat) -> bool {
        true
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}

impl Talk {
    fn seat_at(&self, address: std::net::SocketAddr) -> Seat {
        self.seats.get(&address).copied().unwrap_or(Seat::CLIENT)
    }

    /// Whether more passed than is judged.
    pub fn is_too_long(&self) -> bool {
        self.watched.len() > MOST_JUDGED
    }

    /// When the first and the last of what is judged passed.
    fn span(&self) -> (Time, Time) {
        let judged = self.watched.get(..MOST_JUDGED).unwrap_or(&self.watched);
        let first = judged.first().map_or(Time::ZERO, |watched| watched.time);
        let last = judged.last().map_or(first, |watched| watched.time);
        (first, last)
    }
}

/// What was said in a conversation, by kind.
#[derive(Default)]
struct Said {
    /// Requests: sender, word, and path if there is one.
    requests: BTreeSet<(Seat, &'static str, Option<Path>)>,
    /// Words of requests, by sender.
    words: BTreeSet<(Seat, &'static str)>,
    /// Words of the channel.
    channel: BTreeSet<(Seat, Word)>,
    /// Objects that were registered, or spoken of if nothing was, with the Resources of which values were told.
    objects: BTreeMap<u16, BTreeSet<u16>>,
    /// Transports and security modes, in the words of the ICS.
    ways: BTreeSet<&'static str>,
}

impl Said {
    fn of(overheard: &Overheard) -> Self {
        let mut said = Self::default();
        let (mut spoken, mut listed): (BTreeSet<u16>, BTreeSet<u16>) = Default::default();
        for event in overheard.transfer().events() {
            if let Some(note) = event.note() {
                said.channel.insert((event.from, note.word));
            }
            let Some(operation) = event.operation() else {
                if matches!(event.sort, judge::event::Sort::Notification(_)) {
                    said.words.insert((event.from, Word::Notify.name()));
                }
                continue;
            };
            let path = operation.path();
            said.words.insert((event.from, operation.word()));
            said.requests.insert((event.from, operation.word(), path));
            spoken.extend(path.and_then(|path| path.object()));
            if let Operation::Register(register) = operation {
                let links = coap::Links::parse(&register.objects).map(|found| found.links);
                let links = links.unwrap_or_default().into_iter();
                let paths = links.filter_map(|link| link.target.parse::<Path>().ok());
                listed.extend(paths.filter_map(|path| path.object()));
            }
        }
        if listed.is_empty() {
            listed = spoken;
        }
        let mut told = overheard.told();
        let objects = listed.into_iter();
        said.objects = objects
            .map(|id| (id, told.remove(&id).unwrap_or_default()))
            .collect();
        for datagram in overheard.transfer().datagrams() {
            said.ways
                .insert(if datagram.via.stream { "tcp" } else { "udp" });
            match datagram.via.protection {
                Protection::Nothing if datagram.via.oscore => {}
                Protection::Nothing => drop(said.ways.insert("nosec")),
                // which of them it was the notes of the handshake tell
                Protection::Dtls | Protection::Tls => {
                    said.ways.extend(["psk", "rpk", "certificate"]);
                }
            }
            if datagram.via.oscore {
                said.ways.insert("oscore");
            }
        }
        said
    }

    /// Whether everything that a case asks for was said, in whatever order: cheaper than a play.
    fn may_hold(&self, case: &TestCase) -> bool {
        case.dialogue
            .iter()
            .filter(|step| step.when.is_none())
            .all(|step| self.may_hold_step(step))
    }

    fn may_hold_step(&self, step: &Step) -> bool {
        let own = step.lines.iter().all(|line| self.may_hold_line(line));
        own && step.group.iter().all(|member| self.may_hold_step(member))
    }

    fn may_hold_line(&self, line: &Line) -> bool {
        let word = line.word.value;
        if !line.alternatives.is_empty()
            || word.kind() != WordKind::Request
            || !line.coap.is_empty()
        {
            return true;
        }
        if line.word.is_channel() {
            return self.channel.contains(&(line.seat, word));
        }
        if matches!(word, Word::Follow | Word::CancelObservation) {
            return true;
        }
        let path = literal_path(line);
        match path {
            Some(path) => self.requests.iter().any(|(seat, known, at)| {
                *seat == line.seat && word.names(known) && *at == Some(path)
            }),
            None => self
                .words
                .iter()
                .any(|(seat, known)| *seat == line.seat && word.names(known)),
        }
    }
}

/// The path that a line names, if no variable is in it.
fn literal_path(line: &Line) -> Option<Path> {
    let Form::Scalar(scalar) = &line.field(FieldName::Path)?.form else {
        return None;
    };
    match &scalar.kind {
        ScalarKind::Text(text) => text.as_literal()?.parse().ok(),
        _ => None,
    }
}

/// Whether the dialogue of a case took place: each of its requests was found, and said what the case has it say.
///
/// An answer of the judged seat may contradict it: then it did not go on.
fn occurred(steps: &[StepRecord], judged: Seat) -> bool {
    let judged = judged.to_string();
    let own = steps.iter().filter(|step| step.state.is_none());
    let reached = own.clone().any(|step| !step.frames.is_empty());
    let unplayed = own.clone().any(|step| step.verdict.is_none());
    let other = own.clone().any(|step| {
        let Some(mismatch) = &step.mismatch else {
            return false;
        };
        let subject = mismatch.expected.subject.as_str();
        // what says something else, and what another seat answers, belongs to something else
        let sent = mismatch.rule.is_none() && mismatch.message.contains(" sent ");
        let of_others = step.blame.as_ref().is_some_and(|blame| *blame != judged);
        ABSENT.contains(&subject) || subject == CUT_OFF && unplayed || sent || of_others
    });
    reached && !other
}

/// Takes back what a seat only answered to what another had done wrong: whether it would have failed a sound one nobody knows.
fn excuse(records: &mut [CaseRecord]) {
    let erred: Vec<String> = records
        .iter()
        .filter(|record| takes_blame(record, |mismatch| !is_reaction(mismatch)))
        .map(|record| record.summary.seat.clone())
        .collect();
    for record in records {
        let seat = record.summary.seat.clone();
        if let Some(other) = erred.iter().find(|other| **other != seat) {
            let why = format!("but the {other} had erred, which may be why");
            soften(record, &why, is_reaction);
        }
    }
}

fn takes_blame(record: &CaseRecord, which: impl Fn(&Mismatch) -> bool) -> bool {
    let failed = |step: &&StepRecord| step.verdict == Some(Verdict::Fail);
    let mut failed = record.steps.iter().filter(failed);
    failed.any(|step| step.mismatch.as_ref().is_some_and(&which))
}

/// Whether a mismatch is about how a seat answered, and no rule was broken.
fn is_reaction(mismatch: &Mismatch) -> bool {
    let subject = mismatch.expected.subject.as_str();
    mismatch.rule.is_none() && matches!(subject, "code" | "answer")
}

/// Takes failures back; says why.
fn soften(record: &mut CaseRecord, why: &str, which: impl Fn(&Mismatch) -> bool) {
    let mut taken = false;
    for step in &mut record.steps {
        let meant = step.mismatch.as_ref().is_some_and(&which);
        if step.verdict == Some(Verdict::Fail) && meant {
            step.verdict = Some(Verdict::Inconclusive);
            step.blame = None;
            taken = true;
        }
    }
    if !taken {
        return;
    }
    let failing = |letter: &str| {
        let mut steps = record.steps.iter();
        steps.any(|step| {
            step.verdict == Some(Verdict::Fail) && step.criteria.iter().any(|known| known == letter)
        })
    };
    let letters: Vec<LetterVerdict> = record
        .summary
        .criteria
        .iter()
        .map(|one| LetterVerdict {
            letter: one.letter.clone(),
            verdict: one
                .verdict
                .filter(|verdict| *verdict != Verdict::Fail || failing(&one.letter)),
        })
        .collect();
    let fails = record
        .steps
        .iter()
        .any(|step| step.verdict == Some(Verdict::Fail));
    let summary = &mut record.summary;
    summary.criteria = letters;
    if !fails {
        summary.verdict = Verdict::Inconclusive;
        summary.tool = Verdict::Inconclusive;
        let reason = summary.reason.take().unwrap_or_default();
        summary.reason = Some(format!("{reason}; {why}"));
    }
}

/// Subjects of what is not in a capture, as plays in hindsight say it.
const ABSENT: [&str; 2] = ["not in the capture", "stimulus"];
/// Subject of what a capture ends before.
const CUT_OFF: &str = "end of the capture";
/// Values of the harness's own, which nobody in a foreign capture was told.
const OURS: [&str; 4] = ["psk.", "rpk.", "certificate.", "client.firmware."];
/// Messages of one conversation that are judged.
const MOST_JUDGED: usize = 20_000;
/// Frames that a record shows.
const MOST_FRAMES: u32 = 5_000;
/// Frames that a record shows before and behind those of its steps.
const AROUND: u32 = 10;
