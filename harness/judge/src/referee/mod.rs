//! The referee: rules that hold for every message of an implementation, whatever the case (design, 8).
//!
//! One file for each family of rules; `rules` lists them all. What only a case can decide is left to cases.

mod block;
mod bootstrap;
mod channel;
#[cfg(test)]
mod channel_trial;
mod coap;
mod content;
mod exchange;
mod finding;
mod identifiers;
mod links;
mod management;
mod memory;
mod observe;
mod official;
mod outstanding;
mod profiles;
mod registration;
mod remarks;
mod response;
mod rules;
mod scene;
#[cfg(test)]
mod trial;

pub use finding::{Finding, Level};
pub use official::Referee;
pub use rules::{RULES, Rule};
