//! What a message can do against RFC 7252, or against RFC 8323 on a stream, and what a receiver must do then.
//!
//! Each kind names one rule. Holds no bytes; [`crate::read`] and [`crate::stream::read_frame`] find the violations.

use std::fmt;

use crate::stream::signal_option;
use crate::{Code, option};

/// A broken rule and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Violation {
    /// The rule.
    pub kind: ViolationKind,
    /// Offset of the first byte that breaks it.
    pub offset: usize,
}

/// The rules of message syntax, one variant each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ViolationKind {
    /// Fewer bytes than the header has.
    TooShort {
        /// Bytes that were there.
        length: usize,
    },
    /// A version other than 1.
    VersionUnknown {
        /// The version that was there.
        version: u8,
    },
    /// A token length of 9 to 15.
    TokenLengthReserved {
        /// The length that was there.
        length: u8,
    },
    /// Fewer bytes than the token length says.
    TokenTruncated {
        /// The length that was announced.
        announced: u8,
        /// Bytes that were there.
        present: usize,
    },
    /// An Empty message with a token length or bytes after the Message ID.
    EmptyWithBytes {
        /// Token length field.
        token_length: u8,
        /// Bytes after the Message ID.
        present: usize,
    },
    /// An Empty Non-confirmable message.
    EmptyNonConfirmable,
    /// A code of class 1, 3, 6 or 7.
    CodeClassReserved {
        /// The code that was there.
        code: Code,
    },
    /// A Reset message with a code other than 0.00.
    ResetNotEmpty {
        /// The code that was there.
        code: Code,
    },
    /// An Acknowledgement with a method.
    RequestInAcknowledgement {
        /// The code that was there.
        code: Code,
    },
    /// An option delta of 15 in a byte that is not the payload marker.
    OptionDeltaReserved,
    /// An option length of 15.
    OptionLengthReserved,
    /// An option header or value that goes beyond the datagram.
    OptionTruncated {
        /// Bytes that were missing.
        missing: usize,
    },
    /// An option number above 65535.
    OptionNumberTooLarge {
        /// The number that the deltas add up to.
        number: u32,
    },
    /// More options than are read.
    OptionsTooMany {
        /// As many are read.
        most: usize,
    },
    /// A payload marker with nothing behind it.
    PayloadMissing,
    /// An option value shorter or longer than registered.
    OptionLength {
        /// Option number.
        number: u16,
        /// Bytes that were there.
        length: usize,
    },
    /// An integer option with a leading zero byte.
    UintNotShortest {
        /// Option number.
        number: u16,
    },
    /// A further occurrence of an option that may occur only once.
    OptionRepeated {
        /// Option number.
        number: u16,
    },
    /// A critical option that this crate does not know.
    CriticalOptionUnknown {
        /// Option number.
        number: u16,
    },
    /// A text option, Uri-Path for example, that is not UTF-8.
    OptionNotUtf8 {
        /// Option number.
        number: u16,
    },
    /// A Uri-Path or Location-Path of `.` or `..`.
    DotSegment {
        /// Option number.
        number: u16,
    },
    /// A frame of a stream that ends within its header.
    FrameTooShort {
        /// Bytes that were there.
        length: usize,
    },
    /// A frame of a stream with fewer or more bytes than its length field says.
    FrameLength {
        /// Length of the whole frame by its length and token length fields.
        announced: u64,
        /// Bytes that were there.
        present: usize,
    },
    /// An option of a signalling message that is not as registered.
    SignalOption {
        /// Code of the message, which the option's number belongs to.
        code: Code,
        /// Option number.
        number: u16,
        /// What is wrong with it.
        breach: SignalBreach,
    },
}

/// What can be wrong with an option of a signalling message (RFC 8323, 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignalBreach {
    /// It is critical and not registered for the code.
    CriticalUnknown,
    /// Its value is shorter or longer than registered.
    Length {
        /// Bytes that were there.
        length: usize,
    },
    /// It is a further occurrence of one that may occur only once.
    Repeated,
    /// It is an integer with a leading zero byte.
    NotShortest,
    /// It is text that is not UTF-8.
    NotUtf8,
}

/// How binding a rule is (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// MUST, MUST NOT, SHALL.
    Must,
    /// SHOULD, SHOULD NOT.
    Should,
}

/// What the standard demands from whoever receives a message that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reaction {
    /// To ignore the datagram without a word (RFC 7252, 3).
    Ignore,
    /// To reject the message: a Reset for a CON, optionally for a NON, silence for ACK and RST (RFC 7252, 4.2 and 4.3).
    Reject,
    /// To treat the option like one it does not know (RFC 7252, 5.4.1): critical ones refuse the
    /// message (4.02 for a confirmable request), elective ones are ignored.
    Unrecognized,
    /// Nothing: the rule binds the sender only.
    Tolerate,
}

impl ViolationKind {
    /// A short name for records and reports, in kebab case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too-short",
            Self::VersionUnknown { .. } => "version-unknown",
            Self::TokenLengthReserved { .. } => "token-length-reserved",
            Self::TokenTruncated { .. } => "token-truncated",
            Self::EmptyWithBytes { .. } => "empty-with-bytes",
            Self::EmptyNonConfirmable => "empty-non-confirmable",
            Self::CodeClassReserved { .. } => "code-class-reserved",
            Self::ResetNotEmpty { .. } => "reset-not-empty",
            Self::RequestInAcknowledgement { .. } => "request-in-acknowledgement",
            Self::OptionDeltaReserved => "option-delta-reserved",
            Self::OptionLengthReserved => "option-length-reserved",
            Self::OptionTruncated { .. } => "option-truncated",
            Self::OptionNumberTooLarge { .. } => "option-number-too-large",
            Self::OptionsTooMany { .. } => "options-too-many",
            Self::PayloadMissing => "payload-missing",
            Self::OptionLength { .. } => "option-length",
            Self::UintNotShortest { .. } => "uint-not-shortest",
            Self::OptionRepeated { .. } => "option-repeated",
            Self::CriticalOptionUnknown { .. } => "critical-option-unknown",
            Self::OptionNotUtf8 { .. } => "option-not-utf8",
            Self::DotSegment { .. } => "dot-segment",
            Self::FrameTooShort { .. } => "frame-too-short",
            Self::FrameLength { .. } => "frame-length",
            Self::SignalOption { .. } => "signal-option",
        }
    }

    /// The clause that states the rule.
    pub const fn clause(self) -> &'static str {
        match self {
            Self::TooShort { .. }
            | Self::VersionUnknown { .. }
            | Self::TokenLengthReserved { .. }
            | Self::TokenTruncated { .. }
            | Self::CodeClassReserved { .. }
            | Self::PayloadMissing => "RFC 7252, 3",
            Self::OptionDeltaReserved
            | Self::OptionLengthReserved
            | Self::OptionTruncated { .. } => "RFC 7252, 3.1",
            Self::UintNotShortest { .. } | Self::OptionNotUtf8 { .. } => "RFC 7252, 3.2",
            Self::EmptyWithBytes { .. } => "RFC 7252, 4.1",
            // a recipient may reject what it cannot process
            Self::OptionsTooMany { .. }
            | Self::ResetNotEmpty { .. }
            | Self::RequestInAcknowledgement { .. } => "RFC 7252, 4.2",
            Self::EmptyNonConfirmable => "RFC 7252, 4.3",
            Self::CriticalOptionUnknown { .. } => "RFC 7252, 5.4.1",
            Self::OptionLength { .. } => "RFC 7252, 5.4.3",
            Self::OptionRepeated { .. } => "RFC 7252, 5.4.5",
            Self::DotSegment {
                number: option::LOCATION_PATH,
            } => "RFC 7252, 5.10.7",
            Self::DotSegment { .. } => "RFC 7252, 5.10.1",
            Self::OptionNumberTooLarge { .. } => "RFC 7252, 12.2",
            Self::FrameTooShort { .. } | Self::FrameLength { .. } => "RFC 8323, 3.2",
            Self::SignalOption { .. } => "RFC 8323, 5.2",
        }
    }

    /// How binding the rule is for the sender.
    pub const fn level(self) -> Level {
        match self {
            Self::UintNotShortest { .. }
            | Self::SignalOption {
                breach: SignalBreach::NotShortest,
                ..
            } => Level::Should,
            _ => Level::Must,
        }
    }

    /// What the standard demands from the receiver.
    pub const fn reaction(self) -> Reaction {
        match self {
            // Without a Message ID there is nothing that a Reset could match.
            Self::TooShort { .. } | Self::VersionUnknown { .. } => Reaction::Ignore,
            Self::OptionLength { .. }
            | Self::OptionRepeated { .. }
            | Self::CriticalOptionUnknown { .. }
            | Self::OptionNotUtf8 { .. } => Reaction::Unrecognized,
            Self::UintNotShortest { .. } | Self::DotSegment { .. } => Reaction::Tolerate,
            Self::SignalOption { code, breach, .. } => match breach {
                SignalBreach::CriticalUnknown => Reaction::Reject,
                // An invalid CSM ends the connection (RFC 8323, 3.3).
                SignalBreach::Length { .. } if code.0 == Code::CSM.0 => Reaction::Reject,
                SignalBreach::NotShortest => Reaction::Tolerate,
                _ => Reaction::Unrecognized,
            },
            _ => Reaction::Reject,
        }
    }

    /// The option that the rule is about, if it is about one whose number is known.
    pub const fn option_number(self) -> Option<u16> {
        match self {
            Self::OptionLength { number, .. }
            | Self::UintNotShortest { number }
            | Self::OptionRepeated { number }
            | Self::CriticalOptionUnknown { number }
            | Self::OptionNotUtf8 { number }
            | Self::DotSegment { number } => Some(number),
            _ => None,
        }
    }

    /// Whether the message as a whole could not be read by the standard, rather than one option of it.
    pub const fn is_format_error(self) -> bool {
        matches!(self.reaction(), Reaction::Ignore | Reaction::Reject)
    }
}

/// The rule's breach as a fragment, with the values that were found: `token length 9 is reserved`.
impl fmt::Display for ViolationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooShort { length } => write!(f, "{length} bytes are fewer than the header's 4"),
            Self::VersionUnknown { version } => write!(f, "version {version} is not 1"),
            Self::TokenLengthReserved { length } => write!(f, "token length {length} is reserved"),
            Self::TokenTruncated { announced, present } => {
                write!(
                    f,
                    "{present} bytes of a token of {announced} bytes are there"
                )
            }
            Self::EmptyWithBytes {
                token_length,
                present,
            } => write!(
                f,
                "an Empty message has token length {token_length} and {present} bytes after the Message ID"
            ),
            Self::EmptyNonConfirmable => f.write_str("a NON is Empty"),
            Self::CodeClassReserved { code } => write!(f, "code {code} has a reserved class"),
            Self::ResetNotEmpty { code } => write!(f, "a RST has code {code}, not Empty"),
            Self::RequestInAcknowledgement { code } => {
                write!(f, "an ACK has method {code}, not a response or Empty")
            }
            Self::OptionDeltaReserved => f.write_str("option delta 15 is reserved"),
            Self::OptionLengthReserved => f.write_str("option length 15 is reserved"),
            Self::OptionTruncated { missing } => {
                write!(f, "an option lacks {missing} bytes of its header or value")
            }
            Self::OptionNumberTooLarge { number } => {
                write!(f, "option number {number} is above 65535")
            }
            Self::OptionsTooMany { most } => write!(f, "more than {most} options"),
            Self::PayloadMissing => f.write_str("no payload follows the payload marker"),
            Self::OptionLength { number, length } => {
                let (min, max) = option::definition(number)
                    .map_or((0, 0), |known| (known.min_length, known.max_length));
                let name = OptionName(number);
                write!(f, "{name} has {length} bytes, not {min} to {max}")
            }
            Self::UintNotShortest { number } => {
                write!(f, "{} has a leading zero byte", OptionName(number))
            }
            Self::OptionRepeated { number } => {
                write!(f, "{} occurs more than once", OptionName(number))
            }
            Self::CriticalOptionUnknown { number } => {
                write!(f, "critical option {number} is unknown")
            }
            Self::DotSegment { number } => write!(f, "{} is a dot segment", OptionName(number)),
            Self::OptionNotUtf8 { number } => write!(f, "{} is not UTF-8", OptionName(number)),
            Self::FrameTooShort { length } => {
                write!(f, "{length} bytes are fewer than the frame's header")
            }
            Self::FrameLength { announced, present } => {
                write!(
                    f,
                    "{present} bytes of a frame of {announced} bytes are there"
                )
            }
            Self::SignalOption {
                code,
                number,
                breach,
            } => write_breach(f, code, number, breach),
        }
    }
}

/// The fragment, the byte offset and the clause.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, offset) = (self.kind, self.offset);
        write!(f, "{kind} at byte {offset} ({})", kind.clause())
    }
}

fn write_breach(
    f: &mut fmt::Formatter<'_>,
    code: Code,
    number: u16,
    breach: SignalBreach,
) -> fmt::Result {
    let known = signal_option::definition(code, number);
    match known {
        Some(known) => f.write_str(known.name)?,
        None => write!(f, "option {number}")?,
    }
    write!(f, " of {code} ")?;
    let (min, max) = known.map_or((0, 0), |known| (known.min_length, known.max_length));
    match breach {
        SignalBreach::CriticalUnknown => f.write_str("is critical and unknown"),
        SignalBreach::Length { length } => write!(f, "has {length} bytes, not {min} to {max}"),
        SignalBreach::Repeated => f.write_str("occurs more than once"),
        SignalBreach::NotShortest => f.write_str("has a leading zero byte"),
        SignalBreach::NotUtf8 => f.write_str("is not UTF-8"),
    }
}

/// Prints an option as `Uri-Path` or `option 2049`.
struct OptionName(u16);

impl fmt::Display for OptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match option::name(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "option {}", self.0),
        }
    }
}
