//! The captures of a session, judged once more: whether the wire says of each letter what the run said.
//!
//! Who sat where stands in the record; what was told comes from the profile and the cases, which have to be those of the run.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use coap::Time;
use judge::watch::Watch;
use judge::{CaseFacts, Play, Retrospect, Standing, case_record};
use record::{CaseRecord, Field, Seating as Seated, Verdict};
use testcase::{Seat, TestCase};

use super::Conversation;
use crate::casting::{Run, Seating};
use crate::folder::sha256;
use crate::live::UNREACHED;
use crate::plays::Plays;

/// A case of a session, judged once more.
#[derive(Clone, Debug)]
pub struct Again {
    /// The record of hindsight; `None` if the capture could not be judged.
    pub record: Option<CaseRecord>,
    /// Its letters, those of the run and those of the capture.
    pub letters: Vec<Letter>,
    /// Why the capture could not be judged.
    pub trouble: Option<String>,
}

/// A letter, as the run and as the capture have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The letter.
    pub letter: String,
    /// The run's verdict; `None` if it was not decided.
    pub run: Option<Verdict>,
    /// The capture's.
    pub capture: Option<Verdict>,
    /// Why the capture leaves it open.
    pub open: Option<String>,
}

/// What a case left for the next one at its table, as one seat sees it.
#[derive(Default)]
struct Left {
    standing: Option<Standing>,
    watch: Option<Watch>,
}

/// What cases left at each table, by copy and seat.
type Tables = BTreeMap<(u32, Seat), Left>;

/// Judges the captures of a session in `folder`; `planned` finds a case of the session with its run.
///
/// Seats of two implementations that were judged by one dialogue are weighed against each other as the run did. Gives what came
/// of each case, in the order of `cases`.
pub fn judge_again<'a>(
    folder: &Path,
    cases: &[CaseRecord],
    planned: impl Fn(&str, Seat) -> Option<(&'a Arc<TestCase>, &'a Run)>,
) -> Vec<Again> {
    let mut dialogues: BTreeMap<Dialogue<'_>, Vec<usize>> = BTreeMap::new();
    for (index, case) in cases.iter().enumerate() {
        let seated = case.seating.as_ref();
        let dialogue = Dialogue {
            // a registration that stands came from the case before at the same table
            played: seated.map(|seated| (seated.copy, seated.began)),
            case: &case.summary.case,
            alone: seated.is_none().then_some(index),
        };
        dialogues.entry(dialogue).or_default().push(index);
    }
    let mut tables = Tables::new();
    let mut all: BTreeMap<usize, Again> = BTreeMap::new();
    for seats in dialogues.values() {
        let records: Vec<&CaseRecord> = seats.iter().filter_map(|at| cases.get(*at)).collect();
        let played = play(folder, &records, &planned, &mut tables);
        for (index, case) in seats.iter().zip(records) {
            let play = played.as_ref().map_err(Clone::clone);
            let play = play.and_then(|plays| {
                let own = |play: &&Play| play.setting().judged.to_string() == case.summary.seat;
                plays.all().find(own).ok_or_else(|| NO_PLAY.to_owned())
            });
            let again = match play {
                Ok(play) => Again::of(case, play),
                Err(trouble) => Again {
                    record: None,
                    letters: compared(case, None),
                    trouble: Some(trouble),
                },
            };
            all.insert(*index, again);
        }
    }
    all.into_values().collect()
}

/// What one dialogue is known by: table and begin, and the case.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Dialogue<'a> {
    played: Option<(u32, u64)>,
    case: &'a str,
    /// Which record, if nothing tells when it was played.
    alone: Option<usize>,
}

/// Plays one dialogue in hindsight, for the seats that `records` judge and those that only tell who erred; the reason if that
/// cannot be.
fn play<'a>(
    folder: &Path,
    records: &[&CaseRecord],
    planned: &impl Fn(&str, Seat) -> Option<(&'a Arc<TestCase>, &'a Run)>,
    tables: &mut Tables,
) -> Result<Plays, String> {
    let case = records.first().ok_or(NO_SEATING)?;
    let summary = &case.summary;
    let seated = case.seating.as_ref().ok_or(NO_SEATING)?;
    let mut seats: Vec<Seat> = Vec::new();
    for record in records {
        seats.push(parsed(&record.summary.seat, "a seat")?);
    }
    let first = seats.first().copied().ok_or(NO_SEATING)?;
    let known = planned(&summary.case, first);
    let (test, run) = known.ok_or("the cases and profiles of now do not select it any more")?;
    if run.is_pair() {
        let others = run.implementations.keys().copied();
        let others: Vec<Seat> = others.filter(|seat| !seats.contains(seat)).collect();
        seats.extend(others);
    }
    let mut before: Vec<Left> = Vec::new();
    for seat in &seats {
        before.push(tables.remove(&(seated.copy, *seat)).unwrap_or_default());
    }
    if *test.text != *case.text {
        return Err("the file of the case has changed since it was played".to_owned());
    }
    let conversation = read(&folder.join(&summary.folder), &summary.capture_hash)?;
    let mut plays: Vec<Play> = Vec::new();
    for (seat, before) in seats.into_iter().zip(before) {
        let unreached = unreached(case);
        let (play, watch) = one((test, run), seat, seated, &conversation, before, unreached)?;
        let left = Left {
            standing: play.standing(),
            watch: Some(watch),
        };
        tables.insert((seated.copy, seat), left);
        plays.push(play);
    }
    let mut plays = plays.into_iter();
    let first = plays.next().ok_or(NO_SEATING)?;
    let mut plays = Plays::new(first, plays.collect());
    plays.weigh();
    Ok(plays)
}

/// Plays a dialogue in hindsight, judging `seat`.
fn one(
    (test, run): (&Arc<TestCase>, &Run),
    seat: Seat,
    seated: &Seated,
    conversation: &Conversation,
    before: Left,
    unreached: Option<&str>,
) -> Result<(Play, Watch), String> {
    let seating = seating(seat, seated)?;
    let standing = match (seated.stands, before.standing) {
        (true, None) => return Err(NOT_STANDING.to_owned()),
        (true, standing) => standing,
        (false, _) => None,
    };
    let (mut play, watch) = run.in_hindsight(test, &seating, standing);
    if let Some(what) = unreached {
        play.handle_weather(Time::ZERO, what, "says the record");
    }
    // with a registration that stands goes the session that it was made in
    let mut watch = before.watch.filter(|_| seated.stands).unwrap_or(watch);
    for (own, other) in &seating.ends {
        watch.stand_in(*own, *other);
    }
    for secret in &conversation.secrets {
        watch.secret(secret.client_random, secret.master);
    }
    let addresses = seated.addresses.iter();
    let seats = addresses.map(|field| {
        let address: SocketAddr = parsed(&field.name, "an address")?;
        Ok((address, parsed(&field.value, "a seat")?))
    });
    let retrospect = Retrospect {
        play,
        watch,
        seats: seats.collect::<Result<_, String>>()?,
        stranger: parsed(&seated.stranger, "a seat")?,
    };
    let (began, ended) = (
        Time::from_nanos(seated.began),
        Time::from_nanos(seated.ended),
    );
    Ok(retrospect.judge(began, &conversation.passed, ended))
}

/// What the relay of a pair could not connect to: of that the capture shows nothing.
fn unreached(case: &CaseRecord) -> Option<&str> {
    let mut deeds = case.controls.iter().map(|one| one.action.as_str());
    deeds.find(|deed| deed.starts_with(UNREACHED))
}

/// The capture of a case, if it is the one that the record speaks of.
fn read(folder: &Path, hash: &str) -> Result<Conversation, String> {
    let path = folder.join("capture.pcapng");
    let shown = path.display();
    let bytes =
        std::fs::read(&path).map_err(|error| format!("cannot read \"{shown}\": {error}"))?;
    if sha256(&bytes) != hash {
        return Err(format!("\"{shown}\" is not the capture that was recorded"));
    }
    match Conversation::read(bytes.as_slice()) {
        (conversation, None) => Ok(conversation),
        (_, Some(error)) => Err(format!("\"{shown}\": {error}")),
    }
}

fn seating(judged: Seat, seated: &Seated) -> Result<Seating, String> {
    let placed = |fields: &[Field]| {
        let seats = fields.iter().map(|field| {
            let seat: Seat = parsed(&field.name, "a seat")?;
            Ok((seat, parsed(&field.value, "an address")?))
        });
        seats.collect::<Result<BTreeMap<Seat, SocketAddr>, String>>()
    };
    let ends = seated.ends.iter().map(|field| {
        let own: SocketAddr = parsed(&field.name, "an address")?;
        Ok((own, parsed(&field.value, "an address")?))
    });
    Ok(Seating {
        relays: placed(&seated.relays)?,
        ends: ends.collect::<Result<_, String>>()?,
        judged,
        addresses: placed(&seated.seats)?,
        copy: usize::try_from(seated.copy).unwrap_or(usize::MAX),
        endpoint: seated.endpoint.clone(),
        // nothing is sent
        seed: 0,
    })
}

fn parsed<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, String> {
    let read = text.parse();
    read.map_err(|_| format!("the record names \"{text}\", which is not {what}"))
}

impl Again {
    fn of(case: &CaseRecord, play: &Play) -> Self {
        let (began, ended) = play.span();
        let lasted = u64::try_from(ended.since(began).as_nanos()).unwrap_or(u64::MAX);
        let facts = CaseFacts {
            folder: case.summary.folder.clone(),
            wall_time: lasted,
            jumped: false,
            waits: Vec::new(),
            implementation: 0,
            operator: 0,
        };
        let mut record = case_record(play, facts);
        record
            .summary
            .capture_hash
            .clone_from(&case.summary.capture_hash);
        record.readings.clone_from(&case.readings);
        record.seating.clone_from(&case.seating);
        Self {
            letters: compared(case, Some(&record)),
            record: Some(record),
            trouble: None,
        }
    }

    /// The letters that the capture decides otherwise than the run.
    pub fn differing(&self) -> impl Iterator<Item = &Letter> {
        self.letters.iter().filter(|letter| letter.differs())
    }
}

impl Letter {
    /// Whether run and capture decide it, and not alike.
    pub fn differs(&self) -> bool {
        self.run.is_some() && self.capture.is_some() && self.run != self.capture
    }
}

fn compared(run: &CaseRecord, capture: Option<&CaseRecord>) -> Vec<Letter> {
    let mut letters: BTreeMap<&str, (Option<Verdict>, Option<Verdict>)> = BTreeMap::new();
    for one in &run.summary.criteria {
        letters.entry(&one.letter).or_default().0 = one.verdict;
    }
    let decided = capture.map(|capture| &capture.summary.criteria);
    for one in decided.into_iter().flatten() {
        letters.entry(&one.letter).or_default().1 = one.verdict;
    }
    let compared = letters.into_iter().map(|(letter, (run, verdict))| Letter {
        letter: letter.to_owned(),
        run,
        capture: verdict,
        open: capture
            .filter(|_| verdict.is_none())
            .and_then(|capture| why_open(capture, letter)),
    });
    compared.collect()
}

/// Why a letter is open: what its own step says, else the first step that decided nothing, behind which no other was reached.
fn why_open(capture: &CaseRecord, letter: &str) -> Option<String> {
    let open = |verdict: Option<Verdict>| verdict == Some(Verdict::Inconclusive);
    let steps = capture.steps.iter().filter(|step| open(step.verdict));
    let own = steps
        .clone()
        .filter(|step| step.criteria.iter().any(|known| known == letter));
    let mut told = own.chain(steps).filter_map(|step| step.mismatch.as_ref());
    let told = told.next().map(|mismatch| mismatch.message.clone());
    told.or_else(|| capture.summary.reason.clone())
}

/// Why a record from before seats were kept cannot be judged.
const NO_SEATING: &str =
    "its record does not say who sat where: it was not played, or by an earlier testfest";
/// Why a case whose client had registered before cannot be judged.
const NOT_STANDING: &str =
    "its client had registered in a case before, and the capture of that does not show it";
/// Why a record of a seat that its dialogue does not have cannot be judged.
const NO_PLAY: &str = "its seat has no part in the dialogue that it names";
