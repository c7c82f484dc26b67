//! A capture.
#![no_main]

fuzz::target!(capture::file);
