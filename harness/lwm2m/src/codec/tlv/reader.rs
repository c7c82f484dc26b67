//! From a TLV payload to nodes, in one walk without a tree.

use super::entry::{Header, check_depth, read_header, split_short};
use super::place::{Misplaced, place};
use super::value::{read_signed, read_value};
use super::{FORMAT, Kind};
use crate::codec::assembly::{Assembly, Order, Rules};
use crate::codec::{CodecError, CodecErrorKind, RemarkKind, ValueRef, Visitor};
use crate::{Path, ResourceType, Type, Types, Value};

/// Reads the nodes of a payload that answers, or was written to, `base`.
pub(in crate::codec) fn read<'p, V: Visitor<'p>>(
    payload: &'p [u8],
    base: &Path,
    types: &dyn Types,
    visitor: &mut V,
) -> Result<Order, CodecError> {
    let mut assembly = Assembly::new(FORMAT, *base, types, RULES, visitor);
    let Some(object) = base.object() else {
        let kind = CodecErrorKind::Target(*base, "an Object or below");
        return Err(assembly.error(0, kind));
    };
    assembly.enter(object);
    let level = Level {
        bytes: payload,
        end: payload.len(),
        above: *base,
        covered: true,
        nesting: 0,
    };
    walk(level, &mut assembly)?;
    Ok(assembly.finish())
}

/// Entries that stand side by side.
#[derive(Clone, Copy)]
struct Level<'p> {
    bytes: &'p [u8],
    /// Offset behind them in the payload.
    end: usize,
    /// The path above them.
    above: Path,
    /// Whether that path lies at or below the target.
    covered: bool,
    /// Number of entries around them.
    nesting: usize,
}

fn walk<'p, V: Visitor<'p>>(
    level: Level<'p>,
    assembly: &mut Assembly<'_, V>,
) -> Result<(), CodecError> {
    match level.above.depth() {
        1 => walk_at::<V, 1>(level, assembly),
        2 => walk_at::<V, 2>(level, assembly),
        3 => walk_at::<V, 3>(level, assembly),
        _ => walk_at::<V, 4>(level, assembly),
    }
}

/// Reads the entries of a level whose path above has `DEPTH` identifiers.
///
/// Short ones that belong there, below the target, are read without detour.
#[inline(always)]
fn walk_at<'p, V: Visitor<'p>, const DEPTH: usize>(
    level: Level<'p>,
    assembly: &mut Assembly<'_, V>,
) -> Result<(), CodecError> {
    let above = level.above.prefix(DEPTH).unwrap_or(level.above);
    let multiple = assembly.definition(&above);
    let mut rest = level.bytes;
    if !level.covered {
        while !rest.is_empty() {
            rest = read_any(level, rest, assembly)?;
        }
    }
    while !rest.is_empty() {
        let Some((entry, behind)) = split_short(rest).filter(|(entry, _)| {
            entry.kind.depth_above() == DEPTH
                && !(entry.kind.holds_entries() && entry.value.is_empty())
        }) else {
            rest = read_any(level, rest, assembly)?;
            continue;
        };
        let path = above.child(entry.id).unwrap_or(above);
        if !entry.kind.holds_entries() {
            let offset = level.end - rest.len();
            let definition = match DEPTH {
                3 => multiple,
                2 => assembly.definition_here(entry.id),
                _ => None,
            };
            let order = above.order() + (u64::from(entry.id) << ORDER_SHIFTS[DEPTH]);
            push_value(entry.value, (path, order), definition, offset, assembly);
            rest = behind;
            continue;
        }
        if level.nesting + DEPTH > 3 {
            rest = read_any(level, rest, assembly)?;
            continue;
        }
        let inner = Level {
            bytes: entry.value,
            end: level.end - behind.len(),
            above: path,
            covered: true,
            nesting: level.nesting + 1,
        };
        match DEPTH {
            2 => walk_at::<V, 3>(inner, assembly)?,
            _ => walk(inner, assembly)?,
        }
        rest = behind;
    }
    Ok(())
}

/// Reads the first entry of `rest`, of any form and kind and wherever it belongs; returns what stands behind it.
#[inline(never)]
fn read_any<'p, V: Visitor<'p>>(
    level: Level<'p>,
    rest: &'p [u8],
    assembly: &mut Assembly<'_, V>,
) -> Result<&'p [u8], CodecError> {
    let offset = level.end - rest.len();
    let header = read_header(rest, offset)?;
    let value = header.value.start - offset..header.value.end - offset;
    let behind = rest.get(value.end..).unwrap_or_default();
    let bytes = rest.get(value).unwrap_or_default();
    let (path, misplaced) = place(header.kind, header.id, level.above, level.nesting == 0);
    remark_header(&header, path, misplaced, assembly);
    let covered = assembly.covers(&path);
    if !header.kind.holds_entries() {
        let definition = assembly.definition(&path);
        if covered {
            push_value(bytes, (path, path.order()), definition, offset, assembly);
        } else {
            push_other(bytes, path, definition, offset, assembly);
        }
        return Ok(behind);
    }
    check_depth(level.nesting, offset)?;
    if bytes.is_empty() {
        push_empty(&header, path, assembly);
        return Ok(behind);
    }
    let inner = Level {
        bytes,
        end: header.value.end,
        above: path,
        covered,
        nesting: level.nesting + 1,
    };
    walk(inner, assembly)?;
    Ok(behind)
}

/// Reads a value below the target and adds its node; the frequent types stay in the payload.
#[inline(always)]
fn push_value<'p, V: Visitor<'p>>(
    bytes: &'p [u8],
    place: (Path, u64),
    definition: Option<ResourceType>,
    offset: usize,
    assembly: &mut Assembly<'_, V>,
) {
    let value = match definition.map(|known| known.value_type) {
        Some(Type::Integer) => read_signed(bytes).map(ValueRef::Integer),
        Some(Type::Time) => read_signed(bytes).map(ValueRef::Time),
        Some(Type::String) => std::str::from_utf8(bytes).ok().map(ValueRef::String),
        Some(Type::CoreLink) => std::str::from_utf8(bytes).ok().map(ValueRef::CoreLink),
        Some(Type::Opaque) => Some(ValueRef::Opaque(bytes)),
        None | Some(Type::None) => Some(ValueRef::Untyped(bytes)),
        _ => None,
    };
    match value {
        Some(value) => assembly.push_below(place, value, definition, offset),
        None => push_other(bytes, place.0, definition, offset, assembly),
    }
}

#[inline(never)]
fn push_other<'p, V: Visitor<'p>>(
    bytes: &[u8],
    path: Path,
    definition: Option<ResourceType>,
    offset: usize,
    assembly: &mut Assembly<'_, V>,
) {
    let wanted = definition.map_or(Type::None, |known| known.value_type);
    let (value, remark) = read_value(bytes, wanted);
    if let Some(kind) = remark {
        assembly.remark(kind, offset, path);
    }
    assembly.push_owned(path, value, definition, None, offset);
}

/// An Object Instance without Resources, or a multiple Resource without instances, is a node of its own.
fn push_empty<'p, V: Visitor<'p>>(header: &Header, path: Path, assembly: &mut Assembly<'_, V>) {
    let definition = assembly.definition(&path);
    let single = definition.is_some_and(|known| !known.multiple);
    if single && header.kind == Kind::MultipleResource {
        assembly.remark(RemarkKind::InstanceOfSingle, header.offset, path);
    }
    assembly.push_owned(path, Value::Nothing, definition, None, header.offset);
}

#[inline]
fn remark_header<'p, V: Visitor<'p>>(
    header: &Header,
    path: Path,
    misplaced: Option<Misplaced>,
    assembly: &mut Assembly<'_, V>,
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
/// Where the identifier behind so many others stands in [`Path::order`].
const ORDER_SHIFTS: [u32; 5] = [48, 32, 16, 0, 0];
