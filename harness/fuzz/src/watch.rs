//! The judge's watch on everything that may pass: datagrams, streams, secured or not, with secrets or without.

use coap::Time;
use judge::watch::{Sight, StreamPart, Watch};
use oscore::Parameters;
use tls::Framing;

use crate::pieces::Pieces;
use crate::tls::{client, disturb, server, sessions};

/// A genuine session and anything else between its ends; messages come out in frames that went in.
pub fn wire(input: &[u8]) {
    let mut pieces = Pieces::new(input);
    let choice = usize::from(pieces.byte().unwrap_or_default());
    let flags = pieces.byte().unwrap_or_default();
    let sessions = sessions();
    let session = &sessions[choice % sessions.len()];
    let mut watch = Watch::default();
    if flags & 1 == 0 {
        watch.guard(server());
    }
    if flags & 2 == 0 {
        watch.psk(b"client", b"secret");
    }
    if flags & 4 != 0 {
        let context = Parameters::new(vec![1; 16], vec![0], vec![1]);
        watch.context(&context).expect("a context");
    }
    let mut wire = session.wire.clone();
    disturb(&mut wire, &mut pieces);
    let length: usize = wire.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut frame = 0;
    let mut out = 0;
    for (up, bytes) in wire {
        frame += 1;
        let ends = if up {
            (client(), server())
        } else {
            (server(), client())
        };
        match (session.framing, bytes.len()) {
            (Framing::Datagram, _) => watch.datagram(Time::ZERO, frame, ends, &bytes),
            (_, 0) => watch.stream(Time::ZERO, frame, ends, StreamPart::Opened),
            (_, 1) => watch.stream(Time::ZERO, frame, ends, StreamPart::Closed),
            // as segments come
            _ => bytes.chunks(SEGMENT).for_each(|part| {
                watch.stream(Time::ZERO, frame, ends, StreamPart::Bytes(part));
                out += drain(&mut watch, frame);
            }),
        }
        out += drain(&mut watch, frame);
    }
    watch.finish();
    out += drain(&mut watch, frame);
    assert!(out <= length, "{out} bytes out of {length}");
    for unread in watch.unread() {
        assert!(unread.frame <= frame);
    }
}

fn drain(watch: &mut Watch, frame: u32) -> usize {
    let mut length = 0;
    while let Some(seen) = watch.poll() {
        assert!(seen.frame >= 1 && seen.frame <= frame);
        if let Sight::Message { bytes, .. } = seen.what {
            length += bytes.len();
        }
    }
    length
}

/// Bytes of a segment over Ethernet.
const SEGMENT: usize = 1460;
