//! The watcher on what our endpoints say to each other.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod net;

use net::{CLIENT, Net, Path, SERVER, address, client_of, server_of};
use proptest::prelude::*;
use tls::{
    Alert, AlertDescription, ConnectionId, ContentType, Framing, HandshakeFact, HandshakeType,
    KeyExchange, Observed, Record, Rejection, SUITES, Settings, Suite, Version, Watcher, What,
};

fn settings(suite: Suite) -> Settings {
    Settings {
        suites: vec![suite],
        ..Settings::default()
    }
}

fn shaken(framing: Framing, settings: &Settings, raw: bool) -> Net {
    let exchange = settings.suites[0].facts().unwrap().exchange;
    let mut net = Net::new(framing, settings.clone(), settings.clone(), 3);
    net.start(client_of(exchange, raw), server_of(exchange, raw));
    net.run();
    assert_eq!(net.sessions().len(), 2, "{:?}", net.events);
    net
}

fn messages(observed: &[Observed]) -> Vec<&HandshakeFact> {
    let facts = observed.iter().filter_map(|one| match &one.what {
        What::Handshake(fact) => Some(fact.as_ref()),
        _ => None,
    });
    facts.collect()
}

fn data(observed: &[Observed]) -> Vec<(u32, &[u8])> {
    let data = observed.iter().filter_map(|one| match &one.what {
        What::Data(bytes) => Some((one.frame, bytes.as_slice())),
        _ => None,
    });
    data.collect()
}

fn check_whole(net: &Net, watcher: &Watcher, observed: &[Observed]) {
    let facts = watcher.session(1).unwrap();
    assert!(
        facts.is_established() && facts.decrypted,
        "{facts:?} {observed:?}"
    );
    let session = net.secrets[0].client_random;
    assert_eq!(facts.client_hello.as_ref().unwrap().random, session);
    let texts: Vec<&[u8]> = data(observed).into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(texts, [&b"up"[..], b"down"]);
    let finished = messages(observed);
    let finished = finished
        .iter()
        .filter(|fact| fact.kind == HandshakeType::FINISHED);
    assert!(finished.clone().all(|fact| fact.verified == Some(true)));
    assert_eq!(finished.count(), 2);
    for one in observed {
        let readable = match &one.what {
            What::Handshake(fact) => fact.body.is_ok() && !fact.repeats,
            What::ChangeCipherSpec | What::Data(_) => true,
            _ => false,
        };
        assert!(readable, "{one:?}");
        assert_eq!(one.session, 1);
        assert!(one.frame > 0);
    }
}

#[test]
fn every_suite_is_read_whether_the_secret_comes_before_or_after() {
    for framing in [Framing::Datagram, Framing::Stream] {
        for facts in SUITES {
            for raw in [false, true] {
                let mut net = shaken(framing, &settings(facts.suite), raw);
                net.exchange_data();
                let (watcher, observed) = net.watch();
                check_whole(&net, &watcher, &observed);
                let seen = watcher.session(1).unwrap();
                assert_eq!(seen.suite, Some(facts.suite));
                assert_eq!(seen.version, Some(framing.version()));
                assert_eq!((seen.client, seen.server), (CLIENT, SERVER));
                let mut late = Watcher::new(framing);
                let mut waited = net.show(&mut late);
                assert!(data(&waited).is_empty());
                let secret = &net.secrets[0];
                late.add_secret(secret.client_random, secret.master);
                waited.extend(std::iter::from_fn(|| late.poll()));
                assert_eq!(waited, observed);
                assert_eq!(late.session(1), watcher.session(1));
            }
        }
    }
}

#[test]
fn a_pre_shared_key_is_enough() {
    for framing in [Framing::Datagram, Framing::Stream] {
        for extended in [false, true] {
            for late in [false, true] {
                let settings = Settings {
                    extended_master_secret: extended,
                    ..settings(Suite::PSK_AES_128_CCM_8)
                };
                let mut net = shaken(framing, &settings, false);
                net.exchange_data();
                let mut watcher = Watcher::new(framing);
                if !late {
                    watcher.add_psk(b"client".to_vec(), b"secret".to_vec());
                }
                let mut observed = net.show(&mut watcher);
                if late {
                    watcher.add_psk(b"other".to_vec(), b"other".to_vec());
                    watcher.add_psk(b"client".to_vec(), b"secret".to_vec());
                    observed.extend(std::iter::from_fn(|| watcher.poll()));
                }
                check_whole(&net, &watcher, &observed);
                let facts = watcher.session(1).unwrap();
                assert_eq!(facts.identity.as_deref(), Some(&b"client"[..]));
            }
        }
    }
}

#[test]
fn without_the_key_records_are_given_up_in_the_end() {
    let mut net = shaken(
        Framing::Datagram,
        &settings(Suite::PSK_AES_128_CCM_8),
        false,
    );
    net.exchange_data();
    let mut watcher = Watcher::new(Framing::Datagram);
    assert!(!net.show(&mut watcher).is_empty());
    watcher.end(SERVER, CLIENT);
    let rest: Vec<Observed> = std::iter::from_fn(|| watcher.poll()).collect();
    // ChangeCipherSpec waits behind what came before it
    let given_up = rest
        .iter()
        .filter(|one| matches!(one.what, What::Undecrypted { .. }));
    assert_eq!((rest.len(), given_up.count()), (5, 4), "{rest:?}");
    assert!(!watcher.session(1).unwrap().decrypted);
}

#[test]
fn connection_ids_and_another_address_are_followed() {
    for (up, down) in [(8, 0), (0, 5), (3, 3), (32, 1)] {
        let suite = Suite::PSK_AES_128_CBC_SHA256;
        for mac_outside in [false, true] {
            let with = |length| Settings {
                connection_id: ConnectionId::Length(length),
                encrypt_then_mac: mac_outside,
                ..settings(suite)
            };
            let mut net = Net::new(Framing::Datagram, with(down), with(up), 3);
            net.start(
                client_of(KeyExchange::Psk, false),
                server_of(KeyExchange::Psk, false),
            );
            net.run();
            let session = &net.sessions()[0];
            assert_eq!(
                session.cid_in.as_ref().map(Vec::len),
                Some(usize::from(down))
            );
            assert_eq!(
                session.cid_out.as_ref().map(Vec::len),
                Some(usize::from(up))
            );
            net.client_at = address(40_001);
            if up == 0 {
                // nothing tells the server whose record it is
                continue;
            }
            net.exchange_data();
            let (watcher, observed) = net.watch();
            assert_eq!(data(&observed).len(), 2, "{observed:?}");
            let facts = watcher.session(1).unwrap();
            assert_eq!(facts.client, address(40_001));
            assert_eq!(
                facts.cid_to_server.as_ref().map(Vec::len),
                Some(usize::from(up))
            );
            assert_eq!(
                facts.cid_to_client.as_ref().map(Vec::len),
                Some(usize::from(down))
            );
            assert!(observed.iter().all(|one| one.session == 1));
        }
    }
}

#[test]
fn a_resumed_session_needs_no_secret_of_its_own() {
    for framing in [Framing::Datagram, Framing::Stream] {
        let mut net = shaken(framing, &settings(Suite::PSK_AES_128_CCM_8), false);
        net.hang_up();
        net.connect(client_of(KeyExchange::Psk, false));
        net.run();
        net.exchange_data();
        let mut watcher = Watcher::new(framing);
        watcher.add_psk(b"client".to_vec(), b"secret".to_vec());
        let observed = net.show(&mut watcher);
        let facts = watcher.session(2).unwrap();
        assert!(
            facts.resumed && facts.is_established(),
            "{facts:?} {observed:?}"
        );
        assert_eq!(facts.identity.as_deref(), Some(&b"client"[..]));
        assert!(!watcher.session(1).unwrap().resumed);
        assert_eq!(data(&observed).len(), 2);
        let alerts = observed
            .iter()
            .filter(|one| one.what == What::Alert(Alert::warning(AlertDescription::CLOSE_NOTIFY)));
        assert_eq!(alerts.count(), 2);
        assert_eq!(watcher.sessions().count(), 2);
    }
}

#[test]
fn repetitions_and_fragments_are_told() {
    let mut small = settings(Suite::ECDHE_ECDSA_AES_128_CCM_8);
    small.datagram_size = 200;
    let mut net = Net::new(Framing::Datagram, small.clone(), small, 3);
    net.path = Path {
        loss: 0.3,
        ..Path::default()
    };
    net.start(
        client_of(KeyExchange::EcdheEcdsa, false),
        server_of(KeyExchange::EcdheEcdsa, false),
    );
    net.run();
    assert_eq!(net.sessions().len(), 2);
    let (watcher, observed) = net.watch();
    let facts = messages(&observed);
    assert!(facts.iter().any(|fact| fact.repeats));
    let certificate = facts
        .iter()
        .find(|fact| fact.kind == HandshakeType::CERTIFICATE);
    assert!(certificate.unwrap().fragments > 1);
    for kind in [1, 2, 11, 12, 13, 14, 15, 16, 20] {
        let kind = HandshakeType(kind);
        let first = facts.iter().find(|fact| fact.kind == kind);
        assert!(!first.unwrap_or_else(|| panic!("no {kind}")).repeats);
    }
    assert!(watcher.session(1).unwrap().is_established());
}

#[test]
fn a_replayed_record_and_a_bent_one_are_rejected() {
    let mut net = shaken(
        Framing::Datagram,
        &settings(Suite::PSK_AES_128_CCM_8),
        false,
    );
    net.exchange_data();
    let (mut watcher, _) = net.watch();
    let up = net.wire[net.wire.len() - 2].clone();
    watcher.observe(up.0, 90, up.1, up.2, &up.3);
    assert_eq!(
        watcher.poll().unwrap().what,
        What::Rejected(Rejection::Replayed)
    );
    let mut bent = up.3.clone();
    *bent.last_mut().unwrap() ^= 1;
    watcher.observe(up.0, 91, up.1, up.2, &bent);
    let rejected = watcher.poll().unwrap();
    let wanted = Rejection::Unverified("bad MAC".to_owned());
    assert_eq!(rejected.what, What::Rejected(wanted));
    assert_eq!((rejected.frame, rejected.session), (91, 1));
}

#[test]
fn a_second_handshake_is_another_session_and_a_renegotiation_is_not() {
    let mut net = shaken(
        Framing::Datagram,
        &settings(Suite::PSK_AES_128_CCM_8),
        false,
    );
    net.client.forget_sessions();
    net.connect(client_of(KeyExchange::Psk, false));
    net.run();
    net.exchange_data();
    let (watcher, observed) = net.watch();
    assert_eq!(watcher.sessions().count(), 2);
    assert!(watcher.session(2).unwrap().is_established());
    assert!(
        observed
            .iter()
            .any(|one| one.session == 2 && matches!(one.what, What::Data(_)))
    );
    for framing in [Framing::Datagram, Framing::Stream] {
        for by_server in [false, true] {
            let mut agrees = settings(Suite::ECDHE_ECDSA_AES_128_CCM_8);
            agrees.misbehaviour.accepts_renegotiation = true;
            let mut net = shaken(framing, &agrees, false);
            match by_server {
                true => net.server.renegotiate(net.now, CLIENT),
                false => net.client.renegotiate(net.now, SERVER),
            }
            net.run();
            assert_eq!(net.sessions().len(), 4, "{framing:?} {:?}", net.events);
            net.exchange_data();
            let (watcher, observed) = net.watch();
            let facts = watcher.session(1).unwrap();
            assert_eq!(facts.handshakes, 2);
            assert!(facts.is_established(), "{observed:?}");
            assert_eq!(data(&observed).len(), 2);
            assert_eq!(observed.last().unwrap().epoch, 2);
        }
    }
}

#[test]
fn what_is_no_record_is_told_with_its_offset() {
    let mut watcher = Watcher::new(Framing::Datagram);
    let record = Record {
        content_type: ContentType::ALERT,
        version: Version::DTLS_1_2,
        epoch: 0,
        sequence: 9,
        cid: &[],
        fragment: &[2, 40],
    };
    let mut bytes = record.encode(Framing::Datagram);
    bytes.extend([22, 0xfe, 0xfd]);
    watcher.observe(coap::Time::ZERO, 1, CLIENT, SERVER, &bytes);
    let alert = watcher.poll().unwrap();
    assert_eq!(
        alert.what,
        What::Alert(Alert::fatal(AlertDescription::HANDSHAKE_FAILURE))
    );
    assert_eq!(alert.sequence, 9);
    let wanted = "0 bytes left at byte 18, wanted an epoch";
    assert_eq!(
        watcher.poll().unwrap().what,
        What::Malformed(wanted.to_owned())
    );
    let mut watcher = Watcher::new(Framing::Stream);
    watcher.observe(coap::Time::ZERO, 1, CLIENT, SERVER, b"GET / HTTP/1.1\r\n");
    assert!(matches!(watcher.poll().unwrap().what, What::Malformed(_)));
    watcher.observe(coap::Time::ZERO, 2, CLIENT, SERVER, b"Host: there\r\n");
    assert_eq!(watcher.poll(), None);
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        Just(0u8),
        Just(1),
        Just(22),
        Just(0xfe),
        Just(0xfd),
        Just(3),
        any::<u8>()
    ];
    prop_oneof![
        proptest::collection::vec(byte, 0..80),
        // records and messages whose lengths are right
        (
            20u8..27,
            0u16..3,
            proptest::collection::vec(any::<u8>(), 0..60)
        )
            .prop_map(|(kind, epoch, fragment)| {
                let record = Record {
                    content_type: ContentType(kind),
                    version: Version::DTLS_1_2,
                    epoch,
                    sequence: 5,
                    cid: &[],
                    fragment: &fragment,
                };
                record.encode(Framing::Datagram)
            }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nothing_makes_the_watcher_panic(
        pieces in proptest::collection::vec((0usize..60, any::<bool>(), piece()), 0..40),
        stream in any::<bool>(),
        cid in any::<bool>(),
    ) {
        let framing = if stream { Framing::Stream } else { Framing::Datagram };
        let mut agreed = settings(Suite::PSK_AES_128_CCM_8);
        if cid {
            agreed.connection_id = ConnectionId::Length(2);
        }
        let mut net = shaken(framing, &agreed, false);
        net.exchange_data();
        for (at, up, bytes) in pieces {
            let at = at.min(net.wire.len());
            let (from, to) = if up { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
            net.wire.insert(at, (net.now, from, to, bytes));
        }
        let (mut watcher, _) = net.watch();
        watcher.finish();
        while watcher.poll().is_some() {}
    }
}

#[test]
fn what_waits_is_bounded() {
    let mut net = shaken(
        Framing::Datagram,
        &settings(Suite::PSK_AES_128_CCM_8),
        false,
    );
    for _ in 0..2000 {
        net.client.send(net.now, SERVER, &[0x61; 900]).unwrap();
    }
    net.run();
    let mut watcher = Watcher::new(Framing::Datagram);
    let observed = net.show(&mut watcher);
    let given_up = observed
        .iter()
        .filter(|one| matches!(one.what, What::Undecrypted { .. }));
    assert!(given_up.count() > 1400);
    let secret = &net.secrets[0];
    watcher.add_secret(secret.client_random, secret.master);
    let rest = std::iter::from_fn(|| watcher.poll());
    assert!(rest.filter(|one| matches!(one.what, What::Data(_))).count() > 400);
}
