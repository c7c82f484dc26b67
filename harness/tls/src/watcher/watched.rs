//! One session as a watcher follows it: what the handshake says, the keys of both directions, the records that wait for them.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use coap::Time;

use super::fact::{HandshakeFact, Observed, Rejection, SessionFacts, What};
use super::keyring::{Keyring, PskHandshake};
use super::learn::LONGEST_TRANSCRIPT;
use crate::alert::Alert;
use crate::crypto::{Master, Sender};
use crate::message::{
    HandshakeBody, HandshakeType, Header, Joined, Reassembly, StreamMessages, Taken,
};
use crate::record::{ContentType, Inbound, Opened, Record, Refusal};
use crate::version::Framing;
use crate::wire::Reader;

/// When and where a record was seen, and which side sent it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) time: Time,
    pub(super) frame: u32,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) sender: Sender,
}

/// A session that is followed.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) framing: Framing,
    pub(super) facts: SessionFacts,
    pub(super) client: Direction,
    pub(super) server: Direction,
    pub(super) transcript: Vec<u8>,
    pub(super) psk: Option<PskHandshake>,
    pub(super) master: Option<Master>,
    /// Whether the keys of the next epoch are there.
    pub(super) keyed: bool,
    /// The master secrets that may be right, as long as the one in place has opened nothing.
    pub(super) trial: Option<Vec<Master>>,
    pub(super) stage: Stage,
    /// Whether ServerHelloDone has come, and with it everything of the server before it.
    pub(super) server_done: bool,
    /// The newest ticket.
    pub(super) ticket: Option<Vec<u8>>,
    waiting: VecDeque<(Arrival, Vec<u8>)>,
    waiting_bytes: usize,
    /// The random that the watcher finds this session by.
    pub(super) indexed_random: Option<[u8; 32]>,
    /// Whether the watcher finds this session by its Connection IDs.
    pub(super) indexed_cids: bool,
    /// The pairs of addresses that the watcher finds this session by, the newest last.
    pub(super) pairs: Vec<(SocketAddr, SocketAddr)>,
}

/// How far the newest handshake has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The server has said nothing to its ClientHello.
    Asked,
    /// ServerHello has come.
    Answered,
    /// Both Finished have come.
    Over,
}

/// What is followed in one direction.
#[derive(Clone)]
pub(super) struct Direction {
    pub(super) inbound: Inbound,
    reassembly: Option<Reassembly>,
    messages: StreamMessages,
    /// Messages by sequence number, to know a repetition by.
    pub(super) seen: BTreeMap<u16, (HandshakeType, Vec<u8>)>,
    /// Whether ChangeCipherSpec has come and the keys have not.
    changed: bool,
}

/// What can be done with a record.
enum Fate {
    Done,
    /// It waits for a key.
    Waits,
}

type Out = VecDeque<Observed>;

impl Watched {
    pub(super) fn new(framing: Framing, facts: SessionFacts) -> Self {
        let direction = Direction {
            inbound: Inbound::new(framing),
            reassembly: None,
            messages: StreamMessages::default(),
            seen: BTreeMap::new(),
            changed: false,
        };
        Self {
            framing,
            facts,
            client: direction.clone(),
            server: direction,
            transcript: Vec::new(),
            psk: None,
            master: None,
            keyed: false,
            trial: None,
            stage: Stage::Asked,
            server_done: false,
            ticket: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            indexed_random: None,
            indexed_cids: false,
            pairs: Vec::new(),
        }
    }

    pub(super) fn client_random(&self) -> Option<[u8; 32]> {
        self.facts.client_hello.as_ref().map(|hello| hello.random)
    }

    /// Whether another key might open what the known ones do not.
    pub(super) const fn wants_keys(&self) -> bool {
        !self.keyed || self.trial.is_some()
    }

    /// Whether records of `sender` are protected from now on.
    pub(super) const fn is_protected(&self, sender: Sender) -> bool {
        let direction = self.direction(sender);
        direction.changed || direction.inbound.current() > 0
    }

    /// Whether a protected record opens here; `None` if there is no key to tell.
    pub(super) fn opens(&self, sender: Sender, record: &Record<'_>) -> Option<bool> {
        match self.direction(sender).inbound.open(record) {
            Err(Refusal::NoKeys(_)) => None,
            result => Some(result.is_ok()),
        }
    }

    pub(super) const fn direction(&self, sender: Sender) -> &Direction {
        match sender {
            Sender::Client => &self.client,
            Sender::Server => &self.server,
        }
    }

    pub(super) const fn direction_mut(&mut self, sender: Sender) -> &mut Direction {
        match sender {
            Sender::Client => &mut self.client,
            Sender::Server => &mut self.server,
        }
    }

    /// Takes a record; it waits behind those that wait already.
    pub(super) fn record(
        &mut self,
        ring: &mut Keyring,
        arrival: Arrival,
        record: &Record<'_>,
        out: &mut Out,
    ) {
        if self.waiting.is_empty()
            && let Fate::Done = self.process(ring, arrival, record, out)
        {
            return;
        }
        let bytes = record.encode(self.framing);
        self.waiting_bytes += bytes.len();
        self.waiting.push_back((arrival, bytes));
        while self.waiting.len() > MOST_WAITING || self.waiting_bytes > MOST_WAITING_BYTES {
            self.give_up_first(out);
            self.drain(ring, out);
        }
    }

    /// Looks for keys, and takes the records that waited for them.
    pub(super) fn try_keys(&mut self, ring: &mut Keyring, out: &mut Out) {
        self.find_keys(ring);
        self.drain(ring, out);
    }

    fn drain(&mut self, ring: &mut Keyring, out: &mut Out) {
        while let Some((arrival, bytes)) = self.waiting.pop_front() {
            let length = self.cid(arrival.sender).map_or(0, Vec::len);
            let done = match Record::read(self.framing, &bytes, |_| length) {
                Ok((record, _)) => matches!(self.process(ring, arrival, &record, out), Fate::Done),
                Err(_) => true,
            };
            if !done {
                self.waiting.push_front((arrival, bytes));
                return;
            }
            self.waiting_bytes -= bytes.len();
        }
    }

    /// The Connection ID of records of `sender`, as far as it is agreed on.
    pub(super) fn cid(&self, sender: Sender) -> Option<&Vec<u8>> {
        match sender {
            Sender::Client => self.facts.cid_to_server.as_ref(),
            Sender::Server => self.facts.cid_to_client.as_ref(),
        }
    }

    /// Whether records wait for a key.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn give_up_first(&mut self, out: &mut Out) {
        let Some((arrival, bytes)) = self.waiting.pop_front() else {
            return;
        };
        self.waiting_bytes -= bytes.len();
        let length = self.cid(arrival.sender).map_or(0, Vec::len);
        if let Ok((record, _)) = Record::read(self.framing, &bytes, |_| length) {
            self.tell_unread(arrival, &record, out);
        }
    }

    fn tell_unread(&mut self, arrival: Arrival, record: &Record<'_>, out: &mut Out) {
        let why = self.why_unread();
        self.facts.unread = Some(why.clone());
        let what = What::Undecrypted {
            content_type: record.content_type,
            length: record.fragment.len(),
            why,
        };
        self.tell(arrival, (record.epoch, record.sequence), what, out);
    }

    /// Gives up every record that waits.
    pub(super) fn give_up(&mut self, ring: &mut Keyring, out: &mut Out) {
        while !self.waiting.is_empty() {
            self.give_up_first(out);
            self.drain(ring, out);
        }
    }

    fn tell(&self, arrival: Arrival, (epoch, sequence): (u16, u64), what: What, out: &mut Out) {
        out.push_back(Observed {
            time: arrival.time,
            frame: arrival.frame,
            from: arrival.from,
            to: arrival.to,
            session: self.facts.number,
            epoch,
            sequence,
            what,
        });
    }

    fn process(
        &mut self,
        ring: &mut Keyring,
        arrival: Arrival,
        record: &Record<'_>,
        out: &mut Out,
    ) -> Fate {
        let direction = self.direction(arrival.sender);
        let place = (record.epoch, record.sequence);
        let may_come = self.facts.client_hello.is_some();
        if direction.changed && !self.framing.is_datagram() {
            return Fate::Waits;
        }
        let newest = direction.inbound.is_of_newest(record);
        let mut opened = direction.inbound.open(record);
        if let (Err(Refusal::Open(_)), true) = (&opened, newest && self.trial.is_some()) {
            if !self.try_others(arrival.sender, record) {
                self.direction_mut(arrival.sender).inbound.pass();
                self.tell_unread(arrival, record, out);
                return Fate::Done;
            }
            opened = self.direction(arrival.sender).inbound.open(record);
        }
        let opened = match opened {
            Ok(opened) => opened,
            Err(Refusal::NoKeys(_)) if may_come => return Fate::Waits,
            Err(Refusal::NoKeys(_)) => {
                self.tell_unread(arrival, record, out);
                return Fate::Done;
            }
            Err(refusal) => {
                let rejection = Rejection::Unverified(refusal.to_string());
                self.tell(arrival, place, What::Rejected(rejection), out);
                return Fate::Done;
            }
        };
        if newest {
            self.prove(ring);
        }
        let place = (opened.epoch, opened.sequence);
        if opened.epoch > 0 && !opened.fresh {
            self.tell(arrival, place, What::Rejected(Rejection::Replayed), out);
            return Fate::Done;
        }
        self.direction_mut(arrival.sender).inbound.mark(&opened);
        if opened.epoch > 0 && opened.newest {
            self.follow(arrival);
        }
        self.take(ring, arrival, &opened, out);
        Fate::Done
    }

    /// Follows a side that goes on from another address.
    const fn follow(&mut self, arrival: Arrival) {
        match arrival.sender {
            Sender::Client => self.facts.client = arrival.from,
            Sender::Server => self.facts.server = arrival.from,
        }
    }

    fn take(&mut self, ring: &mut Keyring, arrival: Arrival, opened: &Opened, out: &mut Out) {
        let place = (opened.epoch, opened.sequence);
        let what = match opened.content_type {
            ContentType::HANDSHAKE if self.framing.is_datagram() => {
                return self.take_fragments(ring, arrival, opened, out);
            }
            ContentType::HANDSHAKE => return self.take_stream(ring, arrival, opened, out),
            ContentType::CHANGE_CIPHER_SPEC => {
                self.take_change(ring, arrival.sender);
                What::ChangeCipherSpec
            }
            ContentType::ALERT => match Alert::decode(&opened.bytes) {
                Some(alert) => What::Alert(alert),
                None => What::Malformed(format!("alert of {} bytes, wanted 2", opened.bytes.len())),
            },
            ContentType::APPLICATION_DATA => {
                // who sends data repeats nothing any more but perhaps a Finished
                self.direction_mut(arrival.sender).seen.clear();
                What::Data(opened.bytes.clone())
            }
            other => What::Malformed(format!("{other} at byte 0, wanted one of TLS 1.2")),
        };
        self.tell(arrival, place, what, out);
    }

    /// In a stream the records after it are protected; a server's without ServerHelloDone resumes (RFC 5246, 7.3).
    fn take_change(&mut self, ring: &mut Keyring, sender: Sender) {
        if self.framing.is_datagram() {
            return;
        }
        self.find_keys(ring);
        let direction = self.direction_mut(sender);
        if direction.inbound.is_prepared() {
            direction.inbound.advance();
        } else {
            direction.changed = true;
        }
    }

    fn take_stream(
        &mut self,
        ring: &mut Keyring,
        arrival: Arrival,
        opened: &Opened,
        out: &mut Out,
    ) {
        self.direction_mut(arrival.sender)
            .messages
            .push(&opened.bytes);
        let place = (opened.epoch, opened.sequence);
        loop {
            match self
                .direction_mut(arrival.sender)
                .messages
                .pop(LONGEST_MESSAGE)
            {
                Ok(Some(message)) => self.take_message(ring, arrival, place, &message, out),
                Ok(None) => return,
                Err(error) => {
                    self.direction_mut(arrival.sender).messages = StreamMessages::default();
                    self.tell(arrival, place, What::Malformed(error.to_string()), out);
                    return;
                }
            }
        }
    }

    fn take_fragments(
        &mut self,
        ring: &mut Keyring,
        arrival: Arrival,
        opened: &Opened,
        out: &mut Out,
    ) {
        let mut reader = Reader::new(&opened.bytes);
        let place = (opened.epoch, opened.sequence);
        while !reader.is_empty() {
            let (header, bytes) = match Header::read(&mut reader) {
                Ok(read) => read,
                Err(error) => {
                    self.tell(arrival, place, What::Malformed(error.to_string()), out);
                    return;
                }
            };
            self.take_fragment(arrival, place, header, bytes, out);
            while let Some((message, _)) = self.pop(arrival.sender) {
                self.take_message(ring, arrival, place, &message, out);
            }
        }
    }

    fn pop(&mut self, sender: Sender) -> Option<(Joined, u16)> {
        self.direction_mut(sender).reassembly.as_mut()?.pop()
    }

    fn take_fragment(
        &mut self,
        arrival: Arrival,
        place: (u16, u64),
        header: Header,
        bytes: &[u8],
        out: &mut Out,
    ) {
        if header.kind == HandshakeType::HELLO_REQUEST {
            let fact = fact(header, 1, false, Ok(HandshakeBody::HelloRequest));
            return self.tell(arrival, place, What::Handshake(Box::new(fact)), out);
        }
        let hello = header.kind == HandshakeType::CLIENT_HELLO;
        let again = place.0 > 0 && self.is_over();
        let begins = hello && (self.client.reassembly.is_none() || again);
        if begins && arrival.sender == Sender::Client {
            self.begin(header.sequence);
        }
        let direction = self.direction_mut(arrival.sender);
        let start = || Reassembly::starting_at(header.sequence);
        let reassembly = direction.reassembly.get_or_insert_with(start);
        match reassembly.push(header, bytes, place.0) {
            Taken::Kept => {}
            Taken::Old if header.offset + header.fragment < header.length => {}
            Taken::Old => self.tell_repeated(arrival, place, header, bytes, out),
            Taken::Dropped => {
                let found = format!(
                    "fragment of {} {} that fits no other",
                    header.kind, header.sequence
                );
                self.tell(arrival, place, What::Malformed(found), out);
            }
        }
    }

    /// Tells of the end of a message that has come before.
    fn tell_repeated(
        &self,
        arrival: Arrival,
        place: (u16, u64),
        header: Header,
        bytes: &[u8],
        out: &mut Out,
    ) {
        let seen = self.direction(arrival.sender).seen.get(&header.sequence);
        let whole = header.fragment == header.length;
        let body = match seen {
            _ if whole => bytes,
            Some((_, body)) => body,
            None => return,
        };
        let body = HandshakeBody::decode(header.kind, body, self.context(arrival.sender));
        let fact = fact(header, 1, true, body);
        self.tell(arrival, place, What::Handshake(Box::new(fact)), out);
    }

    /// Begins a handshake with the ClientHello of a sequence number, from which both sides count.
    fn begin(&mut self, sequence: u16) {
        for direction in [&mut self.client, &mut self.server] {
            direction.reassembly = Some(Reassembly::starting_at(sequence));
            direction.seen.clear();
        }
        self.transcript.clear();
        self.psk = None;
        self.master = None;
        self.keyed = false;
        self.trial = None;
        self.stage = Stage::Asked;
        self.server_done = false;
    }

    fn take_message(
        &mut self,
        ring: &mut Keyring,
        arrival: Arrival,
        place: (u16, u64),
        message: &Joined,
        out: &mut Out,
    ) {
        if message.kind == HandshakeType::CLIENT_HELLO {
            if !self.framing.is_datagram() && self.is_over() {
                self.begin(0);
            }
            // the hello without a cookie does not count (RFC 6347, 4.2.1)
            self.transcript.clear();
        }
        let body = HandshakeBody::decode(message.kind, &message.body, self.context(arrival.sender));
        let mut verified = None;
        if let Ok(HandshakeBody::Finished(found)) = &body {
            verified = self.check_finished(arrival.sender, found);
        }
        let counts = !matches!(
            message.kind,
            HandshakeType::HELLO_REQUEST | HandshakeType::HELLO_VERIFY_REQUEST
        );
        if counts && self.transcript.len() < LONGEST_TRANSCRIPT {
            self.transcript.extend(message.transcript(self.framing));
        }
        let header = Header::whole(message.kind, message.sequence, message.body.len());
        let mut fact = fact(header, message.fragments, false, body);
        fact.verified = verified;
        if self.framing.is_datagram() {
            let entry = (message.kind, message.body.clone());
            let seen = &mut self.direction_mut(arrival.sender).seen;
            seen.insert(message.sequence, entry);
        } else {
            fact.message_seq = None;
        }
        if let Ok(body) = &fact.body {
            self.learn(ring, arrival.sender, body, verified);
        }
        self.tell(arrival, place, What::Handshake(Box::new(fact)), out);
    }
}

impl Direction {
    pub(super) fn prepare(&mut self, protection: crate::crypto::Protection, cid: Vec<u8>) {
        self.inbound.prepare(protection, cid);
        if std::mem::take(&mut self.changed) {
            self.inbound.advance();
        }
    }
}

fn fact(
    header: Header,
    fragments: usize,
    repeats: bool,
    body: Result<HandshakeBody, crate::wire::DecodeError>,
) -> HandshakeFact {
    HandshakeFact {
        kind: header.kind,
        message_seq: Some(header.sequence),
        length: header.length,
        fragments,
        repeats,
        body,
        verified: None,
    }
}

const MOST_WAITING: usize = 512;
const MOST_WAITING_BYTES: usize = 1 << 20;
const LONGEST_MESSAGE: usize = 32 * 1024;
