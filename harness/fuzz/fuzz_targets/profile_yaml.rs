//! A profile.
#![no_main]

fuzz::target!(testcase::profile);
