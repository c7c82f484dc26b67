//! The record of a case.
#![no_main]

fuzz::target!(record::case);
