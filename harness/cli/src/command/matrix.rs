//! `coverage --matrix`: mutants against cases, in virtual time, and what is wrong with either.

use std::fmt::Write as _;
use std::sync::Arc;

use runner::proof::{Extent, Matrix, Outcome, Prover};
use testcase::{Filter, Library};

use crate::args::Coverage;
use crate::{ExitCode, output};

/// Plays the cases and mutants, and prints who fails whom.
pub(super) fn matrix(library: &Arc<Library>, args: &Coverage) -> ExitCode {
    output::warn_of_filters(&args.filters, library);
    let filters: Vec<Filter> = args
        .filters
        .iter()
        .map(|text| Filter::parse(text))
        .collect();
    let prover = Prover::new(library, |case| Filter::any(&filters, case));
    if prover.cases().next().is_none() {
        return ExitCode::NothingSelected;
    }
    let extent = if args.full {
        Extent::Full
    } else {
        Extent::Word
    };
    let matrix = Matrix::of(&prover, extent);
    let lists = [
        (
            "cases that do not pass against sound emulators",
            prover.unsound(),
        ),
        ("mutants that are not caught", prover.escaped()),
        ("mutants that break more than they say", prover.disturbing()),
        ("cases that nothing can fail", prover.unfailing()),
        ("letters that no mutant fails", prover.unproven()),
        (
            "mutants that make the harness err or blame another",
            matrix.mistakes(),
        ),
    ];
    output::print(&(table(&prover, &matrix) + &shown(&lists)));
    let wrong = lists.iter().any(|(_, list)| !list.is_empty());
    if wrong {
        ExitCode::Mistake
    } else {
        ExitCode::Passed
    }
}

/// For each case and seat, who fails it by which letter.
fn table(prover: &Prover, matrix: &Matrix) -> String {
    let mut text = String::new();
    for (index, column) in matrix.columns.iter().enumerate() {
        let letters = prover
            .find(&column.case)
            .map(|case| prover.decided(case, column.seat));
        let letters = Vec::from_iter(letters.unwrap_or_default()).join("");
        let _ = writeln!(
            text,
            "{} [{}] decides {}",
            column.case,
            column.seat,
            or_nothing(&letters)
        );
        for row in &matrix.rows {
            for cell in row.cells.iter().filter(|cell| cell.column == index) {
                let wanted = match &cell.wanted {
                    Some(letters) if letters.is_empty() => "has to pass".to_owned(),
                    Some(letters) => format!("has to fail by {}", letters.join(" or ")),
                    None => "not named".to_owned(),
                };
                let outcome = match &cell.outcome {
                    Outcome::Pass => "Pass".to_owned(),
                    Outcome::Fail(letter) => format!("Fail {letter}"),
                    Outcome::Undecided(reason) => format!("Inconclusive: {reason}"),
                    Outcome::Wrong(told) => format!("wrong: {told}"),
                };
                let _ = writeln!(text, "    {:<50} {:<20} {outcome}", row.mutant, wanted);
            }
        }
    }
    text
}

/// What is wrong, and how much was played.
fn shown(lists: &[(&str, Vec<String>)]) -> String {
    let mut text = String::new();
    for (what, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
        let _ = writeln!(text, "\n{} {what}:", list.len());
        for one in list {
            let _ = writeln!(text, "  {one}");
        }
    }
    if text.is_empty() {
        "\nevery case passes, and fails where it should\n".to_owned()
    } else {
        text
    }
}

fn or_nothing(letters: &str) -> &str {
    if letters.is_empty() {
        "nothing"
    } else {
        letters
    }
}
