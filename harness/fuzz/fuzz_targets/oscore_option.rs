//! The value of an OSCORE option.
#![no_main]

fuzz::target!(oscore::option);
