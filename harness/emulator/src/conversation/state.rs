//! The state of a conversation, its deadlines, and what is held back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use coap::{Exchanges, Message, Parameters, Time};
use lwm2m::{Operation, Registry, Role};

use super::arrivals::Arrivals;
use super::{Arrival, Inbox, Plan, Sent};
use crate::{
    Act, Answer, Direction, Edit, ExchangeId, Misbehaviour, Perform, Predicate, Seen, Transmit,
};

/// All exchanges of one emulator, and how it deviates from what is right.
pub(crate) struct Conversation {
    pub(super) role: Role,
    pub(super) registry: Arc<Registry>,
    pub(super) exchanges: Exchanges,
    pub(super) prepared: Vec<(Predicate, Answer)>,
    pub(super) misbehaviours: Vec<Misbehaviour>,
    pub(super) arrivals: Arrivals,
    pub(super) sent: BTreeMap<coap::ExchangeId, Sent>,
    pub(super) held: BTreeMap<(Time, u64), Held>,
    /// How often the first datagram of an exchange goes out besides, and how far apart.
    pub(super) copies: BTreeMap<coap::ExchangeId, Perform>,
    /// Exchanges whose datagrams are lost.
    pub(super) lost: BTreeSet<coap::ExchangeId>,
    /// Exchanges whose retransmissions are lost.
    pub(super) single: BTreeSet<coap::ExchangeId>,
    /// Exchanges whose datagrams have no honest encoding.
    pub(super) patched: BTreeMap<coap::ExchangeId, Vec<Edit>>,
    /// Requests whose answer may have any token.
    pub(super) lenient: Vec<(SocketAddr, coap::Token)>,
    pub(super) transmits: VecDeque<Transmit>,
    pub(super) inbox: VecDeque<Inbox>,
    /// Who is known, as `Seen::known_endpoint` tells.
    pub(crate) known: Acquaintances,
    parameters: Parameters,
    counter: u64,
    /// How much misbehaviours have added.
    added: u32,
}

/// Who is known to an emulator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acquaintances {
    pub(crate) endpoints: BTreeSet<String>,
    pub(crate) peers: BTreeSet<SocketAddr>,
    /// The peer that speaks as Bootstrap-Server at present.
    pub(crate) bootstrap: Option<SocketAddr>,
}

/// Something that happens later.
#[derive(Clone, Debug)]
pub(super) enum Held {
    Datagram {
        to: SocketAddr,
        bytes: Vec<u8>,
    },
    Arrived {
        from: SocketAddr,
        bytes: Vec<u8>,
    },
    Answer {
        arrival: Box<Arrival>,
        message: Message,
        edits: Plan,
    },
    Request {
        sent: Sent,
        perform: Box<Perform>,
        message: Message,
    },
}

impl Conversation {
    /// A conversation without exchanges.
    pub(crate) fn new(
        role: Role,
        registry: Arc<Registry>,
        parameters: Parameters,
        seed: u64,
    ) -> Self {
        Self {
            role,
            registry,
            exchanges: Exchanges::new(parameters.clone(), seed),
            prepared: Vec::new(),
            misbehaviours: Vec::new(),
            arrivals: Arrivals::default(),
            sent: BTreeMap::new(),
            held: BTreeMap::new(),
            copies: BTreeMap::new(),
            lost: BTreeSet::new(),
            single: BTreeSet::new(),
            patched: BTreeMap::new(),
            lenient: Vec::new(),
            transmits: VecDeque::new(),
            inbox: VecDeque::new(),
            known: Acquaintances::default(),
            parameters,
            counter: 0,
            added: 0,
        }
    }

    /// Forgets every exchange, as after a restart; scripts stay.
    pub(crate) fn restart(&mut self, seed: u64) {
        self.exchanges = Exchanges::new(self.parameters.clone(), seed);
        self.arrivals = Arrivals::default();
        self.sent.clear();
        self.held.clear();
        self.copies.clear();
        self.lost.clear();
        self.single.clear();
        self.patched.clear();
        self.lenient.clear();
        self.inbox.clear();
    }

    /// Gives up the requests to `peer` that nobody has answered: in another session no answer to them can come (RFC 7252, 9.1.1).
    pub(crate) fn give_up(&mut self, peer: SocketAddr) {
        let given_up = self.cancel_open(|sent| sent.peer == peer);
        self.inbox.extend(given_up.into_iter().map(Inbox::TimedOut));
    }

    /// Ends the requests that `concerned` names and nobody has answered; observations stay.
    fn cancel_open(&mut self, concerned: impl Fn(&Sent) -> bool) -> Vec<Sent> {
        let observes = |sent: &Sent| {
            matches!(
                sent.operation,
                Operation::Observe(_) | Operation::ObserveComposite(_)
            )
        };
        let open: Vec<_> = self
            .sent
            .iter()
            .filter(|(_, sent)| concerned(sent) && !observes(sent))
            .map(|(exchange, _)| *exchange)
            .collect();
        let cancel = |exchange| {
            self.exchanges.cancel(exchange);
            self.sent.remove(&exchange)
        };
        open.into_iter().filter_map(cancel).collect()
    }

    /// Forgets scripts, what is held back, and requests that nobody has answered.
    pub(crate) fn reset_case(&mut self) {
        self.cancel_open(|_| true);
        self.prepared.clear();
        self.misbehaviours.clear();
        self.held.clear();
        self.copies.clear();
        self.lost.clear();
        self.single.clear();
        self.patched.clear();
        self.lenient.clear();
    }

    /// Says how the next request that fits is answered.
    pub(crate) fn prepare(&mut self, upon: Predicate, answer: Answer) {
        self.prepared.push((upon, answer));
    }

    /// Says how to misbehave.
    pub(crate) fn misbehave(&mut self, misbehaviour: Misbehaviour) {
        self.misbehaviours.push(misbehaviour);
    }

    /// The next thing to deal with.
    pub(crate) fn poll_inbox(&mut self) -> Option<Inbox> {
        self.inbox.pop_front()
    }

    /// Whether there is something to deal with.
    pub(crate) fn has_inbox(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// The next datagram to be sent.
    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// When something is due.
    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        let held = self.held.keys().next().map(|(at, _)| *at);
        [self.exchanges.poll_timeout(), held]
            .into_iter()
            .flatten()
            .min()
    }

    /// Does what is due at `now`.
    pub(crate) fn handle_timeout(&mut self, now: Time) {
        while let Some(key) = self
            .held
            .keys()
            .next()
            .copied()
            .filter(|(at, _)| *at <= now)
        {
            if let Some(held) = self.held.remove(&key) {
                self.release(now, held);
            }
        }
        self.exchanges.handle_timeout(now);
        self.collect(now);
    }

    /// Holds something back until `at`; beyond a bound it is lost.
    pub(super) fn hold(&mut self, at: Time, held: Held) {
        if self.held.len() < MOST_HELD {
            self.counter += 1;
            self.held.insert((at, self.counter), held);
        }
    }

    /// A new key for the driver.
    pub(crate) const fn new_id(&mut self) -> ExchangeId {
        self.counter += 1;
        ExchangeId(self.counter)
    }

    /// What misbehaviours make of a message at its `copy`th arrival.
    pub(super) fn consult(
        &self,
        direction: Direction,
        message: &Message,
        operation: Option<&Operation>,
        peer: SocketAddr,
        copy: u32,
    ) -> Plan {
        if self.misbehaviours.is_empty() {
            return Plan::default();
        }
        let seen = self.seen(direction, message, operation, peer);
        self.gather(&seen, copy)
    }

    /// What misbehaviours make of what is seen, at its `copy`th arrival.
    pub(super) fn gather(&self, seen: &Seen<'_>, copy: u32) -> Plan {
        let mut plan = Plan::default();
        for misbehaviour in &self.misbehaviours {
            // what is lost is lost however often it comes
            let lost = matches!(misbehaviour.act, Act::Drop) && copy > misbehaviour.copy;
            if (misbehaviour.copy == copy || lost) && (misbehaviour.upon)(seen) {
                plan.add(&misbehaviour.act);
            }
        }
        plan
    }

    /// A message as predicates see it.
    pub(super) fn seen<'a>(
        &self,
        direction: Direction,
        message: &'a Message,
        operation: Option<&'a Operation>,
        peer: SocketAddr,
    ) -> Seen<'a> {
        let named = match operation {
            Some(Operation::Register(register)) => register.endpoint.as_ref(),
            Some(Operation::BootstrapRequest(request)) => request.endpoint.as_ref(),
            _ => None,
        };
        let known_endpoint = match named {
            Some(endpoint) => self.known.endpoints.contains(endpoint),
            None => self.known.peers.contains(&peer),
        };
        Seen {
            direction,
            message,
            operation,
            datagram: None,
            peer,
            known_endpoint,
        }
    }

    /// Passes on what misbehaviours want sent too.
    pub(super) fn queue_added(&mut self, plan: &mut Plan) {
        for perform in plan.added.drain(..) {
            // what is added may be what is added to
            if self.added < MOST_ADDED {
                self.added += 1;
                self.inbox.push_back(Inbox::Perform(Box::new(perform)));
            }
        }
    }

    fn release(&mut self, now: Time, held: Held) {
        match held {
            Held::Datagram { to, bytes } => self.push_transmit(to, bytes),
            Held::Arrived { from, bytes } => self.exchanges.handle(now, from, &bytes),
            Held::Answer {
                arrival,
                message,
                edits,
            } => self.respond(now, &arrival, message, &edits),
            Held::Request {
                sent,
                perform,
                message,
            } => {
                let id = sent.id;
                if self.transmit_request(now, sent, &perform, message).is_err() {
                    self.sent.retain(|_, other| other.id != id);
                }
            }
        }
    }

    pub(super) fn push_transmit(&mut self, to: SocketAddr, bytes: Vec<u8>) {
        self.transmits.push_back(Transmit {
            from: None,
            to,
            bytes,
        });
    }
}

/// More than that misbehaviours do not add.
const MOST_ADDED: u32 = 16;

/// More than that is not held back.
const MOST_HELD: usize = 1024;
