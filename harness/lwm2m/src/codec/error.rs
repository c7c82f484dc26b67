//! Why a payload cannot be read, or nodes cannot be written.
//!
//! What can be read but breaks a rule is a remark, not an error.

use coap::{ContentFormat, LinkFormatErrorKind};

use crate::{Path, Type};

/// A payload that cannot be read as its format demands, or nodes that the format cannot carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{format} payload, byte {offset}: {kind}")]
pub struct CodecError {
    /// Content format that was read or written.
    pub format: ContentFormat,
    /// Offset in the payload; 0 when writing.
    pub offset: usize,
    /// What is wrong there.
    pub kind: CodecErrorKind,
}

/// What is wrong with a payload, or with the nodes to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecErrorKind {
    /// The payload, or the entry around, ends too early.
    #[error("{} left, {wanted} wanted", bytes(*.found))]
    Truncated {
        /// Bytes that are left.
        found: usize,
        /// Bytes that the payload declares.
        wanted: u64,
    },
    /// Bytes follow the end of the outermost value.
    #[error("{} after the end", bytes(*.0))]
    Trailing(usize),
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    NotUtf8,
    /// Nesting deeper than the format allows, or than is read.
    #[error("more than {0} levels of nesting")]
    TooDeep(usize),
    /// A key that stands twice in one map or object.
    #[error("key {0} repeated")]
    DuplicateKey(String),
    /// Something else than the grammar wants.
    #[error("found {found}, wanted {wanted}")]
    Syntax {
        /// What stands there.
        found: String,
        /// What the grammar wants.
        wanted: &'static str,
    },
    /// A name that is no path of the data model.
    #[error("name \"{0}\" is not a path")]
    Name(String),
    /// A label ending in `_` that is not known (RFC 8428, 4.4).
    #[error("label \"{0}\" is unknown and must be understood")]
    MustUnderstand(String),
    /// A SenML version above 10 (RFC 8428, 4.4).
    #[error("SenML version {0}, wanted at most 10")]
    SenmlVersion(String),
    /// A target that the format cannot address.
    #[error("target \"{0}\", wanted {1}")]
    Target(Path, &'static str),
    /// More nodes than a payload of this length may have.
    #[error("more than {0} values")]
    TooMany(usize),
    /// Several nodes for a format of a single value.
    #[error("{0} nodes, wanted one")]
    Count(usize),
    /// A node that does not lie at or below the target.
    #[error("node \"{node}\" lies outside \"{base}\"")]
    OutsideBase {
        /// The node's path.
        node: Path,
        /// The target.
        base: Path,
    },
    /// A value that the format cannot carry.
    #[error("no form for the {} at \"{path}\"", .value.name())]
    Unrepresentable {
        /// The node's path.
        path: Path,
        /// The type of its value.
        value: Type,
    },
    /// Bytes that are not link format.
    #[error("{0}")]
    LinkFormat(LinkFormatErrorKind),
    /// A content format that carries no nodes or no paths.
    #[error("the format carries no {0}")]
    Format(&'static str),
}

impl CodecError {
    /// An error at `offset`.
    pub(crate) const fn new(format: ContentFormat, offset: usize, kind: CodecErrorKind) -> Self {
        Self {
            format,
            offset,
            kind,
        }
    }
}

/// `1 byte`, `2 bytes`.
pub(super) fn bytes(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} byte{plural}")
}
