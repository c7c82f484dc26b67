//! A certificate or a key in PEM.
#![no_main]

fuzz::target!(credentials::pem);
