//! The TCP headers of a connection that the tap did not see (RFC 9293, 3.1): handshake, segments, the end.
//!
//! The tap sees what was written and read; sequence and acknowledgement numbers follow from that, so that a reader of the
//! capture joins the segments. No options, no retransmissions, a window that never closes.

use std::net::SocketAddr;

use crate::ip::{Framed, Ips, set};

/// Both ways of one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    /// The end that the numbers of index 0 belong to.
    first: SocketAddr,
    /// Next sequence number of each end.
    next: [u32; 2],
    /// Which ends send nothing more.
    finished: [bool; 2],
}

/// One segment on its way to the capture: sender, receiver, headers and bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) framed: Framed,
}

impl Flow {
    /// A connection that `first` begins; `number` tells it from others between the same ends.
    pub(crate) const fn new(first: SocketAddr, number: u32) -> Self {
        let start = number.wrapping_mul(ISN_STEP);
        Self {
            first,
            next: [start, start.wrapping_add(ISN_STEP / 2)],
            finished: [false; 2],
        }
    }

    /// SYN, SYN with ACK, ACK.
    pub(crate) fn open(&mut self, to: SocketAddr) -> Vec<Segment> {
        let from = self.first;
        vec![
            self.segment(from, to, SYN, &[]),
            self.segment(to, from, SYN | ACK, &[]),
            self.segment(from, to, ACK, &[]),
        ]
    }

    /// The bytes in as few segments as IP allows; one without bytes if there are none.
    pub(crate) fn carry(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Vec<Segment> {
        if bytes.is_empty() {
            return vec![self.segment(from, to, ACK, &[])];
        }
        let parts = bytes.chunks(MAX_SEGMENT);
        parts
            .map(|part| self.segment(from, to, PSH | ACK, part))
            .collect()
    }

    /// FIN, FIN in return, ACK; the end that closes comes first.
    pub(crate) fn finish(&mut self, from: SocketAddr, to: SocketAddr) -> Vec<Segment> {
        vec![
            self.segment(from, to, FIN | ACK, &[]),
            self.segment(to, from, FIN | ACK, &[]),
            self.segment(from, to, ACK, &[]),
        ]
    }

    /// FIN and its ACK: `from` sends nothing more, while the other end may.
    pub(crate) fn half_close(&mut self, from: SocketAddr, to: SocketAddr) -> Vec<Segment> {
        let [first, other] = &mut self.finished;
        *(if from == self.first { first } else { other }) = true;
        vec![
            self.segment(from, to, FIN | ACK, &[]),
            self.segment(to, from, ACK, &[]),
        ]
    }

    /// Whether neither end sends anything more.
    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.finished, [true, true])
    }

    /// RST.
    pub(crate) fn reset(&mut self, from: SocketAddr, to: SocketAddr) -> Vec<Segment> {
        vec![self.segment(from, to, RST | ACK, &[])]
    }

    fn segment(&mut self, from: SocketAddr, to: SocketAddr, flags: u8, bytes: &[u8]) -> Segment {
        let [mut own, mut other] = self.next;
        if from != self.first {
            (own, other) = (other, own);
        }
        let acknowledged = if flags & ACK == 0 { 0 } else { other };
        let mut segment = Vec::with_capacity(TCP_HEADER + bytes.len());
        segment.extend(from.port().to_be_bytes());
        segment.extend(to.port().to_be_bytes());
        segment.extend(own.to_be_bytes());
        segment.extend(acknowledged.to_be_bytes());
        segment.extend([DATA_OFFSET, flags]);
        segment.extend(WINDOW.to_be_bytes());
        segment.extend([0; 4]);
        segment.extend(bytes);
        let ips = Ips::of(from, to);
        let sum = ips.checksum(PROTOCOL_TCP, &segment);
        set(&mut segment, CHECKSUM, sum);
        // SYN and FIN take a sequence number each (RFC 9293, 3.4).
        let taken = bytes.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        own = own.wrapping_add(taken);
        self.next = if from == self.first {
            [own, other]
        } else {
            [other, own]
        };
        let bytes = ips.enclose(PROTOCOL_TCP, &segment);
        let original_length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Segment {
            from,
            to,
            framed: Framed {
                bytes,
                original_length,
            },
        }
    }
}

/// Longest payload of a segment: 65535 less the headers of IPv4 and TCP (RFC 791, 3.1; RFC 9293, 3.1).
pub(crate) const MAX_SEGMENT: usize = 65_495;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;
const TCP_HEADER: usize = 20;
/// Five words of 32 bits, no options (RFC 9293, 3.1).
const DATA_OFFSET: u8 = 5 << 4;
/// Where the checksum stands (RFC 9293, 3.1).
const CHECKSUM: usize = 16;
const WINDOW: u16 = u16::MAX;
const PROTOCOL_TCP: u8 = 6;
/// Distance of the initial sequence numbers of two connections.
const ISN_STEP: u32 = 0x0100_0000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ip::{ends, folded, summed};

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// Flags, sequence number, acknowledgement number and bytes.
    fn told(segment: &Segment) -> (u8, u32, u32, Vec<u8>) {
        let bytes = &segment.framed.bytes;
        let at = if bytes[0] >> 4 == 4 { 20 } else { 40 };
        let tcp = &bytes[at..];
        let word = |at: usize| u32::from_be_bytes(tcp[at..at + 4].try_into().unwrap());
        (tcp[13], word(4), word(8), tcp[20..].to_vec())
    }

    /// A checksum over everything that it covers, itself included, is all ones (RFC 1071, 1).
    fn holds(bytes: &[u8]) -> bool {
        let (header, ips) = if bytes[0] >> 4 == 4 {
            (20, 12..20)
        } else {
            (40, 8..40)
        };
        let pseudo = summed(6 + (bytes.len() - header) as u64, &bytes[ips]);
        folded(summed(pseudo, &bytes[header..])) == 0
    }

    /// Worked out by hand for one segment.
    #[test]
    fn writes_a_segment() {
        let (client, server) = (address("127.0.0.1:40000"), address("127.0.0.1:5683"));
        let mut flow = Flow::new(client, 0);
        let syn = flow.open(server).remove(0);
        let expected = [
            0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0x3c, 0xce, 127, 0, 0, 1, 127, 0, 0, 1, //
            0x9c, 0x40, 0x16, 0x33, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0xff, 0x6c, 0,
            0,
        ];
        assert_eq!(syn.framed.bytes, expected);
    }

    #[test]
    fn numbers_follow_what_was_said() {
        let (client, server) = (address("127.0.0.1:40000"), address("127.0.0.1:5683"));
        let mut flow = Flow::new(client, 0);
        let half = ISN_STEP / 2;
        let mut segments = flow.open(server);
        segments.extend(flow.carry(client, server, b"abc"));
        segments.extend(flow.carry(server, client, b"de"));
        segments.extend(flow.carry(client, server, b""));
        segments.extend(flow.finish(server, client));
        let told: Vec<_> = segments.iter().map(told).collect();
        let rows = [
            (SYN, 0, 0, b"".to_vec()),
            (SYN | ACK, half, 1, b"".to_vec()),
            (ACK, 1, half + 1, b"".to_vec()),
            (PSH | ACK, 1, half + 1, b"abc".to_vec()),
            (PSH | ACK, half + 1, 4, b"de".to_vec()),
            (ACK, 4, half + 3, b"".to_vec()),
            (FIN | ACK, half + 3, 4, b"".to_vec()),
            (FIN | ACK, 4, half + 4, b"".to_vec()),
            (ACK, half + 4, 5, b"".to_vec()),
        ];
        assert_eq!(told, rows);
        let reset = flow.reset(client, server);
        assert_eq!(reset[0].framed.bytes[33], RST | ACK);
    }

    #[test]
    fn an_end_may_close_before_the_other() {
        let (client, server) = (address("127.0.0.1:40000"), address("127.0.0.1:5683"));
        let mut flow = Flow::new(client, 0);
        let half = ISN_STEP / 2;
        let mut segments = flow.half_close(client, server);
        assert!(!flow.is_over());
        segments.extend(flow.carry(server, client, b"late"));
        segments.extend(flow.half_close(server, client));
        assert!(flow.is_over());
        let told: Vec<_> = segments.iter().map(told).collect();
        let rows = [
            (FIN | ACK, 0, half, b"".to_vec()),
            (ACK, half, 1, b"".to_vec()),
            (PSH | ACK, half, 1, b"late".to_vec()),
            (FIN | ACK, half + 4, 1, b"".to_vec()),
            (ACK, 1, half + 5, b"".to_vec()),
        ];
        assert_eq!(told, rows);
    }

    #[test]
    fn long_writes_are_split() {
        for (one, other) in [("127.0.0.1:1", "127.0.0.1:2"), ("[::1]:1", "[::1]:2")] {
            let (one, other) = (address(one), address(other));
            let mut flow = Flow::new(one, 1);
            let bytes: Vec<u8> = (0..140_000).map(|at| at as u8).collect();
            let segments = flow.carry(one, other, &bytes);
            let lengths: Vec<_> = segments.iter().map(|each| told(each).3.len()).collect();
            assert_eq!(lengths, [65_495, 65_495, 9_010]);
            assert!(segments.iter().all(|each| holds(&each.framed.bytes)));
            assert!(segments[0].framed.bytes.len() <= 65_555);
            let joined: Vec<u8> = segments.iter().flat_map(|each| told(each).3).collect();
            assert_eq!(joined, bytes);
        }
    }

    proptest! {
        #[test]
        fn checksums_hold_and_ends_read_back(
            from: ([u8; 4], u16), to: ([u8; 4], u16), number: u32,
            payload in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let (from, to) = (SocketAddr::from(from), SocketAddr::from(to));
            let mut flow = Flow::new(from, number);
            for segment in flow.carry(from, to, &payload) {
                prop_assert!(holds(&segment.framed.bytes));
                prop_assert_eq!(ends(&segment.framed.bytes), Some((from, to)));
            }
        }
    }
}
