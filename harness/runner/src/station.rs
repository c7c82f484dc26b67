//! A seat that the harness plays: an emulator behind an address.
//!
//! Translates the commands of a case into what emulators understand; knows no operation by name.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use coap::{Message, MessageId, Time, Token};
use emulator::{
    Act, Answer, BootstrapServer, Client, Direction, Edit, Endpoint, FileServer, Misbehaviour,
    OptionEdit, Peer, Perform, Seen, Server, Shortage,
};
use judge::command::{OptionChange, Reply, Request, Upon};
use judge::watch::{StreamPart, Watch};
use lwm2m::Operation;
use testcase::{ControlVerb, Seat, Word};

use crate::channel::{Channel, ChannelEvent};

/// A seat held by an emulator.
pub struct Station {
    /// The seat.
    pub seat: Seat,
    /// Where its socket is.
    pub address: SocketAddr,
    /// Whether the emulator stands for an implementation under test.
    pub tested: bool,
    /// The emulator.
    pub emulator: Emulator,
    /// What stands between it and the wire.
    pub channel: Channel,
    /// Who shows which identity, for a server that looks at it (Transport TS, 5.2.6).
    pub(crate) identities: BTreeMap<Vec<u8>, String>,
    /// How it is not there, if it is not: it says nothing (`no-answer`), or its host rejects what comes (`reset`).
    pub(crate) absent: Option<Word>,
    /// With whom there has been a session.
    met: BTreeSet<SocketAddr>,
    /// Silences that are being kept.
    silences: Vec<Arc<AtomicBool>>,
}

/// An emulator of any role.
pub enum Emulator {
    /// An LwM2M Client.
    Client(Box<Client>),
    /// An LwM2M Server.
    Server(Box<Server>),
    /// A Bootstrap-Server.
    BootstrapServer(Box<BootstrapServer>),
    /// A file server.
    FileServer(Box<FileServer>),
}

impl Emulator {
    /// The common face of all roles.
    pub fn endpoint(&mut self) -> &mut dyn Endpoint {
        match self {
            Self::Client(client) => &mut **client,
            Self::Server(server) => &mut **server,
            Self::BootstrapServer(server) => &mut **server,
            Self::FileServer(server) => &mut **server,
        }
    }

    fn poll_timeout(&self) -> Option<Time> {
        match self {
            Self::Client(client) => client.poll_timeout(),
            Self::Server(server) => server.poll_timeout(),
            Self::BootstrapServer(server) => server.poll_timeout(),
            Self::FileServer(server) => server.poll_timeout(),
        }
    }
}

impl Station {
    /// An emulator at an address.
    pub fn new(seat: Seat, address: SocketAddr, emulator: Emulator, tested: bool) -> Self {
        Self {
            seat,
            address,
            tested,
            emulator,
            channel: Channel::default(),
            identities: BTreeMap::new(),
            absent: None,
            met: BTreeSet::new(),
            silences: Vec::new(),
        }
    }

    /// When the emulator or its channel wants the time.
    pub fn poll_timeout(&self) -> Option<Time> {
        let both = [self.emulator.poll_timeout(), self.channel.poll_timeout()];
        both.into_iter().flatten().min()
    }

    /// Gives both the time, as far as it is due.
    pub fn handle_timeout(&mut self, now: Time) {
        if self.emulator.poll_timeout().is_some_and(|due| due <= now) {
            self.emulator.endpoint().handle_timeout(now);
        }
        if self.channel.poll_timeout().is_some_and(|due| due <= now) {
            self.channel.handle_timeout(now);
        }
    }

    /// Sends a message of the emulator; a client looks its credentials up in its Security Object.
    pub fn send(&mut self, now: Time, to: SocketAddr, message: &[u8]) {
        let account = match &self.emulator {
            Emulator::Client(client) => client.security(to),
            _ => None,
        };
        self.channel.send(now, to, message, account.as_ref());
    }

    /// Takes a datagram from the wire.
    pub fn receive(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        self.channel.receive(now, from, bytes);
    }

    /// Takes what happens to a TCP connection.
    pub fn receive_stream(&mut self, now: Time, peer: SocketAddr, part: StreamPart<'_>) {
        match part {
            StreamPart::Opened => self.channel.opened(now, peer, true),
            StreamPart::Accepted => self.channel.opened(now, peer, false),
            StreamPart::Bytes(bytes) => self.channel.receive_stream(now, peer, bytes),
            StreamPart::Closed => self.channel.closed(now, peer),
        }
    }

    /// Takes what the channel tells; whether there was anything.
    pub(crate) fn take_channel_events(
        &mut self,
        now: Time,
        secrets: &mut Vec<String>,
        watch: &mut Watch,
    ) -> bool {
        let mut any = false;
        while let Some(event) = self.channel.poll_event() {
            any = true;
            match event {
                ChannelEvent::Established(peer, session) => {
                    if !self.met.insert(peer)
                        && let Emulator::Server(server) = &mut self.emulator
                    {
                        server.begin_anew_with(now, peer);
                    }
                    if let Some(identity) = session.client_identity() {
                        self.vouch(peer, &identity);
                    }
                }
                ChannelEvent::Secret(random, master) => {
                    secrets.push(transport::key_log(&random, &master));
                    watch.secret(random, master);
                }
                ChannelEvent::Ended(_) => {}
            }
        }
        any
    }

    /// Tells a server who the security below CoAP says is there.
    fn vouch(&mut self, peer: SocketAddr, identity: &[u8]) {
        let Some(endpoint) = self.identities.get(identity) else {
            return;
        };
        match &mut self.emulator {
            Emulator::Server(server) => server.vouch(peer, endpoint),
            Emulator::BootstrapServer(server) => server.vouch(peer, endpoint),
            _ => {}
        }
    }

    /// Does what a case asks of the channel.
    pub fn do_with_channel(
        &mut self,
        now: Time,
        to: SocketAddr,
        word: Word,
        description: Option<&str>,
    ) {
        self.channel.perform(now, to, word, description);
    }

    /// Sends an operation; the reason if it cannot.
    pub fn perform(
        &mut self,
        now: Time,
        request: &Request,
        to: Option<SocketAddr>,
    ) -> Result<(), String> {
        if request.forgets {
            return self.forget(&request.operation);
        }
        if self.tested && is_report(&request.operation) && self.is_muted() {
            // an implementation that is told to send while it is mute says nothing
            return Ok(());
        }
        let peer = self.peer(request, to);
        let perform = Perform {
            operation: self.completed(&request.operation),
            peer,
            kind: request.kind,
            token: request.token.clone(),
            options: edits(&request.options),
            datagram: request.datagram.clone(),
            block_size: request.block_size,
            copies: 1,
            copy_gap: Duration::ZERO,
        };
        self.emulator
            .endpoint()
            .perform(now, perform)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    fn is_muted(&self) -> bool {
        matches!(&self.emulator, Emulator::Client(client) if client.is_muted())
    }

    /// Makes a server forget an observation, so that its next notification is rejected (RFC 7641, 3.6).
    fn forget(&mut self, operation: &Operation) -> Result<(), String> {
        let forgotten = match (&mut self.emulator, operation.path()) {
            (Emulator::Server(server), Some(path)) => server.forget_observation(path),
            _ => false,
        };
        forgotten
            .then_some(())
            .ok_or_else(|| "there is no such observation".to_owned())
    }

    /// A server knows its clients by registration or their bootstrap, whoever is at the address, else the newest; a client its
    /// server by account.
    fn peer(&self, request: &Request, to: Option<SocketAddr>) -> Peer {
        match (&self.emulator, to) {
            (Emulator::Server(server), _) => {
                let known = server.registrations().iter();
                // one address may have registered by several names
                let newest = known.max_by_key(|known| (Some(known.address) == to, known.since));
                let known = newest.map(|known| Peer::Endpoint(known.endpoint.clone()));
                known.or(to.map(Peer::Address)).unwrap_or(Peer::Only)
            }
            (Emulator::BootstrapServer(server), _) => {
                let there = server.clients().find(|(_, address)| Some(*address) == to);
                let known = there.or_else(|| server.clients().last());
                let address = known.map(|(_, address)| address);
                address.or(to).map_or(Peer::Only, Peer::Address)
            }
            (Emulator::Client(_), Some(address)) if request.datagram.is_some() => {
                Peer::Address(address)
            }
            _ => Peer::Only,
        }
    }

    /// An operation whose content the case leaves to the emulator.
    fn completed(&self, operation: &Operation) -> Operation {
        match &self.emulator {
            Emulator::Client(client) if operation.payload().is_empty() && is_report(operation) => {
                client
                    .natural(operation.word())
                    .unwrap_or_else(|| operation.clone())
            }
            _ => operation.clone(),
        }
    }

    /// Says how the next message that fits is answered.
    pub fn prepare(&mut self, upon: Upon, reply: Reply) {
        if let (true, Some(_), Some(path), Emulator::Server(server)) =
            (reply.reset, &upon.token, upon.path, &mut self.emulator)
        {
            server.forget_observation(path);
            return;
        }
        let changes = message_edits(&reply);
        if !changes.is_empty() {
            let first: OnceLock<(MessageId, Token)> = OnceLock::new();
            let upon = upon.clone();
            // the same message is looked at more than once
            let once = move |seen: &Seen<'_>| {
                let this = || (seen.message.id, seen.message.token.clone());
                fits(&upon, seen) && *first.get_or_init(this) == this()
            };
            self.emulator
                .endpoint()
                .misbehave(Misbehaviour::new(once, Act::Change(changes)));
        }
        let answer = answer_of(reply);
        if answer != Answer::default() {
            self.emulator
                .endpoint()
                .prepare(Box::new(move |seen| fits(&upon, seen)), answer);
        }
    }

    /// Keeps what the emulator would say of its own accord to itself, until the silence ends.
    pub fn hush(&mut self, words: Vec<&'static str>, begins: bool) {
        if !begins {
            for silence in self.silences.drain(..) {
                silence.store(false, Ordering::Relaxed);
            }
            return;
        }
        let silence = Arc::new(AtomicBool::new(true));
        self.silences.push(Arc::clone(&silence));
        let kept = move |seen: &Seen<'_>| {
            silence.load(Ordering::Relaxed)
                && own_word(seen).is_some_and(|word| words.contains(&word) || words == ["any"])
        };
        self.emulator
            .endpoint()
            .misbehave(Misbehaviour::new(kept, Act::Drop));
    }

    /// Makes the emulator be absent, if it is to be; one that comes from the case before has to be told again.
    pub(crate) fn be_absent(&mut self) {
        match self.absent {
            Some(Word::NoAnswer) => self.unplug(),
            Some(_) => self.reject(),
            None => {}
        }
    }

    /// Makes the emulator say nothing at all, as if its address were nobody's.
    fn unplug(&mut self) {
        if self.channel.is_secured() {
            // no handshake either
            return self.channel.cut();
        }
        let sent = |seen: &Seen<'_>| seen.direction == Direction::Outgoing;
        self.emulator
            .endpoint()
            .misbehave(Misbehaviour::new(sent, Act::Drop));
    }

    /// Makes the emulator reject every message with a Reset, as a host does on which nobody listens.
    fn reject(&mut self) {
        if self.channel.is_secured() {
            // a Reset would have to go in a session, which such a host does not have
            return self.channel.cut();
        }
        let came = |seen: &Seen<'_>| seen.direction == Direction::Incoming;
        let answer = Answer {
            reset: true,
            ..Answer::default()
        };
        self.emulator
            .endpoint()
            .misbehave(Misbehaviour::new(came, Act::Answer(answer)));
    }

    /// Starts or stops the emulator; servers are always there.
    pub fn control(&mut self, now: Time, verb: ControlVerb) {
        let Emulator::Client(client) = &mut self.emulator else {
            return;
        };
        match verb {
            ControlVerb::Start => client.start(now),
            ControlVerb::Stop => {
                client.stop(now);
                self.channel.farewell(now);
                self.channel.begin_anew(now, false);
            }
            ControlVerb::LimitStorage => client.limit(Shortage::Storage),
            ControlVerb::LimitMemory => client.limit(Shortage::Memory),
            ControlVerb::ChangeAddress => {
                let servers = client.registrations();
                let peers = servers.iter().map(|one| one.peer);
                if peers
                    .clone()
                    .any(|peer| self.channel.has_connection_id(peer))
                {
                    // the session goes on from the other address (RFC 9146, 6)
                    client.refresh(now);
                } else {
                    self.channel.begin_anew(now, false);
                    client.change_address(now);
                }
            }
            ControlVerb::Reconnect => {
                self.channel.begin_anew(now, false);
                client.change_address(now);
            }
            ControlVerb::Resume => {
                self.channel.begin_anew(now, true);
                client.refresh(now);
            }
            ControlVerb::Restart | ControlVerb::PowerCycle | ControlVerb::Reset => {
                client.stop(now);
                self.channel.farewell(now);
                self.channel.begin_anew(now, false);
                client.start(now);
            }
        }
    }
}

/// An answer in the emulators' words; header fields stay behind.
pub(crate) fn answer_of(reply: Reply) -> Answer {
    Answer {
        code: reply.code,
        payload: reply.payload,
        nodes: reply.values,
        options: edits(&reply.options),
        nothing: reply.nothing,
        reset: reply.reset,
        delay: Duration::ZERO,
    }
}

/// Whether an operation is nothing without values.
const fn is_report(operation: &Operation) -> bool {
    matches!(operation, Operation::Send(_))
}

/// The word of a request or notification that goes out; an answer has none.
fn own_word(seen: &Seen<'_>) -> Option<&'static str> {
    let operation = seen.operation?;
    let own = seen.message.code.is_request() || matches!(operation, Operation::Notify(_));
    (own && seen.direction == Direction::Outgoing).then(|| operation.word())
}

fn fits(upon: &Upon, seen: &Seen<'_>) -> bool {
    if seen.direction != Direction::Incoming {
        return false;
    }
    if let Some(token) = &upon.token {
        return seen.message.token == *token && is_notification(seen.message);
    }
    seen.operation.is_some_and(|operation| {
        operation.word() == upon.word && upon.path.is_none_or(|path| operation.path() == Some(path))
    })
}

fn is_notification(message: &Message) -> bool {
    message.code.is_response()
}

fn message_edits(reply: &Reply) -> Vec<Edit> {
    let kind = reply.kind.map(Edit::Kind);
    let token = reply.token.clone().map(Edit::Token);
    kind.into_iter().chain(token).collect()
}

fn edits(changes: &[OptionChange]) -> Vec<OptionEdit> {
    let mut edits = Vec::new();
    for change in changes {
        let mut values = change.values.iter();
        match values.next() {
            None => edits.push(OptionEdit::Remove(change.number)),
            Some(first) => edits.push(OptionEdit::Set(change.number, first.clone())),
        }
        edits.extend(values.map(|value| OptionEdit::Add(change.number, value.clone())));
    }
    edits
}
