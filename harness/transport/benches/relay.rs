//! What a relay adds to a round trip over loopback: the median over many, and not more than 200 microseconds.
#![allow(missing_docs, reason = "criterion's macros define the public items")]
#![allow(clippy::unwrap_used)]

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use coap::Time;
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::sync::mpsc;
use transport::{LOOPBACK_V4, Relay};

/// A server in a thread of its own that sends everything back.
fn echo() -> SocketAddr {
    let socket = UdpSocket::bind(LOOPBACK_V4).unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            drop(socket.send_to(&buffer[..length], from));
        }
    });
    address
}

/// A relay in a thread of its own, as a run has it, with somebody who takes what it tells.
fn relay(server: SocketAddr) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let began = Instant::now();
            let clock = Arc::new(move || Time::from_nanos(began.elapsed().as_nanos() as u64));
            let (sender, mut relayed) = mpsc::channel(4096);
            let relay = Relay::open(LOOPBACK_V4, server, clock, sender).unwrap();
            tell.send(relay.local()).unwrap();
            while relayed.recv().await.is_some() {}
        });
    });
    told.recv().unwrap()
}

fn round_trip(socket: &UdpSocket) {
    let mut buffer = [0; 2048];
    socket.send(&[0x42; 100]).unwrap();
    assert_eq!(socket.recv(&mut buffer).unwrap(), 100);
}

fn connected(to: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(LOOPBACK_V4).unwrap();
    socket.connect(to).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    socket
}

fn median(socket: &UdpSocket) -> Duration {
    let mut times: Vec<Duration> = (0..2_001)
        .map(|_| {
            let began = Instant::now();
            round_trip(socket);
            began.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn latency(criterion: &mut Criterion) {
    let server = echo();
    let (direct, relayed) = (connected(server), connected(relay(server)));
    let (without, with) = (median(&direct), median(&relayed));
    // there and back: each way is relayed once
    let added = with.saturating_sub(without) / 2;
    assert!(
        added < Duration::from_micros(200),
        "a relay adds {added:?} to a datagram: {with:?} there and back, {without:?} without it"
    );
    let mut group = criterion.benchmark_group("round trip of 100 bytes");
    group.bench_function("direct", |bench| bench.iter(|| round_trip(&direct)));
    group.bench_function("relayed", |bench| bench.iter(|| round_trip(&relayed)));
    group.finish();
}

criterion_group!(benches, latency);
criterion_main!(benches);
