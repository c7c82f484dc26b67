//! What a client holds: values, attributes, observations, and the rules that decide when a value is told.
//!
//! Knows nothing of messages and peers' addresses.

mod attributes;
mod observation;
mod store;
mod varying;

pub use attributes::{AttributeError, AttributeTable, Attributes};
pub use observation::{Observation, Schedule};
pub use store::{Resource, Store};
pub use varying::Varying;
