//! The header of handshake messages (RFC 5246, 7.4; RFC 6347, 4.2.2), and messages cut out of a stream.

use super::{HandshakeType, Joined};
use crate::version::Framing;
use crate::wire::{DecodeError, Reader, Write};

/// The header of one fragment of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: HandshakeType,
    pub(crate) length: usize,
    pub(crate) sequence: u16,
    pub(crate) offset: usize,
    pub(crate) fragment: usize,
}

impl Header {
    /// The header of a whole message.
    pub(crate) const fn whole(kind: HandshakeType, sequence: u16, length: usize) -> Self {
        Self {
            kind,
            length,
            sequence,
            offset: 0,
            fragment: length,
        }
    }

    pub(crate) fn encode(self, framing: Framing) -> Vec<u8> {
        let mut out = vec![self.kind.0];
        out.put_u24(self.length);
        if framing.is_datagram() {
            out.put_u16(self.sequence);
            out.put_u24(self.offset);
            out.put_u24(self.fragment);
        }
        out
    }

    /// Reads the header of a datagram's fragment and the fragment.
    pub(crate) fn read<'a>(reader: &mut Reader<'a>) -> Result<(Self, &'a [u8]), DecodeError> {
        let header = Self {
            kind: HandshakeType(reader.u8("a handshake type")?),
            length: reader.u24("a length")?,
            sequence: reader.u16("a message sequence number")?,
            offset: reader.u24("a fragment offset")?,
            fragment: reader.u24("a fragment length")?,
        };
        let bytes = reader.take(header.fragment, "a whole fragment")?;
        if header.offset + header.fragment > header.length {
            return Err(reader.error("a fragment beyond its message", "one within"));
        }
        Ok((header, bytes))
    }
}

/// Handshake messages of a stream, which are not aligned with records (RFC 5246, 6.2.1).
#[derive(Clone, Debug, Default)]
pub(crate) struct StreamMessages {
    bytes: Vec<u8>,
    records: usize,
    sequence: u16,
}

impl StreamMessages {
    /// Takes the content of a record.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.records += 1;
    }

    /// The next whole message; an error if one is longer than `limit`.
    pub(crate) fn pop(&mut self, limit: usize) -> Result<Option<Joined>, DecodeError> {
        let mut reader = Reader::new(&self.bytes);
        let (Ok(kind), Ok(length)) = (reader.u8("a type"), reader.u24("a length")) else {
            return Ok(None);
        };
        if length > limit {
            return Err(reader.error(format!("a message of {length} bytes"), "a shorter one"));
        }
        let Ok(body) = reader.take(length, "a message") else {
            return Ok(None);
        };
        let message = Joined {
            kind: HandshakeType(kind),
            sequence: self.sequence,
            body: body.to_vec(),
            fragments: self.records.max(1),
        };
        self.bytes.drain(..4 + length);
        self.records = usize::from(!self.bytes.is_empty());
        self.sequence = self.sequence.wrapping_add(1);
        Ok(Some(message))
    }

    /// Whether a message has begun and not ended.
    pub(crate) const fn is_within(&self) -> bool {
        !self.bytes.is_empty()
    }
}
