//! Counts in OMA's five columns, where the harness's own trouble counts as Inconclusive.

use record::Verdict;

/// Counts of one row of a result sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: [u32; 5],
    /// How many of the Inconclusive are the harness's own trouble.
    pub errors: u32,
    /// How many outcomes match an agreed deviation.
    pub expected: u32,
}

impl Tally {
    /// OMA's columns in OMA's order.
    pub const COLUMNS: [Verdict; 5] = [
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Inconclusive,
        Verdict::NotApplicable,
        Verdict::OutOfTime,
    ];

    /// Counts one outcome.
    pub fn add(&mut self, verdict: Verdict, expected: bool) {
        let column = match verdict {
            Verdict::Pass => 0,
            Verdict::Fail => 1,
            Verdict::Inconclusive | Verdict::Error => 2,
            Verdict::NotApplicable => 3,
            Verdict::OutOfTime => 4,
        };
        self.counts[column] += 1;
        self.errors += u32::from(verdict == Verdict::Error);
        self.expected += u32::from(expected);
    }

    /// Adds another row.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.errors += other.errors;
        self.expected += other.expected;
    }

    /// The five counts in the order of [`Self::COLUMNS`].
    pub const fn counts(&self) -> [u32; 5] {
        self.counts
    }

    /// OMA's "Response Count": the sum of the row.
    pub fn responses(&self) -> u32 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_add_up() {
        let mut row = Tally::default();
        for verdict in Verdict::ALL {
            row.add(verdict, verdict == Verdict::Fail);
        }
        assert_eq!(row.counts(), [1, 1, 2, 1, 1]);
        assert_eq!((row.responses(), row.errors, row.expected), (6, 1, 1));
        let mut total = row;
        total.merge(&row);
        assert_eq!(total.responses(), 12);
    }
}
