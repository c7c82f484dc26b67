//! One record as it stands on the wire (RFC 5246, 6.2.1; RFC 6347, 4.1; RFC 9146, 4).
//!
//! Reads whatever has a header and enough bytes; whether the type, the version or the epoch make sense is for others.

use crate::crypto::RecordFacts;
use crate::version::{Framing, Version};
use crate::wire::{DecodeError, Reader, Write};

use super::ContentType;

/// A record; nothing of it has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The type outside.
    pub content_type: ContentType,
    /// The version that it says.
    pub version: Version,
    /// The epoch; 0 in a stream, which does not write it.
    pub epoch: u16,
    /// The sequence number of 48 bits; 0 in a stream, which does not write it.
    pub sequence: u64,
    /// The Connection ID; empty in records of other types than [`ContentType::TLS12_CID`].
    pub cid: &'a [u8],
    /// What follows the header.
    pub fragment: &'a [u8],
}

impl<'a> Record<'a> {
    /// Reads one record from the start of `bytes` and says how many it took.
    ///
    /// `cid_length` is asked how many bytes the Connection ID takes, if there is to be one; it sees all bytes after the sequence number.
    /// A stream that ends within a record is an error here.
    pub fn read(
        framing: Framing,
        bytes: &'a [u8],
        cid_length: impl FnOnce(&[u8]) -> usize,
    ) -> Result<(Self, usize), DecodeError> {
        let mut reader = Reader::new(bytes);
        let content_type = ContentType(reader.u8("a content type")?);
        let version = Version(reader.u16("a version")?);
        let (mut epoch, mut sequence, mut cid) = (0, 0, &bytes[..0]);
        if framing.is_datagram() {
            epoch = reader.u16("an epoch")?;
            let number: [u8; 6] = reader.array("a sequence number")?;
            sequence = number
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            if content_type == ContentType::TLS12_CID {
                let length = cid_length(reader.clone().rest());
                cid = reader.take(length, "a connection id")?;
            }
        }
        let length = reader.u16("a length")?;
        let fragment = reader.take(usize::from(length), "a whole record")?;
        let record = Self {
            content_type,
            version,
            epoch,
            sequence,
            cid,
            fragment,
        };
        Ok((record, reader.offset()))
    }

    /// Writes the record, with the length of its fragment.
    pub fn encode(&self, framing: Framing) -> Vec<u8> {
        let length = u16::try_from(self.fragment.len()).unwrap_or(u16::MAX);
        self.encode_with_length(framing, length)
    }

    /// Writes the record with a length that need not be true.
    pub fn encode_with_length(&self, framing: Framing, length: u16) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(13 + self.cid.len() + self.fragment.len());
        bytes.put_u8(self.content_type.0);
        bytes.put_u16(self.version.0);
        if framing.is_datagram() {
            bytes.put_u16(self.epoch);
            bytes.extend_from_slice(&self.sequence.to_be_bytes()[2..]);
            bytes.extend_from_slice(self.cid);
        }
        bytes.put_u16(length);
        bytes.extend_from_slice(self.fragment);
        bytes
    }

    /// What is authenticated of it, if it is protected under `number`.
    pub(crate) const fn facts(&self, number: u64) -> RecordFacts<'a> {
        RecordFacts {
            content_type: self.content_type.0,
            version: self.version,
            number,
            cid: self.cid,
        }
    }
}

/// Epoch and sequence number as one number of 64 bits (RFC 6347, 4.1.2.1).
pub(super) const fn number(epoch: u16, sequence: u64) -> u64 {
    (epoch as u64) << 48 | sequence & 0xffff_ffff_ffff
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_names_where_it_ends() {
        let record = Record {
            content_type: ContentType::TLS12_CID,
            version: Version::DTLS_1_2,
            epoch: 1,
            sequence: 0x0102,
            cid: &[7, 8],
            fragment: b"abc",
        };
        let bytes = record.encode(Framing::Datagram);
        assert_eq!(bytes[..13], [25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 1, 2, 7, 8]);
        let read = Record::read(Framing::Datagram, &bytes, |_| 2).unwrap();
        assert_eq!(read, (record, bytes.len()));
        let error = Record::read(Framing::Datagram, &bytes[..17], |_| 2).unwrap_err();
        assert_eq!((error.offset, error.wanted), (15, "a whole record"));
        let stream = Record {
            epoch: 0,
            sequence: 0,
            cid: &[],
            ..record
        };
        let bytes = stream.encode(Framing::Stream);
        let read = Record::read(Framing::Stream, &bytes, |_| 9).unwrap();
        assert_eq!(read, (stream, 8));
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(bytes in proptest::collection::vec(any::<u8>(), 0..64), cid in 0usize..8) {
            for framing in [Framing::Datagram, Framing::Stream] {
                if let Ok((record, used)) = Record::read(framing, &bytes, |_| cid) {
                    prop_assert_eq!(record.encode(framing), &bytes[..used]);
                }
            }
        }
    }
}
