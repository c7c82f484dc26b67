//! A stream of CoAP frames.
#![no_main]

fuzz::target!(coap::stream);
