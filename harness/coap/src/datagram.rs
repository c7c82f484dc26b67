//! The UDP message format (RFC 7252, 3): an honest writer and a strict reader.
//!
//! The writer stands on coap-lite and refuses what the standard forbids ([`crate::RawMessage`] writes
//! that). The reader is our own, takes any bytes, repairs nothing and keeps where everything stood.

use coap_lite::{CoapOption, MessageClass, MessageType, Packet};
use thiserror::Error;

use crate::option::{self, Format};
use crate::violation::{Reaction, Violation, ViolationKind};
use crate::{Code, Kind, Message, MessageId, RawOption, Token};

/// Why a message has no honest encoding.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// The token is longer than 8 bytes (RFC 7252, 3).
    #[error("token of {length} bytes is longer than 8")]
    TokenTooLong {
        /// Length of the token.
        length: usize,
    },
    /// An Empty message has a token, options or a payload (RFC 7252, 4.1).
    #[error("Empty message has a token, options or a payload")]
    EmptyWithContent,
    /// A Non-confirmable message is Empty (RFC 7252, 4.3).
    #[error("NON is Empty")]
    EmptyNonConfirmable,
    /// The code's class is reserved (RFC 7252, 3).
    #[error("code {code} has a reserved class")]
    CodeClassReserved {
        /// The code.
        code: Code,
    },
    /// An Acknowledgement has a method (RFC 7252, 4.2).
    #[error("ACK has method {code}")]
    RequestInAcknowledgement {
        /// The code.
        code: Code,
    },
    /// A Reset message is not Empty (RFC 7252, 4.2).
    #[error("RST has code {code}")]
    ResetNotEmpty {
        /// The code.
        code: Code,
    },
    /// An option value is longer than its length field can say (RFC 7252, 3.1).
    #[error("option {number} of {length} bytes is longer than 65804")]
    OptionTooLong {
        /// Option number.
        number: u16,
        /// Length of the value.
        length: usize,
    },
    /// The message does not fit a UDP datagram (RFC 768; RFC 7252, 4.6).
    #[error("message of {length} bytes is longer than a datagram of 65507")]
    TooLong {
        /// Length of the message.
        length: usize,
    },
    /// The library refused the message.
    #[error("coap-lite refused the message: {reason}")]
    Refused {
        /// The library's words.
        reason: String,
    },
}

/// Everything that a strict reader found in a datagram, or in a frame of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What the message came in. A stream has neither types nor Message IDs: `message` and `header` say NON
    /// and a number that the reader was given.
    pub framing: Framing,
    /// The message, if version 1, header and token could be read; options up to the first that could not.
    pub message: Option<Message>,
    /// The fixed header as it stood, if there were four bytes.
    pub header: Option<Header>,
    /// Version field; 0 if there was no byte.
    pub version: u8,
    /// Token length field; 0 if there was no byte.
    pub token_length: u8,
    /// Where each option of the message stood, in the order of `message.options`.
    pub option_spans: Vec<OptionSpan>,
    /// Offset of the first payload byte, behind the marker; `None` without a payload.
    pub payload_offset: Option<usize>,
    /// Every broken rule, in the order of the bytes.
    pub violations: Vec<Violation>,
}

/// What a message came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// A datagram (RFC 7252, 3).
    Datagram,
    /// A frame of a TCP connection, over TLS or not (RFC 8323, 3.2).
    Stream,
}

/// The four bytes that every message starts with, read as version 1 (RFC 7252, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Message type.
    pub kind: Kind,
    /// Code.
    pub code: Code,
    /// Message ID.
    pub id: MessageId,
}

/// Where one option stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSpan {
    /// Option number.
    pub number: u16,
    /// Offset of the option's first byte, the one with delta and length.
    pub offset: usize,
    /// Length of the value.
    pub length: usize,
    /// Offset of the value.
    pub value_offset: usize,
}

/// What a receiver sends, by all rules that a datagram breaks together (RFC 7252, 4.2, 4.3 and 5.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Nothing in particular: the message is to be processed.
    Process,
    /// Silence.
    Ignore,
    /// A Reset with the Message ID.
    Reset,
    /// 4.02 Bad Option to a confirmable request, or to any on a stream.
    BadOption,
    /// An Abort message and the end of the connection, on a stream only (RFC 8323, 5.6).
    Abort,
}

/// Encodes `message` by the rules, options sorted by number; equal numbers keep their order.
///
/// Option values are taken as they are: their registered lengths are not looked at.
pub fn encode(message: &Message) -> Result<Vec<u8>, EncodeError> {
    check(message)?;
    let mut library = Packet::new();
    library.header.set_version(1);
    library.header.set_type(match message.kind {
        Kind::Con => MessageType::Confirmable,
        Kind::Non => MessageType::NonConfirmable,
        Kind::Ack => MessageType::Acknowledgement,
        Kind::Rst => MessageType::Reset,
    });
    library.header.code = MessageClass::from(message.code.0);
    library.header.message_id = message.id.0;
    library.set_token(message.token.0.clone());
    for RawOption { number, value } in &message.options {
        library.add_option(CoapOption::from(*number), value.clone());
    }
    library.payload.clone_from(&message.payload);
    let bytes = library
        .to_bytes_unlimited()
        .map_err(|error| EncodeError::Refused {
            reason: error.to_string(),
        })?;
    match bytes.len() {
        length if length > MAX_DATAGRAM => Err(EncodeError::TooLong { length }),
        _ => Ok(bytes),
    }
}

/// Reads a datagram strictly; takes any bytes.
pub fn read(bytes: &[u8]) -> Reading {
    let first = bytes.first().copied().unwrap_or(0);
    let mut reading = Reading {
        framing: Framing::Datagram,
        message: None,
        header: None,
        version: first >> 6,
        token_length: first & 0x0f,
        option_spans: Vec::new(),
        payload_offset: None,
        violations: Vec::new(),
    };
    let [_, code, high, low, rest @ ..] = bytes else {
        reading.note(
            ViolationKind::TooShort {
                length: bytes.len(),
            },
            bytes.len(),
        );
        return reading;
    };
    let header = Header {
        kind: kind(first),
        code: Code(*code),
        id: MessageId(u16::from_be_bytes([*high, *low])),
    };
    reading.header = Some(header);
    if reading.version != 1 {
        reading.note(
            ViolationKind::VersionUnknown {
                version: reading.version,
            },
            0,
        );
        return reading;
    }
    reading.check_code(header, rest.len());
    let Some(token) = reading.token(rest) else {
        return reading;
    };
    let mut message = Message::new(header.kind, header.code, header.id, Token(token.to_vec()));
    reading.options(bytes, HEADER_LENGTH + token.len(), &mut message);
    reading.message = Some(message);
    reading
}

impl Reading {
    /// Whether nothing at all was found against the datagram.
    pub const fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// Whether the datagram is a message by the format; single options of it may still be at fault.
    pub fn is_well_formed(&self) -> bool {
        !self
            .violations
            .iter()
            .any(|violation| violation.kind.is_format_error())
    }

    /// Message type, if the header was there.
    pub fn kind(&self) -> Option<Kind> {
        self.header.map(|header| header.kind)
    }

    /// Code, if the header was there.
    pub fn code(&self) -> Option<Code> {
        self.header.map(|header| header.code)
    }

    /// Message ID, if the header was there.
    pub fn id(&self) -> Option<MessageId> {
        self.header.map(|header| header.id)
    }

    /// Token, if it could be read; options may be broken nevertheless.
    pub fn token_read(&self) -> Option<&Token> {
        self.message.as_ref().map(|message| &message.token)
    }

    /// What a receiver by the rules does with this message; a rejected NON is answered by silence.
    pub fn answer(&self) -> Answer {
        let on_stream = self.framing == Framing::Stream;
        let confirmable = on_stream || self.kind() == Some(Kind::Con);
        let answers = confirmable && self.code().is_some_and(Code::is_request);
        let reject = match self.kind() {
            Some(Kind::Con) => Answer::Reset,
            _ => Answer::Ignore,
        };
        let mut answer = Answer::Process;
        for Violation { kind: rule, .. } in &self.violations {
            match rule.reaction() {
                Reaction::Ignore | Reaction::Reject if on_stream => return Answer::Abort,
                Reaction::Ignore => return Answer::Ignore,
                Reaction::Reject => return reject,
                Reaction::Unrecognized if rule.option_number().is_some_and(option::is_critical) => {
                    answer = if answers { Answer::BadOption } else { reject };
                }
                Reaction::Unrecognized | Reaction::Tolerate => {}
            }
        }
        answer
    }

    pub(crate) fn note(&mut self, kind: ViolationKind, offset: usize) {
        self.violations.push(Violation { kind, offset });
    }

    /// Checks the code against type and length; `behind` bytes follow the header.
    fn check_code(&mut self, Header { kind, code, .. }: Header, behind: usize) {
        if code == Code::EMPTY {
            if kind == Kind::Non {
                self.note(ViolationKind::EmptyNonConfirmable, CODE_OFFSET);
            }
            if behind > 0 || self.token_length > 0 {
                let offset = if behind > 0 { HEADER_LENGTH } else { 0 };
                let kind = ViolationKind::EmptyWithBytes {
                    token_length: self.token_length,
                    present: behind,
                };
                self.note(kind, offset);
            }
            return;
        }
        if !code.is_request() && !code.is_response() {
            self.note(ViolationKind::CodeClassReserved { code }, CODE_OFFSET);
        }
        if kind == Kind::Rst {
            self.note(ViolationKind::ResetNotEmpty { code }, CODE_OFFSET);
        }
        if kind == Kind::Ack && code.is_request() {
            self.note(
                ViolationKind::RequestInAcknowledgement { code },
                CODE_OFFSET,
            );
        }
    }

    /// Takes the token off what follows the header.
    fn token<'a>(&mut self, rest: &'a [u8]) -> Option<&'a [u8]> {
        let announced = self.token_length;
        if announced > MAX_TOKEN {
            self.note(ViolationKind::TokenLengthReserved { length: announced }, 0);
            return None;
        }
        let token = rest.get(..usize::from(announced));
        if token.is_none() {
            let present = rest.len();
            self.note(
                ViolationKind::TokenTruncated { announced, present },
                HEADER_LENGTH,
            );
        }
        token
    }

    /// Reads options and payload from `offset` on, up to the first option that cannot be read.
    pub(crate) fn options(&mut self, bytes: &[u8], mut offset: usize, message: &mut Message) {
        let mut number = 0;
        while let Some(first) = bytes.get(offset) {
            if *first == PAYLOAD_MARKER {
                self.payload(bytes, offset, message);
                return;
            }
            if self.option_spans.len() == MOST_OPTIONS {
                let most = MOST_OPTIONS;
                self.note(ViolationKind::OptionsTooMany { most }, offset);
                return;
            }
            let (span, value) = match read_option(bytes, offset, number) {
                Ok(option) => option,
                Err(violation) => {
                    self.violations.push(violation);
                    return;
                }
            };
            if self.option_spans.is_empty() {
                self.option_spans.reserve(USUAL_OPTIONS);
                message.options.reserve(USUAL_OPTIONS);
            }
            if self.framing == Framing::Stream && message.code.is_signal() {
                self.check_signal_option(span, value, message.code);
            } else {
                self.check_option(span, value, message.code);
            }
            message.options.push(RawOption {
                number: span.number,
                value: value.to_vec(),
            });
            self.option_spans.push(span);
            number = span.number;
            offset = span.value_offset + span.length;
        }
    }

    fn payload(&mut self, bytes: &[u8], marker: usize, message: &mut Message) {
        match bytes.get(marker + 1..) {
            None | Some([]) => self.note(ViolationKind::PayloadMissing, marker),
            Some(payload) => {
                message.payload = payload.to_vec();
                self.payload_offset = Some(marker + 1);
            }
        }
    }

    /// Checks an option against its registration.
    fn check_option(&mut self, span: OptionSpan, value: &[u8], code: Code) {
        let OptionSpan {
            number,
            offset,
            length,
            value_offset,
        } = span;
        let Some(known) = option::definition(number) else {
            if option::is_critical(number) {
                self.note(ViolationKind::CriticalOptionUnknown { number }, offset);
            }
            return;
        };
        // ETag occurs any number of times in a request, once in a response (RFC 7252, 5.10.6).
        let once = !known.repeatable || (number == option::ETAG && code.is_response());
        if once
            && self
                .option_spans
                .last()
                .is_some_and(|last| last.number == number)
        {
            self.note(ViolationKind::OptionRepeated { number }, offset);
        }
        if length < usize::from(known.min_length) || length > usize::from(known.max_length) {
            self.note(ViolationKind::OptionLength { number, length }, offset);
        }
        match known.format {
            Format::Uint if value.first() == Some(&0) => {
                self.note(ViolationKind::UintNotShortest { number }, value_offset);
            }
            Format::String => {
                if let Err(error) = std::str::from_utf8(value) {
                    let offset = value_offset + error.valid_up_to();
                    self.note(ViolationKind::OptionNotUtf8 { number }, offset);
                }
            }
            _ => {}
        }
        let is_path = matches!(number, option::URI_PATH | option::LOCATION_PATH);
        if is_path && matches!(value, b"." | b"..") {
            self.note(ViolationKind::DotSegment { number }, value_offset);
        }
    }
}

/// Refuses what RFC 7252 forbids to send in a datagram.
fn check(message: &Message) -> Result<(), EncodeError> {
    check_fields(message)?;
    let Message { kind, code, .. } = *message;
    if code == Code::EMPTY {
        if kind == Kind::Non {
            return Err(EncodeError::EmptyNonConfirmable);
        }
        return Ok(());
    }
    if !code.is_request() && !code.is_response() {
        return Err(EncodeError::CodeClassReserved { code });
    }
    if kind == Kind::Rst {
        return Err(EncodeError::ResetNotEmpty { code });
    }
    if kind == Kind::Ack && code.is_request() {
        return Err(EncodeError::RequestInAcknowledgement { code });
    }
    Ok(())
}

/// Refuses what no message may have, in a datagram or on a stream.
pub(crate) fn check_fields(message: &Message) -> Result<(), EncodeError> {
    let length = message.token.0.len();
    if length > usize::from(MAX_TOKEN) {
        return Err(EncodeError::TokenTooLong { length });
    }
    let bare = length == 0 && message.options.is_empty() && message.payload.is_empty();
    if message.code == Code::EMPTY && !bare {
        return Err(EncodeError::EmptyWithContent);
    }
    let long = message
        .options
        .iter()
        .find(|option| option.value.len() > MAX_OPTION);
    match long {
        Some(RawOption { number, value }) => Err(EncodeError::OptionTooLong {
            number: *number,
            length: value.len(),
        }),
        None => Ok(()),
    }
}

/// Reads one option; `before` is the number of the one before it.
fn read_option(bytes: &[u8], offset: usize, before: u16) -> Result<(OptionSpan, &[u8]), Violation> {
    let first = bytes.get(offset).copied().unwrap_or(PAYLOAD_MARKER);
    let reserved = |kind| Violation { kind, offset };
    if first >> 4 == 15 {
        return Err(reserved(ViolationKind::OptionDeltaReserved));
    }
    if first & 15 == 15 {
        return Err(reserved(ViolationKind::OptionLengthReserved));
    }
    let (delta, length_offset) = extended(bytes, first >> 4, offset + 1, offset)?;
    let (length, value_offset) = extended(bytes, first & 15, length_offset, offset)?;
    let sum = u32::from(before) + delta;
    let Ok(number) = u16::try_from(sum) else {
        return Err(reserved(ViolationKind::OptionNumberTooLarge {
            number: sum,
        }));
    };
    let length = length as usize;
    let Some(value) = bytes.get(value_offset..value_offset + length) else {
        let missing = value_offset + length - bytes.len();
        return Err(reserved(ViolationKind::OptionTruncated { missing }));
    };
    Ok((
        OptionSpan {
            number,
            offset,
            length,
            value_offset,
        },
        value,
    ))
}

/// The value of a delta or length nibble with its extension at `at`, and the offset behind it (RFC 7252, 3.1).
fn extended(bytes: &[u8], nibble: u8, at: usize, offset: usize) -> Result<(u32, usize), Violation> {
    let value = match nibble {
        13 => bytes.get(at).map(|byte| (u32::from(*byte) + 13, at + 1)),
        14 => match bytes.get(at..at + 2) {
            Some([high, low]) => Some((u32::from(u16::from_be_bytes([*high, *low])) + 269, at + 2)),
            _ => None,
        },
        _ => return Ok((u32::from(nibble), at)),
    };
    value.ok_or_else(|| {
        let needed = if nibble == 13 { 1 } else { 2 };
        let missing = (at + needed).saturating_sub(bytes.len());
        Violation {
            kind: ViolationKind::OptionTruncated { missing },
            offset,
        }
    })
}

const fn kind(first: u8) -> Kind {
    match first >> 4 & 3 {
        0 => Kind::Con,
        1 => Kind::Non,
        2 => Kind::Ack,
        _ => Kind::Rst,
    }
}

/// Version, type, token length, code and Message ID (RFC 7252, 3).
const HEADER_LENGTH: usize = 4;
/// Where the code stands (RFC 7252, 3).
const CODE_OFFSET: usize = 1;
/// Longest token (RFC 7252, 3).
pub(crate) const MAX_TOKEN: u8 = 8;
/// Byte between options and payload (RFC 7252, 3).
const PAYLOAD_MARKER: u8 = 0xff;
/// Longest option value that a length field can say (RFC 7252, 3.1).
const MAX_OPTION: usize = 65535 + 269;
/// Longest payload of a UDP datagram over IPv4 (RFC 768; RFC 791).
const MAX_DATAGRAM: usize = 65507;
/// Room made for options at the first one.
const USUAL_OPTIONS: usize = 8;
/// Far more than any message has: what a datagram of nothing but options takes in memory stays in proportion.
const MOST_OPTIONS: usize = 4096;
