//! What a reader of object definitions stumbled over, and where.

use std::fmt;

/// A problem in the XML of an object definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DdfDiagnostic {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// How much was lost.
    pub severity: Severity,
    /// What is wrong, as a fragment.
    pub message: String,
}

/// How much a problem cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The schema is not kept, but the meaning was clear.
    Warning,
    /// Something was left out or replaced by a default.
    Error,
}

impl fmt::Display for DdfDiagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(
            f,
            "{}:{}: {severity}: {}",
            self.line, self.column, self.message
        )
    }
}
