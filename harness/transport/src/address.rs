//! Addresses: which one to listen on, and how it is told to an implementation.
//!
//! The harness listens on loopback unless told otherwise. Resolves no names but `localhost`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::TransportError;

/// Reads what `--listen` was given: an address with or without a port; without one, the system chooses.
pub fn parse_listen(text: &str) -> Result<SocketAddr, TransportError> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("localhost") {
        let address = format!("{}{rest}", Ipv4Addr::LOCALHOST);
        return parse_numeric(&address).ok_or_else(|| refuse(text));
    }
    parse_numeric(text).ok_or_else(|| refuse(text))
}

/// The URI of a server bound to `address`, IPv6 in brackets (RFC 7252, 6.1; RFC 3986, 3.2.2).
///
/// A wildcard address is told as loopback, since no peer can send to it.
pub fn server_uri(scheme: &str, address: SocketAddr) -> String {
    format!("{scheme}://{}", reachable(address))
}

/// The address from which this machine sends to `peer` when a socket bound to `bound` does.
///
/// Only a wildcard has to be looked up; nothing is sent for it.
pub fn local_towards(bound: SocketAddr, peer: SocketAddr) -> SocketAddr {
    if !bound.ip().is_unspecified() {
        return bound;
    }
    match source_of(peer) {
        Ok(ip) => SocketAddr::new(ip, bound.port()),
        Err(_) => bound,
    }
}

/// `address`, or loopback in its place if it is the wildcard.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn source_of(peer: SocketAddr) -> io::Result<IpAddr> {
    let any = match peer {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(peer)?;
    Ok(socket.local_addr()?.ip())
}

fn parse_numeric(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address);
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let ip: IpAddr = bare.parse().ok()?;
    Some(SocketAddr::new(ip, 0))
}

fn refuse(text: &str) -> TransportError {
    let reason = match text.rsplit_once(':') {
        Some((host, port)) if parse_numeric(host).is_some() && !host.contains(':') => {
            format!("\"{port}\" is no port between 0 and 65535")
        }
        _ => "no IPv4 or IPv6 address".to_owned(),
    };
    TransportError::Address {
        text: text.to_owned(),
        reason,
    }
}

/// IPv4 loopback, port chosen by the system.
pub const LOOPBACK_V4: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// IPv6 loopback, port chosen by the system.
pub const LOOPBACK_V6: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0);

/// Default port of the coap scheme (RFC 7252, 6.1).
pub const DEFAULT_PORT: u16 = 5683;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_with_and_without_port() {
        for (text, address) in [
            ("127.0.0.1", "127.0.0.1:0"),
            ("127.0.0.1:5683", "127.0.0.1:5683"),
            ("localhost", "127.0.0.1:0"),
            ("localhost:5683", "127.0.0.1:5683"),
            ("::1", "[::1]:0"),
            ("[::1]", "[::1]:0"),
            ("[::1]:5683", "[::1]:5683"),
            (" 0.0.0.0 ", "0.0.0.0:0"),
        ] {
            assert_eq!(
                parse_listen(text).unwrap(),
                address.parse().unwrap(),
                "{text}"
            );
        }
    }

    #[test]
    fn names_what_it_refuses() {
        for (text, message) in [
            (
                "example.org",
                "cannot listen on \"example.org\": no IPv4 or IPv6 address",
            ),
            (
                "127.0.0.1:99999",
                "cannot listen on \"127.0.0.1:99999\": \"99999\" is no port between 0 and 65535",
            ),
            (
                "localhosts",
                "cannot listen on \"localhosts\": no IPv4 or IPv6 address",
            ),
            ("", "cannot listen on \"\": no IPv4 or IPv6 address"),
        ] {
            assert_eq!(parse_listen(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn writes_ipv6_in_brackets_and_the_wildcard_as_loopback() {
        for (address, uri) in [
            ("127.0.0.1:5683", "coap://127.0.0.1:5683"),
            ("[::1]:40001", "coap://[::1]:40001"),
            ("0.0.0.0:5683", "coap://127.0.0.1:5683"),
            ("[::]:5683", "coap://[::1]:5683"),
        ] {
            assert_eq!(server_uri("coap", address.parse().unwrap()), uri);
        }
    }

    #[test]
    fn a_wildcard_sends_to_loopback_from_loopback() {
        let peer = "127.0.0.1:9".parse().unwrap();
        let bound = "0.0.0.0:5683".parse().unwrap();
        assert_eq!(
            local_towards(bound, peer),
            "127.0.0.1:5683".parse().unwrap()
        );
        let bound = "127.0.0.1:5683".parse().unwrap();
        assert_eq!(local_towards(bound, peer), bound);
    }
}
