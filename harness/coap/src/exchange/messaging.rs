//! Messages and tokens of one endpoint: what is sent, awaited and answered (RFC 7252, 4 and 5.2).
//!
//! `receive` holds the incoming side. Bodies in blocks are not known here ([`super::Exchanges`] does them).

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use thiserror::Error;

use super::deduplication::{Deduplication, Source};
use super::random::Random;
use super::transmission::{Transmission, first_timeout};
use super::{Event, ExchangeId, Purpose, Sending, Transmit};
use crate::observe::Freshness;
use crate::{Code, EncodeError, Kind, Message, MessageId, Parameters, Time, Token, encode, option};

/// Why a response cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RespondError {
    /// No request with this key waits for an answer.
    #[error("exchange {exchange} does not wait for an answer")]
    NotWaiting {
        /// The key.
        exchange: ExchangeId,
    },
    /// The response has no honest encoding.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// State of the message and the request/response layer.
#[derive(Clone, Debug)]
pub(super) struct Messaging {
    pub(super) parameters: Parameters,
    random: Random,
    next_id: u16,
    next_exchange: u64,
    /// Confirmable messages on their way.
    pub(super) transmissions: BTreeMap<Source, Transmission>,
    /// Non-confirmable messages sent, with their expiry: a Reset may still name them.
    pub(super) unconfirmed: BTreeMap<Source, (ExchangeId, Time)>,
    /// Own requests that wait for responses, live observations among them.
    pub(super) awaited: BTreeMap<ExchangeId, Awaited>,
    /// Requests of others that wait for an answer.
    pub(super) incoming: BTreeMap<ExchangeId, Incoming>,
    pub(super) received: Deduplication,
    pub(super) transmits: VecDeque<Transmit>,
    pub(super) events: VecDeque<Event>,
}

/// A request of ours, or an observation.
#[derive(Clone, Debug)]
pub(super) struct Awaited {
    pub(super) peer: SocketAddr,
    pub(super) token: Token,
    /// Message ID, as long as a piggybacked response may come.
    pub(super) id: Option<MessageId>,
    pub(super) stage: Stage,
    /// Whether the request asked for an observation (RFC 7641, 2).
    pub(super) registers: bool,
    pub(super) acknowledged: bool,
    pub(super) freshness: Freshness,
    /// When the wait for the response ends; `None` while the transmission or the observation decides.
    pub(super) deadline: Option<Time>,
}

/// How far a request of ours has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No response yet.
    Waiting,
    /// A response registered an observation.
    Observing,
}

/// A request of somebody else.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    pub(super) peer: SocketAddr,
    pub(super) kind: Kind,
    pub(super) id: MessageId,
    pub(super) token: Token,
    /// When an Empty Acknowledgement goes; `None` once it went, and for a NON.
    pub(super) acknowledge_at: Option<Time>,
}

impl Messaging {
    pub(super) fn new(parameters: Parameters, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let next_id = random.next() as u16;
        Self {
            parameters,
            random,
            next_id,
            next_exchange: 0,
            transmissions: BTreeMap::new(),
            unconfirmed: BTreeMap::new(),
            awaited: BTreeMap::new(),
            incoming: BTreeMap::new(),
            received: Deduplication::default(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    pub(super) const fn new_exchange(&mut self) -> ExchangeId {
        self.next_exchange += 1;
        ExchangeId(self.next_exchange)
    }

    pub(super) const fn new_id(&mut self) -> MessageId {
        self.next_id = self.next_id.wrapping_add(1);
        MessageId(self.next_id)
    }

    /// A token that no request to `peer` uses at present (RFC 7252, 5.3.1).
    pub(super) fn new_token(&mut self, peer: SocketAddr) -> Token {
        let length = usize::from(self.parameters.token_length.min(8));
        // A token of 0 or 1 bytes may have no free value left; then a repeated one is all there is.
        for _ in 0..1024 {
            let bytes = self.random.next().to_be_bytes();
            let token = Token(bytes.into_iter().take(length).collect());
            let mut used = self.awaited.values();
            if !used.any(|other| other.peer == peer && other.token == token) {
                return token;
            }
        }
        Token(
            self.random
                .next()
                .to_be_bytes()
                .into_iter()
                .take(length)
                .collect(),
        )
    }

    /// Sends a request under `exchange`.
    pub(super) fn request(
        &mut self,
        now: Time,
        peer: SocketAddr,
        mut message: Message,
        sending: &Sending,
        exchange: ExchangeId,
    ) -> Result<(), EncodeError> {
        message.token = sending
            .token
            .clone()
            .unwrap_or_else(|| self.new_token(peer));
        message.id = sending.id.unwrap_or_else(|| self.new_id());
        self.send(now, peer, &message, Purpose::Request, exchange)?;
        let response_timeout = self.parameters.response_timeout;
        let awaited = Awaited {
            peer,
            id: Some(message.id),
            stage: Stage::Waiting,
            registers: message.observe() == Some(OBSERVE_REGISTER),
            acknowledged: false,
            freshness: Freshness::default(),
            deadline: (message.kind == Kind::Non).then(|| now + response_timeout),
            token: message.token,
        };
        self.awaited.insert(exchange, awaited);
        Ok(())
    }

    /// Waits for a response to a request that was sent as raw bytes.
    pub(super) fn expect(
        &mut self,
        now: Time,
        peer: SocketAddr,
        token: Token,
        id: Option<MessageId>,
    ) -> ExchangeId {
        let exchange = self.new_exchange();
        let deadline = Some(now + self.parameters.response_timeout);
        let stage = Stage::Waiting;
        let awaited = Awaited {
            peer,
            token,
            id,
            stage,
            registers: false,
            acknowledged: false,
            freshness: Freshness::default(),
            deadline,
        };
        self.awaited.insert(exchange, awaited);
        exchange
    }

    /// Sends a message of ours, with retransmission if it is Confirmable.
    pub(super) fn send(
        &mut self,
        now: Time,
        to: SocketAddr,
        message: &Message,
        purpose: Purpose,
        exchange: ExchangeId,
    ) -> Result<(), EncodeError> {
        let bytes = encode(message)?;
        match message.kind {
            Kind::Con => {
                let timeout = first_timeout(&self.parameters, &mut self.random);
                let transmission = Transmission {
                    exchange,
                    purpose,
                    token: message.token.clone(),
                    bytes: bytes.clone(),
                    deadline: now + timeout,
                    timeout,
                    retransmissions: 0,
                };
                self.transmissions.insert((to, message.id), transmission);
            }
            Kind::Non => {
                let expires = now + self.parameters.non_lifetime();
                self.unconfirmed
                    .insert((to, message.id), (exchange, expires));
            }
            Kind::Ack | Kind::Rst => {}
        }
        self.transmit(to, bytes, purpose, Some(exchange));
        Ok(())
    }

    /// Sends a notification in place of an older one that is still on its way (RFC 7641, 4.5.2).
    pub(super) fn notify(
        &mut self,
        now: Time,
        peer: SocketAddr,
        message: &Message,
    ) -> Result<ExchangeId, EncodeError> {
        let exchange = self.new_exchange();
        self.send(now, peer, message, Purpose::Notification, exchange)?;
        let older = self.transmissions.iter().find(|(source, sent)| {
            source.0 == peer
                && sent.token == message.token
                && sent.purpose == Purpose::Notification
                && sent.exchange != exchange
        });
        let Some(older) = older.map(|(source, _)| *source) else {
            return Ok(exchange);
        };
        let older = self.transmissions.remove(&older);
        let newer = self.transmissions.get_mut(&(peer, message.id));
        if let (Some(newer), Some(older)) = (newer, older) {
            newer.continue_from(now, &older, &self.parameters);
        }
        Ok(exchange)
    }

    pub(super) fn transmit(
        &mut self,
        to: SocketAddr,
        bytes: Vec<u8>,
        purpose: Purpose,
        exchange: Option<ExchangeId>,
    ) {
        self.transmits.push_back(Transmit {
            to,
            bytes,
            purpose,
            exchange,
            retransmission: 0,
        });
    }

    /// Sends an Empty ACK or RST for a message and records it for copies of the message.
    pub(super) fn send_empty(&mut self, kind: Kind, source: Source, exchange: Option<ExchangeId>) {
        let (to, id) = source;
        let purpose = match kind {
            Kind::Ack => Purpose::Acknowledgement,
            _ => Purpose::Reset,
        };
        if let Ok(bytes) = encode(&Message::new(kind, Code::EMPTY, id, Token::default())) {
            self.received.record(source, &bytes);
            self.transmit(to, bytes, purpose, exchange);
        }
    }

    /// Answers a request: piggybacked if no Acknowledgement went yet, else as a message of its own (RFC 7252, 5.2).
    pub(super) fn respond(
        &mut self,
        now: Time,
        exchange: ExchangeId,
        mut message: Message,
    ) -> Result<(), RespondError> {
        let incoming = self.incoming.get(&exchange).cloned();
        let incoming = incoming.ok_or(RespondError::NotWaiting { exchange })?;
        message.token = incoming.token;
        if incoming.acknowledge_at.is_some() {
            message.kind = Kind::Ack;
            message.id = incoming.id;
        } else {
            message.kind = match (incoming.kind, message.kind) {
                (_, Kind::Con) => Kind::Con,
                (Kind::Non, _) | (_, Kind::Non) => Kind::Non,
                _ => Kind::Con,
            };
            message.id = self.new_id();
        }
        self.send(now, incoming.peer, &message, Purpose::Response, exchange)?;
        if message.kind == Kind::Ack
            && let Some(sent) = self.transmits.back()
        {
            self.received
                .record((incoming.peer, incoming.id), &sent.bytes);
        }
        self.incoming.remove(&exchange);
        Ok(())
    }

    /// Takes a request off those that wait for an answer.
    pub(super) fn take_incoming(&mut self, exchange: ExchangeId) -> Result<Incoming, RespondError> {
        let incoming = self.incoming.remove(&exchange);
        incoming.ok_or(RespondError::NotWaiting { exchange })
    }

    /// Sends the Empty Acknowledgement of a Confirmable request now.
    pub(super) fn acknowledge(&mut self, exchange: ExchangeId) -> Result<(), RespondError> {
        let incoming = self.incoming.get_mut(&exchange);
        let incoming = incoming.ok_or(RespondError::NotWaiting { exchange })?;
        if incoming.acknowledge_at.take().is_some() {
            let source = (incoming.peer, incoming.id);
            self.send_empty(Kind::Ack, source, Some(exchange));
        }
        Ok(())
    }

    /// Ends an exchange of ours without a word.
    pub(super) fn cancel(&mut self, exchange: ExchangeId) {
        self.awaited.remove(&exchange);
        self.transmissions
            .retain(|_, transmission| transmission.exchange != exchange);
    }

    pub(super) fn forget_peer(&mut self, peer: SocketAddr) {
        self.awaited.retain(|_, awaited| awaited.peer != peer);
        self.incoming.retain(|_, incoming| incoming.peer != peer);
        self.transmissions.retain(|source, _| source.0 != peer);
        self.unconfirmed.retain(|source, _| source.0 != peer);
        self.received.forget_peer(peer);
    }

    /// The next moment at which something is due.
    pub(super) fn poll_timeout(&self) -> Option<Time> {
        let transmissions = self
            .transmissions
            .values()
            .map(|transmission| transmission.deadline);
        let responses = self.awaited.values().filter_map(|awaited| awaited.deadline);
        let acknowledgements = self
            .incoming
            .values()
            .filter_map(|incoming| incoming.acknowledge_at);
        transmissions.chain(responses).chain(acknowledgements).min()
    }

    pub(super) fn handle_timeout(&mut self, now: Time) {
        self.expire(now);
        self.retransmit(now);
        let due = |at: Option<Time>| at.is_some_and(|at| at <= now);
        let late: Vec<_> = self
            .incoming
            .iter()
            .filter(|(_, late)| due(late.acknowledge_at))
            .map(|(id, _)| *id)
            .collect();
        for exchange in late {
            // It waits for its answer, or it would not be among the late ones.
            let _ = self.acknowledge(exchange);
        }
        let silent: Vec<_> = self
            .awaited
            .iter()
            .filter(|(_, silent)| due(silent.deadline))
            .map(|(id, _)| *id)
            .collect();
        for exchange in silent {
            self.time_out(exchange);
        }
    }

    /// Forgets Message IDs whose lifetime is over.
    pub(super) fn expire(&mut self, now: Time) {
        self.received.expire(now);
        self.unconfirmed.retain(|_, (_, expires)| *expires > now);
    }

    fn retransmit(&mut self, now: Time) {
        let due: Vec<_> = self
            .transmissions
            .iter()
            .filter(|(_, waiting)| waiting.deadline <= now)
            .map(|(source, _)| *source)
            .collect();
        for source in due {
            let Some(transmission) = self.transmissions.get_mut(&source) else {
                continue;
            };
            let exchange = transmission.exchange;
            if let Some(retransmission) = transmission.retransmit(&self.parameters) {
                self.transmits.push_back(Transmit {
                    to: source.0,
                    bytes: transmission.bytes.clone(),
                    purpose: transmission.purpose,
                    exchange: Some(exchange),
                    retransmission,
                });
            } else {
                self.transmissions.remove(&source);
                self.awaited.remove(&exchange);
                let (peer, acknowledged) = (source.0, false);
                self.events.push_back(Event::TimedOut {
                    exchange,
                    peer,
                    acknowledged,
                });
            }
        }
    }

    fn time_out(&mut self, exchange: ExchangeId) {
        if let Some(Awaited {
            peer, acknowledged, ..
        }) = self.awaited.remove(&exchange)
        {
            self.events.push_back(Event::TimedOut {
                exchange,
                peer,
                acknowledged,
            });
        }
    }
}

/// Whether the message carries an Observe option (RFC 7641, 2).
pub(super) fn has_observe(message: &Message) -> bool {
    message.option_values(option::OBSERVE).next().is_some()
}

/// Observe value of a request that registers (RFC 7641, 2).
const OBSERVE_REGISTER: u32 = 0;
