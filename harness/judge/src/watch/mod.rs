//! The watch: reads what passes on the wire, so that a play sees messages and what the channel below them did.
//!
//! Passive. It serves a live run and virtual time, and takes what a relay or a capture would give it: datagrams, parts of TCP
//! streams, secrets. What is protected with a key that nobody told stays unread.

mod handshake;
mod legs;
mod stream;

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use coap::{Reading, Time};
use testcase::Seat;

use oscore::Protection as Protection8613;

use crate::event::{ChannelFrame, Note, Via};
use crate::{Play, Seen};
use handshake::Handshakes;
use legs::Legs;
use stream::Streams;

/// Reads what passes.
#[derive(Default)]
pub struct Watch {
    /// Addresses at which everything has to be protected.
    guarded: BTreeSet<SocketAddr>,
    datagrams: Handshakes,
    streams: Streams,
    oscore: Option<oscore::Watcher>,
    legs: Legs,
    ready: VecDeque<Watched>,
}

/// Something that passed.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Tap time.
    pub time: Time,
    /// Number in the capture.
    pub frame: u32,
    /// Sender and receiver.
    pub ends: (SocketAddr, SocketAddr),
    /// What.
    pub what: Sight,
}

/// What a watch sees.
#[derive(Clone, Debug)]
pub enum Sight {
    /// A CoAP message.
    Message {
        /// Its bytes, without protection.
        bytes: Vec<u8>,
        /// What the strict reader of streams made of it; `None` for a datagram.
        reading: Option<Box<Reading>>,
        /// How it travelled.
        via: Via,
    },
    /// Something of the channel below, with the frames that carried it.
    Note(Box<Note>, Vec<u32>),
    /// A message broke this rule of the referee, which only the watch can see.
    Breach {
        /// Name of the rule.
        rule: &'static str,
        /// What was there.
        text: String,
    },
    /// A frame of the channel, for the ladder: its label, what is said of it, its length and its first bytes.
    Frame {
        /// What it holds.
        label: String,
        /// What is said of it beside.
        notes: Vec<String>,
        /// Bytes on the wire.
        length: u32,
        /// The first of them.
        head: Arc<[u8]>,
    },
}

/// A DTLS or TLS session that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadSession {
    /// The frame in which it began.
    pub frame: u32,
    /// Where its client is.
    pub client: SocketAddr,
    /// Where its server is.
    pub server: SocketAddr,
    /// Why it could not.
    pub why: tls::Unread,
}

/// What happens to a TCP connection.
#[derive(Clone, Copy, Debug)]
pub enum StreamPart<'a> {
    /// The sender opened it.
    Opened,
    /// It was accepted from the sender, for those who hold an end.
    Accepted,
    /// Bytes in one direction.
    Bytes(&'a [u8]),
    /// It was closed.
    Closed,
}

impl Watch {
    /// Takes note that what comes to this address and from it has to be protected by DTLS or TLS.
    pub fn guard(&mut self, address: SocketAddr) {
        self.guarded.insert(address);
    }

    /// Takes note that the harness ends DTLS or TLS between two implementations: at `own` it stands for whoever is at `other`.
    ///
    /// What comes to `own` is for `other`, and what goes from there is nobody's word: it passes on what the other side has said,
    /// or belongs to a handshake of the harness.
    pub fn stand_in(&mut self, own: SocketAddr, other: SocketAddr) {
        self.guard(own);
        self.legs.add(own, other);
    }

    /// Takes the master secret of the session whose client sent this random.
    pub fn secret(&mut self, client_random: [u8; 32], master: [u8; 48]) {
        self.datagrams.secret(client_random, master);
        self.streams.secret(client_random, master);
        self.collect();
    }

    /// Takes a pre-shared key; it is enough to read sessions whose suites have no Diffie-Hellman (RFC 4279, 2).
    ///
    /// Several may be told for one identity. A wrong one opens nothing, and the frames say so.
    pub fn psk(&mut self, identity: &[u8], key: &[u8]) {
        self.datagrams.psk(identity, key);
        self.streams.psk(identity, key);
        self.collect();
    }

    /// The next master secret that a pre-shared key gave, for the secrets of a capture.
    pub fn poll_secret(&mut self) -> Option<tls::Secret> {
        let datagrams = self.datagrams.poll_secret();
        datagrams.or_else(|| self.streams.poll_secret())
    }

    /// The DTLS and TLS sessions so far of which records could not be read, and why.
    pub fn unread(&self) -> Vec<UnreadSession> {
        let datagrams = self.datagrams.unread();
        datagrams.chain(self.streams.unread()).collect()
    }

    /// Gives up what waits for a key, since none will come any more: at the end of a capture.
    pub fn finish(&mut self) {
        self.datagrams.finish();
        self.streams.finish();
        self.collect();
    }

    /// Takes a security context of OSCORE.
    pub fn context(&mut self, context: &oscore::Parameters) -> Result<(), oscore::ParametersError> {
        let watcher = self.oscore.get_or_insert_default();
        watcher.add(context).map(drop)
    }

    /// Takes a datagram.
    pub fn datagram(
        &mut self,
        time: Time,
        frame: u32,
        ends: (SocketAddr, SocketAddr),
        bytes: &[u8],
    ) {
        if self.is_guarded(ends) {
            self.datagrams.observe(time, frame, ends, bytes);
            return self.collect();
        }
        let message = (bytes.to_vec(), None, Via::default());
        self.message(time, frame, ends, message);
    }

    /// Takes a datagram that a relay sent once more, of its own accord.
    pub fn copy(&mut self, time: Time, frame: u32, ends: (SocketAddr, SocketAddr), bytes: &[u8]) {
        if self.is_guarded(ends) {
            self.legs.repeats(frame);
            return self.datagram(time, frame, ends, bytes);
        }
        let via = Via {
            copied: true,
            ..Via::default()
        };
        self.message(time, frame, ends, (bytes.to_vec(), None, via));
    }

    /// Takes what happens to a TCP connection.
    pub fn stream(
        &mut self,
        time: Time,
        frame: u32,
        ends: (SocketAddr, SocketAddr),
        part: StreamPart<'_>,
    ) {
        let guarded = self.is_guarded(ends);
        self.streams.observe(time, frame, ends, part, guarded);
        self.collect();
    }

    /// What was seen next.
    pub fn poll(&mut self) -> Option<Watched> {
        self.ready.pop_front()
    }

    fn is_guarded(&self, (from, to): (SocketAddr, SocketAddr)) -> bool {
        self.guarded.contains(&from) || self.guarded.contains(&to)
    }

    fn collect(&mut self) {
        while let Some(watched) = self.datagrams.poll().or_else(|| self.streams.poll()) {
            let Some(watched) = self.legs.pass(watched) else {
                continue;
            };
            match watched.what {
                Sight::Message {
                    bytes,
                    reading,
                    via,
                } => {
                    let message = (bytes, reading, via);
                    self.message(watched.time, watched.frame, watched.ends, message);
                }
                _ => self.ready.push_back(watched),
            }
        }
    }

    /// A CoAP message as it came out of the channel; OSCORE is inside of it.
    fn message(
        &mut self,
        time: Time,
        frame: u32,
        ends: (SocketAddr, SocketAddr),
        (bytes, reading, mut via): (Vec<u8>, Option<Box<Reading>>, Via),
    ) {
        let (bytes, reading) = match (&mut self.oscore, reading) {
            (Some(watcher), None) => {
                let seen = watcher.observe(time, ends.0, ends.1, &bytes);
                via.oscore = matches!(seen.protection, Protection8613::Opened(_));
                for (rule, text) in breaches(&seen) {
                    let what = Sight::Breach { rule, text };
                    self.ready.push_back(Watched {
                        time,
                        frame,
                        ends,
                        what,
                    });
                }
                (seen.datagram, None)
            }
            (_, reading) => (bytes, reading),
        };
        self.ready.push_back(Watched {
            time,
            frame,
            ends,
            what: Sight::Message {
                bytes,
                reading,
                via,
            },
        });
    }
}

/// What a message has against RFC 8613, by the name of the rule.
fn breaches(seen: &oscore::Seen) -> Vec<(&'static str, String)> {
    if seen.repeated {
        return Vec::new();
    }
    match &seen.protection {
        Protection8613::Absent { .. } => Vec::new(),
        Protection8613::Opened(facts) => {
            let found = facts.findings.iter();
            found.map(|one| (one.name(), one.to_string())).collect()
        }
        Protection8613::Closed { fault, .. } => vec![("oscore-unreadable", fault.to_string())],
    }
}

impl Play {
    /// Takes what a watch has seen between two seats.
    pub fn handle_watched(&mut self, watched: Watched, (from, to): (Seat, Seat)) {
        let Watched {
            time, frame, ends, ..
        } = watched;
        match watched.what {
            Sight::Message {
                bytes,
                reading,
                via,
            } => {
                let seen = Seen {
                    frame,
                    from,
                    to,
                    source: ends.0,
                    bytes: &bytes,
                    via,
                };
                match reading {
                    Some(reading) => self.handle_stream_message(time, seen, *reading),
                    None => self.handle_datagram(time, seen),
                }
            }
            Sight::Breach { rule, text } => self.handle_breach(time, frame, from, rule, &text),
            Sight::Note(note, frames) => self.handle_channel(time, frames, (from, to), *note),
            Sight::Frame {
                label,
                notes,
                length,
                head,
            } => self.handle_channel_frame(ChannelFrame {
                time,
                frame,
                from,
                to,
                label,
                notes,
                length,
                head,
            }),
        }
    }
}
