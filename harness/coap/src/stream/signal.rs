//! Signalling messages as data (RFC 8323, 5): CSM, Ping, Pong, Release, Abort.
//!
//! Reads leniently what [`super::read_frame`] has judged: an option that is not as registered is left out.

use super::signal_option::{
    ALTERNATIVE_ADDRESS, BAD_CSM_OPTION, BLOCK_WISE_TRANSFER, CUSTODY, HOLD_OFF, MAX_MESSAGE_SIZE,
};
use crate::{Code, Kind, Message, MessageId, Token};

/// What a signalling message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// 7.01: capabilities and settings.
    Csm(Csm),
    /// 7.02: asks for a Pong.
    Ping {
        /// Whether the Pong is to wait until every earlier request is answered.
        custody: bool,
    },
    /// 7.03: answers a Ping.
    Pong {
        /// Whether every request before the Ping is answered.
        custody: bool,
    },
    /// 7.04: asks for an orderly end of the connection.
    Release(Release),
    /// 7.05: tells why the connection ends now.
    Abort(Abort),
    /// A code that is not registered.
    Unknown(Code),
}

/// Capabilities and settings (RFC 8323, 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Csm {
    /// Max-Message-Size, if it is there.
    pub max_message_size: Option<u32>,
    /// Whether Block-Wise-Transfer is there.
    pub block_wise: bool,
}

/// An orderly end (RFC 8323, 5.5).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Release {
    /// Where to connect instead, each an authority of RFC 3986, 3.2.
    pub alternative_addresses: Vec<String>,
    /// Seconds in which not to reconnect.
    pub hold_off: Option<u32>,
    /// Diagnostic payload.
    pub diagnostic: String,
}

/// An immediate end (RFC 8323, 5.6).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Abort {
    /// The CSM option that could not be processed.
    pub bad_csm_option: Option<u16>,
    /// Diagnostic payload.
    pub diagnostic: String,
}

impl Signal {
    /// What `message` says, if its code is a signalling one.
    pub fn of(message: &Message) -> Option<Self> {
        if !message.code.is_signal() {
            return None;
        }
        let has = |number| message.option_values(number).next().is_some();
        let diagnostic = || String::from_utf8_lossy(&message.payload).into_owned();
        Some(match message.code {
            Code::CSM => Self::Csm(Csm {
                max_message_size: uint(message, MAX_MESSAGE_SIZE),
                block_wise: has(BLOCK_WISE_TRANSFER),
            }),
            Code::PING => Self::Ping {
                custody: has(CUSTODY),
            },
            Code::PONG => Self::Pong {
                custody: has(CUSTODY),
            },
            Code::RELEASE => Self::Release(Release {
                alternative_addresses: message.text_options(ALTERNATIVE_ADDRESS),
                hold_off: uint(message, HOLD_OFF),
                diagnostic: diagnostic(),
            }),
            Code::ABORT => Self::Abort(Abort {
                bad_csm_option: uint(message, BAD_CSM_OPTION),
                diagnostic: diagnostic(),
            }),
            code => Self::Unknown(code),
        })
    }

    /// The signalling message that says this.
    pub fn to_message(&self, token: Token) -> Message {
        let mut message = Message::new(Kind::Non, self.code(), MessageId(0), token);
        match self {
            Self::Csm(csm) => {
                if let Some(size) = csm.max_message_size {
                    message.push_uint_option(MAX_MESSAGE_SIZE, size.into());
                }
                if csm.block_wise {
                    message.push_option(BLOCK_WISE_TRANSFER, []);
                }
            }
            Self::Ping { custody: true } | Self::Pong { custody: true } => {
                message.push_option(CUSTODY, []);
            }
            Self::Release(release) => {
                for address in &release.alternative_addresses {
                    message.push_option(ALTERNATIVE_ADDRESS, address.as_bytes());
                }
                if let Some(seconds) = release.hold_off {
                    message.push_uint_option(HOLD_OFF, seconds.into());
                }
                message.payload = release.diagnostic.clone().into_bytes();
            }
            Self::Abort(abort) => {
                if let Some(number) = abort.bad_csm_option {
                    message.push_uint_option(BAD_CSM_OPTION, number.into());
                }
                message.payload = abort.diagnostic.clone().into_bytes();
            }
            Self::Ping { .. } | Self::Pong { .. } | Self::Unknown(_) => {}
        }
        message
    }

    /// The code of the message.
    pub const fn code(&self) -> Code {
        match self {
            Self::Csm(_) => Code::CSM,
            Self::Ping { .. } => Code::PING,
            Self::Pong { .. } => Code::PONG,
            Self::Release(_) => Code::RELEASE,
            Self::Abort(_) => Code::ABORT,
            Self::Unknown(code) => *code,
        }
    }
}

/// The first instance of an integer option that fits.
fn uint<T: TryFrom<u64>>(message: &Message, number: u16) -> Option<T> {
    message.uint_option(number)?.try_into().ok()
}
