//! Messages that go: requests, notifications and answers, as they should be or edited.

use std::net::SocketAddr;
use std::time::Duration;

use coap::{Block, Code, Kind, Message, MessageId, Sending, Time, Token, encode, option, read};
use lwm2m::Operation;

use super::state::Held;
use super::{Arrival, Conversation, Plan, Sent};
use crate::edit::{apply, apply_option, patch, touches_bytes, touches_header};
use crate::{Answer, Direction, Edit, Perform, PerformError};

impl Conversation {
    /// Sends an operation of the emulator's own accord.
    pub(crate) fn send(
        &mut self,
        now: Time,
        peer: SocketAddr,
        operation: impl Into<Operation>,
    ) -> Option<Sent> {
        self.perform(now, peer, Perform::new(operation), false).ok()
    }

    /// Sends an operation that the driver asked for, or that is due (`performed` tells).
    pub(crate) fn perform(
        &mut self,
        now: Time,
        peer: SocketAddr,
        perform: Perform,
        performed: bool,
    ) -> Result<Sent, PerformError> {
        let id = self.new_id();
        self.perform_as(now, peer, perform, performed, id)
    }

    /// Sends an operation whose key the driver knows already.
    pub(crate) fn perform_as(
        &mut self,
        now: Time,
        peer: SocketAddr,
        perform: Perform,
        performed: bool,
        id: crate::ExchangeId,
    ) -> Result<Sent, PerformError> {
        let mut perform = perform;
        let mut message = natural_message(&perform);
        let mut plan = self.consult(
            Direction::Outgoing,
            &message,
            Some(&perform.operation),
            peer,
            1,
        );
        let operation = Some(&perform.operation);
        let again = self.consult(Direction::Outgoing, &message, operation, peer, 2);
        plan.once = again.dropped;
        self.queue_added(&mut plan);
        let sent = Sent {
            id,
            performed,
            operation: perform.operation.clone(),
            peer,
            token: message.token.clone(),
        };
        let base = perform.operation.path().unwrap_or_default();
        let registry = self.registry.clone();
        apply(&mut message, &plan.edits, base, &*registry);
        if plan.edits.iter().any(|edit| matches!(edit, Edit::Token(_))) {
            perform.token = Some(message.token.clone());
        }
        if !plan.delay.is_zero() {
            let held = Held::Request {
                sent: sent.clone(),
                perform: Box::new(perform),
                message,
            };
            self.hold(now + plan.delay, held);
            return Ok(sent);
        }
        self.transmit_request_with(now, sent, &perform, message, &plan)
    }

    pub(super) fn transmit_request(
        &mut self,
        now: Time,
        sent: Sent,
        perform: &Perform,
        message: Message,
    ) -> Result<Sent, PerformError> {
        self.transmit_request_with(now, sent, perform, message, &Plan::default())
    }

    fn transmit_request_with(
        &mut self,
        now: Time,
        mut sent: Sent,
        perform: &Perform,
        message: Message,
        plan: &Plan,
    ) -> Result<Sent, PerformError> {
        let usual = self.exchanges.parameters().block_size;
        if let Some(size) = perform.block_size {
            self.exchanges.parameters_mut().block_size = size;
        }
        let exchange = self.launch(now, &mut sent, perform, message, plan);
        self.exchanges.parameters_mut().block_size = usual;
        let exchange = exchange?;
        if plan.dropped {
            self.lost.insert(exchange);
        } else if plan.repeats > 0 {
            let mut copied = perform.clone();
            (copied.copies, copied.copy_gap) = (plan.repeats + 1, REPEATED);
            self.copies.insert(exchange, copied);
        } else if perform.copies > 1 {
            self.copies.insert(exchange, perform.clone());
        }
        self.spoil(exchange, plan);
        while self.sent.len() >= MOST_SENT {
            self.sent.pop_first();
        }
        if plan.anyway {
            self.lenient.push((sent.peer, sent.token.clone()));
        }
        self.sent.insert(exchange, sent.clone());
        self.drain(now);
        Ok(sent)
    }

    /// Notes what becomes of the bytes of an exchange.
    fn spoil(&mut self, exchange: coap::ExchangeId, plan: &Plan) {
        if plan.once {
            self.single.insert(exchange);
        }
        let edits = plan.edits.iter().filter(|edit| touches_bytes(edit));
        let edits: Vec<Edit> = edits.cloned().collect();
        if !edits.is_empty() {
            self.patched.insert(exchange, edits);
        }
    }

    fn launch(
        &mut self,
        now: Time,
        sent: &mut Sent,
        perform: &Perform,
        message: Message,
        plan: &Plan,
    ) -> Result<coap::ExchangeId, PerformError> {
        if let Some(bytes) = &perform.datagram {
            let reading = read(bytes);
            sent.token = reading.token_read().cloned().unwrap_or_default();
            let exchange = self
                .exchanges
                .expect(now, sent.peer, sent.token.clone(), reading.id());
            self.send_raw(now, sent.peer, bytes.clone(), perform);
            return Ok(exchange);
        }
        if matches!(sent.operation, Operation::Notify(_)) {
            return Ok(self.exchanges.notify(now, sent.peer, message)?);
        }
        let id = plan.edits.iter().find_map(|edit| match edit {
            Edit::Id(id) => Some(*id),
            _ => None,
        });
        let token = match &perform.token {
            Some(token) => token.clone(),
            None => self.exchanges.new_token(sent.peer),
        };
        sent.token.clone_from(&token);
        let token = Some(token);
        let sending = Sending {
            token,
            id,
            single: message.option_values(option::BLOCK1).next().is_some(),
        };
        Ok(self
            .exchanges
            .request_with(now, sent.peer, message, &sending)?)
    }

    /// Sends bytes as they are, as often as wanted.
    fn send_raw(&mut self, now: Time, to: SocketAddr, bytes: Vec<u8>, perform: &Perform) {
        self.hold_copies(now, to, &bytes, perform);
        self.push_transmit(to, bytes);
    }

    /// Ends an own exchange without a word, such as an observation.
    pub(crate) fn forget(&mut self, id: crate::ExchangeId) {
        let found = self.sent.iter().find(|(_, sent)| sent.id == id);
        if let Some(exchange) = found.map(|(exchange, _)| *exchange) {
            self.sent.remove(&exchange);
            self.exchanges.cancel(exchange);
        }
    }

    /// Answers a request with `message`, or with what was prepared for it.
    pub(crate) fn answer(&mut self, now: Time, mut arrival: Box<Arrival>, mut message: Message) {
        let mut plan = std::mem::take(&mut arrival.plan);
        let registry = self.registry.clone();
        if let Some(answer) = plan.answer.take() {
            if answer.nothing || answer.reset {
                return self.refuse(now, &arrival, answer.reset);
            }
            plan.delay = plan.delay.saturating_add(answer.delay);
            prepare(&mut message, &answer);
            let edits = node_edits(&answer);
            apply(&mut message, &edits, arrival.base(), &*registry);
        }
        message.token.clone_from(&arrival.message.token);
        let mut outgoing = self.consult(
            Direction::Outgoing,
            &message,
            arrival.operation.as_ref(),
            arrival.peer,
            1,
        );
        self.queue_added(&mut outgoing);
        if outgoing.dropped {
            return self.refuse(now, &arrival, false);
        }
        plan.edits.append(&mut outgoing.edits);
        plan.repeats = plan.repeats.max(outgoing.repeats);
        let delay = plan.delay.saturating_add(outgoing.delay);
        apply(&mut message, &plan.edits, arrival.base(), &*registry);
        if delay.is_zero() {
            self.respond(now, &arrival, message, &plan);
        } else {
            let edits = plan;
            self.hold(
                now + delay,
                Held::Answer {
                    arrival,
                    message,
                    edits,
                },
            );
        }
        self.drain(now);
    }

    /// Leaves a request without an answer, or rejects it with a Reset.
    pub(crate) fn refuse(&mut self, now: Time, arrival: &Arrival, reset: bool) {
        let Some(exchange) = arrival.exchange else {
            if reset {
                let id = arrival.message.id;
                let message = Message::new(Kind::Rst, Code::EMPTY, id, Token::default());
                self.push_encoded(arrival.peer, &message);
            }
            return;
        };
        if reset {
            // The request waits for its answer, so there is somebody to reject.
            let _ = self.exchanges.reset(exchange);
        } else {
            self.exchanges.ignore(exchange);
        }
        self.drain(now);
    }

    pub(super) fn respond(&mut self, now: Time, arrival: &Arrival, message: Message, plan: &Plan) {
        let edited = |edit: &Edit| touches_header(edit) || touches_bytes(edit);
        self.repeat(now, arrival, &message, plan.repeats);
        match arrival.exchange {
            Some(exchange) if is_separate(arrival, plan) => {
                // The request waits for its answer, so there is somebody to acknowledge.
                let _ = self.exchanges.acknowledge(exchange);
                let _ = self.exchanges.respond(now, exchange, message);
            }
            Some(exchange) if !plan.edits.iter().any(edited) => {
                // An answer without honest encoding is one that never comes.
                let _ = self.exchanges.respond(now, exchange, message);
            }
            exchange => {
                let message = with_header(message, arrival, plan);
                let Ok(mut bytes) = encode(&message) else {
                    return;
                };
                patch(&mut bytes, &plan.edits);
                match exchange {
                    Some(exchange) => {
                        let _ = self.exchanges.respond_raw(exchange, bytes);
                    }
                    None => self.push_transmit(arrival.peer, bytes),
                }
            }
        }
        self.drain(now);
    }

    /// Sends an answer again, each time as a message of its own.
    fn repeat(&mut self, now: Time, arrival: &Arrival, message: &Message, times: u32) {
        for time in 1..=times.min(MOST_COPIES) {
            let mut message = message.clone();
            message.kind = Kind::Non;
            message.id = self.exchanges.new_id();
            if let Ok(bytes) = encode(&message) {
                let to = arrival.peer;
                let at = now + ANSWERED_AGAIN.saturating_mul(time);
                self.hold(at, Held::Datagram { to, bytes });
            }
        }
    }

    /// Takes the datagrams of the exchange layer.
    pub(super) fn drain(&mut self, now: Time) {
        while let Some(transmit) = self.exchanges.poll_transmit() {
            let exchange = transmit.exchange;
            let once = |id: &coap::ExchangeId| self.single.contains(id);
            let again = transmit.retransmission > 0 && exchange.as_ref().is_some_and(once);
            if again || exchange.is_some_and(|exchange| self.lost.contains(&exchange)) {
                continue;
            }
            let mut transmit = transmit;
            if let Some(edits) = exchange.and_then(|exchange| self.patched.get(&exchange)) {
                patch(&mut transmit.bytes, edits);
            }
            if let Some(perform) = exchange.and_then(|exchange| self.copies.remove(&exchange)) {
                self.hold_copies(now, transmit.to, &transmit.bytes, &perform);
            }
            let bytes = self.edited_block(transmit.to, transmit.bytes);
            self.push_transmit(transmit.to, bytes);
        }
    }

    /// A datagram as misbehaviours want it, if it is an answer that the exchange layer gives by itself: to a block of a
    /// request, or with a later block of an answer.
    fn edited_block(&self, to: SocketAddr, bytes: Vec<u8>) -> Vec<u8> {
        if self.misbehaviours.is_empty() {
            return bytes;
        }
        let Some(mut message) = read(&bytes).message.filter(is_answer_to_block) else {
            return bytes;
        };
        let plan = self.consult(Direction::Outgoing, &message, None, to, 1);
        if plan.edits.is_empty() {
            return bytes;
        }
        let registry = self.registry.clone();
        apply(&mut message, &plan.edits, lwm2m::Path::ROOT, &*registry);
        encode(&message).unwrap_or(bytes)
    }

    fn hold_copies(&mut self, now: Time, to: SocketAddr, bytes: &[u8], perform: &Perform) {
        for copy in 1..perform.copies.min(MOST_COPIES) {
            let wait: Duration = perform.copy_gap.saturating_mul(copy);
            let bytes = bytes.to_vec();
            self.hold(now + wait, Held::Datagram { to, bytes });
        }
    }

    fn push_encoded(&mut self, to: SocketAddr, message: &Message) {
        if let Ok(bytes) = encode(message) {
            self.push_transmit(to, bytes);
        }
    }
}

/// Whether the exchange layer answers so by itself (RFC 7959, 2.9).
fn is_answer_to_block(message: &Message) -> bool {
    let later = Block::of(message, option::BLOCK2)
        .is_some_and(|block| block.is_ok_and(|block| block.number > 0));
    let partly = [
        Code::CONTINUE,
        Code::REQUEST_ENTITY_INCOMPLETE,
        Code::REQUEST_ENTITY_TOO_LARGE,
    ];
    message.code.is_response() && (later || partly.contains(&message.code))
}

/// The message of an operation, with the driver's options.
fn natural_message(perform: &Perform) -> Message {
    let operation = &perform.operation;
    let kind = perform.kind.unwrap_or_else(|| operation.default_kind());
    let token = perform.token.clone().unwrap_or_default();
    let mut message = operation.to_message(kind, MessageId(0), token);
    let edits = perform.options.iter();
    edits.for_each(|edit| apply_option(&mut message, edit));
    message
}

/// Puts a prepared answer in place of the natural one, as far as it says something.
fn prepare(message: &mut Message, answer: &Answer) {
    if let Some(code) = answer.code {
        if message.code != code && !code.is_success() {
            message.payload.clear();
            message.options.clear();
        }
        message.code = code;
    }
    if let Some((format, payload)) = &answer.payload {
        message.payload.clone_from(payload);
        message
            .options
            .retain(|each| each.number != option::CONTENT_FORMAT);
        if let Some(format) = format {
            message.push_uint_option(option::CONTENT_FORMAT, format.0.into());
        }
    }
    answer
        .options
        .iter()
        .for_each(|edit| apply_option(message, edit));
}

fn node_edits(answer: &Answer) -> Vec<Edit> {
    let edit = |(path, value): &(lwm2m::Path, lwm2m::Value)| Edit::Node {
        path: *path,
        value: Some(value.clone()),
    };
    answer.nodes.iter().map(edit).collect()
}

/// Whether the answer to a Confirmable request is told to be a Confirmable message: a separate response (RFC 7252, 5.2.2).
fn is_separate(arrival: &Arrival, plan: &Plan) -> bool {
    let mut edits = plan.edits.iter();
    let con = |edit: &Edit| matches!(edit, Edit::Kind(Kind::Con));
    let other = |edit: &Edit| touches_bytes(edit) || touches_header(edit) && !con(edit);
    arrival.message.kind == Kind::Con && edits.any(con) && !plan.edits.iter().any(other)
}

/// The header of a piggybacked answer, or of a NON's, with the edits on top.
fn with_header(mut message: Message, arrival: &Arrival, plan: &Plan) -> Message {
    message.kind = match arrival.message.kind {
        Kind::Con => Kind::Ack,
        kind => kind,
    };
    message.id = arrival.message.id;
    message.token.clone_from(&arrival.message.token);
    for edit in plan.edits.iter().filter(|edit| touches_header(edit)) {
        match edit {
            Edit::Kind(kind) => message.kind = *kind,
            Edit::Id(id) => message.id = *id,
            Edit::Token(token) => message.token.clone_from(token),
            _ => {}
        }
    }
    message
}

/// More exchanges of ours than that are not kept.
const MOST_SENT: usize = 4096;

/// Time between copies of a request, and between answers, that a misbehaviour sends.
const REPEATED: Duration = Duration::from_millis(500);
const ANSWERED_AGAIN: Duration = Duration::from_millis(1);

/// More copies than that are not sent.
const MOST_COPIES: u32 = 64;
