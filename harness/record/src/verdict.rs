//! Verdicts (OMA TestFest result sheets) and how they worsen.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A verdict: OMA's five and `Error`, the harness's own trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every criterion that was judged was met.
    Pass,
    /// A criterion was contradicted, or a message that had to come did not.
    Fail,
    /// It could not be decided.
    Inconclusive,
    /// The implementation does not claim what the case needs.
    NotApplicable,
    /// The session's budget ended first.
    OutOfTime,
    /// The harness itself had trouble; counts as Inconclusive in TestFest totals.
    Error,
}

impl Verdict {
    /// OMA's order of columns, then `Error`.
    pub const ALL: [Self; 6] = [
        Self::Pass,
        Self::Fail,
        Self::Inconclusive,
        Self::NotApplicable,
        Self::OutOfTime,
        Self::Error,
    ];

    /// The worse of two verdicts within a case: Pass < Inconclusive < Error < Fail; the two that are decided outside play keep.
    #[must_use]
    pub fn worsened(self, by: Self) -> Self {
        if by.rank() > self.rank() { by } else { self }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Inconclusive => 1,
            Self::OutOfTime => 2,
            Self::NotApplicable => 3,
            Self::Error => 4,
            Self::Fail => 5,
        }
    }

    /// As OMA writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Fail => "Fail",
            Self::Inconclusive => "Inconclusive",
            Self::NotApplicable => "Not Applicable",
            Self::OutOfTime => "Out of Time",
            Self::Error => "Error",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
