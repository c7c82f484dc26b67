//! A handshake in memory, both ends together, and a record of 100 bytes from one end to the other.
#![allow(missing_docs, reason = "criterion's macros define the public items")]

#[path = "../tests/net/mod.rs"]
mod net;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use net::{Net, client_of, server_of};
use tls::{Framing, KeyExchange, Settings, Suite};

fn shake(suite: Suite, exchange: KeyExchange, raw: bool) -> Net {
    let settings = Settings {
        suites: vec![suite],
        ..Settings::default()
    };
    let mut net = Net::new(Framing::Datagram, settings.clone(), settings, 1);
    net.start(client_of(exchange, raw), server_of(exchange, raw));
    net.run();
    net
}

fn handshakes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("handshake");
    for (name, suite, exchange, raw) in [
        ("PSK", Suite::PSK_AES_128_CCM_8, KeyExchange::Psk, false),
        (
            "raw public key",
            Suite::ECDHE_ECDSA_AES_128_CCM_8,
            KeyExchange::EcdheEcdsa,
            true,
        ),
        (
            "certificate",
            Suite::ECDHE_ECDSA_AES_128_CCM_8,
            KeyExchange::EcdheEcdsa,
            false,
        ),
    ] {
        assert_eq!(shake(suite, exchange, raw).sessions().len(), 2);
        group.bench_function(name, |bench| bench.iter(|| shake(suite, exchange, raw)));
    }
    group.finish();
}

fn records(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("record");
    for (name, suite) in [
        ("CCM_8", Suite::PSK_AES_128_CCM_8),
        ("CBC", Suite::PSK_AES_128_CBC_SHA256),
    ] {
        let net = shake(suite, KeyExchange::Psk, false);
        let now = net.now;
        group.bench_function(name, |bench| {
            bench.iter_batched_ref(
                || (net.client.clone(), net.server.clone()),
                |(client, server)| {
                    let sent = client.send(now, net::SERVER, &[0x61; 100]);
                    let transmit = client.poll_transmit();
                    if let (Ok(()), Some(transmit)) = (sent, transmit) {
                        server.receive(now, net::CLIENT, &transmit.bytes);
                    }
                    server.poll_event()
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, handshakes, records);
criterion_main!(benches);
