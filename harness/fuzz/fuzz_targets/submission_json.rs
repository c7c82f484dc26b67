//! A submission.
#![no_main]

fuzz::target!(event::submission);
