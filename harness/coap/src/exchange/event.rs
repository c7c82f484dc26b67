//! What goes into and comes out of [`crate::Exchanges`]: events, datagrams, choices of the sender.

use std::fmt;
use std::net::SocketAddr;

use crate::{Answer, Message, MessageId, Reading, Token};

/// One exchange of an endpoint: a request sent, a request received, or a notification sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u64);

/// Something that the user of the endpoint must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A request came; it is to be answered with `respond`, or given up with `ignore`.
    Request {
        /// Key for the answer.
        exchange: ExchangeId,
        /// Who asks.
        peer: SocketAddr,
        /// The request.
        message: Message,
    },
    /// The response to a request came, piggybacked or separate.
    Response {
        /// The request's exchange.
        exchange: ExchangeId,
        /// Who answers.
        peer: SocketAddr,
        /// The response.
        message: Message,
    },
    /// A further response to an observation came (RFC 7641, 3.2).
    Notification {
        /// The exchange of the request that registered the observation.
        exchange: ExchangeId,
        /// Who notifies.
        peer: SocketAddr,
        /// The notification.
        message: Message,
        /// Whether it is newer than those before it (RFC 7641, 3.4).
        fresh: bool,
    },
    /// An Empty Acknowledgement came for a request, a separate response or a notification.
    Acknowledged {
        /// The exchange of the acknowledged message.
        exchange: ExchangeId,
        /// Who acknowledges.
        peer: SocketAddr,
    },
    /// A Reset came for a request, a separate response or a notification; the exchange is over.
    Reset {
        /// The exchange of the rejected message.
        exchange: ExchangeId,
        /// Who rejects.
        peer: SocketAddr,
    },
    /// Nobody acknowledged in time, or no response followed; the exchange is over.
    TimedOut {
        /// The exchange.
        exchange: ExchangeId,
        /// Who stayed silent.
        peer: SocketAddr,
        /// Whether an Acknowledgement had come.
        acknowledged: bool,
    },
    /// A block-wise transfer could not be finished; the exchange is over unless it is an observation (RFC 7959).
    Broken {
        /// The exchange.
        exchange: ExchangeId,
        /// The other end of the transfer.
        peer: SocketAddr,
        /// What was wrong.
        error: crate::BlockError,
    },
    /// A message came again (RFC 7252, 4.5); the recorded answer, if any, was sent again.
    Duplicate {
        /// Who sent it.
        peer: SocketAddr,
        /// Its Message ID.
        id: MessageId,
        /// Whether every byte was the same as the first time.
        same: bool,
    },
    /// An Empty Confirmable message came; the Reset is sent (RFC 7252, 4.3).
    Ping {
        /// Who sent it.
        peer: SocketAddr,
        /// Its Message ID.
        id: MessageId,
    },
    /// A datagram broke the rules so that it was not processed; the answer is sent.
    Malformed {
        /// Who sent it.
        peer: SocketAddr,
        /// What was read.
        reading: Box<Reading>,
        /// What was answered.
        answer: Answer,
    },
    /// A response, Acknowledgement or Reset belongs to nothing; a CON got its Reset (RFC 7252, 4.2 and 5.3.2).
    Unmatched {
        /// Who sent it.
        peer: SocketAddr,
        /// The message.
        message: Message,
    },
}

/// A datagram to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub to: SocketAddr,
    /// The datagram.
    pub bytes: Vec<u8>,
    /// What it is for.
    pub purpose: Purpose,
    /// The exchange that it belongs to, if any.
    pub exchange: Option<ExchangeId>,
    /// Which retransmission it is; 0 for the first transmission.
    pub retransmission: u32,
}

/// What a datagram is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A request.
    Request,
    /// A response, piggybacked or separate.
    Response,
    /// A notification.
    Notification,
    /// An Empty Acknowledgement.
    Acknowledgement,
    /// A Reset.
    Reset,
    /// What the caller wanted to be sent as it is.
    Raw,
}

/// Choices about a message to be sent that are otherwise made for the caller.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sending {
    /// The token; generated if `None`.
    pub token: Option<Token>,
    /// The Message ID; the next one if `None`.
    pub id: Option<MessageId>,
    /// Whether the message goes out as it is, without block-wise transfer in either direction.
    pub single: bool,
}

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Debug for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
