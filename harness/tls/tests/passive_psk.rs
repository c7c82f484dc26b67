//! The watcher with nothing but pre-shared keys, on what our endpoints say to each other.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod net;

use std::time::Duration;

use net::{CLIENT, Net, Path, SERVER, address, client_of, server_of};
use proptest::prelude::*;
use tls::{
    ClientCredentials, ConnectionId, ContentType, Framing, HandshakeType, KeyExchange, Observed,
    Record, Rejection, SUITES, Secret, ServerCredentials, Settings, Suite, SuiteFacts, Unread,
    Watcher, What,
};

const FRAMINGS: [Framing; 2] = [Framing::Datagram, Framing::Stream];

fn psk_suites() -> impl Iterator<Item = &'static SuiteFacts> {
    SUITES
        .iter()
        .filter(|facts| facts.exchange == KeyExchange::Psk)
}

fn settings(suite: Suite) -> Settings {
    Settings {
        suites: vec![suite],
        ..Settings::default()
    }
}

/// A session with data both ways, as it passed on the wire.
fn talk(framing: Framing, settings: &Settings) -> Net {
    let exchange = settings.suites[0].facts().unwrap().exchange;
    let mut net = Net::new(framing, settings.clone(), settings.clone(), 5);
    net.start(client_of(exchange, false), server_of(exchange, false));
    net.run();
    net.exchange_data();
    net
}

fn told(framing: Framing, keys: &[(&[u8], &[u8])]) -> Watcher {
    let mut watcher = Watcher::new(framing);
    for (identity, key) in keys {
        watcher.add_psk(identity.to_vec(), key.to_vec());
    }
    watcher
}

fn data(observed: &[Observed]) -> Vec<&[u8]> {
    let data = observed.iter().filter_map(|one| match &one.what {
        What::Data(bytes) => Some(bytes.as_slice()),
        _ => None,
    });
    data.collect()
}

fn unread(observed: &[Observed]) -> Vec<&Unread> {
    let unread = observed.iter().filter_map(|one| match &one.what {
        What::Undecrypted { why, .. } => Some(why),
        _ => None,
    });
    unread.collect()
}

fn secrets(watcher: &mut Watcher) -> Vec<Secret> {
    std::iter::from_fn(|| watcher.poll_secret()).collect()
}

fn rest(watcher: &mut Watcher) -> Vec<Observed> {
    watcher.finish();
    std::iter::from_fn(|| watcher.poll()).collect()
}

#[test]
fn a_key_gives_the_master_secret_that_the_endpoints_made() {
    for framing in FRAMINGS {
        for facts in psk_suites() {
            for (extended, mac_outside) in [(true, true), (false, false), (true, false)] {
                let agreed = Settings {
                    extended_master_secret: extended,
                    encrypt_then_mac: mac_outside,
                    ..settings(facts.suite)
                };
                let net = talk(framing, &agreed);
                assert_eq!(net.secrets[0], net.secrets[1]);
                let mut watcher = told(framing, &[(b"other", b"other"), (b"client", b"secret")]);
                let observed = net.show(&mut watcher);
                let (with_secret, wanted) = net.watch();
                assert_eq!(observed, wanted, "{} {extended}", facts.name);
                assert_eq!(watcher.session(1), with_secret.session(1));
                assert!(watcher.session(1).unwrap().is_established());
                assert_eq!(data(&observed), [&b"up"[..], b"down"]);
                assert_eq!(secrets(&mut watcher), net.secrets[..1]);
            }
        }
    }
}

#[test]
fn a_wrong_key_opens_nothing_and_is_named() {
    for framing in FRAMINGS {
        for facts in psk_suites() {
            for extended in [true, false] {
                let agreed = Settings {
                    extended_master_secret: extended,
                    ..settings(facts.suite)
                };
                let mut net = talk(framing, &agreed);
                let mut watcher = told(framing, &[(b"client", b"wrong"), (b"other", b"secret")]);
                let observed = net.show(&mut watcher);
                let wrong = Unread::WrongKey {
                    identity: b"client".to_vec(),
                };
                // two Finished, two of data
                assert_eq!(unread(&observed), [&wrong; 4], "{}", facts.name);
                assert_eq!(data(&observed).len(), 0);
                let session = watcher.session(1).unwrap();
                assert!(!session.decrypted && !session.is_established());
                assert_eq!(session.unread.as_ref(), Some(&wrong));
                assert_eq!(
                    wrong.to_string(),
                    "the key told for identity \"client\" does not open this session"
                );
                assert_eq!(secrets(&mut watcher), []);
                // a right one that comes later opens what comes later
                watcher.add_psk(b"client".to_vec(), b"secret".to_vec());
                let before = net.wire.len();
                net.exchange_data();
                net.wire.drain(..before);
                let later = net.show(&mut watcher);
                assert_eq!(data(&later), [&b"up"[..], b"down"], "{later:?}");
                assert_eq!(later.len(), 2);
                let session = watcher.session(1).unwrap();
                assert!(session.decrypted && session.unread.is_none());
                assert_eq!(secrets(&mut watcher), net.secrets[..1]);
            }
        }
    }
}

#[test]
fn of_several_keys_for_an_identity_the_right_one_is_found() {
    let keys: [&[u8]; 3] = [b"first", b"secret", b"third"];
    for framing in FRAMINGS {
        for order in [[0, 1, 2], [1, 0, 2], [2, 0, 1]] {
            let net = talk(framing, &settings(Suite::PSK_AES_128_CBC_SHA256));
            let told_keys = order.map(|at| (&b"client"[..], keys[at]));
            let mut watcher = told(framing, &told_keys);
            assert_eq!(net.show(&mut watcher), net.watch().1, "{order:?}");
            // one by one, after the handshake
            let mut watcher = told(framing, &[]);
            let mut observed = net.show(&mut watcher);
            assert!(unread(&observed).is_empty() && data(&observed).is_empty());
            watcher.add_psk(b"client".to_vec(), b"secret".to_vec());
            observed.extend(std::iter::from_fn(|| watcher.poll()));
            assert_eq!(observed, net.watch().1);
        }
    }
}

#[test]
fn a_key_told_between_the_handshake_and_the_first_protected_record_is_used() {
    for framing in FRAMINGS {
        let net = talk(framing, &settings(Suite::PSK_AES_128_CCM_8));
        for at in 0..net.wire.len() {
            let mut watcher = told(framing, &[]);
            let mut observed = Vec::new();
            for (frame, (time, from, to, bytes)) in (0..).zip(&net.wire) {
                if frame == at {
                    watcher.add_psk(b"client".to_vec(), b"secret".to_vec());
                }
                let number = u32::try_from(frame).unwrap() + 1;
                watcher.observe(*time, number, *from, *to, bytes);
                observed.extend(std::iter::from_fn(|| watcher.poll()));
            }
            assert_eq!(observed, net.watch().1, "{framing:?} {at}");
        }
    }
}

#[test]
fn a_spoiled_first_record_does_not_condemn_the_key() {
    let mut net = talk(Framing::Datagram, &settings(Suite::PSK_AES_128_GCM_SHA256));
    let is_finished = |bytes: &[u8]| {
        let record = Record::read(Framing::Datagram, bytes, |_| 0);
        record.is_ok_and(|(record, _)| record.epoch == 1)
    };
    let at = net.wire.iter().position(|(_, from, _, bytes)| {
        // flights may share a datagram: its last record is Finished
        let from_client = *from == CLIENT;
        from_client
            && (is_finished(bytes) || bytes.windows(5).any(|part| part == [22, 0xfe, 0xfd, 0, 1]))
    });
    let at = at.unwrap();
    *net.wire[at].3.last_mut().unwrap() ^= 1;
    let mut watcher = told(Framing::Datagram, &[(b"client", b"secret")]);
    let observed = net.show(&mut watcher);
    assert_eq!(unread(&observed).len(), 1, "{observed:?}");
    assert_eq!(data(&observed), [&b"up"[..], b"down"]);
    let session = watcher.session(1).unwrap();
    assert!(session.decrypted && session.unread.is_none() && !session.is_established());
    // from then on the key is beyond doubt
    let (time, from, to, mut bytes) = net.wire.last().unwrap().clone();
    *bytes.last_mut().unwrap() ^= 1;
    watcher.observe(time, 99, from, to, &bytes);
    let wanted = Rejection::Unverified("bad MAC".to_owned());
    assert_eq!(watcher.poll().unwrap().what, What::Rejected(wanted));
}

#[test]
fn what_a_key_cannot_open_says_so_and_a_key_log_opens_it() {
    for framing in FRAMINGS {
        for facts in SUITES
            .iter()
            .filter(|facts| facts.exchange != KeyExchange::Psk)
        {
            let net = talk(framing, &settings(facts.suite));
            let mut watcher = told(framing, &[(b"client", b"secret")]);
            let mut observed = net.show(&mut watcher);
            observed.extend(rest(&mut watcher));
            let wanted = Unread::Master(facts.suite);
            assert_eq!(unread(&observed), [&wanted; 4], "{}", facts.name);
            let text = wanted.to_string();
            assert!(
                text.starts_with(facts.name) && text.contains("key log"),
                "{text}"
            );
            assert_eq!(watcher.session(1).unwrap().unread, Some(wanted));
            let mut watcher = told(framing, &[(b"client", b"secret")]);
            let secret = &net.secrets[0];
            watcher.add_secret(secret.client_random, secret.master);
            let observed = net.show(&mut watcher);
            assert_eq!(data(&observed), [&b"up"[..], b"down"]);
            assert!(unread(&observed).is_empty());
        }
        let net = talk(framing, &settings(Suite::PSK_AES_128_CCM_8));
        let mut watcher = told(framing, &[(b"another", b"secret")]);
        net.show(&mut watcher);
        let wanted = Unread::NoKey {
            identity: b"client".to_vec(),
        };
        assert_eq!(unread(&rest(&mut watcher)), [&wanted; 4]);
        // a master secret goes before a key, right or wrong
        let mut watcher = told(framing, &[(b"client", b"wrong")]);
        net.show(&mut watcher);
        let secret = &net.secrets[0];
        watcher.add_secret(secret.client_random, secret.master);
        let mut again = net;
        let before = again.wire.len();
        again.exchange_data();
        again.wire.drain(..before);
        assert_eq!(data(&again.show(&mut watcher)), [&b"up"[..], b"down"]);
    }
}

#[test]
fn resumption_needs_the_first_session_and_its_key() {
    for framing in FRAMINGS {
        let mut net = talk(framing, &settings(Suite::PSK_AES_256_GCM_SHA384));
        net.hang_up();
        let first = net.wire.len();
        net.connect(client_of(KeyExchange::Psk, false));
        net.run();
        net.exchange_data();
        let mut watcher = told(framing, &[(b"client", b"secret")]);
        assert_eq!(net.show(&mut watcher), net.watch().1);
        let session = watcher.session(2).unwrap();
        assert!(session.resumed && session.is_established());
        let mut watcher = told(framing, &[(b"client", b"wrong")]);
        let mut observed = net.show(&mut watcher);
        observed.extend(rest(&mut watcher));
        assert!(data(&observed).is_empty());
        assert_eq!(
            watcher.session(2).unwrap().unread,
            Some(Unread::ResumesUnknown)
        );
        // only the second in the capture
        net.wire.drain(..first);
        let mut watcher = told(framing, &[(b"client", b"secret")]);
        let mut observed = net.show(&mut watcher);
        observed.extend(rest(&mut watcher));
        assert_eq!(unread(&observed), [&Unread::ResumesUnknown; 4]);
        let last = net.secrets.last().unwrap();
        let mut watcher = told(framing, &[]);
        watcher.add_secret(last.client_random, last.master);
        assert_eq!(data(&net.show(&mut watcher)).len(), 2);
    }
}

/// Without a message of the server the extended master secret cannot be made; the plain one can.
#[test]
fn a_handshake_with_a_gap_is_not_blamed_on_the_key() {
    for extended in [true, false] {
        let agreed = Settings {
            extended_master_secret: extended,
            ..settings(Suite::PSK_AES_128_CCM_8)
        };
        let mut net = talk(Framing::Datagram, &agreed);
        let mut lost = 0;
        for (_, from, _, bytes) in &mut net.wire {
            let mut kept = Vec::new();
            let mut rest = bytes.as_slice();
            while let Ok((record, used)) = Record::read(Framing::Datagram, rest, |_| 0) {
                let kind = record.fragment.first().copied().map(HandshakeType);
                let plain = record.content_type == ContentType::HANDSHAKE && record.epoch == 0;
                if *from == SERVER && plain && kind == Some(HandshakeType::SERVER_HELLO_DONE) {
                    lost += 1;
                } else {
                    kept.extend(&rest[..used]);
                }
                rest = &rest[used..];
            }
            *bytes = kept;
        }
        assert_eq!(lost, 1);
        let mut watcher = told(Framing::Datagram, &[(b"client", b"secret")]);
        let mut observed = net.show(&mut watcher);
        observed.extend(rest(&mut watcher));
        if extended {
            assert_eq!(unread(&observed), [&Unread::Incomplete; 4], "{observed:?}");
            continue;
        }
        assert_eq!(data(&observed), [&b"up"[..], b"down"]);
        let finished = observed.iter().filter_map(|one| match &one.what {
            What::Handshake(fact) if fact.kind == HandshakeType::FINISHED => Some(fact.verified),
            _ => None,
        });
        // nobody can tell whether they fit
        assert!(finished.collect::<Vec<_>>().iter().all(Option::is_none));
    }
}

#[test]
fn a_session_whose_beginning_is_missing_says_so() {
    let mut net = talk(Framing::Datagram, &settings(Suite::PSK_AES_128_CCM_8));
    let last_two = net.wire.len() - 2;
    net.wire.drain(..last_two);
    let mut watcher = told(Framing::Datagram, &[(b"client", b"secret")]);
    let observed = net.show(&mut watcher);
    assert_eq!(unread(&observed), [&Unread::Unseen; 2]);
}

#[test]
fn a_refused_renegotiation_leaves_the_session_as_it_is() {
    for framing in FRAMINGS {
        for by_server in [false, true] {
            let mut net = talk(framing, &settings(Suite::PSK_AES_128_CCM_8));
            match by_server {
                true => net.server.renegotiate(net.now, CLIENT),
                false => net.client.renegotiate(net.now, SERVER),
            }
            // the refusal, before anybody gives up
            for _ in 0..4 {
                net.step();
            }
            let mut watcher = told(framing, &[(b"client", b"secret")]);
            let observed = net.show(&mut watcher);
            assert_eq!(observed, net.watch().1);
            let alerts = observed
                .iter()
                .filter(|one| matches!(one.what, What::Alert(_)));
            assert!(alerts.count() > 0, "{framing:?} {by_server} {observed:?}");
            let session = watcher.session(1).unwrap();
            assert!(session.is_established() && session.decrypted, "{session:?}");
            assert!(unread(&rest(&mut watcher)).is_empty());
        }
    }
}

#[test]
fn an_accepted_renegotiation_is_followed() {
    for framing in FRAMINGS {
        let mut agreed = settings(Suite::PSK_AES_128_CCM);
        agreed.misbehaviour.accepts_renegotiation = true;
        let mut net = talk(framing, &agreed);
        net.client.renegotiate(net.now, SERVER);
        net.run();
        net.exchange_data();
        let mut watcher = told(framing, &[(b"client", b"secret")]);
        let observed = net.show(&mut watcher);
        assert_eq!(observed, net.watch().1);
        assert_eq!(data(&observed).len(), 4);
        assert_eq!(secrets(&mut watcher).len(), 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Any identity and key, over any path: what a key opens is what the secret opens.
    #[test]
    fn identities_and_keys_are_bytes(
        identity in proptest::collection::vec(any::<u8>(), 0..80),
        key in proptest::collection::vec(any::<u8>(), 1..80),
        suite in proptest::sample::select(psk_suites().map(|facts| facts.suite).collect::<Vec<_>>()),
        stream in any::<bool>(),
        extended in any::<bool>(),
        size in 150usize..1400,
        cid in proptest::option::of(0u8..9),
        loss in 0.0f64..0.3,
        duplication in 0.0f64..0.3,
        disorder in 0u64..40,
        piece in 1usize..100,
        resumes in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let framing = if stream { Framing::Stream } else { Framing::Datagram };
        let settings = Settings {
            extended_master_secret: extended,
            datagram_size: size,
            connection_id: cid.filter(|_| !stream).map_or(ConnectionId::Off, ConnectionId::Length),
            ..settings(suite)
        };
        let mut net = Net::new(framing, settings.clone(), settings, seed);
        let client = ClientCredentials::psk(&identity, &key);
        net.start(client.clone(), ServerCredentials::psk(&[(&identity, &key)]));
        net.path = Path {
            piece,
            loss: if stream { 0.0 } else { loss },
            duplication: if stream { 0.0 } else { duplication },
            disorder: Duration::from_millis(if stream { 0 } else { disorder }),
        };
        net.run();
        net.path = Path::default();
        if resumes && net.sessions().len() == 2 {
            net.hang_up();
            net.events.clear();
            net.connect(client);
            net.run();
        }
        if net.sessions().len() == 2 && net.ends().is_empty() {
            if cid.is_some_and(|length| length > 0) && !stream {
                net.client_at = address(40_002);
            }
            net.exchange_data();
        }
        let mut watcher = told(framing, &[(&identity, &key)]);
        let mut observed = net.show(&mut watcher);
        observed.extend(rest(&mut watcher));
        let (mut with_secret, mut wanted) = net.watch();
        wanted.extend(rest(&mut with_secret));
        prop_assert_eq!(&observed, &wanted);
        // and with a wrong key nothing
        let mut watcher = told(framing, &[(&identity, &[&key[..], b"x"].concat())]);
        let mut observed = net.show(&mut watcher);
        observed.extend(rest(&mut watcher));
        let plain = observed.iter().filter(|one| one.epoch > 0);
        let opened = plain.filter(|one| !matches!(one.what, What::Undecrypted { .. }));
        prop_assert_eq!(opened.count(), 0);
    }
}
