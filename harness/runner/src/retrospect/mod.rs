//! Cases in hindsight: a capture read into what plays are judged by.

mod conversation;
mod declared;
mod foreign;
mod gather;
mod said;
mod session;

pub use capture::{PreSharedKey, PskMistake};
pub use conversation::Conversation;
pub use declared::Declared;
pub use foreign::Bench;
pub use gather::{Gathered, Hints, Talk};
pub use session::{Again, Letter, judge_again};
