//! What all emulated roles have in common: exchanges, prepared answers, misbehaviour, things held back.
//!
//! Knows who said what, not what it means.

mod arrivals;
mod exchange;
mod incoming;
mod outgoing;
mod plan;
mod state;

pub(crate) use exchange::{Arrival, Inbox, Sent};
pub(crate) use plan::Plan;
pub(crate) use state::Conversation;
