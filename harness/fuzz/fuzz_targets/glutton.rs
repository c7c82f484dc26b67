//! What has to be found out: a reader that takes too much memory.
#![no_main]

fuzz::target!(memory::glutton);
