//! `application/cbor`: one value of one Resource or Resource Instance (Core TS, 7.5.3), since 1.1.

use coap::ContentFormat;

use super::assembly::{Assembly, Order, Rules};
use super::cbor_item::Items;
use super::cbor_value::{check_value, read_value, write_value};
use super::payload::{single_node, single_target};
use super::{CodecError, Visitor};
use crate::{Node, Path, Types};

/// Reads one value at `base`.
pub(super) fn read<'p, V: Visitor<'p>>(
    payload: &'p [u8],
    base: &Path,
    types: &dyn Types,
    visitor: &mut V,
) -> Result<Order, CodecError> {
    single_target(FORMAT, base)?;
    let mut assembly = Assembly::new(FORMAT, *base, types, RULES, visitor);
    let mut items = Items::new(FORMAT, payload);
    let item = items.next()?;
    let value = read_value(&mut items, 0, item)?;
    items.end()?;
    assembly.push_wire(*base, value, None, 0);
    Ok(assembly.finish())
}

/// Writes one value.
pub(super) fn encode(nodes: &[Node], base: &Path) -> Result<Vec<u8>, CodecError> {
    let node = single_node(FORMAT, nodes, base)?;
    check_value(FORMAT, node)?;
    let mut payload = Vec::new();
    write_value(&mut payload, node);
    Ok(payload)
}

const FORMAT: ContentFormat = ContentFormat::CBOR;
/// Core TS, Appendix C: Integer is major type 0 or 1, Float is a float, Objlnk is text.
pub(super) const RULES: Rules = Rules {
    integer_is_float: false,
    float_may_be_integer: false,
    text_is_link: true,
    text_is_base64: false,
};
