//! Decoding against copying and hashing the same bytes: about 1 KiB of Device, Server and Connectivity values.
//!
//! The aim is four times the copy and hash at most. `visit` reads with all checks and types and borrows from the payload; `decode`
//! is the same reading into nodes that own their text, of which `clone-nodes` is the price.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros; a bench may fail loudly"
)]

use std::hash::{DefaultHasher, Hasher};
use std::hint::black_box;

use coap::ContentFormat;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lwm2m::codec::{CodecRemark, NodeRef, Visitor, decode, encode, visit};
use lwm2m::{Node, Path, Registry, Value, Version};

fn bench(criterion: &mut Criterion) {
    let registry = Registry::builtin(Version::V1_1);
    let cases = [
        (
            "tlv",
            ContentFormat::TLV,
            Path::new(&[3]).unwrap(),
            devices(9),
        ),
        (
            "senml-cbor",
            ContentFormat::SENML_CBOR,
            Path::ROOT,
            objects(),
        ),
    ];
    for (name, format, base, nodes) in cases {
        let payload = encode(format, &nodes, &base, &registry).unwrap();
        let found = decode(format, &payload, &base, &registry).unwrap();
        assert_eq!((found.nodes.len(), found.remarks.len()), (nodes.len(), 0));
        let name = format!("{name}/{} nodes in {} bytes", nodes.len(), payload.len());
        let mut group = criterion.benchmark_group(&name);
        group.throughput(Throughput::Bytes(payload.len() as u64));
        group.bench_function("copy-and-hash", |bencher| {
            bencher.iter(|| {
                let copy = black_box(&payload).clone();
                let mut hasher = DefaultHasher::new();
                hasher.write(&copy);
                (hasher.finish(), copy)
            });
        });
        // The floor: what the nodes cost to make and drop, their bytes once understood.
        group.bench_function("clone-nodes", |bencher| {
            bencher.iter(|| black_box(&found.nodes).clone());
        });
        group.bench_function("visit", |bencher| {
            bencher.iter(|| {
                visit(format, black_box(&payload), &base, &registry, &mut Seen).unwrap();
            });
        });
        // With nodes that own their text.
        group.bench_function("decode", |bencher| {
            bencher.iter(|| decode(format, black_box(&payload), &base, &registry).unwrap());
        });
        group.finish();
    }
}

/// Looks at every node as a whole, and keeps none.
struct Seen;

impl<'p> Visitor<'p> for Seen {
    fn node(&mut self, node: NodeRef<'p>) {
        black_box(node);
    }

    fn owned_node(&mut self, node: Node) {
        black_box(node);
    }

    fn remark(&mut self, remark: CodecRemark) {
        black_box(remark);
    }
}

/// A Device Object with `count` instances, as a gateway has them.
fn devices(count: u16) -> Vec<Node> {
    (0..count).flat_map(device).collect()
}

/// Device, two Servers, Connectivity Monitoring and Firmware Update, as a Read-Composite brings them.
fn objects() -> Vec<Node> {
    let mut nodes: Vec<Node> = [0, 1].into_iter().flat_map(server).collect();
    nodes.extend((0..3).flat_map(device));
    nodes.extend([
        node(&[4, 0, 0], Value::Integer(0)),
        node(&[4, 0, 1, 0], Value::Integer(0)),
        node(&[4, 0, 2], Value::Integer(-85)),
        node(&[4, 0, 4, 0], Value::String("192.168.178.34".to_owned())),
        node(&[4, 0, 8], Value::Integer(67_108_864)),
        node(&[5, 0, 3], Value::Integer(0)),
        node(&[5, 0, 5], Value::Integer(0)),
        node(&[5, 0, 7], Value::String("1.4.2-rc1".to_owned())),
    ]);
    nodes
}

fn server(id: u16) -> Vec<Node> {
    vec![
        node(&[1, id, 0], Value::Integer(101)),
        node(&[1, id, 1], Value::Integer(86_400)),
        node(&[1, id, 2], Value::Integer(300)),
        node(&[1, id, 3], Value::Integer(6_000)),
        node(&[1, id, 5], Value::Integer(86_400)),
        node(&[1, id, 6], Value::Boolean(true)),
        node(&[1, id, 7], Value::String("U".to_owned())),
    ]
}

/// The values of the standard's own example (Core TS, 7.5.4.3).
fn device(id: u16) -> Vec<Node> {
    let text = |text: &str| Value::String(text.to_owned());
    vec![
        node(&[3, id, 0], text("Open Mobile Alliance")),
        node(&[3, id, 1], text("Lightweight M2M Client")),
        node(&[3, id, 2], text("345000123")),
        node(&[3, id, 3], text("1.0")),
        node(&[3, id, 6, 0], Value::Integer(1)),
        node(&[3, id, 6, 1], Value::Integer(5)),
        node(&[3, id, 7, 0], Value::Integer(3800)),
        node(&[3, id, 7, 1], Value::Integer(5000)),
        node(&[3, id, 8, 0], Value::Integer(125)),
        node(&[3, id, 8, 1], Value::Integer(900)),
        node(&[3, id, 9], Value::Integer(100)),
        node(&[3, id, 10], Value::Integer(15)),
        node(&[3, id, 11, 0], Value::Integer(0)),
        node(&[3, id, 13], Value::Time(1_367_491_215)),
        node(&[3, id, 14], text("+02:00")),
        node(&[3, id, 16], text("U")),
    ]
}

fn node(ids: &[u16], value: Value) -> Node {
    Node::new(Path::new(ids).unwrap(), value)
}

criterion_group!(benches, bench);
criterion_main!(benches);
