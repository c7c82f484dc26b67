//! The proof that the cases test: each passes against the sound emulators, and fails by its letters against mutants.
//!
//! Everything is played in virtual time, in every version that a case applies to; what is wrong is listed as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use coap::Time;
use lwm2m::Version;
use record::Verdict;
use runner::casting::{Run, Seating};
use runner::{mutant, virtual_time};
use testcase::{Library, Mutant, Seat, Spanned, Step, TestCase};

/// A case played, as far as the proof asks.
struct Played {
    verdict: Verdict,
    reason: String,
    /// Letters of every step that was begun.
    letters: BTreeSet<String>,
    /// Letters of the first step that failed, and who is to blame.
    failed: Option<(Vec<String>, String)>,
}

/// Every case with its judged seats.
struct Proof {
    library: Arc<Library>,
    mistakes: Vec<String>,
}

#[test]
fn sound_emulators_pass_every_case() {
    let mut proof = Proof::new();
    let mut plays = 0;
    for case in proof.cases() {
        for seat in case.seats.clone() {
            let versions = proof.versions(&case, seat);
            if versions.is_empty() && !proof.lacks(&case, seat) {
                proof.say(format!("{} [{seat}] applies to no version", case.name));
            }
            for version in versions {
                let played = proof.play(&case, seat, version, None);
                plays += 1;
                if played.verdict != Verdict::Pass {
                    let (verdict, reason) = (played.verdict, played.reason);
                    proof.say(format!(
                        "{} [{seat}, {version}] {verdict}: {reason}",
                        case.name
                    ));
                }
            }
        }
    }
    assert!(plays > 0, "no case was played");
    proof.end("cases that do not pass against sound emulators");
}

#[test]
fn mutants_fail_by_the_letter_they_name() {
    let mut proof = Proof::new();
    for mutant in proof.mutants() {
        for (reference, letters) in &mutant.caught_by {
            let Some(case) = proof.find(reference) else {
                proof.say(format!(
                    "{}: no case is called \"{reference}\"",
                    mutant.name
                ));
                continue;
            };
            let letters: Vec<&str> = letters.iter().map(|letter| &*letter.value).collect();
            proof.catch(&mutant, &case, &letters);
        }
    }
    proof.end("mutants that are not caught");
}

#[test]
fn mutants_pass_where_they_break_nothing() {
    let mut proof = Proof::new();
    for mutant in proof.mutants() {
        for reference in &mutant.passes {
            let Some(case) = proof.find(reference) else {
                proof.say(format!(
                    "{}: no case is called \"{}\"",
                    mutant.name, reference.value
                ));
                continue;
            };
            for version in proof.versions(&case, mutant.seat) {
                let played = proof.play(&case, mutant.seat, version, Some(&mutant));
                if played.verdict != Verdict::Pass {
                    let (verdict, reason) = (played.verdict, played.reason);
                    proof.say(format!(
                        "{} in {} [{version}] {verdict}: {reason}",
                        mutant.name, case.name
                    ));
                }
            }
        }
    }
    proof.end("mutants that break more than they say");
}

#[test]
fn every_case_can_fail_in_every_seat() {
    let mut proof = Proof::new();
    let mutants = proof.mutants();
    for case in proof.cases() {
        for seat in case.seats.clone() {
            let catches = |mutant: &&Mutant| {
                let named = |reference: &String| case.is_called(reference);
                mutant.seat == seat && mutant.caught_by.keys().any(named)
            };
            if !mutants.iter().any(|mutant| catches(&mutant)) && !proof.lacks(&case, seat) {
                proof.say(format!("{} [{seat}] is failed by nobody", case.name));
            }
        }
    }
    proof.end("cases that nothing can fail");
}

#[test]
fn letters_without_a_mutant_are_those_that_are_known() {
    let mut proof = Proof::new();
    let mutants = proof.mutants();
    for case in proof.cases() {
        for seat in case.seats.clone() {
            for letter in proof.decided(&case, seat) {
                let fails = |mutant: &Mutant| {
                    mutant.seat == seat
                        && mutant.caught_by.iter().any(|(reference, letters)| {
                            case.is_called(reference)
                                && letters.first().is_some_and(|first| first.value == letter)
                        })
                };
                let known = UNPROVEN.contains(&(case.stem(), &*seat.to_string(), &letter));
                match (mutants.iter().any(fails), known) {
                    (false, false) => proof.say(format!("{} [{seat}] letter {letter}", case.name)),
                    (true, true) => proof.say(format!(
                        "{} [{seat}] letter {letter} is proven by now",
                        case.name
                    )),
                    _ => {}
                }
            }
        }
    }
    proof.end("letters that no mutant fails");
}

#[test]
fn a_format_that_is_answered_and_not_claimed_fails() {
    let proof = Proof::new();
    let case = proof
        .find("con-read-unsupported-accept")
        .expect("the case stands");
    let mut run = proof.run(Version::V1_1, Seat::CLIENT);
    let claims = &mut run
        .implementations
        .get_mut(&Seat::CLIENT)
        .expect("the client is tested")
        .claims;
    assert!(claims.words.remove("senml-cbor"));
    let played = play_in(&run, &case, Seat::CLIENT, None);
    assert_eq!(played.verdict, Verdict::Fail, "{}", played.reason);
    let (letters, blame) = played.failed.expect("a step failed");
    assert_eq!(
        (letters, blame),
        (vec!["B".to_owned()], "client".to_owned())
    );
}

impl Proof {
    fn new() -> Self {
        let (library, diagnostics) = Library::embedded();
        let mistakes = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .map(|diagnostic| {
                format!(
                    "{}:{}: {}",
                    diagnostic.file, diagnostic.span.line, diagnostic.message
                )
            })
            .collect();
        Self {
            library: Arc::new(library),
            mistakes,
        }
    }

    fn cases(&self) -> Vec<Arc<TestCase>> {
        self.library.cases.values().cloned().map(Arc::new).collect()
    }

    fn mutants(&self) -> Vec<Mutant> {
        self.library.mutants.values().cloned().collect()
    }

    fn find(&self, reference: &str) -> Option<Arc<TestCase>> {
        self.library.find(reference).cloned().map(Arc::new)
    }

    fn say(&mut self, mistake: String) {
        self.mistakes.push(mistake);
    }

    fn end(self, what: &str) {
        let list = self.mistakes.join("\n  ");
        assert!(
            self.mistakes.is_empty(),
            "{} {what}:\n  {list}\n",
            self.mistakes.len()
        );
    }

    fn run(&self, version: Version, judged: Seat) -> Run {
        Run::of_emulators(Arc::clone(&self.library), version, judged)
    }

    /// The versions in which `case` applies to emulators.
    fn versions(&self, case: &TestCase, seat: Seat) -> Vec<Version> {
        let applies = |version: &Version| {
            let facts = self.run(*version, seat).facts(case);
            case.requires.evaluate(&facts).value
        };
        Version::ALL.into_iter().filter(applies).collect()
    }

    /// Whether a case is about what the emulators do not have yet.
    fn lacks(&self, case: &TestCase, seat: Seat) -> bool {
        let facts = self.run(Version::V1_2, seat).facts(case);
        let values = case.requires.evaluate(&facts).explanation;
        values
            .iter()
            .any(|(term, value)| LACKING.contains(&term.as_str()) && value == "not claimed")
    }

    fn play(
        &self,
        case: &Arc<TestCase>,
        seat: Seat,
        version: Version,
        mutant: Option<&Mutant>,
    ) -> Played {
        play_in(&self.run(version, seat), case, seat, mutant)
    }

    /// The letters that a line of `seat`, or a look at what it sent, decides in some version.
    fn decided(&self, case: &Arc<TestCase>, seat: Seat) -> BTreeSet<String> {
        let mut played = BTreeSet::new();
        for version in self.versions(case, seat) {
            played.extend(self.play(case, seat, version, None).letters);
        }
        let mut own = BTreeSet::new();
        for step in &case.dialogue {
            own.extend(own_letters(step, step.criteria.of(seat), case, seat));
        }
        own.retain(|letter| played.contains(letter));
        own
    }

    /// The case has to fail by the first of these letters that it decides in a version at all.
    fn catch(&mut self, mutant: &Mutant, case: &Arc<TestCase>, letters: &[&str]) {
        let mut tried = 0;
        for version in self.versions(case, mutant.seat) {
            let sound = self.play(case, mutant.seat, version, None);
            let Some(letter) = letters
                .iter()
                .find(|letter| sound.letters.contains(**letter))
            else {
                continue;
            };
            tried += 1;
            let played = self.play(case, mutant.seat, version, Some(mutant));
            let wanted = played.failed.as_ref().is_some_and(|(found, blame)| {
                found.first().is_some_and(|first| first == letter)
                    && *blame == mutant.seat.to_string()
            });
            if played.verdict != Verdict::Fail || !wanted {
                let how = match &played.failed {
                    Some((found, blame)) => format!("letters {}, blame {blame}", found.join(" ")),
                    None => "no step failed".to_owned(),
                };
                let (verdict, reason) = (played.verdict, &played.reason);
                self.say(format!(
                    "{} in {} [{version}], wanted {letter}: {verdict}, {how}: {reason}",
                    mutant.name, case.name
                ));
            }
        }
        if tried == 0 {
            let letters = letters.join(", ");
            self.say(format!(
                "{}: {} decides no letter {letters}",
                mutant.name, case.name
            ));
        }
    }
}

fn play_in(run: &Run, case: &Arc<TestCase>, seat: Seat, mutant: Option<&Mutant>) -> Played {
    let seating = Seating {
        judged: seat,
        addresses: addresses(),
        endpoint: "urn:dev:proof".to_owned(),
        seed: 7,
    };
    let mut stage = run.cast(case, &seating, None);
    if let Some(mutant) = mutant {
        let misbehaviour =
            mutant::misbehaviour(mutant, &run.types).unwrap_or_else(|error| panic!("{error}"));
        let station = stage
            .stations
            .iter_mut()
            .find(|station| station.seat == mutant.seat);
        let station =
            station.unwrap_or_else(|| panic!("{}: nobody sits at {}", mutant.name, mutant.seat));
        station.emulator.endpoint().misbehave(misbehaviour);
    }
    virtual_time::play(&mut stage, Time::ZERO);
    let ledger = stage.play.ledger();
    let failed = ledger
        .steps
        .iter()
        .find(|step| step.verdict == Some(Verdict::Fail));
    Played {
        verdict: stage.play.verdict(),
        reason: ledger.reason.clone().unwrap_or_default(),
        letters: ledger
            .steps
            .iter()
            .flat_map(|step| step.criteria.clone())
            .collect(),
        failed: failed.map(|step| {
            (
                step.criteria.clone(),
                step.blame.clone().unwrap_or_default(),
            )
        }),
    }
}

/// Letters of a step that `seat` can be blamed by; `outer` are those of the group around it.
fn own_letters(step: &Step, outer: &[Spanned<String>], case: &TestCase, seat: Seat) -> Vec<String> {
    let whole = match step.criteria.of(seat) {
        [] => outer,
        letters => letters,
    };
    let named = |letters: &[Spanned<String>]| {
        letters
            .iter()
            .map(|one| one.value.clone())
            .collect::<Vec<_>>()
    };
    let mut own = Vec::new();
    for line in step.lines.iter().filter(|line| line.seat == seat) {
        own.extend(named(if line.criteria.is_empty() {
            whole
        } else {
            &line.criteria
        }));
    }
    for check in &step.checks {
        let subject = check.subject.to_string();
        let name = subject.split('.').next().unwrap_or_default();
        if sender(case, name) == Some(seat) {
            own.extend(named(whole));
        }
    }
    for member in &step.group {
        own.extend(own_letters(member, whole, case, seat));
    }
    own
}

/// Who sends the message of this name; a name with a variable of `each` stands for any.
fn sender(case: &TestCase, name: &str) -> Option<Seat> {
    let lines = case.dialogue.iter().flat_map(|step| &step.lines);
    let mut named = lines.filter_map(|line| Some((line.as_name.as_ref()?, line.seat)));
    let found = named.find(|(text, _)| text.as_literal().is_none_or(|text| text == name));
    found.map(|(_, seat)| seat)
}

fn addresses() -> BTreeMap<Seat, std::net::SocketAddr> {
    let address = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
    BTreeMap::from([
        (Seat::CLIENT, address(40_001)),
        (Seat::SERVER, address(5683)),
        ("server-2".parse().expect("a seat"), address(5783)),
        (Seat::BOOTSTRAP_SERVER, address(5685)),
    ])
}

/// Words of the ICS that no emulator claims.
const LACKING: &[&str] = &["psk", "certificate"];

/// Letters of a judged seat that no mutant fails by: case, seat, letter.
const UNPROVEN: &[(&str, &str, &str)] = &[
    // the rule register-content-format fails the step before, by that step's letters
    ("int-101-initial-registration", "client", "C"),
    // the same requests as those of an earlier letter: a server that errs does so there
    ("int-205-write-text", "server", "C"),
    ("int-260-discover", "server", "E"),
    ("int-260-discover", "server", "G"),
    ("int-4-bootstrap-delete", "bootstrap-server", "E"),
    // decided together with B, which is named first
    ("int-301-observation-and-notification", "client", "A"),
];
