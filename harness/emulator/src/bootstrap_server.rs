//! The emulated Bootstrap-Server (Core TS, 6.1): answers requests for a bootstrap and plays a sequence of operations.
//!
//! Without a sequence it sends only what its driver asks for.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use coap::{Code, ContentFormat, Kind, Message, MessageId, Parameters, Time, Token, option};
use lwm2m::{Operation, Path, Registry, Role, Version, codec, operation};

use crate::conversation::{Arrival, Conversation, Inbox, Sent};
use crate::{
    Answer, Endpoint, Event, ExchangeId, Misbehaviour, Outcome, Peer, Perform, PerformError,
    Predicate, Transmit,
};

/// The configuration of an emulated Bootstrap-Server; plain data.
#[derive(Clone, Debug)]
pub struct BootstrapServerConfiguration {
    /// Seed of Message IDs, tokens and timeouts.
    pub seed: u64,
    /// Object definitions.
    pub registry: Arc<Registry>,
    /// The clients that it knows by name; if there are none, it knows everybody.
    pub endpoints: Vec<String>,
    /// What is sent to a client that asks, one after the other as each is answered with success.
    pub sequence: Vec<Operation>,
    /// The Bootstrap-Pack, if there is one: format and payload (since 1.2).
    pub pack: Option<(ContentFormat, Vec<u8>)>,
    /// The preferred formats that can be met.
    pub formats: Vec<ContentFormat>,
    /// Parameters of CoAP.
    pub parameters: Parameters,
}

/// An emulated Bootstrap-Server.
pub struct BootstrapServer {
    configuration: BootstrapServerConfiguration,
    conversation: Conversation,
    clients: Vec<Bootstrapping>,
    events: VecDeque<Event>,
    /// Who the security below CoAP says is at an address.
    vouched: BTreeMap<SocketAddr, String>,
}

/// A client that asked for its bootstrap.
#[derive(Clone, Debug)]
struct Bootstrapping {
    endpoint: String,
    peer: SocketAddr,
    /// What is still to be sent.
    rest: VecDeque<Operation>,
    /// The step under way.
    exchange: Option<ExchangeId>,
}

impl BootstrapServerConfiguration {
    /// A Bootstrap-Server of `version` without a sequence.
    pub fn new(version: Version) -> Self {
        Self {
            seed: 3,
            registry: Arc::new(Registry::builtin(version)),
            endpoints: Vec::new(),
            sequence: Vec::new(),
            pack: None,
            formats: PREFERRED.to_vec(),
            parameters: Parameters::default(),
        }
    }
}

impl BootstrapServer {
    /// A Bootstrap-Server that nobody has asked yet.
    pub fn new(configuration: BootstrapServerConfiguration) -> Self {
        let conversation = Conversation::new(
            Role::BootstrapServer,
            configuration.registry.clone(),
            configuration.parameters.clone(),
            configuration.seed,
        );
        Self {
            configuration,
            conversation,
            clients: Vec::new(),
            events: VecDeque::new(),
            vouched: BTreeMap::new(),
        }
    }

    /// Takes note that the security below CoAP says who is at `peer`: another Endpoint Client Name is refused (Transport TS, 5.2.6).
    pub fn vouch(&mut self, peer: SocketAddr, endpoint: &str) {
        self.vouched.insert(peer, endpoint.to_owned());
    }

    /// Whether who is at `peer` may call itself so.
    fn may_be(&self, peer: SocketAddr, endpoint: &str) -> bool {
        let known = self.vouched.get(&peer);
        known.is_none_or(|known| known == endpoint)
    }

    /// The clients that asked, by Endpoint Client Name, with their addresses.
    pub fn clients(&self) -> impl Iterator<Item = (&str, SocketAddr)> {
        self.clients
            .iter()
            .map(|client| (client.endpoint.as_str(), client.peer))
    }

    /// What is sent to the next client that asks.
    pub fn set_sequence(&mut self, sequence: Vec<Operation>) {
        self.configuration.sequence = sequence;
    }

    fn drive(&mut self, now: Time) {
        for _ in 0..MOST_ROUNDS {
            while let Some(inbox) = self.conversation.poll_inbox() {
                self.take(now, inbox);
            }
            self.go_on(now);
            if !self.conversation.has_inbox() {
                return;
            }
        }
    }

    fn take(&mut self, now: Time, inbox: Inbox) {
        match inbox {
            Inbox::Request(arrival) => self.take_request(now, arrival),
            Inbox::Answered { sent, message, .. } => self.take_answer(&sent, message),
            Inbox::Rejected { sent, .. } => self.take_silence(&sent, Outcome::Reset),
            Inbox::TimedOut(sent) => self.take_silence(&sent, Outcome::TimedOut),
            Inbox::Broken(sent) => self.take_silence(&sent, Outcome::Broken),
            Inbox::Perform(perform) => {
                // A misbehaviour whose peer is gone has nobody to reach.
                let _ = self.send(now, *perform, false);
            }
            Inbox::Unmatched { peer, message } => self.emit(Event::Unmatched { peer, message }),
            Inbox::Malformed(peer) => self.emit(Event::Malformed { peer }),
            Inbox::Notified { .. } => {}
        }
    }

    fn take_request(&mut self, now: Time, arrival: Box<Arrival>) {
        let mut message = Message::new(Kind::Ack, Code::EMPTY, MessageId(0), Token::default());
        let outcome = match &arrival.operation {
            Some(Operation::BootstrapRequest(request)) => self.accept(&arrival, request),
            Some(Operation::BootstrapPackRequest(request)) => {
                self.answer_pack(&arrival, request, &mut message)
            }
            _ => Err(Code::NOT_FOUND),
        };
        message.code = outcome.unwrap_or_else(|code| code);
        self.conversation.answer(now, arrival, message);
    }

    /// Answers a Bootstrap-Request: 4.00 without a name or for an unknown one, 4.15 for a format that cannot be met (Transport TS, 6.4.2).
    fn accept(
        &mut self,
        arrival: &Arrival,
        request: &operation::BootstrapRequest,
    ) -> Result<Code, Code> {
        let endpoint = request.endpoint.clone().filter(|name| !name.is_empty());
        let known = &self.configuration.endpoints;
        let endpoint = endpoint
            .filter(|name| known.is_empty() || known.contains(name))
            .filter(|name| self.may_be(arrival.peer, name))
            .ok_or(Code::BAD_REQUEST)?;
        if request.preferred_format.is_some() {
            let preferred = request.preferred().ok_or(Code::BAD_REQUEST)?;
            if !self.configuration.formats.contains(&preferred) {
                return Err(Code::UNSUPPORTED_CONTENT_FORMAT);
            }
        }
        if !arrival.plan.leaves_no_trace() {
            self.begin(endpoint, arrival.peer, self.configuration.sequence.clone());
        }
        Ok(Code::CHANGED)
    }

    /// Answers a Bootstrap-Pack-Request: 5.01 without a pack, 4.06 for another format (Transport TS, 6.4.2).
    fn answer_pack(
        &mut self,
        arrival: &Arrival,
        request: &operation::BootstrapPackRequest,
        message: &mut Message,
    ) -> Result<Code, Code> {
        let (format, payload) = self
            .configuration
            .pack
            .clone()
            .ok_or(Code::NOT_IMPLEMENTED)?;
        let endpoint = request.endpoint.clone().ok_or(Code::BAD_REQUEST)?;
        if !self.may_be(arrival.peer, &endpoint) {
            return Err(Code::BAD_REQUEST);
        }
        let (format, payload) = match request.accept {
            Some(accept) if accept != format => self
                .converted(format, &payload, accept)
                .ok_or(Code::NOT_ACCEPTABLE)?,
            _ => (format, payload),
        };
        message.push_uint_option(option::CONTENT_FORMAT, format.0.into());
        message.payload = payload;
        if !arrival.plan.leaves_no_trace() {
            self.begin(endpoint, arrival.peer, Vec::new());
        }
        Ok(Code::CONTENT)
    }

    /// The pack in another format, if it can be met.
    fn converted(
        &self,
        format: ContentFormat,
        payload: &[u8],
        accept: ContentFormat,
    ) -> Option<(ContentFormat, Vec<u8>)> {
        let types = &*self.configuration.registry;
        let met = self.configuration.formats.contains(&accept);
        let nodes = codec::decode(format, payload, &Path::ROOT, types)
            .ok()?
            .nodes;
        let payload = codec::encode(accept, &nodes, &Path::ROOT, types).ok()?;
        met.then_some((accept, payload))
    }

    fn begin(&mut self, endpoint: String, peer: SocketAddr, sequence: Vec<Operation>) {
        self.clients
            .retain(|client| client.endpoint != endpoint && client.peer != peer);
        if self.clients.len() >= MOST_CLIENTS {
            self.clients.remove(0);
        }
        self.clients.push(Bootstrapping {
            endpoint: endpoint.clone(),
            peer,
            rest: sequence.into(),
            exchange: None,
        });
        self.tell_acquaintances();
        self.emit(Event::BootstrapRequested { endpoint, peer });
    }

    fn take_answer(&mut self, sent: &Sent, message: Message) {
        let accepted = message.code.is_success();
        let finished = matches!(sent.operation, Operation::BootstrapFinish(_));
        if let Some(client) = self.client_of(sent) {
            client.exchange = None;
            if !accepted {
                client.rest.clear();
            }
        }
        let peer = sent.peer;
        match (finished, accepted) {
            (true, true) => self.emit(Event::Bootstrapped { peer }),
            (_, false) => self.emit(Event::BootstrapFailed),
            _ => {}
        }
        self.ended(sent, Outcome::Answered(Box::new(message)));
    }

    fn take_silence(&mut self, sent: &Sent, outcome: Outcome) {
        if let Some(client) = self.client_of(sent) {
            client.exchange = None;
            client.rest.clear();
            self.emit(Event::BootstrapFailed);
        }
        self.ended(sent, outcome);
    }

    fn client_of(&mut self, sent: &Sent) -> Option<&mut Bootstrapping> {
        self.clients
            .iter_mut()
            .find(|client| client.exchange == Some(sent.id))
    }

    /// Sends the next step to every client that waits for one.
    fn go_on(&mut self, now: Time) {
        for index in 0..self.clients.len() {
            let Some(client) = self.clients.get_mut(index) else {
                return;
            };
            if client.exchange.is_some() {
                continue;
            }
            let Some(operation) = client.rest.pop_front() else {
                continue;
            };
            let perform = Perform::new(operation).to(Peer::Address(client.peer));
            let sent = self.send(now, perform, false).ok();
            if let Some(client) = self.clients.get_mut(index) {
                client.exchange = sent.map(|sent| sent.id);
            }
        }
    }

    fn send(&mut self, now: Time, perform: Perform, performed: bool) -> Result<Sent, PerformError> {
        let found = match &perform.peer {
            Peer::Address(address) => Some(*address),
            Peer::Endpoint(name) => {
                let mut clients = self.clients.iter();
                clients
                    .find(|client| client.endpoint == *name)
                    .map(|client| client.peer)
            }
            Peer::Only => match self.clients.as_slice() {
                [only] => Some(only.peer),
                _ => None,
            },
        };
        let peer = found.ok_or_else(|| PerformError::UnknownPeer(perform.peer.clone()))?;
        self.conversation.perform(now, peer, perform, performed)
    }

    fn ended(&mut self, sent: &Sent, outcome: Outcome) {
        if sent.performed {
            let exchange = sent.id;
            self.emit(Event::Ended { exchange, outcome });
        }
    }

    fn tell_acquaintances(&mut self) {
        let known = &mut self.conversation.known;
        known.endpoints = self
            .clients
            .iter()
            .map(|client| client.endpoint.clone())
            .collect();
        known.peers = self.clients.iter().map(|client| client.peer).collect();
    }

    fn emit(&mut self, event: Event) {
        if self.events.len() < MOST_EVENTS {
            self.events.push_back(event);
        }
    }
}

impl Endpoint for BootstrapServer {
    fn handle_datagram(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        self.conversation.handle_datagram(now, from, bytes);
        self.drive(now);
    }

    fn handle_timeout(&mut self, now: Time) {
        self.conversation.handle_timeout(now);
        self.drive(now);
    }

    fn perform(&mut self, now: Time, request: Perform) -> Result<ExchangeId, PerformError> {
        let sent = self.send(now, request, true)?;
        self.drive(now);
        Ok(sent.id)
    }

    fn prepare(&mut self, upon: Predicate, answer: Answer) {
        self.conversation.prepare(upon, answer);
    }

    fn misbehave(&mut self, misbehaviour: Misbehaviour) {
        self.conversation.misbehave(misbehaviour);
    }

    fn poll_transmit(&mut self) -> Option<Transmit> {
        self.conversation.poll_transmit()
    }

    fn poll_timeout(&self) -> Option<Time> {
        self.conversation.poll_timeout()
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn reset_case(&mut self) {
        self.conversation.reset_case();
        self.clients
            .iter_mut()
            .for_each(|client| client.rest.clear());
    }
}

/// The formats that `pct` may name (Core TS, 6.1.7.1).
const PREFERRED: [ContentFormat; 4] = [
    ContentFormat::SENML_CBOR,
    ContentFormat::SENML_JSON,
    ContentFormat::LWM2M_CBOR,
    ContentFormat::TLV,
];

/// Clients beyond that push the oldest out.
const MOST_CLIENTS: usize = 4096;
/// Events that nobody polls do not pile up beyond this.
const MOST_EVENTS: usize = 65_536;
/// Rounds of work at one moment.
const MOST_ROUNDS: u32 = 16;
