//! A payload.
#![no_main]

fuzz::target!(payload::tlv);
