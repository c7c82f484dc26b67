//! The fragments of one datagram, side by side until they are whole.

use std::collections::BTreeMap;

use super::fragments::{Fragment, Whole};
use crate::Remark;
use crate::octets::Octets;

/// What has come of one datagram.
#[derive(Default)]
pub(super) struct Assembly {
    frames: Vec<u64>,
    /// Parts by where they begin; none overlaps another.
    parts: BTreeMap<usize, Part>,
    /// Bytes on the wire of all parts.
    covered: usize,
    /// Bytes captured of all parts.
    captured: usize,
    /// Where the datagram ends, once its last fragment has come.
    end: Option<usize>,
    /// Protocol number that the first fragment names.
    protocol: u8,
}

struct Part {
    bytes: Vec<u8>,
    length: usize,
}

/// What came of a fragment.
pub(super) enum Placed {
    Kept,
    Repeated,
    Contradicts(Remark),
    Whole(Whole),
}

impl Assembly {
    /// Memory that it takes, about.
    pub(super) fn taken(&self) -> usize {
        self.captured + self.parts.len() * OVERHEAD
    }

    /// Frames that brought parts of it.
    pub(super) fn into_frames(self) -> Vec<u64> {
        self.frames
    }

    /// Takes a fragment, whose length and offset were checked.
    pub(super) fn place(
        &mut self,
        frame: u64,
        fragment: Fragment,
        protocol: u8,
        payload: Octets<'_>,
    ) -> Placed {
        let (start, end) = (fragment.offset, fragment.offset + payload.length);
        if let Some(same) = self.parts.get(&start)
            && same.length == payload.length
            && same.bytes == payload.bytes
        {
            return Placed::Repeated;
        }
        let before = self.parts.range(..start).next_back();
        let reaches = before.map_or(0, |(at, part)| at + part.length);
        let behind = self.parts.range(start..).next();
        if reaches > start || behind.is_some_and(|(at, _)| *at < end || *at == start) {
            return Placed::Contradicts(Remark::OverlappingFragments);
        }
        let last = self.parts.iter().next_back();
        let furthest = last.map_or(0, |(at, part)| at + part.length);
        let ends = (!fragment.more).then_some(end);
        let contradicts = match (self.end, ends) {
            (Some(known), Some(ends)) => known != ends,
            (Some(known), None) => end > known,
            (None, Some(ends)) => furthest > ends,
            (None, None) => false,
        };
        if contradicts {
            return Placed::Contradicts(Remark::FragmentEnds);
        }
        self.end = self.end.or(ends);
        if start == 0 {
            self.protocol = protocol;
        }
        self.covered += payload.length;
        self.captured += payload.bytes.len();
        let (bytes, length) = (payload.bytes.to_vec(), payload.length);
        self.parts.insert(start, Part { bytes, length });
        if self.end == Some(self.covered) {
            return Placed::Whole(self.join(self.covered));
        }
        self.frames.push(frame);
        Placed::Kept
    }

    /// The datagram, up to the first byte that was not captured.
    fn join(&mut self, length: usize) -> Whole {
        let mut bytes = Vec::with_capacity(self.captured);
        for part in self.parts.values() {
            bytes.extend_from_slice(&part.bytes);
            if part.bytes.len() < part.length {
                break;
            }
        }
        Whole {
            earlier: std::mem::take(&mut self.frames),
            protocol: self.protocol,
            bytes,
            length,
        }
    }
}

/// Memory that a part takes besides its bytes, about.
const OVERHEAD: usize = 96;
