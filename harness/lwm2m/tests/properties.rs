//! Properties that hold for every payload and every list of nodes: what is written is read back, and nothing panics.

#![allow(clippy::unwrap_used, reason = "a property fails by panicking")]

use coap::ContentFormat;
use lwm2m::codec::{self, RemarkKind, tlv};
use lwm2m::{Node, Path, ResourceType, Type, Types, Value};
use proptest::prelude::*;

/// Resource n has the n-th type (modulo 9); from 100 on it is multiple.
struct ByNumber;

impl Types for ByNumber {
    fn resource(&self, _object: u16, resource: u16) -> Option<ResourceType> {
        Some(ResourceType {
            value_type: TYPES[usize::from(resource) % TYPES.len()],
            multiple: resource >= 100,
        })
    }
}

/// Knows other types than the values have.
struct Shifted(u16);

impl Types for Shifted {
    fn resource(&self, object: u16, resource: u16) -> Option<ResourceType> {
        ByNumber.resource(object, resource + self.0)
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

const FORMATS: [ContentFormat; 11] = [
    ContentFormat::TEXT,
    ContentFormat::LINK_FORMAT,
    ContentFormat::OPAQUE,
    ContentFormat::CBOR,
    ContentFormat::SENML_JSON,
    ContentFormat::SENML_CBOR,
    ContentFormat::SENML_ETCH_JSON,
    ContentFormat::SENML_ETCH_CBOR,
    ContentFormat::TLV,
    ContentFormat::LWM2M_JSON,
    ContentFormat::LWM2M_CBOR,
];

fn value(value_type: Type) -> BoxedStrategy<Value> {
    match value_type {
        Type::String => any::<String>().prop_map(Value::String).boxed(),
        Type::Integer => any::<i64>().prop_map(Value::Integer).boxed(),
        Type::UnsignedInteger => any::<u64>().prop_map(Value::UnsignedInteger).boxed(),
        Type::Float => prop_oneof![any::<f64>(), any::<f32>().prop_map(f64::from), Just(-3.0)]
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(Value::Float)
            .boxed(),
        Type::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Type::Opaque | Type::None => prop::collection::vec(any::<u8>(), 0..300)
            .prop_map(Value::Opaque)
            .boxed(),
        Type::Time => any::<i64>().prop_map(Value::Time).boxed(),
        Type::ObjectLink => any::<(u16, u16)>()
            .prop_map(|(object, instance)| Value::ObjectLink { object, instance })
            .boxed(),
        Type::CoreLink => "[<>/a-z0-9]{0,9}".prop_map(Value::CoreLink).boxed(),
    }
}

/// A node below /9, with the type and the depth that its Resource demands.
fn node() -> impl Strategy<Value = Node> {
    (0u16..300, prop_oneof![0u16..20, 95u16..120], 0u16..300).prop_flat_map(
        |(instance, resource, resource_instance)| {
            let ids = [9, instance, resource, resource_instance];
            let depth = if resource >= 100 { 4 } else { 3 };
            let path = Path::new(&ids[..depth]).unwrap_or_default();
            value(TYPES[usize::from(resource) % TYPES.len()])
                .prop_map(move |value| Node::new(path, value))
        },
    )
}

/// Nodes of distinct paths, in the order of paths.
fn nodes() -> impl Strategy<Value = Vec<Node>> {
    prop::collection::vec(node(), 0..12).prop_map(|mut nodes| {
        nodes.sort_by_key(|node| node.path);
        nodes.dedup_by_key(|node| node.path);
        nodes
    })
}

fn read_back(format: ContentFormat, nodes: &[Node], base: &Path) -> Vec<Node> {
    let payload = codec::encode(format, nodes, base, &ByNumber).unwrap();
    let decoded = codec::decode(format, &payload, base, &ByNumber).unwrap();
    assert_eq!(decoded.remarks, [], "{format}");
    let without_offset = |node: Node| Node { offset: 0, ..node };
    decoded.nodes.into_iter().map(without_offset).collect()
}

proptest! {
    #[test]
    fn object_payloads_are_read_back(nodes in nodes()) {
        let base = Path::new(&[9]).unwrap();
        for format in [
            ContentFormat::TLV,
            ContentFormat::SENML_JSON,
            ContentFormat::SENML_CBOR,
            ContentFormat::LWM2M_JSON,
        ] {
            prop_assert_eq!(&read_back(format, &nodes, &base), &nodes, "{}", format);
        }
        if !nodes.is_empty() {
            prop_assert_eq!(&read_back(ContentFormat::LWM2M_CBOR, &nodes, &base), &nodes);
        }
    }

    #[test]
    fn composite_payloads_are_read_back(nodes in nodes(), time in prop::option::of(-1e9..1e12)) {
        let timed: Vec<Node> = nodes.iter().cloned().map(|node| Node { time, ..node }).collect();
        for format in [ContentFormat::SENML_JSON, ContentFormat::SENML_CBOR] {
            prop_assert_eq!(&read_back(format, &timed, &Path::ROOT), &timed, "{}", format);
        }
    }

    #[test]
    fn single_values_are_read_back(node in node()) {
        for format in FORMATS {
            let is_opaque = matches!(node.value, Value::Opaque(_));
            if format == ContentFormat::LINK_FORMAT || format == ContentFormat::OPAQUE && !is_opaque {
                continue;
            }
            let wanted = [node.clone()];
            prop_assert_eq!(&read_back(format, &wanted, &node.path), &wanted, "{}", format);
        }
    }

    #[test]
    fn floats_of_cbor_and_tlv_keep_every_value(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        let path = Path::new(&[9, 0, 3]).unwrap();
        for format in [ContentFormat::TLV, ContentFormat::CBOR, ContentFormat::SENML_CBOR] {
            let found = read_back(format, &[Node::new(path, Value::Float(number))], &path);
            let Some(Value::Float(read)) = found.first().map(|node| node.value.clone()) else {
                panic!("no float");
            };
            prop_assert!(read == number || read.is_nan() && number.is_nan(), "{} {}", format, number);
        }
    }

    #[test]
    fn path_lists_are_read_back(ids in prop::collection::vec(prop::collection::vec(any::<u16>(), 0..5), 0..9)) {
        let paths: Vec<Path> = ids.iter().filter_map(|ids| Path::new(ids)).collect();
        for format in [ContentFormat::SENML_JSON, ContentFormat::SENML_CBOR] {
            let payload = codec::encode_paths(format, &paths).unwrap();
            let decoded = codec::decode_paths(format, &payload).unwrap();
            prop_assert_eq!(&decoded.paths, &paths, "{}", format);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        payload in prop::collection::vec(any::<u8>(), 0..200),
        ids in prop::collection::vec(0u16..4, 0..5),
    ) {
        read_all(&payload, &Path::new(&ids).unwrap());
    }

    #[test]
    fn bytes_that_look_right_are_read_or_refused(
        payload in prop::collection::vec(
            prop::sample::select(b"\x00\x01\x02\x08\x41\x61\x81\x82\x83\x9f\xa1\xa2\xbf\xc1\xc4\xc8\xf6\xf9\xff/3".to_vec()),
            0..60,
        ),
    ) {
        read_all(&payload, &Path::new(&[3, 0]).unwrap());
    }

    #[test]
    fn text_that_looks_right_is_read_or_refused(
        payload in r#"\[?(\{("(bn|n|v|vs|vd|vlo|t|e|bv|x_)":("[/0-9:]{0,5}"|-?[0-9.e]{1,4}|true|null|\[),?){0,3}\},?){0,3}\]?"#,
    ) {
        read_all(payload.as_bytes(), &Path::new(&[3, 0, 0]).unwrap());
    }

    #[test]
    fn payloads_with_one_byte_changed_are_read_or_refused(
        nodes in nodes(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let base = Path::new(&[9]).unwrap();
        for format in FORMATS {
            if let Ok(mut payload) = codec::encode(format, &nodes, &base, &ByNumber)
                && !payload.is_empty()
            {
                let at = at.index(payload.len());
                payload[at] = byte;
                read_all(&payload, &base);
            }
        }
    }

    /// Records of the plain form have a reader of their own; a wider head leads past it.
    #[test]
    fn plain_records_are_read_like_all_others(
        node in node(),
        at in any::<prop::sample::Index>(),
        byte in prop::option::of(any::<u8>()),
        shift in 0u16..9,
    ) {
        let (format, base) = (ContentFormat::SENML_CBOR, Path::new(&[9]).unwrap());
        let mut plain = codec::encode(format, &[node], &base, &()).unwrap();
        if let Some(byte) = byte {
            let at = 2 + at.index(plain.len() - 2);
            plain[at] = byte;
        }
        let wide = [&[plain[0], 0xb8, plain[1] - 0xa0], &plain[2..]].concat();
        for types in [&Shifted(shift) as &dyn Types, &()] {
            let plain = codec::decode(format, &plain, &base, types);
            let wide = codec::decode(format, &wide, &base, types).map_err(|error| {
                codec::CodecError { offset: error.offset - usize::from(error.offset > 1), ..error }
            });
            // Not-a-number differs from itself, so that the texts are compared.
            prop_assert_eq!(format!("{:?}", plain), format!("{:?}", wide));
        }
    }

    /// A visitor that keeps no nodes is told the same as [`codec::decode`] tells, with repeated paths too.
    #[test]
    fn visitors_are_told_what_decode_tells(
        mut nodes in nodes(),
        order in any::<prop::sample::Index>(),
        payload in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let base = Path::new(&[9]).unwrap();
        if !nodes.is_empty() {
            let middle = order.index(nodes.len());
            nodes.rotate_left(middle);
            nodes.push(nodes[middle].clone());
        }
        for format in FORMATS {
            let encoded = codec::encode(format, &nodes, &base, &ByNumber).ok();
            for payload in encoded.iter().chain([&payload]) {
                let mut told = codec::Decoded::default();
                let visited = codec::visit(format, payload, &base, &ByNumber, &mut told).map(|()| told);
                let decoded = codec::decode(format, payload, &base, &ByNumber);
                // Not-a-number differs from itself, so that the texts are compared.
                prop_assert_eq!(format!("{:?}", visited), format!("{:?}", decoded), "{}", format);
            }
        }
    }

    /// The reader of nodes and the reader of the tree agree on every payload.
    #[test]
    fn tree_and_nodes_of_tlv_agree(nodes in nodes(), cut in any::<prop::sample::Index>()) {
        let base = Path::new(&[9]).unwrap();
        let mut payload = codec::encode(ContentFormat::TLV, &nodes, &base, &ByNumber).unwrap();
        payload.truncate(cut.index(payload.len() + 1));
        match (tlv::parse(&payload), codec::decode(ContentFormat::TLV, &payload, &base, &())) {
            (Ok(entries), Ok(decoded)) => {
                let leaves: Vec<(Path, usize)> = tlv::paths(&entries, &base)
                    .into_iter()
                    .filter(|(_, entry)| entry.children.is_empty())
                    .map(|(path, entry)| (path, entry.offset))
                    .collect();
                let found: Vec<(Path, usize)> =
                    decoded.nodes.iter().map(|node| (node.path, node.offset)).collect();
                prop_assert_eq!(leaves, found);
            }
            (Err(tree), Err(reader)) => prop_assert_eq!(tree, reader),
            (tree, reader) => prop_assert!(false, "{:?} {:?}", tree, reader),
        }
    }
}

/// Reads a payload in every format, and checks that offsets point into it and messages can be written.
fn read_all(payload: &[u8], base: &Path) {
    for format in FORMATS {
        for types in [&ByNumber as &dyn Types, &()] {
            match codec::decode(format, payload, base, types) {
                Ok(decoded) => {
                    assert!(
                        decoded
                            .nodes
                            .iter()
                            .all(|node| node.offset <= payload.len())
                    );
                    for remark in &decoded.remarks {
                        assert!(remark.offset <= payload.len() && !remark.to_string().is_empty());
                        assert!(!remark.clause().is_empty());
                    }
                }
                Err(error) => {
                    assert!(error.offset <= payload.len(), "{error}");
                    assert!(!error.to_string().ends_with('.'));
                }
            }
        }
        let _ = codec::decode_paths(format, payload);
    }
}

/// Short entries without end would take thirty times their bytes in memory: past 4096 values a payload needs 16 bytes for each.
#[test]
fn payloads_stay_in_proportion() {
    let base = Path::new(&[9, 0]).unwrap();
    let rows: [(usize, bool); 4] = [(4000, true), (5041, true), (5042, false), (20_000, false)];
    for (count, is_read) in rows {
        let tlv = b"\xc1\x02\x07".repeat(count);
        let decoded = codec::decode(ContentFormat::TLV, &tlv, &base, &ByNumber);
        assert_eq!(decoded.is_ok(), is_read, "{count}");
        match decoded {
            // one remark that it stands twice for every node but the first, of which 512 are kept
            Ok(decoded) => assert_eq!((decoded.nodes.len(), decoded.remarks.len()), (count, 512)),
            Err(error) => {
                let most = 4096 + tlv.len() / 16;
                assert_eq!(error.kind, codec::CodecErrorKind::TooMany(most));
            }
        }
    }
    // what is written at length is read whatever its length
    let records: Vec<String> = (0..20_000u32)
        .map(|at| format!(r#"{{"n":"/9/0/1","v":1,"t":{at}}}"#))
        .collect();
    let senml = format!("[{}]", records.join(","));
    let decoded = codec::decode(
        ContentFormat::SENML_JSON,
        senml.as_bytes(),
        &base,
        &ByNumber,
    );
    assert_eq!(decoded.unwrap().nodes.len(), 20_000);
}

/// What is remarked again and again crowds out nothing else.
#[test]
fn the_first_remarks_of_each_kind_are_kept() {
    let base = Path::new(&[9, 0]).unwrap();
    // an identifier of 16 bits for no reason, and in the end a Boolean of 2
    let tlv = [b"\xe1\x00\x01\x07".repeat(600), b"\xc1\x04\x02".to_vec()].concat();
    let decoded = codec::decode(ContentFormat::TLV, &tlv, &base, &ByNumber).unwrap();
    assert_eq!(decoded.nodes.len(), 601);
    let of = |kind: RemarkKind| {
        let remarks = decoded.remarks.iter();
        remarks.filter(|one| one.kind == kind).count()
    };
    assert_eq!(of(RemarkKind::IdentifierNotShortest), 512);
    assert_eq!(of(RemarkKind::DuplicatePath), 512);
    assert_eq!(of(RemarkKind::BooleanValue), 1);
}
