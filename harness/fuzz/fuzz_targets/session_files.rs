//! Header, review and keys of a session.
#![no_main]

fuzz::target!(event::session);
