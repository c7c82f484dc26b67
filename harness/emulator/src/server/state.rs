//! The state of an emulated server, and what its driver can ask it.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use coap::{Time, Token};
use lwm2m::{Path, Role};

use super::values::KnownValues;
use super::{KnownValue, Registration, ServerConfiguration};
use crate::conversation::Conversation;
use crate::{Event, ExchangeId, Perform};

/// An emulated LwM2M Server.
pub struct Server {
    pub(super) configuration: ServerConfiguration,
    pub(super) conversation: Conversation,
    pub(super) registrations: Vec<Registration>,
    pub(super) observations: Vec<Observing>,
    pub(super) values: BTreeMap<String, KnownValues>,
    /// Requests for clients that sleep, in the order in which they were asked for.
    pub(super) queue: Vec<Queued>,
    pub(super) events: VecDeque<Event>,
    pub(super) locations: u64,
    /// Registrations outlive their lifetime, because a misbehaviour wants it.
    pub(super) keeps_expired: bool,
    /// Who the security below CoAP says is at an address.
    pub(super) vouched: BTreeMap<SocketAddr, String>,
}

/// An observation that this server began.
#[derive(Clone, Debug)]
pub(super) struct Observing {
    pub(super) endpoint: String,
    pub(super) peer: SocketAddr,
    pub(super) token: Token,
    pub(super) paths: Vec<Path>,
    pub(super) exchange: ExchangeId,
    /// Whether it outlived the registration in which it began, because a misbehaviour wants it.
    pub(super) outlived: bool,
}

/// A request for a client that sleeps.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub(super) endpoint: String,
    pub(super) exchange: ExchangeId,
    pub(super) perform: Perform,
    /// Whether it was sent and its answer is awaited (Core TS, 6.5: one at a time).
    pub(super) sent: bool,
}

impl Server {
    /// Takes note that the security below CoAP says who is at `peer`: another Endpoint Client Name is refused (Transport TS, 5.2.6).
    pub fn vouch(&mut self, peer: SocketAddr, endpoint: &str) {
        self.vouched.insert(peer, endpoint.to_owned());
    }

    /// A server that knows nobody.
    pub fn new(configuration: ServerConfiguration) -> Self {
        let conversation = Conversation::new(
            Role::Server,
            configuration.registry.clone(),
            configuration.parameters.clone(),
            configuration.seed,
        );
        Self {
            conversation,
            registrations: Vec::new(),
            observations: Vec::new(),
            values: BTreeMap::new(),
            queue: Vec::new(),
            events: VecDeque::new(),
            locations: 0,
            keeps_expired: false,
            vouched: BTreeMap::new(),
            configuration,
        }
    }

    /// The registrations that stand, in the order in which they came.
    pub fn registrations(&self) -> &[Registration] {
        &self.registrations
    }

    /// The registration of an Endpoint Client Name.
    pub fn registration(&self, endpoint: &str) -> Option<&Registration> {
        self.registrations
            .iter()
            .find(|registration| registration.endpoint == endpoint)
    }

    /// The values that a client told last, by path.
    pub fn values(&self, endpoint: &str) -> BTreeMap<Path, KnownValue> {
        let known = self
            .values
            .get(endpoint)
            .into_iter()
            .flat_map(KnownValues::iter);
        known.map(|(path, value)| (path, value.clone())).collect()
    }

    /// Tokens and paths of the observations of a client.
    pub fn observations(&self, endpoint: &str) -> Vec<(Token, Vec<Path>)> {
        let observations = self
            .observations
            .iter()
            .filter(|each| each.endpoint == endpoint);
        observations
            .map(|each| (each.token.clone(), each.paths.clone()))
            .collect()
    }

    /// Number of requests that wait for clients to wake.
    pub fn queued(&self) -> usize {
        self.queue.iter().filter(|queued| !queued.sent).count()
    }

    /// Forgets every registration, as after a restart without storage.
    pub fn forget_registrations(&mut self) {
        self.forget_observations(|_| true);
        self.registrations.clear();
        self.queue.clear();
        self.values.clear();
        self.tell_acquaintances();
    }

    /// Whether a client is taken to be asleep at `now` (Queue Mode).
    pub fn is_asleep(&self, endpoint: &str, now: Time) -> bool {
        self.registration(endpoint).is_some_and(|registration| {
            registration.queue_mode
                && now.since(registration.heard) >= self.configuration.awake_time
        })
    }

    pub(super) fn emit(&mut self, event: Event) {
        if self.events.len() < MOST_EVENTS {
            self.events.push_back(event);
        }
    }

    /// Tells predicates who is known.
    pub(super) fn tell_acquaintances(&mut self) {
        let known = &mut self.conversation.known;
        let names = self.registrations.iter().map(|each| &each.endpoint);
        known.endpoints.extend(names.cloned());
        known.peers = self.registrations.iter().map(|each| each.address).collect();
    }

    pub(super) fn endpoint_at(&self, peer: SocketAddr) -> Option<String> {
        let found = self
            .registrations
            .iter()
            .find(|registration| registration.address == peer);
        found.map(|registration| registration.endpoint.clone())
    }
}

/// Events that nobody polls do not pile up beyond this.
const MOST_EVENTS: usize = 65_536;
