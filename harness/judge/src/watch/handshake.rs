//! DTLS and TLS sessions: flights of their handshakes as words of the notation, and the messages inside.
//!
//! A flight is told when it is whole; what it holds is read out of its messages as they pass.

mod facts;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use coap::Time;
use testcase::Word;
use tls::{Framing, HandshakeBody, Observed, Rejection, Watcher, What};

use super::{Sight, UnreadSession, Watched};
use crate::actual::Actual;
use crate::event::{Note, Protection, Via};
use facts::{Fields, alert_fields, client_fields, hello_fields, server_fields, told};

/// Reads DTLS or TLS.
pub(super) struct Handshakes {
    watcher: Watcher,
    framing: Framing,
    sessions: HashMap<u64, Progress>,
    /// Length and first bytes of the newest frames.
    bytes: BTreeMap<u32, (u32, Arc<[u8]>)>,
    ready: VecDeque<Watched>,
    /// The last frame, and how much was told of it.
    told: (u32, usize),
}

/// Sender and receiver.
type Ends = (SocketAddr, SocketAddr);

/// How far a handshake has come.
#[derive(Default)]
struct Progress {
    /// Whose records have verified with the keys that it changed to last.
    verified: BTreeSet<SocketAddr>,
    /// Who sent the ClientHello.
    client: Option<SocketAddr>,
    /// Whether the ClientHello has been told, and its random.
    hello: Option<[u8; 32]>,
    cookie: bool,
    server: Flight,
    client_flight: Flight,
    /// Whether ServerHelloDone came: the handshake is a whole one.
    whole: bool,
    /// Whether an end has changed its cipher spec.
    client_changed: bool,
    server_changed: bool,
}

/// A flight under way.
#[derive(Default)]
struct Flight {
    fields: Fields,
    frames: Vec<u32>,
    told: bool,
}

impl Default for Handshakes {
    fn default() -> Self {
        Self::new(Framing::Datagram)
    }
}

impl Handshakes {
    pub(super) fn new(framing: Framing) -> Self {
        Self {
            watcher: Watcher::new(framing),
            framing,
            sessions: HashMap::new(),
            bytes: BTreeMap::new(),
            ready: VecDeque::new(),
            told: (0, 0),
        }
    }

    pub(super) fn secret(&mut self, client_random: [u8; 32], master: [u8; 48]) {
        self.watcher.add_secret(client_random, master);
        self.collect();
    }

    pub(super) fn psk(&mut self, identity: &[u8], key: &[u8]) {
        self.watcher.add_psk(identity.to_vec(), key.to_vec());
        self.collect();
    }

    pub(super) fn poll_secret(&mut self) -> Option<tls::Secret> {
        self.watcher.poll_secret()
    }

    pub(super) fn unread(&self) -> impl Iterator<Item = UnreadSession> {
        self.watcher.unread().map(|(session, why)| UnreadSession {
            frame: session.frame,
            client: session.client,
            server: session.server,
            why,
        })
    }

    pub(super) fn finish(&mut self) {
        self.watcher.finish();
        self.collect();
    }

    pub(super) fn observe(&mut self, time: Time, frame: u32, ends: Ends, bytes: &[u8]) {
        let head = bytes.iter().take(HEAD).copied().collect();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.bytes.insert(frame, (length, head));
        while self.bytes.len() > FRAMES {
            self.bytes.pop_first();
        }
        self.watcher.observe(time, frame, ends.0, ends.1, bytes);
        self.collect();
    }

    pub(super) fn poll(&mut self) -> Option<Watched> {
        self.ready.pop_front()
    }

    fn collect(&mut self) {
        while let Some(observed) = self.watcher.poll() {
            self.take(observed);
        }
    }

    fn take(&mut self, observed: Observed) {
        let place = Place {
            time: observed.time,
            frame: observed.frame,
            ends: (observed.from, observed.to),
            session: observed.session,
        };
        match observed.what {
            What::Handshake(fact) => {
                let (label, notes) = told(&fact);
                self.label(place, &label, notes);
                if let (false, Ok(body)) = (fact.repeats, &fact.body) {
                    self.handshake(place, body);
                    if matches!(body, HandshakeBody::Finished(_)) {
                        self.verifies(place);
                    }
                }
            }
            What::ChangeCipherSpec => {
                self.label(place, "ChangeCipherSpec", Vec::new());
                self.changed(place);
            }
            What::Alert(alert) => {
                self.label(place, &format!("Alert {alert}"), Vec::new());
                self.note(place, Word::Alert, alert_fields(alert), vec![place.frame]);
            }
            What::Data(bytes) if observed.epoch == 0 => {
                let notes = vec![format!("{} bytes", bytes.len())];
                self.label(place, "application data without protection", notes);
                self.note(place, Word::Cleartext, Vec::new(), vec![place.frame]);
            }
            What::Data(bytes) => {
                self.verifies(place);
                let via = Via {
                    stream: false,
                    protection: match self.framing {
                        Framing::Datagram => Protection::Dtls,
                        Framing::Stream => Protection::Tls,
                    },
                    oscore: false,
                    session: Some(place.session),
                    copied: false,
                };
                self.push(
                    place,
                    Sight::Message {
                        bytes,
                        reading: None,
                        via,
                    },
                );
            }
            What::Undecrypted {
                content_type, why, ..
            } => {
                let label = format!("{content_type}, encrypted");
                self.label(place, &label, vec![why.to_string()]);
            }
            What::Malformed(reason) => {
                self.label(place, "no record", vec![reason]);
                self.note(place, Word::Cleartext, Vec::new(), vec![place.frame]);
            }
            What::Rejected(reason) => {
                if let Rejection::Unverified(why) = &reason {
                    self.unverified(place, why);
                }
                let (label, notes) = match reason {
                    Rejection::Unverified(why) => ("record that does not verify", vec![why]),
                    Rejection::Replayed => ("record that came before", Vec::new()),
                };
                self.label(place, label, notes);
            }
        }
    }

    /// Records of the sender verify, so that the keys are the right ones.
    fn verifies(&mut self, place: Place) {
        let progress = self.sessions.entry(place.session).or_default();
        progress.verified.insert(place.ends.0);
    }

    /// A record does not verify: nobody but its sender can have spoiled it on a stream, if others did.
    fn unverified(&mut self, place: Place, why: &str) {
        let mut progress = self.sessions.get(&place.session).into_iter();
        let verified = progress.any(|known| known.verified.contains(&place.ends.0));
        if verified && self.framing == Framing::Stream {
            let what = Sight::Breach {
                rule: "tls-record",
                text: format!("a record does not verify: {why}"),
            };
            self.push(place, what);
        }
    }

    fn handshake(&mut self, place: Place, body: &HandshakeBody) {
        let progress = self.sessions.entry(place.session).or_default();
        match body {
            HandshakeBody::ClientHello(hello) => {
                progress.client = Some(place.ends.0);
                progress.cookie |= !hello.cookie.is_empty();
                if progress.hello == Some(hello.random) {
                    return;
                }
                progress.hello = Some(hello.random);
                let fields = hello_fields(hello, self.framing);
                self.note(place, Word::ClientHello, fields, vec![place.frame]);
            }
            HandshakeBody::HelloVerifyRequest(_) | HandshakeBody::HelloRequest => {}
            _ if progress.client == Some(place.ends.0) => {
                progress.client_flight.frames.push(place.frame);
                client_fields(&mut progress.client_flight.fields, body);
            }
            HandshakeBody::ServerHelloDone => {
                progress.whole = true;
                progress.server.frames.push(place.frame);
                self.tell_server(place);
            }
            _ => {
                progress.server.frames.push(place.frame);
                server_fields(&mut progress.server.fields, body);
            }
        }
    }

    /// An end changes its cipher spec: its Finished comes next.
    fn changed(&mut self, place: Place) {
        let progress = self.sessions.entry(place.session).or_default();
        let by_client = progress.client == Some(place.ends.0);
        progress.verified.remove(&place.ends.0);
        match (by_client, progress.whole) {
            (true, _) if !progress.client_changed => {
                progress.client_changed = true;
                let flight = std::mem::take(&mut progress.client_flight);
                let mut frames = flight.frames;
                frames.push(place.frame);
                frames.dedup();
                self.note(place, Word::ClientFinished, flight.fields, frames);
            }
            (false, true) if !progress.server_changed => {
                progress.server_changed = true;
                self.note(place, Word::ServerFinished, Vec::new(), vec![place.frame]);
            }
            (false, false) if !progress.server_changed => {
                progress.server_changed = true;
                progress.server.frames.push(place.frame);
                self.tell_server(place);
            }
            _ => {}
        }
    }

    /// The server's flight is whole.
    fn tell_server(&mut self, place: Place) {
        let progress = self.sessions.entry(place.session).or_default();
        if progress.server.told {
            return;
        }
        let mut flight = std::mem::take(&mut progress.server);
        progress.server.told = true;
        let truth = |truth: bool| Actual::Value(lwm2m::Value::Boolean(truth));
        flight.fields.push(("cookie", truth(progress.cookie)));
        flight.fields.push(("resumed", truth(!progress.whole)));
        flight.frames.dedup();
        self.note(place, Word::ServerHello, flight.fields, flight.frames);
    }

    fn note(&mut self, place: Place, word: Word, fields: Fields, frames: Vec<u32>) {
        let note = Note {
            word,
            fields,
            session: place.session,
        };
        self.push(place, Sight::Note(Box::new(note), frames));
    }

    fn label(&mut self, place: Place, label: &str, notes: Vec<String>) {
        let known = self.bytes.get(&place.frame).cloned();
        let (length, head) = known.unwrap_or_else(|| (0, Vec::new().into()));
        let what = Sight::Frame {
            label: label.to_owned(),
            notes,
            length,
            head,
        };
        self.push(place, what);
    }

    fn push(&mut self, place: Place, what: Sight) {
        let told = match self.told {
            (frame, told) if frame == place.frame => told + 1,
            _ => 1,
        };
        self.told = (place.frame, told);
        // a datagram of nothing but empty records says no more by being told to its end
        if told > MOST_OF_A_FRAME && !matches!(what, Sight::Message { .. }) {
            return;
        }
        self.ready.push_back(Watched {
            time: place.time,
            frame: place.frame,
            ends: place.ends,
            what,
        });
    }
}

/// Where something was observed.
#[derive(Clone, Copy)]
struct Place {
    time: Time,
    frame: u32,
    ends: Ends,
    session: u64,
}

/// Bytes of a frame that the record keeps.
const HEAD: usize = 1024;
/// Frames whose bytes are kept until what they hold can be read.
const FRAMES: usize = 256;
/// What is told of one frame, beside messages; a flight has some twenty records.
const MOST_OF_A_FRAME: usize = 512;
