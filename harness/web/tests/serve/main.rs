//! The server of a session from outside, by HTTP as it goes over the wire.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod evidence;
mod live;
mod security;
mod session;
mod talk;
