//! Records between two addresses, read without taking part: for a run and for a capture.

mod fact;
mod keyring;
mod learn;
mod opening;
mod unread;
mod watch;
mod watched;

pub use fact::{HandshakeFact, Observed, Rejection, SessionFacts, What};
pub use unread::Unread;
pub use watch::Watcher;
