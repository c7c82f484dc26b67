//! What a bad peer does, seen by the watcher, and what an honest one says to it.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod net;

use std::time::Duration;

use net::{
    CLIENT, Net, PSK, SERVER, Side, address, agreed, bad, certificates, message, psk, refused,
    settings, shake, shake_in,
};
use tls::{
    Close, ConnectionId, End, Event, ExtensionType, Framing, HandshakeBody, HandshakeType,
    Misbehaviour, Rejection, ServerName, Settings, Suite, Version, What,
};

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
