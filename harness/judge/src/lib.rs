//! The judge: one case in play, patterns against messages, and the referee.
//!
//! Pure. The same machine judges live traffic, virtual time, a relay and a capture.

pub mod actual;
pub mod command;
mod equality;
pub mod event;
pub mod fields;
mod links;
mod literal;
mod path_pattern;
pub mod pattern;
mod play;
mod record_of;
pub mod referee;
#[cfg(test)]
mod script;
mod sets;
mod template;
mod transfer;
mod variables;
pub mod watch;

pub use event::Via;
pub use literal::Literal;
pub use path_pattern::PathPattern;
pub use play::{Holder, Ledger, News, Play, Seen, Sent, Setting, Standing};
pub use record_of::{CaseFacts, Follower, case_record};
pub use template::typed;
pub use transfer::Transfer;
