//! Bytes of the file with their offset: a buffer that grows only by what was read, never on a length's word.

use std::io::{ErrorKind, Read};

use crate::{CaptureError, CaptureErrorKind};

/// The file, read once from front to back.
pub(crate) struct Source<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the bytes that nobody has taken begin and end in the buffer.
    start: usize,
    end: usize,
    /// Offset in the file of the byte at `start`.
    offset: u64,
}

impl<R: Read> Source<R> {
    pub(crate) const fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
        }
    }

    /// Offset in the file of the next byte.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// The next `count` bytes, which stay; fewer if the file ends before.
    pub(crate) fn peek(&mut self, count: usize) -> Result<&[u8], CaptureError> {
        while self.end - self.start < count {
            if !self.fill(count)? {
                break;
            }
        }
        let end = self.end.min(self.start + count);
        Ok(self.buffer.get(self.start..end).unwrap_or_default())
    }

    /// Takes the next `count` bytes; an error names `what` if the file ends within.
    pub(crate) fn take(&mut self, count: usize, what: &'static str) -> Result<&[u8], CaptureError> {
        let present = self.peek(count)?.len();
        if present < count {
            return Err(self.truncated(what, present as u64, count as u64));
        }
        let start = self.start;
        self.start += count;
        self.offset += count as u64;
        Ok(self.buffer.get(start..self.start).unwrap_or_default())
    }

    /// Passes over `count` bytes without keeping them.
    pub(crate) fn skip(&mut self, count: u64, what: &'static str) -> Result<(), CaptureError> {
        let begin = self.offset;
        let mut left = count;
        while left > 0 {
            self.peek(1)?;
            let step = left.min((self.end - self.start) as u64);
            if step == 0 {
                let kind = CaptureErrorKind::Truncated {
                    what,
                    present: count - left,
                    wanted: count,
                };
                return Err(CaptureError {
                    offset: begin,
                    kind,
                });
            }
            self.start += step as usize;
            self.offset += step;
            left -= step;
        }
        Ok(())
    }

    /// An error at the next byte.
    pub(crate) const fn error(&self, kind: CaptureErrorKind) -> CaptureError {
        CaptureError {
            offset: self.offset,
            kind,
        }
    }

    const fn truncated(&self, what: &'static str, present: u64, wanted: u64) -> CaptureError {
        self.error(CaptureErrorKind::Truncated {
            what,
            present,
            wanted,
        })
    }

    /// Reads once; `false` at the end of the file. The buffer doubles at most, and only when it is full.
    fn fill(&mut self, wanted: usize) -> Result<bool, CaptureError> {
        if self.start > 0 && (self.start == self.end || self.buffer.len() - self.start < wanted) {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            let length = (self.buffer.len() * 2).max(FIRST_LENGTH);
            self.buffer.resize(length, 0);
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.input.read(room) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.end += count.min(room.len());
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    let offset = self.offset + (self.end - self.start) as u64;
                    let kind = CaptureErrorKind::Read(error);
                    return Err(CaptureError { offset, kind });
                }
            }
        }
    }
}

/// Length of the buffer at first, in bytes.
const FIRST_LENGTH: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes in pieces of one length, and is interrupted before each.
    struct Pieces {
        bytes: Vec<u8>,
        at: usize,
        piece: usize,
        interrupted: bool,
    }

    impl Read for Pieces {
        fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
            self.interrupted = !self.interrupted;
            if self.interrupted {
                return Err(ErrorKind::Interrupted.into());
            }
            let count = self.piece.min(room.len()).min(self.bytes.len() - self.at);
            room[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
            self.at += count;
            Ok(count)
        }
    }

    fn pieces(length: usize, piece: usize) -> Source<Pieces> {
        let bytes = (0..length).map(|at| (at % 251) as u8).collect();
        Source::new(Pieces {
            bytes,
            at: 0,
            piece,
            interrupted: false,
        })
    }

    #[test]
    fn takes_and_skips_across_reads() {
        for piece in [1, 7, 65_536, 1 << 20] {
            let mut source = pieces(200_000, piece);
            assert_eq!(source.peek(3).unwrap(), [0, 1, 2]);
            assert_eq!(source.take(2, "x").unwrap(), [0, 1]);
            source.skip(99_998, "x").unwrap();
            assert_eq!(source.offset(), 100_000);
            let expected: Vec<u8> = (100_000..190_000).map(|at| (at % 251) as u8).collect();
            assert_eq!(source.take(90_000, "x").unwrap(), expected);
            let error = source.take(10_001, "a block").unwrap_err();
            assert_eq!(
                error.to_string(),
                "capture ends after 10000 of 10001 bytes of a block at byte 190000 of the capture"
            );
            let error = source.skip(10_001, "a block").unwrap_err();
            assert_eq!(error.offset, 190_000);
        }
    }

    #[test]
    fn a_length_that_lies_takes_no_memory() {
        let mut source = pieces(100, 100);
        assert!(source.take(usize::MAX >> 1, "a block").is_err());
        assert_eq!(source.buffer.len(), FIRST_LENGTH);
        assert!(source.skip(u64::MAX, "a block").is_err());
        assert_eq!(source.buffer.len(), FIRST_LENGTH);
    }
}
