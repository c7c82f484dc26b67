//! Content formats of LwM2M (Core TS, 7.5).

use coap::ContentFormat;
use lwm2m::codec::{self, decode, decode_paths, encode, encode_paths};
use lwm2m::{Node, Path, ResourceType, Type, Types, Value};

use crate::pieces::Pieces;

/// Resource n has the n-th type (modulo 9); from 100 on it is multiple.
struct ByNumber;

impl Types for ByNumber {
    fn resource(&self, _object: u16, resource: u16) -> Option<ResourceType> {
        (resource < 200).then(|| ResourceType {
            value_type: TYPES[usize::from(resource) % TYPES.len()],
            multiple: resource >= 100,
        })
    }
}

const TYPES: [Type; 9] = [
    Type::String,
    Type::Integer,
    Type::UnsignedInteger,
    Type::Float,
    Type::Boolean,
    Type::Opaque,
    Type::Time,
    Type::ObjectLink,
    Type::CoreLink,
];

/// Bases of payloads; the first bits of an input choose one.
const BASES: [&[u16]; 16] = [
    &[],
    &[9],
    &[9, 0],
    &[9, 0, 0],
    &[9, 0, 1],
    &[9, 0, 2],
    &[9, 0, 3],
    &[9, 0, 4],
    &[9, 0, 5],
    &[9, 0, 6],
    &[9, 0, 7],
    &[9, 0, 8],
    &[9, 0, 100],
    &[9, 0, 103],
    &[9, 0, 101, 5],
    &[3, 0],
];

/// A payload: offsets lie within, and the nodes that can be written are read back.
fn payload(format: ContentFormat, input: &[u8]) {
    let mut pieces = Pieces::new(input);
    let Some(choice) = pieces.byte() else { return };
    let bytes = pieces.rest();
    let base = Path::new(BASES[usize::from(choice) % BASES.len()]).expect("a path");
    match decode(format, bytes, &base, &ByNumber) {
        Ok(decoded) => {
            let nodes = decoded.nodes.iter();
            assert!(nodes.clone().all(|node| node.offset <= bytes.len()));
            assert!(decoded.remarks.iter().all(|one| one.offset <= bytes.len()));
            written(format, &decoded.nodes, &base);
        }
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
    if let Ok(decoded) = decode_paths(format, bytes)
        && let Ok(text) = encode_paths(format, &decoded.paths)
    {
        let again = decode_paths(format, &text).expect("what was written is a list of paths");
        let sorted = |paths: &[Path]| {
            let mut paths = paths.to_vec();
            paths.sort();
            paths.dedup();
            paths
        };
        assert_eq!(sorted(&again.paths), sorted(&decoded.paths));
    }
}

fn written(format: ContentFormat, nodes: &[Node], base: &Path) {
    // to write and read again takes as much once more
    if nodes.len() > 1000 {
        return;
    }
    let Ok(bytes) = encode(format, nodes, base, &ByNumber) else {
        return;
    };
    let again = decode(format, &bytes, base, &ByNumber);
    let again = again.expect("what was written is a payload").nodes;
    let other = encode(format, &again, base, &ByNumber).expect("nodes that were written once");
    // of a NaN any bits may be written, and what has no value may part others
    let is_loose = |node: &Node| match node.value {
        Value::Float(number) => number.is_nan(),
        Value::Nothing => true,
        _ => false,
    };
    if !nodes.iter().any(is_loose) && format != ContentFormat::LINK_FORMAT {
        assert_eq!(other, bytes, "{format} {nodes:?} {again:?}");
    }
    // what has no value need not be said of what is above a Resource
    let valued = |nodes: &[Node]| -> Vec<Node> {
        let nodes = nodes.iter().filter(|node| node.value != Value::Nothing);
        nodes.cloned().collect()
    };
    let (nodes, again) = (valued(nodes), valued(&again));
    let is_sorted = nodes.is_sorted_by(|one, other| one.path < other.path);
    if is_sorted {
        assert_eq!(again.len(), nodes.len(), "{format} {nodes:?} {again:?}");
        for (one, other) in again.iter().zip(&nodes) {
            assert_eq!(one.path, other.path);
            assert!(same(&one.value, &other.value), "{format} {one:?} {other:?}");
        }
    }
}

/// Whether two values are one; a number may have changed its type where a format does not tell them apart.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => one == other || one.is_nan() && other.is_nan(),
        (one, other) if std::mem::discriminant(one) == std::mem::discriminant(other) => {
            one == other
        }
        _ => true,
    }
}

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident $format:ident;)*) => {
        $($(#[$doc])* pub fn $name(input: &[u8]) {
            payload(ContentFormat::$format, input);
        })*
    };
}

formats! {
    /// Plain text.
    text TEXT;
    /// Opaque.
    opaque OPAQUE;
    /// CBOR of one value.
    cbor CBOR;
    /// SenML JSON.
    senml_json SENML_JSON;
    /// SenML CBOR.
    senml_cbor SENML_CBOR;
    /// SenML ETCH JSON.
    senml_etch_json SENML_ETCH_JSON;
    /// SenML ETCH CBOR.
    senml_etch_cbor SENML_ETCH_CBOR;
    /// LwM2M CBOR.
    lwm2m_cbor LWM2M_CBOR;
    /// The JSON of LwM2M 1.0.
    lwm2m_json LWM2M_JSON;
    /// Links as a payload.
    links LINK_FORMAT;
}

/// TLV, and its entries one by one.
pub fn tlv(input: &[u8]) {
    payload(ContentFormat::TLV, input);
    // the tree is for small payloads, as cases write and expect them
    if input.len() < 8 * 1024
        && let Ok(entries) = codec::tlv::parse(input)
    {
        assert_eq!(tiled(&entries, 0), input.len());
    }
}

/// The end of entries that follow each other without a gap, and hold what they say they hold.
fn tiled(entries: &[codec::tlv::Entry], start: usize) -> usize {
    let mut at = start;
    for entry in entries {
        assert_eq!(entry.offset, at);
        assert_eq!(entry.offset + entry.header_length, entry.value.start);
        if !entry.children.is_empty() {
            assert_eq!(tiled(&entry.children, entry.value.start), entry.value.end);
        }
        at = entry.value.end;
    }
    at
}
