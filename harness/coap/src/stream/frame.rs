//! A frame as a message: the strict reader for one frame and the honest writer (RFC 8323, 3.2).
//!
//! The reader is that of a datagram behind another header: it names the same malformations, and its offsets count from the
//! frame's first byte. A message has neither type nor Message ID on a stream, so it says NON and a number of the caller's.

use super::RawFrame;
use super::layout::{Layout, Start};
use crate::datagram::{MAX_TOKEN, check_fields};
use crate::{
    Code, EncodeError, Framing, Header, Kind, Message, MessageId, Reading, Token, ViolationKind,
};

/// Encodes `message` as a frame by the rules, options sorted by number; type and Message ID are left out.
///
/// Option values are taken as they are: their registered lengths are not looked at.
pub fn encode(message: &Message) -> Result<Vec<u8>, EncodeError> {
    check_fields(message)?;
    let code = message.code;
    let regular = code == Code::EMPTY || code.is_request() || code.is_response();
    if !regular && !code.is_signal() {
        return Err(EncodeError::CodeClassReserved { code });
    }
    Ok(RawFrame::from(message).to_bytes())
}

/// Reads one frame strictly; takes any bytes. The message bears `number` as its Message ID.
pub fn read_frame(bytes: &[u8], number: u16) -> Reading {
    let first = bytes.first().copied().unwrap_or(0);
    let mut reading = Reading {
        framing: Framing::Stream,
        message: None,
        header: None,
        version: VERSION,
        token_length: first & 15,
        option_spans: Vec::new(),
        payload_offset: None,
        violations: Vec::new(),
    };
    match Layout::of(bytes) {
        Start::Complete(layout) => read_parts(&mut reading, bytes, layout, number),
        Start::ReservedToken(length) => {
            reading.note(ViolationKind::TokenLengthReserved { length }, 0);
        }
        Start::Incomplete => {
            let length = bytes.len();
            reading.note(ViolationKind::FrameTooShort { length }, length);
        }
    }
    reading
}

fn read_parts(reading: &mut Reading, bytes: &[u8], layout: Layout, number: u16) {
    let code = Code(bytes.get(layout.code).copied().unwrap_or(0));
    let (kind, id) = (Kind::Non, MessageId(number));
    reading.header = Some(Header { kind, code, id });
    let (announced, present) = (layout.length(), bytes.len());
    if present as u64 != announced {
        reading.note(ViolationKind::FrameLength { announced, present }, 0);
    }
    check_code(reading, layout, code);
    if reading.token_length > MAX_TOKEN {
        let length = reading.token_length;
        reading.note(ViolationKind::TokenLengthReserved { length }, 0);
        return;
    }
    let Some(token) = bytes.get(layout.token..layout.body()) else {
        let kind = ViolationKind::TokenTruncated {
            announced: reading.token_length,
            present: present.saturating_sub(layout.token),
        };
        return reading.note(kind, layout.token);
    };
    let mut message = Message::new(kind, code, id, Token(token.to_vec()));
    let end = usize::try_from(announced).map_or(present, |end| end.min(present));
    let framed = bytes.get(..end).unwrap_or(bytes);
    reading.options(framed, layout.body(), &mut message);
    reading.message = Some(message);
}

fn check_code(reading: &mut Reading, layout: Layout, code: Code) {
    if code == Code::EMPTY {
        if layout.body_length > 0 || reading.token_length > 0 {
            let kind = ViolationKind::EmptyWithBytes {
                token_length: reading.token_length,
                present: usize::try_from(layout.body_length).unwrap_or(usize::MAX),
            };
            reading.note(kind, layout.token);
        }
    } else if !code.is_request() && !code.is_response() && !code.is_signal() {
        reading.note(ViolationKind::CodeClassReserved { code }, layout.code);
    }
}

/// A stream has no version field; what it carries is version 1 (RFC 8323, 3.2).
const VERSION: u8 = 1;
