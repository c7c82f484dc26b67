//! Whatever bytes come, an endpoint neither panics nor grows without bound.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod net;

use std::time::Duration;

use net::{CLIENT, Net, SERVER, Side, client_of, server_of};
use proptest::prelude::*;
use tls::{ConnectionId, ContentType, Framing, KeyExchange, Record, Settings, Suite, Version};

fn record() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60),
        // a handshake message with a header that may be right
        (
            0u8..21,
            0u8..70,
            0u8..4,
            0u8..3,
            proptest::collection::vec(any::<u8>(), 0..70)
        )
            .prop_map(|(kind, length, sequence, offset, body)| {
                let mut bytes = vec![kind, 0, 0, length, 0, sequence, 0, 0, offset];
                bytes.extend([0, 0, body.len() as u8]);
                bytes.extend(body);
                bytes
            }),
    ];
    (20u8..27, 0u16..3, 0u64..4, any::<bool>(), fragment).prop_map(
        |(kind, epoch, sequence, stream, fragment)| {
            let record = Record {
                content_type: ContentType(kind),
                version: if stream {
                    Version::TLS_1_2
                } else {
                    Version::DTLS_1_2
                },
                epoch,
                sequence,
                cid: &[],
                fragment: &fragment,
            };
            record.encode(if stream {
                Framing::Stream
            } else {
                Framing::Datagram
            })
        },
    )
}

/// Bytes, or what is to be done to the datagram that flies: (which, byte, xor).
#[derive(Clone, Debug)]
enum Trouble {
    Bytes(Vec<u8>),
    Again { index: usize, at: usize, xor: u8 },
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80).prop_map(Trouble::Bytes),
        record().prop_map(Trouble::Bytes),
        (any::<usize>(), any::<usize>(), any::<u8>()).prop_map(|(index, at, xor)| Trouble::Again {
            index,
            at,
            xor
        }),
    ]
}

fn apply(net: &mut Net, to: Side, trouble: Trouble) {
    let bytes = match trouble {
        Trouble::Bytes(bytes) => bytes,
        Trouble::Again { index, at, xor } => {
            if net.wire.is_empty() {
                return;
            }
            let mut bytes = net.wire[index % net.wire.len()].3.clone();
            let length = bytes.len();
            bytes[at % length] ^= xor;
            bytes
        }
    };
    match to {
        Side::Server => net.server.receive(net.now, CLIENT, &bytes),
        Side::Client => net.client.receive(net.now, SERVER, &bytes),
    }
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Client), Just(Side::Server)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Before, during and after a handshake; in datagrams an honest session survives whatever is not forged.
    #[test]
    fn no_bytes_make_an_endpoint_panic(
        stream in any::<bool>(),
        certificates in any::<bool>(),
        cid in any::<bool>(),
        cookie in any::<bool>(),
        early in proptest::collection::vec((side(), trouble()), 0..6),
        steps in proptest::collection::vec((0u32..8, side(), trouble()), 0..8),
        late in proptest::collection::vec((side(), trouble()), 0..6),
    ) {
        let framing = if stream { Framing::Stream } else { Framing::Datagram };
        let (exchange, suite) = match certificates {
            true => (KeyExchange::EcdheEcdsa, Suite::ECDHE_ECDSA_AES_128_CBC_SHA256),
            false => (KeyExchange::Psk, Suite::PSK_AES_128_CCM_8),
        };
        let settings = Settings {
            suites: vec![suite],
            cookie,
            connection_id: if cid { ConnectionId::Length(3) } else { ConnectionId::Off },
            ..Settings::default()
        };
        let mut net = Net::new(framing, settings.clone(), settings, 9);
        net.start(client_of(exchange, certificates && cid), server_of(exchange, certificates && cid));
        for (to, trouble) in early {
            apply(&mut net, to, trouble);
        }
        for (count, to, trouble) in steps {
            for _ in 0..count {
                net.step();
            }
            apply(&mut net, to, trouble);
        }
        net.run();
        for (to, trouble) in late {
            apply(&mut net, to, trouble);
            net.run();
        }
        prop_assert!(net.server.count().0 <= 8);
        net.now += Duration::from_secs(3600);
        net.run();
        prop_assert_eq!(net.server.count().1, 0);
    }

    /// An established session of datagrams does not end by what an outsider sends.
    #[test]
    fn an_outsider_cannot_end_a_session(
        bytes in proptest::collection::vec((side(), prop_oneof![record(), proptest::collection::vec(any::<u8>(), 0..60)]), 0..20),
    ) {
        let settings = Settings {
            suites: vec![Suite::PSK_AES_128_CCM_8],
            ..Settings::default()
        };
        let mut net = Net::new(Framing::Datagram, settings.clone(), settings, 9);
        net.start(client_of(KeyExchange::Psk, false), server_of(KeyExchange::Psk, false));
        net.run();
        for (to, bytes) in bytes {
            apply(&mut net, to, Trouble::Bytes(bytes));
            net.run();
        }
        net.exchange_data();
    }
}
