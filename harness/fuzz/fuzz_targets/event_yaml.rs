//! The file of an event.
#![no_main]

fuzz::target!(event::file);
