//! The built binary from outside.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod commands;
mod coverage;
mod hostile;
mod interruption;
mod objects;
mod program;
mod readme;
