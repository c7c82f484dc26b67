//! Protocol versions as they stand on the wire (RFC 5246, 6.2.1; RFC 6347, 4.1), and how records are carried.

use std::fmt;

/// How records reach the peer: DTLS in datagrams, TLS in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// DTLS: whole records in datagrams.
    Datagram,
    /// TLS: records one after another in a stream.
    Stream,
}

impl Framing {
    /// The version 1.2 of this framing.
    pub const fn version(self) -> Version {
        match self {
            Self::Datagram => Version::DTLS_1_2,
            Self::Stream => Version::TLS_1_2,
        }
    }

    pub(crate) const fn is_datagram(self) -> bool {
        matches!(self, Self::Datagram)
    }
}

/// A version, as its two bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(pub u16);

impl Version {
    /// DTLS 1.2 (RFC 6347).
    pub const DTLS_1_2: Self = Self(0xfefd);
    /// DTLS 1.0 (RFC 4347).
    pub const DTLS_1_0: Self = Self(0xfeff);
    /// TLS 1.2 (RFC 5246).
    pub const TLS_1_2: Self = Self(0x0303);
    /// TLS 1.1 (RFC 4346).
    pub const TLS_1_1: Self = Self(0x0302);
    /// TLS 1.0 (RFC 2246).
    pub const TLS_1_0: Self = Self(0x0301);

    /// Whether a peer that says this at most can go as far as 1.2 of `framing`.
    pub(crate) const fn reaches(self, framing: Framing) -> bool {
        match framing {
            Framing::Datagram => self.0 >> 8 == 0xfe && self.0 <= Self::DTLS_1_2.0,
            Framing::Stream => self.0 >> 8 == 3 && self.0 >= Self::TLS_1_2.0,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::DTLS_1_2 => f.write_str("DTLS 1.2"),
            Self::DTLS_1_0 => f.write_str("DTLS 1.0"),
            Self::TLS_1_2 => f.write_str("TLS 1.2"),
            Self::TLS_1_1 => f.write_str("TLS 1.1"),
            Self::TLS_1_0 => f.write_str("TLS 1.0"),
            Self(other) => write!(f, "version {other:#06x}"),
        }
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
