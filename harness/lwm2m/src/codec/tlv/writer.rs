//! From nodes to a TLV payload: Object Instance entries below an Object, plain Resources below an instance.

use super::value::write_value;
use super::{FORMAT, Kind};
use crate::codec::payload::{outside, unrepresentable};
use crate::codec::{CodecError, CodecErrorKind};
use crate::{MAX_ID, Node, Path, Value};

/// Writes `nodes` for the target `base`.
///
/// Neighbours of one Object Instance or one multiple Resource share its entry. Resources of the Object Instance 65535 stand
/// without Object Instance entry, as a Create that leaves the choice to the LwM2M Client has them (Core TS, 6.3.6).
pub(in crate::codec) fn encode(nodes: &[Node], base: &Path) -> Result<Vec<u8>, CodecError> {
    if let Some(node) = nodes.iter().find(|node| !base.contains(&node.path)) {
        return Err(outside(FORMAT, node, base));
    }
    let mut payload = Vec::new();
    match base.depth() {
        0 => {
            let kind = CodecErrorKind::Target(*base, "an Object or below");
            return Err(CodecError::new(FORMAT, 0, kind));
        }
        1 => write_object(nodes, &mut payload)?,
        2 | 3 => write_instance(nodes, &mut payload)?,
        _ => write_resource_instances(nodes, &mut payload)?,
    }
    Ok(payload)
}

fn write_object(nodes: &[Node], payload: &mut Vec<u8>) -> Result<(), CodecError> {
    for group in nodes.chunk_by(|a, b| a.path.prefix(2) == b.path.prefix(2)) {
        let mut body = Vec::new();
        write_instance(group, &mut body)?;
        match group.first().and_then(|node| node.path.instance()) {
            None => {}
            Some(MAX_ID) => payload.extend_from_slice(&body),
            Some(id) => write_entry(Kind::ObjectInstance, id, &body, payload)?,
        }
    }
    Ok(())
}

fn write_instance(nodes: &[Node], payload: &mut Vec<u8>) -> Result<(), CodecError> {
    for group in nodes.chunk_by(|a, b| both_instances_of_one_resource(&a.path, &b.path)) {
        let [node, ..] = group else { continue };
        match (node.path.resource(), node.path.depth(), &node.value) {
            (Some(id), 4, _) => {
                let mut body = Vec::new();
                write_resource_instances(group, &mut body)?;
                write_entry(Kind::MultipleResource, id, &body, payload)?;
            }
            (Some(id), _, Value::Nothing) => {
                write_entry(Kind::MultipleResource, id, &[], payload)?;
            }
            (Some(id), _, value) => {
                write_entry(Kind::Resource, id, &write_value(value), payload)?;
            }
            (None, _, Value::Nothing) => {}
            (None, ..) => return Err(unrepresentable(FORMAT, node)),
        }
    }
    Ok(())
}

fn write_resource_instances(nodes: &[Node], payload: &mut Vec<u8>) -> Result<(), CodecError> {
    nodes.iter().try_for_each(|node| {
        let id = node.path.resource_instance();
        let id = id.ok_or_else(|| unrepresentable(FORMAT, node))?;
        write_entry(
            Kind::ResourceInstance,
            id,
            &write_value(&node.value),
            payload,
        )
    })
}

fn both_instances_of_one_resource(a: &Path, b: &Path) -> bool {
    a.depth() == 4 && b.depth() == 4 && a.parent() == b.parent()
}

fn write_entry(kind: Kind, id: u16, body: &[u8], payload: &mut Vec<u8>) -> Result<(), CodecError> {
    let kind_bits = match kind {
        Kind::ObjectInstance => 0b0000_0000,
        Kind::ResourceInstance => 0b0100_0000,
        Kind::MultipleResource => 0b1000_0000,
        Kind::Resource => 0b1100_0000,
    };
    let id_bytes = id.to_be_bytes();
    let (id_bits, id_bytes) = match id_bytes {
        [0, _] => (0, &id_bytes[1..]),
        _ => (0b10_0000, &id_bytes[..]),
    };
    let length = (body.len() as u64).to_be_bytes();
    let (length_bits, length_bytes) = match body.len() {
        short @ 0..8 => (short as u8, &length[8..]),
        8..0x100 => (0b0_1000, &length[7..]),
        0x100..0x1_0000 => (0b1_0000, &length[6..]),
        0x1_0000..0x100_0000 => (0b1_1000, &length[5..]),
        _ => {
            let kind = CodecErrorKind::Syntax {
                found: format!("{} bytes", body.len()),
                wanted: "a value of at most 16777215 bytes",
            };
            return Err(CodecError::new(FORMAT, 0, kind));
        }
    };
    payload.push(kind_bits | id_bits | length_bits);
    payload.extend_from_slice(id_bytes);
    payload.extend_from_slice(length_bytes);
    payload.extend_from_slice(body);
    Ok(())
}
