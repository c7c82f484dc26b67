//! From a TLV payload to nodes, in one walk without a tree.

use std::ops::Range;

use super::entry::{Header, check_depth, read_header};
use super::place::{Misplaced, place};
use super::value::{read_signed, read_value};
use super::{FORMAT, Kind};
use crate::codec::assembly::{Assembly, Rules};
use crate::codec::{CodecError, CodecErrorKind, Decoded, RemarkKind};
use crate::{Path, ResourceType, Type, Types, Value};

/// Reads the nodes of a payload that answers, or was written to, `base`.
pub(in crate::codec) fn decode(
    payload: &[u8],
    base: &Path,
    types: &dyn Types,
) -> Result<Decoded, CodecError> {
    // An entry is about six bytes long, so that the vector seldom grows.
    let expected = payload.len() / 6 + 1;
    let mut assembly = Assembly::new(FORMAT, *base, types, RULES, expected);
    if base.depth() == 0 {
        let kind = CodecErrorKind::Target(*base, "an Object or below");
        return Err(assembly.error(0, kind));
    }
    walk(payload, 0..payload.len(), *base, 0, &mut assembly)?;
    Ok(assembly.finish())
}

fn walk(
    payload: &[u8],
    range: Range<usize>,
    above: Path,
    depth: usize,
    assembly: &mut Assembly<'_>,
) -> Result<(), CodecError> {
    let mut at = range.start;
    while at < range.end {
        let header = read_header(payload, at, range.end)?;
        at = header.value.end;
        let (path, misplaced) = place(header.kind, header.id, above, depth == 0);
        remark_header(&header, path, misplaced, assembly);
        if !header.kind.holds_entries() {
            push_value(payload, &header, path, assembly);
            continue;
        }
        check_depth(depth, header.offset)?;
        if header.value.is_empty() {
            push_empty(&header, path, assembly);
        } else {
            walk(payload, header.value, path, depth + 1, assembly)?;
        }
    }
    Ok(())
}

/// Reads a value and adds its node; the frequent types are built in place.
#[inline(always)]
fn push_value(payload: &[u8], header: &Header, path: Path, assembly: &mut Assembly<'_>) {
    let bytes = payload.get(header.value.clone()).unwrap_or_default();
    let definition = assembly.definition(&path);
    let offset = header.offset;
    match definition.map(|known| known.value_type) {
        Some(Type::Integer) => {
            if let Some(number) = read_signed(bytes) {
                assembly.push_typed(path, Value::Integer(number), definition, None, offset);
                return;
            }
        }
        Some(Type::String) => {
            if let Ok(text) = std::str::from_utf8(bytes) {
                assembly.push_typed(
                    path,
                    Value::String(text.to_owned()),
                    definition,
                    None,
                    offset,
                );
                return;
            }
        }
        None => {
            assembly.push_typed(path, Value::Untyped(bytes.to_vec()), None, None, offset);
            return;
        }
        _ => {}
    }
    push_other(bytes, path, definition, offset, assembly);
}

#[inline(never)]
fn push_other(
    bytes: &[u8],
    path: Path,
    definition: Option<ResourceType>,
    offset: usize,
    assembly: &mut Assembly<'_>,
) {
    let wanted = definition.map_or(Type::None, |known| known.value_type);
    let (value, remark) = read_value(bytes, wanted);
    if let Some(kind) = remark {
        assembly.remark(kind, offset, path);
    }
    assembly.push_typed(path, value, definition, None, offset);
}

/// An Object Instance without Resources, or a multiple Resource without instances, is a node of its own.
fn push_empty(header: &Header, path: Path, assembly: &mut Assembly<'_>) {
    let definition = assembly.definition(&path);
    let single = definition.is_some_and(|known| !known.multiple);
    if single && header.kind == Kind::MultipleResource {
        assembly.remark(RemarkKind::InstanceOfSingle, header.offset, path);
    }
    assembly.push_typed(path, Value::Nothing, definition, None, header.offset);
}

#[inline]
fn remark_header(
    header: &Header,
    path: Path,
    misplaced: Option<Misplaced>,
    assembly: &mut Assembly<'_>,
) {
    if let Some(misplaced) = misplaced {
        assembly.remark(misplaced.remark(), header.offset, path);
    }
    if header.length_is_wide() {
        assembly.remark(RemarkKind::LengthNotShortest, header.offset, path);
    }
    if header.id_is_wide() {
        assembly.remark(RemarkKind::IdentifierNotShortest, header.offset, path);
    }
}

const RULES: Rules = Rules {
    integer_is_float: false,
    float_may_be_integer: false,
    text_is_link: false,
    text_is_base64: false,
};
