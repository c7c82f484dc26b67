//! pcap files (draft-ietf-opsawg-pcap): one link type, one byte order, times in micro- or nanoseconds.

use std::io::Read;

use coap::Time;

use super::frame::{Entry, Frame, MOST_CAPTURED, Options};
use super::order::Order;
use super::source::Source;
use crate::{CaptureError, CaptureErrorKind, LinkType};

/// What the first four bytes of a pcap file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Magic {
    order: Order,
    /// Nanoseconds in a unit of the second field of a time.
    unit: u64,
}

impl Magic {
    /// What these bytes say; `None` if no pcap file begins so.
    pub(crate) fn of(begins: &[u8]) -> Option<Self> {
        let (order, unit) = match begins {
            [0xA1, 0xB2, 0xC3, 0xD4] => (Order::Big, 1_000),
            [0xD4, 0xC3, 0xB2, 0xA1] => (Order::Little, 1_000),
            [0xA1, 0xB2, 0x3C, 0x4D] => (Order::Big, 1),
            [0x4D, 0x3C, 0xB2, 0xA1] => (Order::Little, 1),
            _ => return None,
        };
        Some(Self { order, unit })
    }
}

/// A pcap file whose header was read.
pub(crate) struct Pcap<R> {
    source: Source<R>,
    magic: Magic,
    link: LinkType,
}

impl<R: Read> Pcap<R> {
    /// Reads the header; nothing else is believed of it than version and link type.
    pub(crate) fn open(mut source: Source<R>, magic: Magic) -> Result<Self, CaptureError> {
        let header = source.take(FILE_HEADER, "the file header")?;
        let (major, minor) = (magic.order.u16(header, 4), magic.order.u16(header, 6));
        // the upper half holds the length of the frame check sequence
        let link = LinkType(magic.order.u32(header, 20) as u16);
        if (major, minor) != (2, 4) {
            return Err(CaptureError {
                offset: 4,
                kind: CaptureErrorKind::Version {
                    format: "pcap",
                    major,
                    minor,
                    wanted: "2.4",
                },
            });
        }
        Ok(Self {
            source,
            magic,
            link,
        })
    }

    /// The next frame; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Entry<'_>>, CaptureError> {
        if self.source.peek(1)?.is_empty() {
            return Ok(None);
        }
        let Magic { order, unit } = self.magic;
        let begin = self.source.offset();
        let header = self.source.take(RECORD_HEADER, "a frame's header")?;
        let seconds = u64::from(order.u32(header, 0)) * 1_000_000_000;
        let time = Time::from_nanos(seconds + u64::from(order.u32(header, 4)) * unit);
        let (captured, original) = (order.u32(header, 8), order.u32(header, 12));
        if captured > MOST_CAPTURED {
            let kind = CaptureErrorKind::TooLong {
                what: "frame",
                length: captured,
                limit: MOST_CAPTURED,
            };
            // where the captured length stands
            let offset = begin + 8;
            return Err(CaptureError { offset, kind });
        }
        let bytes = self.source.take(captured as usize, "a frame")?;
        Ok(Some(Entry::Frame(Frame {
            time: Some(time),
            link: self.link,
            bytes,
            original,
            options: Options::NONE,
        })))
    }
}

/// Length of the file header (draft-ietf-opsawg-pcap, 4).
const FILE_HEADER: usize = 24;
/// Length of a record's header (draft-ietf-opsawg-pcap, 5).
const RECORD_HEADER: usize = 16;
