//! The interface of an emulator to whoever drives it: datagrams and time in, datagrams, deadlines and events out.
//!
//! After every call, drain `poll_transmit` and `poll_event`, then ask `poll_timeout` when to call `handle_timeout`.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use coap::{EncodeError, Kind, Time, Token};
use lwm2m::Operation;

use crate::{Answer, Event, Misbehaviour, OptionEdit, Predicate};

/// An emulated LwM2M Client, LwM2M Server or Bootstrap-Server.
pub trait Endpoint {
    /// Takes a datagram.
    fn handle_datagram(&mut self, now: Time, from: SocketAddr, bytes: &[u8]);

    /// Does what is due at `now`.
    fn handle_timeout(&mut self, now: Time);

    /// Sends an operation now.
    fn perform(&mut self, now: Time, request: Perform) -> Result<ExchangeId, PerformError>;

    /// Says how the next request that fits is answered; used once.
    fn prepare(&mut self, upon: Predicate, answer: Answer);

    /// Says how to misbehave, from now on.
    fn misbehave(&mut self, misbehaviour: Misbehaviour);

    /// The next datagram to be sent.
    fn poll_transmit(&mut self) -> Option<Transmit>;

    /// When `handle_timeout` is to be called next.
    fn poll_timeout(&self) -> Option<Time>;

    /// The next event.
    fn poll_event(&mut self) -> Option<Event>;

    /// Forgets misbehaviours, prepared answers and observations, and keeps registrations.
    fn reset_case(&mut self);
}

/// A datagram to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Index of the local socket; `None` if there is only one.
    pub from: Option<usize>,
    /// Where to.
    pub to: SocketAddr,
    /// The datagram.
    pub bytes: Vec<u8>,
}

/// One exchange that an emulator began; counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u64);

/// An operation to be sent, and everything about its message that shall not be left to the emulator.
#[derive(Clone, Debug)]
pub struct Perform {
    /// The operation. What the emulator knows better stays empty: location of Update and De-register.
    pub operation: Operation,
    /// Who is addressed.
    pub peer: Peer,
    /// Message type; `None` for the one that the standard uses.
    pub kind: Option<Kind>,
    /// Token; generated if `None`. A notification takes the token of the observation from here.
    pub token: Option<Token>,
    /// Edits of the options.
    pub options: Vec<OptionEdit>,
    /// These bytes instead of the message.
    pub datagram: Option<Vec<u8>>,
    /// Block size for this transfer.
    pub block_size: Option<u16>,
    /// How many times the datagram is sent; 0 counts as 1.
    pub copies: u32,
    /// Time between two copies.
    pub copy_gap: Duration,
}

/// Who is addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Whoever listens there.
    Address(SocketAddr),
    /// The registered client of this Endpoint Client Name; for a client, the server of this Short Server ID.
    Endpoint(String),
    /// The only one there is.
    Only,
}

/// Why an operation cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PerformError {
    /// Nobody is known by this name.
    #[error("nobody is known as {0}")]
    UnknownPeer(Peer),
    /// A notification without an observation.
    #[error("nothing is observed")]
    NotObserved,
    /// The emulator is switched off.
    #[error("the emulator is switched off")]
    Off,
    /// Too many operations wait.
    #[error("{0} operations wait already")]
    TooMany(usize),
    /// The message has no honest encoding.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl Perform {
    /// `operation` to the only peer, as the standard has it.
    pub fn new(operation: impl Into<Operation>) -> Self {
        Self {
            operation: operation.into(),
            peer: Peer::Only,
            kind: None,
            token: None,
            options: Vec::new(),
            datagram: None,
            block_size: None,
            copies: 1,
            copy_gap: Duration::ZERO,
        }
    }

    /// The same operation to `peer`.
    #[must_use]
    pub fn to(mut self, peer: Peer) -> Self {
        self.peer = peer;
        self
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::Endpoint(name) => write!(f, "\"{name}\""),
            Self::Only => f.write_str("the only peer"),
        }
    }
}
