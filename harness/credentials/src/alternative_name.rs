//! Names of a certificate's subject (RFC 5280, 4.2.1.6).
//!
//! Tells the three kinds that identify a server and keeps the number of any other.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use der::{Decode, Header, Reader, SliceReader, Tag};

/// One name of the subjectAltName extension.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AlternativeName {
    /// A dNSName as it stands, wildcard included.
    Dns(String),
    /// An iPAddress.
    Ip(IpAddr),
    /// A uniformResourceIdentifier.
    Uri(String),
    /// Any other kind.
    Other {
        /// The number of its tag.
        tag: u32,
    },
}

/// The name after its kind, as OpenSSL writes it.
impl fmt::Display for AlternativeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS:{name}"),
            Self::Ip(address) => write!(f, "IP:{address}"),
            Self::Uri(uri) => write!(f, "URI:{uri}"),
            Self::Other { tag } => write!(f, "name of kind {tag}"),
        }
    }
}

impl AlternativeName {
    /// Reads the content of the extension.
    pub(crate) fn decode_all(bytes: &[u8]) -> der::Result<Vec<Self>> {
        let mut reader = SliceReader::new(bytes)?;
        let names = reader.sequence(|reader| {
            let mut names = Vec::new();
            while !reader.is_finished() {
                let header = Header::decode(reader)?;
                let value = reader.read_slice(header.length())?;
                names.push(Self::from_value(header.tag(), value)?);
            }
            Ok::<_, der::Error>(names)
        })?;
        reader.finish()?;
        Ok(names)
    }

    fn from_value(tag: Tag, value: &[u8]) -> der::Result<Self> {
        if !tag.is_context_specific() {
            return Err(tag.unexpected_error(None).into());
        }
        match tag.number().value() {
            DNS => text(tag, value).map(Self::Dns),
            URI => text(tag, value).map(Self::Uri),
            IP => address(value)
                .map(Self::Ip)
                .ok_or_else(|| tag.length_error().into()),
            tag => Ok(Self::Other { tag }),
        }
    }
}

/// An IA5String.
fn text(tag: Tag, value: &[u8]) -> der::Result<String> {
    match std::str::from_utf8(value) {
        Ok(text) if text.is_ascii() => Ok(text.to_owned()),
        _ => Err(tag.value_error().into()),
    }
}

fn address(value: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(value)
        .map(|octets| IpAddr::V4(Ipv4Addr::from(octets)))
        .or_else(|_| <[u8; 16]>::try_from(value).map(|octets| IpAddr::V6(Ipv6Addr::from(octets))))
        .ok()
}

/// Tags of GeneralName (RFC 5280, 4.2.1.6).
const DNS: u32 = 2;
const URI: u32 = 6;
const IP: u32 = 7;
