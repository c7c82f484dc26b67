//! The common interface, as the server has it.

use std::net::SocketAddr;

use coap::Time;

use super::Server;
use crate::{
    Act, Answer, Endpoint, Event, ExchangeId, Kept, Misbehaviour, Perform, PerformError, Predicate,
    Transmit,
};

impl Endpoint for Server {
    fn handle_datagram(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        self.expire(now);
        self.conversation.handle_datagram(now, from, bytes);
        self.take_inbox(now);
        self.heard(now, from);
        self.drive(now);
    }

    fn handle_timeout(&mut self, now: Time) {
        self.expire(now);
        self.conversation.handle_timeout(now);
        self.drive(now);
    }

    fn perform(&mut self, now: Time, request: Perform) -> Result<ExchangeId, PerformError> {
        let exchange = self.send_or_queue(now, request)?;
        self.drive(now);
        Ok(exchange)
    }

    fn prepare(&mut self, upon: Predicate, answer: Answer) {
        self.conversation.prepare(upon, answer);
    }

    fn misbehave(&mut self, misbehaviour: Misbehaviour) {
        self.keeps_expired |= matches!(misbehaviour.act, Act::Keep(Kept::Registration));
        self.conversation.misbehave(misbehaviour);
    }

    fn poll_transmit(&mut self) -> Option<Transmit> {
        self.conversation.poll_transmit()
    }

    fn poll_timeout(&self) -> Option<Time> {
        [self.conversation.poll_timeout(), self.next_expiry()]
            .into_iter()
            .flatten()
            .min()
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn reset_case(&mut self) {
        self.conversation.reset_case();
        self.forget_observations(|_| true);
        self.queue.clear();
        self.values.clear();
        self.keeps_expired = false;
    }
}

impl Server {
    /// Takes note that `peer` has begun another session; requests of the one before are given up.
    pub fn begin_anew_with(&mut self, now: Time, peer: SocketAddr) {
        self.conversation.give_up(peer);
        self.drive(now);
    }

    /// Does everything that is to be done at `now`, until nothing is left.
    fn drive(&mut self, now: Time) {
        for _ in 0..MOST_ROUNDS {
            self.take_inbox(now);
            self.release_queue(now);
            if !self.conversation.has_inbox() {
                return;
            }
        }
    }
}

/// Rounds of work at one moment; misbehaviours that answer themselves end here.
const MOST_ROUNDS: u32 = 16;
