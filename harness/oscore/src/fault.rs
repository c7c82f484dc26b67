//! Why a message cannot be unprotected or protected, and what a server answers then (RFC 8613, 7.4, 8.2 and 8.4).

use coap::{Code, Kind, Message, MessageId, Token, UriError, option};
use thiserror::Error;

use crate::{Header, HeaderError, PartialIv};

/// Why an OSCORE message was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The OSCORE option cannot be decompressed (RFC 8613, 6.1).
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// There is no OSCORE option.
    #[error("the OSCORE option is missing")]
    OptionMissing,
    /// The OSCORE option is there more than once; it is not repeatable (RFC 8613, 2).
    #[error("the OSCORE option occurs more than once")]
    OptionRepeated,
    /// There is no payload, so no ciphertext (RFC 8613, 2).
    #[error("an OSCORE message has no payload")]
    PayloadMissing,
    /// A request has no 'kid' (RFC 8613, 5).
    #[error("a request has no 'kid'")]
    KidMissing,
    /// A request has no Partial IV (RFC 8613, 5).
    #[error("a request has no Partial IV")]
    PartialIvMissing,
    /// No security context belongs to 'kid' and 'kid context' (RFC 8613, 8.2).
    #[error("no security context for {}", describe(header))]
    ContextNotFound {
        /// What the OSCORE option said.
        header: Box<Header>,
    },
    /// The Partial IV came before, or is older than the Replay Window (RFC 8613, 7.4).
    #[error("Partial IV {partial_iv} came before or is too old")]
    Replay {
        /// The Partial IV.
        partial_iv: PartialIv,
    },
    /// The tag does not fit: another key, another request, or a change on the way (RFC 8613, 8.2 and 8.4).
    #[error("decryption failed")]
    Decryption,
    /// The plaintext is empty, so there is no code (RFC 8613, 5.3).
    #[error("the plaintext is empty, it has no code")]
    PlaintextEmpty,
    /// A response answers no request that is known (RFC 8613, 8).
    #[error("no request with token {token} is open")]
    RequestUnknown {
        /// The token.
        token: Token,
    },
    /// A notification came before, or a second one has no Partial IV (RFC 8613, 7.4.1 and 8.4.2).
    #[error("a notification {} came before", match partial_iv { Some(partial_iv) => format!("with Partial IV {partial_iv}"), None => "without Partial IV".into() })]
    NotificationRepeated {
        /// Its Partial IV.
        partial_iv: Option<PartialIv>,
    },
    /// A response to a request without Observe has an Inner Observe option (RFC 8613, 4.1.3.5.2).
    #[error("a response has an Inner Observe option, its request had none")]
    NotObserved,
    /// The answer to a request cannot be protected.
    #[error("the answer cannot be protected: {0}")]
    Unanswerable(ProtectError),
}

/// Why a message cannot be protected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProtectError {
    /// The message has an OSCORE option already (RFC 8613, 4.1.3.7).
    #[error("the message has an OSCORE option, OSCORE does not nest")]
    Nested,
    /// Proxy-Uri cannot be taken apart (RFC 8613, 4.1.3.3).
    #[error("Proxy-Uri: {0}")]
    ProxyUri(UriError),
    /// The Sender Sequence Number exceeds its maximum (RFC 8613, 7.2.1).
    #[error("the Sender Sequence Number is used up")]
    SequenceExhausted,
    /// The security context was replaced in the meantime (RFC 8613, B.2).
    #[error("the security context is gone")]
    ContextGone,
    /// 'kid context' or the plaintext is longer than its field.
    #[error("{field} of {length} bytes is too long")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its length.
        length: usize,
    },
}

impl Fault {
    /// What a server answers to a request with this fault (RFC 8613, 7.4 and 8.2).
    pub const fn code(&self) -> Code {
        match self {
            Self::Decryption | Self::PlaintextEmpty => Code::BAD_REQUEST,
            Self::ContextNotFound { .. } | Self::Replay { .. } => Code::UNAUTHORIZED,
            _ => Code::BAD_OPTION,
        }
    }

    /// The diagnostic payload that the standard proposes (RFC 8613, 7.4 and 8.2).
    pub const fn diagnostic(&self) -> &'static str {
        match self {
            Self::Decryption | Self::PlaintextEmpty => "Decryption failed",
            Self::ContextNotFound { .. } => "Security context not found",
            Self::Replay { .. } => "Replay detected",
            _ => "Failed to decode COSE",
        }
    }

    /// The unprotected answer to `request`, with Outer Max-Age 0 (RFC 8613, 8.2); `id` is the Message ID of a NON.
    pub fn answer(&self, request: &Message, id: MessageId) -> Message {
        let mut answer = reply(request, self.code(), id);
        answer.push_option(option::MAX_AGE, []);
        answer.payload = self.diagnostic().into();
        answer
    }
}

/// A response to `request`: in the ACK of a CON, in a NON with Message ID `id` otherwise (RFC 7252, 5.2).
pub(crate) fn reply(request: &Message, code: Code, id: MessageId) -> Message {
    let (kind, id) = match request.kind {
        Kind::Con => (Kind::Ack, request.id),
        _ => (Kind::Non, id),
    };
    Message::new(kind, code, id, request.token.clone())
}

/// `'kid' 01` and `'kid' 01 in 'kid context' a0b1`.
fn describe(header: &Header) -> String {
    let hex = |bytes: &[u8]| Token(bytes.to_vec()).to_string();
    let kid = header.kid.as_deref().map_or("none".into(), hex);
    match header.kid_context.as_deref() {
        Some(kid_context) => format!("'kid' {kid} in 'kid context' {}", hex(kid_context)),
        None => format!("'kid' {kid}"),
    }
}
