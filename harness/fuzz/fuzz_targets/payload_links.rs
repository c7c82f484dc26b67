//! A payload.
#![no_main]

fuzz::target!(payload::links);
