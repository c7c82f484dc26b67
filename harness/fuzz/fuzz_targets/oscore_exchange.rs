//! An exchange under OSCORE.
#![no_main]

fuzz::target!(oscore::exchange);
