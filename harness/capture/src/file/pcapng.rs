//! pcapng files (draft-ietf-opsawg-pcapng): sections of blocks, each section with a byte order and interfaces of its own.
//!
//! Names, statistics and blocks that nobody here knows are passed over without being kept, however long they say they are.

use std::io::Read;

use super::frame::Entry;
use super::interface::{Flaw, Interface};
use super::order::Order;
use super::packet;
use super::source::Source;
use crate::{CaptureError, CaptureErrorKind};

/// A pcapng file.
pub(crate) struct Pcapng<R> {
    source: Source<R>,
    order: Order,
    interfaces: Vec<Interface>,
}

/// The head of a block.
#[derive(Clone, Copy)]
struct Head {
    kind: u32,
    /// Block Total Length.
    length: u32,
    /// Offset in the file.
    offset: u64,
}

impl<R: Read> Pcapng<R> {
    /// A file that begins with the type of a Section Header Block.
    pub(crate) const fn new(source: Source<R>) -> Self {
        Self {
            source,
            order: Order::Little,
            interfaces: Vec::new(),
        }
    }

    /// The next block that somebody cares for; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Entry<'_>>, CaptureError> {
        loop {
            let Some(head) = self.head()? else {
                return Ok(None);
            };
            match head.kind {
                SECTION_HEADER => self.section(head)?,
                INTERFACE_DESCRIPTION => {
                    let order = self.order;
                    let body = self.body(head)?;
                    let interface = Interface::read(order, body).map_err(|flaw| at(head, flaw))?;
                    self.interfaces.push(interface);
                }
                ENHANCED_PACKET | SIMPLE_PACKET | PACKET | DECRYPTION_SECRETS => {
                    return self.entry(head).map(Some);
                }
                JOURNAL | CUSTOM | CUSTOM_NOT_COPIED | SYSDIG_EVENT | SYSDIG_EVENT_2
                | SYSDIG_EVENT_2_LARGE => {
                    self.pass_over(head)?;
                    return Ok(Some(Entry::Numbered(head.kind)));
                }
                _ => self.pass_over(head)?,
            }
        }
    }

    /// Takes type and length of a block; `None` at the end of the file.
    fn head(&mut self) -> Result<Option<Head>, CaptureError> {
        let offset = self.source.offset();
        if self.source.peek(1)?.is_empty() {
            return Ok(None);
        }
        let bytes = self.source.peek(SECTION_HEAD)?;
        let section = bytes.starts_with(&SECTION_HEADER.to_be_bytes());
        if section && bytes.len() == SECTION_HEAD {
            self.order = byte_order(bytes).map_err(|found| CaptureError {
                offset: offset + 8,
                kind: CaptureErrorKind::ByteOrder { found },
            })?;
        }
        let order = self.order;
        let what = if section { SECTION_HEAD } else { BLOCK_HEAD };
        let bytes = self.source.take(what, "a block's head")?;
        let (kind, length) = (order.u32(bytes, 0), order.u32(bytes, 4));
        let least = least(kind);
        if length < least || !length.is_multiple_of(4) {
            return Err(CaptureError {
                offset: offset + 4,
                kind: CaptureErrorKind::BlockLength {
                    block: kind,
                    length,
                    least,
                },
            });
        }
        Ok(Some(Head {
            kind,
            length,
            offset,
        }))
    }

    /// Begins a section: what was described before holds no longer.
    fn section(&mut self, head: Head) -> Result<(), CaptureError> {
        let order = self.order;
        let version = self.source.take(4, "a section header")?;
        let (major, minor) = (order.u16(version, 0), order.u16(version, 2));
        if major != 1 || ![0, 2].contains(&minor) {
            let kind = CaptureErrorKind::Version {
                format: "pcapng",
                major,
                minor,
                wanted: "1.0",
            };
            return Err(at(head, (4, kind)));
        }
        self.interfaces.clear();
        let rest = u64::from(head.length) - SECTION_HEAD as u64 - 4 - BLOCK_TAIL as u64;
        self.source.skip(rest, "a section header")?;
        self.tail(head)
    }

    fn entry(&mut self, head: Head) -> Result<Entry<'_>, CaptureError> {
        let order = self.order;
        let length = usable(head)?;
        // body and tail are taken together, so that the body can be borrowed
        let bytes = self.source.take(length + BLOCK_TAIL, "a block")?;
        let (body, tail) = bytes.split_at(length);
        check_tail(head, order.u32(tail, 0))?;
        let interfaces = &self.interfaces[..];
        let entry = match head.kind {
            ENHANCED_PACKET => packet::enhanced(order, interfaces, body),
            SIMPLE_PACKET => packet::simple(order, interfaces, body),
            PACKET => packet::obsolete(order, interfaces, body),
            _ => packet::secrets(order, body),
        };
        entry.map_err(|flaw| at(head, flaw))
    }

    fn body(&mut self, head: Head) -> Result<&[u8], CaptureError> {
        let order = self.order;
        let length = usable(head)?;
        let bytes = self.source.take(length + BLOCK_TAIL, "a block")?;
        let (body, tail) = bytes.split_at(length);
        check_tail(head, order.u32(tail, 0))?;
        Ok(body)
    }

    fn pass_over(&mut self, head: Head) -> Result<(), CaptureError> {
        let body = u64::from(head.length) - (BLOCK_HEAD + BLOCK_TAIL) as u64;
        self.source.skip(body, "a block")?;
        self.tail(head)
    }

    fn tail(&mut self, head: Head) -> Result<(), CaptureError> {
        let order = self.order;
        let tail = self.source.take(BLOCK_TAIL, "a block's end")?;
        check_tail(head, order.u32(tail, 0))
    }
}

/// The byte order of a section by its magic; what was found if it is none.
fn byte_order(head: &[u8]) -> Result<Order, u32> {
    match Order::Big.u32(head, 8) {
        0x1A2B_3C4D => Ok(Order::Big),
        0x4D3C_2B1A => Ok(Order::Little),
        found => Err(found),
    }
}

/// Length of the body of a block that is read whole.
fn usable(head: Head) -> Result<usize, CaptureError> {
    if head.length > LONGEST_BLOCK {
        let kind = CaptureErrorKind::TooLong {
            what: "block",
            length: head.length,
            limit: LONGEST_BLOCK,
        };
        let offset = head.offset + 4;
        return Err(CaptureError { offset, kind });
    }
    Ok(head.length as usize - BLOCK_HEAD - BLOCK_TAIL)
}

fn check_tail(head: Head, last: u32) -> Result<(), CaptureError> {
    if last == head.length {
        return Ok(());
    }
    Err(CaptureError {
        offset: head.offset + u64::from(head.length) - BLOCK_TAIL as u64,
        kind: CaptureErrorKind::BlockLengths {
            first: head.length,
            last,
        },
    })
}

/// An error within the body of a block.
fn at(head: Head, (at, kind): Flaw) -> CaptureError {
    let offset = head.offset + BLOCK_HEAD as u64 + at as u64;
    CaptureError { offset, kind }
}

/// Length that a block has to have for its fixed fields.
const fn least(kind: u32) -> u32 {
    match kind {
        SECTION_HEADER => 28,
        INTERFACE_DESCRIPTION | DECRYPTION_SECRETS => 20,
        ENHANCED_PACKET | PACKET => 32,
        SIMPLE_PACKET => 16,
        _ => (BLOCK_HEAD + BLOCK_TAIL) as u32,
    }
}

// draft-ietf-opsawg-pcapng, 3.1
const BLOCK_HEAD: usize = 8;
const BLOCK_TAIL: usize = 4;
/// Type, length and byte-order magic (draft-ietf-opsawg-pcapng, 4.1).
const SECTION_HEAD: usize = 12;
// block types (draft-ietf-opsawg-pcapng, 11.1)
const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
const DECRYPTION_SECRETS: u32 = 0x0A;
// those that Wireshark 4 gives a number like a frame
const JOURNAL: u32 = 9;
const CUSTOM: u32 = 0x0BAD;
const CUSTOM_NOT_COPIED: u32 = 0x4000_0BAD;
const SYSDIG_EVENT: u32 = 0x204;
const SYSDIG_EVENT_2: u32 = 0x216;
const SYSDIG_EVENT_2_LARGE: u32 = 0x221;
/// Longest block that is read whole, in bytes; others are passed over at any length.
const LONGEST_BLOCK: u32 = 16 << 20;
