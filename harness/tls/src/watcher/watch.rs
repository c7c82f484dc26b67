//! The watcher: finds the session of every record, by Connection ID or by addresses, and keeps the secrets.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;

use coap::Time;

use super::Unread;
use super::fact::{Observed, SessionFacts, What};
use super::keyring::Keyring;
use super::watched::{Arrival, Watched};
use crate::crypto::Sender;
use crate::message::{Context, HandshakeBody, HandshakeType, Header};
use crate::record::{ContentType, Record};
use crate::session::Secret;
use crate::version::Framing;
use crate::wire::{DecodeError, Reader};

/// Reads the records of any number of sessions; never sends.
///
/// What it tells comes in the order of frames for each session; a record that waits for its key holds back those of its session
/// after it, not those of others.
#[derive(Clone)]
pub struct Watcher {
    framing: Framing,
    ring: Keyring,
    live: BTreeMap<u64, Watched>,
    past: BTreeMap<u64, SessionFacts>,
    /// Sessions by their two addresses, the newest last.
    by_pair: HashMap<(SocketAddr, SocketAddr), Vec<u64>>,
    by_random: HashMap<[u8; 32], u64>,
    /// Sessions and senders by Connection ID.
    by_cid: HashMap<Vec<u8>, Vec<(u64, Sender)>>,
    /// How many Connection IDs of each length there are, the longest last.
    cid_lengths: BTreeMap<usize, usize>,
    streams: HashMap<(SocketAddr, SocketAddr), Stream>,
    out: VecDeque<Observed>,
    made: u64,
}

/// One direction of a stream.
#[derive(Clone, Default)]
struct Stream {
    bytes: Vec<u8>,
    /// Whether it has lost its records' bounds.
    lost: bool,
}

/// Where bytes were seen.
#[derive(Clone, Copy)]
struct Place {
    time: Time,
    frame: u32,
    from: SocketAddr,
    to: SocketAddr,
}

impl Watcher {
    /// A watcher for a run or a capture.
    pub fn new(framing: Framing) -> Self {
        Self {
            framing,
            ring: Keyring::default(),
            live: BTreeMap::new(),
            past: BTreeMap::new(),
            by_pair: HashMap::new(),
            by_random: HashMap::new(),
            by_cid: HashMap::new(),
            cid_lengths: BTreeMap::new(),
            streams: HashMap::new(),
            out: VecDeque::new(),
            made: 0,
        }
    }

    /// Takes a master secret, before or after the records that it opens.
    pub fn add_secret(&mut self, client_random: [u8; 32], master: [u8; 48]) {
        self.ring.add_secret(client_random, master);
        if let Some(id) = self.by_random.get(&client_random).copied() {
            self.try_keys(id);
        }
    }

    /// Takes a pre-shared key, which is enough for sessions without Diffie-Hellman; more than one may be told for an identity.
    ///
    /// A key opens what comes after it was told, and what still waits; records that an earlier, wrong key was tried on are gone.
    pub fn add_psk(&mut self, identity: Vec<u8>, key: Vec<u8>) {
        self.ring.add_psk(identity, key);
        let waiting = self.live.iter().filter(|(_, one)| one.wants_keys());
        let ids: Vec<u64> = waiting.map(|(id, _)| *id).collect();
        for id in ids {
            self.try_keys(id);
        }
    }

    fn try_keys(&mut self, id: u64) {
        if let Some(session) = self.live.get_mut(&id) {
            session.try_keys(&mut self.ring, &mut self.out);
            self.index(id);
        }
    }

    /// Takes a datagram, or the next bytes of a stream.
    pub fn observe(
        &mut self,
        now: Time,
        frame: u32,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
    ) {
        let place = Place {
            time: now,
            frame,
            from,
            to,
        };
        match self.framing {
            Framing::Datagram => self.observe_datagram(place, bytes),
            Framing::Stream => self.observe_stream(place, bytes),
        }
    }

    /// The next observation.
    pub fn poll(&mut self) -> Option<Observed> {
        self.out.pop_front()
    }

    /// The next master secret that a pre-shared key gave, once a record has opened with it: for a key log.
    pub fn poll_secret(&mut self) -> Option<Secret> {
        self.ring.pop_derived()
    }

    /// What has been seen of a session so far.
    pub fn session(&self, number: u64) -> Option<&SessionFacts> {
        let live = self.live.get(&number).map(|session| &session.facts);
        live.or_else(|| self.past.get(&number))
    }

    /// Every session so far, in order.
    pub fn sessions(&self) -> impl Iterator<Item = &SessionFacts> {
        (1..=self.made).filter_map(|number| self.session(number))
    }

    /// Sessions of which records cannot be read by now, given up or waiting for a key, and why.
    pub fn unread(&self) -> impl Iterator<Item = (&SessionFacts, Unread)> {
        self.sessions().filter_map(|facts| {
            let live = self.live.get(&facts.number);
            let waits = live.filter(|session| session.waits());
            let why = facts.unread.clone();
            Some((facts, why.or_else(|| Some(waits?.why_unread()))?))
        })
    }

    /// Gives up what waits between two addresses, since nothing more will come; a stream there begins anew.
    pub fn end(&mut self, one: SocketAddr, other: SocketAddr) {
        let ids = self.by_pair.get(&pair(one, other)).cloned();
        for id in ids.unwrap_or_default() {
            self.retire(id);
        }
        self.streams.remove(&(one, other));
        self.streams.remove(&(other, one));
    }

    /// Gives up everything that waits, at the end of a run or capture.
    pub fn finish(&mut self) {
        let ids: Vec<u64> = self.live.keys().copied().collect();
        for id in ids {
            if let Some(session) = self.live.get_mut(&id) {
                session.give_up(&mut self.ring, &mut self.out);
            }
        }
    }

    fn observe_datagram(&mut self, place: Place, bytes: &[u8]) {
        let mut offset = 0;
        while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
            let mut cid = None;
            let read = Record::read(self.framing, rest, |after| {
                cid = self.find_cid(place, after);
                cid.map_or(UNKNOWN_CID, |(length, _)| length)
            });
            match read {
                Ok((record, used)) => {
                    self.observe_record(place, &record, cid.map(|(_, found)| found));
                    offset += used;
                }
                Err(_) if rest.first() == Some(&ContentType::TLS12_CID.0) && cid.is_none() => {
                    let what = What::Undecrypted {
                        content_type: ContentType::TLS12_CID,
                        length: rest.len(),
                        why: Unread::Unseen,
                    };
                    return self.tell(place, what);
                }
                Err(error) => return self.tell(place, malformed(&error, offset)),
            }
        }
    }

    /// The session of the Connection ID that bytes begin with: one between these addresses, else the newest.
    fn find_cid(&self, place: Place, after: &[u8]) -> Option<(usize, (u64, Sender))> {
        self.cid_lengths.keys().rev().find_map(|length| {
            let sessions = self.by_cid.get(after.get(..*length)?)?;
            let here = sessions.iter().rev().find(|(id, _)| {
                let facts = self.live.get(id).map(|session| &session.facts);
                facts.is_some_and(|facts| {
                    pair(facts.client, facts.server) == pair(place.from, place.to)
                })
            });
            let found = here.or(sessions.last())?;
            Some((*length, *found))
        })
    }

    fn observe_record(&mut self, place: Place, record: &Record<'_>, cid: Option<(u64, Sender)>) {
        let plain = record.epoch == 0 && record.content_type != ContentType::TLS12_CID;
        let (id, sender) = match cid {
            Some(found) => found,
            None if plain && opens_session(record) => self.of_hello(place, record),
            None if plain => self.newest(place),
            None => self.of_protected(place, record),
        };
        self.hand(place, id, sender, record);
    }

    fn hand(&mut self, place: Place, id: u64, sender: Sender, record: &Record<'_>) {
        let Some(session) = self.live.get_mut(&id) else {
            return;
        };
        let arrival = Arrival {
            time: place.time,
            frame: place.frame,
            from: place.from,
            to: place.to,
            sender,
        };
        session.record(&mut self.ring, arrival, record, &mut self.out);
        let over = session.is_over();
        let now = pair(session.facts.client, session.facts.server);
        if session.pairs.last() != Some(&now) {
            self.follow(id, now);
        }
        self.index(id);
        if over {
            self.replace(id, now);
        }
    }

    /// Finds a session by another pair of addresses too.
    fn follow(&mut self, id: u64, now: (SocketAddr, SocketAddr)) {
        let Some(session) = self.live.get_mut(&id) else {
            return;
        };
        session.pairs.retain(|other| *other != now);
        session.pairs.push(now);
        let oldest = (session.pairs.len() > MOST_PAIRS).then(|| session.pairs.remove(0));
        let ids = self.by_pair.entry(now).or_default();
        ids.retain(|other| *other != id);
        ids.push(id);
        if let Some(oldest) = oldest {
            self.forget_pair(id, oldest);
        }
    }

    fn forget_pair(&mut self, id: u64, pair: (SocketAddr, SocketAddr)) {
        if let Some(ids) = self.by_pair.get_mut(&pair) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_pair.remove(&pair);
            }
        }
    }

    /// Lets go of the sessions that one has taken the place of (RFC 6347, 4.2.8).
    fn replace(&mut self, by: u64, pair: (SocketAddr, SocketAddr)) {
        let ids = self.by_pair.get(&pair).map_or(&[][..], Vec::as_slice);
        if ids.len() < 2 {
            return;
        }
        let older: Vec<u64> = ids.iter().copied().filter(|id| *id < by).collect();
        for id in older {
            self.retire(id);
        }
    }

    /// Makes a session findable by what it has learnt.
    fn index(&mut self, id: u64) {
        let Some(session) = self.live.get_mut(&id) else {
            return;
        };
        let random = session.client_random();
        if random != session.indexed_random {
            session.indexed_random = random;
            if let Some(random) = random {
                self.by_random.insert(random, id);
            }
        }
        if session.indexed_cids || session.facts.cid_to_server.is_none() {
            return;
        }
        session.indexed_cids = true;
        let to_server = session.facts.cid_to_server.clone();
        let to_client = session.facts.cid_to_client.clone();
        for (cid, sender) in [(to_server, Sender::Client), (to_client, Sender::Server)] {
            if let Some(cid) = cid.filter(|cid| !cid.is_empty()) {
                *self.cid_lengths.entry(cid.len()).or_default() += 1;
                self.by_cid.entry(cid).or_default().push((id, sender));
            }
        }
    }

    /// The session of a ClientHello: the newest if it repeats that one's, else a new one.
    fn of_hello(&mut self, place: Place, record: &Record<'_>) -> (u64, Sender) {
        let random = hello_random(self.framing, record);
        let newest = self.newest_of(place).and_then(|id| self.live.get(&id));
        if let Some(session) = newest {
            let known = session.client_random();
            // a fragment without the random belongs to what has begun
            let same = random.is_none() || known == random || known.is_none() && !session.is_over();
            if same && session.facts.client == place.from {
                return (session.facts.number, Sender::Client);
            }
        }
        (self.open(place), Sender::Client)
    }

    fn newest_of(&self, place: Place) -> Option<u64> {
        self.by_pair
            .get(&pair(place.from, place.to))?
            .last()
            .copied()
    }

    fn newest(&mut self, place: Place) -> (u64, Sender) {
        let id = match self.newest_of(place) {
            Some(id) => id,
            None => self.open(place),
        };
        (id, self.sender(id, place))
    }

    fn sender(&self, id: u64, place: Place) -> Sender {
        let facts = self.live.get(&id).map(|session| &session.facts);
        match facts.is_some_and(|facts| facts.client == place.from) {
            true => Sender::Client,
            false => Sender::Server,
        }
    }

    /// The session of a protected record: the newest that opens it, else the newest that lacks the key, else the newest.
    fn of_protected(&mut self, place: Place, record: &Record<'_>) -> (u64, Sender) {
        let ids = self.by_pair.get(&pair(place.from, place.to));
        let ids = ids.map_or(&[][..], Vec::as_slice);
        if ids.len() > 1 {
            let fit = |wanted: Option<bool>| {
                ids.iter().rev().copied().find(|id| {
                    let session = self.live.get(id);
                    let sender = self.sender(*id, place);
                    session.is_some_and(|session| session.opens(sender, record) == wanted)
                })
            };
            if let Some(id) = fit(Some(true)).or_else(|| fit(None)) {
                return (id, self.sender(id, place));
            }
        }
        self.newest(place)
    }

    /// Begins a session; the oldest of many between the same addresses is let go.
    fn open(&mut self, place: Place) -> u64 {
        self.made += 1;
        let id = self.made;
        let when = (place.time, place.frame);
        let facts = SessionFacts::new(id, when, (place.from, place.to));
        self.live.insert(id, Watched::new(self.framing, facts));
        let here = pair(place.from, place.to);
        self.follow(id, here);
        let ids = self.by_pair.get(&here).map_or(&[][..], Vec::as_slice);
        let old = ids.first().copied();
        let old = old.filter(|_| ids.len() > MOST_OF_A_PAIR);
        let first = self.live.keys().next().copied();
        let first = first.filter(|_| self.live.len() > MOST_LIVE);
        for id in old.into_iter().chain(first) {
            self.retire(id);
        }
        if self.past.len() > MOST_PAST {
            self.past.pop_first();
        }
        id
    }

    /// Lets go of a session but for its facts.
    fn retire(&mut self, id: u64) {
        let Some(mut session) = self.live.remove(&id) else {
            return;
        };
        session.give_up(&mut self.ring, &mut self.out);
        if let Some(random) = session.indexed_random {
            self.by_random.remove(&random);
        }
        for pair in std::mem::take(&mut session.pairs) {
            self.forget_pair(id, pair);
        }
        let facts = &session.facts;
        let cids = [&facts.cid_to_client, &facts.cid_to_server];
        for cid in cids.into_iter().flatten().filter(|cid| !cid.is_empty()) {
            if let Some(sessions) = self.by_cid.get_mut(cid) {
                sessions.retain(|(other, _)| *other != id);
            }
            if self.by_cid.get(cid).is_some_and(Vec::is_empty) {
                self.by_cid.remove(cid);
            }
            if let Some(count) = self.cid_lengths.get_mut(&cid.len()) {
                *count = count.saturating_sub(1);
            }
        }
        self.cid_lengths.retain(|_, count| *count > 0);
        self.past.insert(id, session.facts);
    }

    fn observe_stream(&mut self, place: Place, bytes: &[u8]) {
        let key = (place.from, place.to);
        let mut stream = self.streams.remove(&key).unwrap_or_default();
        if stream.lost && stream_hello(bytes) {
            stream = Stream::default();
        }
        if stream.lost {
            self.streams.insert(key, stream);
            return;
        }
        stream.bytes.extend_from_slice(bytes);
        let mut offset = 0;
        while let Some(rest) = stream.bytes.get(offset..).filter(|rest| !rest.is_empty()) {
            match stream_record(rest) {
                Ok(None) => break,
                Ok(Some((record, used))) => {
                    self.observe_stream_record(place, &record, rest);
                    offset += used;
                }
                Err(error) => {
                    self.tell(place, malformed(&error, offset));
                    stream.lost = true;
                    offset = stream.bytes.len();
                }
            }
        }
        stream.bytes.drain(..offset);
        self.streams.insert(key, stream);
    }

    fn observe_stream_record(&mut self, place: Place, record: &Record<'_>, bytes: &[u8]) {
        let (id, sender) = self.newest(place);
        let session = self.live.get(&id);
        let begun = session.is_some_and(|session| session.facts.client_hello.is_some());
        let protected = session.is_some_and(|session| session.is_protected(sender));
        // a hello in the clear where none can be begins another connection between the same addresses
        let again = stream_hello(bytes) && (begun || protected) && whole_hello(record);
        if again {
            let id = self.open(place);
            return self.hand(place, id, Sender::Client, record);
        }
        self.hand(place, id, sender, record);
    }

    fn tell(&mut self, place: Place, what: What) {
        let session = self.newest_of(place).unwrap_or(0);
        self.out.push_back(Observed {
            time: place.time,
            frame: place.frame,
            from: place.from,
            to: place.to,
            session,
            epoch: 0,
            sequence: 0,
            what,
        });
    }
}

fn malformed(error: &DecodeError, offset: usize) -> What {
    let at = DecodeError {
        offset: offset + error.offset,
        ..error.clone()
    };
    What::Malformed(at.to_string())
}

/// Two addresses, whatever the direction.
fn pair(one: SocketAddr, other: SocketAddr) -> (SocketAddr, SocketAddr) {
    if one <= other {
        (one, other)
    } else {
        (other, one)
    }
}

/// Whether a plain record of a datagram begins with a ClientHello.
fn opens_session(record: &Record<'_>) -> bool {
    record.content_type == ContentType::HANDSHAKE
        && record.fragment.first() == Some(&HandshakeType::CLIENT_HELLO.0)
}

/// The random of a ClientHello, if it stands in its first fragment.
fn hello_random(framing: Framing, record: &Record<'_>) -> Option<[u8; 32]> {
    debug_assert!(framing.is_datagram());
    let (header, bytes) = Header::read(&mut Reader::new(record.fragment)).ok()?;
    if header.offset != 0 {
        return None;
    }
    // after the version (RFC 5246, 7.4.1.2)
    bytes.get(2..34)?.try_into().ok()
}

/// Whether bytes of a stream begin like a record with a ClientHello.
fn stream_hello(bytes: &[u8]) -> bool {
    matches!(bytes, [22, 3, _, _, _, 1, ..])
}

/// Whether a record of a stream is nothing but a whole ClientHello.
fn whole_hello(record: &Record<'_>) -> bool {
    let mut reader = Reader::new(record.fragment);
    let context = Context {
        framing: Framing::Stream,
        exchange: None,
        raw_key: false,
    };
    let kind = reader.u8("a type").map(HandshakeType);
    let body = reader.vec24("a message").map(|mut body| body.rest());
    let (Ok(kind), Ok(body)) = (kind, body) else {
        return false;
    };
    reader.is_empty() && HandshakeBody::decode(kind, body, context).is_ok()
}

/// The record at the start of a stream, if it is whole; an error if there can be none.
fn stream_record(bytes: &[u8]) -> Result<Option<(Record<'_>, usize)>, DecodeError> {
    let reader = Reader::new(bytes);
    let [kind, major, _, high, low] = match bytes.first_chunk() {
        Some(head) => *head,
        None => return Ok(None),
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if !(20..=23).contains(&kind) || major != 3 {
        let found = format!("type {kind} and version {major}.x");
        return Err(reader.error(found, "a record"));
    }
    if length > LONGEST_FRAGMENT {
        return Err(reader.error(format!("a record of {length} bytes"), "a shorter one"));
    }
    Ok(Record::read(Framing::Stream, bytes, |_| 0).ok())
}

/// A length of a Connection ID that no record has, so that reading fails.
const UNKNOWN_CID: usize = usize::MAX >> 1;
// addresses that a session is still found by
const MOST_PAIRS: usize = 4;
const MOST_OF_A_PAIR: usize = 4;
const MOST_LIVE: usize = 1 << 14;
const MOST_PAST: usize = 1 << 16;
// RFC 5246, 6.2.3
const LONGEST_FRAGMENT: usize = (1 << 14) + 2048;
