//! Transport: the sockets of the harness and the tap that keeps every datagram.
//!
//! Owns UDP endpoints, the choice of addresses and the writing of pcapng. Knows no CoAP: a datagram is bytes.

mod address;
mod datagram;
mod error;
mod pcapng;
mod secure;
mod tap;
mod udp;

pub use address::{
    DEFAULT_PORT, LOOPBACK_V4, LOOPBACK_V6, local_towards, parse_listen, reachable, server_uri,
};
pub use datagram::{MAX_PAYLOAD_V4, MAX_PAYLOAD_V6};
pub use error::TransportError;
pub use secure::{OwnStack, Secure, SecureEvent, Session, key_log};
pub use tap::{About, Captured, Holder, Tap};
pub use udp::{Arrival, Clock, UdpEndpoint};
