//! A conversation of a foreign capture: which cases occurred in it, and what they and the referee say.
//!
//! A capture does not tell how its client was configured. So a case that was not asked for by name fails nobody: what contradicts it
//! is said, and the case stays Inconclusive. Rules of the referee hold whatever the configuration. What no profile tells is taken
//! from the capture: what was heard is claimed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use coap::Time;
use judge::watch::Watch;
use judge::{CaseFacts, Overheard, Play, Retrospect, Setting, case_record_of};
use lwm2m::{Registry, Version};
use record::{CaseRecord, LetterVerdict, Mismatch, NotSelected, StepRecord, Verdict};
use testcase::{Facts, Library, Role, Seat, TestCase};

use super::declared::Declared;
use super::gather::Talk;
use super::said::Said;
use crate::casting::{Run, Seating, Tested};
use crate::claims::{Claims, concerns};
use crate::mode::{MODES, TRANSPORTS};
use crate::product::definitions;

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
    /// Implementations whose profiles tell what they claim.
    pub profiles: Vec<Declared>,
}

impl Bench {
    /// Judges a conversation; folders of evidence begin with `prefix`.
    ///
    /// Gives the records, and the cases that do not apply although they were asked for.
    pub fn judge(&self, talk: &Talk, prefix: &str) -> (Vec<CaseRecord>, Vec<NotSelected>) {
        let profiles = self.profiles.iter().filter(|one| one.is_in(talk));
        let declared: BTreeMap<Seat, &Declared> = profiles.map(|one| (one.seat(), one)).collect();
        let version = self.version_of(talk, &declared);
        let types = Registry::builtin(version);
        let types = Arc::new(match declared.get(&Seat::CLIENT) {
            Some(client) => definitions(types, &client.profile),
            None => types,
        });
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
            declared: declared
                .iter()
                .map(|(seat, one)| (*seat, one.tested.clone()))
                .collect(),
        });
        let run = self.run((talk, &declared), &said, version, types);
        let mut records = Vec::new();
        let mut left_out = Vec::new();
        let mut judged: BTreeSet<u32> = BTreeSet::new();
        for case in &self.cases {
            if !self.asked && !said.may_hold(case) {
                continue;
            }
            if let Some(reason) = inapplicable(case, &*facts) {
                left_out.extend(
                    case.seats
                        .iter()
                        .map(|seat| not_selected(case, *seat, &reason)),
                );
                continue;
            }
            let first = records.len();
            let present = |seat: &&Seat| talk.seats.values().any(|known| known == *seat);
            let mut setting: Option<Setting> = None;
            for seat in case.seats.iter().filter(present) {
                let setting = setting
                    .get_or_insert_with(|| setting_of((&run, &facts), (talk, &declared), case));
                setting.judged = *seat;
                let folder = format!("{prefix}{}/{seat}", case.name);
                if let Some(record) = self.one(setting.clone(), talk, folder) {
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
        let folder = |seat: Seat| format!("{prefix}everything-else/{seat}");
        records.extend(overheard.records(&seats, &judged, folder));
        left_out.retain(|_| self.asked);
        (records, left_out)
    }

    /// One case for one seat; `None` if it did not occur and nobody asked for it.
    fn one(&self, setting: Setting, talk: &Talk, folder: String) -> Option<CaseRecord> {
        let (case, seat) = (Arc::clone(&setting.case), setting.judged);
        let play = play(setting, talk, self.asked);
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

    /// The version that is asked for, else that of the Register, else the highest that all claim whose profiles are there.
    fn version_of(&self, talk: &Talk, declared: &BTreeMap<Seat, &Declared>) -> Version {
        let claimed = |version: &Version| {
            let mut all = declared.values();
            all.all(|one| one.profile.ics.lwm2m.contains(version))
        };
        let highest = || Version::ALL.into_iter().filter(claimed).max();
        let declared = (!declared.is_empty()).then(highest).flatten();
        let known = self.version.or(talk.version).or(declared);
        known.unwrap_or(Version::V1_0)
    }

    /// A run in which implementations hold all seats; of those without a profile what is in the capture is claimed (notation, 5).
    fn run(
        &self,
        (talk, declared): (&Talk, &BTreeMap<Seat, &Declared>),
        said: &Said,
        version: Version,
        types: Arc<Registry>,
    ) -> Run {
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
            terminates: false,
            types,
            implementations: seats
                .into_iter()
                .map(|seat| {
                    let own = declared.get(&seat).map(|one| one.tested.clone());
                    (seat, own.unwrap_or_else(|| tested.clone()))
                })
                .collect(),
        }
    }
}

/// What a case is played with, whichever of its seats is judged.
fn setting_of(
    (run, facts): (&Run, &Arc<Asked>),
    (talk, declared): (&Talk, &BTreeMap<Seat, &Declared>),
    case: &Arc<TestCase>,
) -> Setting {
    let client = declared.get(&Seat::CLIENT);
    let endpoint = talk.endpoint.as_deref();
    let endpoint = endpoint.or_else(|| client.and_then(|one| one.endpoint()));
    let mut addresses = BTreeMap::new();
    for (address, seat) in &talk.seats {
        addresses.entry(*seat).or_insert(*address);
    }
    let seating = Seating {
        // what passes is known by the places of the implementations, wherever a relay stood
        relays: BTreeMap::new(),
        ends: BTreeMap::new(),
        judged: Seat::CLIENT,
        addresses,
        copy: 0,
        endpoint: endpoint.unwrap_or_default().to_owned(),
        seed: 0,
    };
    let mut setting = run.setting_with(case, &seating, None, Arc::clone(facts));
    setting.hindsight = true;
    let ours = |name: &str| OURS.iter().any(|start| name.starts_with(start));
    let told = |name: &str| {
        // what follows from an image, the profile of the client tells with it
        let of_images = client.is_some() && name.starts_with(IMAGES);
        of_images || declared.values().any(|one| one.tells(name))
    };
    setting.told.retain(|(name, _)| !ours(name) || told(name));
    if endpoint.is_none() {
        setting.told.retain(|(name, _)| name != "client.endpoint");
    }
    if !talk.registers && case.given.value == "registered" {
        // it was registered before the capture began
        setting.states.clear();
    }
    setting
}

/// Plays a case in hindsight.
fn play(setting: Setting, talk: &Talk, asked: bool) -> Play {
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
    (!found.value).then(|| {
        format!(
            "not heard in the capture, or not claimed: {}",
            values.join(", ")
        )
    })
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

/// What was heard is claimed (notation, 5), unless a profile says what is.
struct Heard {
    version: Version,
    ways: BTreeSet<&'static str>,
    objects: BTreeMap<u16, BTreeSet<u16>>,
    declared: BTreeMap<Seat, Tested>,
}

impl Facts for Heard {
    fn version(&self) -> Version {
        self.version
    }

    fn claims(&self, word: &str) -> bool {
        let way = MODES.contains(&word) || TRANSPORTS.contains(&word);
        let mut declared = self
            .declared
            .iter()
            .filter(|(seat, _)| concerns(**seat, word));
        (!way || self.ways.contains(word))
            && declared.all(|(_, tested)| tested.claims.words.contains(word))
    }

    fn object(&self, id: u16, resources: &[u16]) -> Option<Vec<u16>> {
        if let Some(client) = self.declared.get(&Seat::CLIENT) {
            let known = client.claims.objects.get(&id)?;
            let missing = resources.iter();
            let missing = missing.filter(|one| !known.is_empty() && !known.contains(one));
            return Some(missing.copied().collect());
        }
        let known = self.objects.get(&id)?;
        let missing = resources
            .iter()
            .filter(|resource| !known.contains(resource));
        Some(missing.copied().collect())
    }

    fn ixit(&self, name: &str) -> bool {
        let mut declared = self.declared.values();
        declared.any(|tested| tested.ixit.contains_key(name))
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
const OURS: [&str; 4] = ["psk.", "rpk.", "certificate.", IMAGES];
/// How the names of images begin.
const IMAGES: &str = "client.firmware.";
/// Messages of one conversation that are judged.
const MOST_JUDGED: usize = 20_000;
/// Frames that a record shows.
const MOST_FRAMES: u32 = 5_000;
/// Frames that a record shows before and behind those of its steps.
const AROUND: u32 = 10;
