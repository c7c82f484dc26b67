//! Records between two addresses, read without taking part: for a run and for a capture.

mod fact;
mod keyring;
mod learn;
mod watch;
mod watched;

pub use fact::{HandshakeFact, Observed, Rejection, SessionFacts, What};
pub use watch::Watcher;
