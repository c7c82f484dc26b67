//! Everything that a watch reads.
#![no_main]

fuzz::target!(watch::wire);
