//! Sessions of DTLS and TLS, watched.
#![no_main]

fuzz::target!(tls::watcher);
