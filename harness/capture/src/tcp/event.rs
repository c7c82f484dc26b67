//! What is told of a TCP connection.

use std::fmt;
use std::net::SocketAddr;

use coap::Time;

/// A connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Number of the frame that shows it: the SYN with ACK, or the first with bytes if there was none.
    pub frame: u64,
    /// Number of the frame with the first SYN, if it was captured.
    pub syn: Option<u64>,
    /// When `frame` was captured.
    pub time: Time,
    /// The end that began it; of a connection met in its middle the end that was heard first.
    pub from: SocketAddr,
    /// The other end.
    pub to: SocketAddr,
    /// Whether its beginning was captured.
    pub how: Opening,
}

/// How a connection came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// By its SYN (RFC 9293, 3.5): its streams are known from their first byte.
    Handshake,
    /// By what passed later: its streams begin at any of their bytes, and nobody knows who began it.
    Middle,
}

/// The next bytes of one direction of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Number of the frame that brought them.
    pub frame: u64,
    /// When they were of use: when their frame was captured, or a later one that filled the gap before them.
    pub time: Time,
    /// Sender.
    pub from: SocketAddr,
    /// Receiver.
    pub to: SocketAddr,
    /// Their place in the stream: how many bytes of it came before or were lost.
    pub offset: u64,
    /// The bytes, at least one.
    pub bytes: Vec<u8>,
}

/// Bytes of a connection that are not in the capture; the stream goes on behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Number of the frame that shows it.
    pub frame: u64,
    /// When that was captured.
    pub time: Time,
    /// Sender of the bytes.
    pub from: SocketAddr,
    /// Receiver.
    pub to: SocketAddr,
    /// Place in the stream of the first that is lost.
    pub offset: u64,
    /// How many; a FIN that was not captured counts as one.
    pub length: u64,
    /// How that is known.
    pub why: WhyLost,
}

/// How it is known that bytes will not come any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyLost {
    /// The receiver has acknowledged them.
    Acknowledged,
    /// More waits behind them than is kept: 1 MiB or 1024 segments, and 64 MiB for all connections.
    TooMuchWaits,
    /// The connection was reset, or another took its place.
    Closed,
    /// The connection was idle and had to be forgotten.
    Forgotten,
    /// The capture ended.
    EndOfCapture,
}

/// The end of a connection, or of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Number of the frame that shows it.
    pub frame: u64,
    /// When that was captured.
    pub time: Time,
    /// The end whose FIN, RST or SYN it was.
    pub from: SocketAddr,
    /// The other end.
    pub to: SocketAddr,
    /// How.
    pub how: Closing,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The sender will send no more; the other end may (RFC 9293, 3.6).
    Half,
    /// The sender will send no more either: the connection is over.
    Finished,
    /// The sender has reset it. Every RST counts, also one that a receiver would not believe.
    Reset,
    /// The sender has answered the SYN with RST: it never stood, and no [`Opened`] came before.
    Refused,
    /// The sender has begun another between the same ends, and the end of this one was not captured.
    Superseded,
}

impl fmt::Display for WhyLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Acknowledged => "acknowledged, but not captured",
            Self::TooMuchWaits => "too much waits behind them",
            Self::Closed => "the connection ended",
            Self::Forgotten => "the connection was idle",
            Self::EndOfCapture => "the capture ended",
        })
    }
}

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Half => "half closed",
            Self::Finished => "closed",
            Self::Reset => "reset",
            Self::Refused => "refused",
            Self::Superseded => "superseded by another",
        })
    }
}
