//! What comes in at the sockets of the harness, and when.

use std::net::SocketAddr;
use std::sync::Arc;

use coap::Time;

/// Reads the run's clock.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// What came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A datagram.
    Datagram {
        /// When it was read.
        time: Time,
        /// Its sender.
        from: SocketAddr,
        /// The address of ours that it was sent to.
        to: SocketAddr,
        /// Its payload, whole.
        bytes: Vec<u8>,
    },
    /// The network said that an earlier datagram of ours did not arrive (ICMP), or that no connection can be made.
    Unreachable {
        /// When that was read.
        time: Time,
        /// Where the datagram was sent; `None` if the system does not say.
        peer: Option<SocketAddr>,
        /// Why: `connection refused` means that nobody listens there.
        reason: String,
    },
    /// A connection stands.
    Opened {
        /// When that was seen.
        time: Time,
        /// The end that began it.
        from: SocketAddr,
        /// The end that accepted it.
        to: SocketAddr,
        /// Whether the end that began it is ours.
        initiator: bool,
    },
    /// Bytes of a connection, in the pieces in which they were read.
    Bytes {
        /// When they were read.
        time: Time,
        /// Their sender.
        from: SocketAddr,
        /// The address of ours that the connection has.
        to: SocketAddr,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A connection is gone; the last of it.
    Closed {
        /// When that was seen.
        time: Time,
        /// The end that closed or broke it.
        from: SocketAddr,
        /// The other end.
        to: SocketAddr,
        /// How it ended.
        reason: Closing,
    },
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing {
    /// In order (FIN).
    Finished,
    /// By a reset or another failure, which is told (RST).
    Broken(String),
}
