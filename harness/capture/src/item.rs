//! What a capture hands out.

use std::net::SocketAddr;

use coap::Time;

use crate::{Closed, Lost, Note, Opened, Segment};

/// One thing that a capture holds, in the order in which it came to light.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A datagram of UDP.
    Datagram(Datagram),
    /// A TCP connection was opened, or met in its middle.
    Opened(Opened),
    /// The next bytes of one direction of a connection.
    Segment(Segment),
    /// Bytes of a connection that are not in the capture.
    Lost(Lost),
    /// A connection was closed, half or whole.
    Closed(Closed),
    /// Secrets that the capture brings along.
    Secrets(Secrets),
    /// Something to be known about a frame.
    Note(Note),
    /// What was written about a frame, before anything that came of it; only if [`crate::Reader::with_comments`] asks for it.
    Comment(Comment),
}

impl Item {
    /// Number of the frame that it belongs to; `None` for secrets.
    pub const fn frame(&self) -> Option<u64> {
        match self {
            Self::Datagram(one) => Some(one.frame),
            Self::Opened(one) => Some(one.frame),
            Self::Segment(one) => Some(one.frame),
            Self::Lost(one) => Some(one.frame),
            Self::Closed(one) => Some(one.frame),
            Self::Note(one) => Some(one.frame),
            Self::Comment(one) => Some(one.frame),
            Self::Secrets(_) => None,
        }
    }
}

/// A datagram of UDP (RFC 768), put together if it came in fragments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Number of its frame, counted from 1 as Wireshark does; that of the last to arrive if it came in fragments.
    pub frame: u64,
    /// Numbers of the frames of the fragments that came before, as they came; empty if there were none.
    pub earlier: Vec<u64>,
    /// When `frame` was captured, in nanoseconds since 1970-01-01 00:00 UTC.
    pub time: Time,
    /// Sender.
    pub from: SocketAddr,
    /// Receiver.
    pub to: SocketAddr,
    /// Payload, as far as it was captured without a hole.
    pub bytes: Vec<u8>,
    /// Length of the payload on the wire in bytes.
    pub length: usize,
}

impl Datagram {
    /// Whether the payload was captured to its end; one that was not must not be judged.
    pub const fn is_whole(&self) -> bool {
        self.bytes.len() == self.length
    }
}

/// What somebody wrote about a frame (draft-ietf-opsawg-pcapng, 3.5: opt_comment). Anybody can write anything there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Number of the frame.
    pub frame: u64,
    /// The text; what is no UTF-8 in it is replaced.
    pub text: String,
}

/// The text of a TLS key log in the capture (draft-ietf-opsawg-pcapng, 4.7: Decryption Secrets Block).
///
/// It holds for what comes behind it; writers put it before, but some do so late.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// Lines of a key log; what is no UTF-8 in them is replaced.
    pub key_log: String,
}

/// Shows the length only.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({} bytes)", self.key_log.len())
    }
}
