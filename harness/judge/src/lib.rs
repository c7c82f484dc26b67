//! The judge: one case in play, patterns against messages, and the referee.
//!
//! Pure. The same machine judges live traffic, virtual time, a relay and a capture.

pub mod actual;
mod captured;
pub mod command;
mod equality;
pub mod event;
pub mod fields;
mod links;
mod literal;
mod overheard;
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

pub use captured::{Captured, Passed, Retrospect};
pub use event::Via;
pub use literal::Literal;
pub use overheard::Overheard;
pub use path_pattern::PathPattern;
pub use play::{Fault, Holder, Ledger, News, Play, Relay, Seen, Sent, Setting, Standing};
pub use record_of::{CaseFacts, Follower, case_record, case_record_of};
pub use template::typed;
pub use transfer::Transfer;
