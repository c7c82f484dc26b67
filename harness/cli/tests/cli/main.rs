//! The built binary from outside.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod agenda;
mod commands;
mod coverage;
mod diff;
mod emulate;
mod entry;
mod hostile;
mod interruption;
mod judge;
mod merge;
mod objects;
mod pair;
mod plan;
mod probe;
mod probe_servers;
mod program;
mod readme;
mod serve;
mod sessions;
#[path = "../../../web/tests/serve/talk.rs"]
mod talk;
