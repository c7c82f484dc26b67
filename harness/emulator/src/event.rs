//! What an emulator tells its driver: things that happened on the level of LwM2M.

use std::net::SocketAddr;

use coap::{Code, Message, Time, Token};
use lwm2m::Path;

use crate::ExchangeId;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A registration stands: at the client its own, at the server a client's.
    Registered(Standing),
    /// A registration was updated.
    Updated(Standing),
    /// A registration was given up by its client.
    Deregistered(Standing),
    /// A registration reached the end of its lifetime, or its client lost it.
    Expired(Standing),
    /// A client was refused registration, or a server refused it.
    Refused {
        /// Endpoint Client Name, or the Short Server ID at the client.
        endpoint: String,
        /// The answer.
        code: Code,
    },
    /// A notification came.
    Notified {
        /// The other end.
        peer: SocketAddr,
        /// Token of the observation.
        token: Token,
        /// What is observed.
        paths: Vec<Path>,
        /// The notification.
        message: Message,
        /// Whether it is newer than those before it (RFC 7641, 3.4).
        fresh: bool,
    },
    /// Values came by Send, or its answer came.
    Sent {
        /// The other end.
        peer: SocketAddr,
        /// The Send, or the answer to it.
        message: Message,
    },
    /// An Execute arrived and was carried out.
    Executed {
        /// What was executed.
        path: Path,
        /// Its arguments as they are.
        arguments: String,
    },
    /// The client pulls an image by other means than CoAP; its driver hands it over with `Client::fetched`.
    Fetching {
        /// Instance of the Firmware Update Object.
        instance: u16,
        /// Where from.
        uri: String,
    },
    /// The client is off until then.
    Rebooting {
        /// When it comes back.
        until: Time,
    },
    /// The client leaves a server alone until then.
    Disabled {
        /// Short Server ID.
        server: u16,
        /// When it registers again.
        until: Time,
    },
    /// The client sleeps (Queue Mode).
    Asleep,
    /// A client asks for its bootstrap, or asked.
    BootstrapRequested {
        /// Endpoint Client Name; empty if it was not told.
        endpoint: String,
        /// The other end.
        peer: SocketAddr,
    },
    /// Bootstrap-Finish was accepted.
    Bootstrapped {
        /// The other end.
        peer: SocketAddr,
    },
    /// A bootstrap was given up.
    BootstrapFailed,
    /// An exchange that `perform` began is over.
    Ended {
        /// The exchange.
        exchange: ExchangeId,
        /// How it ended.
        outcome: Outcome,
    },
    /// A message belongs to no exchange.
    Unmatched {
        /// Who sent it.
        peer: SocketAddr,
        /// The message.
        message: Message,
    },
    /// A datagram could not be read; the CoAP answer to it is sent.
    Malformed {
        /// Who sent it.
        peer: SocketAddr,
    },
}

/// Which registration, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Endpoint Client Name.
    pub endpoint: String,
    /// Short Server ID at the client; `None` at the server.
    pub server: Option<u16>,
    /// The other end.
    pub peer: SocketAddr,
    /// Location, such as `/rd/5a3f`.
    pub location: String,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The answer came.
    Answered(Box<Message>),
    /// A Reset came.
    Reset,
    /// Nothing came in time.
    TimedOut,
    /// A transfer in blocks broke.
    Broken,
    /// It needs no answer, or was given up here.
    Done,
}
