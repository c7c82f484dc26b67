//! A message with every field free: the writer for what RFC 7252 forbids.
//!
//! Starts from nothing or from an honest [`Message`]; [`RawMessage::to_bytes`] applies the fields first,
//! then replacements, then truncation. Checks nothing.

use crate::{Code, Kind, Message, MessageId, RawOption};

/// A message to be written as it stands, malformed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawMessage {
    /// Version field, modulo 4.
    pub version: u8,
    /// Message type.
    pub kind: Kind,
    /// Token length field, modulo 16; `None` writes the token's length.
    pub token_length: Option<u8>,
    /// Code.
    pub code: Code,
    /// Message ID.
    pub id: MessageId,
    /// Token bytes, any number.
    pub token: Vec<u8>,
    /// Options in the order in which they are written.
    pub options: Vec<OptionField>,
    /// Whether the payload marker is written.
    pub marker: Marker,
    /// Payload.
    pub payload: Vec<u8>,
    /// Bytes after everything else.
    pub trailing: Vec<u8>,
    /// Bytes that overwrite others from an offset on; what lies beyond the end is dropped.
    pub replacements: Vec<(usize, Vec<u8>)>,
    /// Length to which the datagram is cut.
    pub truncate: Option<usize>,
}

/// One option on its way to the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionField {
    /// Number and value, written with the right delta and length; a number below the one before it
    /// gives a delta modulo 65536.
    Numbered(RawOption),
    /// Every field of the option as it is to stand (RFC 7252, 3.1).
    Literal {
        /// Delta field, modulo 16.
        delta: u8,
        /// Extended delta, any number of bytes.
        delta_extension: Vec<u8>,
        /// Length field, modulo 16.
        length: u8,
        /// Extended length, any number of bytes.
        length_extension: Vec<u8>,
        /// Value, any number of bytes.
        value: Vec<u8>,
    },
}

/// When the payload marker is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// With a payload only (RFC 7252, 3).
    WithPayload,
    /// In any case.
    Always,
    /// Never: the payload follows the options at once.
    Never,
}

impl RawMessage {
    /// A message of version 1 without token, options and payload.
    pub const fn new(kind: Kind, code: Code, id: MessageId) -> Self {
        Self {
            version: 1,
            kind,
            token_length: None,
            code,
            id,
            token: Vec::new(),
            options: Vec::new(),
            marker: Marker::WithPayload,
            payload: Vec::new(),
            trailing: Vec::new(),
            replacements: Vec::new(),
            truncate: None,
        }
    }

    /// Appends an option behind those already there, whatever its number.
    #[must_use]
    pub fn option(mut self, number: u16, value: impl Into<Vec<u8>>) -> Self {
        let value = value.into();
        self.options
            .push(OptionField::Numbered(RawOption { number, value }));
        self
    }

    /// Appends an option whose delta and length fields are given and have no extension.
    #[must_use]
    pub fn literal_option(mut self, delta: u8, length: u8, value: impl Into<Vec<u8>>) -> Self {
        self.options.push(OptionField::Literal {
            delta,
            delta_extension: Vec::new(),
            length,
            length_extension: Vec::new(),
            value: value.into(),
        });
        self
    }

    /// Overwrites bytes from `offset` on.
    #[must_use]
    pub fn replace(mut self, offset: usize, bytes: impl Into<Vec<u8>>) -> Self {
        self.replacements.push((offset, bytes.into()));
        self
    }

    /// Cuts the datagram to `length` bytes.
    #[must_use]
    pub const fn truncate(mut self, length: usize) -> Self {
        self.truncate = Some(length);
        self
    }

    /// The bytes of the datagram.
    pub fn to_bytes(&self) -> Vec<u8> {
        let token_length = self.token_length.unwrap_or(self.token.len() as u8);
        let kind = match self.kind {
            Kind::Con => 0,
            Kind::Non => 1,
            Kind::Ack => 2,
            Kind::Rst => 3,
        };
        let mut bytes = vec![
            (self.version & 3) << 6 | kind << 4 | (token_length & 15),
            self.code.0,
        ];
        bytes.extend(self.id.0.to_be_bytes());
        bytes.extend(&self.token);
        let mut number = 0;
        for option in &self.options {
            number = option.write(&mut bytes, number);
        }
        let marked = match self.marker {
            Marker::WithPayload => !self.payload.is_empty(),
            Marker::Always => true,
            Marker::Never => false,
        };
        bytes.extend(marked.then_some(PAYLOAD_MARKER));
        bytes.extend(&self.payload);
        bytes.extend(&self.trailing);
        for (offset, replacement) in &self.replacements {
            let rest = bytes.iter_mut().skip(*offset);
            rest.zip(replacement).for_each(|(old, new)| *old = *new);
        }
        bytes.truncate(self.truncate.unwrap_or(usize::MAX));
        bytes
    }
}

/// The message as the honest writer would send it: options sorted by number, equal numbers in order.
impl From<&Message> for RawMessage {
    fn from(message: &Message) -> Self {
        let mut options = message.options.clone();
        options.sort_by_key(|option| option.number);
        Self {
            token: message.token.0.clone(),
            options: options.into_iter().map(OptionField::Numbered).collect(),
            payload: message.payload.clone(),
            ..Self::new(message.kind, message.code, message.id)
        }
    }
}

impl OptionField {
    /// Writes the option behind option `before` and returns the number that a reader arrives at.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>, before: u16) -> u16 {
        match self {
            Self::Numbered(RawOption { number, value }) => {
                let (delta, delta_extension) = field(usize::from(number.wrapping_sub(before)));
                let (length, length_extension) = field(value.len());
                bytes.push(delta << 4 | length);
                bytes.extend(delta_extension);
                bytes.extend(length_extension);
                bytes.extend(value);
                *number
            }
            Self::Literal {
                delta,
                delta_extension,
                length,
                length_extension,
                value,
            } => {
                bytes.push(delta << 4 | (length & 15));
                bytes.extend(delta_extension);
                bytes.extend(length_extension);
                bytes.extend(value);
                let step = match (delta & 15, delta_extension.as_slice()) {
                    (13, [byte, ..]) => u16::from(*byte) + 13,
                    (14, [high, low, ..]) => u16::from_be_bytes([*high, *low]).wrapping_add(269),
                    (nibble, _) => u16::from(nibble),
                };
                before.wrapping_add(step)
            }
        }
    }
}

/// The field and the extension for a delta or length (RFC 7252, 3.1); beyond 65804 modulo 65536.
fn field(value: usize) -> (u8, Vec<u8>) {
    match value {
        0..13 => (value as u8, Vec::new()),
        13..269 => (13, vec![(value - 13) as u8]),
        _ => (14, ((value - 269) as u16).to_be_bytes().to_vec()),
    }
}

/// Byte between options and payload (RFC 7252, 3).
pub(crate) const PAYLOAD_MARKER: u8 = 0xff;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Token, ViolationKind, encode, option, read};

    fn message() -> Message {
        let token = Token(vec![1, 2]);
        let mut message = Message::new(Kind::Con, Code::GET, MessageId(7), token);
        message.push_option(option::URI_QUERY, "b=1");
        message.push_option(option::URI_PATH, "rd");
        message.payload = b"x".to_vec();
        message
    }

    #[test]
    fn an_untouched_message_is_written_like_the_honest_one() {
        assert_eq!(
            RawMessage::from(&message()).to_bytes(),
            encode(&message()).unwrap()
        );
    }

    #[test]
    fn fields_are_written_as_given() {
        let raw = RawMessage::from(&message());
        let rows: [(RawMessage, ViolationKind); 6] = [
            (
                RawMessage {
                    version: 2,
                    ..raw.clone()
                },
                ViolationKind::VersionUnknown { version: 2 },
            ),
            (
                RawMessage {
                    token_length: Some(9),
                    ..raw.clone()
                },
                ViolationKind::TokenLengthReserved { length: 9 },
            ),
            (
                RawMessage {
                    marker: Marker::Always,
                    payload: vec![],
                    ..raw.clone()
                },
                ViolationKind::PayloadMissing,
            ),
            (
                raw.clone().truncate(3),
                ViolationKind::TooShort { length: 3 },
            ),
            (
                raw.clone().replace(1, [0xe0]),
                ViolationKind::CodeClassReserved { code: Code(0xe0) },
            ),
            (
                raw.option(option::URI_HOST, "h"),
                ViolationKind::OptionNumberTooLarge { number: 65536 + 3 },
            ),
        ];
        for (raw, kind) in rows {
            let reading = read(&raw.to_bytes());
            assert_eq!(
                reading.violations.first().map(|found| found.kind),
                Some(kind)
            );
        }
    }

    #[test]
    fn literal_options_count_for_those_behind_them() {
        let raw = RawMessage::new(Kind::Con, Code::GET, MessageId(1))
            .literal_option(11, 2, "rd")
            .option(option::URI_PATH, "x");
        let paths = read(&raw.to_bytes())
            .message
            .unwrap()
            .text_options(option::URI_PATH);
        assert_eq!(paths, ["rd", "x"]);
    }
}
