//! CoAP: messages, options, exchanges, Observe, block-wise transfer and link format.
//!
//! Pure: no socket, no clock. Time is an argument ([`Time`]).

mod code;
mod content_format;
mod message;
mod time;

pub use code::Code;
pub use content_format::ContentFormat;
pub use message::{Kind, Message, MessageId, RawOption, Token, option};
pub use time::Time;
