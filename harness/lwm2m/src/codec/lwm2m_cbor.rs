//! `application/vnd.oma.lwm2m+cbor` (Core TS, 7.5.4), since 1.2: maps keyed by identifiers, from the Object down.
//!
//! A key is an identifier or an array of them; keys along the nesting join to the path, whatever the target.

use coap::ContentFormat;
use minicbor::Encoder;

use super::assembly::{Assembly, Order};
use super::cbor::RULES;
use super::cbor_item::{Item, Items};
use super::cbor_value::{read_value, write_value};
use super::payload::{self, outside, unrepresentable};
use super::{CodecError, CodecErrorKind, CodecRemark, Decoded, RemarkKind, Visitor};
use crate::{Node, Path, Types, Value};

/// Reads the nodes of a payload that answers, or was written to, `base`.
pub(super) fn read<'p, V: Visitor<'p>>(
    payload: &'p [u8],
    base: &Path,
    types: &dyn Types,
    visitor: &mut V,
) -> Result<Order, CodecError> {
    let mut reader = Reader {
        items: Items::new(FORMAT, payload),
        assembly: Assembly::new(FORMAT, *base, types, RULES, visitor),
    };
    match reader.items.next()? {
        Item::Map(length) => reader.map(Path::ROOT, 0, length)?,
        item => return Err(reader.items.unexpected(0, &item, "a map")),
    }
    reader.items.end()?;
    Ok(reader.assembly.finish())
}

/// Writes nested maps; nodes are brought together by path, since a map holds a key once.
pub(super) fn encode(nodes: &[Node], base: &Path) -> Result<Vec<u8>, CodecError> {
    for node in nodes {
        if !base.contains(&node.path) {
            return Err(outside(FORMAT, node, base));
        }
        if node.path.depth() == 0 || node.path.depth() < 3 && node.value != Value::Nothing {
            return Err(unrepresentable(FORMAT, node));
        }
    }
    let mut sorted: Vec<&Node> = nodes.iter().collect();
    sorted.sort_by_key(|node| node.path);
    for pair in sorted.windows(2) {
        if let [first, second] = pair
            && first.path.contains(&second.path)
        {
            let key = second.path.to_string();
            return Err(CodecError::new(
                FORMAT,
                0,
                CodecErrorKind::DuplicateKey(key),
            ));
        }
    }
    let mut payload = Vec::new();
    write_map(&sorted, 0, &mut payload);
    Ok(payload)
}

/// Reads the paths of a map, as nodes without value; a value beside a path is remarked on.
pub(super) fn decode_paths(payload: &[u8]) -> Result<Decoded, CodecError> {
    let mut decoded = payload::decode(FORMAT, payload, &Path::ROOT, &())?;
    decoded
        .remarks
        .retain(|remark| remark.kind != RemarkKind::ValueLevel);
    for node in &mut decoded.nodes {
        if node.value != Value::Nothing {
            decoded.remarks.push(CodecRemark {
                kind: RemarkKind::ValueInPathList,
                offset: node.offset,
                path: node.path,
            });
            node.value = Value::Nothing;
        }
    }
    Ok(decoded)
}

/// Writes a map of paths to null.
pub(super) fn encode_paths(paths: &[Path]) -> Result<Vec<u8>, CodecError> {
    let nodes: Vec<Node> = paths
        .iter()
        .map(|path| Node::new(*path, Value::Nothing))
        .collect();
    encode(&nodes, &Path::ROOT)
}

struct Reader<'p, 'a, V> {
    items: Items<'p>,
    assembly: Assembly<'a, V>,
}

impl<'p, V: Visitor<'p>> Reader<'p, '_, V> {
    /// Reads the pairs of a map whose keys lie below `above`; `offset` is that of the key that led here.
    fn map(&mut self, above: Path, offset: usize, length: Option<u64>) -> Result<(), CodecError> {
        let mut rest = self.items.rest(length)?;
        let mut keys: Vec<(Path, usize)> = Vec::new();
        while self.items.more(&mut rest) {
            let start = self.items.offset();
            let path = self.key(above)?;
            keys.push((path, start));
            let value_offset = self.items.offset();
            match self.items.next()? {
                Item::Map(length) => self.map(path, start, length)?,
                item => {
                    let value = read_value(&mut self.items, value_offset, item)?;
                    self.assembly.push_wire(path, value, None, start);
                }
            }
        }
        self.check_keys(&mut keys)?;
        if keys.is_empty() {
            self.assembly.remark(RemarkKind::EmptyMap, offset, above);
            if above.depth() > 0 {
                self.assembly.push_wire(above, Value::Nothing, None, offset);
            }
        }
        Ok(())
    }

    fn check_keys(&self, keys: &mut [(Path, usize)]) -> Result<(), CodecError> {
        keys.sort_unstable();
        for pair in keys.windows(2) {
            if let [first, second] = pair
                && first.0 == second.0
            {
                let kind = CodecErrorKind::DuplicateKey(second.0.to_string());
                return Err(self.items.error(second.1, kind));
            }
        }
        Ok(())
    }

    /// Reads a key: one identifier or an array of them, in front of which a gateway puts a prefix (Gateway TS, 9).
    fn key(&mut self, above: Path) -> Result<Path, CodecError> {
        let start = self.items.offset();
        let length = match self.items.next()? {
            Item::Array(length) => length,
            item => return self.id(above, start, &item),
        };
        let mut rest = self.items.rest(length)?;
        let mut path = above;
        let mut empty = true;
        while self.items.more(&mut rest) {
            let offset = self.items.offset();
            match self.items.next()? {
                Item::Text(prefix) if empty && above.depth() == 0 => {
                    let kind = RemarkKind::NamePrefix(prefix.into_owned());
                    self.assembly.remark(kind, offset, Path::ROOT);
                }
                item => path = self.id(path, offset, &item)?,
            }
            empty = false;
        }
        if path == above {
            let kind = CodecErrorKind::Syntax {
                found: "no identifier".to_owned(),
                wanted: "at least one in an array",
            };
            return Err(self.items.error(start, kind));
        }
        Ok(path)
    }

    fn id(&self, above: Path, offset: usize, item: &Item<'_>) -> Result<Path, CodecError> {
        let Item::Unsigned(number) = item else {
            return Err(self.items.unexpected(offset, item, "an identifier"));
        };
        let Ok(id) = u16::try_from(*number) else {
            let kind = CodecErrorKind::Syntax {
                found: number.to_string(),
                wanted: "an identifier from 0 to 65535",
            };
            return Err(self.items.error(offset, kind));
        };
        above
            .child(id)
            .ok_or_else(|| self.items.error(offset, CodecErrorKind::TooDeep(4)))
    }
}

/// Writes a map of nodes that share their first `depth` identifiers, joining keys that lead to one map alone.
fn write_map(nodes: &[&Node], depth: usize, payload: &mut Vec<u8>) {
    let groups = || nodes.chunk_by(|a, b| a.path.ids().get(depth) == b.path.ids().get(depth));
    let mut encoder = Encoder::new(&mut *payload);
    // Writing to a vector cannot fail.
    let _ = encoder.map(groups().count() as u64);
    for group in groups() {
        let [first, .., last] = group else {
            if let [node] = group {
                write_key(node.path.ids().get(depth..).unwrap_or_default(), payload);
                write_value(payload, node);
            }
            continue;
        };
        let common = first
            .path
            .ids()
            .iter()
            .zip(last.path.ids())
            .take_while(|(a, b)| a == b)
            .count();
        write_key(
            first.path.ids().get(depth..common).unwrap_or_default(),
            payload,
        );
        write_map(group, common, payload);
    }
}

fn write_key(ids: &[u16], payload: &mut Vec<u8>) {
    let mut encoder = Encoder::new(payload);
    if ids.len() != 1 {
        let _ = encoder.array(ids.len() as u64);
    }
    for id in ids {
        let _ = encoder.u16(*id);
    }
}

const FORMAT: ContentFormat = ContentFormat::LWM2M_CBOR;
