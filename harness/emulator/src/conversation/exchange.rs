//! One exchange as a role sees it: a request that arrived, a request that was sent and what became of it.

use std::net::SocketAddr;

use coap::{Message, Token};
use lwm2m::{Operation, Path};

use super::Plan;
use crate::{ExchangeId, Perform};

/// A request that waits to be carried out and answered.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// Key of the exchange; `None` for a duplicate that is answered past the exchange layer.
    pub(super) exchange: Option<coap::ExchangeId>,
    pub(crate) peer: SocketAddr,
    pub(crate) message: Message,
    pub(crate) operation: Option<Operation>,
    pub(crate) plan: Plan,
}

/// A request or notification of ours.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// Key for the driver.
    pub(crate) id: ExchangeId,
    /// Whether the driver asked for it.
    pub(crate) performed: bool,
    pub(crate) operation: Operation,
    pub(crate) peer: SocketAddr,
    pub(crate) token: Token,
}

/// What a role has to deal with.
#[derive(Clone, Debug)]
pub(crate) enum Inbox {
    /// A request to carry out.
    Request(Box<Arrival>),
    /// The answer to a request of ours.
    Answered {
        sent: Sent,
        message: Message,
        plan: Plan,
    },
    /// A notification to an observation of ours.
    Notified {
        sent: Sent,
        message: Message,
        fresh: bool,
    },
    /// A Reset to a message of ours.
    Rejected { sent: Sent, plan: Plan },
    /// Nothing came.
    TimedOut(Sent),
    /// A transfer in blocks broke.
    Broken(Sent),
    /// A misbehaviour wants this sent.
    Perform(Box<Perform>),
    /// A message of no exchange.
    Unmatched { peer: SocketAddr, message: Message },
    /// A datagram that could not be read.
    Malformed(SocketAddr),
}

impl Arrival {
    /// The path that values in the answer lie below.
    pub(crate) fn base(&self) -> Path {
        self.operation
            .as_ref()
            .and_then(Operation::path)
            .unwrap_or_default()
    }
}
