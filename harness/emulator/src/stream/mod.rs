//! Streams for the emulators (RFC 8323): an adapter between the datagrams that they speak and the frames of a connection.
//!
//! The emulators know nothing of it, and it knows nothing of LwM2M. TLS lies below it, sockets are the driver's.

mod adapter;
mod conduct;
mod connection;
mod event;
mod incoming;
mod signalling;

pub use adapter::StreamAdapter;
pub use conduct::{CsmConduct, PongConduct, StreamConduct};
pub use event::{StreamEvent, StreamOut};
