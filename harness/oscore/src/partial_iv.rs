//! The Partial IV: a Sender Sequence Number as it travels (RFC 8613, 5 and 7.2.1).
//!
//! Keeps the bytes of the wire, leading zeros too, since the AAD binds them as they were.

use std::fmt;

/// 1 to 5 bytes that stand for a Sender Sequence Number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PartialIv {
    /// The number, padded on the left (RFC 8613, 5.2).
    padded: [u8; MAX_LENGTH],
    length: usize,
}

impl PartialIv {
    /// The shortest form of `sequence`, a single zero byte for 0; `None` above 2 to the power of 40, less 1.
    pub fn from_sequence(sequence: u64) -> Option<Self> {
        if sequence > MAX_SEQUENCE {
            return None;
        }
        let bytes = sequence.to_be_bytes();
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(7);
        Self::from_bytes(bytes.get(start..)?)
    }

    /// The bytes as they are; `None` unless there are 1 to 5.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let length = bytes.len();
        if !(1..=MAX_LENGTH).contains(&length) {
            return None;
        }
        let mut padded = [0; MAX_LENGTH];
        padded
            .iter_mut()
            .rev()
            .zip(bytes.iter().rev())
            .for_each(|(to, from)| *to = *from);
        Some(Self { padded, length })
    }

    /// The Sender Sequence Number.
    pub fn sequence(&self) -> u64 {
        self.padded
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }

    /// The bytes of the wire.
    pub fn as_bytes(&self) -> &[u8] {
        &self.padded[MAX_LENGTH - self.length..]
    }

    /// Whether leading zero bytes were removed, as they have to be (RFC 8613, 5).
    pub const fn is_shortest(&self) -> bool {
        self.length == 1 || self.padded[MAX_LENGTH - self.length] != 0
    }

    /// The number in exactly five bytes (RFC 8613, 5.2).
    pub(crate) const fn padded(&self) -> &[u8; MAX_LENGTH] {
        &self.padded
    }
}

/// The number, in decimal.
impl fmt::Display for PartialIv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.sequence(), f)
    }
}

impl fmt::Debug for PartialIv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartialIv({:02x?})", self.as_bytes())
    }
}

/// Largest Sender Sequence Number (RFC 8613, 7.2.1 and 12.6).
pub const MAX_SEQUENCE: u64 = (1 << 40) - 1;
/// Longest Partial IV, in bytes (RFC 8613, 5.2 and 6.1).
const MAX_LENGTH: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_shortest_form() {
        let rows: [(u64, &[u8]); 6] = [
            (0, &[0]),
            (0x14, &[0x14]),
            (0xff, &[0xff]),
            (0x100, &[1, 0]),
            (0x1_0000_0000, &[1, 0, 0, 0, 0]),
            (MAX_SEQUENCE, &[0xff; 5]),
        ];
        for (sequence, bytes) in rows {
            let partial_iv = PartialIv::from_sequence(sequence).unwrap();
            assert_eq!(partial_iv.as_bytes(), bytes);
            assert_eq!(partial_iv.sequence(), sequence);
            assert!(partial_iv.is_shortest());
        }
        assert_eq!(PartialIv::from_sequence(MAX_SEQUENCE + 1), None);
    }

    #[test]
    fn bytes_of_the_wire_stay_as_they_were() {
        let long = PartialIv::from_bytes(&[0, 5]).unwrap();
        assert_eq!(long.as_bytes(), [0, 5]);
        assert_eq!(long.sequence(), 5);
        assert!(!long.is_shortest());
        assert_eq!(PartialIv::from_bytes(&[]), None);
        assert_eq!(PartialIv::from_bytes(&[0; 6]), None);
    }
}
