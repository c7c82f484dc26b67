//! Which format a file has, by its first four bytes.

use std::io::Read;

use super::frame::Entry;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::source::Source;
use crate::{CaptureError, CaptureErrorKind};

/// A capture file of either format.
pub(crate) enum File<R> {
    /// Nothing of it was read yet.
    Unread(Option<Source<R>>),
    /// pcap.
    Pcap(Pcap<R>),
    /// pcapng.
    Pcapng(Pcapng<R>),
}

impl<R: Read> File<R> {
    pub(crate) const fn new(input: R) -> Self {
        Self::Unread(Some(Source::new(input)))
    }

    /// What comes next; `None` at the end of the file.
    ///
    /// Not to be called behind an error.
    pub(crate) fn next(&mut self) -> Result<Option<Entry<'_>>, CaptureError> {
        if let Self::Unread(source) = self {
            let Some(source) = source.take() else {
                return Ok(None);
            };
            *self = open(source)?;
        }
        match self {
            Self::Pcap(file) => file.next(),
            Self::Pcapng(file) => file.next(),
            Self::Unread(_) => Ok(None),
        }
    }
}

fn open<R: Read>(mut source: Source<R>) -> Result<File<R>, CaptureError> {
    let begins = source.peek(4)?.to_vec();
    if pcapng_magic(&begins) {
        return Ok(File::Pcapng(Pcapng::new(source)));
    }
    if let Some(magic) = super::pcap::Magic::of(&begins) {
        return Pcap::open(source, magic).map(File::Pcap);
    }
    Err(source.error(foreign(begins)))
}

/// The type of a Section Header Block, the same in both byte orders (draft-ietf-opsawg-pcapng, 4.1).
fn pcapng_magic(begins: &[u8]) -> bool {
    begins == [0x0A, 0x0D, 0x0D, 0x0A]
}

fn foreign(begins: Vec<u8>) -> CaptureErrorKind {
    match begins[..] {
        [] => CaptureErrorKind::Empty,
        [0xA1, 0xB2, 0xCD, 0x34] | [0x34, 0xCD, 0xB2, 0xA1] => CaptureErrorKind::Modified,
        [0x1F, 0x8B, ..] => CaptureErrorKind::Compressed { with: "gzip" },
        [0x28, 0xB5, 0x2F, 0xFD] => CaptureErrorKind::Compressed { with: "zstd" },
        [0x04, 0x22, 0x4D, 0x18] => CaptureErrorKind::Compressed { with: "lz4" },
        [0xFD, b'7', b'z', b'X'] => CaptureErrorKind::Compressed { with: "xz" },
        [b'B', b'Z', b'h', _] => CaptureErrorKind::Compressed { with: "bzip2" },
        [b'P', b'K', 3, 4] => CaptureErrorKind::Compressed { with: "zip" },
        _ => CaptureErrorKind::Foreign { begins },
    }
}
