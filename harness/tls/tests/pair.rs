//! Our client against our server in virtual time.
#![allow(missing_docs, reason = "tests")]

mod net;

use std::time::Duration;

use net::{Net, Path, client_of, server_of};
use proptest::prelude::*;
use tls::{
    ConnectionId, End, Event, Framing, KeyExchange, SUITES, Settings, Suite, UnknownIdentity, What,
};

fn with_suites(suites: &[Suite]) -> Settings {
    Settings {
        suites: suites.to_vec(),
        ..Settings::default()
    }
}

#[test]
fn every_suite_works_in_both_framings() {
    for framing in [Framing::Datagram, Framing::Stream] {
        for facts in SUITES {
            for flag in [false, true] {
                let settings = Settings {
                    extended_master_secret: flag,
                    encrypt_then_mac: flag,
                    ..with_suites(&[facts.suite])
                };
                let raw = flag;
                let mut net = Net::new(framing, settings.clone(), settings, 1);
                net.start(
                    client_of(facts.exchange, raw),
                    server_of(facts.exchange, raw),
                );
                net.run();
                let sessions = net.sessions();
                assert_eq!(sessions.len(), 2, "{facts:?} {:?}", net.events);
                for session in &sessions {
                    assert_eq!(session.suite, facts.suite);
                    assert_eq!(session.extended_master_secret, flag);
                    assert_eq!(session.encrypt_then_mac, flag && !facts.bulk.is_aead());
                    assert!(!session.resumed);
                }
                if facts.exchange.uses_psk() {
                    assert_eq!(sessions[1].identity.as_deref(), Some(&b"client"[..]));
                } else {
                    assert!(sessions[1].client.is_some() && sessions[0].server.is_some());
                }
                net.exchange_data();
            }
        }
    }
}

#[test]
fn loss_duplication_and_disorder_only_delay() {
    for seed in 0..60 {
        let facts = &SUITES[seed as usize % SUITES.len()];
        let settings = Settings {
            datagram_size: if seed % 2 == 0 { 1200 } else { 180 },
            connection_id: ConnectionId::Length((seed % 5) as u8),
            ..with_suites(&[facts.suite])
        };
        let mut net = Net::new(Framing::Datagram, settings.clone(), settings, seed);
        net.path = Path {
            loss: 0.25,
            duplication: 0.15,
            disorder: Duration::from_millis(40),
            ..Path::default()
        };
        net.start(
            client_of(facts.exchange, seed % 3 == 0),
            server_of(facts.exchange, seed % 3 == 0),
        );
        net.run();
        let sessions = net.sessions();
        let timed_out = net.ends().contains(&End::TimedOut);
        assert!(sessions.len() == 2 || timed_out, "{seed} {:?}", net.events);
        net.path = Path::default();
        if sessions.len() == 2 {
            net.exchange_data();
        }
    }
}

#[test]
fn a_wrong_key_ends_in_silence_and_an_unknown_identity_in_an_alert() {
    let settings = with_suites(&[Suite::PSK_AES_128_CCM_8]);
    let mut net = Net::new(Framing::Datagram, settings.clone(), settings.clone(), 1);
    let mut client = client_of(KeyExchange::Psk, false);
    client.psk.as_mut().unwrap().key = b"other".to_vec();
    net.start(client, server_of(KeyExchange::Psk, false));
    net.run();
    assert_eq!(net.ends(), [End::TimedOut, End::TimedOut]);
    for (unknown, alert) in [
        (UnknownIdentity::Alert, Some(115)),
        (UnknownIdentity::Hidden, None),
    ] {
        let mut net = Net::new(Framing::Datagram, settings.clone(), settings.clone(), 1);
        let mut client = client_of(KeyExchange::Psk, false);
        client.psk.as_mut().unwrap().identity = b"stranger".to_vec();
        let mut server = server_of(KeyExchange::Psk, false);
        server.unknown_identity = unknown;
        net.start(client, server);
        net.run();
        assert_eq!(net.alert_received(), alert);
        assert!(net.sessions().is_empty());
    }
    let mut net = Net::new(Framing::Stream, settings.clone(), settings, 1);
    let mut client = client_of(KeyExchange::Psk, false);
    client.psk.as_mut().unwrap().key = b"other".to_vec();
    net.start(client, server_of(KeyExchange::Psk, false));
    net.run();
    assert_eq!(net.alert_received(), Some(20));
}

#[test]
fn a_session_is_resumed_with_less() {
    for framing in [Framing::Datagram, Framing::Stream] {
        for facts in SUITES {
            let settings = with_suites(&[facts.suite]);
            let mut net = Net::new(framing, settings.clone(), settings, 1);
            let client = client_of(facts.exchange, false);
            net.start(client.clone(), server_of(facts.exchange, false));
            net.run();
            let first = net.sessions();
            net.hang_up();
            net.events.clear();
            net.connect(client);
            net.run();
            let second = net.sessions();
            assert_eq!(second.len(), 2, "{facts:?} {:?}", net.events);
            assert!(second.iter().all(|session| session.resumed));
            assert_eq!(first[1].session_id, second[1].session_id);
            assert_eq!(first[1].identity, second[1].identity);
            assert_eq!(first[1].client, second[1].client);
            net.exchange_data();
        }
    }
}

#[test]
fn a_new_hello_replaces_the_association_only_when_it_is_finished() {
    let settings = Settings {
        resumption: false,
        ..with_suites(&[Suite::PSK_AES_128_CCM_8])
    };
    let mut net = Net::new(Framing::Datagram, settings.clone(), settings, 1);
    let client = client_of(KeyExchange::Psk, false);
    net.start(client.clone(), server_of(KeyExchange::Psk, false));
    net.run();
    net.events.clear();
    net.connect(client);
    assert_eq!(net.server.count().0, 1);
    net.run();
    assert_eq!(net.ends(), [End::Replaced, End::Replaced]);
    assert_eq!(net.server.count(), (1, 0));
    net.exchange_data();
    net.events.clear();
    net.client.close(net.now, net::SERVER, tls::Close::Notify);
    net.run();
    assert_eq!(net.ends(), [End::Closed, End::Notified]);
    assert!(matches!(net.events[0].1, Event::Alert { sent: true, .. }));
}

#[test]
fn a_stream_may_come_in_any_pieces() {
    let settings = Settings {
        max_fragment_length: Some(1),
        ..with_suites(&[Suite::ECDHE_ECDSA_AES_128_CBC_SHA256])
    };
    for piece in [1, 2, 7, 100] {
        let mut net = Net::new(Framing::Stream, settings.clone(), settings.clone(), 1);
        net.path.piece = piece;
        let exchange = KeyExchange::EcdheEcdsa;
        net.start(client_of(exchange, false), server_of(exchange, false));
        net.run();
        assert_eq!(net.sessions().len(), 2, "{:?}", net.events);
        assert!(
            net.sessions()
                .iter()
                .all(|session| session.max_fragment == 512)
        );
        net.exchange_data();
        net.client
            .send(net.now, net::SERVER, &[0x61; 2000])
            .unwrap();
        net.run();
        let lengths: Vec<usize> = net.data(net::Side::Server).iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 512, 512, 512, 464]);
        let (_, observed) = net.watch();
        let data = observed
            .iter()
            .filter(|one| matches!(one.what, What::Data(_)));
        assert_eq!(data.count(), 6);
    }
}

fn path() -> impl Strategy<Value = Path> {
    (0.0..0.4f64, 0.0..0.4f64, 0u64..200).prop_map(|(loss, duplication, disorder)| Path {
        loss,
        duplication,
        disorder: Duration::from_millis(disorder),
        ..Path::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// Whatever the path does, both sides agree or both give up, and the watcher never sees what does not verify.
    #[test]
    fn a_handshake_ends_well_or_cleanly(
        seed in any::<u64>(),
        index in 0..SUITES.len(),
        size in prop_oneof![Just(1200usize), 100usize..400],
        raw in any::<bool>(),
        cid in prop_oneof![Just(None), (0u8..=32).prop_map(Some)],
        resumes in any::<bool>(),
        path in path(),
    ) {
        let facts = &SUITES[index];
        let settings = Settings {
            datagram_size: size,
            connection_id: cid.map_or(ConnectionId::Off, ConnectionId::Length),
            ..with_suites(&[facts.suite])
        };
        let mut net = Net::new(Framing::Datagram, settings.clone(), settings, seed);
        let client = client_of(facts.exchange, raw);
        net.start(client.clone(), server_of(facts.exchange, raw));
        if resumes {
            net.run();
            net.hang_up();
            net.events.clear();
            net.connect(client);
        }
        net.path = path;
        net.run();
        net.path = Path::default();
        net.run();
        let sessions = net.sessions();
        let ends = net.ends();
        prop_assert!(ends.iter().all(|end| *end == End::TimedOut), "{:?}", ends);
        if sessions.len() == 2 && ends.is_empty() {
            prop_assert_eq!(&sessions[0].cid_in, &sessions[1].cid_out);
            prop_assert!(sessions.iter().all(|session| session.resumed == resumes));
            net.exchange_data();
        }
        let (_, observed) = net.watch();
        let bad = observed.iter().find(|one| match &one.what {
            What::Handshake(fact) => fact.verified == Some(false) || fact.body.is_err(),
            What::Rejected(_) | What::Malformed(_) | What::Undecrypted { .. } => true,
            _ => false,
        });
        prop_assert_eq!(bad, None);
    }
}
