//! DTLS and TLS: records and handshake messages, and the watcher on a genuine session among which anything is strewn.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::OnceLock;

use ::tls::{
    ClientCredentials, ConnectionId, Context, Endpoint, Event, Framing, HandshakeBody,
    HandshakeType, KeyExchange, Record, Secret, ServerCredentials, Settings, Suite, Watcher, What,
};
use coap::Time;

use crate::pieces::Pieces;

/// Who sends, and what.
pub(crate) type Sent = (bool, Vec<u8>);

/// Sessions of ours, as they pass: handshake, data both ways, close and resumption.
pub(crate) struct Genuine {
    pub(crate) framing: Framing,
    pub(crate) wire: Vec<Sent>,
    pub(crate) secrets: Vec<Secret>,
}

pub(crate) fn client() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 40_000))
}

pub(crate) fn server() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 5684))
}

fn genuine(framing: Framing, suite: Suite, cid: bool, message: &[u8]) -> Genuine {
    let settings = Settings {
        suites: vec![suite],
        datagram_size: 300,
        connection_id: if cid {
            ConnectionId::Length(3)
        } else {
            ConnectionId::Off
        },
        ..Settings::default()
    };
    let now = Time::from_nanos(1_000_000_000);
    let mut ends = [
        Endpoint::new(framing, settings.clone(), 1),
        Endpoint::new(framing, settings, 2),
    ];
    ends[1].accept(ServerCredentials::psk(&[(b"client", b"secret")]));
    let mut genuine = Genuine {
        framing,
        wire: Vec::new(),
        secrets: Vec::new(),
    };
    for _ in 0..2 {
        ends[0].connect(now, server(), ClientCredentials::psk(b"client", b"secret"));
        pass(now, &mut ends, &mut genuine);
        ends[0].send(now, server(), message).expect("a session");
        pass(now, &mut ends, &mut genuine);
        ends[1].send(now, client(), message).expect("a session");
        ends[0].close(now, server(), ::tls::Close::Notify);
        pass(now, &mut ends, &mut genuine);
        ends[1].close(now, client(), ::tls::Close::Silent);
        pass(now, &mut ends, &mut genuine);
    }
    genuine
}

fn pass(now: Time, ends: &mut [Endpoint; 2], genuine: &mut Genuine) {
    loop {
        let before = genuine.wire.len();
        for (at, from) in [(0, client()), (1, server())] {
            while let Some(transmit) = ends[at].poll_transmit() {
                ends[1 - at].receive(now, from, &transmit.bytes);
                genuine.wire.push((at == 0, transmit.bytes));
            }
            while let Some(event) = ends[at].poll_event() {
                if let Event::Secret(secret) = event {
                    genuine.secrets.push(secret);
                }
            }
        }
        if genuine.wire.len() == before {
            return;
        }
    }
}

/// Sessions of both framings, with and without Connection IDs, in suites of each kind.
pub(crate) fn sessions() -> &'static [Genuine] {
    static SESSIONS: OnceLock<Vec<Genuine>> = OnceLock::new();
    SESSIONS.get_or_init(|| {
        let suites = [
            Suite::PSK_AES_128_CCM_8,
            Suite::PSK_AES_128_CBC_SHA256,
            Suite::ECDHE_PSK_AES_128_CBC_SHA256,
        ];
        let mut sessions = Vec::new();
        for suite in suites {
            sessions.push(genuine(Framing::Datagram, suite, false, DATAGRAM));
            sessions.push(genuine(Framing::Datagram, suite, true, DATAGRAM));
            sessions.push(genuine(Framing::Stream, suite, false, FRAME));
        }
        sessions
    })
}

/// A record, and a message of every type: what is read is written back.
pub fn record(input: &[u8]) {
    let mut pieces = Pieces::new(input);
    let Some(choice) = pieces.byte() else { return };
    let framing = if choice & 1 == 0 {
        Framing::Datagram
    } else {
        Framing::Stream
    };
    let bytes = pieces.rest();
    if let Ok((record, used)) = Record::read(framing, bytes, |_| usize::from(choice >> 1) % 8) {
        assert_eq!(record.encode(framing), &bytes[..used]);
    }
    let exchanges = [
        None,
        Some(KeyExchange::Psk),
        Some(KeyExchange::EcdhePsk),
        Some(KeyExchange::EcdheEcdsa),
    ];
    let context = Context {
        framing,
        exchange: exchanges[usize::from(choice >> 1) % 4],
        raw_key: choice & 8 != 0,
    };
    for kind in [0, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 20] {
        match HandshakeBody::decode(HandshakeType(kind), bytes, context) {
            Ok(body) => {
                let written = body.encode(framing);
                let again = HandshakeBody::decode(HandshakeType(kind), &written, context);
                assert_eq!(again, Ok(body));
            }
            Err(error) => assert!(error.offset <= bytes.len(), "{kind} {error}"),
        }
    }
}

/// What the watcher tells of a genuine session that others disturb: data is the endpoints' own, whatever the disturbance.
pub fn watcher(input: &[u8]) {
    let mut pieces = Pieces::new(input);
    let choice = usize::from(pieces.byte().unwrap_or_default());
    let keys = pieces.byte().unwrap_or_default();
    let sessions = sessions();
    let session = &sessions[choice % sessions.len()];
    let mut watcher = Watcher::new(session.framing);
    tell(&mut watcher, session, keys & 3);
    let mut wire = session
        .wire
        .iter()
        .map(|(up, bytes)| (*up, bytes.clone()))
        .collect::<Vec<_>>();
    disturb(&mut wire, &mut pieces);
    let mut frame = 0;
    let mut ports = HashMap::new();
    let mut told = 0;
    for (up, bytes) in wire {
        frame += 1;
        if frame == 6 {
            tell(&mut watcher, session, keys >> 2 & 3);
        }
        let (from, to) = if up {
            (client(), server())
        } else {
            (server(), client())
        };
        *ports.entry(from).or_insert(0) += 1;
        watcher.observe(Time::ZERO, frame, from, to, &bytes);
        told += check(&mut watcher, frame);
    }
    watcher.finish();
    told += check(&mut watcher, frame);
    assert!(told <= 4 * 64 || session.framing == Framing::Datagram || input.len() > 64);
    for facts in watcher.sessions() {
        assert!(
            facts
                .unread
                .as_ref()
                .is_none_or(|why| !why.to_string().is_empty())
        );
    }
}

fn tell(watcher: &mut Watcher, session: &Genuine, what: u8) {
    match what {
        1 => watcher.add_psk(b"client".to_vec(), b"wrong".to_vec()),
        2 => watcher.add_psk(b"client".to_vec(), b"secret".to_vec()),
        3 => session
            .secrets
            .iter()
            .for_each(|one| watcher.add_secret(one.client_random, one.master)),
        _ => {}
    }
}

fn check(watcher: &mut Watcher, frame: u32) -> usize {
    let mut count = 0;
    while let Some(observed) = watcher.poll() {
        count += 1;
        assert!(observed.frame <= frame);
        // in epoch 0 anybody can say anything
        if let (What::Data(bytes), true) = (&observed.what, observed.epoch > 0) {
            assert!(bytes == DATAGRAM || bytes == FRAME, "forged: {bytes:?}");
        }
    }
    count
}

/// Puts in, takes out, repeats, moves and spoils what passes, as the input says.
pub(crate) fn disturb(wire: &mut Vec<Sent>, pieces: &mut Pieces<'_>) {
    for _ in 0..64 {
        let (Some(what), Some(at)) = (pieces.byte(), pieces.byte()) else {
            return;
        };
        let up = what & 0x80 == 0;
        let at = usize::from(at) % (wire.len() + 1);
        match what % 6 {
            0 => {
                let Some(run) = pieces.run() else { return };
                wire.insert(at, (up, run.to_vec()));
            }
            1 if at < wire.len() => drop(wire.remove(at)),
            2 if at < wire.len() => {
                let to = pieces.byte().map_or(0, usize::from) % (wire.len() + 1);
                let copy = wire[at].clone();
                wire.insert(to, copy);
            }
            3 if at < wire.len() => {
                let to = pieces.byte().map_or(0, usize::from) % wire.len();
                wire.swap(at, to);
            }
            4 if at < wire.len() => {
                let (place, mask) = (pieces.number().unwrap_or(0), pieces.byte().unwrap_or(1));
                let bytes = &mut wire[at].1;
                let place = place % bytes.len().max(1);
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= mask;
                }
            }
            5 if at < wire.len() => {
                let (place, run) = (
                    pieces.number().unwrap_or(0),
                    pieces.run().unwrap_or_default(),
                );
                let bytes = &mut wire[at].1;
                let place = place % (bytes.len() + 1);
                bytes.splice(
                    place..(place + run.len() / 2).min(bytes.len()),
                    run.iter().copied(),
                );
            }
            _ => {}
        }
    }
}

/// GET /3/0 over UDP.
pub(crate) const DATAGRAM: &[u8] = &[0x42, 1, 0x12, 0x34, 7, 8, 0xb1, b'3', 0x01, b'0'];
/// The same over TCP.
pub(crate) const FRAME: &[u8] = &[0x42, 1, 7, 8, 0xb1, b'3', 0x01, b'0'];
