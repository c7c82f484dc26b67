//! Single values as a case writes them.

use std::fmt;
use std::time::Duration;

use super::{Span, Text, duration};

/// A single value.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The value.
    pub kind: ScalarKind,
    /// Where it stands.
    pub span: Span,
}

/// What a single value is. Durations, paths and words are text; their field tells what they mean.
#[derive(Clone, Debug, PartialEq)]
pub enum ScalarKind {
    /// `86400`.
    Integer(i64),
    /// `1.5`.
    Float(f64),
    /// `true`.
    Boolean(bool),
    /// `U`, `"${account.lifetime}"`, `5s`.
    Text(Text),
    /// `hex:00ff`.
    Bytes(Vec<u8>),
}

impl Scalar {
    /// The text, if it is one.
    pub const fn as_text(&self) -> Option<&Text> {
        match &self.kind {
            ScalarKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The characters, if it is a text without variables.
    pub fn as_literal(&self) -> Option<&str> {
        self.as_text()?.as_literal()
    }

    /// The duration, if it is one written out.
    pub fn as_duration(&self) -> Option<Duration> {
        duration::parse(self.as_literal()?)
    }

    /// Whether a variable is in it.
    pub fn has_variable(&self) -> bool {
        self.as_text()
            .is_some_and(|text| text.as_literal().is_none())
    }
}

/// As it was written, up to quotes.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ScalarKind::Integer(number) => write!(f, "{number}"),
            ScalarKind::Float(number) => write!(f, "{number}"),
            ScalarKind::Boolean(truth) => write!(f, "{truth}"),
            ScalarKind::Text(text) => write!(f, "{text}"),
            ScalarKind::Bytes(bytes) => {
                f.write_str("hex:")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}
