//! `application/link-format`: the paths that a Discover finds, as nodes without value.
//!
//! Attributes of the links are in [`crate::ObjectList`].

use coap::ContentFormat;

use super::assembly::{Assembly, Order, Rules};
use super::payload::outside;
use super::{CodecError, CodecErrorKind, RemarkKind, Visitor};
use crate::{Node, ObjectList, Path, Types, Value};

/// Reads a node for each link to a path of the data model.
pub(super) fn read<'p, V: Visitor<'p>>(
    payload: &'p [u8],
    base: &Path,
    types: &dyn Types,
    visitor: &mut V,
) -> Result<Order, CodecError> {
    let list = ObjectList::parse(payload).map_err(|error| {
        let kind = CodecErrorKind::LinkFormat(error.kind);
        CodecError::new(FORMAT, error.offset, kind)
    })?;
    let mut assembly = Assembly::new(FORMAT, *base, types, RULES, visitor);
    for link in &list.links {
        assembly.push_wire(link.path, Value::Nothing, None, link.offset);
    }
    for link in list.foreign {
        let kind = RemarkKind::LinkTarget(link.target);
        assembly.remark(kind, link.offset, *base);
    }
    Ok(assembly.finish())
}

/// Writes a plain link for each node; values have no place in links.
pub(super) fn encode(nodes: &[Node], base: &Path) -> Result<Vec<u8>, CodecError> {
    if let Some(node) = nodes.iter().find(|node| !base.contains(&node.path)) {
        return Err(outside(FORMAT, node, base));
    }
    let paths: Vec<Path> = nodes.iter().map(|node| node.path).collect();
    Ok(ObjectList::of_paths(&paths).to_payload())
}

const FORMAT: ContentFormat = ContentFormat::LINK_FORMAT;
const RULES: Rules = Rules {
    integer_is_float: false,
    float_may_be_integer: false,
    text_is_link: false,
    text_is_base64: false,
};
