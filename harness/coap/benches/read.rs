//! The strict reader against coap-lite on one realistic message.
#![allow(missing_docs, reason = "criterion's macros define the public items")]

use std::hint::black_box;

use coap::{Code, Kind, Message, MessageId, Token, encode, option, read};
use criterion::{Criterion, criterion_group, criterion_main};

/// A registration of about 400 bytes: seven options, an object list of more than 300 bytes.
fn registration() -> Vec<u8> {
    let token = Token(vec![0x5f, 0x1a, 0x02, 0x77]);
    let mut message = Message::new(Kind::Con, Code::POST, MessageId(0x4a11), token);
    message.push_option(option::URI_PATH, "rd");
    message.push_uint_option(option::CONTENT_FORMAT, 40);
    for query in ["ep=urn:dev:example-1", "lt=300", "lwm2m=1.1", "b=U"] {
        message.push_option(option::URI_QUERY, query);
    }
    message.push_uint_option(option::SIZE1, 340);
    let links: Vec<_> = (0..43)
        .map(|instance| format!("</3/{instance:02}>"))
        .collect();
    message.payload = links.join(",").into_bytes();
    message.payload.truncate(340);
    encode(&message).unwrap_or_default()
}

fn compare(criterion: &mut Criterion) {
    let bytes = registration();
    let mut group = criterion.benchmark_group("read");
    group.bench_function("strict reader", |bench| {
        bench.iter(|| read(black_box(&bytes)))
    });
    group.bench_function("coap-lite", |bench| {
        bench.iter(|| coap_lite::Packet::from_bytes(black_box(&bytes)));
    });
    group.finish();
}

criterion_group!(benches, compare);
criterion_main!(benches);
