//! What stands between an emulator's CoAP messages and the wire: OSCORE, the framing of a stream, DTLS or TLS, in this order.
//!
//! Sans-IO like all that it is made of. An emulator speaks and hears datagrams of RFC 7252, whatever lies below.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use coap::Time;
use coap::stream::{Abort, Release};
use emulator::{Security, StreamAdapter, StreamEvent, StreamOut};
use testcase::Word;
use transport::{Secure, SecureEvent, Session};

use crate::keyring::ClientKeys;

/// Something for the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    /// A UDP datagram.
    Datagram(Vec<u8>),
    /// The next bytes of a TCP connection.
    Stream(Vec<u8>),
    /// A TCP connection is wanted.
    Connect,
    /// A TCP connection ends.
    Close,
}

/// What a channel tells of itself.
#[derive(Clone, Debug)]
pub enum ChannelEvent {
    /// A session stands; who the other is stands in it.
    Established(SocketAddr, Box<Session>),
    /// A session is over.
    Ended(SocketAddr),
    /// The master secret of a session, for captures and for who watches.
    Secret([u8; 32], [u8; 48]),
}

/// One end of a channel, towards everybody.
#[derive(Default)]
pub struct Channel {
    pub(crate) oscore: Option<oscore::Layer>,
    pub(crate) stream: Option<StreamAdapter>,
    pub(crate) secure: Option<Box<dyn Secure>>,
    /// How a client finds what it shows; a server has its own from the start.
    pub(crate) keys: Option<ClientKeys>,
    /// Peers of a client whose account says NoSec, or who have none.
    clear: BTreeSet<SocketAddr>,
    /// By what address the emulator knows a peer that has moved since.
    moved: BTreeMap<SocketAddr, SocketAddr>,
    wires: VecDeque<(SocketAddr, Wire)>,
    inbox: VecDeque<(SocketAddr, Vec<u8>)>,
    events: VecDeque<ChannelEvent>,
    /// TCP connections that are open.
    open: BTreeSet<SocketAddr>,
    /// Whether a request without OSCORE is refused.
    pub(crate) demands_oscore: bool,
    /// Nothing is heard and nothing is said.
    dead: bool,
}

impl Channel {
    /// Takes a message of the emulator; `account` is what a client holds for the peer.
    pub fn send(&mut self, now: Time, to: SocketAddr, message: &[u8], account: Option<&Security>) {
        if self.dead {
            return;
        }
        self.learn(to, account);
        // a message that cannot be protected is not sent
        let protected = match &mut self.oscore {
            Some(layer) => layer.outgoing(now, to, message).ok(),
            None => Some(message.to_vec()),
        };
        if let Some(message) = protected {
            match &mut self.stream {
                Some(adapter) => adapter.send(now, to, &message),
                None => self.send_below(now, to, &message, account),
            }
        }
        self.drain(now);
    }

    /// Takes a datagram from the wire.
    pub fn receive(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        if self.dead {
            return;
        }
        match &mut self.secure {
            Some(secure) if !self.clear.contains(&from) => secure.receive(now, from, bytes),
            _ => self.take_message(now, from, bytes),
        }
        self.drain(now);
    }

    /// A TCP connection stands; whoever opened it is the client of a handshake.
    pub fn opened(&mut self, now: Time, peer: SocketAddr, by_us: bool) {
        self.open.insert(peer);
        match &mut self.secure {
            Some(secure) if !self.clear.contains(&peer) => {
                if by_us && let Some(keys) = &self.keys {
                    begin(&mut **secure, keys, now, peer);
                }
            }
            _ => {
                if let Some(adapter) = &mut self.stream {
                    adapter.connected(now, peer, by_us);
                }
            }
        }
        self.drain(now);
    }

    /// Takes the next bytes of a TCP connection.
    pub fn receive_stream(&mut self, now: Time, peer: SocketAddr, bytes: &[u8]) {
        if self.dead {
            return;
        }
        match (&mut self.secure, &mut self.stream) {
            (Some(secure), _) if !self.clear.contains(&peer) => secure.receive(now, peer, bytes),
            (_, Some(adapter)) => adapter.receive(now, peer, bytes),
            _ => {}
        }
        self.drain(now);
    }

    /// A TCP connection is over.
    pub fn closed(&mut self, now: Time, peer: SocketAddr) {
        self.open.remove(&peer);
        if let Some(secure) = &mut self.secure {
            secure.forget(now, peer);
        }
        if let Some(adapter) = &mut self.stream {
            adapter.closed(now, peer);
        }
        self.events.push_back(ChannelEvent::Ended(peer));
        self.drain(now);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time) {
        if let Some(secure) = &mut self.secure {
            secure.handle_timeout(now);
        }
        if let Some(adapter) = &mut self.stream {
            adapter.handle_timeout(now);
        }
        self.drain(now);
    }

    /// When something is due.
    pub fn poll_timeout(&self) -> Option<Time> {
        let secure = self
            .secure
            .as_ref()
            .and_then(|secure| secure.poll_timeout());
        let stream = self.stream.as_ref().and_then(StreamAdapter::poll_timeout);
        [secure, stream].into_iter().flatten().min()
    }

    /// What is to be sent next.
    pub fn poll_wire(&mut self) -> Option<(SocketAddr, Wire)> {
        self.wires.pop_front()
    }

    /// The next message for the emulator, from where it knows its peer.
    pub fn poll_datagram(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.inbox.pop_front()
    }

    /// What there is to tell.
    pub fn poll_event(&mut self) -> Option<ChannelEvent> {
        self.events.pop_front()
    }

    /// Whether messages to this peer are protected by DTLS or TLS.
    pub fn protects(&self, peer: SocketAddr) -> bool {
        self.secure.is_some() && !self.clear.contains(&peer)
    }

    /// Whether a session with a Connection ID stands, so that an address may change.
    pub fn has_connection_id(&self, peer: SocketAddr) -> bool {
        self.secure
            .as_ref()
            .is_some_and(|secure| secure.has_connection_id(peer))
    }

    /// Says and hears nothing any more.
    pub fn cut(&mut self) {
        self.dead = true;
    }

    /// Does what a case asks of this end.
    pub fn perform(&mut self, now: Time, to: SocketAddr, word: Word, description: Option<&str>) {
        let to = self.connected_to(to);
        match (word, &mut self.secure, &mut self.stream) {
            (Word::Close, Some(secure), _) => secure.close(now, to, description),
            (Word::Alert, Some(secure), _) => secure.refuse_next(description),
            (Word::ClientHello, Some(secure), _) => secure.renegotiate(now, to),
            (Word::Ping, _, Some(adapter)) => drop(adapter.ping(to, false)),
            (Word::Release, _, Some(adapter)) => drop(adapter.release(now, to, Release::default())),
            (Word::Abort, _, Some(adapter)) => drop(adapter.abort(to, Abort::default())),
            (Word::Disconnect, _, Some(_)) => {
                self.open.remove(&to);
                self.wires.push_back((to, Wire::Close));
            }
            _ => {}
        }
        self.drain(now);
    }

    /// Where the connection to the seat at `to` leads: whoever connects does so from a port of its own.
    fn connected_to(&self, to: SocketAddr) -> SocketAddr {
        let mut open = self.open.iter();
        match (self.open.contains(&to), open.next(), open.next()) {
            (false, Some(only), None) => *only,
            _ => to,
        }
    }

    /// Begins anew with everybody: with what is known of earlier sessions, or without.
    pub fn begin_anew(&mut self, now: Time, resumes: bool) {
        if let Some(secure) = &mut self.secure {
            secure.begin_anew(now, resumes);
        }
        for peer in std::mem::take(&mut self.open) {
            if let Some(adapter) = &mut self.stream {
                adapter.closed(now, peer);
            }
            self.wires.push_back((peer, Wire::Close));
        }
        self.drain(now);
    }

    /// Ends every session in good order, as an end that is switched off does.
    pub fn farewell(&mut self, now: Time) {
        if let Some(secure) = &mut self.secure {
            secure.close_all(now);
        }
        self.drain(now);
    }

    /// Whether DTLS or TLS protects what it sends.
    pub const fn is_secured(&self) -> bool {
        self.secure.is_some()
    }

    fn learn(&mut self, peer: SocketAddr, account: Option<&Security>) {
        let Some(account) = account else {
            // images come from hosts that no account names
            if self.keys.as_ref().is_some_and(|keys| !keys.knows(peer)) {
                self.clear.insert(peer);
            }
            return;
        };
        if account.mode == NOSEC {
            self.clear.insert(peer);
        } else {
            self.clear.remove(&peer);
        }
        if let (Some(keys), false) = (&mut self.keys, account.mode == NOSEC) {
            keys.learn(peer, account);
        }
        if let (Some(layer), Some(context)) = (&mut self.oscore, &account.context) {
            // parameters that OSCORE does not take protect nothing
            let _ = layer.add(crate::keyring::parameters(context), Some(peer));
        }
    }

    fn send_below(&mut self, now: Time, to: SocketAddr, bytes: &[u8], account: Option<&Security>) {
        let to = self.wire_address(to);
        match &mut self.secure {
            Some(secure) if !self.clear.contains(&to) => {
                if let (Some(keys), false) = (&self.keys, secure.is_known(to))
                    && account.is_some()
                {
                    begin(&mut **secure, keys, now, to);
                }
                secure.send(now, to, bytes);
            }
            _ => self.wires.push_back((to, Wire::Datagram(bytes.to_vec()))),
        }
    }

    /// A CoAP message that came out of the channel.
    fn take_message(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        let from = self.known_address(from);
        let Some(layer) = &mut self.oscore else {
            return self.inbox.push_back((from, bytes.to_vec()));
        };
        let mut answers = Vec::new();
        match layer.incoming(now, from, bytes) {
            oscore::Incoming::Plain { datagram } => {
                self.inbox.push_back((from, datagram));
            }
            oscore::Incoming::Unprotected {
                datagram,
                answers_protected,
            } => match layer.refuse(&datagram).filter(|_| self.demands_oscore) {
                // where an account has a context, nothing else will do (Transport TS, 6.7)
                Some(refusal) if !answers_protected => answers.push(refusal),
                _ => self.inbox.push_back((from, datagram)),
            },
            oscore::Incoming::Answer { datagrams, .. } => answers = datagrams,
            oscore::Incoming::Dropped { plain, answer, .. } => {
                self.inbox.extend(plain.map(|plain| (from, plain)));
                answers.extend(answer);
            }
        }
        for answer in answers {
            match &mut self.stream {
                Some(adapter) => adapter.send(now, from, &answer),
                None => self.send_below(now, from, &answer, None),
            }
        }
    }

    /// Moves between the layers what is ready, until nothing is.
    fn drain(&mut self, now: Time) {
        loop {
            let mut idle = true;
            while let Some(event) = self.secure.as_mut().and_then(|one| one.poll_event()) {
                idle = false;
                self.take_secure(now, event);
            }
            while let Some(out) = self.stream.as_mut().and_then(StreamAdapter::poll_stream) {
                idle = false;
                self.take_stream(now, out);
            }
            while let Some((from, bytes)) =
                self.stream.as_mut().and_then(StreamAdapter::poll_datagram)
            {
                idle = false;
                self.take_message(now, from, &bytes);
            }
            while let Some(event) = self.stream.as_mut().and_then(StreamAdapter::poll_event) {
                idle = false;
                // the watch tells the play what passes; the emulator needs none of it
                let _: StreamEvent = event;
            }
            while let Some((to, bytes)) = self.secure.as_mut().and_then(|one| one.poll_transmit()) {
                idle = false;
                let wire = match self.stream {
                    Some(_) => Wire::Stream(bytes),
                    None => Wire::Datagram(bytes),
                };
                self.wires.push_back((to, wire));
            }
            if idle {
                return;
            }
        }
    }

    fn take_secure(&mut self, now: Time, event: SecureEvent) {
        match event {
            SecureEvent::Established { peer, session } => {
                if let Some(adapter) = &mut self.stream {
                    adapter.connected(now, peer, self.keys.is_some());
                }
                let peer = self.known_address(peer);
                self.events
                    .push_back(ChannelEvent::Established(peer, session));
            }
            SecureEvent::Data { peer, bytes } => match &mut self.stream {
                Some(adapter) => adapter.receive(now, peer, &bytes),
                None => self.take_message(now, peer, &bytes),
            },
            SecureEvent::Moved { from, to } => {
                let known = self.known_address(from);
                self.moved.retain(|_, old| *old != known);
                self.moved.insert(to, known);
            }
            SecureEvent::Ended { peer } => {
                if let Some(adapter) = &mut self.stream
                    && self.open.remove(&peer)
                {
                    adapter.closed(now, peer);
                    self.wires.push_back((peer, Wire::Close));
                }
                let peer = self.known_address(peer);
                self.events.push_back(ChannelEvent::Ended(peer));
            }
            SecureEvent::Secret {
                client_random,
                master,
            } => self
                .events
                .push_back(ChannelEvent::Secret(client_random, master)),
        }
    }

    fn take_stream(&mut self, now: Time, out: StreamOut) {
        match out {
            StreamOut::Bytes { to, bytes } => match &mut self.secure {
                Some(secure) if !self.clear.contains(&to) => secure.send(now, to, &bytes),
                _ => self.wires.push_back((to, Wire::Stream(bytes))),
            },
            StreamOut::Connect { to } => self.wires.push_back((to, Wire::Connect)),
            StreamOut::Close { to } => {
                if let Some(secure) = &mut self.secure {
                    secure.close(now, to, None);
                }
                self.open.remove(&to);
                self.wires.push_back((to, Wire::Close));
            }
        }
    }

    /// The address by which the emulator knows who is at `wire`.
    fn known_address(&self, wire: SocketAddr) -> SocketAddr {
        self.moved.get(&wire).copied().unwrap_or(wire)
    }

    /// Where a peer is that the emulator knows as `known`.
    fn wire_address(&self, known: SocketAddr) -> SocketAddr {
        let mut moved = self.moved.iter();
        moved
            .find(|(_, old)| **old == known)
            .map_or(known, |(new, _)| *new)
    }
}

/// Begins a handshake with what the account of a peer holds.
fn begin(secure: &mut dyn Secure, keys: &ClientKeys, now: Time, peer: SocketAddr) {
    if let Some(suites) = keys.suites_for(peer) {
        secure.offer(suites);
    }
    secure.connect(now, peer, keys.for_peer(peer));
}

/// Security Mode without DTLS (Core TS, E.1, Resource 2).
const NOSEC: i64 = 3;
