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
use record::{CaseRecord, Seating as Seated, Verdict};
use testcase::{Seat, TestCase};

use super::Conversation;
use crate::casting::{Run, Seating};
use crate::folder::sha256;

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

/// What a case left for the next one at its table.
#[derive(Default)]
struct Left {
    standing: Option<Standing>,
    watch: Option<Watch>,
}

/// Judges the captures of a session in `folder`; `planned` finds a case of the session with its run.
///
/// Gives what came of each case, in the order of `cases`.
pub fn judge_again<'a>(
    folder: &Path,
    cases: &[CaseRecord],
    planned: impl Fn(&str, Seat) -> Option<(&'a Arc<TestCase>, &'a Run)>,
) -> Vec<Again> {
    let mut order: Vec<usize> = (0..cases.len()).collect();
    // a registration that stands came from the case before at the same table
    order.sort_by_key(|index| {
        let seating = cases.get(*index).and_then(|case| case.seating.as_ref());
        seating.map(|seating| (seating.copy, seating.began))
    });
    let mut left: BTreeMap<u32, Left> = BTreeMap::new();
    let mut all: BTreeMap<usize, Again> = BTreeMap::new();
    for index in order {
        let Some(case) = cases.get(index) else {
            continue;
        };
        let again = match play(folder, case, &planned, &mut left) {
            Ok(play) => Again::of(case, &play),
            Err(trouble) => Again {
                record: None,
                letters: compared(case, None),
                trouble: Some(trouble),
            },
        };
        all.insert(index, again);
    }
    all.into_values().collect()
}

/// Plays one case in hindsight; the reason if that cannot be.
fn play<'a>(
    folder: &Path,
    case: &CaseRecord,
    planned: &impl Fn(&str, Seat) -> Option<(&'a Arc<TestCase>, &'a Run)>,
    left: &mut BTreeMap<u32, Left>,
) -> Result<Play, String> {
    let summary = &case.summary;
    let seated = case.seating.as_ref().ok_or(NO_SEATING)?;
    let before = left.remove(&seated.copy).unwrap_or_default();
    let seat: Seat = parsed(&summary.seat, "a seat")?;
    let known = planned(&summary.case, seat);
    let (test, run) = known.ok_or("the cases and profiles of now do not select it any more")?;
    if *test.text != *case.text {
        return Err("the file of the case has changed since it was played".to_owned());
    }
    let conversation = read(&folder.join(&summary.folder), &summary.capture_hash)?;
    let seating = seating(seat, seated)?;
    let standing = match (seated.stands, before.standing) {
        (true, None) => return Err(NOT_STANDING.to_owned()),
        (true, standing) => standing,
        (false, _) => None,
    };
    let (play, watch) = run.in_hindsight(test, &seating, standing);
    // with a registration that stands goes the session that it was made in
    let mut watch = before.watch.filter(|_| seated.stands).unwrap_or(watch);
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
    let (play, watch) = retrospect.judge(began, &conversation.passed, ended);
    let left_here = Left {
        standing: play.standing(),
        watch: Some(watch),
    };
    left.insert(seated.copy, left_here);
    Ok(play)
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
    let seats = seated.seats.iter().map(|field| {
        let seat: Seat = parsed(&field.name, "a seat")?;
        Ok((seat, parsed(&field.value, "an address")?))
    });
    Ok(Seating {
        // what passes is known by the places of the implementations, wherever a relay stood
        relays: BTreeMap::new(),
        judged,
        addresses: seats.collect::<Result<_, String>>()?,
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
