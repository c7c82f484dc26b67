//! The UDP header of a payload (RFC 768), in an IP datagram for LINKTYPE_RAW.
//!
//! The tap sees payloads only, so their headers are written from the addresses: right lengths and checksums.

use std::net::SocketAddr;

use crate::ip::{Framed, IPV4_HEADER, IPV6_HEADER, Ips, set};

/// Puts headers before `payload`; what does not fit an IP datagram is cut off its end.
pub(crate) fn frame(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Framed {
    let ips = Ips::of(from, to);
    let (header, limit) = match ips {
        Ips::V4(..) => (IPV4_HEADER, MAX_PAYLOAD_V4),
        Ips::V6(..) => (IPV6_HEADER, MAX_PAYLOAD_V6),
    };
    let kept = cut(payload, limit);
    let length = (UDP_HEADER + kept.len()) as u16;
    let mut datagram = Vec::with_capacity(UDP_HEADER + kept.len());
    for field in [from.port(), to.port(), length, 0] {
        datagram.extend(field.to_be_bytes());
    }
    datagram.extend(kept);
    // A computed zero is sent as all ones, since zero says "no checksum" (RFC 768).
    let sum = match ips.checksum(PROTOCOL_UDP, &datagram) {
        0 => 0xFFFF,
        sum => sum,
    };
    set(&mut datagram, CHECKSUM, sum);
    Framed {
        bytes: ips.enclose(PROTOCOL_UDP, &datagram),
        original_length: original_length(header, payload),
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

const UDP_HEADER: usize = 8;
const PROTOCOL_UDP: u8 = 17;
/// Where the checksum stands in the header (RFC 768).
const CHECKSUM: usize = 6;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;
    use crate::ip::{ends, folded, summed};

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
