//! The entry points: one function each to read and write nodes and paths in any content format.

use coap::ContentFormat;

use super::{CodecError, CodecErrorKind, CodecRemark, opaque, text, tlv};
use crate::{Node, Path, Types};

/// What a payload says, and what is to be remarked about it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Decoded {
    /// Nodes in the order of the wire, with absolute paths and payload offsets; duplicates are kept.
    pub nodes: Vec<Node>,
    /// Rules that the payload did not keep.
    pub remarks: Vec<CodecRemark>,
}

/// The paths that a payload lists, and what is to be remarked about it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DecodedPaths {
    /// Paths in the order of the wire; duplicates are kept.
    pub paths: Vec<Path>,
    /// Rules that the payload did not keep.
    pub remarks: Vec<CodecRemark>,
}

/// Reads the nodes of a payload that answers, or was written to, `base`.
pub fn decode(
    format: ContentFormat,
    payload: &[u8],
    base: &Path,
    types: &dyn Types,
) -> Result<Decoded, CodecError> {
    match format {
        ContentFormat::TEXT => text::decode(payload, base, types),
        ContentFormat::OPAQUE => opaque::decode(payload, base, types),
        ContentFormat::TLV => tlv::decode(payload, base, types),
        _ => Err(no_form(format, "nodes")),
    }
}

/// Writes `nodes`, whose paths are absolute, as a payload that answers, or is written to, `base`.
pub fn encode(
    format: ContentFormat,
    nodes: &[Node],
    base: &Path,
    types: &dyn Types,
) -> Result<Vec<u8>, CodecError> {
    let _ = types;
    match format {
        ContentFormat::TEXT => text::encode(nodes, base),
        ContentFormat::OPAQUE => opaque::encode(nodes, base),
        ContentFormat::TLV => tlv::encode(nodes, base),
        _ => Err(no_form(format, "nodes")),
    }
}

/// Reads the list of paths of a Read-Composite or Observe-Composite (Core TS, 6.3.8).
pub fn decode_paths(format: ContentFormat, payload: &[u8]) -> Result<DecodedPaths, CodecError> {
    let _ = payload;
    Err(no_form(format, "paths"))
}

/// Writes the list of paths of a Read-Composite or Observe-Composite (Core TS, 6.3.8).
pub fn encode_paths(format: ContentFormat, paths: &[Path]) -> Result<Vec<u8>, CodecError> {
    let _ = paths;
    Err(no_form(format, "paths"))
}

/// The single node of a format that carries one value, checked to stand at `base`.
pub(super) fn single_node<'n>(
    format: ContentFormat,
    nodes: &'n [Node],
    base: &Path,
) -> Result<&'n Node, CodecError> {
    single_target(format, base)?;
    let [node] = nodes else {
        return Err(CodecError::new(
            format,
            0,
            CodecErrorKind::Count(nodes.len()),
        ));
    };
    if node.path != *base {
        return Err(outside(format, node, base));
    }
    Ok(node)
}

/// Checks that `base` is a Resource or Resource Instance (Core TS, 7.5.1 to 7.5.3).
pub(super) fn single_target(format: ContentFormat, base: &Path) -> Result<(), CodecError> {
    if base.depth() < 3 {
        let kind = CodecErrorKind::Target(*base, "a Resource or Resource Instance");
        return Err(CodecError::new(format, 0, kind));
    }
    Ok(())
}

/// The error for a value that `format` has no form for.
pub(super) fn unrepresentable(format: ContentFormat, node: &Node) -> CodecError {
    let kind = CodecErrorKind::Unrepresentable {
        path: node.path,
        value: node.value.value_type(),
    };
    CodecError::new(format, 0, kind)
}

/// The error for a node outside the target.
pub(super) fn outside(format: ContentFormat, node: &Node, base: &Path) -> CodecError {
    let kind = CodecErrorKind::OutsideBase {
        node: node.path,
        base: *base,
    };
    CodecError::new(format, 0, kind)
}

const fn no_form(format: ContentFormat, what: &'static str) -> CodecError {
    CodecError::new(format, 0, CodecErrorKind::Format(what))
}
