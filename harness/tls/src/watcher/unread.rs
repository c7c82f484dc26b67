//! Why the protected records of a session stay unread.

use std::fmt;

use crate::suite::Suite;

/// Why protected records cannot be read; the text says of a session what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Its handshake was not seen.
    Unseen,
    /// Of its handshake something that goes into the keys was not seen.
    Incomplete,
    /// It resumes a session whose master secret is not known.
    ResumesUnknown,
    /// Its suite is none of the table.
    Suite(Suite),
    /// More than a pre-shared key goes into its master secret, which nobody told.
    Master(Suite),
    /// Nobody told the key of this PSK identity.
    NoKey {
        /// The identity.
        identity: Vec<u8>,
    },
    /// The key told for this PSK identity does not open it.
    WrongKey {
        /// The identity.
        identity: Vec<u8>,
    },
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unseen => f.write_str("the handshake of this session was not seen"),
            Self::Incomplete => f.write_str("the handshake of this session was not seen whole"),
            Self::ResumesUnknown => {
                f.write_str("this session resumes one whose master secret is not known")
            }
            Self::Suite(suite) => write!(f, "suite {suite} cannot be read"),
            Self::Master(suite) => {
                write!(
                    f,
                    "{suite} takes a key log to be read, a pre-shared key is not enough"
                )
            }
            Self::NoKey { identity } => {
                write!(f, "no key was told for identity {}", quoted(identity))
            }
            Self::WrongKey { identity } => {
                let identity = quoted(identity);
                write!(
                    f,
                    "the key told for identity {identity} does not open this session"
                )
            }
        }
    }
}

/// An identity for people: text between quotes, or bytes.
fn quoted(identity: &[u8]) -> String {
    match std::str::from_utf8(identity) {
        Ok(text) => format!("\"{}\"", text.escape_debug()),
        Err(_) => format!("\"{}\"", identity.escape_ascii()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_shown_whatever_its_bytes() {
        let rows: [(&[u8], &str); 4] = [
            (b"client", "\"client\""),
            (b"", "\"\""),
            ("ä\"\n".as_bytes(), r#""ä\"\n""#),
            (b"a\xff\x00", r#""a\xff\x00""#),
        ];
        for (identity, shown) in rows {
            let identity = identity.to_vec();
            let text = Unread::WrongKey { identity }.to_string();
            let wanted = format!("the key told for identity {shown} does not open this session");
            assert_eq!(text, wanted);
        }
    }
}
