//! The record of a session.
#![no_main]

fuzz::target!(record::session);
