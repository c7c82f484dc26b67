//! What the wire decides: every case and every mutant is judged once more from the capture of its play alone.
//!
//! Each play is written as a run writes its captures, read as a stranger's is, and judged in hindsight. No letter may come out
//! otherwise; one may stay open for a reason that stands here.

use std::collections::BTreeMap;
use std::sync::Arc;

use record::Verdict;
use runner::proof::{Compared, Prover, Rehearsal, Twice};
use testcase::{Library, Word, WordKind};

#[test]
fn a_capture_decides_what_the_wire_decides() {
    let prover = Prover::new(&Arc::new(Library::embedded().0), |_| true);
    let rehearsals = prover.rehearsals();
    assert!(rehearsals.iter().any(|one| one.mutant.is_some()));
    let mut tally = Tally::default();
    for chunk in rehearsals.chunks(CHUNK) {
        for (one, twice) in chunk.iter().zip(prover.twice(chunk)) {
            tally.take(one, twice);
        }
    }
    let Tally {
        passed,
        failed,
        open,
        wrong,
    } = tally;
    println!(
        "{} plays: letters that pass {passed}, that fail {failed:#?}, open {open:#?}",
        rehearsals.len()
    );
    assert!(
        wrong.is_empty(),
        "{} letters that the capture decides otherwise, or leaves open for no reason:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let left: usize = open.values().sum();
    let fail: usize = failed.values().sum();
    assert!(
        left * 20 < passed + fail,
        "{left} letters are left open, {} are decided",
        passed + fail
    );
    // when this was written 3576 failed, twice
    assert!(fail >= 3_500, "only {fail} letters fail");
    for mode in MODES {
        let decided = failed
            .iter()
            .any(|(known, count)| known == mode && *count > 0);
        assert!(decided, "no letter fails in mode {mode}");
    }
}

/// How letters came out.
#[derive(Default)]
struct Tally {
    /// They pass, twice.
    passed: usize,
    /// They fail, twice; by mode.
    failed: BTreeMap<String, usize>,
    /// The capture leaves them open, by reason.
    open: BTreeMap<&'static str, usize>,
    /// What must not be.
    wrong: Vec<String>,
}

impl Tally {
    fn take(&mut self, one: &Rehearsal, twice: Result<Twice, String>) {
        let mutant = one.mutant.as_deref().unwrap_or("no defect");
        let name = format!("{} [{}, {}] {mutant}", one.case.name, one.seat, one.version);
        let twice = match twice {
            Ok(twice) => twice,
            Err(error) => return self.wrong.push(format!("{name}: {error}")),
        };
        for letter in twice.letters() {
            match (letter.run, letter.capture) {
                (Some(Verdict::Pass), Some(Verdict::Pass)) => self.passed += 1,
                (Some(Verdict::Fail), Some(Verdict::Fail)) => {
                    *self.failed.entry(twice.mode.clone()).or_default() += 1;
                }
                (run, capture) if run == capture => {}
                (Some(_), None) => match left_open(&twice, &letter) {
                    Some(reason) => *self.open.entry(reason).or_default() += 1,
                    None => self.wrong.push(told(&name, &letter, &twice)),
                },
                _ => self.wrong.push(told(&name, &letter, &twice)),
            }
        }
    }
}

/// Why a letter that the run decided may be open; `None` if it may not.
fn left_open(twice: &Twice, letter: &Compared) -> Option<&'static str> {
    match twice.open()? {
        "show" => Some("what an implementation shows"),
        "time from a control" => Some("a silence after a control"),
        // a stimulus that was asked for by hand and did not come, or a request after a start
        "not in the capture" if letter.run == Some(Verdict::Fail) && is_missing(twice) => {
            Some("a request that a control or a trigger made due")
        }
        _ => None,
    }
}

/// Whether the run failed since a request did not come.
fn is_missing(twice: &Twice) -> bool {
    let mut steps = twice.run.steps.iter();
    let failed = steps.find(|step| step.verdict == Some(Verdict::Fail));
    let mismatch = failed.and_then(|step| step.mismatch.as_ref());
    let word = mismatch.and_then(|mismatch| Word::from_name(&mismatch.expected.subject));
    word.is_some_and(|word| word.kind() == WordKind::Request)
}

fn told(name: &str, letter: &Compared, twice: &Twice) -> String {
    let shown = |verdict: Option<Verdict>| verdict.map_or("open", Verdict::name);
    format!(
        "{name}, letter {}: {} in the run ({}), {} in the capture ({})",
        letter.letter,
        shown(letter.run),
        twice.run.reason,
        shown(letter.capture),
        twice.capture.reason
    )
}

/// Plays that are kept at a time.
const CHUNK: usize = 256;
/// Modes in which the capture has to fail something.
const MODES: &[&str] = &[
    "UDP, NoSec",
    "UDP, OSCORE",
    "DTLS, PSK",
    "DTLS, RPK",
    "DTLS, certificate",
    "DTLS, certificate and PSK",
    "TCP, NoSec",
    "TLS, PSK",
    "TLS, certificate",
];
