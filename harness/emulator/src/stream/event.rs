//! What an adapter wants done with connections, and what it has to tell.

use std::net::SocketAddr;

use coap::stream::{Abort, Release, Settings};
use coap::{Code, Token};

/// Something to be done with a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamOut {
    /// Bytes for the connection with `to`, in one segment if the system agrees.
    Bytes {
        /// The other end.
        to: SocketAddr,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A connection is wanted: the emulator sent to a peer that there is none with.
    Connect {
        /// The other end.
        to: SocketAddr,
    },
    /// The connection is to be closed, behind the bytes that came before.
    Close {
        /// The other end.
        to: SocketAddr,
    },
}

/// Something that the driver of an adapter may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// A CSM came.
    CsmReceived {
        /// Who sent it.
        peer: SocketAddr,
        /// What the peer has said of itself by now.
        settings: Settings,
    },
    /// A Ping came.
    PingReceived {
        /// Who sent it.
        peer: SocketAddr,
        /// Whether it asks for custody.
        custody: bool,
    },
    /// A Pong came.
    PongReceived {
        /// Who sent it.
        peer: SocketAddr,
        /// Its token.
        token: Token,
        /// Whether it carries Custody.
        custody: bool,
        /// Whether a Ping with this token waits for it.
        expected: bool,
    },
    /// A Release came; the connection is closed when earlier requests are answered.
    ReleaseReceived {
        /// Who sent it.
        peer: SocketAddr,
        /// What it says.
        release: Release,
    },
    /// An Abort came; the connection is closed.
    AbortReceived {
        /// Who sent it.
        peer: SocketAddr,
        /// What it says.
        abort: Abort,
    },
    /// A signalling message came whose code is not registered; it was ignored.
    UnknownSignal {
        /// Who sent it.
        peer: SocketAddr,
        /// Its code.
        code: Code,
    },
    /// Something came that breaks the rules; unless this end is lenient, it aborts the connection.
    Malformed {
        /// Who sent it.
        peer: SocketAddr,
        /// Offset in the stream of the frame at fault.
        offset: u64,
        /// What was found.
        reason: String,
    },
    /// A message is longer than the peer takes and was not sent (RFC 8323, 5.3.1).
    TooLong {
        /// Who it was for.
        peer: SocketAddr,
        /// Length of its frame.
        length: usize,
        /// What the peer takes.
        limit: u32,
    },
    /// The emulator sent a datagram shorter than a header, which no frame can say.
    NoFrame {
        /// Who it was for.
        peer: SocketAddr,
        /// Length of the datagram.
        length: usize,
    },
}
