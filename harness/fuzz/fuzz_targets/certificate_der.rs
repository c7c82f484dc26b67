//! A certificate or a key in DER.
#![no_main]

fuzz::target!(credentials::der);
