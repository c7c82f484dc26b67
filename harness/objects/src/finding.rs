//! What is wrong with a file, and where.

use std::ops::Range;

/// Something that a file should not hold, or lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Characters of the line that it is about.
    pub width: u32,
    /// How bad it is.
    pub severity: Severity,
    /// OMA's validator code, or a word of ours where OMA has none.
    pub code: &'static str,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// What would be right.
    pub help: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The schema, the TS or the registry refuses it.
    Error,
    /// The guidelines advise against it, or the form of the file is not the registry's.
    Warning,
}

/// A finding before it has a code and a place in lines.
#[derive(Clone, Debug)]
pub(crate) struct Remark {
    /// Bytes of the page.
    pub(crate) at: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Remark {
    pub(crate) fn new(
        at: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            at,
            message: message.into(),
            help: help.into(),
        }
    }
}

impl Severity {
    /// `error` or `warning`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}
