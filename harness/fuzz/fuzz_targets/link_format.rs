//! Link-format, URIs and queries.
#![no_main]

fuzz::target!(coap::link_format);
