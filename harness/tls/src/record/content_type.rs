//! Content types of records (RFC 5246, 6.2.1; RFC 9146, 4).

use std::fmt;

/// A content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentType(pub u8);

impl ContentType {
    /// RFC 5246, 7.1.
    pub const CHANGE_CIPHER_SPEC: Self = Self(20);
    /// RFC 5246, 7.2.
    pub const ALERT: Self = Self(21);
    /// RFC 5246, 7.4.
    pub const HANDSHAKE: Self = Self(22);
    /// RFC 5246, 10.
    pub const APPLICATION_DATA: Self = Self(23);
    /// A record with a Connection ID, whose own type is inside (RFC 9146, 4).
    pub const TLS12_CID: Self = Self(25);

    /// The word of the standard, if it has one.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::CHANGE_CIPHER_SPEC => "change_cipher_spec",
            Self::ALERT => "alert",
            Self::HANDSHAKE => "handshake",
            Self::APPLICATION_DATA => "application_data",
            Self::TLS12_CID => "tls12_cid",
            _ => return None,
        })
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "content type {}", self.0),
        }
    }
}
