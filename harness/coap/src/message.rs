//! A CoAP message as a value (RFC 7252, 3): what was sent, in the order it was sent.
//!
//! Holds no bytes of the wire; reading keeps those beside it (`datagram`).

use std::fmt;

use crate::{Code, ContentFormat, option};

/// Message type (RFC 7252, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Confirmable.
    Con,
    /// Non-confirmable.
    Non,
    /// Acknowledgement.
    Ack,
    /// Reset.
    Rst,
}

/// Message ID (RFC 7252, 3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u16);

/// Token of 0 to 8 bytes (RFC 7252, 3).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Token(pub Vec<u8>);

/// One option instance: number and the value's bytes as they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RawOption {
    /// Option number.
    pub number: u16,
    /// Option value.
    pub value: Vec<u8>,
}

/// A CoAP message of version 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Message type.
    pub kind: Kind,
    /// Method, response code or Empty.
    pub code: Code,
    /// Message ID.
    pub id: MessageId,
    /// Token.
    pub token: Token,
    /// Options in the order of the wire; repeated numbers stay separate.
    pub options: Vec<RawOption>,
    /// Payload without its marker; empty if there is none.
    pub payload: Vec<u8>,
}

impl Message {
    /// A message without options and payload.
    pub const fn new(kind: Kind, code: Code, id: MessageId, token: Token) -> Self {
        Self {
            kind,
            code,
            id,
            token,
            options: Vec::new(),
            payload: Vec::new(),
        }
    }

    /// The values of every instance of option `number`, in order.
    pub fn option_values(&self, number: u16) -> impl Iterator<Item = &[u8]> {
        self.options
            .iter()
            .filter(move |option| option.number == number)
            .map(|option| option.value.as_slice())
    }

    /// The first instance of option `number` as an unsigned integer (RFC 7252, 3.2); `None` if absent or over 8 bytes.
    pub fn uint_option(&self, number: u16) -> Option<u64> {
        let value = self.option_values(number).next()?;
        (value.len() <= 8).then(|| {
            value
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
        })
    }

    /// The instances of option `number` as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text_options(&self, number: u16) -> Vec<String> {
        self.option_values(number)
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect()
    }

    /// Content-Format, if the option is there and readable.
    pub fn content_format(&self) -> Option<ContentFormat> {
        let number = self.uint_option(option::CONTENT_FORMAT)?;
        u16::try_from(number).ok().map(ContentFormat)
    }

    /// Accept, if the option is there and readable.
    pub fn accept(&self) -> Option<ContentFormat> {
        let number = self.uint_option(option::ACCEPT)?;
        u16::try_from(number).ok().map(ContentFormat)
    }

    /// Observe, if the option is there and readable.
    pub fn observe(&self) -> Option<u32> {
        u32::try_from(self.uint_option(option::OBSERVE)?).ok()
    }

    /// Appends an option; the writer sorts by number and keeps the order of equal numbers.
    pub fn push_option(&mut self, number: u16, value: impl Into<Vec<u8>>) {
        self.options.push(RawOption {
            number,
            value: value.into(),
        });
    }

    /// Appends an option whose value is the shortest form of `value` (RFC 7252, 3.2).
    pub fn push_uint_option(&mut self, number: u16, value: u64) {
        let bytes = value.to_be_bytes();
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(8);
        self.push_option(number, &bytes[start..]);
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Con => "CON",
            Self::Non => "NON",
            Self::Ack => "ACK",
            Self::Rst => "RST",
        })
    }
}

/// `0x4a11`.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:04x}", self.0)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Lower-case hexadecimal; `empty` if it has no bytes.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("empty");
        }
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
