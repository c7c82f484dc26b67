//! How the program ends, for those who call it from a pipeline.

use record::{SessionRecord, Verdict};

/// The program's exit code. Where several apply, the first of [`ExitCode::ORDER`] is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// 0: all selected cases passed, or deviated as agreed.
    Passed = 0,
    /// 1: some case failed, or an agreed deviation no longer happens.
    Failed = 1,
    /// 2: a mistake on the command line, in a case, in a profile or in an object definition.
    Mistake = 2,
    /// 3: the harness had trouble: an address in use, a missing program, an unwritable folder.
    Harness = 3,
    /// 4: nothing was selected.
    NothingSelected = 4,
    /// 5: no case failed, but Inconclusive or Out of Time remain.
    Undecided = 5,
    /// 130: interrupted by Ctrl-C or SIGTERM; the record is valid.
    Interrupted = 130,
}

impl ExitCode {
    /// All codes; the first that applies is taken.
    pub const ORDER: [Self; 7] = [
        Self::Interrupted,
        Self::Mistake,
        Self::Harness,
        Self::Failed,
        Self::Undecided,
        Self::NothingSelected,
        Self::Passed,
    ];

    /// The code of one session.
    pub fn of(session: &SessionRecord) -> Self {
        let own = session.cases.iter().filter(|case| case.expected.is_none());
        let has = |wanted: &[Verdict]| own.clone().any(|case| wanted.contains(&case.verdict));
        if session.interrupted {
            Self::Interrupted
        } else if has(&[Verdict::Error]) {
            Self::Harness
        } else if has(&[Verdict::Fail]) || !session.stale.is_empty() {
            Self::Failed
        } else if has(&[Verdict::Inconclusive, Verdict::OutOfTime]) {
            Self::Undecided
        } else if session.cases.is_empty() {
            Self::NothingSelected
        } else {
            Self::Passed
        }
    }

    /// The one of two codes that comes first in [`ExitCode::ORDER`].
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let either = |code: &Self| *code == self || *code == other;
        Self::ORDER.into_iter().find(either).unwrap_or(self)
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_applies_is_taken() {
        use ExitCode::{Failed, Harness, Interrupted, Mistake, NothingSelected, Passed, Undecided};
        for (one, other, first) in [
            (Passed, NothingSelected, NothingSelected),
            (NothingSelected, Undecided, Undecided),
            (Undecided, Failed, Failed),
            (Failed, Harness, Harness),
            (Harness, Mistake, Mistake),
            (Mistake, Interrupted, Interrupted),
            (Passed, Passed, Passed),
        ] {
            assert_eq!(one.or(other), first);
            assert_eq!(other.or(one), first);
        }
    }
}
