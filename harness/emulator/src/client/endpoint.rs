//! The common interface, as the client has it.

use std::net::SocketAddr;

use coap::{Time, read};
use lwm2m::Operation;

use super::Client;
use super::power::Power;
use crate::conversation::Sent;
use crate::{
    Answer, Endpoint, Event, ExchangeId, Misbehaviour, Peer, Perform, PerformError, Predicate,
    Transmit,
};

impl Endpoint for Client {
    fn handle_datagram(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        if self.power != Power::On || self.is_deaf() {
            return;
        }
        // Ignored before the exchange layer remembers it, so that a retransmission can still be heard.
        let request = read(bytes)
            .message
            .is_some_and(|message| message.code.is_request());
        let heard = !request || self.speaker(from).is_some();
        if heard || self.conversation.takes_anyway(from, bytes) {
            self.conversation.handle_datagram(now, from, bytes);
        }
        self.drive(now);
    }

    fn handle_timeout(&mut self, now: Time) {
        self.wake(now);
        if self.power == Power::On {
            self.conversation.handle_timeout(now);
            self.drive(now);
        }
    }

    fn perform(&mut self, now: Time, request: Perform) -> Result<ExchangeId, PerformError> {
        if self.power != Power::On {
            return Err(PerformError::Off);
        }
        let sent = self.perform_now(now, request, true)?;
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
        match self.power {
            Power::Off => None,
            Power::Rebooting(until) => Some(until),
            Power::On => [
                self.conversation.poll_timeout(),
                self.next_deadline,
                self.asleep_at,
            ]
            .into_iter()
            .flatten()
            .min(),
        }
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn reset_case(&mut self) {
        self.conversation.reset_case();
        self.device.observers.clear();
        self.device.attributes.clear();
    }
}

impl Client {
    /// Does everything that is to be done at `now`, until nothing is left.
    pub(super) fn drive(&mut self, now: Time) {
        for _ in 0..MOST_ROUNDS {
            self.take_inbox(now);
            if self.power != Power::On {
                return;
            }
            self.drive_bootstrap(now);
            if !self.is_bootstrapping() {
                self.drive_registrations(now);
                self.drive_reports(now);
            }
            self.dirty = false;
            if !self.conversation.has_inbox() {
                break;
            }
        }
        self.next_deadline = self.deadline();
    }

    fn deadline(&self) -> Option<Time> {
        let registrations = self
            .registrations
            .iter()
            .filter_map(|registration| registration.due);
        let bootstrapping = self.is_bootstrapping();
        registrations
            .chain(self.report_at)
            .filter(|_| !bootstrapping)
            .chain(self.next_bootstrap())
            .min()
    }

    /// Sends an operation that the driver or a misbehaviour asked for.
    pub(super) fn perform_now(
        &mut self,
        now: Time,
        mut request: Perform,
        performed: bool,
    ) -> Result<Sent, PerformError> {
        if matches!(request.operation, Operation::Notify(_)) {
            return self.perform_notify(now, request);
        }
        let bootstrap = matches!(
            request.operation,
            Operation::BootstrapRequest(_) | Operation::BootstrapPackRequest(_)
        );
        let peer = match (&request.peer, bootstrap, self.bootstrap_account()) {
            (Peer::Only, true, Some((_, address))) => address,
            (peer, _, _) => self.peer(peer)?,
        };
        self.fill_location(&mut request.operation, peer);
        let sent = self.conversation.perform(now, peer, request, performed)?;
        self.note_sent(now, Some(&sent));
        self.note_bootstrap(&sent);
        self.stay_awake(now);
        Ok(sent)
    }

    /// The address of a peer: by Short Server ID, or that of the first server.
    pub(super) fn peer(&self, peer: &Peer) -> Result<SocketAddr, PerformError> {
        let found = match peer {
            Peer::Address(address) => Some(*address),
            Peer::Endpoint(name) => {
                let mut accounts = self.accounts().into_iter();
                accounts
                    .find(|account| account.server.to_string() == *name)
                    .map(|each| each.address)
            }
            Peer::Only => self.accounts().first().map(|account| account.address),
        };
        found.ok_or_else(|| PerformError::UnknownPeer(peer.clone()))
    }

    fn fill_location(&self, operation: &mut Operation, peer: SocketAddr) {
        let location = match operation {
            Operation::Update(update) => &mut update.location,
            Operation::Deregister(deregister) => &mut deregister.location,
            _ => return,
        };
        let known = self
            .registrations
            .iter()
            .find(|registration| registration.address == peer);
        if let Some(known) = known.filter(|_| location.is_empty()) {
            location.clone_from(&known.location);
        }
    }
}

/// Rounds of work at one moment; misbehaviours that answer themselves end here.
const MOST_ROUNDS: u32 = 16;
