//! CoAP: messages, options, exchanges, Observe, block-wise transfer, streams and link format.
//!
//! Pure: no socket, no clock. Time is an argument ([`Time`]).

mod block;
mod code;
mod content_format;
mod datagram;
mod exchange;
mod link_format;
mod message;
pub mod observe;
pub mod option;
mod parameters;
mod raw;
pub mod stream;
mod time;
mod uri;
mod violation;

pub use block::{Assembler, Assembly, Block, BlockError, Slicer};
pub use code::Code;
pub use content_format::ContentFormat;
pub use datagram::{Answer, EncodeError, Framing, Header, OptionSpan, Reading, encode, read};
pub use exchange::{Event, ExchangeId, Exchanges, Purpose, RespondError, Sending, Transmit};
pub use link_format::{
    Attribute, Link, LinkFormatError, LinkFormatErrorKind, LinkViolation, LinkViolationKind, Links,
};
pub use message::{Kind, Message, MessageId, RawOption, Token};
pub use parameters::Parameters;
pub use raw::{Marker, OptionField, RawMessage};
pub use time::Time;
pub use uri::{Host, Scheme, Uri, UriError, UriErrorKind};
pub use violation::{Level, Reaction, SignalBreach, Violation, ViolationKind};
