//! A seat that the harness plays: an emulator behind an address.
//!
//! Translates the commands of a case into what emulators understand; knows no operation by name.

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
use lwm2m::Operation;
use testcase::{ControlVerb, Seat};

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
    pub const fn new(seat: Seat, address: SocketAddr, emulator: Emulator, tested: bool) -> Self {
        Self {
            seat,
            address,
            tested,
            emulator,
            silences: Vec::new(),
        }
    }

    /// When the emulator wants the time.
    pub fn poll_timeout(&self) -> Option<Time> {
        self.emulator.poll_timeout()
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

    /// A server knows its clients by registration or their bootstrap, the newest first; a client its server by account.
    fn peer(&self, request: &Request, to: Option<SocketAddr>) -> Peer {
        match (&self.emulator, to) {
            (Emulator::Server(server), _) => {
                let newest = server
                    .registrations()
                    .iter()
                    .max_by_key(|known| known.since);
                let known = newest.map(|known| Peer::Endpoint(known.endpoint.clone()));
                known.or(to.map(Peer::Address)).unwrap_or(Peer::Only)
            }
            (Emulator::BootstrapServer(server), _) => {
                let newest = server.clients().last().map(|(_, address)| address);
                newest.or(to).map_or(Peer::Only, Peer::Address)
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

    /// Makes the emulator say nothing at all, as if its address were nobody's.
    pub fn unplug(&mut self) {
        let sent = |seen: &Seen<'_>| seen.direction == Direction::Outgoing;
        self.emulator
            .endpoint()
            .misbehave(Misbehaviour::new(sent, Act::Drop));
    }

    /// Makes the emulator reject every message with a Reset, as a host does on which nobody listens.
    pub fn reject(&mut self) {
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
            ControlVerb::Stop => client.stop(now),
            ControlVerb::LimitStorage => client.limit(Shortage::Storage),
            ControlVerb::LimitMemory => client.limit(Shortage::Memory),
            ControlVerb::ChangeAddress => client.change_address(now),
            ControlVerb::Restart | ControlVerb::PowerCycle | ControlVerb::Reset => {
                client.stop(now);
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
