//! OMA's five verdicts and how often each was given.

use std::fmt;

use record::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A verdict as OMA's result sheets know it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Both teams agree that the criteria were met.
    Pass,
    /// Both teams agree that they were not.
    Fail,
    /// The teams disagree, or it could not be decided.
    Inconclusive,
    /// One of the two implementations does not support what the case needs.
    NotApplicable,
    /// There was no time.
    OutOfTime,
}

/// How often each verdict was given; `responses` is counted beside them, so that the sum can be checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Pass.
    pub pass: u32,
    /// Fail.
    pub fail: u32,
    /// Inconclusive.
    pub inconclusive: u32,
    /// Not Applicable.
    pub not_applicable: u32,
    /// Out of Time.
    pub out_of_time: u32,
    /// OMA's "Response Count".
    pub response_count: u32,
}

impl Outcome {
    /// OMA's order of columns.
    pub const ALL: [Self; 5] = [
        Self::Pass,
        Self::Fail,
        Self::Inconclusive,
        Self::NotApplicable,
        Self::OutOfTime,
    ];

    /// As OMA writes it.
    pub const fn name(self) -> &'static str {
        self.verdict().name()
    }

    /// As the record writes it.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Pass => Verdict::Pass,
            Self::Fail => Verdict::Fail,
            Self::Inconclusive => Verdict::Inconclusive,
            Self::NotApplicable => Verdict::NotApplicable,
            Self::OutOfTime => Verdict::OutOfTime,
        }
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::Inconclusive | Verdict::Error => Self::Inconclusive,
            Verdict::NotApplicable => Self::NotApplicable,
            Verdict::OutOfTime => Self::OutOfTime,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Counts {
    /// Counts one response.
    pub const fn add(&mut self, outcome: Outcome) {
        let column = match outcome {
            Outcome::Pass => &mut self.pass,
            Outcome::Fail => &mut self.fail,
            Outcome::Inconclusive => &mut self.inconclusive,
            Outcome::NotApplicable => &mut self.not_applicable,
            Outcome::OutOfTime => &mut self.out_of_time,
        };
        *column += 1;
        self.response_count += 1;
    }

    /// Adds another row, column by column.
    pub const fn merge(&mut self, other: &Self) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.inconclusive += other.inconclusive;
        self.not_applicable += other.not_applicable;
        self.out_of_time += other.out_of_time;
        self.response_count += other.response_count;
    }

    /// The five columns in OMA's order.
    pub const fn columns(&self) -> [u32; 5] {
        [
            self.pass,
            self.fail,
            self.inconclusive,
            self.not_applicable,
            self.out_of_time,
        ]
    }

    /// The five columns and the response count.
    pub const fn row(&self) -> [u32; 6] {
        let [pass, fail, inconclusive, not_applicable, out_of_time] = self.columns();
        [
            pass,
            fail,
            inconclusive,
            not_applicable,
            out_of_time,
            self.response_count,
        ]
    }

    /// Whether the five columns add up to the response count.
    pub fn adds_up(&self) -> bool {
        let sum: u64 = self.columns().iter().map(|n| u64::from(*n)).sum();
        sum == u64::from(self.response_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_harness_own_trouble_is_inconclusive() {
        let expected = [
            "Pass",
            "Fail",
            "Inconclusive",
            "Not Applicable",
            "Out of Time",
            "Inconclusive",
        ];
        assert_eq!(
            Verdict::ALL.map(|verdict| Outcome::from(verdict).name()),
            expected
        );
    }

    #[test]
    fn a_row_that_lost_a_response_does_not_add_up() {
        let mut counts = Counts::default();
        Outcome::ALL
            .into_iter()
            .for_each(|outcome| counts.add(outcome));
        assert_eq!((counts.columns(), counts.adds_up()), ([1; 5], true));
        counts.pass -= 1;
        assert!(!counts.adds_up());
    }
}
