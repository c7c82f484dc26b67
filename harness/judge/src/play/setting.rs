//! Everything a case needs to know before it is played.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use coap::ContentFormat;
use lwm2m::{Path, Registry, Value, Version};
use testcase::{Facts, Seat, State, TestCase};

use crate::actual::Actual;
use crate::event::Event;

/// Who holds a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The harness: lines are templates.
    Harness,
    /// An implementation: lines are patterns.
    Implementation,
}

/// One case, ready to be played.
#[derive(Clone)]
pub struct Setting {
    /// The case.
    pub case: Arc<TestCase>,
    /// The states that lead to `given`, in the order they are reached.
    pub states: Vec<Arc<State>>,
    /// The seat whose behaviour is judged.
    pub judged: Seat,
    /// Who holds which seat.
    pub holders: BTreeMap<Seat, Holder>,
    /// LwM2M version of the run.
    pub version: Version,
    /// Object definitions of that version.
    pub types: Arc<Registry>,
    /// Variables that profiles and the run tell: `client.endpoint`, `account.lifetime`, `server.uri`.
    pub told: Vec<(String, Actual)>,
    /// What is known of implementations and version, for expressions.
    pub facts: Arc<dyn Facts>,
    /// Content-Formats that the client claims.
    pub formats: Vec<ContentFormat>,
    /// The values of the configuration, those of `with` on top.
    pub configuration: Vec<(Path, Value)>,
    /// What an implementation may have in another way than the configuration.
    pub may_differ: Vec<Path>,
    /// Widens upper limits for implementations (`ixit.latency`).
    pub latency: Duration,
    /// How long the network holds up a message and its answer together, on purpose.
    pub delay: Duration,
    /// How long an answer may take (`ixit.answer-time`).
    pub answer_time: Duration,
    /// Whether errata are left out.
    pub as_printed: bool,
    /// A registration that already stands, so that the state needs no dialogue.
    pub standing: Option<Standing>,
    /// Whether the case is over and only its capture is judged: nobody is told anything, whoever holds a seat.
    pub hindsight: bool,
    /// What is known of the relay, if the harness stands between two implementations.
    pub relay: Option<Relay>,
}

/// The harness between two implementations: what it can do to what passes, and what it knows of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Whether DTLS between the implementations protects what passes, so that a repeated record is dropped by its receiver (RFC 6347, 4.1.2.6).
    pub secured: bool,
    /// Whether it carries connections, whose messages it neither knows nor loses.
    pub stream: bool,
    /// Whether the client holds the values of the configuration; else the server is made to read and write them first.
    pub configured: bool,
}

/// A registration that outlived the case that made it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The Register, then its answer.
    pub events: Vec<Event>,
}

impl Setting {
    /// Who holds `seat`; a seat nobody was given is the harness's.
    pub fn holder(&self, seat: Seat) -> Holder {
        self.holders.get(&seat).copied().unwrap_or(Holder::Harness)
    }

    /// Whether an implementation holds `seat`.
    pub fn tested(&self, seat: Seat) -> bool {
        self.holder(seat) == Holder::Implementation
    }
}
