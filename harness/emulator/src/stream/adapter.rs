//! The adapter: all connections of one local address, and the way of the emulator's datagrams to them (RFC 8323, 3).
//!
//! Type and Message ID are left out, a CON is acknowledged to the emulator as soon as it is on its way, Empty ACK and RST go
//! nowhere (RFC 8323, 3). `incoming` holds the other way, `signalling` the 7.xx messages.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use coap::stream::{FrameLength, Settings, frame_of};
use coap::{Code, Kind, Message, MessageId, Time, Token, encode, read};

use super::connection::{Connection, Peer};
use super::{CsmConduct, StreamConduct, StreamEvent, StreamOut};

/// Lets an emulator that speaks datagrams speak over streams.
///
/// After every call, drain `poll_stream`, `poll_datagram` (into the emulator's `handle_datagram`) and `poll_event`, then ask
/// `poll_timeout` when to call `handle_timeout`.
#[derive(Clone, Debug)]
pub struct StreamAdapter {
    pub(super) conduct: StreamConduct,
    pub(super) peers: BTreeMap<SocketAddr, Peer>,
    pub(super) due: BTreeMap<(Time, u64), (SocketAddr, u64, Due)>,
    pub(super) datagrams: VecDeque<(SocketAddr, Vec<u8>)>,
    pub(super) events: VecDeque<StreamEvent>,
    out: VecDeque<StreamOut>,
    /// Pieces of what was cut last.
    pieces: VecDeque<StreamOut>,
    counter: u64,
    random: u64,
    next_id: u16,
    /// Observe value of the next notification that is handed over.
    pub(super) sequence: u32,
}

/// What is to be done later.
#[derive(Clone, Debug)]
pub(super) enum Due {
    Csm,
    Pong {
        token: Token,
        custody: bool,
    },
    /// The peer's CSM is not waited for any longer before a long message goes.
    Impatience,
    /// The connection has waited long enough for its end.
    Close,
}

impl StreamAdapter {
    /// An adapter without connections; the same seed gives the same tokens and Message IDs.
    pub fn new(conduct: StreamConduct, seed: u64) -> Self {
        let mut adapter = Self {
            conduct,
            peers: BTreeMap::new(),
            due: BTreeMap::new(),
            datagrams: VecDeque::new(),
            events: VecDeque::new(),
            out: VecDeque::new(),
            pieces: VecDeque::new(),
            counter: 0,
            random: seed,
            next_id: 0,
            sequence: 1,
        };
        adapter.next_id = adapter.random() as u16;
        adapter
    }

    /// How it behaves, to be changed for what comes from now on.
    pub const fn conduct_mut(&mut self) -> &mut StreamConduct {
        &mut self.conduct
    }

    /// What a connected peer has said of itself.
    pub fn settings(&self, peer: SocketAddr) -> Option<Settings> {
        let peer = self.peers.get(&peer)?;
        peer.connection.as_ref().map(|each| each.settings)
    }

    /// Takes note that a connection stands, whoever began it; both ends send their CSM at once (RFC 8323, 3.3).
    ///
    /// A server may wait for the client's CSM, and need not, so `_initiator` changes nothing.
    pub fn connected(&mut self, now: Time, peer: SocketAddr, _initiator: bool) {
        self.forget_due(peer);
        self.counter += 1;
        let connection = Connection::new(self.counter, self.conduct.limit());
        let entry = self.peers.entry(peer).or_default();
        entry.wanted = false;
        entry.connection = Some(connection);
        self.plan(now + PATIENCE, peer, Due::Impatience);
        match self.conduct.csm {
            CsmConduct::Late(wait) => self.plan(now + wait, peer, Due::Csm),
            CsmConduct::Withheld => {}
            _ if self.conduct.message_before_csm => {}
            CsmConduct::First | CsmConduct::Twice => self.introduce(peer),
        }
        self.flush(now, peer);
    }

    /// Takes note that a connection is gone, or could not be made.
    ///
    /// What waited is forgotten: a CON comes again of itself, and asks for a new connection then.
    pub fn closed(&mut self, _now: Time, peer: SocketAddr) {
        self.forget_due(peer);
        let gone = self.peers.remove(&peer).and_then(|peer| peer.connection);
        let cut = gone.filter(|each| !each.over);
        if let Some(error) = cut.and_then(|mut each| each.reader.finish()) {
            self.events.push_back(StreamEvent::Malformed {
                peer,
                offset: error.offset,
                reason: error.kind.to_string(),
            });
        }
    }

    /// Takes a datagram of the emulator's.
    pub fn send(&mut self, now: Time, to: SocketAddr, datagram: &[u8]) {
        let [first, code, high, low, ..] = *datagram else {
            let length = datagram.len();
            self.events
                .push_back(StreamEvent::NoFrame { peer: to, length });
            return;
        };
        if code == Code::EMPTY.0 && datagram.len() == 4 {
            // Neither ACK nor RST exists; a ping of RFC 7252, 4.3 becomes one of RFC 8323, 5.4.
            if first & TYPE == CON {
                let id = MessageId(u16::from_be_bytes([high, low]));
                self.send_ping(to, false, Some(id));
            }
            return;
        }
        let peer = self.peers.entry(to).or_default();
        peer.wait(datagram);
        if peer.connection.is_none() && !std::mem::replace(&mut peer.wanted, true) {
            self.out.push_back(StreamOut::Connect { to });
        }
        self.flush(now, to);
    }

    /// The next thing to be done with a connection.
    pub fn poll_stream(&mut self) -> Option<StreamOut> {
        if let Some(piece) = self.pieces.pop_front() {
            return Some(piece);
        }
        let (to, mut bytes) = match self.out.pop_front()? {
            StreamOut::Bytes { to, bytes } => (to, bytes),
            other => return Some(other),
        };
        while self.conduct.joined
            && bytes.len() < MOST_JOINED
            && let Some(StreamOut::Bytes { to: next, .. }) = self.out.front()
            && *next == to
            && let Some(StreamOut::Bytes { bytes: more, .. }) = self.out.pop_front()
        {
            bytes.extend(more);
        }
        let segment = self.conduct.segment.unwrap_or(bytes.len()).max(1);
        let pieces = bytes.chunks(segment).map(<[u8]>::to_vec);
        self.pieces
            .extend(pieces.map(|bytes| StreamOut::Bytes { to, bytes }));
        self.pieces.pop_front()
    }

    /// The next datagram for the emulator, and who it is from.
    pub fn poll_datagram(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.datagrams.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<StreamEvent> {
        self.events.pop_front()
    }

    /// When `handle_timeout` is to be called next.
    pub fn poll_timeout(&self) -> Option<Time> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Time) {
        while let Some(entry) = self.due.first_entry().filter(|each| each.key().0 <= now) {
            let (peer, number, due) = entry.remove();
            let Some(connection) = self.connection(peer).filter(|each| each.number == number)
            else {
                continue;
            };
            match due {
                Due::Csm => self.introduce(peer),
                Due::Pong { token, custody } => self.send_pong(peer, token, custody),
                Due::Impatience => connection.patient = false,
                Due::Close => self.close(peer),
            }
            self.flush(now, peer);
        }
    }

    /// Sends what waits, as far as it may go by now.
    pub(super) fn flush(&mut self, now: Time, to: SocketAddr) {
        while let Some(peer) = self.peers.get_mut(&to)
            && let Some(connection) = peer.connection.as_mut().filter(|each| !each.over)
            && let Some(datagram) = peer.waiting.front()
        {
            let withheld = self.conduct.csm == CsmConduct::Withheld;
            let ready = connection.csm_sent || self.conduct.message_before_csm || withheld;
            let length = FrameLength::Off(self.conduct.length_off);
            let frame = frame_of(datagram, &length).unwrap_or_default();
            let limit = connection.settings.max_message_size;
            let long = frame.len() as u64 > u64::from(limit);
            let unknown = !connection.introduced && connection.patient;
            if !ready || long && unknown && !self.conduct.oversize {
                return;
            }
            let Some(datagram) = peer.waiting.pop_front() else {
                return;
            };
            if long && !self.conduct.oversize {
                let length = frame.len();
                self.events.push_back(StreamEvent::TooLong {
                    peer: to,
                    length,
                    limit,
                });
            } else {
                self.push_bytes(to, frame);
            }
            self.sent(now, to, &datagram);
        }
    }

    /// Acknowledges to the emulator what is on its way, and settles what was owed.
    fn sent(&mut self, now: Time, to: SocketAddr, datagram: &[u8]) {
        let reading = read(datagram);
        if let (Some(Kind::Con), Some(id)) = (reading.kind(), reading.id()) {
            self.hand_empty(to, Kind::Ack, id);
        }
        let late = matches!(self.conduct.csm, CsmConduct::Late(_) | CsmConduct::Withheld);
        if !late && self.connection(to).is_some_and(|each| !each.csm_sent) {
            self.introduce(to);
        }
        if let Some(message) = reading.message.filter(|each| each.code.is_response()) {
            let connection = self.connection(to);
            let pings = connection.map(|each| each.settle(&message.token));
            for token in pings.unwrap_or_default() {
                self.answer_ping(now, to, token, true);
            }
            self.close_if_released(to);
        }
    }

    pub(super) fn hand_empty(&mut self, from: SocketAddr, kind: Kind, id: MessageId) {
        let empty = Message::new(kind, Code::EMPTY, id, Token::default());
        if let Ok(bytes) = encode(&empty) {
            self.datagrams.push_back((from, bytes));
        }
    }

    /// The connection with a peer, unless this end has closed it.
    pub(super) fn connection(&mut self, peer: SocketAddr) -> Option<&mut Connection> {
        let connection = self.peers.get_mut(&peer)?.connection.as_mut();
        connection.filter(|each| !each.over)
    }

    pub(super) fn plan(&mut self, at: Time, peer: SocketAddr, due: Due) {
        let Some(number) = self.connection(peer).map(|each| each.number) else {
            return;
        };
        self.counter += 1;
        self.due.insert((at, self.counter), (peer, number, due));
    }

    fn forget_due(&mut self, peer: SocketAddr) {
        self.due.retain(|_, (other, ..)| *other != peer);
    }

    pub(super) fn push_bytes(&mut self, to: SocketAddr, bytes: Vec<u8>) {
        self.out.push_back(StreamOut::Bytes { to, bytes });
    }

    /// Closes a connection from this side.
    pub(super) fn close(&mut self, to: SocketAddr) {
        if let Some(connection) = self.connection(to) {
            connection.over = true;
            self.out.push_back(StreamOut::Close { to });
        }
    }

    pub(super) const fn new_id(&mut self) -> MessageId {
        self.next_id = self.next_id.wrapping_add(1);
        MessageId(self.next_id)
    }

    /// A number that looks random (splitmix64).
    pub(super) const fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

/// Type field of a datagram's first byte (RFC 7252, 3).
const TYPE: u8 = 0x30;
/// Confirmable.
const CON: u8 = 0x00;
/// How long a message above the base size waits for the CSM that may allow it.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// Frames are not joined beyond so many bytes.
const MOST_JOINED: usize = 1 << 16;
