//! ClientHello, HelloVerifyRequest and ServerHello (RFC 5246, 7.4.1; RFC 6347, 4.2.1).

use super::Extensions;
use crate::suite::Suite;
use crate::version::{Framing, Version};
use crate::wire::{DecodeError, Reader, Write, numbers};

/// What a client opens with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientHello {
    /// The highest version that it speaks.
    pub version: Version,
    /// Its random.
    pub random: [u8; 32],
    /// The session it wants to resume, or empty.
    pub session_id: Vec<u8>,
    /// The cookie, empty at first; a stream has none.
    pub cookie: Vec<u8>,
    /// The cipher suites, the best first.
    pub suites: Vec<Suite>,
    /// The compression methods.
    pub compressions: Vec<u8>,
    /// The extensions, if the field is there at all.
    pub extensions: Option<Extensions>,
}

/// How a server asks for a cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelloVerifyRequest {
    /// A version, of no meaning (RFC 6347, 4.2.1).
    pub version: Version,
    /// The cookie.
    pub cookie: Vec<u8>,
}

/// What a server has chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHello {
    /// The version.
    pub version: Version,
    /// Its random.
    pub random: [u8; 32],
    /// The session, or empty if it cannot be resumed.
    pub session_id: Vec<u8>,
    /// The cipher suite.
    pub suite: Suite,
    /// The compression method.
    pub compression: u8,
    /// The extensions, if the field is there at all.
    pub extensions: Option<Extensions>,
}

impl ClientHello {
    /// The extensions, none if the field is absent.
    pub fn extensions(&self) -> &Extensions {
        self.extensions.as_ref().unwrap_or(&NONE)
    }

    pub(super) fn decode(framing: Framing, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            version: Version(reader.u16("a version")?),
            random: reader.array("a random")?,
            session_id: reader.vec8("a session id")?.rest().to_vec(),
            cookie: match framing {
                Framing::Datagram => reader.vec8("a cookie")?.rest().to_vec(),
                Framing::Stream => Vec::new(),
            },
            suites: decode_suites(reader)?,
            compressions: reader.vec8("compression methods")?.rest().to_vec(),
            extensions: Extensions::decode(reader)?,
        })
    }

    pub(super) fn encode(&self, framing: Framing, out: &mut Vec<u8>) {
        out.put_u16(self.version.0);
        out.extend_from_slice(&self.random);
        out.put_vec8(&self.session_id);
        if framing.is_datagram() {
            out.put_vec8(&self.cookie);
        }
        let suites: Vec<u16> = self.suites.iter().map(|suite| suite.0).collect();
        out.put_vec16(&numbers(&suites));
        out.put_vec8(&self.compressions);
        if let Some(extensions) = &self.extensions {
            extensions.encode(out);
        }
    }
}

fn decode_suites(reader: &mut Reader<'_>) -> Result<Vec<Suite>, DecodeError> {
    let mut list = reader.vec16("cipher suites")?;
    let numbers = list.numbers("a cipher suite")?;
    Ok(numbers.into_iter().map(Suite).collect())
}

impl HelloVerifyRequest {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            version: Version(reader.u16("a version")?),
            cookie: reader.vec8("a cookie")?.rest().to_vec(),
        })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.version.0);
        out.put_vec8(&self.cookie);
    }
}

impl ServerHello {
    /// The extensions, none if the field is absent.
    pub fn extensions(&self) -> &Extensions {
        self.extensions.as_ref().unwrap_or(&NONE)
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            version: Version(reader.u16("a version")?),
            random: reader.array("a random")?,
            session_id: reader.vec8("a session id")?.rest().to_vec(),
            suite: Suite(reader.u16("a cipher suite")?),
            compression: reader.u8("a compression method")?,
            extensions: Extensions::decode(reader)?,
        })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u16(self.version.0);
        out.extend_from_slice(&self.random);
        out.put_vec8(&self.session_id);
        out.put_u16(self.suite.0);
        out.put_u8(self.compression);
        if let Some(extensions) = &self.extensions {
            extensions.encode(out);
        }
    }
}

static NONE: Extensions = Extensions(Vec::new());
