//! Whose traffic is read: the hook that lets foreign frames go by before anything is kept of them.

use std::fmt;
use std::net::SocketAddr;

/// What carries the bytes of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// UDP (RFC 768).
    Udp,
    /// TCP (RFC 9293).
    Tcp,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        })
    }
}

/// Says which traffic is wanted; a closure does.
pub trait Filter {
    /// Whether what goes from one address to another is wanted.
    ///
    /// Asked once for each frame, before its length fields are believed. For both directions of a TCP connection the
    /// answer has to be the same and must not change.
    fn wants(&mut self, from: SocketAddr, to: SocketAddr, transport: Transport) -> bool;
}

impl<F: FnMut(SocketAddr, SocketAddr, Transport) -> bool> Filter for F {
    fn wants(&mut self, from: SocketAddr, to: SocketAddr, transport: Transport) -> bool {
        self(from, to, transport)
    }
}

/// The filter that wants all traffic.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everything;

impl Filter for Everything {
    fn wants(&mut self, _: SocketAddr, _: SocketAddr, _: Transport) -> bool {
        true
    }
}
