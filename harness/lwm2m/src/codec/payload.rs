//! The entry points: one function each to read and write nodes and paths in any content format.

use std::borrow::Cow;

use coap::ContentFormat;

use super::{
    CodecError, CodecErrorKind, CodecRemark, cbor, link_format, lwm2m_cbor, lwm2m_json, opaque,
    senml_cbor, senml_json, text, tlv,
};
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
        ContentFormat::LINK_FORMAT => link_format::decode(payload, base, types),
        ContentFormat::OPAQUE => opaque::decode(payload, base, types),
        ContentFormat::CBOR => cbor::decode(payload, base, types),
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => {
            senml_json::decode(format, payload, base, types)
        }
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => {
            senml_cbor::decode(format, payload, base, types)
        }
        ContentFormat::TLV => tlv::decode(payload, base, types),
        ContentFormat::LWM2M_JSON => lwm2m_json::decode(payload, base, types),
        ContentFormat::LWM2M_CBOR => lwm2m_cbor::decode(payload, base, types),
        _ => Err(no_form(format, "nodes")),
    }
}

/// Writes `nodes`, whose paths are absolute, as a payload that answers, or is written to, `base`.
///
/// A value that equals one of the type that `types` demands is written as that: 5 for a Float as 5.0. Any other value is
/// written as it is.
pub fn encode(
    format: ContentFormat,
    nodes: &[Node],
    base: &Path,
    types: &dyn Types,
) -> Result<Vec<u8>, CodecError> {
    let fitted = fit(nodes, types);
    let nodes = &*fitted;
    match format {
        ContentFormat::TEXT => text::encode(nodes, base),
        ContentFormat::LINK_FORMAT => link_format::encode(nodes, base),
        ContentFormat::OPAQUE => opaque::encode(nodes, base),
        ContentFormat::CBOR => cbor::encode(nodes, base),
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => {
            senml_json::encode(format, nodes, base)
        }
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => {
            senml_cbor::encode(format, nodes, base)
        }
        ContentFormat::TLV => tlv::encode(nodes, base),
        ContentFormat::LWM2M_JSON => lwm2m_json::encode(nodes, base),
        ContentFormat::LWM2M_CBOR => lwm2m_cbor::encode(nodes, base),
        _ => Err(no_form(format, "nodes")),
    }
}

/// Reads the list of paths of a Read-Composite or Observe-Composite (Core TS, 6.3.8).
pub fn decode_paths(format: ContentFormat, payload: &[u8]) -> Result<DecodedPaths, CodecError> {
    let decoded = match format {
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => {
            senml_json::decode_paths(format, payload)?
        }
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => {
            senml_cbor::decode_paths(format, payload)?
        }
        ContentFormat::LWM2M_CBOR => lwm2m_cbor::decode_paths(payload)?,
        _ => return Err(no_form(format, "paths")),
    };
    Ok(DecodedPaths {
        paths: decoded.nodes.iter().map(|node| node.path).collect(),
        remarks: decoded.remarks,
    })
}

/// Writes the list of paths of a Read-Composite or Observe-Composite (Core TS, 6.3.8).
pub fn encode_paths(format: ContentFormat, paths: &[Path]) -> Result<Vec<u8>, CodecError> {
    match format {
        ContentFormat::SENML_JSON | ContentFormat::SENML_ETCH_JSON => {
            Ok(senml_json::encode_paths(paths))
        }
        ContentFormat::SENML_CBOR | ContentFormat::SENML_ETCH_CBOR => {
            Ok(senml_cbor::encode_paths(paths))
        }
        ContentFormat::LWM2M_CBOR => lwm2m_cbor::encode_paths(paths),
        _ => Err(no_form(format, "paths")),
    }
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

/// The nodes with values of the types that the definitions demand, where that changes no value.
fn fit<'n>(nodes: &'n [Node], types: &dyn Types) -> Cow<'n, [Node]> {
    let mut fitted = Cow::Borrowed(nodes);
    for (index, node) in nodes.iter().enumerate() {
        let &[object, _, resource, ..] = node.path.ids() else {
            continue;
        };
        let wanted = types.resource(object, resource);
        let value = wanted.and_then(|known| node.value.to_type(known.value_type));
        if let Some(value) = value
            && value != node.value
            && let Some(node) = fitted.to_mut().get_mut(index)
        {
            node.value = value;
        }
    }
    fitted
}

const fn no_form(format: ContentFormat, what: &'static str) -> CodecError {
    CodecError::new(format, 0, CodecErrorKind::Format(what))
}
