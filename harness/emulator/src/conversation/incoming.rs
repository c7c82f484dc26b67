//! Datagrams that come: to the exchange layer, past it for duplicates that are done again, and on to the role.

use std::net::SocketAddr;

use coap::option::{definition, is_critical};
use coap::{Code, Event, Kind, Message, MessageId, Time, Token, encode, read};
use lwm2m::{Operation, Role};

use super::state::Held;
use super::{Arrival, Conversation, Inbox, Plan, Sent};
use crate::edit::apply;
use crate::{Direction, Kept};

impl Conversation {
    /// Takes a datagram.
    pub(crate) fn handle_datagram(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        let tolerated = self.tolerated(from, bytes);
        let bytes = tolerated.as_deref().unwrap_or(bytes);
        let plan = match read(bytes).message {
            Some(message) if !self.misbehaviours.is_empty() => {
                match self.intercept(now, from, &message, bytes) {
                    Some(plan) => plan,
                    None => return self.collect(now),
                }
            }
            None if self.ignores(from, bytes) => return,
            _ => Plan::default(),
        };
        self.exchanges.handle(now, from, bytes);
        self.collect_with(now, &plan);
    }

    /// The datagram without what forbids to take it, if a misbehaviour takes it anyway.
    fn tolerated(&self, from: SocketAddr, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.misbehaviours.is_empty() {
            return None;
        }
        let mut bytes = bytes.to_vec();
        let first = bytes.first_mut()?;
        *first = *first & !VERSION_MASK | VERSION_1;
        let mut message = read(&bytes).message?;
        if message.code.is_response() {
            let known = self.sent.values().any(|sent| sent.token == message.token);
            let (_, token) = self.lenient.iter().find(|(peer, _)| *peer == from)?;
            if known {
                return None;
            }
            message.token.clone_from(token);
        } else {
            let operation = self.recognise(from, &message);
            let plan = self.consult(Direction::Incoming, &message, operation.as_ref(), from, 1);
            if !plan.anyway {
                return None;
            }
            let known = |number| definition(number).is_some() || !is_critical(number);
            message.options.retain(|option| known(option.number));
        }
        encode(&message).ok()
    }

    /// Whether a misbehaviour loses a datagram that cannot be read.
    fn ignores(&self, from: SocketAddr, bytes: &[u8]) -> bool {
        let nothing = Message::new(Kind::Con, Code::EMPTY, MessageId(0), Token::default());
        let mut seen = self.seen(Direction::Incoming, &nothing, None, from);
        seen.datagram = Some(bytes);
        self.gather(&seen, 1).dropped
    }

    /// Whether a misbehaviour takes a request that is to be ignored.
    pub(crate) fn takes_anyway(&self, from: SocketAddr, bytes: &[u8]) -> bool {
        let Some(message) = read(bytes)
            .message
            .filter(|_| !self.misbehaviours.is_empty())
        else {
            return false;
        };
        let operation = self.recognise(from, &message);
        self.consult(Direction::Incoming, &message, operation.as_ref(), from, 1)
            .anyway
    }

    /// Lets misbehaviours act on a datagram; `None` if it goes no further.
    fn intercept(
        &mut self,
        now: Time,
        from: SocketAddr,
        message: &Message,
        bytes: &[u8],
    ) -> Option<Plan> {
        let copy = self.arrivals.count(now, from, message.id);
        let operation = self.recognise(from, message);
        let mut seen = self.seen(Direction::Incoming, message, operation.as_ref(), from);
        seen.datagram = Some(bytes);
        let mut plan = self.gather(&seen, copy);
        if plan.dropped {
            return None;
        }
        if !plan.delay.is_zero() {
            let bytes = bytes.to_vec();
            self.hold(now + plan.delay, Held::Arrived { from, bytes });
            return None;
        }
        let request = message.code.is_request();
        if copy == 1 && request {
            // The rest is found again when the request has arrived whole.
            return Some(Plan::default());
        }
        self.queue_added(&mut plan);
        if !request || !plan.deviates() {
            return Some(plan);
        }
        plan.never |= !plan.again;
        let arrival = Arrival {
            exchange: None,
            peer: from,
            message: message.clone(),
            operation,
            plan,
        };
        self.inbox.push_back(Inbox::Request(Box::new(arrival)));
        None
    }

    /// Takes what the exchange layer has to say.
    pub(super) fn collect(&mut self, now: Time) {
        self.collect_with(now, &Plan::default());
    }

    fn collect_with(&mut self, now: Time, plan: &Plan) {
        while let Some(event) = self.exchanges.poll_event() {
            self.take_event(event, plan);
        }
        self.drain(now);
    }

    fn take_event(&mut self, event: Event, plan: &Plan) {
        let inbox = match event {
            Event::Request {
                exchange,
                peer,
                message,
            } => return self.take_request(exchange, peer, message),
            Event::Response {
                exchange, message, ..
            } => self.answered(exchange, message, plan),
            Event::Notification {
                exchange,
                message,
                fresh,
                ..
            } => self.notified(exchange, message, fresh),
            Event::Reset { exchange, .. } => self.sent.remove(&exchange).map(|sent| {
                let plan = plan.clone();
                Inbox::Rejected { sent, plan }
            }),
            Event::TimedOut { exchange, .. } => self.sent.remove(&exchange).map(Inbox::TimedOut),
            Event::Broken { exchange, .. } => self.sent.remove(&exchange).map(Inbox::Broken),
            Event::Unmatched { peer, message } => Some(Inbox::Unmatched { peer, message }),
            Event::Malformed { peer, .. } => Some(Inbox::Malformed(peer)),
            _ => None,
        };
        self.inbox.extend(inbox);
    }

    fn take_request(&mut self, exchange: coap::ExchangeId, peer: SocketAddr, message: Message) {
        let operation = self.recognise(peer, &message);
        let mut plan = self.consult(Direction::Incoming, &message, operation.as_ref(), peer, 1);
        // These two acted when the datagram came.
        plan.dropped = false;
        plan.delay = std::time::Duration::ZERO;
        let seen = self.seen(Direction::Incoming, &message, operation.as_ref(), peer);
        let fitting = self.prepared.iter().position(|(upon, _)| upon(&seen));
        if let Some(index) = fitting {
            let answer = match plan.keeps(Kept::Preparation) {
                true => self.prepared.get(index).map(|(_, answer)| answer.clone()),
                false => Some(self.prepared.remove(index).1),
            };
            plan.answer = plan.answer.or(answer);
        }
        let mut added = Plan::default();
        std::mem::swap(&mut added.added, &mut plan.added);
        let (message, operation) = self.misread(peer, message, operation, &plan);
        let arrival = Arrival {
            exchange: Some(exchange),
            peer,
            message,
            operation,
            plan,
        };
        self.inbox.push_back(Inbox::Request(Box::new(arrival)));
        self.queue_added(&mut added);
    }

    /// The request as a misbehaviour makes it appear.
    fn misread(
        &self,
        peer: SocketAddr,
        mut message: Message,
        operation: Option<Operation>,
        plan: &Plan,
    ) -> (Message, Option<Operation>) {
        if plan.misread.is_empty() {
            return (message, operation);
        }
        let base = operation.as_ref().and_then(Operation::path);
        apply(
            &mut message,
            &plan.misread,
            base.unwrap_or_default(),
            &*self.registry,
        );
        let operation = self.recognise(peer, &message);
        (message, operation)
    }

    fn answered(
        &mut self,
        exchange: coap::ExchangeId,
        message: Message,
        plan: &Plan,
    ) -> Option<Inbox> {
        let sent = self.sent.get(&exchange)?.clone();
        if !observes(&sent) || message.observe().is_none() {
            self.sent.remove(&exchange);
        }
        let plan = plan.clone();
        Some(Inbox::Answered {
            sent,
            message,
            plan,
        })
    }

    fn notified(
        &mut self,
        exchange: coap::ExchangeId,
        message: Message,
        fresh: bool,
    ) -> Option<Inbox> {
        let sent = self.sent.get(&exchange)?.clone();
        if message.observe().is_none() || !message.code.is_success() {
            self.sent.remove(&exchange);
        }
        Some(Inbox::Notified {
            sent,
            message,
            fresh,
        })
    }

    /// The operation that a message is, or that it answers.
    fn recognise(&self, from: SocketAddr, message: &Message) -> Option<Operation> {
        let sender = match self.role {
            Role::Client if self.known.bootstrap == Some(from) => Role::BootstrapServer,
            Role::Client => Role::Server,
            _ => Role::Client,
        };
        Operation::recognise_from(message, sender, self.role).or_else(|| {
            let mut sent = self.sent.values();
            let asked = sent.find(|sent| sent.peer == from && sent.token == message.token);
            asked
                .filter(|_| message.code.is_response())
                .map(|sent| sent.operation.clone())
        })
    }
}

/// Whether a request of ours began an observation.
fn observes(sent: &Sent) -> bool {
    matches!(
        sent.operation,
        Operation::Observe(_) | Operation::ObserveComposite(_)
    )
}

/// Where the version stands in the first byte, and version 1 there (RFC 7252, 3).
const VERSION_MASK: u8 = 0b1100_0000;
const VERSION_1: u8 = 0b0100_0000;
