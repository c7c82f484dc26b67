//! An Object definition.
#![no_main]

fuzz::target!(objects::ddf);
