//! A key log.
#![no_main]

fuzz::target!(capture::key_log);
