//! The textual encoding of keys and certificates (RFC 7468).
//!
//! Finds the blocks of a text and leaves what they hold to others. Text around blocks is allowed (section 2).

use std::fmt;

use der::pem::{Decoder, LineEnding};

/// One block between its boundaries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// What the boundaries say, `CERTIFICATE` for example.
    pub(crate) label: &'a str,
    /// The bytes.
    pub(crate) der: Vec<u8>,
}

/// A text that is no textual encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct PemError {
    /// What is wrong.
    pub kind: PemErrorKind,
    /// Offset of the block, or of the end of the text.
    pub offset: usize,
}

/// What can be wrong with a textual encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PemErrorKind {
    /// No block with a wanted label.
    Missing {
        /// The label that was wanted.
        wanted: &'static str,
    },
    /// A block without its last boundary.
    Unterminated {
        /// The label of the first boundary.
        label: String,
    },
    /// A block with headers, as the old encryption of keys writes them (RFC 1421, 4.6).
    Headers {
        /// The label of the block.
        label: String,
    },
    /// A block whose text is not base64.
    Base64 {
        /// The label of the block.
        label: String,
    },
}

impl fmt::Display for PemErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { wanted } => write!(f, "no PEM block \"{wanted}\""),
            Self::Unterminated { label } => write!(f, "PEM block \"{label}\" without its end"),
            Self::Headers { label } => {
                write!(f, "PEM block \"{label}\" with headers, wanted base64")
            }
            Self::Base64 { label } => write!(f, "PEM block \"{label}\" that is not base64"),
        }
    }
}

/// Reads every block of `text`, in order.
pub(crate) fn blocks(text: &str) -> Result<Vec<Block<'_>>, PemError> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((start, label)) = begin(text, from) {
        let unterminated = || PemError {
            kind: PemErrorKind::Unterminated {
                label: label.to_owned(),
            },
            offset: start,
        };
        let last = format!("-----END {label}-----");
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.find(&last).ok_or_else(unterminated)? + last.len();
        let block = rest.get(..length).unwrap_or_default();
        let der = decode(block).map_err(|()| PemError {
            kind: unreadable(block, label),
            offset: start,
        })?;
        found.push(Block { label, der });
        from = start + length;
    }
    Ok(found)
}

/// Writes one block with line feeds.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    der::pem::encode_string(label, LineEnding::LF, der).unwrap_or_default()
}

/// The next first boundary at or after `from`: its offset and label.
fn begin(text: &str, from: usize) -> Option<(usize, &str)> {
    let mut at = from;
    loop {
        let start = at + text.get(at..)?.find(FIRST)?;
        let rest = text.get(start + FIRST.len()..)?;
        let line = rest.lines().next().unwrap_or_default();
        let fresh = start == 0 || text.get(..start)?.ends_with(['\n', '\r']);
        match line.trim_end().strip_suffix("-----") {
            Some(label) if fresh && !label.contains("-----") => return Some((start, label)),
            _ => at = start + FIRST.len(),
        }
    }
}

fn decode(block: &str) -> Result<Vec<u8>, ()> {
    let mut decoder = Decoder::new_detect_wrap(block.as_bytes()).map_err(|_| ())?;
    let mut der = Vec::new();
    decoder.decode_to_end(&mut der).map_err(|_| ())?;
    Ok(der)
}

fn unreadable(block: &str, label: &str) -> PemErrorKind {
    let label = label.to_owned();
    if block.contains(':') {
        PemErrorKind::Headers { label }
    } else {
        PemErrorKind::Base64 { label }
    }
}

/// How a first boundary begins (RFC 7468, 2).
const FIRST: &str = "-----BEGIN ";
