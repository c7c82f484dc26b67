//! Transport: the sockets of the harness and the tap that keeps everything that passes them.
//!
//! Owns UDP and TCP endpoints, the choice of addresses and the writing of pcapng. Knows no CoAP: a datagram is bytes.

mod address;
mod arrival;
mod connection;
mod datagram;
mod error;
mod ip;
mod link;
mod pcapng;
mod relay;
mod secure;
mod segment;
mod stream_relay;
mod tap;
mod tcp;
mod udp;

pub use address::{
    DEFAULT_PORT, LOOPBACK_V4, LOOPBACK_V6, local_towards, parse_listen, reachable, server_uri,
};
pub use arrival::{Arrival, Clock, Closing};
pub use datagram::{MAX_PAYLOAD_V4, MAX_PAYLOAD_V6};
pub use error::TransportError;
pub use relay::{Relay, Relayed};
pub use secure::{OwnStack, Secure, SecureEvent, Session, key_log};
pub use stream_relay::StreamRelay;
pub use tap::{About, Captured, Holder, Tap};
pub use tcp::TcpEndpoint;
pub use udp::UdpEndpoint;
