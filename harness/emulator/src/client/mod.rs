//! The emulated LwM2M Client.
//!
//! `device` carries operations out; here stands when the client speaks of its own accord.

mod account;
mod bootstrap;
mod configuration;
mod download;
mod endpoint;
mod inbox;
mod object_list;
mod order;
mod power;
mod registering;
mod registration;
mod reporting;
mod security;
mod state;

pub use configuration::ClientConfiguration;
pub use security::{Context, Security};
pub use state::Client;
