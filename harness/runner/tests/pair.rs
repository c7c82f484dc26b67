//! Two implementations with the relay between them, over real loopback sockets: emulators take both seats, so that every case that
//! a pair can play has to pass for both, and every mutant has to be blamed where it sits.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use lwm2m::Version;
use record::{CaseRecord, RunParameters, SessionRecord, Verdict};
use runner::casting::Run;
use runner::mutant::{self, Defect};
use runner::plan::{Plan, Planned};
use runner::session::{Observer, Product, Script, Spoil};
use runner::{RunClock, Stop};
use testcase::{Library, Mutant, Seat, TestCase};
use tokio::sync::Semaphore;

/// Every case that a pair of emulators can play, in each version.
#[test]
fn every_case_passes_for_both_seats() {
    let mut wrong = Vec::new();
    let mut played = BTreeMap::new();
    for version in Version::ALL {
        let cases = play(version, "sound", |_| true, None);
        for case in &cases {
            let summary = &case.summary;
            *played.entry(summary.seat.clone()).or_insert(0) += 1;
            let known = STRANGE
                .iter()
                .find(|(name, ..)| summary.case.ends_with(name));
            let as_known = known.is_some() && summary.verdict == Verdict::Inconclusive;
            if summary.verdict != Verdict::Pass && !as_known {
                let reason = summary.reason.as_deref().unwrap_or_default();
                wrong.push(format!(
                    "{} [{}, {version}] {}: {reason}",
                    summary.case, summary.seat, summary.verdict
                ));
            }
        }
    }
    assert!(
        played["client"] >= 300 && played["server"] >= 200,
        "{played:?}"
    );
    assert!(
        wrong.is_empty(),
        "{} of {played:?}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Every mutant of either seat in the first case that has to catch it: who has the defect fails, the other does not.
#[test]
fn every_mutant_is_blamed_where_it_sits() {
    let (mut wrong, mut caught) = (Vec::new(), BTreeMap::new());
    for mutant in LIBRARY.mutants.values() {
        let known = UNCAUGHT.iter().any(|(name, _)| mutant.name == *name);
        if known || !SEATS.contains(&mutant.seat) {
            continue;
        }
        match blamed(mutant) {
            None => {}
            Some(Ok(())) => *caught.entry(mutant.seat.to_string()).or_insert(0) += 1,
            Some(Err(text)) => wrong.push(format!("{} {text}", mutant.name)),
        }
    }
    assert!(
        caught["client"] >= 100 && caught["server"] >= 50,
        "{caught:?}"
    );
    assert!(
        wrong.is_empty(),
        "{} of {caught:?}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Copies that the relay made are nobody's in hindsight, as they were in the run; without the relay's word they are their sender's.
#[test]
fn copies_of_the_relay_are_told_in_the_capture() {
    let version = Version::V1_1;
    let mut run = pair(version);
    run.weather = Some("dup=100%,seed=1".parse().unwrap());
    let run = Arc::new(run);
    let doubled = |case: &TestCase| DOUBLED.iter().any(|name| case.is_called(name));
    let played = play_and_keep(Arc::clone(&run), version, "copies", doubled, None);
    let (mut cases, folder) = played.unwrap();
    let known: Vec<Arc<TestCase>> = LIBRARY.cases.values().cloned().map(Arc::new).collect();
    let planned = |name: &str, _| Some((known.iter().find(|case| case.name == name)?, &*run));
    // the seats that are told to have repeated too soon, with and without the marks
    let mut early: BTreeMap<bool, BTreeSet<String>> = BTreeMap::new();
    for marked in [true, false] {
        for case in cases.iter_mut().filter(|_| !marked) {
            let path = folder.join(&case.summary.folder).join("capture.pcapng");
            let capture = unmarked(&std::fs::read(&path).unwrap());
            std::fs::write(&path, &capture).unwrap();
            case.summary.capture_hash = runner::sha256(&capture);
        }
        let again = runner::retrospect::judge_again(&folder, &cases, planned);
        for (case, again) in cases.iter().zip(again) {
            let name = format!("{} {}", case.summary.case, case.summary.seat);
            assert_eq!(again.trouble, None, "{name}");
            for letter in again.letters.iter().filter(|_| marked) {
                assert_eq!(letter.run, Some(Verdict::Pass), "{name}, {letter:?}");
                // what is shown is in no capture
                assert!(!letter.differs(), "{name}, {letter:?}");
            }
            let decided = again.letters.iter().any(|letter| letter.capture.is_some());
            assert!(decided, "{name}: {:?}", again.letters);
            let record = again.record.unwrap();
            let of_steps = record.steps.iter().flat_map(|step| &step.remarks);
            let mut remarks = of_steps.chain(&record.remarks);
            let is_early = remarks.any(|one| one.rule.as_deref() == Some(RETRANSMISSION));
            let seat = is_early.then(|| case.summary.seat.clone());
            early.entry(marked).or_default().extend(seat);
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(cases.len(), DOUBLED.len() * SEATS.len());
    let both = SEATS.map(|seat| seat.to_string()).into();
    let wanted = BTreeMap::from([(true, BTreeSet::new()), (false, both)]);
    assert_eq!(early, wanted);
}

/// A capture in which nobody says of a copy who made it.
fn unmarked(capture: &[u8]) -> Vec<u8> {
    let word = b"network: a copy that the harness made";
    let mut changed = capture.to_vec();
    let at = |bytes: &[u8]| bytes.windows(word.len()).position(|window| window == word);
    let mut count = 0;
    while let Some(at) = at(&changed) {
        changed[at] = b'N';
        count += 1;
    }
    assert!(count > 0, "the capture marks no copy");
    changed
}

/// What came of a mutant; `None` if no pair plays the case that catches it.
fn blamed(mutant: &Mutant) -> Option<Result<(), String>> {
    for (reference, letters) in &mutant.caught_by {
        let Some(case) = LIBRARY.find(reference) else {
            continue;
        };
        if STRANGE.iter().any(|(name, _)| case.name.ends_with(name)) {
            continue;
        }
        let letters: BTreeSet<&str> = letters.iter().map(|one| one.value.as_str()).collect();
        for version in Version::ALL.into_iter().rev() {
            let name = case.name.clone();
            let spoil = spoil(mutant, version)?;
            let cases = play(version, &mutant.name, |one| one.name == name, Some(spoil));
            let seat = mutant.seat.to_string();
            let own = cases.iter().filter(|case| case.summary.seat == seat);
            let mut decided = own.flat_map(|case| &case.summary.criteria);
            if decided.any(|one| letters.contains(one.letter.as_str())) {
                return Some(look(mutant, &cases, &letters));
            }
        }
    }
    None
}

fn look(mutant: &Mutant, cases: &[CaseRecord], letters: &BTreeSet<&str>) -> Result<(), String> {
    for case in cases {
        let summary = &case.summary;
        let told = || {
            let reason = summary.reason.as_deref().unwrap_or_default();
            let (name, seat) = (&summary.case, &summary.seat);
            format!("in {name}, {seat}: {} {reason}", summary.verdict)
        };
        let mut failed = case.steps.iter();
        let failed = failed.find(|step| step.verdict == Some(Verdict::Fail));
        if summary.seat == mutant.seat.to_string() {
            let blame = failed.and_then(|step| step.blame.as_deref());
            let by = failed.map(|step| {
                step.criteria
                    .iter()
                    .any(|one| letters.contains(one.as_str()))
            });
            if (summary.verdict, blame, by) != (Verdict::Fail, Some(&*summary.seat), Some(true)) {
                return Err(told());
            }
        } else if summary.verdict == Verdict::Fail || failed.is_some() {
            return Err(told());
        }
    }
    Ok(())
}

/// Puts the mutant into its seat; `None` if no emulator can be it in this version.
fn spoil(mutant: &Mutant, version: Version) -> Option<Spoil> {
    let run = Run::of_emulators(Arc::clone(&LIBRARY), version, mutant.seat);
    mutant::defect(mutant, &run.types).ok()?;
    let (mutant, types) = (mutant.clone(), run.types);
    Some(Box::new(move |_: &TestCase| -> Option<(Seat, Defect)> {
        Some((mutant.seat, mutant::defect(&mutant, &types).ok()?))
    }))
}

/// Plays the cases that are wanted, with an emulator in either seat and the relay between them.
fn play(
    version: Version,
    label: &str,
    wanted: impl Fn(&TestCase) -> bool,
    spoil: Option<Spoil>,
) -> Vec<CaseRecord> {
    let run = Arc::new(pair(version));
    let Some((cases, folder)) = play_and_keep(run, version, label, wanted, spoil) else {
        return Vec::new();
    };
    std::fs::remove_dir_all(folder).unwrap();
    cases
}

/// The same, with the folder that it left; `None` if nothing is wanted.
fn play_and_keep(
    run: Arc<Run>,
    version: Version,
    label: &str,
    wanted: impl Fn(&TestCase) -> bool,
    spoil: Option<Spoil>,
) -> Option<(Vec<CaseRecord>, PathBuf)> {
    let cases: Vec<Arc<TestCase>> = LIBRARY.cases.values().cloned().map(Arc::new).collect();
    let plan = Plan::of(&|_| Arc::clone(&run), &cases, &SEATS, wanted);
    if plan.selected.is_empty() {
        return None;
    }
    let script = Script {
        key_logs: Vec::new(),
        runs: SEATS.map(|seat| (seat, Arc::clone(&run))).into(),
        plan,
        products: SEATS.map(|seat| Product::emulator(seat, version)).into(),
        out: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pair"),
        label: format!("{label}-{version}"),
        parameters: RunParameters {
            impair: None,
            lwm2m: version.to_string(),
            transport: "udp".to_owned(),
            security: "nosec".to_owned(),
            quick: false,
            jobs: 1,
            as_printed: false,
            jumping_clock: true,
            partition: None,
            cases: None,
            objects: None,
            ets: None,
            filters: Vec::new(),
            again: String::new(),
        },
        cases_hash: String::new(),
        listen: None,
        budget: None,
        clock: RunClock::start(),
        turns: Arc::new(Semaphore::new(1)),
        spoil,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut kept = Keeper::default();
    let (_, folder) = runtime
        .block_on(runner::session::play(script, Stop::never(), &mut kept))
        .unwrap();
    Some((kept.0, folder))
}

fn pair(version: Version) -> Run {
    let client = Run::of_emulators(Arc::clone(&LIBRARY), version, Seat::CLIENT);
    let mut run = Run::of_emulators(Arc::clone(&LIBRARY), version, Seat::SERVER);
    run.implementations.extend(client.implementations);
    run
}

/// Keeps the records.
#[derive(Default)]
struct Keeper(Vec<CaseRecord>);

impl Observer for Keeper {
    fn began(&mut self, _: &SessionRecord, _: &Path) {}
    fn case_begins(&mut self, _: usize, _: &Planned) {}
    fn case_ended(&mut self, _: usize, case: &CaseRecord) {
        self.0.push(case.clone());
    }
}

/// Cases that end Inconclusive with a pair, since one of both has to do what only the harness would do, and why.
const STRANGE: &[(&str, &str)] = &[
    ("con-location-kept", "a server that gives a long location"),
    (
        "con-unregistered-client",
        "a server that has forgotten the client",
    ),
    (
        "con-profile-id-refused",
        "a server that refuses a Profile ID",
    ),
    (
        "con-rights-of-reports",
        "a server that observes what it may not read",
    ),
    (
        "con-close-notify-of-the-server",
        "a server that closes its session",
    ),
    (
        "con-no-extended-master-secret",
        "a peer without the extension",
    ),
];
/// Mutants that no pair is failed for, and why.
const UNCAUGHT: &[(&str, &str)] = &[
    (
        "client-creates-what-is-not-there",
        "the server, which nobody judges there, was told to err before",
    ),
    (
        "client-refuses-to-update",
        "its answer ends the case before the second copy of its cause, which the server seems to owe",
    ),
    (
        "server-ignores-updates",
        "an implementation's client goes on updating, so that nothing shows what the server took of it",
    ),
    (
        "server-keeps-registrations",
        "an implementation's client cannot be made to fall silent",
    ),
];
/// Cases that pass for both seats though every datagram comes twice.
const DOUBLED: &[&str] = &["LightweightM2M-1.1-int-102", "LightweightM2M-1.1-int-103"];
/// The rule that a message sent again too soon breaks (RFC 7252, 4.2).
const RETRANSMISSION: &str = "retransmission-early";
const SEATS: [Seat; 2] = [Seat::CLIENT, Seat::SERVER];
static LIBRARY: LazyLock<Arc<Library>> = LazyLock::new(|| Arc::new(Library::embedded().0));
