//! What is wrong with bytes that are no DER of what was wanted, and where.
//!
//! The reader does not always know the place, and then none is told.

use std::fmt;

/// What was found, and its offset if it is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Malformed {
    /// What was found.
    pub reason: String,
    /// Where.
    pub offset: Option<usize>,
}

impl Malformed {
    /// A reason without a place.
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            offset: None,
        }
    }
}

impl From<der::Error> for Malformed {
    fn from(error: der::Error) -> Self {
        Self {
            reason: error.kind().to_string(),
            offset: error
                .position()
                .and_then(|position| usize::try_from(position).ok()),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        match self.offset {
            Some(offset) => write!(f, " at byte {offset}"),
            None => Ok(()),
        }
    }
}
