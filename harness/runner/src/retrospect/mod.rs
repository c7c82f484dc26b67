//! Cases in hindsight: a capture read into what plays are judged by.

mod conversation;
mod session;

pub use conversation::Conversation;
pub use session::{Again, Letter, judge_again};
