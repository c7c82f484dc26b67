//! The incremental reader: bytes of a stream in, frames out (RFC 8323, 3.2).
//!
//! Finds where frames end and keeps their bytes and offsets; what they say is [`super::read_frame`]'s. Never holds more than
//! what was pushed, and asks for no memory on a peer's word: a frame that is too long is an error as soon as its length is there.

use thiserror::Error;

use super::layout::{Layout, Start, least_length};

/// One frame as it stood on the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Offset of its first byte in the stream.
    pub offset: u64,
    /// Its bytes, from the length field to the end of the payload.
    pub bytes: Vec<u8>,
}

/// Why the stream has no further frames.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind} at byte {offset} of the stream")]
pub struct FrameError {
    /// Offset of the first byte of the frame that cannot be read.
    pub offset: u64,
    /// What is wrong with it.
    pub kind: FrameErrorKind,
    /// As many of its bytes as had come.
    pub bytes: Vec<u8>,
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameErrorKind {
    /// It is longer than the receiver said it takes (RFC 8323, 5.3.1).
    #[error("frame of at least {length} bytes is longer than the {limit} of Max-Message-Size")]
    TooLong {
        /// Length that the frame has at least.
        length: u64,
        /// What the receiver takes.
        limit: u32,
    },
    /// Its token length is reserved, so that its end is not known (RFC 7252, 3; RFC 8974, 2.1).
    #[error("token length {length} is reserved")]
    TokenLengthReserved {
        /// The length that was there.
        length: u8,
    },
    /// The stream ended within it.
    #[error("stream ends after {present} bytes of a frame")]
    Truncated {
        /// Bytes that were there.
        present: usize,
    },
}

/// Cuts a stream into frames.
///
/// Ends at the first frame that cannot be read: behind it no frame can be told from its neighbour.
#[derive(Clone, Debug)]
pub struct Reader {
    limit: u32,
    buffer: Vec<u8>,
    /// Where the next frame starts in the buffer.
    start: usize,
    /// Where it starts in the stream.
    offset: u64,
    failed: bool,
}

impl Reader {
    /// A reader at the start of a stream whose frames may have `limit` bytes (Max-Message-Size).
    pub const fn new(limit: u32) -> Self {
        Self {
            limit,
            buffer: Vec::new(),
            start: 0,
            offset: 0,
            failed: false,
        }
    }

    /// Takes further bytes of the stream; drops them behind an error.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed {
            return;
        }
        if self.start >= self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Says how long frames may be from the next one on.
    pub const fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    /// Bytes that belong to no whole frame yet.
    pub fn pending(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Takes the end of the stream; an error if it comes within a frame.
    pub fn finish(&mut self) -> Option<FrameError> {
        let present = self.pending().len();
        if self.failed || present == 0 {
            return None;
        }
        Some(self.fail(FrameErrorKind::Truncated { present }))
    }

    fn fail(&mut self, kind: FrameErrorKind) -> FrameError {
        self.failed = true;
        let bytes = self.pending().to_vec();
        (self.buffer, self.start) = (Vec::new(), 0);
        FrameError {
            offset: self.offset,
            kind,
            bytes,
        }
    }

    fn take(&mut self, length: usize) -> Option<Frame> {
        let bytes = self.pending().get(..length)?.to_vec();
        let offset = self.offset;
        self.start += length;
        self.offset += length as u64;
        Some(Frame { offset, bytes })
    }
}

/// `None` until the next frame is whole; more may follow after a further push.
impl Iterator for Reader {
    type Item = Result<Frame, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (pending, limit) = (self.pending(), self.limit);
        let start = Layout::of(pending);
        let length = match start {
            Start::Complete(layout) => layout.length(),
            _ => least_length(pending).unwrap_or(0),
        };
        if let Start::ReservedToken(length) = start {
            return Some(Err(
                self.fail(FrameErrorKind::TokenLengthReserved { length })
            ));
        }
        if length > u64::from(limit) {
            return Some(Err(self.fail(FrameErrorKind::TooLong { length, limit })));
        }
        if !matches!(start, Start::Complete(_)) {
            return None;
        }
        self.take(usize::try_from(length).ok()?).map(Ok)
    }
}
