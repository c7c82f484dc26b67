//! What a client does with a request once it has arrived whole: data in, answer and effects out.
//!
//! Knows nothing of datagrams, time-outs or registrations; the operations of the Core TS, 6.3 and 6.4, one file each.

mod attributes;
mod bootstrap;
mod composite;
mod connectivity;
mod consistency;
mod create;
mod delete;
mod discover;
mod event_log;
mod execute;
mod firmware;
mod format;
mod observe;
mod read;
mod reply;
mod request;
mod rights;
mod state;
mod statistics;
mod types;
mod unbootstrap;
mod value;
mod write;

pub use firmware::Shortage;

pub(crate) use firmware::Fetched;
pub(crate) use format::{Formats, encode_nodes};
pub(crate) use observe::Observer;
pub(crate) use reply::{Effect, Reply};
pub(crate) use state::Device;
