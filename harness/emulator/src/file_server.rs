//! The emulated file server that images are pulled from (Core TS, E.6): GET of a name, answered in blocks.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use coap::{Code, Kind, Message, MessageId, Parameters, Time, Token, option};
use lwm2m::{Operation, Registry, Role, Version};

use crate::conversation::{Arrival, Conversation, Inbox};
use crate::{
    Answer, Endpoint, Event, ExchangeId, Misbehaviour, Peer, Perform, PerformError, Predicate,
    Transmit,
};

/// The configuration of an emulated file server; plain data.
#[derive(Clone, Debug)]
pub struct FileServerConfiguration {
    /// Seed of Message IDs, tokens and timeouts.
    pub seed: u64,
    /// Files by path and query: `/image`.
    pub files: Vec<(String, Vec<u8>)>,
    /// Parameters of CoAP.
    pub parameters: Parameters,
}

/// An emulated file server.
pub struct FileServer {
    files: Vec<(String, Vec<u8>)>,
    conversation: Conversation,
    events: VecDeque<Event>,
}

impl FileServerConfiguration {
    /// A file server without files.
    pub fn new() -> Self {
        Self {
            seed: 4,
            files: Vec::new(),
            parameters: Parameters::default(),
        }
    }
}

impl Default for FileServerConfiguration {
    fn default() -> Self {
        Self::new()
    }
}

impl FileServer {
    /// A file server that nobody has asked yet.
    pub fn new(configuration: FileServerConfiguration) -> Self {
        let registry = Arc::new(Registry::builtin(Version::V1_2));
        let (parameters, seed) = (configuration.parameters, configuration.seed);
        Self {
            files: configuration.files,
            conversation: Conversation::new(Role::FileServer, registry, parameters, seed),
            events: VecDeque::new(),
        }
    }

    /// Takes what has come; a file server sends nothing of its own accord.
    fn drive(&mut self, now: Time) {
        while let Some(inbox) = self.conversation.poll_inbox() {
            match inbox {
                Inbox::Request(arrival) => self.answer(now, arrival),
                Inbox::Unmatched { peer, message } => {
                    self.events.push_back(Event::Unmatched { peer, message });
                }
                Inbox::Malformed(peer) => self.events.push_back(Event::Malformed { peer }),
                _ => {}
            }
        }
    }

    fn answer(&mut self, now: Time, arrival: Box<Arrival>) {
        let mut message = Message::new(Kind::Ack, Code::NOT_FOUND, MessageId(0), Token::default());
        match &arrival.operation {
            Some(Operation::Download(download)) => {
                let wanted = download.reference();
                let file = self.files.iter().position(|(name, _)| *name == wanted);
                if let Some((at, (_, bytes))) = file.and_then(|at| Some((at, self.files.get(at)?)))
                {
                    message.code = Code::CONTENT;
                    // one representation for the whole transfer (RFC 7959, 2.4)
                    message.push_option(option::ETAG, [at as u8 + 1]);
                    message.payload.clone_from(bytes);
                }
            }
            _ => message.code = Code::METHOD_NOT_ALLOWED,
        }
        self.conversation.answer(now, arrival, message);
    }
}

impl Endpoint for FileServer {
    fn handle_datagram(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        self.conversation.handle_datagram(now, from, bytes);
        self.drive(now);
    }

    fn handle_timeout(&mut self, now: Time) {
        self.conversation.handle_timeout(now);
        self.drive(now);
    }

    fn perform(&mut self, now: Time, request: Perform) -> Result<ExchangeId, PerformError> {
        let Peer::Address(peer) = request.peer else {
            return Err(PerformError::UnknownPeer(request.peer));
        };
        let sent = self.conversation.perform(now, peer, request, true)?;
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
    }
}
