//! Messages put together from the fragments of datagrams, and back into order (RFC 6347, 4.2.2 and 4.2.3).
//!
//! Holds a bounded number of bytes and messages ahead; whatever goes beyond is dropped and has to be sent again.

use std::collections::BTreeMap;

use super::{HandshakeType, Header};
use crate::version::Framing;

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) kind: HandshakeType,
    pub(crate) sequence: u16,
    pub(crate) body: Vec<u8>,
    /// How many fragments it came in.
    pub(crate) fragments: usize,
}

impl Joined {
    /// The message as it enters the hash of the handshake: as if it had not been fragmented (RFC 6347, 4.2.6).
    pub(crate) fn transcript(&self, framing: Framing) -> Vec<u8> {
        let header = Header::whole(self.kind, self.sequence, self.body.len());
        [header.encode(framing), self.body.clone()].concat()
    }
}

/// The messages of one direction of one handshake.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reassembly {
    next: u16,
    parts: BTreeMap<u16, Part>,
    held: usize,
}

#[derive(Clone, Debug)]
struct Part {
    kind: HandshakeType,
    length: usize,
    epoch: u16,
    fragments: BTreeMap<usize, Vec<u8>>,
    count: usize,
}

/// What became of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is kept.
    Kept,
    /// It belongs to a message that has been taken out before.
    Old,
    /// It contradicts what is there, or there is no room for it.
    Dropped,
}

impl Reassembly {
    /// Begins with the message of sequence number `next`.
    pub(crate) fn starting_at(next: u16) -> Self {
        Self {
            next,
            ..Self::default()
        }
    }

    /// The sequence number of the next message.
    pub(crate) const fn next(&self) -> u16 {
        self.next
    }

    /// Takes one fragment that came in `epoch`.
    pub(crate) fn push(&mut self, header: Header, bytes: &[u8], epoch: u16) -> Taken {
        let ahead = header.sequence.wrapping_sub(self.next);
        if ahead >= 0x8000 {
            return Taken::Old;
        }
        if ahead > MOST_AHEAD || header.length > LONGEST {
            return Taken::Dropped;
        }
        let part = self.parts.entry(header.sequence).or_insert_with(|| Part {
            kind: header.kind,
            length: header.length,
            epoch,
            fragments: BTreeMap::new(),
            count: 0,
        });
        if (part.kind, part.length, part.epoch) != (header.kind, header.length, epoch) {
            return Taken::Dropped;
        }
        let known = part.fragments.get(&header.offset).map_or(0, Vec::len);
        let is_new = bytes.len() > known || !part.fragments.contains_key(&header.offset);
        if is_new {
            if self.held + bytes.len() + OVERHEAD > MOST_HELD {
                return Taken::Dropped;
            }
            self.held += bytes.len() + OVERHEAD;
            if part
                .fragments
                .insert(header.offset, bytes.to_vec())
                .is_some()
            {
                self.held -= known + OVERHEAD;
            }
            part.count += 1;
        }
        Taken::Kept
    }

    /// The next message in order with its epoch, if it is whole.
    pub(crate) fn pop(&mut self) -> Option<(Joined, u16)> {
        let body = self.parts.get(&self.next)?.whole()?;
        let part = self.parts.remove(&self.next)?;
        self.held -= part.held();
        let message = Joined {
            kind: part.kind,
            sequence: self.next,
            body,
            fragments: part.count,
        };
        self.next = self.next.wrapping_add(1);
        Some((message, part.epoch))
    }

    /// The type of the next message, if any of it is there.
    pub(crate) fn next_kind(&self) -> Option<HandshakeType> {
        self.parts.get(&self.next).map(|part| part.kind)
    }
}

impl Part {
    fn whole(&self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        for (offset, bytes) in &self.fragments {
            let skip = body.len().checked_sub(*offset)?;
            body.extend_from_slice(bytes.get(skip..).unwrap_or(&[]));
        }
        (body.len() == self.length && self.count > 0).then_some(body)
    }

    fn held(&self) -> usize {
        self.fragments
            .values()
            .map(|bytes| bytes.len() + OVERHEAD)
            .sum()
    }
}

// a flight has at most seven messages
const MOST_AHEAD: u16 = 12;
// ten certificates of 3 KB
const LONGEST: usize = 32 * 1024;
const MOST_HELD: usize = 64 * 1024;
const OVERHEAD: usize = 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fragment(sequence: u16, length: usize, offset: usize, bytes: usize) -> (Header, Vec<u8>) {
        let header = Header {
            kind: HandshakeType::CERTIFICATE,
            length,
            sequence,
            offset,
            fragment: bytes,
        };
        let bytes = (offset..offset + bytes).map(|at| at as u8).collect();
        (header, bytes)
    }

    #[test]
    fn messages_come_in_order_whatever_the_order_of_their_fragments() {
        let mut reassembly = Reassembly::default();
        for (sequence, offset, bytes) in [(1, 0, 3), (0, 5, 5), (0, 2, 4), (0, 0, 2)] {
            assert!(reassembly.pop().is_none());
            let length = if sequence == 1 { 3 } else { 10 };
            let (header, bytes) = fragment(sequence, length, offset, bytes);
            assert_eq!(reassembly.push(header, &bytes, 0), Taken::Kept);
        }
        let (first, _) = reassembly.pop().unwrap();
        assert_eq!((first.sequence, first.fragments), (0, 3));
        assert_eq!(first.body, (0..10).collect::<Vec<u8>>());
        assert_eq!(reassembly.pop().unwrap().0.sequence, 1);
        assert_eq!(reassembly.held, 0);
        let (header, bytes) = fragment(1, 3, 0, 3);
        assert_eq!(reassembly.push(header, &bytes, 0), Taken::Old);
    }

    #[test]
    fn an_empty_message_is_whole_at_once() {
        let mut reassembly = Reassembly::starting_at(4);
        let (header, bytes) = fragment(4, 0, 0, 0);
        assert_eq!(reassembly.push(header, &bytes, 1), Taken::Kept);
        assert_eq!(reassembly.pop().unwrap().1, 1);
    }

    proptest! {
        #[test]
        fn memory_is_bounded(
            pushes in proptest::collection::vec((0u16..20, 0usize..40_000, 0usize..40_000, 0usize..2_000), 0..400),
        ) {
            let mut reassembly = Reassembly::default();
            for (sequence, length, offset, bytes) in pushes {
                let offset = offset.min(length);
                let (header, bytes) = fragment(sequence, length, offset, bytes.min(length - offset));
                reassembly.push(header, &bytes, 0);
                prop_assert!(reassembly.held <= MOST_HELD);
                let held: usize = reassembly.parts.values().map(Part::held).sum();
                prop_assert_eq!(held, reassembly.held);
            }
        }
    }
}
