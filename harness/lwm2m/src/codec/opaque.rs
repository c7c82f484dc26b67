//! `application/octet-stream`: the raw bytes of one Resource or Resource Instance (Core TS, 7.5.2).

use coap::ContentFormat;

use super::assembly::{Assembly, Order, Rules};
use super::payload::{single_node, single_target, unrepresentable};
use super::{CodecError, Visitor};
use crate::{Node, Path, Types, Value};

/// Reads one Opaque value at `base`.
pub(super) fn read<'p, V: Visitor<'p>>(
    payload: &'p [u8],
    base: &Path,
    types: &dyn Types,
    visitor: &mut V,
) -> Result<Order, CodecError> {
    single_target(FORMAT, base)?;
    let mut assembly = Assembly::new(FORMAT, *base, types, RULES, visitor);
    assembly.push_wire(*base, Value::Opaque(payload.to_vec()), None, 0);
    Ok(assembly.finish())
}

/// Writes the bytes of one Opaque or untyped value.
pub(super) fn encode(nodes: &[Node], base: &Path) -> Result<Vec<u8>, CodecError> {
    let node = single_node(FORMAT, nodes, base)?;
    match &node.value {
        Value::Opaque(bytes) | Value::Untyped(bytes) => Ok(bytes.clone()),
        _ => Err(unrepresentable(FORMAT, node)),
    }
}

const FORMAT: ContentFormat = ContentFormat::OPAQUE;
const RULES: Rules = Rules {
    integer_is_float: false,
    float_may_be_integer: false,
    text_is_link: false,
    text_is_base64: false,
};
