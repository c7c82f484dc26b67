//! What stands before IP in a frame, by link type.

mod cooked;
mod ethernet;
mod link_type;
mod loopback;

pub use link_type::LinkType;
pub(crate) use link_type::open;
