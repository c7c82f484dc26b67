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
    passes_for_both_seats(UDP, (300, 200));
}

/// The same where they have a connection; few cases are about datagrams.
#[test]
fn every_case_passes_for_both_seats_over_tcp() {
    passes_for_both_seats(TCP, (300, 200));
}

/// The same in TLS, which is read with the pre-shared key alone.
#[test]
fn every_case_passes_for_both_seats_over_tls() {
    passes_for_both_seats(TLS, (300, 200));
}

/// The same where the harness ends DTLS on both sides, whatever the keys are.
#[test]
fn every_case_passes_for_both_seats_whose_sessions_are_ended() {
    for security in ["psk", "rpk", "certificate"] {
        passes_for_both_seats((ENDED, security), (80, 50));
    }
}

/// At least so many cases have to be played for the client and for the server.
fn passes_for_both_seats(channel: Channel, least: (u32, u32)) {
    let mut wrong = Vec::new();
    let mut played: BTreeMap<String, u32> = BTreeMap::new();
    for version in versions(channel) {
        let cases = play(channel, version, "sound", |_| true, None);
        for case in &cases {
            let summary = &case.summary;
            *played.entry(summary.seat.clone()).or_insert(0) += 1;
            let secured = STRANGE_IF_SECURED.iter().filter(|_| channel.1 != "nosec");
            let mut known = STRANGE.iter().chain(secured);
            let known = known.find(|(name, ..)| summary.case.ends_with(name));
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
        played["client"] >= least.0 && played["server"] >= least.1,
        "{played:?}"
    );
    assert!(
        wrong.is_empty(),
        "{} of {played:?}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A case that wants the network to act where it cannot says so, and passes nobody.
#[test]
fn a_network_that_cannot_act_on_a_connection_decides_nothing() {
    for (verb, why) in [
        (
            "{drop: {from: server}}",
            "the relay cannot drop messages of a pair",
        ),
        (
            "{duplicate: {between: [client, server]}}",
            "the relay cannot duplicate messages of a pair",
        ),
        (
            "{rebind: {from: client}}",
            "the client's address is its own",
        ),
    ] {
        let text = format!(
            "id: con-network\ntitle: One\nsource: {{document: None}}\nseats: [client, server]\nrequires: read\n\
             configuration: C.1\ngiven: registered\ndialogue:\n  - step: The server reads.\n    network: {verb}\n    \
             server: {{read: {{path: /3/0/0}}}}\n    client: {{content: {{}}}}\n    criterion: A\n"
        );
        let file = testcase::File::new("coap/con-network", "con-network.yaml", text);
        let (library, diagnostics) = Library::clone(&LIBRARY).with(vec![file]);
        assert!(
            library.cases.contains_key("coap/con-network"),
            "{diagnostics:?}"
        );
        let wanted = |one: &TestCase| one.name == "coap/con-network";
        let library = Arc::new(library);
        let cases = play_of(&library, TCP, Version::V1_1, "network", wanted, None);
        assert_eq!(cases.len(), 2);
        for case in cases {
            let reason = case.summary.reason.unwrap_or_default();
            assert_eq!(
                case.summary.verdict,
                Verdict::Inconclusive,
                "{verb}: {reason}"
            );
            assert!(reason.contains(why), "{verb}: {reason}");
        }
    }
}

#[test]
fn every_mutant_is_blamed_where_it_sits() {
    blames_where_they_sit(UDP, (100, 50));
}

#[test]
fn every_mutant_is_blamed_where_it_sits_over_tcp() {
    blames_where_they_sit(TCP, (100, 50));
}

#[test]
fn every_mutant_is_blamed_where_it_sits_over_tls() {
    blames_where_they_sit(TLS, (100, 50));
}

#[test]
fn every_mutant_is_blamed_where_it_sits_whose_sessions_are_ended() {
    blames_where_they_sit((ENDED, "psk"), (100, 50));
}

/// Every mutant of either seat in the first case that has to catch it: who has the defect fails, the other does not. At least so
/// many have to be caught in the client and in the server.
fn blames_where_they_sit(channel: Channel, least: (u32, u32)) {
    let mut wrong = Vec::new();
    let mut caught: BTreeMap<String, u32> = BTreeMap::new();
    for mutant in LIBRARY.mutants.values() {
        let streams = OF_DATAGRAMS.iter().filter(|_| channel.0 == "tcp");
        let mut known = UNCAUGHT.iter().chain(streams);
        let known = known.any(|(name, _)| mutant.name == *name);
        if known || !SEATS.contains(&mutant.seat) {
            continue;
        }
        match blamed(channel, mutant) {
            None => {}
            Some(Ok(())) => *caught.entry(mutant.seat.to_string()).or_insert(0) += 1,
            Some(Err(text)) => wrong.push(format!("{} {text}", mutant.name)),
        }
    }
    assert!(
        caught["client"] >= least.0 && caught["server"] >= least.1,
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
    let both = SEATS.map(|seat| seat.to_string()).into();
    let wanted = BTreeMap::from([(true, BTreeSet::new()), (false, both)]);
    assert_eq!(early_repetitions(UDP), wanted);
}

/// A message that the harness sends on in a session of its own is the harness's, whether it is said to be a copy or not.
#[test]
fn copies_in_sessions_of_the_harness_are_nobodys() {
    let nobody = BTreeMap::from([(true, BTreeSet::new()), (false, BTreeSet::new())]);
    assert_eq!(early_repetitions((ENDED, "psk")), nobody);
}

/// The seats that a capture with doubled messages tells to have repeated too soon, with and without the harness's marks.
fn early_repetitions(channel: Channel) -> BTreeMap<bool, BTreeSet<String>> {
    let version = Version::V1_1;
    let mut run = pair(&LIBRARY, channel, version);
    run.weather = Some("dup=100%,seed=1".parse().unwrap());
    let run = Arc::new(run);
    let doubled = |case: &TestCase| DOUBLED.iter().any(|name| case.is_called(name));
    let played = play_and_keep(Arc::clone(&run), version, "copies", doubled, None);
    let (mut cases, folder) = played.unwrap();
    let known: Vec<Arc<TestCase>> = LIBRARY.cases.values().cloned().map(Arc::new).collect();
    let planned = |name: &str, _| Some((known.iter().find(|case| case.name == name)?, &*run));
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
    early
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
fn blamed(channel: Channel, mutant: &Mutant) -> Option<Result<(), String>> {
    for (reference, letters) in &mutant.caught_by {
        let Some(case) = LIBRARY.find(reference) else {
            continue;
        };
        if STRANGE.iter().any(|(name, _)| case.name.ends_with(name)) {
            continue;
        }
        let letters: BTreeSet<&str> = letters.iter().map(|one| one.value.as_str()).collect();
        for version in versions(channel).rev() {
            let name = case.name.clone();
            let spoil = spoil(mutant, version)?;
            let wanted = |one: &TestCase| one.name == name;
            let cases = play(channel, version, &mutant.name, wanted, Some(spoil));
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

/// Those that have the channel: LwM2M 1.0 knows no TCP (Core TS 1.0, 5.3.1.1: bindings U and S).
fn versions(channel: Channel) -> impl DoubleEndedIterator<Item = Version> {
    let all = Version::ALL.into_iter();
    all.filter(move |version| transport(channel) == "udp" || *version > Version::V1_0)
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
    channel: Channel,
    version: Version,
    label: &str,
    wanted: impl Fn(&TestCase) -> bool,
    spoil: Option<Spoil>,
) -> Vec<CaseRecord> {
    play_of(&LIBRARY, channel, version, label, wanted, spoil)
}

/// The same of the cases of another library.
fn play_of(
    library: &Arc<Library>,
    channel: Channel,
    version: Version,
    label: &str,
    wanted: impl Fn(&TestCase) -> bool,
    spoil: Option<Spoil>,
) -> Vec<CaseRecord> {
    let run = Arc::new(pair(library, channel, version));
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
    let known = run.library.cases.values().cloned();
    let cases: Vec<Arc<TestCase>> = known.map(Arc::new).collect();
    let plan = Plan::of(&|_| Arc::clone(&run), &cases, &SEATS, wanted);
    if plan.selected.is_empty() {
        return None;
    }
    let (transport, security) = (run.transport.clone(), run.security.clone());
    let ended = if run.terminates { "-ended" } else { "" };
    let script = Script {
        key_logs: Vec::new(),
        runs: SEATS.map(|seat| (seat, Arc::clone(&run))).into(),
        plan,
        products: SEATS.map(|seat| Product::emulator(seat, version)).into(),
        out: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pair"),
        label: format!("{label}-{transport}-{security}{ended}-{version}"),
        parameters: RunParameters {
            impair: None,
            terminate: run.terminates,
            lwm2m: version.to_string(),
            transport,
            security,
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

fn pair(library: &Arc<Library>, channel: Channel, version: Version) -> Run {
    let client = Run::of_emulators(Arc::clone(library), version, Seat::CLIENT);
    let mut run = Run::of_emulators(Arc::clone(library), version, Seat::SERVER);
    run.implementations.extend(client.implementations);
    run.terminates = channel.0 == ENDED;
    transport(channel).clone_into(&mut run.transport);
    channel.1.clone_into(&mut run.security);
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
/// The same of a pair that DTLS or TLS protects.
const STRANGE_IF_SECURED: &[(&str, &str)] = &[(
    "con-duplicate-execute",
    "a network that repeats what DTLS does not drop",
)];
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
/// The transport of a channel.
fn transport(channel: Channel) -> &'static str {
    match channel.0 {
        ENDED => "udp",
        transport => transport,
    }
}

/// Transport, or [`ENDED`], and security of a run.
type Channel = (&'static str, &'static str);

/// UDP with DTLS that the harness ends on both sides.
const ENDED: &str = "ended";

const UDP: Channel = ("udp", "nosec");
const TCP: Channel = ("tcp", "nosec");
const TLS: Channel = ("tcp", "psk");
/// Mutants that are none where a pair has a connection, and why.
const OF_DATAGRAMS: &[(&str, &str)] = &[
    (
        "client-acknowledges-another-message",
        "a stream has no acknowledgements",
    ),
    ("client-ignores-con", "a stream has no confirmable messages"),
    (
        "client-observes-whole",
        "the blocks that it gives are those of a stream",
    ),
    (
        "client-updates-unconfirmably",
        "a stream has no confirmable messages",
    ),
    (
        "server-reads-unconfirmably",
        "a stream has no confirmable messages",
    ),
    ("server-reuses-message-ids", "a stream has no Message IDs"),
    (
        "client-executes-duplicates",
        "the case is about datagrams, of which DTLS drops the repeated ones",
    ),
];
/// Cases that pass for both seats though every datagram comes twice.
const DOUBLED: &[&str] = &["LightweightM2M-1.1-int-102", "LightweightM2M-1.1-int-103"];
/// The rule that a message sent again too soon breaks (RFC 7252, 4.2).
const RETRANSMISSION: &str = "retransmission-early";
const SEATS: [Seat; 2] = [Seat::CLIENT, Seat::SERVER];
static LIBRARY: LazyLock<Arc<Library>> = LazyLock::new(|| Arc::new(Library::embedded().0));
