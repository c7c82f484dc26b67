//! The watch on DTLS and TLS with pre-shared keys, right, wrong and missing.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;

use coap::Time;
use judge::watch::{Sight, StreamPart, Watch, Watched};
use tls::{ClientCredentials, Endpoint, Event, Framing, ServerCredentials, Settings, Suite};

const IDENTITY: &[u8] = b"\xff\x00id";
const KEY: &[u8] = b"a key";

fn client() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 40_000))
}

fn server() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 5684))
}

/// What passes from the first ClientHello to a message from the client: sender, receiver, bytes.
fn wire(framing: Framing, suite: Suite, message: &[u8]) -> Vec<(SocketAddr, SocketAddr, Vec<u8>)> {
    let settings = Settings {
        suites: vec![suite],
        ..Settings::default()
    };
    let now = Time::from_nanos(1_000_000_000);
    let mut ends = [
        Endpoint::new(framing, settings.clone(), 1),
        Endpoint::new(framing, settings, 2),
    ];
    ends[1].accept(ServerCredentials::psk(&[(IDENTITY, KEY)]));
    ends[0].connect(now, server(), ClientCredentials::psk(IDENTITY, KEY));
    let mut wire = Vec::new();
    let mut sent = false;
    loop {
        let before = wire.len();
        for (at, from) in [(0, client()), (1, server())] {
            while let Some(transmit) = ends[at].poll_transmit() {
                ends[1 - at].receive(now, from, &transmit.bytes);
                wire.push((from, transmit.to, transmit.bytes));
            }
        }
        let events = std::iter::from_fn(|| ends[0].poll_event());
        let established = events.filter(|event| matches!(event, Event::Established { .. }));
        if established.count() > 0 {
            sent = true;
            ends[0].send(now, server(), message).unwrap();
        } else if wire.len() == before {
            assert!(sent);
            return wire;
        }
    }
}

fn watched(
    framing: Framing,
    suite: Suite,
    keys: &[&[u8]],
    message: &[u8],
) -> (Watch, Vec<Watched>) {
    let mut watch = Watch::default();
    watch.guard(server());
    for key in keys {
        watch.psk(IDENTITY, key);
    }
    let ends = (client(), server());
    if framing == Framing::Stream {
        watch.stream(Time::ZERO, 1, ends, StreamPart::Opened);
    }
    for (frame, (from, to, bytes)) in (2..).zip(wire(framing, suite, message)) {
        match framing {
            Framing::Datagram => watch.datagram(Time::ZERO, frame, (from, to), &bytes),
            Framing::Stream => {
                watch.stream(Time::ZERO, frame, (from, to), StreamPart::Bytes(&bytes));
            }
        }
    }
    watch.finish();
    let seen = std::iter::from_fn(|| watch.poll()).collect();
    (watch, seen)
}

fn messages(seen: &[Watched]) -> Vec<&[u8]> {
    let messages = seen.iter().filter_map(|one| match &one.what {
        Sight::Message { bytes, .. } => Some(bytes.as_slice()),
        _ => None,
    });
    messages.collect()
}

fn notes(seen: &[Watched]) -> Vec<&str> {
    let notes = seen.iter().filter_map(|one| match &one.what {
        Sight::Frame { label, notes, .. } if label.ends_with(", encrypted") => Some(notes),
        _ => None,
    });
    notes.flatten().map(String::as_str).collect()
}

/// A record behind others that verified is its sender's fault, on a stream alone: a datagram may be anybody's.
#[test]
fn a_record_that_does_not_verify_is_a_breach_of_a_stream() {
    let wrong: &[u8] = b"another key";
    for (framing, key, broken) in [
        (Framing::Stream, KEY, true),
        (Framing::Stream, wrong, false),
        (Framing::Datagram, KEY, false),
    ] {
        let mut watch = Watch::default();
        watch.guard(server());
        watch.psk(IDENTITY, key);
        let suite = Suite::PSK_AES_128_CCM_8;
        let mut frame = 1;
        let mut show = |from: SocketAddr, to: SocketAddr, bytes: &[u8]| {
            frame += 1;
            match framing {
                Framing::Datagram => watch.datagram(Time::ZERO, frame, (from, to), bytes),
                Framing::Stream => {
                    watch.stream(Time::ZERO, frame, (from, to), StreamPart::Bytes(bytes));
                }
            }
            frame
        };
        let mut last = None;
        for (from, to, bytes) in wire(framing, suite, &[0x40, 1, 0, 7]) {
            show(from, to, &bytes);
            last = Some((from, to, bytes));
        }
        let (from, to, mut bytes) = last.unwrap();
        // the next record, if that is what its header says; its sequence number makes a copy of it unverifiable
        *bytes.last_mut().unwrap() ^= 1;
        let spoiled = show(from, to, &bytes);
        let seen: Vec<Watched> = std::iter::from_fn(|| watch.poll()).collect();
        let breaches = seen.iter().filter_map(|one| match one.what {
            Sight::Breach { rule, .. } => Some((rule, one.frame, one.ends.0)),
            _ => None,
        });
        let expected = broken.then_some(("tls-record", spoiled, from));
        assert_eq!(breaches.collect::<Vec<_>>(), Vec::from_iter(expected));
    }
}

/// Suite, keys told, why nothing can be read.
type Row<'a> = (Suite, &'a [&'a [u8]], Option<&'a str>);

#[test]
fn a_pre_shared_key_reads_a_session_and_a_wrong_one_is_named() {
    let datagram: &[u8] = &[0x40, 1, 0, 7];
    let frame: &[u8] = &[0x00, 1];
    let wrong = r#"the key told for identity "\xff\x00id" does not open this session"#;
    let missing = r#"no key was told for identity "\xff\x00id""#;
    let more = "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256 takes a key log to be read, a pre-shared key is not enough";
    let (psk, ecdhe) = (
        Suite::PSK_AES_128_CCM_8,
        Suite::ECDHE_PSK_AES_128_CBC_SHA256,
    );
    let rows: [Row<'_>; 5] = [
        (psk, &[KEY], None),
        (psk, &[b"old key", KEY], None),
        (psk, &[b"old key"], Some(wrong)),
        (psk, &[], Some(missing)),
        (ecdhe, &[KEY], Some(more)),
    ];
    for (framing, message) in [(Framing::Datagram, datagram), (Framing::Stream, frame)] {
        for (suite, keys, why) in rows {
            let (mut watch, seen) = watched(framing, suite, keys, message);
            match why {
                None => {
                    assert_eq!(messages(&seen), [message], "{framing:?} {keys:?}");
                    assert!(watch.unread().is_empty() && notes(&seen).is_empty());
                    assert!(watch.poll_secret().is_some());
                }
                Some(why) => {
                    assert!(messages(&seen).is_empty());
                    // two Finished and the message
                    assert_eq!(notes(&seen), [why; 3]);
                    let unread = watch.unread();
                    assert_eq!(unread.len(), 1);
                    assert_eq!(unread[0].why.to_string(), why);
                    assert_eq!((unread[0].client, unread[0].server), (client(), server()));
                    assert_eq!(unread[0].frame, 2);
                    assert_eq!(watch.poll_secret(), None);
                }
            }
        }
    }
}
