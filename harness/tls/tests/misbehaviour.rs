//! What a bad peer does, seen by the watcher, and what an honest one says to it.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod net;

use std::time::Duration;

use credentials::{Association, Checks, Matching, Reference, Usage, fixtures};
use net::{CLIENT, Net, SERVER, Side, address, chain_of, client_of, root, server_of};
use tls::{
    Act, ClientCredentials, Close, ConnectionId, Demand, End, Event, ExtensionType, Fault, Framing,
    HandshakeBody, HandshakeFact, HandshakeType, KeyExchange, Misbehaviour, OwnKey, Proof,
    Rejection, ServerCredentials, ServerName, Settings, Subject, Suite, TrustedClients, Version,
    What,
};

const PSK: Suite = Suite::PSK_AES_128_CCM_8;
const CERTIFICATE: Suite = Suite::ECDHE_ECDSA_AES_128_CCM_8;

fn settings() -> Settings {
    Settings {
        suites: vec![CERTIFICATE, PSK],
        ..Settings::default()
    }
}

fn bad(misbehaviour: Misbehaviour) -> Settings {
    Settings {
        misbehaviour,
        ..settings()
    }
}

fn psk() -> (ClientCredentials, ServerCredentials) {
    (
        client_of(KeyExchange::Psk, false),
        server_of(KeyExchange::Psk, false),
    )
}

fn certificates() -> (ClientCredentials, ServerCredentials) {
    (
        client_of(KeyExchange::EcdheEcdsa, false),
        server_of(KeyExchange::EcdheEcdsa, false),
    )
}

fn raw_keys() -> (ClientCredentials, ServerCredentials) {
    (
        client_of(KeyExchange::EcdheEcdsa, true),
        server_of(KeyExchange::EcdheEcdsa, true),
    )
}

type Credentials = (ClientCredentials, ServerCredentials);

fn shake_in(framing: Framing, client: Settings, server: Settings, with: Credentials) -> Net {
    let mut net = Net::new(framing, client, server, 5);
    net.start(with.0, with.1);
    net.run();
    net
}

fn shake(client: Settings, server: Settings, with: Credentials) -> Net {
    shake_in(Framing::Datagram, client, server, with)
}

/// Checks that nothing was agreed on, and by which alert of which side.
fn refused(net: &Net, by: Side, alert: u8) {
    assert_ne!(net.sessions().len(), 2, "{:?}", net.events);
    let sent = net.events.iter().find_map(|(side, event)| match event {
        Event::Alert {
            sent: true, alert, ..
        } => Some((*side, alert.description.0)),
        _ => None,
    });
    assert_eq!(sent, Some((by, alert)), "{:?}", net.events);
    assert_eq!(net.alert_received(), Some(alert), "{:?}", net.events);
    let (_, observed) = net.watch();
    let from = match by {
        Side::Client => CLIENT,
        Side::Server => SERVER,
    };
    let seen = observed.iter().any(|one| match one.what {
        What::Alert(found) => found.description.0 == alert && one.from == from,
        _ => false,
    });
    assert!(seen, "{observed:?}");
}

fn agreed(net: &Net) {
    assert_eq!(net.sessions().len(), 2, "{:?}", net.events);
    assert!(net.ends().is_empty(), "{:?}", net.events);
}

fn message(net: &Net, kind: HandshakeType) -> Option<HandshakeFact> {
    let (_, observed) = net.watch();
    observed.into_iter().rev().find_map(|one| match one.what {
        What::Handshake(fact) if fact.kind == kind => Some(*fact),
        _ => None,
    })
}

#[test]
fn a_client_that_leaves_a_check_out_takes_what_an_honest_one_refuses() {
    let all = Checks::default();
    let with = |server: &str| {
        let mut with = certificates();
        with.1.own = vec![chain_of(server)];
        with
    };
    let mut wrong_name = certificates();
    wrong_name.0.reference = Some(Reference::Dns("server-fail.example.com".to_owned()));
    let mut wrong_key = raw_keys();
    let other = fixtures::raw_key("raw-bootstrap-server").unwrap();
    wrong_key.1.own = vec![OwnKey::raw(other.key().unwrap())];
    let cases = [
        (wrong_name, 42, Checks { name: false, ..all }),
        (
            with("server-expired"),
            45,
            Checks {
                dates: false,
                ..all
            },
        ),
        (
            with("server-not-yet-valid"),
            45,
            Checks {
                dates: false,
                ..all
            },
        ),
        (
            with("server-other-ca"),
            48,
            Checks {
                chain: false,
                ..all
            },
        ),
        (
            with("server-self-signed"),
            48,
            Checks {
                chain: false,
                ..all
            },
        ),
        (
            wrong_key,
            46,
            Checks {
                constraint: false,
                ..all
            },
        ),
    ];
    for (credentials, alert, checks) in cases {
        let net = shake(settings(), settings(), credentials.clone());
        refused(&net, Side::Client, alert);
        let lax = bad(Misbehaviour {
            checks,
            ..Misbehaviour::default()
        });
        agreed(&shake(lax, settings(), credentials));
    }
}

#[test]
fn usages_of_the_association_decide() {
    let association = |name: &str, usage| {
        let certificate = fixtures::identity(name).unwrap().certificate().unwrap();
        Some(Association::with_certificate(
            &certificate,
            usage,
            Matching::Sha256,
        ))
    };
    for (name, usage, alert) in [
        ("server", Usage::DomainIssued, None),
        ("server-expired", Usage::DomainIssued, Some(46)),
        ("root-ca", Usage::CaConstraint, None),
    ] {
        let mut with = certificates();
        with.0.association = association(name, usage);
        let net = shake(settings(), settings(), with);
        match alert {
            Some(alert) => refused(&net, Side::Client, alert),
            None => agreed(&net),
        }
    }
}

#[test]
fn a_server_refuses_clients_it_does_not_trust() {
    let mut stranger = raw_keys();
    let other = fixtures::raw_key("raw-bootstrap-server").unwrap();
    stranger.0.own = Some(OwnKey::raw(other.key().unwrap()));
    refused(
        &shake(settings(), settings(), stranger.clone()),
        Side::Server,
        46,
    );
    stranger.1.trusted.anyone = true;
    agreed(&shake(settings(), settings(), stranger));
    let mut foreign = certificates();
    foreign.0.own = Some(chain_of("client-other-ca"));
    refused(&shake(settings(), settings(), foreign), Side::Server, 48);
    let mut nobody = certificates();
    nobody.0.own = None;
    refused(
        &shake(settings(), settings(), nobody.clone()),
        Side::Server,
        40,
    );
    for demand in [Demand::Wanted, Demand::Never] {
        nobody.1.demand = demand;
        let net = shake(settings(), settings(), nobody.clone());
        agreed(&net);
        let asked = message(&net, HandshakeType::CERTIFICATE_REQUEST).is_some();
        assert_eq!(asked, demand == Demand::Wanted);
    }
    let mut other_type = certificates();
    other_type.0 = raw_keys().0;
    refused(&shake(settings(), settings(), other_type), Side::Server, 43);
    let mut other_type = certificates();
    other_type.1.trusted = TrustedClients::default();
    refused(&shake(settings(), settings(), other_type), Side::Server, 43);
}

#[test]
fn a_server_that_takes_any_identity_takes_a_stranger() {
    let (mut client, server) = psk();
    client.psk.as_mut().unwrap().identity = vec![0xff, 0];
    let net = shake(settings(), settings(), (client.clone(), server.clone()));
    refused(&net, Side::Server, 115);
    let lax = bad(Misbehaviour {
        any_identity: Some(b"secret".to_vec()),
        ..Misbehaviour::default()
    });
    let net = shake(settings(), lax, (client, server));
    agreed(&net);
    assert_eq!(net.sessions()[1].identity.as_deref(), Some(&[0xff, 0][..]));
}

#[test]
fn a_hint_is_sent_as_it_is_set() {
    for hint in [None, Some(Vec::new()), Some(b"hint".to_vec())] {
        let (client, mut server) = psk();
        server.hint.clone_from(&hint);
        let net = shake(settings(), settings(), (client, server));
        agreed(&net);
        assert_eq!(net.sessions()[0].hint, hint);
        let exchange = message(&net, HandshakeType::SERVER_KEY_EXCHANGE);
        assert_eq!(exchange.is_some(), hint.is_some());
    }
}

#[test]
fn renegotiation_is_refused_by_a_warning_and_nothing_is_lost() {
    let asks = bad(Misbehaviour {
        renegotiates: true,
        ..Misbehaviour::default()
    });
    for framing in [Framing::Datagram, Framing::Stream] {
        for (client, server) in [(asks.clone(), settings()), (settings(), asks.clone())] {
            let mut net = shake_in(framing, client, server, psk());
            assert_eq!(net.alert_received(), Some(100), "{:?}", net.events);
            agreed(&net);
            net.exchange_data();
        }
    }
}

#[test]
fn who_says_nothing_at_the_end_says_nothing() {
    let quiet = bad(Misbehaviour {
        no_close_notify: true,
        ..Misbehaviour::default()
    });
    let mut net = shake(quiet.clone(), settings(), psk());
    let before = net.wire.len();
    net.client.close(net.now, SERVER, Close::Notify);
    net.run();
    assert_eq!(net.wire.len(), before);
    assert_eq!(net.ends(), [End::Closed]);
    let mut net = shake(settings(), quiet, psk());
    net.client.close(net.now, SERVER, Close::Notify);
    net.run();
    let (_, observed) = net.watch();
    let alerts = observed
        .iter()
        .filter(|one| matches!(one.what, What::Alert(_)));
    assert_eq!(alerts.map(|one| one.from).collect::<Vec<_>>(), [CLIENT]);
    assert_eq!(net.ends(), [End::Closed, End::Notified]);
}

#[test]
fn only_a_verified_record_moves_an_honest_peer() {
    let with_cid = Settings {
        connection_id: ConnectionId::Length(4),
        ..settings()
    };
    for lax in [false, true] {
        let mut server = with_cid.clone();
        server.misbehaviour.moves_unverified = lax;
        let mut net = shake(with_cid.clone(), server, psk());
        net.client.send(net.now, SERVER, b"text").unwrap();
        let mut bytes = net.client.poll_transmit().unwrap().bytes;
        *bytes.last_mut().unwrap() ^= 1;
        net.events.clear();
        net.server.receive(net.now, address(666), &bytes);
        net.run();
        let moved = net.events.iter().any(|(side, event)| {
            let to = address(666);
            *side == Side::Server && *event == Event::Moved { from: CLIENT, to }
        });
        assert_eq!(moved, lax);
        assert_eq!(net.server.is_established(address(666)), lax);
    }
}

#[test]
fn a_suite_that_was_not_offered_is_refused() {
    let picks = bad(Misbehaviour {
        picks: Some(Suite::PSK_AES_128_GCM_SHA256),
        ..Misbehaviour::default()
    });
    let net = shake(settings(), picks.clone(), psk());
    refused(&net, Side::Client, 47);
    let Ok(HandshakeBody::ServerHello(hello)) =
        message(&net, HandshakeType::SERVER_HELLO).unwrap().body
    else {
        panic!("no ServerHello");
    };
    assert_eq!(hello.suite, Suite::PSK_AES_128_GCM_SHA256);
    let takes = bad(Misbehaviour {
        takes_any_suite: true,
        ..Misbehaviour::default()
    });
    agreed(&shake(takes, picks, psk()));
}

#[test]
fn a_server_can_pick_the_worse_suite_that_was_offered() {
    let both = Settings {
        suites: vec![PSK, Suite::PSK_AES_128_CBC_SHA256],
        ..Settings::default()
    };
    let mut worse = both.clone();
    worse.misbehaviour.picks = Some(Suite::PSK_AES_128_CBC_SHA256);
    let net = shake(both.clone(), worse, psk());
    agreed(&net);
    assert_eq!(net.sessions()[0].suite, Suite::PSK_AES_128_CBC_SHA256);
    assert_eq!(shake(both.clone(), both, psk()).sessions()[0].suite, PSK);
}

#[test]
fn plaintext_is_data_only_for_who_takes_it() {
    for lax in [false, true] {
        let naked = bad(Misbehaviour {
            sends_plaintext: true,
            ..Misbehaviour::default()
        });
        let takes = bad(Misbehaviour {
            takes_plaintext: lax,
            ..Misbehaviour::default()
        });
        let mut net = shake(naked, takes, psk());
        net.client.send(net.now, SERVER, b"naked").unwrap();
        net.run();
        assert_eq!(net.data(Side::Server).len(), usize::from(lax));
        let (_, observed) = net.watch();
        let last = observed.last().unwrap();
        assert_eq!(last.what, What::Data(b"naked".to_vec()));
        assert_eq!(last.epoch, 0);
        assert!(net.ends().is_empty());
    }
}

#[test]
fn wrong_versions_are_refused() {
    for (framing, old) in [
        (Framing::Datagram, Version::DTLS_1_0),
        (Framing::Stream, Version::TLS_1_1),
    ] {
        let mut answers = settings();
        answers.misbehaviour.answers_version = Some(old);
        refused(
            &shake_in(framing, settings(), answers, psk()),
            Side::Client,
            70,
        );
        let only = Settings {
            version: Some(old),
            ..settings()
        };
        let net = shake_in(framing, only, settings(), psk());
        refused(&net, Side::Server, 70);
        let Ok(HandshakeBody::ClientHello(hello)) =
            message(&net, HandshakeType::CLIENT_HELLO).unwrap().body
        else {
            panic!("no ClientHello");
        };
        assert_eq!(hello.version, old);
    }
}

#[test]
fn a_wrong_finished_is_refused_unless_it_is_ignored() {
    let wrong = bad(Misbehaviour {
        wrong_finished: true,
        ..Misbehaviour::default()
    });
    let lax = bad(Misbehaviour {
        ignores_finished: true,
        ..Misbehaviour::default()
    });
    for framing in [Framing::Datagram, Framing::Stream] {
        let net = shake_in(framing, wrong.clone(), settings(), psk());
        refused(&net, Side::Server, 51);
        let finished = message(&net, HandshakeType::FINISHED).unwrap();
        assert_eq!(finished.verified, Some(false));
        refused(
            &shake_in(framing, settings(), wrong.clone(), psk()),
            Side::Client,
            51,
        );
        agreed(&shake_in(framing, wrong.clone(), lax.clone(), psk()));
        agreed(&shake_in(framing, lax.clone(), wrong.clone(), psk()));
    }
}

#[test]
fn false_signatures_are_refused_unless_they_are_ignored() {
    let lax = bad(Misbehaviour {
        ignores_signatures: true,
        ..Misbehaviour::default()
    });
    let wrong = bad(Misbehaviour {
        wrong_signature: true,
        ..Misbehaviour::default()
    });
    refused(
        &shake(settings(), wrong.clone(), certificates()),
        Side::Client,
        51,
    );
    agreed(&shake(lax.clone(), wrong, certificates()));
    for (proof, alert) in [(Proof::False, 51), (Proof::Missing, 10)] {
        let client = bad(Misbehaviour {
            proof,
            ..Misbehaviour::default()
        });
        for framing in [Framing::Datagram, Framing::Stream] {
            for with in [certificates(), raw_keys()] {
                let net = shake_in(framing, client.clone(), settings(), with.clone());
                refused(&net, Side::Server, alert);
                let proved = message(&net, HandshakeType::CERTIFICATE_VERIFY).is_some();
                assert_eq!(proved, proof == Proof::False);
                let net = shake_in(framing, client.clone(), lax.clone(), with);
                if framing == Framing::Datagram || proof == Proof::False {
                    agreed(&net);
                }
            }
        }
    }
}

#[test]
fn a_key_that_does_not_belong_to_the_certificate_is_found_out() {
    let mut with = certificates();
    with.1.own[0].key = chain_of("client").key;
    refused(&shake(settings(), settings(), with), Side::Client, 51);
    let mut with = certificates();
    with.0.own.as_mut().unwrap().key = chain_of("server").key;
    refused(&shake(settings(), settings(), with), Side::Server, 51);
}

#[test]
fn a_sequence_number_is_taken_once() {
    let repeats = bad(Misbehaviour {
        repeats_sequence: true,
        ..Misbehaviour::default()
    });
    for anti_replay in [false, true] {
        let receives = Settings {
            anti_replay,
            ..settings()
        };
        let mut net = shake(repeats.clone(), receives, psk());
        for text in [b"one", b"two"] {
            net.client.send(net.now, SERVER, text).unwrap();
            net.run();
        }
        let wanted = if anti_replay { 1 } else { 2 };
        assert_eq!(net.data(Side::Server).len(), wanted);
        let (_, observed) = net.watch();
        assert_eq!(
            observed.last().unwrap().what,
            What::Rejected(Rejection::Replayed)
        );
    }
}

#[test]
fn a_connection_id_that_is_left_out_is_missed() {
    let with_cid = |connection_id| Settings {
        connection_id,
        ..settings()
    };
    let neglects = with_cid(ConnectionId::Neglected(4));
    let honest = with_cid(ConnectionId::Length(4));
    let net = shake(neglects, honest.clone(), psk());
    assert_eq!(net.sessions().len(), 0, "{:?}", net.events);
    assert_eq!(net.ends(), [End::TimedOut, End::TimedOut]);
    let net = shake(honest.clone(), with_cid(ConnectionId::Off), psk());
    agreed(&net);
    assert!(
        net.sessions()
            .iter()
            .all(|session| session.cid_in.is_none())
    );
    for (client, server) in [(0, 0), (1, 32), (32, 1)] {
        let mut net = shake(
            with_cid(ConnectionId::Length(client)),
            with_cid(ConnectionId::Length(server)),
            psk(),
        );
        agreed(&net);
        net.exchange_data();
        let record = &net.wire.last().unwrap().3;
        assert_eq!(record[0] == 25, client > 0);
    }
}

#[test]
fn the_server_name_is_what_the_settings_say() {
    for (name, wanted) in [
        (ServerName::Configured, Some(&b"server.example.com"[..])),
        (ServerName::Absent, None),
        (ServerName::Other(b"other".to_vec()), Some(b"other")),
    ] {
        let client = Settings {
            server_name: name,
            ..settings()
        };
        let net = shake(client, settings(), certificates());
        agreed(&net);
        assert_eq!(net.sessions()[1].server_name.as_deref(), wanted);
    }
}

#[test]
fn a_server_holds_nothing_before_the_cookie_comes_back() {
    let mut net = Net::new(Framing::Datagram, settings(), settings(), 5);
    let (client, server) = psk();
    net.start(client, server);
    let hello = net.client.poll_transmit().unwrap();
    net.server.receive(net.now, CLIENT, &hello.bytes);
    assert_eq!(net.server.count(), (0, 0));
    let request = net.server.poll_transmit().unwrap().bytes;
    // HelloVerifyRequest of version 1.0 with the sequence numbers of the hello (RFC 6347, 4.2.1)
    assert_eq!(request[13], 3);
    assert_eq!(request[25..27], [0xfe, 0xff]);
    assert!(request.len() <= hello.bytes.len());
    net.client.receive(net.now, SERVER, &request);
    net.run();
    agreed(&net);
    let open = Settings {
        cookie: false,
        ..settings()
    };
    let net = shake(settings(), open, psk());
    agreed(&net);
    assert!(message(&net, HandshakeType::HELLO_VERIFY_REQUEST).is_none());
}

#[test]
fn half_open_associations_are_bounded_and_time_out() {
    let server_settings = Settings {
        cookie: false,
        most_half_open: 3,
        ..settings()
    };
    let mut net = Net::new(Framing::Datagram, settings(), server_settings, 5);
    net.server.accept(psk().1);
    for port in 0..10 {
        let mut client = tls::Endpoint::new(Framing::Datagram, settings(), u64::from(port) + 100);
        client.connect(net.now, SERVER, psk().0);
        let hello = client.poll_transmit().unwrap();
        net.server
            .receive(net.now, address(1000 + port), &hello.bytes);
        net.now += Duration::from_millis(1);
    }
    assert_eq!(net.server.count(), (3, 3));
    net.run();
    assert_eq!(net.server.count(), (0, 0));
    let ends = net.ends();
    assert_eq!(ends.iter().filter(|end| **end == End::Evicted).count(), 7);
    assert_eq!(ends.iter().filter(|end| **end == End::TimedOut).count(), 3);
}

#[test]
fn a_flight_is_sent_again_after_times_that_double() {
    let mut net = Net::new(Framing::Datagram, settings(), settings(), 5);
    net.path.loss = 1.0;
    let start = net.now;
    net.start(psk().0, psk().1);
    net.run();
    let times: Vec<u64> = net
        .wire
        .iter()
        .map(|(time, ..)| time.since(start).as_secs())
        .collect();
    assert_eq!(times, [0, 1, 3, 7, 15, 31, 63]);
    assert_eq!(net.ends(), [End::TimedOut]);
}

#[test]
fn a_bad_mac_is_ignored_unless_it_is_fatal() {
    for fatal in [false, true] {
        let server = Settings {
            bad_mac_is_fatal: fatal,
            ..settings()
        };
        let mut net = shake(settings(), server, psk());
        net.client.send(net.now, SERVER, b"text").unwrap();
        let mut bytes = net.client.poll_transmit().unwrap().bytes;
        *bytes.last_mut().unwrap() ^= 1;
        net.server.receive(net.now, CLIENT, &bytes);
        net.run();
        assert_eq!(net.alert_received(), fatal.then_some(20));
        assert_eq!(net.ends().len(), if fatal { 2 } else { 0 });
    }
}

#[test]
fn a_session_with_extended_master_secret_is_not_resumed_without() {
    let with = |extended_master_secret| Settings {
        extended_master_secret,
        ..settings()
    };
    for (first, second) in [(true, false), (false, true)] {
        let mut net = shake(with(first), settings(), psk());
        net.hang_up();
        net.events.clear();
        *net.client.settings_mut() = with(second);
        net.connect(psk().0);
        net.run();
        if first {
            refused(&net, Side::Server, 40);
        } else {
            agreed(&net);
            assert!(!net.sessions()[0].resumed);
        }
    }
}

#[test]
fn an_extension_that_was_not_offered_is_refused() {
    let mut server = settings();
    server.extensions.push(tls::Extension {
        kind: ExtensionType::SESSION_TICKET,
        data: Vec::new(),
    });
    refused(&shake(settings(), server.clone(), psk()), Side::Client, 110);
    // a client may offer anything
    agreed(&shake(server, settings(), psk()));
}

fn fault(message: Subject, act: Act) -> Fault {
    Fault {
        message,
        arrival: 1,
        act,
        always: false,
    }
}

fn bent(faults: Vec<Fault>) -> Settings {
    Settings {
        faults,
        ..settings()
    }
}

/// Every message of a side in a handshake with certificates.
fn subjects(side: Side) -> Vec<Subject> {
    let kinds: &[u8] = match side {
        Side::Client => &[1, 11, 16, 15, 20],
        Side::Server => &[3, 2, 11, 12, 13, 14, 20],
    };
    let messages = kinds
        .iter()
        .map(|kind| Subject::Handshake(HandshakeType(*kind)));
    messages
        .chain([Subject::ChangeCipherSpec, Subject::Datagram])
        .collect()
}

#[test]
fn what_a_network_may_do_to_any_message_only_delays() {
    let acts = [
        Act::Drop,
        Act::Duplicate,
        Act::Delay(Duration::from_millis(300)),
        Act::Delay(Duration::from_secs(3)),
        Act::Reorder,
        Act::Fragment(7),
    ];
    for side in [Side::Client, Side::Server] {
        for subject in subjects(side) {
            for act in &acts {
                if subject == Subject::Datagram && matches!(act, Act::Fragment(_)) {
                    continue;
                }
                // a hello has to be whole in its datagram where nothing is remembered, and is
                let faults = bent(vec![fault(subject, act.clone())]);
                let (client, server) = match side {
                    Side::Client => (faults, settings()),
                    Side::Server => (settings(), faults),
                };
                let mut net = shake(client, server, certificates());
                assert_eq!(
                    net.sessions().len(),
                    2,
                    "{subject:?} {act:?} {:?}",
                    net.events
                );
                net.exchange_data();
            }
        }
    }
}

#[test]
fn fragments_duplicates_and_lateness_are_seen_on_the_wire() {
    let certificate = Subject::Handshake(HandshakeType::CERTIFICATE);
    let net = shake(
        settings(),
        bent(vec![fault(certificate, Act::Fragment(100))]),
        certificates(),
    );
    let seen = message(&net, HandshakeType::CERTIFICATE);
    let (_, observed) = net.watch();
    let servers = observed.iter().find_map(|one| match &one.what {
        What::Handshake(fact) if fact.kind == HandshakeType::CERTIFICATE => Some(fact.clone()),
        _ => None,
    });
    let servers = servers.unwrap();
    assert_eq!(servers.fragments, servers.length.div_ceil(100));
    assert_eq!(seen.unwrap().fragments, 1);
    let net = shake(
        settings(),
        bent(vec![fault(certificate, Act::Duplicate)]),
        certificates(),
    );
    let (_, observed) = net.watch();
    let twice = observed.iter().filter(|one| match &one.what {
        What::Handshake(fact) => fact.kind == HandshakeType::CERTIFICATE && one.from == SERVER,
        _ => false,
    });
    assert_eq!(twice.count(), 2);
    let late = fault(certificate, Act::Delay(Duration::from_millis(700)));
    let net = shake(settings(), bent(vec![late]), certificates());
    let (_, observed) = net.watch();
    let times: Vec<_> = observed
        .iter()
        .filter(|one| one.from == SERVER && matches!(&one.what, What::Handshake(_)))
        .map(|one| one.time)
        .collect();
    assert!(
        times
            .iter()
            .any(|time| time.since(times[0]) >= Duration::from_millis(690))
    );
}

#[test]
fn what_nobody_may_do_to_a_message_is_found_out() {
    let corrupt = |kind: u8, offset| {
        fault(
            Subject::Handshake(HandshakeType(kind)),
            Act::Corrupt { offset, xor: 1 },
        )
    };
    let replace = |kind: u8, bytes: &[u8]| {
        fault(
            Subject::Handshake(HandshakeType(kind)),
            Act::Replace(bytes.to_vec()),
        )
    };
    let servers = [
        // a byte of the server's random: the signature covers it
        (corrupt(2, 10), Side::Client, 51),
        // a byte of the point
        (corrupt(12, 20), Side::Client, 51),
        (replace(12, &[3, 0, 29, 1, 0, 4, 3, 0, 0]), Side::Client, 47),
        (replace(12, &[1]), Side::Client, 50),
        (replace(14, b"more"), Side::Client, 50),
        (replace(11, &[0, 0, 0]), Side::Client, 42),
        (replace(2, &[0xfe]), Side::Client, 50),
        (corrupt(20, 0), Side::Client, 51),
    ];
    for (fault, by, alert) in servers {
        let net = shake(settings(), bent(vec![fault.clone()]), certificates());
        refused(&net, by, alert);
    }
    let clients = [
        (corrupt(20, 3), Side::Server, 51),
        (replace(16, &[0]), Side::Server, 47),
        (replace(15, &[4, 3, 0, 1]), Side::Server, 50),
        (replace(11, &[0, 0, 3, 0, 0, 9]), Side::Server, 50),
    ];
    for (fault, by, alert) in clients {
        let net = shake(bent(vec![fault.clone()]), settings(), certificates());
        refused(&net, by, alert);
    }
}

#[test]
fn what_is_always_lost_never_comes_and_alerts_can_be_lost() {
    let lost = Fault {
        always: true,
        ..fault(
            Subject::Handshake(HandshakeType::SERVER_HELLO_DONE),
            Act::Drop,
        )
    };
    let net = shake(settings(), bent(vec![lost]), psk());
    assert_eq!(net.ends(), [End::TimedOut, End::TimedOut]);
    let quiet = bent(vec![fault(Subject::Alert, Act::Drop)]);
    let mut with = psk();
    with.0.psk.as_mut().unwrap().identity = b"stranger".to_vec();
    let net = shake(settings(), quiet, with);
    assert_eq!(net.alert_received(), None);
    assert!(matches!(net.ends()[..], [End::TimedOut, End::Sent { .. }]));
    let odd = bent(vec![fault(Subject::Alert, Act::Replace(vec![1, 200]))]);
    let mut net = shake(odd, settings(), psk());
    net.client.close(net.now, SERVER, Close::Notify);
    net.run();
    assert_eq!(net.alert_received(), Some(200));
}

#[test]
fn trusted_roots_are_enough() {
    let mut with = certificates();
    with.1.own = vec![chain_of("server-chain")];
    with.0.reference = None;
    with.0.roots = vec![root()];
    agreed(&shake(settings(), settings(), with));
}
