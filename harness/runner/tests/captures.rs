//! Golden captures, `fixtures/captures/judged`: each is named by what it must get, and is judged as a stranger's is.
//!
//! `fail-A.client.int-203-read-tlv.ABOUT.pcapng`: the client fails this case, by letter A among others. ABOUT says who made it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use record::{CaseRecord, Verdict};
use runner::proof::{Prover, Rehearsal};
use runner::retrospect::{Bench, Gathered, Hints};
use testcase::{Library, Seat, TestCase};

#[test]
fn every_capture_gets_the_verdict_in_its_name() {
    let library = Arc::new(Library::embedded().0);
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "pcapng") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() <= LARGEST, "{name} has {} bytes", bytes.len());
        let [wanted, seat, case, about] = parts(name);
        let maker = about.split('-').next().unwrap();
        let verdict = wanted.split('-').next().unwrap();
        for key in [format!("{seat} {verdict}"), format!("made by {maker}")] {
            *counts.entry(key).or_default() += 1;
        }
        let case = library
            .find(case)
            .unwrap_or_else(|| panic!("{name}: no such case"));
        let found = found(&library, case, seat, &bytes);
        if found != wanted {
            wrong.push(format!("{name}: {found}"));
        }
    }
    println!("{counts:#?}");
    assert!(
        wrong.is_empty(),
        "{} of {counts:?}: {wrong:#?}",
        wrong.len()
    );
    let captures: u32 = counts
        .iter()
        .filter(|(key, _)| key.starts_with("made"))
        .map(|(_, count)| count)
        .sum();
    assert!(captures >= 60, "only {captures} captures");
    let real = ["leshan", "wakaama"].map(|maker| counts.get(&format!("made by {maker}")));
    let real: u32 = real.into_iter().flatten().sum();
    assert!(real >= 20, "only {real} of real implementations");
    for key in [
        "client pass",
        "client fail",
        "server pass",
        "server fail",
        "client inconclusive",
        "made by leshan",
        "made by mutant",
    ] {
        assert!(counts.contains_key(key), "no capture: {key}");
    }
}

/// Verdict of a seat, with the first letter that fails; nobody else may fail.
fn found(library: &Arc<Library>, case: &TestCase, seat: &str, bytes: &[u8]) -> String {
    let judged = judged(library, case, bytes);
    let of_case = |record: &&CaseRecord| record.summary.case == case.name;
    let other = judged
        .iter()
        .filter(of_case)
        .find(|record| record.summary.seat != seat && record.summary.verdict == Verdict::Fail);
    if let Some(other) = other {
        return format!("the {} fails, too", other.summary.seat);
    }
    let mut own = judged.iter().filter(of_case);
    let Some(record) = own.find(|record| record.summary.seat == seat) else {
        return "not judged".to_owned();
    };
    told(record)
}

fn told(record: &CaseRecord) -> String {
    let summary = &record.summary;
    let failed = summary
        .criteria
        .iter()
        .find(|one| one.verdict == Some(Verdict::Fail));
    let verdict = summary.verdict.name().to_lowercase().replace(' ', "-");
    match failed {
        Some(letter) => format!("{verdict}-{}", letter.letter),
        None => verdict,
    }
}

fn judged(library: &Arc<Library>, case: &TestCase, bytes: &[u8]) -> Vec<CaseRecord> {
    let gathered = Gathered::read(bytes, &Hints::default());
    assert!(gathered.error.is_none(), "{:?}", gathered.error);
    let bench = Bench {
        library: Arc::clone(library),
        cases: vec![Arc::new(case.clone())],
        asked: true,
        version: None,
        as_printed: false,
        profiles: Vec::new(),
    };
    let talks = gathered.talks.iter();
    talks.flat_map(|talk| bench.judge(talk, "").0).collect()
}

fn parts(name: &str) -> [&str; 4] {
    let parts: Vec<&str> = name.split('.').collect();
    parts
        .try_into()
        .unwrap_or_else(|_| panic!("{name}: VERDICT.SEAT.CASE.ABOUT wanted"))
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/captures/judged")
}

/// Makes the captures of emulators and mutants, a few of each kind; look at them before they are committed.
#[test]
#[ignore = "writes fixtures/captures/judged"]
fn captures_of_emulators_are_made() {
    let library = Arc::new(Library::embedded().0);
    let prover = Prover::new(&library, |_| true);
    let mut album = Album::default();
    for one in prover.rehearsals() {
        let Rehearsal {
            case, seat, mutant, ..
        } = &one;
        let played = if mutant.is_some() { "fail" } else { "pass" };
        if !album.has_room(case, *seat, played) {
            continue;
        }
        let Ok(bytes) = prover.capture(&one) else {
            continue;
        };
        let wanted = found(&library, case, &seat.to_string(), &bytes);
        // a mutant that nothing in the capture betrays, and a case that a capture cannot decide, teach nothing
        let is_kept = wanted.starts_with(played) || wanted == "inconclusive" && mutant.is_none();
        let about = mutant
            .as_ref()
            .map_or_else(|| "emulator".to_owned(), |name| format!("mutant-{name}"));
        if is_kept {
            album.add(case, *seat, &wanted, &about, &bytes);
        }
    }
    println!("{album:?}");
}

/// Takes captures out of the session at `TESTFEST_SESSION`, whose implementations are named by `TESTFEST_MAKER`, where a stranger
/// comes to the session's own verdict.
#[test]
#[ignore = "writes fixtures/captures/judged"]
fn captures_of_a_session_are_made() {
    let [session, maker] =
        ["TESTFEST_SESSION", "TESTFEST_MAKER"].map(|name| std::env::var(name).unwrap());
    let library = Arc::new(Library::embedded().0);
    let mut album = Album::default();
    let text = std::fs::read_to_string(PathBuf::from(&session).join("session.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    for one in summary["cases"].as_array().unwrap() {
        let [name, seat, verdict, folder] =
            ["case", "seat", "verdict", "folder"].map(|key| one[key].as_str().unwrap());
        let (Some(case), Ok(seat)) = (library.find(name), seat.parse::<Seat>()) else {
            continue;
        };
        let verdict = verdict.to_lowercase();
        let bytes = std::fs::read(PathBuf::from(&session).join(folder).join("capture.pcapng"));
        let Ok(bytes) = bytes else { continue };
        if !album.has_room(case, seat, &verdict) {
            continue;
        }
        let wanted = found(&library, case, &seat.to_string(), &bytes);
        if wanted.starts_with(&verdict) {
            album.add(case, seat, &wanted, &maker, &bytes);
        }
    }
    println!("{album:?}");
}

/// What has been taken, of each kind.
#[derive(Debug, Default)]
struct Album {
    counts: BTreeMap<(Seat, String, String), u32>,
    cases: BTreeSet<(String, Seat, String)>,
}

impl Album {
    /// Whether a capture of this kind is wanted.
    fn has_room(&self, case: &TestCase, seat: Seat, kind: &str) -> bool {
        let key = (case.name.clone(), seat, kind.to_owned());
        let taken = self.counts.get(&(seat, kind.to_owned(), group(case)));
        !self.cases.contains(&key) && taken.is_none_or(|taken| *taken < most(kind))
    }

    fn add(&mut self, case: &TestCase, seat: Seat, wanted: &str, about: &str, bytes: &[u8]) {
        let kind = wanted.split('-').next().unwrap();
        if bytes.len() > LARGEST || !self.has_room(case, seat, kind) {
            return;
        }
        self.cases
            .insert((case.name.clone(), seat, kind.to_owned()));
        let key = (seat, kind.to_owned(), group(case));
        *self.counts.entry(key).or_default() += 1;
        let short = case.name.rsplit('/').next().unwrap();
        let file = format!("{wanted}.{seat}.{short}.{about}.pcapng");
        std::fs::create_dir_all(folder()).unwrap();
        std::fs::write(folder().join(file), bytes).unwrap();
    }
}

/// The folder of a case: cases of all interfaces are wanted.
fn group(case: &TestCase) -> String {
    let group = case.name.rsplit_once('/');
    group.map_or(String::new(), |(group, _)| group.to_owned())
}

/// How many captures of a kind, of each seat and group, are kept.
fn most(kind: &str) -> u32 {
    match kind {
        "inconclusive" => 1,
        _ => 2,
    }
}

/// Bytes of a capture.
const LARGEST: usize = 64 << 10;
