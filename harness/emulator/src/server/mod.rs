//! The emulated LwM2M Server.
//!
//! Keeps registrations, observations and the values it was told; sends only what its driver asks for.

mod configuration;
mod downlink;
mod endpoint;
mod inbox;
mod observing;
mod registering;
mod registration;
mod state;
mod values;

pub use configuration::ServerConfiguration;
pub use registration::Registration;
pub use state::Server;
pub use values::{KnownValue, Source};
