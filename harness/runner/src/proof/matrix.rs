//! Mutants against cases: which defect is seen where, and whether any makes the harness blame another.

use std::sync::Arc;

use record::Verdict;
use testcase::{Line, Mutant, Seat, Step, TestCase, Word};

use super::prover::Prover;
use super::side_by_side::side_by_side;

/// Every mutant against the cases of its seat.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// The cases, by seat.
    pub columns: Vec<Column>,
    /// The mutants.
    pub rows: Vec<Row>,
}

/// A case in one judged seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name of the case.
    pub case: String,
    /// The seat.
    pub seat: Seat,
}

/// A mutant and what the cases make of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name of the mutant.
    pub mutant: String,
    /// Its title.
    pub title: String,
    /// Who has the defect.
    pub seat: Seat,
    /// What it was played against.
    pub cells: Vec<Cell>,
}

/// A mutant against a case.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Index of the case among the columns.
    pub column: usize,
    /// What the mutant says of the case: the letters that catch it, none if it has to pass, nothing if it is not named.
    pub wanted: Option<Vec<String>>,
    /// The worst of the versions.
    pub outcome: Outcome,
}

/// How a mutant goes in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The defect was not seen.
    Pass,
    /// It failed, by this letter; empty if a step without letter.
    Fail(String),
    /// The case could not be decided, for this reason.
    Undecided(String),
    /// Something that must not be: another was blamed, or the harness erred.
    Wrong(String),
}

/// What a mutant is played against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The cases that it names, and those that use the word it spoils, in their highest version.
    Word,
    /// Every case of its seat, in every version.
    Full,
}

impl Matrix {
    /// Plays the mutants.
    pub fn of(prover: &Prover, extent: Extent) -> Self {
        let cases = prover.cases();
        let columns: Vec<(Column, Arc<TestCase>)> = cases
            .flat_map(|case| {
                case.seats.iter().map(|seat| {
                    let column = Column {
                        case: case.name.clone(),
                        seat: *seat,
                    };
                    (column, Arc::clone(case))
                })
            })
            .collect();
        let mutants = prover.mutants();
        let rows = side_by_side(&mutants, |mutant| Row {
            mutant: mutant.name.clone(),
            title: mutant.title.clone(),
            seat: mutant.seat,
            cells: columns
                .iter()
                .enumerate()
                .filter(|(_, (column, _))| column.seat == mutant.seat)
                .filter_map(|(index, (_, case))| cell(prover, mutant, index, case, extent))
                .collect(),
        });
        Self {
            columns: columns.into_iter().map(|(column, _)| column).collect(),
            rows,
        }
    }

    /// Plays in which another was blamed, or the harness erred.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        for row in &self.rows {
            for cell in &row.cells {
                if let Outcome::Wrong(told) = &cell.outcome {
                    mistakes.push(format!(
                        "{} in {}: {told}",
                        row.mutant, self.columns[cell.column].case
                    ));
                }
            }
        }
        mistakes
    }
}

fn cell(
    prover: &Prover,
    mutant: &Mutant,
    column: usize,
    case: &Arc<TestCase>,
    extent: Extent,
) -> Option<Cell> {
    let wanted = wanted(mutant, case);
    if extent == Extent::Word
        && wanted.is_none()
        && !mutant.upon().is_some_and(|upon| uses(case, upon))
    {
        return None;
    }
    let mut versions = prover.versions(case, mutant.seat);
    if extent == Extent::Word {
        versions.drain(..versions.len().saturating_sub(1));
    }
    let outcomes = versions
        .into_iter()
        .map(|version| outcome(prover, mutant, case, version));
    Some(Cell {
        column,
        wanted,
        outcome: outcomes.max_by_key(Outcome::rank)?,
    })
}

fn outcome(
    prover: &Prover,
    mutant: &Mutant,
    case: &Arc<TestCase>,
    version: lwm2m::Version,
) -> Outcome {
    let played = match prover.spoilt(case, mutant, version) {
        Ok(played) => played,
        Err(error) => return Outcome::Wrong(error),
    };
    match played.verdict {
        Verdict::Pass => Outcome::Pass,
        Verdict::Fail => match played.failed_by(mutant.seat) {
            Some(letter) => Outcome::Fail(letter.to_owned()),
            None => Outcome::Wrong(format!("[{version}] {}", played.told())),
        },
        Verdict::Inconclusive => Outcome::Undecided(played.reason),
        _ => Outcome::Wrong(format!("[{version}] {}", played.told())),
    }
}

impl Outcome {
    const fn rank(&self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Undecided(_) => 1,
            Self::Fail(_) => 2,
            Self::Wrong(_) => 3,
        }
    }
}

fn wanted(mutant: &Mutant, case: &TestCase) -> Option<Vec<String>> {
    let mut caught = mutant.caught_by.iter();
    if let Some((_, letters)) = caught.find(|(reference, _)| case.is_called(reference)) {
        return Some(letters.iter().map(|letter| letter.value.clone()).collect());
    }
    let mut passes = mutant.passes.iter();
    passes.any(|one| case.is_called(&one.value)).then(Vec::new)
}

/// Whether a line of the case has the word that the defect comes upon.
fn uses(case: &TestCase, upon: &Line) -> bool {
    let mut steps = case.dialogue.iter().chain(&case.meanwhile);
    steps.any(|step| step_uses(step, upon.seat, upon.word.value))
}

fn step_uses(step: &Step, seat: Seat, word: Word) -> bool {
    let mut lines = step.lines.iter().chain(&step.triggers);
    lines.any(|line| line_uses(line, seat, word))
        || step.group.iter().any(|inner| step_uses(inner, seat, word))
}

fn line_uses(line: &Line, seat: Seat, word: Word) -> bool {
    line.seat == seat && line.word.value == word
        || line
            .alternatives
            .iter()
            .any(|one| line_uses(one, seat, word))
}
