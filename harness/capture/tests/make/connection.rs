//! One connection over IPv4, segment by segment.

use std::net::SocketAddr;

use super::address;
use super::packets::{ACK, SYN, Tcp};

pub fn client() -> SocketAddr {
    address("10.0.0.1:40000")
}

pub fn server() -> SocketAddr {
    address("10.0.0.2:5683")
}

pub fn up(flags: u8, sequence: u32, acknowledgement: u32, payload: &[u8]) -> Vec<u8> {
    segment(
        (client(), server()),
        flags,
        (sequence, acknowledgement),
        payload,
    )
}

pub fn down(flags: u8, sequence: u32, acknowledgement: u32, payload: &[u8]) -> Vec<u8> {
    segment(
        (server(), client()),
        flags,
        (sequence, acknowledgement),
        payload,
    )
}

/// A segment from one end to the other, with its sequence and acknowledgement numbers.
pub fn segment(
    (from, to): (SocketAddr, SocketAddr),
    flags: u8,
    (sequence, acknowledgement): (u32, u32),
    payload: &[u8],
) -> Vec<u8> {
    Tcp {
        from,
        to,
        sequence,
        acknowledgement,
        flags,
        payload,
    }
    .in_ip()
}

/// A handshake whose streams begin at 101 and 901.
pub fn handshake() -> Vec<Vec<u8>> {
    vec![
        up(SYN, 100, 0, b""),
        down(SYN | ACK, 900, 101, b""),
        up(ACK, 101, 901, b""),
    ]
}
