//! IP headers around what UDP and TCP carry (RFC 791, 3.1; RFC 8200, 3), and the checksums of all three (RFC 1071).
//!
//! Identification 0, no options, no fragments. Reads back whose a datagram is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A datagram with its headers, as it stands in the capture.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Framed {
    /// Headers and payload.
    pub(crate) bytes: Vec<u8>,
    /// Length without the cut that a payload too long for IP suffers.
    pub(crate) original_length: u32,
}

/// The addresses of a datagram, in one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ips {
    /// Source and destination of IPv4.
    V4(Ipv4Addr, Ipv4Addr),
    /// Source and destination of IPv6.
    V6(Ipv6Addr, Ipv6Addr),
}

impl Ips {
    /// The addresses of a datagram between two ends.
    pub(crate) fn of(from: SocketAddr, to: SocketAddr) -> Self {
        match same_family(from.ip(), to.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => Self::V4(source, destination),
            (source, destination) => Self::V6(mapped(source), mapped(destination)),
        }
    }

    /// The checksum of a datagram or segment whose checksum field is zero, over the pseudo-header too.
    pub(crate) fn checksum(self, protocol: u8, upper: &[u8]) -> u16 {
        let ips = match self {
            Self::V4(source, destination) => {
                summed(summed(0, &source.octets()), &destination.octets())
            }
            Self::V6(source, destination) => {
                summed(summed(0, &source.octets()), &destination.octets())
            }
        };
        folded(summed(
            ips + u64::from(protocol) + upper.len() as u64,
            upper,
        ))
    }

    /// Puts the IP header before a datagram or segment, which has to fit.
    pub(crate) fn enclose(self, protocol: u8, upper: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(IPV6_HEADER + upper.len());
        match self {
            Self::V4(source, destination) => {
                bytes.extend([0x45, 0]);
                bytes.extend(((IPV4_HEADER + upper.len()) as u16).to_be_bytes());
                bytes.extend([0, 0, 0x40, 0, HOP_LIMIT, protocol, 0, 0]);
                bytes.extend(source.octets());
                bytes.extend(destination.octets());
                let sum = folded(summed(0, &bytes));
                set(&mut bytes, IPV4_CHECKSUM, sum);
            }
            Self::V6(source, destination) => {
                bytes.extend([0x60, 0, 0, 0]);
                bytes.extend((upper.len() as u16).to_be_bytes());
                bytes.extend([protocol, HOP_LIMIT]);
                bytes.extend(source.octets());
                bytes.extend(destination.octets());
            }
        }
        bytes.extend(upper);
        bytes
    }
}

/// Sender and receiver of a framed datagram; ports stand first in UDP and in TCP.
pub(crate) fn ends(framed: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
    let (ips, upper) = match framed.first()? >> 4 {
        4 => {
            let source: [u8; 4] = framed.get(12..16)?.try_into().ok()?;
            let destination: [u8; 4] = framed.get(16..20)?.try_into().ok()?;
            (
                (source.into(), destination.into()),
                framed.get(IPV4_HEADER..)?,
            )
        }
        6 => {
            let source: [u8; 16] = framed.get(8..24)?.try_into().ok()?;
            let destination: [u8; 16] = framed.get(24..40)?.try_into().ok()?;
            (
                (source.into(), destination.into()),
                framed.get(IPV6_HEADER..)?,
            )
        }
        _ => return None,
    };
    let port = |at: usize| Some(u16::from_be_bytes(upper.get(at..at + 2)?.try_into().ok()?));
    Some((
        SocketAddr::new(ips.0, port(0)?),
        SocketAddr::new(ips.1, port(2)?),
    ))
}

/// Writes a field of two bytes.
pub(crate) fn set(bytes: &mut [u8], at: usize, value: u16) {
    if let Some(field) = bytes.get_mut(at..at + 2) {
        field.copy_from_slice(&value.to_be_bytes());
    }
}

/// Adds the 16-bit words of `bytes` to a checksum (RFC 1071, 1).
pub(crate) fn summed(sum: u64, bytes: &[u8]) -> u64 {
    bytes.chunks(2).fold(sum, |sum, word| match word {
        [high, low] => sum + u64::from(u16::from_be_bytes([*high, *low])),
        [high] => sum + u64::from(u16::from_be_bytes([*high, 0])),
        _ => sum,
    })
}

pub(crate) fn folded(mut sum: u64) -> u16 {
    while sum > 0xFFFF {
        sum = (sum >> 16) + (sum & 0xFFFF);
    }
    !(sum as u16)
}

/// Both addresses in one family: IPv4 in IPv6 clothes is shown as IPv4 (RFC 4291, 2.5.5.2).
fn same_family(from: IpAddr, to: IpAddr) -> (IpAddr, IpAddr) {
    let plain = (from.to_canonical(), to.to_canonical());
    if plain.0.is_ipv4() == plain.1.is_ipv4() {
        plain
    } else {
        (IpAddr::V6(mapped(from)), IpAddr::V6(mapped(to)))
    }
}

fn mapped(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

/// Length of the header that is written (RFC 791, 3.1).
pub(crate) const IPV4_HEADER: usize = 20;
/// Length of the header (RFC 8200, 3).
pub(crate) const IPV6_HEADER: usize = 40;
/// Where the header checksum stands (RFC 791, 3.1).
const IPV4_CHECKSUM: usize = 10;
const HOP_LIMIT: u8 = 64;
