//! Faults of messages on their way out: what a network may do only delays, what nobody may do is found out.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod net;

use std::time::Duration;

use net::{SERVER, Side, certificates, message, psk, refused, settings, shake};
use tls::{Act, Close, End, Fault, HandshakeType, Settings, Subject, What};

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
