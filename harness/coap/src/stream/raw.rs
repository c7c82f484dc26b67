//! A frame with every field free: the writer for what RFC 8323 forbids, a wrong length first of all.
//!
//! Starts from nothing or from an honest [`Message`]. Checks nothing.

use super::layout::length_field;
use crate::raw::PAYLOAD_MARKER;
use crate::{Code, Marker, Message, OptionField, RawOption};

/// A frame to be written as it stands, malformed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// The length field.
    pub length: FrameLength,
    /// Token length field, modulo 16; `None` writes the token's length.
    pub token_length: Option<u8>,
    /// Code.
    pub code: Code,
    /// Token bytes, any number.
    pub token: Vec<u8>,
    /// Options in the order in which they are written.
    pub options: Vec<OptionField>,
    /// Whether the payload marker is written.
    pub marker: Marker,
    /// Payload.
    pub payload: Vec<u8>,
    /// Bytes after everything else, which an honest length counts too.
    pub trailing: Vec<u8>,
    /// Length to which the frame is cut.
    pub truncate: Option<usize>,
}

/// How the length of a frame is written (RFC 8323, 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameLength {
    /// As it is, in the shortest form.
    Right,
    /// As this many bytes more than there are, or fewer, but not below 0.
    Off(i64),
    /// Every bit as it is to stand.
    Literal {
        /// Length field, modulo 16.
        field: u8,
        /// Extended length, any number of bytes.
        extension: Vec<u8>,
    },
}

impl RawFrame {
    /// A frame without token, options and payload.
    pub const fn new(code: Code) -> Self {
        Self {
            length: FrameLength::Right,
            token_length: None,
            code,
            token: Vec::new(),
            options: Vec::new(),
            marker: Marker::WithPayload,
            payload: Vec::new(),
            trailing: Vec::new(),
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

    /// The bytes of the frame.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let (field, extension) = self.length.written(body.len());
        let token_length = self.token_length.unwrap_or(self.token.len() as u8);
        let mut bytes = vec![field << 4 | token_length & 15];
        bytes.extend(extension);
        bytes.push(self.code.0);
        bytes.extend(&self.token);
        bytes.extend(body);
        bytes.truncate(self.truncate.unwrap_or(usize::MAX));
        bytes
    }

    /// Options, payload and what trails.
    fn body(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
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
        bytes
    }
}

/// The message as the honest writer would send it: options sorted by number, equal numbers in order.
impl From<&Message> for RawFrame {
    fn from(message: &Message) -> Self {
        let mut options = message.options.clone();
        options.sort_by_key(|option| option.number);
        Self {
            token: message.token.0.clone(),
            options: options.into_iter().map(OptionField::Numbered).collect(),
            payload: message.payload.clone(),
            ..Self::new(message.code)
        }
    }
}

impl FrameLength {
    /// The field and its extension for `length` bytes of options and payload.
    pub(super) fn written(&self, length: usize) -> (u8, Vec<u8>) {
        let length = length as u64;
        match self {
            Self::Right => length_field(length),
            Self::Off(by) => length_field(length.saturating_add_signed(*by)),
            Self::Literal { field, extension } => (field & 15, extension.clone()),
        }
    }
}
