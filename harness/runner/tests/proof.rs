//! The proof that the cases test: each passes against the sound emulators, and fails by its letters against mutants.
//!
//! Everything is played in virtual time, in every version that a case applies to; what is wrong is listed as a whole.

use std::sync::{Arc, LazyLock};

use lwm2m::Version;
use record::Verdict;
use runner::casting::Run;
use runner::proof::{Extent, Failure, Matrix, Played, Prover};
use testcase::{Library, Seat};

#[test]
fn the_files_have_no_mistake() {
    let (_, diagnostics) = Library::embedded();
    let errors = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error());
    let shown = errors.map(|one| format!("{}:{}: {}", one.file, one.span.line, one.message));
    none(&shown.collect::<Vec<_>>(), "mistakes in cases and mutants");
}

#[test]
fn sound_emulators_pass_every_case() {
    assert!(PROVER.cases().count() > 0, "no case was played");
    none(
        &PROVER.unsound(),
        "cases that do not pass against sound emulators",
    );
}

#[test]
fn short_waits_prove_the_same() {
    let hurried = LIBRARY.as_ref().clone().quickened();
    let prover = Prover::new(&Arc::new(hurried), |case| !case.quick.is_empty());
    none(&prover.unsound(), "cases that do not pass with --quick");
    none(
        &prover.escaped(),
        "mutants that are not caught with --quick",
    );
}

#[test]
fn mutants_fail_by_the_letter_they_name() {
    none(&PROVER.escaped(), "mutants that are not caught");
}

#[test]
fn mutants_are_remarked_by_the_rules_they_name() {
    none(&PROVER.unremarked(), "mutants that are not remarked");
}

#[test]
fn mutants_pass_where_they_break_nothing() {
    none(
        &PROVER.disturbing(),
        "mutants that break more than they say",
    );
}

#[test]
fn every_case_can_fail_in_every_seat() {
    none(&PROVER.unfailing(), "cases that nothing can fail");
}

#[test]
fn letters_without_a_mutant_are_those_that_are_known() {
    none(&PROVER.unproven(), "letters that no mutant fails");
}

#[test]
fn no_mutant_makes_another_fail() {
    let matrix = Matrix::of(&PROVER, Extent::Word);
    assert!(matrix.rows.iter().any(|row| !row.cells.is_empty()));
    none(
        &matrix.mistakes(),
        "mutants that make the harness err or blame another",
    );
}

#[test]
fn a_format_that_is_answered_and_not_claimed_fails() {
    let case = PROVER
        .find("con-read-unsupported-accept")
        .expect("the case stands");
    let mut run = Run::of_emulators(Arc::clone(&LIBRARY), Version::V1_1, Seat::CLIENT);
    let claims = &mut run
        .implementations
        .get_mut(&Seat::CLIENT)
        .expect("the client is tested")
        .claims;
    assert!(claims.words.remove("senml-cbor"));
    let played = Played::of(&run, case, Seat::CLIENT, None);
    assert_eq!(played.verdict, Verdict::Fail, "{}", played.reason);
    let wanted = Failure {
        letters: vec!["B".to_owned()],
        blame: "client".to_owned(),
    };
    assert_eq!(played.failed, Some(wanted));
}

fn none(mistakes: &[String], what: &str) {
    let list = mistakes.join("\n  ");
    assert!(
        mistakes.is_empty(),
        "{} {what}:\n  {list}\n",
        mistakes.len()
    );
}

static LIBRARY: LazyLock<Arc<Library>> = LazyLock::new(|| Arc::new(Library::embedded().0));
/// What passes soundly is played once for all tests.
static PROVER: LazyLock<Prover> = LazyLock::new(|| Prover::new(&LIBRARY, |_| true));
