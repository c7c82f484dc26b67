//! Requests to clients: whom they reach, and the queue for those that sleep (Core TS, 6.5).

use std::net::SocketAddr;

use coap::Time;
use lwm2m::Operation;

use super::Server;
use super::state::Queued;
use crate::conversation::Sent;
use crate::{ExchangeId, Peer, Perform, PerformError};

impl Server {
    /// Sends a request now, or keeps it until its client wakes.
    pub(super) fn send_or_queue(
        &mut self,
        now: Time,
        perform: Perform,
    ) -> Result<ExchangeId, PerformError> {
        let peer = self.peer(&perform.peer)?;
        if self.is_observed_already(&perform.operation) {
            return Ok(self.conversation.new_id());
        }
        let endpoint = self.endpoint_at(peer).unwrap_or_default();
        let waits = self.queue.iter().any(|queued| queued.endpoint == endpoint);
        if !self.is_asleep(&endpoint, now) && !waits {
            return Ok(self.send_now(now, perform, true, None)?.id);
        }
        if self.queue.len() >= MOST_QUEUED {
            return Err(PerformError::TooMany(self.queue.len()));
        }
        let exchange = self.conversation.new_id();
        self.queue.push(Queued {
            endpoint,
            exchange,
            perform,
            sent: false,
        });
        Ok(exchange)
    }

    /// Sends the first request that waits for each client that is awake, unless one is under way.
    pub(super) fn release_queue(&mut self, now: Time) {
        let mut index = 0;
        while index < self.queue.len() {
            let Some(queued) = self.queue.get(index) else {
                return;
            };
            let endpoint = queued.endpoint.clone();
            let mut earlier = self.queue.iter().take(index);
            let first = !earlier.any(|other| other.endpoint == endpoint);
            let registered = self.registration(&endpoint).is_some();
            if queued.sent || !first || !registered || self.is_asleep(&endpoint, now) {
                index += 1;
                continue;
            }
            let mut perform = queued.perform.clone();
            // The address may have changed while the client slept.
            perform.peer = Peer::Endpoint(endpoint);
            let exchange = queued.exchange;
            let sent = self.send_now(now, perform, true, Some(exchange)).is_ok();
            match self.queue.get_mut(index) {
                Some(queued) if sent => queued.sent = true,
                Some(_) => {
                    self.queue.remove(index);
                }
                None => return,
            }
        }
    }

    /// A message of a client came: it is awake.
    pub(super) fn heard(&mut self, now: Time, peer: SocketAddr) {
        let registrations = self.registrations.iter_mut();
        registrations
            .filter(|each| each.address == peer)
            .for_each(|each| each.heard = now);
    }

    pub(super) fn send_now(
        &mut self,
        now: Time,
        mut perform: Perform,
        performed: bool,
        id: Option<ExchangeId>,
    ) -> Result<Sent, PerformError> {
        let peer = self.peer(&perform.peer)?;
        if perform.token.is_none() {
            perform.token = self.token_of(&perform.operation, peer);
        }
        let registration = self.registrations.iter().find(|each| each.address == peer);
        if let Some(registration) = registration {
            let root = registration.alternate_path();
            let segments: Vec<String> = root
                .split('/')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect();
            if !segments.is_empty() {
                put_below(&mut perform.operation, &segments);
            }
        }
        let id = id.unwrap_or_else(|| self.conversation.new_id());
        self.conversation
            .perform_as(now, peer, perform, performed, id)
    }

    fn peer(&self, peer: &Peer) -> Result<SocketAddr, PerformError> {
        let found = match peer {
            Peer::Address(address) => Some(*address),
            Peer::Endpoint(name) => self.registration(name).map(|each| each.address),
            Peer::Only => match self.registrations.as_slice() {
                [only] => Some(only.address),
                _ => None,
            },
        };
        found.ok_or_else(|| PerformError::UnknownPeer(peer.clone()))
    }
}

/// Puts an operation below an alternate path, unless it names one itself (Transport TS, 6.4.1).
fn put_below(operation: &mut Operation, root: &[String]) {
    let prefix = match operation {
        Operation::Read(it) => &mut it.prefix,
        Operation::Discover(it) => &mut it.prefix,
        Operation::Write(it) => &mut it.prefix,
        Operation::WriteAttributes(it) => &mut it.prefix,
        Operation::Execute(it) => &mut it.prefix,
        Operation::Create(it) => &mut it.prefix,
        Operation::Delete(it) => &mut it.prefix,
        Operation::ReadComposite(it) => &mut it.prefix,
        Operation::WriteComposite(it) => &mut it.prefix,
        Operation::Observe(it) => &mut it.prefix,
        Operation::CancelObservation(it) => &mut it.prefix,
        Operation::ObserveComposite(it) => &mut it.prefix,
        Operation::CancelObservationComposite(it) => &mut it.prefix,
        _ => return,
    };
    if prefix.is_empty() {
        prefix.extend_from_slice(root);
    }
}

/// More requests than that do not wait.
const MOST_QUEUED: usize = 1024;
