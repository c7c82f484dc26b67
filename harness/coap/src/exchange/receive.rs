//! What a datagram from outside does to the endpoint (RFC 7252, 4.2 to 4.5, 5.2 and 5.3; RFC 7641, 3.2).

use std::net::SocketAddr;

use super::messaging::{Awaited, Incoming, Messaging, Stage, has_observe};
use super::{Event, ExchangeId, Purpose};
use crate::{
    Answer, Code, Kind, Message, MessageId, Reaction, Reading, Time, Token, encode, option, read,
};

impl Messaging {
    /// Takes a datagram.
    pub(super) fn handle(&mut self, now: Time, peer: SocketAddr, bytes: &[u8]) {
        self.expire(now);
        let mut reading = read(bytes);
        let answer = reading.answer();
        if answer != Answer::Process {
            self.refuse(now, peer, bytes, reading, answer);
            return;
        }
        drop_unrecognized(&mut reading);
        let Some(message) = reading.message else {
            return;
        };
        match message.kind {
            Kind::Ack => self.handle_acknowledgement(now, peer, message),
            Kind::Rst => self.handle_reset(peer, message),
            Kind::Con if message.code == Code::EMPTY => {
                self.send_empty(Kind::Rst, (peer, message.id), None);
                self.events.push_back(Event::Ping {
                    peer,
                    id: message.id,
                });
            }
            Kind::Con | Kind::Non => self.handle_message(now, peer, bytes, message),
        }
    }

    /// Does what the broken rules demand.
    fn refuse(
        &mut self,
        now: Time,
        peer: SocketAddr,
        bytes: &[u8],
        reading: Reading,
        answer: Answer,
    ) {
        let id = reading.id().unwrap_or(MessageId(0));
        match answer {
            Answer::Reset => self.send_empty(Kind::Rst, (peer, id), None),
            Answer::BadOption if self.is_duplicate(peer, id, bytes) => return,
            Answer::BadOption => {
                self.remember(now, peer, Kind::Con, id, bytes);
                let token = reading.token_read().cloned().unwrap_or_default();
                self.send_bad_option(peer, id, token, &reading);
            }
            // a datagram aborts nothing
            Answer::Process | Answer::Ignore | Answer::Abort => {}
        }
        let reading = Box::new(reading);
        self.events.push_back(Event::Malformed {
            peer,
            reading,
            answer,
        });
    }

    /// Sends 4.02 with the reason as its diagnostic payload (RFC 7252, 5.4.1 and 5.5.2).
    fn send_bad_option(
        &mut self,
        peer: SocketAddr,
        id: MessageId,
        token: Token,
        reading: &Reading,
    ) {
        let mut message = Message::new(Kind::Ack, Code::BAD_OPTION, id, token);
        let mut reasons = reading.violations.iter();
        if let Some(reason) =
            reasons.find(|violation| violation.kind.reaction() == Reaction::Unrecognized)
        {
            message.payload = reason.kind.to_string().into_bytes();
        }
        if let Ok(answer) = encode(&message) {
            self.received.record((peer, id), &answer);
            self.transmit(peer, answer, Purpose::Response, None);
        }
    }

    fn handle_acknowledgement(&mut self, now: Time, peer: SocketAddr, message: Message) {
        let transmission = self.transmissions.remove(&(peer, message.id));
        let expected = || {
            self.awaited
                .iter()
                .find(|(_, awaited)| awaited.peer == peer && awaited.id == Some(message.id))
        };
        let exchange = match &transmission {
            Some(transmission) => Some(transmission.exchange),
            None => expected().map(|(exchange, _)| *exchange),
        };
        let Some(exchange) = exchange else {
            self.events.push_back(Event::Unmatched { peer, message });
            return;
        };
        let response_timeout = self.parameters.response_timeout;
        let Some(awaited) = self.awaited.get_mut(&exchange) else {
            self.events
                .push_back(Event::Acknowledged { exchange, peer });
            return;
        };
        // Another piggybacked response cannot follow, a separate one can.
        awaited.id = None;
        if message.code != Code::EMPTY && awaited.token == message.token {
            self.deliver(now, exchange, message);
            return;
        }
        let first = !std::mem::replace(&mut awaited.acknowledged, true);
        if awaited.stage == Stage::Waiting {
            awaited.deadline = Some(now + response_timeout);
        }
        if first && message.code == Code::EMPTY {
            self.events
                .push_back(Event::Acknowledged { exchange, peer });
        } else {
            self.events.push_back(Event::Unmatched { peer, message });
        }
    }

    fn handle_reset(&mut self, peer: SocketAddr, message: Message) {
        let source = (peer, message.id);
        let transmission = self
            .transmissions
            .remove(&source)
            .map(|rejected| rejected.exchange);
        let unconfirmed = self
            .unconfirmed
            .remove(&source)
            .map(|(exchange, _)| exchange);
        let mut awaited = self.awaited.iter();
        let expected =
            awaited.find(|(_, awaited)| awaited.peer == peer && awaited.id == Some(message.id));
        let expected = expected.map(|(exchange, _)| *exchange);
        if let Some(exchange) = transmission.or(unconfirmed).or(expected) {
            self.awaited.remove(&exchange);
            self.events.push_back(Event::Reset { exchange, peer });
        } else {
            self.events.push_back(Event::Unmatched { peer, message });
        }
    }

    /// Takes a request or a response that is a message of its own.
    fn handle_message(&mut self, now: Time, peer: SocketAddr, bytes: &[u8], message: Message) {
        if self.is_duplicate(peer, message.id, bytes) {
            return;
        }
        self.remember(now, peer, message.kind, message.id, bytes);
        if message.code.is_request() {
            self.handle_request(now, peer, message);
            return;
        }
        let source = (peer, message.id);
        let Some(exchange) = self.find_awaited(peer, &message) else {
            // A NON that notifies is rejected aloud, so that the sender forgets the observation (RFC 7641, 3.6).
            if message.kind == Kind::Con || has_observe(&message) {
                self.send_empty(Kind::Rst, source, None);
            }
            self.events.push_back(Event::Unmatched { peer, message });
            return;
        };
        if message.kind == Kind::Con {
            self.send_empty(Kind::Ack, source, Some(exchange));
        }
        // A response acknowledges the request whose Acknowledgement was lost (RFC 7252, 5.2.2).
        self.transmissions
            .retain(|_, sent| sent.exchange != exchange);
        self.deliver(now, exchange, message);
    }

    fn handle_request(&mut self, now: Time, peer: SocketAddr, message: Message) {
        let exchange = self.new_exchange();
        let separate_after = self.parameters.separate_after;
        let incoming = Incoming {
            peer,
            kind: message.kind,
            id: message.id,
            token: message.token.clone(),
            acknowledge_at: (message.kind == Kind::Con).then(|| now + separate_after),
        };
        self.incoming.insert(exchange, incoming);
        self.events.push_back(Event::Request {
            exchange,
            peer,
            message,
        });
    }

    /// The exchange that a response belongs to: same peer, same token (RFC 7252, 5.3.2).
    fn find_awaited(&self, peer: SocketAddr, message: &Message) -> Option<ExchangeId> {
        let candidates = || {
            self.awaited
                .iter()
                .filter(|(_, awaited)| awaited.peer == peer && awaited.token == message.token)
        };
        // A cancelling request shares its token with the observation; only notifications carry Observe (RFC 7641, 3.6).
        let preferred = if has_observe(message) {
            Stage::Observing
        } else {
            Stage::Waiting
        };
        let exact = candidates().find(|(_, awaited)| awaited.stage == preferred);
        exact
            .or_else(|| candidates().next())
            .map(|(exchange, _)| *exchange)
    }

    /// Hands a response over that belongs to `exchange`.
    fn deliver(&mut self, now: Time, exchange: ExchangeId, message: Message) {
        let Some(awaited) = self.awaited.get_mut(&exchange) else {
            return;
        };
        let observed = has_observe(&message) && message.code.is_success();
        let (peer, token) = (awaited.peer, awaited.token.clone());
        let event = match awaited.stage {
            Stage::Observing => {
                let fresh = awaited.is_fresh(now, &message);
                Event::Notification {
                    exchange,
                    peer,
                    message,
                    fresh,
                }
            }
            Stage::Waiting => {
                awaited.is_fresh(now, &message);
                Event::Response {
                    exchange,
                    peer,
                    message,
                }
            }
        };
        let was_waiting = awaited.stage == Stage::Waiting;
        if observed && awaited.registers {
            awaited.stage = Stage::Observing;
            awaited.deadline = None;
        } else {
            self.awaited.remove(&exchange);
        }
        if was_waiting {
            self.awaited.retain(|other, awaited| {
                *other == exchange
                    || awaited.stage != Stage::Observing
                    || awaited.peer != peer
                    || awaited.token != token
            });
        }
        self.events.push_back(event);
    }

    /// Whether the message came before; then its answer goes out again (RFC 7252, 4.2 and 4.5).
    fn is_duplicate(&mut self, peer: SocketAddr, id: MessageId, bytes: &[u8]) -> bool {
        let Some(received) = self.received.find((peer, id)) else {
            return false;
        };
        let same = received.bytes == bytes;
        let confirmable = bytes.first().is_some_and(|first| first >> 4 & 3 == 0);
        if let Some(answer) = received.answer.clone().filter(|_| confirmable) {
            let purpose = match answer.get(..2) {
                Some([0x60, 0]) => Purpose::Acknowledgement,
                Some([0x70, 0]) => Purpose::Reset,
                _ => Purpose::Response,
            };
            self.transmit(peer, answer, purpose, None);
        }
        self.events.push_back(Event::Duplicate { peer, id, same });
        true
    }

    fn remember(&mut self, now: Time, peer: SocketAddr, kind: Kind, id: MessageId, bytes: &[u8]) {
        let lifetime = match kind {
            Kind::Con => self.parameters.exchange_lifetime(),
            _ => self.parameters.non_lifetime(),
        };
        self.received.insert((peer, id), bytes, now + lifetime);
    }
}

impl Awaited {
    /// Whether a notification is newer than those before it; one without Observe ends the observation (RFC 7641, 3.2).
    fn is_fresh(&mut self, now: Time, message: &Message) -> bool {
        message
            .observe()
            .is_none_or(|sequence| self.freshness.accept(now, sequence))
    }
}

/// Leaves out the elective options that count as unrecognized (RFC 7252, 5.4.1, 5.4.3 and 5.4.5).
fn drop_unrecognized(reading: &mut Reading) {
    let Some(message) = &mut reading.message else {
        return;
    };
    let unrecognized = |start: usize, end: usize| {
        reading.violations.iter().any(|violation| {
            violation.kind.reaction() == Reaction::Unrecognized
                && violation
                    .kind
                    .option_number()
                    .is_some_and(|number| !option::is_critical(number))
                && (start..=end).contains(&violation.offset)
        })
    };
    let mut spans = reading.option_spans.iter();
    message.options.retain(|_| {
        let span = spans.next();
        span.is_none_or(|span| {
            !unrecognized(
                span.offset,
                span.value_offset + span.length.saturating_sub(1),
            )
        })
    });
}
