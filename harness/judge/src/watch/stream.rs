//! TCP connections: frames of RFC 8323 cut out of the streams, their signals told apart from messages.
//!
//! TLS below them is the handshake reader's.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use coap::Time;
use coap::stream::{Reader, Signal, read_frame};
use lwm2m::Value;
use testcase::Word;
use tls::Framing;

use super::handshake::Handshakes;
use super::{Sight, StreamPart, UnreadSession, Watched};
use crate::actual::Actual;
use crate::event::{Note, Protection, Via};

/// Reads TCP connections.
pub(super) struct Streams {
    secured: Handshakes,
    connections: HashMap<Ends, u64>,
    directions: HashMap<Ends, Reader>,
    opened: u64,
    /// Numbers in the place of Message IDs, which a stream has none of.
    numbers: u16,
    ready: VecDeque<Watched>,
}

/// Sender and receiver.
type Ends = (SocketAddr, SocketAddr);

impl Default for Streams {
    fn default() -> Self {
        Self {
            secured: Handshakes::new(Framing::Stream),
            connections: HashMap::new(),
            directions: HashMap::new(),
            opened: 0,
            numbers: 0,
            ready: VecDeque::new(),
        }
    }
}

impl Streams {
    pub(super) fn secret(&mut self, client_random: [u8; 32], master: [u8; 48]) {
        self.secured.secret(client_random, master);
        self.collect();
    }

    pub(super) fn psk(&mut self, identity: &[u8], key: &[u8]) {
        self.secured.psk(identity, key);
        self.collect();
    }

    pub(super) fn poll_secret(&mut self) -> Option<tls::Secret> {
        self.secured.poll_secret()
    }

    pub(super) fn unread(&self) -> impl Iterator<Item = UnreadSession> {
        self.secured.unread()
    }

    pub(super) fn finish(&mut self) {
        self.secured.finish();
        self.collect();
    }

    pub(super) fn observe(
        &mut self,
        time: Time,
        frame: u32,
        ends: Ends,
        part: StreamPart<'_>,
        guarded: bool,
    ) {
        match part {
            StreamPart::Opened => self.open(time, frame, ends),
            StreamPart::Accepted => {}
            StreamPart::Bytes(bytes) if guarded => {
                self.secured.observe(time, frame, ends, bytes);
                self.collect();
            }
            StreamPart::Bytes(bytes) => {
                let via = Via {
                    stream: true,
                    protection: Protection::Nothing,
                    oscore: false,
                    session: self.connection(ends),
                    copied: false,
                };
                self.frames(time, frame, ends, bytes, via);
            }
            StreamPart::Closed => self.close(time, frame, ends),
        }
    }

    pub(super) fn poll(&mut self) -> Option<Watched> {
        self.ready.pop_front()
    }

    fn open(&mut self, time: Time, frame: u32, (from, to): Ends) {
        self.opened += 1;
        let session = CONNECTIONS + self.opened;
        for ends in [(from, to), (to, from)] {
            self.connections.insert(ends, session);
            self.directions.remove(&ends);
        }
        self.label(time, frame, (from, to), "TCP connection", &[]);
        self.note(time, frame, (from, to), session, Word::Connect, Vec::new());
        self.note(
            time,
            frame,
            (to, from),
            session,
            Word::Connected,
            Vec::new(),
        );
    }

    fn close(&mut self, time: Time, frame: u32, ends: Ends) {
        let Some(session) = self.connection(ends) else {
            return;
        };
        let (from, to) = ends;
        self.connections.remove(&(from, to));
        self.connections.remove(&(to, from));
        self.label(time, frame, ends, "TCP connection closed", &[]);
        self.note(time, frame, ends, session, Word::Disconnect, Vec::new());
    }

    fn connection(&self, ends: Ends) -> Option<u64> {
        self.connections.get(&ends).copied()
    }

    /// What TLS has let through.
    fn collect(&mut self) {
        while let Some(watched) = self.secured.poll() {
            match watched.what {
                Sight::Message { bytes, via, .. } => {
                    let via = Via {
                        stream: true,
                        protection: Protection::Tls,
                        ..via
                    };
                    self.frames(watched.time, watched.frame, watched.ends, &bytes, via);
                }
                _ => self.ready.push_back(watched),
            }
        }
    }

    fn frames(&mut self, time: Time, frame: u32, ends: Ends, bytes: &[u8], via: Via) {
        let reader = self
            .directions
            .entry(ends)
            .or_insert_with(|| Reader::new(LONGEST));
        reader.push(bytes);
        let mut found = Vec::new();
        let mut broken = None;
        for one in reader.by_ref() {
            match one {
                Ok(one) => found.push(one.bytes),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        for bytes in found {
            self.numbers = self.numbers.wrapping_add(1);
            let reading = read_frame(&bytes, self.numbers);
            let signal = reading.message.as_ref().and_then(Signal::of);
            match (signal, &reading.message) {
                (Some(signal), Some(message)) => {
                    let token = message.token.0.clone();
                    self.signal(time, frame, ends, via, &signal, token, &bytes);
                }
                _ => self.ready.push_back(Watched {
                    time,
                    frame,
                    ends,
                    what: Sight::Message {
                        bytes,
                        reading: Some(Box::new(reading)),
                        via,
                    },
                }),
            }
        }
        if let Some(error) = broken {
            let text = error.to_string();
            self.label(
                time,
                frame,
                ends,
                "unreadable frame",
                std::slice::from_ref(&text),
            );
            self.ready.push_back(Watched {
                time,
                frame,
                ends,
                what: Sight::Breach {
                    rule: "stream-frame",
                    text,
                },
            });
        }
    }

    #[expect(clippy::too_many_arguments, reason = "facts of one signal, used once")]
    fn signal(
        &mut self,
        time: Time,
        frame: u32,
        ends: Ends,
        via: Via,
        signal: &Signal,
        token: Vec<u8>,
        bytes: &[u8],
    ) {
        let truth = |truth: bool| Actual::Value(Value::Boolean(truth));
        let token = ("token", Actual::Value(Value::Opaque(token)));
        let (word, fields, name) = match signal {
            Signal::Csm(csm) => {
                let size = csm.max_message_size;
                let size = size.map_or(Actual::Absent, |size| Actual::integer(i64::from(size)));
                let fields = vec![
                    ("max-message-size", size),
                    ("block-wise-transfer", truth(csm.block_wise)),
                ];
                (Word::Csm, fields, "7.01 CSM")
            }
            Signal::Ping { custody } => (
                Word::Ping,
                vec![token, ("custody", truth(*custody))],
                "7.02 Ping",
            ),
            Signal::Pong { custody } => (
                Word::Pong,
                vec![token, ("custody", truth(*custody))],
                "7.03 Pong",
            ),
            Signal::Release(_) => (Word::Release, Vec::new(), "7.04 Release"),
            Signal::Abort(abort) => {
                let text = ("description", Actual::text(abort.diagnostic.clone()));
                (Word::Abort, vec![text], "7.05 Abort")
            }
            Signal::Unknown(code) => {
                let text = format!("signal {code}");
                return self.label(time, frame, ends, &text, &[]);
            }
        };
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.label(time, frame, ends, name, &[hex]);
        if let Some(session) = via.session {
            self.note(time, frame, ends, session, word, fields);
        }
    }

    fn note(
        &mut self,
        time: Time,
        frame: u32,
        ends: Ends,
        session: u64,
        word: Word,
        fields: Vec<(&'static str, Actual)>,
    ) {
        let note = Note {
            word,
            fields,
            session,
        };
        self.ready.push_back(Watched {
            time,
            frame,
            ends,
            what: Sight::Note(Box::new(note), vec![frame]),
        });
    }

    fn label(&mut self, time: Time, frame: u32, ends: Ends, label: &str, notes: &[String]) {
        self.ready.push_back(Watched {
            time,
            frame,
            ends,
            what: Sight::Frame {
                label: label.to_owned(),
                notes: notes.to_vec(),
                length: 0,
                head: Vec::new().into(),
            },
        });
    }
}

/// Longest message that is read, whatever an end takes (RFC 8323, 5.3.1 leaves it to the CSM).
const LONGEST: u32 = 1 << 24;
/// Connections without TLS are counted from here, so that no session has their numbers.
const CONNECTIONS: u64 = 1 << 32;
