//! `coverage --matrix`: mutants against cases, in virtual time, and what is wrong with either.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use report::{MatrixCell, MatrixColumn, MatrixPage, MatrixRow, MatrixTable};
use runner::HarnessError;
use runner::proof::{Cell, Column, Extent, Matrix, Outcome, Prover, Row};
use testcase::{Filter, Library};

use crate::args::Coverage;
use crate::{ExitCode, Trouble, output};

/// Plays the cases and mutants, and prints who fails whom.
pub(super) fn matrix(library: &Arc<Library>, args: &Coverage) -> Result<ExitCode, Trouble> {
    output::warn_of_filters(&args.filters, library);
    let filters: Vec<Filter> = args
        .filters
        .iter()
        .map(|text| Filter::parse(text))
        .collect();
    let prover = Prover::new(library, |case| Filter::any(&filters, case));
    if prover.cases().next().is_none() {
        return Ok(ExitCode::NothingSelected);
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
    match &args.html {
        Some(path) => {
            let mistakes = lists
                .iter()
                .flat_map(|(what, list)| list.iter().map(move |one| format!("{what}: {one}")));
            write(path, &page(&prover, &matrix, mistakes.collect()))?;
        }
        None => output::print(&table(&prover, &matrix)),
    }
    output::print(&shown(&lists));
    let wrong = lists.iter().any(|(_, list)| !list.is_empty());
    Ok(if wrong {
        ExitCode::Mistake
    } else {
        ExitCode::Passed
    })
}

fn write(path: &Path, page: &MatrixPage) -> Result<(), Trouble> {
    let html = report::matrix(page).map_err(Trouble::Report)?;
    std::fs::write(path, html)
        .map_err(HarnessError::write(path))
        .map_err(Trouble::Harness)
}

/// The page: a table for each folder of cases and judged seat.
fn page(prover: &Prover, matrix: &Matrix, mistakes: Vec<String>) -> MatrixPage {
    let mut tables: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, column) in matrix.columns.iter().enumerate() {
        let folder = column
            .case
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        let title = format!("{folder}, {}", column.seat);
        tables.entry(title).or_default().push(index);
    }
    let plays: usize = matrix.rows.iter().map(|row| row.cells.len()).sum();
    let facts = [
        ("Cases", prover.cases().count()),
        ("Mutants", matrix.rows.len()),
        ("Mutants against cases", plays),
    ];
    MatrixPage {
        facts: facts
            .map(|(name, count)| (name.to_owned(), count.to_string()))
            .into(),
        tables: tables
            .into_iter()
            .map(|(title, columns)| table_of(prover, matrix, title, &columns))
            .collect(),
        mistakes,
    }
}

fn table_of(prover: &Prover, matrix: &Matrix, title: String, indexes: &[usize]) -> MatrixTable {
    let cells = |row: &Row| {
        let find = |index: &usize| row.cells.iter().find(|cell| cell.column == *index);
        indexes.iter().map(find).map(cell_of).collect::<Vec<_>>()
    };
    let rows = matrix.rows.iter().map(|row| MatrixRow {
        mutant: row.mutant.clone(),
        title: row.title.clone(),
        cells: cells(row),
    });
    let says_something = |row: &MatrixRow| row.cells.iter().any(|cell| !cell.class.is_empty());
    MatrixTable {
        title,
        columns: indexes
            .iter()
            .map(|index| &matrix.columns[*index])
            .map(|column| MatrixColumn {
                case: column
                    .case
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                letters: letters_of(prover, column),
            })
            .collect(),
        rows: rows.filter(says_something).collect(),
    }
}

/// A cell of the page; nothing if the mutant was not played against the case.
fn cell_of(cell: Option<&Cell>) -> MatrixCell {
    let Some(cell) = cell else {
        return MatrixCell::default();
    };
    let (text, class, words) = match (&cell.outcome, &cell.wanted) {
        (Outcome::Fail(letter), Some(letters)) if !letters.is_empty() => (
            letter.clone(),
            "caught",
            format!("has to fail by {}, and does", letters.join(" or ")),
        ),
        (Outcome::Fail(letter), Some(_)) => {
            (letter.clone(), "wrong", "has to pass, and fails".to_owned())
        }
        (Outcome::Fail(letter), None) => (
            or_dash(letter),
            "seen",
            "fails, though not named".to_owned(),
        ),
        (Outcome::Pass, Some(letters)) if letters.is_empty() => (
            "\u{2713}".to_owned(),
            "passes",
            "has to pass, and does".to_owned(),
        ),
        (Outcome::Pass, Some(_)) => (
            "!".to_owned(),
            "wrong",
            "has to fail, and passes".to_owned(),
        ),
        (Outcome::Pass, None) => ("\u{b7}".to_owned(), "", String::new()),
        (Outcome::Undecided(reason), _) => ("?".to_owned(), "undecided", reason.clone()),
        (Outcome::Wrong(told), _) => ("!".to_owned(), "wrong", told.clone()),
    };
    MatrixCell { text, class, words }
}

fn letters_of(prover: &Prover, column: &Column) -> String {
    let letters = prover
        .find(&column.case)
        .map(|case| prover.decided(case, column.seat));
    Vec::from_iter(letters.unwrap_or_default()).concat()
}

/// For each case and seat, who fails it by which letter.
fn table(prover: &Prover, matrix: &Matrix) -> String {
    let mut text = String::new();
    for (index, column) in matrix.columns.iter().enumerate() {
        let letters = letters_of(prover, column);
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

/// The referee can fail a step that decides no letter.
fn or_dash(letter: &str) -> String {
    let shown = if letter.is_empty() {
        "\u{2013}"
    } else {
        letter
    };
    shown.to_owned()
}

fn or_nothing(letters: &str) -> &str {
    if letters.is_empty() {
        "nothing"
    } else {
        letters
    }
}
