//! The same message in a datagram and in a frame (RFC 8323, 3.2: type, Message ID and version are left out of the latter).
//!
//! Moves bytes without reading options, so that what is malformed in the one is so in the other.

use super::layout::{Layout, Start};
use super::raw::FrameLength;
use crate::{Kind, MessageId};

/// The frame of what a datagram says; `None` if the datagram is shorter than its header.
pub fn frame_of(datagram: &[u8], length: &FrameLength) -> Option<Vec<u8>> {
    let [first, code, _, _, rest @ ..] = datagram else {
        return None;
    };
    let token_length = first & 15;
    let (field, extension) =
        length.written(rest.len().saturating_sub(token_bytes(token_length, rest)));
    let mut bytes = Vec::with_capacity(datagram.len() + 2);
    bytes.push(field << 4 | token_length);
    bytes.extend(extension);
    bytes.push(*code);
    bytes.extend(rest);
    Some(bytes)
}

/// The datagram of what a frame says, with a type and a Message ID; `None` if the frame has no whole header.
pub fn datagram_of(frame: &[u8], kind: Kind, id: MessageId) -> Option<Vec<u8>> {
    let Start::Complete(layout) = Layout::of(frame) else {
        return None;
    };
    let kind = match kind {
        Kind::Con => 0,
        Kind::Non => 1,
        Kind::Ack => 2,
        Kind::Rst => 3,
    };
    let mut bytes = Vec::with_capacity(frame.len() + 2);
    bytes.push(VERSION_1 | kind << 4 | frame.first()? & 15);
    bytes.push(*frame.get(layout.code)?);
    bytes.extend(id.0.to_be_bytes());
    bytes.extend(frame.get(layout.code + 1..)?);
    Some(bytes)
}

/// How many bytes behind the header a token takes, its extended length included (RFC 8974, 2.1).
fn token_bytes(token_length: u8, rest: &[u8]) -> usize {
    match (token_length, rest) {
        (13, [byte, ..]) => usize::from(*byte) + 13 + 1,
        (14, [high, low, ..]) => usize::from(u16::from_be_bytes([*high, *low])) + 269 + 2,
        (length, _) => length.into(),
    }
}

/// Version field of RFC 7252, 3.
const VERSION_1: u8 = 0x40;
