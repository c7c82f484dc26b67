//! How fast foreign frames go by, and how fast frames of LwM2M are read.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "criterion's macros define the public items"
)]

#[path = "../tests/make/mod.rs"]
mod make;

use std::hint::black_box;
use std::net::SocketAddr;

use capture::{Reader, Transport};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use make::address;
use make::file::*;
use make::packets::*;

/// A capture of as many frames as make about 16 MB.
fn capture(is_pcapng: bool, frame: &[u8]) -> Vec<u8> {
    let order = Order::Little;
    let one = match is_pcapng {
        true => enhanced(order, 0, 1, frame),
        false => record(
            order,
            (1, 1),
            (frame.len() as u32, frame.len() as u32),
            frame,
        ),
    };
    let mut bytes = match is_pcapng {
        true => [section(order), interface(order, 1, 0, &[])].concat(),
        false => pcap_header(order, NANOSECONDS, 1),
    };
    bytes.extend(one.repeat((16 << 20) / one.len()));
    bytes
}

fn segment(length: usize) -> Vec<u8> {
    let segment = Tcp {
        from: address("192.0.2.7:443"),
        to: address("192.0.2.9:50000"),
        sequence: 1,
        acknowledgement: 1,
        flags: ACK,
        payload: &vec![0x17; length],
    };
    ethernet(0x0800, &segment.in_ip())
}

fn skip(criterion: &mut Criterion) {
    let wanted =
        |from: SocketAddr, to: SocketAddr, _: Transport| [from.port(), to.port()].contains(&5683);
    let mut group = criterion.benchmark_group("skip");
    for (name, is_pcapng, length) in [
        ("pcap, 1446 bytes", false, 1388),
        ("pcap, 90 bytes", false, 32),
        ("pcapng, 1446 bytes", true, 1388),
        ("pcapng, 90 bytes", true, 32),
    ] {
        let bytes = capture(is_pcapng, &segment(length));
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bench| {
            bench.iter(|| Reader::with_filter(black_box(&bytes[..]), wanted).count());
        });
    }
    group.finish();
}

fn read(criterion: &mut Criterion) {
    let (client, server) = (address("192.0.2.7:40000"), address("192.0.2.9:5683"));
    let datagram = ethernet(0x0800, &datagram(client, server, &[0x40; 80]));
    let mut stream = Vec::new();
    for at in 0..100_000u32 {
        let segment = Tcp {
            from: client,
            to: server,
            sequence: at * 80,
            acknowledgement: 1,
            flags: ACK,
            payload: &[0x40; 80],
        };
        stream.push(segment.in_ip());
    }
    let mut group = criterion.benchmark_group("read");
    let datagrams = capture(true, &datagram);
    group.throughput(Throughput::Elements(
        Reader::new(&datagrams[..]).count() as u64
    ));
    group.bench_function("datagrams of 80 bytes", |bench| {
        bench.iter(|| Reader::new(black_box(&datagrams[..])).count());
    });
    let segments = raw(&stream);
    group.throughput(Throughput::Elements(stream.len() as u64));
    group.bench_function("segments of 80 bytes", |bench| {
        bench.iter(|| Reader::new(black_box(&segments[..])).count());
    });
    group.finish();
}

criterion_group!(benches, skip, read);
criterion_main!(benches);
