//! IP and UDP headers around a payload (RFC 791, 3.1; RFC 8200, 3; RFC 768), for LINKTYPE_RAW.
//!
//! The tap sees payloads only, so their headers are written from the addresses: right lengths and checksums,
//! identification 0, no options, no fragments. Reads back what it wrote.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A datagram with its headers, as it stands in the capture.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Framed {
    /// Headers and payload.
    pub(crate) bytes: Vec<u8>,
    /// Length without the cut that a payload too long for IP suffers.
    pub(crate) original_length: u32,
}

/// Puts headers before `payload`; what does not fit an IP datagram is cut off its end.
pub(crate) fn frame(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Framed {
    let (source, destination) = same_family(from.ip(), to.ip());
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            frame_v4((source, from.port()), (destination, to.port()), payload)
        }
        (source, destination) => {
            let ends = (mapped(source), mapped(destination));
            frame_v6((ends.0, from.port()), (ends.1, to.port()), payload)
        }
    }
}

/// Sender and receiver of a framed datagram.
pub(crate) fn ends(framed: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
    let (ips, udp) = match framed.first()? >> 4 {
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
    let port = |at: usize| Some(u16::from_be_bytes(udp.get(at..at + 2)?.try_into().ok()?));
    Some((
        SocketAddr::new(ips.0, port(0)?),
        SocketAddr::new(ips.1, port(2)?),
    ))
}

fn frame_v4(from: (Ipv4Addr, u16), to: (Ipv4Addr, u16), payload: &[u8]) -> Framed {
    let kept = cut(payload, MAX_PAYLOAD_V4);
    let udp_length = (UDP_HEADER + kept.len()) as u16;
    let mut bytes = Vec::with_capacity(IPV4_HEADER + UDP_HEADER + kept.len());
    bytes.extend([0x45, 0]);
    bytes.extend((IPV4_HEADER as u16 + udp_length).to_be_bytes());
    bytes.extend([0, 0, 0x40, 0, HOP_LIMIT, PROTOCOL_UDP, 0, 0]);
    bytes.extend(from.0.octets());
    bytes.extend(to.0.octets());
    let sum = folded(summed(0, &bytes));
    if let Some(field) = bytes.get_mut(10..12) {
        field.copy_from_slice(&sum.to_be_bytes());
    }
    let mut pseudo = summed(0, &from.0.octets());
    pseudo = summed(pseudo, &to.0.octets());
    pseudo += u64::from(PROTOCOL_UDP) + u64::from(udp_length);
    push_udp(&mut bytes, (from.1, to.1), udp_length, pseudo, kept);
    Framed {
        bytes,
        original_length: original_length(IPV4_HEADER, payload),
    }
}

fn frame_v6(from: (Ipv6Addr, u16), to: (Ipv6Addr, u16), payload: &[u8]) -> Framed {
    let kept = cut(payload, MAX_PAYLOAD_V6);
    let udp_length = (UDP_HEADER + kept.len()) as u16;
    let mut bytes = Vec::with_capacity(IPV6_HEADER + UDP_HEADER + kept.len());
    bytes.extend([0x60, 0, 0, 0]);
    bytes.extend(udp_length.to_be_bytes());
    bytes.extend([PROTOCOL_UDP, HOP_LIMIT]);
    bytes.extend(from.0.octets());
    bytes.extend(to.0.octets());
    let mut pseudo = summed(0, &from.0.octets());
    pseudo = summed(pseudo, &to.0.octets());
    pseudo += u64::from(PROTOCOL_UDP) + u64::from(udp_length);
    push_udp(&mut bytes, (from.1, to.1), udp_length, pseudo, kept);
    Framed {
        bytes,
        original_length: original_length(IPV6_HEADER, payload),
    }
}

fn push_udp(bytes: &mut Vec<u8>, ports: (u16, u16), length: u16, pseudo: u64, payload: &[u8]) {
    let mut header = [0; UDP_HEADER];
    for (field, value) in header
        .chunks_exact_mut(2)
        .zip([ports.0, ports.1, length, 0])
    {
        field.copy_from_slice(&value.to_be_bytes());
    }
    let sum = folded(summed(summed(pseudo, &header), payload));
    // A computed zero is sent as all ones, since zero says "no checksum" (RFC 768).
    let sum = if sum == 0 { 0xFFFF } else { sum };
    if let Some(field) = header.get_mut(6..8) {
        field.copy_from_slice(&sum.to_be_bytes());
    }
    bytes.extend(header);
    bytes.extend(payload);
}

/// Adds the 16-bit words of `bytes` to a checksum (RFC 1071, 1).
fn summed(sum: u64, bytes: &[u8]) -> u64 {
    bytes.chunks(2).fold(sum, |sum, word| match word {
        [high, low] => sum + u64::from(u16::from_be_bytes([*high, *low])),
        [high] => sum + u64::from(u16::from_be_bytes([*high, 0])),
        _ => sum,
    })
}

fn folded(mut sum: u64) -> u16 {
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

fn cut(payload: &[u8], limit: usize) -> &[u8] {
    payload.get(..limit).unwrap_or(payload)
}

fn original_length(header: usize, payload: &[u8]) -> u32 {
    let length = payload.len().saturating_add(header + UDP_HEADER);
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Longest UDP payload over IPv4: 65535 less both headers (RFC 791, 3.1; RFC 768).
pub const MAX_PAYLOAD_V4: usize = 65_507;

/// Longest UDP payload over IPv6 without a jumbogram: 65535 less the UDP header (RFC 8200, 3).
pub const MAX_PAYLOAD_V6: usize = 65_527;

const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
const UDP_HEADER: usize = 8;
const PROTOCOL_UDP: u8 = 17;
const HOP_LIMIT: u8 = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// A checksum over everything that it covers, itself included, is all ones (RFC 1071, 1).
    fn holds(bytes: &[u8]) -> bool {
        let sums = |start: u64, part: &[u8]| folded(summed(start, part)) == 0;
        if bytes[0] >> 4 == 4 {
            let pseudo = summed(17 + (bytes.len() - 20) as u64, &bytes[12..20]);
            sums(0, &bytes[..20]) && sums(pseudo, &bytes[20..])
        } else {
            let pseudo = summed(17 + (bytes.len() - 40) as u64, &bytes[8..40]);
            sums(pseudo, &bytes[40..])
        }
    }

    /// Headers worked out by hand for one payload.
    #[test]
    fn writes_an_ipv4_datagram() {
        let framed = frame(
            address("127.0.0.1:5683"),
            address("127.0.0.1:40000"),
            b"\x60\x00\x12\x34",
        );
        let expected = [
            0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, 17, 0x3c, 0xcb, 127, 0, 0, 1, 127, 0, 0, 1, //
            0x16, 0x33, 0x9c, 0x40, 0, 12, 0xdd, 0x2b, 0x60, 0, 0x12, 0x34,
        ];
        assert_eq!(framed.bytes, expected);
        assert_eq!(framed.original_length, 32);
    }

    #[test]
    fn a_zero_checksum_is_written_as_all_ones() {
        let plain = frame(address("[::1]:1"), address("[::1]:2"), &[0, 0]);
        let sum = [plain.bytes[46], plain.bytes[47]];
        let zeroed = frame(address("[::1]:1"), address("[::1]:2"), &sum);
        assert_eq!(zeroed.bytes[46..48], [0xFF, 0xFF]);
    }

    #[test]
    fn cuts_what_ip_cannot_carry() {
        let payload = vec![7; 70_000];
        let four = frame(address("127.0.0.1:1"), address("127.0.0.1:2"), &payload);
        assert_eq!((four.bytes.len(), four.original_length), (65_535, 70_028));
        let six = frame(address("[::1]:1"), address("[::1]:2"), &payload);
        assert_eq!((six.bytes.len(), six.original_length), (65_575, 70_048));
        assert!(holds(&four.bytes) && holds(&six.bytes));
    }

    #[test]
    fn a_mapped_address_is_ipv4_and_a_mixed_pair_ipv6() {
        let mapped = frame(address("[::ffff:10.0.0.1]:1"), address("10.0.0.2:2"), b"");
        assert_eq!(
            ends(&mapped.bytes),
            Some((address("10.0.0.1:1"), address("10.0.0.2:2")))
        );
        let mixed = frame(address("[::1]:1"), address("10.0.0.2:2"), b"");
        assert_eq!(
            ends(&mixed.bytes),
            Some((address("[::1]:1"), address("[::ffff:10.0.0.2]:2")))
        );
    }

    proptest! {
        #[test]
        fn checksums_hold_and_ends_read_back(
            from: ([u8; 4], u16), to: ([u8; 4], u16), six: [u16; 8],
            payload in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let from = SocketAddr::from(from);
            let to = SocketAddr::from(to);
            let framed = frame(from, to, &payload);
            prop_assert!(holds(&framed.bytes));
            prop_assert_eq!(ends(&framed.bytes), Some((from, to)));
            let from = SocketAddr::from((six, 1));
            prop_assume!(matches!(from.ip().to_canonical(), IpAddr::V6(_)));
            let framed = frame(from, from, &payload);
            prop_assert!(holds(&framed.bytes));
            prop_assert_eq!(ends(&framed.bytes), Some((from, from)));
        }

        #[test]
        fn ends_of_any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = ends(&bytes);
        }
    }
}
