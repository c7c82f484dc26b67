//! Whether a case applies: decided before play, with the values that decided it.

use crate::model::{Facts, Seat, TestCase};

/// Whether a case is played for a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// It is.
    Selected,
    /// It is not: Not Applicable.
    NotApplicable(Reason),
}

/// Why a case does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It judges other seats.
    NotJudged(Seat),
    /// Only the harness can hold this seat, and an implementation does.
    Emulated(Seat),
    /// The ICS lacks what the case requires.
    Requires {
        /// The expression as it was written.
        expression: String,
        /// The terms that decided it, each with its value.
        explanation: Vec<(String, String)>,
    },
}

/// Decides whether `case` is played to judge `seat`.
pub fn select(case: &TestCase, seat: Seat, facts: &dyn Facts) -> Selection {
    if !case.seats.contains(&seat) {
        return Selection::NotApplicable(Reason::NotJudged(seat));
    }
    if let Some(emulated) = case.emulated.iter().find(|seat| facts.iut(**seat)) {
        return Selection::NotApplicable(Reason::Emulated(*emulated));
    }
    let evaluation = case.requires.evaluate(facts);
    if evaluation.value {
        return Selection::Selected;
    }
    Selection::NotApplicable(Reason::Requires {
        expression: case.requires.text.clone(),
        explanation: evaluation.explanation,
    })
}

impl Selection {
    /// Whether the case is played.
    pub fn is_selected(&self) -> bool {
        *self == Self::Selected
    }
}

/// `needs read and tlv: tlv not claimed`.
impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotJudged(seat) => write!(f, "does not judge the {seat}"),
            Self::Emulated(seat) => write!(f, "only the harness can hold the {seat}"),
            Self::Requires {
                expression,
                explanation,
            } => {
                write!(f, "needs {expression}: ")?;
                for (index, (term, said)) in explanation.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    match term.strip_prefix("version ") {
                        Some(_) => write!(f, "{comma}version is {said}")?,
                        None => write!(f, "{comma}{term} {said}")?,
                    }
                }
                Ok(())
            }
        }
    }
}
