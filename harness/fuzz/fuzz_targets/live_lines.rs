//! What a run tells while it goes on.
#![no_main]

fuzz::target!(record::live);
