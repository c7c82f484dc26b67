//! The endpoint that emulators hold: [`Exchanges`].

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::messaging::{Messaging, RespondError};
use super::serving::Serving;
use super::transfer::{Context, Transfers, is_by_hand};
use super::{Event, ExchangeId, Purpose, Sending, Transmit};
use crate::{EncodeError, Kind, Message, MessageId, Parameters, Time, Token};

/// All exchanges of one endpoint (one address and port, one security context), with any number of peers.
///
/// After every call, drain `poll_transmit` and `poll_event`, then ask `poll_timeout` when to call
/// `handle_timeout`.
#[derive(Clone, Debug)]
pub struct Exchanges {
    messaging: Messaging,
    transfers: Transfers,
    serving: Serving,
    events: VecDeque<Event>,
}

impl Exchanges {
    /// An endpoint without exchanges; the same seed gives the same Message IDs, tokens and timeouts.
    pub fn new(parameters: Parameters, seed: u64) -> Self {
        Self {
            messaging: Messaging::new(parameters, seed),
            transfers: Transfers::default(),
            serving: Serving::default(),
            events: VecDeque::new(),
        }
    }

    /// The parameters that the endpoint goes by.
    pub const fn parameters(&self) -> &Parameters {
        &self.messaging.parameters
    }

    /// The parameters, to be changed for what is sent from now on.
    pub const fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.messaging.parameters
    }

    /// Sends a request, CON or NON as the message says, with a new token and Message ID.
    pub fn request(
        &mut self,
        now: Time,
        peer: SocketAddr,
        message: Message,
    ) -> Result<ExchangeId, EncodeError> {
        self.request_with(now, peer, message, &Sending::default())
    }

    /// Sends a request with the token and Message ID that `sending` chooses.
    pub fn request_with(
        &mut self,
        now: Time,
        peer: SocketAddr,
        message: Message,
        sending: &Sending,
    ) -> Result<ExchangeId, EncodeError> {
        if self.messaging.parameters.block_wise && !sending.single && !is_by_hand(&message) {
            return self
                .transfers
                .request(now, &mut self.messaging, peer, message, sending);
        }
        let exchange = self.messaging.new_exchange();
        self.messaging
            .request(now, peer, message, sending, exchange)?;
        Ok(exchange)
    }

    /// Answers the request of an [`Event::Request`]; token and Message ID are set here.
    ///
    /// A CON is answered piggybacked as long as no Empty Acknowledgement went, afterwards by a
    /// separate CON, or by a separate NON if the message says so. A NON is answered by a NON, or by a
    /// CON if the message says so.
    pub fn respond(
        &mut self,
        now: Time,
        exchange: ExchangeId,
        message: Message,
    ) -> Result<(), RespondError> {
        self.serving
            .respond(now, &mut self.messaging, exchange, message)
    }

    /// Answers a request with any bytes; they are sent again for copies of the request.
    pub fn respond_raw(
        &mut self,
        exchange: ExchangeId,
        bytes: Vec<u8>,
    ) -> Result<(), RespondError> {
        let incoming = self.messaging.take_incoming(exchange)?;
        self.serving.forget(exchange);
        self.messaging
            .received
            .record((incoming.peer, incoming.id), &bytes);
        self.messaging
            .transmit(incoming.peer, bytes, Purpose::Raw, Some(exchange));
        Ok(())
    }

    /// Sends the Empty Acknowledgement of a request now, so that the response will be a separate one.
    pub fn acknowledge(&mut self, exchange: ExchangeId) -> Result<(), RespondError> {
        self.messaging.acknowledge(exchange)
    }

    /// Rejects a request with a Reset (RFC 7252, 4.2).
    pub fn reset(&mut self, exchange: ExchangeId) -> Result<(), RespondError> {
        let incoming = self.messaging.take_incoming(exchange)?;
        self.serving.forget(exchange);
        let source = (incoming.peer, incoming.id);
        self.messaging.send_empty(Kind::Rst, source, Some(exchange));
        Ok(())
    }

    /// Leaves a request without Acknowledgement and answer.
    pub fn ignore(&mut self, exchange: ExchangeId) {
        self.messaging.incoming.remove(&exchange);
        self.serving.forget(exchange);
    }

    /// Sends a notification, or any response that no request waits for; the token is the message's own.
    ///
    /// A Confirmable notification to the same token that is still on its way is given up for this one,
    /// which goes on with its back-off (RFC 7641, 4.5.2).
    pub fn notify(
        &mut self,
        now: Time,
        peer: SocketAddr,
        mut message: Message,
    ) -> Result<ExchangeId, EncodeError> {
        if self.messaging.parameters.block_wise {
            self.serving
                .cut_notification(now, &self.messaging, peer, &mut message);
        }
        message.id = self.messaging.new_id();
        self.messaging.notify(now, peer, &message)
    }

    /// Sends bytes as they are, once, and remembers nothing.
    pub fn transmit_raw(&mut self, to: SocketAddr, bytes: Vec<u8>) {
        self.messaging.transmit(to, bytes, Purpose::Raw, None);
    }

    /// Waits for the response to a request that [`Self::transmit_raw`] sent; piggybacked ones are known by `id`.
    pub fn expect(
        &mut self,
        now: Time,
        peer: SocketAddr,
        token: Token,
        id: Option<MessageId>,
    ) -> ExchangeId {
        self.messaging.expect(now, peer, token, id)
    }

    /// A Message ID that was not used yet, for a message that the caller sends raw.
    pub const fn new_id(&mut self) -> MessageId {
        self.messaging.new_id()
    }

    /// A token that no exchange with `peer` uses, for a message that the caller sends raw.
    pub fn new_token(&mut self, peer: SocketAddr) -> Token {
        self.messaging.new_token(peer)
    }

    /// Ends an own exchange without a word: a request is not sent again, an observation is forgotten,
    /// so that its next notification is rejected (RFC 7641, 3.6).
    pub fn cancel(&mut self, exchange: ExchangeId) {
        self.messaging.cancel(exchange);
        if let Some(step) = self.transfers.cancel(exchange) {
            self.messaging.cancel(step);
        }
    }

    /// Forgets everything about `peer`, as after its restart.
    pub fn forget_peer(&mut self, peer: SocketAddr) {
        self.messaging.forget_peer(peer);
        self.transfers.forget_peer(peer);
        self.serving.forget_peer(peer);
    }

    /// Takes a datagram that came from `peer`.
    pub fn handle(&mut self, now: Time, peer: SocketAddr, bytes: &[u8]) {
        self.messaging.handle(now, peer, bytes);
        self.take_events(now);
    }

    /// Does what is due at `now`: retransmissions, Acknowledgements, the end of waiting.
    pub fn handle_timeout(&mut self, now: Time) {
        self.messaging.handle_timeout(now);
        self.take_events(now);
    }

    /// The next datagram to be sent.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.messaging.transmits.pop_front()
    }

    /// When `handle_timeout` is to be called next.
    pub fn poll_timeout(&self) -> Option<Time> {
        self.messaging.poll_timeout()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Passes the events of the messages on, those of blocks after the transfers have seen them.
    fn take_events(&mut self, now: Time) {
        while let Some(event) = self.messaging.events.pop_front() {
            let (messaging, events) = (&mut self.messaging, &mut self.events);
            let context = Context {
                now,
                messaging,
                events,
            };
            match event {
                Event::Request {
                    exchange,
                    peer,
                    message,
                } if context.messaging.parameters.block_wise => {
                    let taken =
                        self.serving
                            .take_request(now, context.messaging, exchange, peer, message);
                    self.events.extend(taken);
                }
                Event::Response {
                    exchange, message, ..
                } if self.transfers.knows(exchange) => {
                    self.transfers.take_response(context, exchange, message);
                }
                Event::Notification {
                    exchange,
                    message,
                    fresh,
                    ..
                } if self.transfers.knows(exchange) => {
                    self.transfers
                        .take_notification(context, exchange, message, fresh);
                }
                Event::TimedOut { exchange, .. } | Event::Reset { exchange, .. }
                    if self.transfers.knows(exchange) =>
                {
                    self.transfers.take_end(context, exchange, event);
                }
                Event::Acknowledged { exchange, .. }
                    if self.transfers.hides_acknowledgement(exchange) => {}
                other => self.events.push_back(other),
            }
        }
    }
}
