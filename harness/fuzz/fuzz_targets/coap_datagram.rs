//! A CoAP datagram.
#![no_main]

fuzz::target!(coap::datagram);
