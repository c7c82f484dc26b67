//! A record or a handshake message.
#![no_main]

fuzz::target!(tls::record);
