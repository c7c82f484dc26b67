//! An endpoint: every association of one local address, as a state machine that is fed and asked.
//!
//! A server of datagrams remembers nothing of a client before its cookie has come back (RFC 6347, 4.2.1). A record finds its association by
//! Connection ID, else by address.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use coap::Time;

use crate::alert::Alert;
use crate::cache::Cache;
use crate::connection::{Connection, Counts, Env, Receipt, bend_stateless};
use crate::cookie::Cookies;
use crate::crypto::Random;
use crate::message::{
    ClientHello, Context, HandshakeBody, HandshakeType, Header, HelloVerifyRequest, Reassembly,
};
use crate::outbox::Outbox;
use crate::peer_credentials::{ClientCredentials, ServerCredentials};
use crate::record::{ContentType, Record};
use crate::session::{Close, End, Event, SendError, Session, Transmit};
use crate::settings::Settings;
use crate::version::{Framing, Version};
use crate::wire::Reader;

/// All associations of one local address.
#[derive(Clone)]
pub struct Endpoint {
    framing: Framing,
    settings: Settings,
    server: Option<ServerCredentials>,
    random: Random,
    cookies: Cookies,
    cache: Cache,
    outbox: Outbox,
    events: VecDeque<Event>,
    /// By number, so that a later one has the greater key.
    connections: BTreeMap<u64, Connection>,
    made: u64,
    counts: Counts,
}

/// A ClientHello that came in one datagram, with the sequence numbers of its record and message.
struct Opening {
    hello: ClientHello,
    record: u64,
    message: u16,
}

impl Endpoint {
    /// An endpoint without associations; the same seed and calls give the same bytes.
    pub fn new(framing: Framing, settings: Settings, seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self {
            framing,
            settings,
            server: None,
            cookies: Cookies::new(&mut random),
            random,
            cache: Cache::default(),
            outbox: Outbox::new(framing),
            events: VecDeque::new(),
            connections: BTreeMap::new(),
            made: 0,
            counts: Counts::default(),
        }
    }

    /// The behaviour from now on.
    pub const fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// The behaviour.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Becomes a server, or one with other credentials.
    pub fn accept(&mut self, credentials: ServerCredentials) {
        self.server = Some(credentials);
    }

    /// Begins a handshake with a server; an earlier association with it stays until the new one is there.
    pub fn connect(&mut self, now: Time, to: SocketAddr, credentials: ClientCredentials) {
        let cid = self.new_cid();
        let framing = self.framing;
        let connection = Connection::client(&mut self.env(now), framing, to, credentials, cid);
        if !connection.has_ended() {
            self.insert(connection);
        }
    }

    /// Whether data can be sent to `peer` at once.
    pub fn is_established(&self, peer: SocketAddr) -> bool {
        self.session(peer).is_some()
    }

    /// What was agreed on with `peer`.
    pub fn session(&self, peer: SocketAddr) -> Option<&Session> {
        let id = self.current(peer)?;
        self.connections.get(&id).and_then(Connection::session)
    }

    /// Sends data, or keeps it for the end of the handshake.
    pub fn send(&mut self, now: Time, to: SocketAddr, data: &[u8]) -> Result<(), SendError> {
        let id = self.current(to).ok_or(SendError::NotConnected(to))?;
        self.with(now, id, |connection, env| connection.send(env, data))
            .unwrap_or(Err(SendError::NotConnected(to)))
    }

    /// Takes a datagram, or the next bytes of a stream.
    pub fn receive(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        self.outbox.release(now);
        match self.framing {
            Framing::Datagram => self.receive_datagram(now, from, bytes),
            Framing::Stream => self.receive_stream(now, from, bytes),
        }
    }

    /// Ends the associations with `peer`.
    pub fn close(&mut self, now: Time, peer: SocketAddr, how: Close) {
        for id in self.at(peer) {
            self.with(now, id, |connection, env| connection.close(env, how));
        }
    }

    /// Sends any alert and goes on.
    pub fn alert(&mut self, now: Time, peer: SocketAddr, alert: Alert) {
        if let Some(id) = self.current(peer) {
            self.with(now, id, |connection, env| connection.send_alert(env, alert));
        }
    }

    /// Asks for another handshake on the association with `peer`.
    pub fn renegotiate(&mut self, now: Time, peer: SocketAddr) {
        if let Some(id) = self.current(peer) {
            self.with(now, id, |connection, env| connection.renegotiate(env));
        }
    }

    /// Follows a peer that is known to have another address now; what this side calls itself does not matter here.
    pub fn rebind(&mut self, from: SocketAddr, to: SocketAddr) {
        for id in self.at(from) {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.peer = to;
            }
        }
        self.cache.rename(from, to);
    }

    /// Forgets every session that could be resumed.
    pub fn forget_sessions(&mut self) {
        self.cache.clear();
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time) {
        self.outbox.release(now);
        let ids: Vec<u64> = self.connections.keys().copied().collect();
        for id in ids {
            self.with(now, id, |connection, env| connection.handle_timeout(env));
        }
    }

    /// The next bytes to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.outbox.pop()
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self) -> Option<Time> {
        let timeouts = self.connections.values();
        let first = timeouts.filter_map(|connection| connection.next_timeout(&self.settings));
        first.chain(self.outbox.next()).min()
    }

    /// What has happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// How many associations there are, and how many of them are within their first handshake.
    pub fn count(&self) -> (usize, usize) {
        let half_open = self
            .connections
            .values()
            .filter(|one| !one.is_established());
        (self.connections.len(), half_open.count())
    }

    fn env(&mut self, now: Time) -> Env<'_> {
        Env {
            now,
            settings: &self.settings,
            server: self.server.as_ref(),
            random: &mut self.random,
            cache: &mut self.cache,
            outbox: &mut self.outbox,
            events: &mut self.events,
        }
    }

    /// Lets an association do something, and clears up after it.
    fn with<T>(
        &mut self,
        now: Time,
        id: u64,
        act: impl FnOnce(&mut Connection, &mut Env<'_>) -> T,
    ) -> Option<T> {
        let mut connection = self.connections.remove(&id)?;
        let result = act(&mut connection, &mut self.env(now));
        if connection.take_just_established() {
            self.replace_at(now, connection.peer, id);
            if self.settings.misbehaviour.renegotiates {
                connection.renegotiate(&mut self.env(now));
                connection.take_just_established();
            }
        }
        if !connection.has_ended() {
            self.connections.insert(id, connection);
        }
        Some(result)
    }

    /// Ends what a new association takes the place of (RFC 6347, 4.2.8).
    fn replace_at(&mut self, now: Time, peer: SocketAddr, by: u64) {
        for id in self.at(peer) {
            if id < by {
                self.with(now, id, |connection, env| {
                    connection.end(env, End::Replaced)
                });
            }
        }
    }

    fn insert(&mut self, connection: Connection) -> u64 {
        self.made += 1;
        self.connections.insert(self.made, connection);
        self.made
    }

    /// Associations with an address, the newest first.
    fn at(&self, peer: SocketAddr) -> Vec<u64> {
        let these = self.connections.iter().rev();
        let these = these.filter(|(_, connection)| connection.peer == peer);
        these.map(|(id, _)| *id).collect()
    }

    /// The association that data to `peer` takes: a client's newest, else the newest that is established, else the newest.
    fn current(&self, peer: SocketAddr) -> Option<u64> {
        let ids = self.at(peer);
        let ready = |id: &&u64| {
            let connection = self.connections.get(*id);
            connection.is_some_and(|one| one.is_client() || one.is_established())
        };
        ids.iter().find(ready).or(ids.first()).copied()
    }

    fn new_cid(&mut self) -> Option<Vec<u8>> {
        let length = usize::from(self.settings.connection_id.length()?);
        for _ in 0..CID_ATTEMPTS {
            let cid = self.random.bytes(length);
            if cid.is_empty() || self.by_cid(&cid).is_none() {
                return Some(cid);
            }
        }
        None
    }

    /// The association whose Connection ID stands at the start of `bytes`.
    fn by_cid(&self, bytes: &[u8]) -> Option<(u64, usize)> {
        self.connections.iter().find_map(|(id, connection)| {
            let cid = connection.cid()?;
            bytes.starts_with(cid).then_some((*id, cid.len()))
        })
    }

    fn receive_datagram(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let mut found = None;
            let read = Record::read(self.framing, rest, |after| {
                found = self.by_cid(after);
                found.map_or(usize::MAX >> 1, |(_, length)| length)
            });
            // the rest of the datagram cannot be told apart (RFC 6347, 4.1.2.7)
            let Ok((record, used)) = read else { return };
            match found {
                Some((id, _)) => {
                    self.with(now, id, |one, env| one.receive(env, from, &record));
                }
                None => self.receive_record(now, from, &record, rest),
            }
            rest = &rest[used..];
        }
    }

    fn receive_record(&mut self, now: Time, from: SocketAddr, record: &Record<'_>, rest: &[u8]) {
        let opens = record.epoch == 0
            && record.content_type == ContentType::HANDSHAKE
            && record.fragment.first() == Some(&HandshakeType::CLIENT_HELLO.0);
        if opens && self.server.is_some() {
            return self.receive_hello(now, from, record, rest);
        }
        let ids = self.at(from);
        let opens = |id: &&u64| {
            let connection = self.connections.get(*id);
            record.epoch > 0 && connection.is_some_and(|one| one.opens(record))
        };
        if let Some(id) = ids.iter().find(opens).copied() {
            self.with(now, id, |one, env| one.receive(env, from, record));
            return;
        }
        for id in ids {
            let receipt = self.with(now, id, |one, env| one.receive(env, from, record));
            if receipt == Some(Receipt::Taken) {
                return;
            }
        }
    }

    /// Takes a ClientHello of epoch 0: a repetition, one without a cookie, or one that opens an association.
    fn receive_hello(&mut self, now: Time, from: SocketAddr, record: &Record<'_>, rest: &[u8]) {
        let Some(opening) = self.read_hello(record, rest) else {
            return;
        };
        let random = Some(opening.hello.random);
        let same = self.at(from).into_iter().find(|id| {
            let connection = self.connections.get(id);
            connection.is_some_and(|one| one.client_random() == random)
        });
        if let Some(id) = same {
            self.with(now, id, |one, env| one.receive(env, from, record));
            return;
        }
        if self.settings.cookie && !self.cookies.know(from, &opening.hello) {
            return self.ask_for_cookie(now, from, &opening);
        }
        self.make_room(now);
        let cid = self.new_cid();
        let sequences = (opening.record, opening.message);
        let framing = self.framing;
        let env = self.env(now);
        let connection = Connection::server(&env, framing, from, cid, sequences);
        let id = self.insert(connection);
        let bytes = HandshakeBody::ClientHello(opening.hello).encode(self.framing);
        let header = Header::whole(HandshakeType::CLIENT_HELLO, opening.message, bytes.len());
        let fragment = [header.encode(self.framing), bytes].concat();
        let whole = Record {
            fragment: &fragment,
            ..*record
        };
        self.with(now, id, |one, env| one.receive(env, from, &whole));
    }

    /// Reads a ClientHello that is whole within its datagram, be it in several fragments.
    fn read_hello(&self, record: &Record<'_>, rest: &[u8]) -> Option<Opening> {
        let (first, _) = Header::read(&mut Reader::new(record.fragment)).ok()?;
        let mut reassembly = Reassembly::starting_at(first.sequence);
        let mut rest = rest;
        while let Ok((next, used)) = Record::read(self.framing, rest, |_| usize::MAX >> 1) {
            let mut reader = Reader::new(next.fragment);
            let plain = next.epoch == 0 && next.content_type == ContentType::HANDSHAKE;
            while plain && !reader.is_empty() {
                let Ok((header, bytes)) = Header::read(&mut reader) else {
                    break;
                };
                if header.kind == HandshakeType::CLIENT_HELLO {
                    reassembly.push(header, bytes, 0);
                }
            }
            rest = &rest[used..];
        }
        let (message, _) = reassembly.pop()?;
        let context = Context {
            framing: self.framing,
            exchange: None,
            raw_key: false,
        };
        match HandshakeBody::decode(message.kind, &message.body, context) {
            Ok(HandshakeBody::ClientHello(hello)) => Some(Opening {
                hello,
                record: record.sequence,
                message: message.sequence,
            }),
            _ => None,
        }
    }

    fn ask_for_cookie(&mut self, now: Time, to: SocketAddr, opening: &Opening) {
        let request = HelloVerifyRequest {
            version: self.settings.hello_verify_version,
            cookie: self.cookies.make(to, &opening.hello),
        };
        let body = HandshakeBody::HelloVerifyRequest(request).encode(self.framing);
        let kind = HandshakeType::HELLO_VERIFY_REQUEST;
        let (copies, delay) = bend_stateless(&self.settings, &mut self.counts, kind, body);
        for body in copies {
            let header = Header::whole(kind, opening.message, body.len());
            let fragment = [header.encode(self.framing), body].concat();
            let record = Record {
                content_type: ContentType::HANDSHAKE,
                version: Version::DTLS_1_2,
                epoch: 0,
                // that of the hello (RFC 6347, 4.2.1)
                sequence: opening.record,
                cid: &[],
                fragment: &fragment,
            };
            let bytes = record.encode(self.framing);
            self.outbox.push(now, delay, Transmit { to, bytes });
        }
    }

    /// Lets the oldest go if there are too many: half-open ones first.
    fn make_room(&mut self, now: Time) {
        let (all, half_open) = self.count();
        let oldest = |ended: bool| {
            let these = self.connections.iter();
            let these = these.filter(|(_, one)| !one.is_client() && one.is_established() == ended);
            these
                .min_by_key(|(_, one)| one.last_activity())
                .map(|(id, _)| *id)
        };
        let victim = if half_open >= self.settings.most_half_open.max(1) {
            oldest(false)
        } else if all >= self.settings.most_associations.max(1) {
            oldest(false).or_else(|| oldest(true))
        } else {
            None
        };
        if let Some(id) = victim {
            self.with(now, id, |one, env| one.end(env, End::Evicted));
        }
    }

    fn receive_stream(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        let id = match self.at(from).first() {
            Some(id) => *id,
            None if self.server.is_none() => return,
            None => {
                self.make_room(now);
                let framing = self.framing;
                let env = self.env(now);
                let connection = Connection::server(&env, framing, from, None, (0, 0));
                self.insert(connection)
            }
        };
        self.with(now, id, |one, env| one.receive_stream(env, bytes));
    }
}

// with a length of one byte there are 256
const CID_ATTEMPTS: usize = 64;
