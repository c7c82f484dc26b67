//! One association: a client's or a server's side of DTLS or TLS with one peer.
//!
//! `association.rs` holds it and what it is asked to do, `receive.rs` takes records, the rest is the handshake.

mod association;
mod choice;
mod client;
mod failure;
mod flight;
mod handshake;
mod receive;
mod server;

pub(crate) use association::{Connection, Env};
use failure::Failure;
pub(crate) use flight::{Counts, bend_stateless};
pub(crate) use receive::Receipt;
