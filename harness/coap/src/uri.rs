//! CoAP URIs (RFC 7252, 6; RFC 8323, 8): enough for the server URIs of LwM2M.
//!
//! Parses and prints; resolves no names. Fragments and user information are refused.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use thiserror::Error;

/// A URI of one of CoAP's schemes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri {
    /// Scheme.
    pub scheme: Scheme,
    /// Host.
    pub host: Host,
    /// Port, if it is written; see [`Uri::effective_port`].
    pub port: Option<u16>,
    /// Path segments, percent-decoded: the Uri-Path options (RFC 7252, 6.4).
    pub path: Vec<String>,
    /// Query arguments, percent-decoded: the Uri-Query options (RFC 7252, 6.4).
    pub query: Vec<String>,
}

/// Scheme of a CoAP URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `coap`: UDP (RFC 7252, 6.1).
    Coap,
    /// `coaps`: DTLS (RFC 7252, 6.2).
    Coaps,
    /// `coap+tcp`: TCP (RFC 8323, 8.1).
    CoapTcp,
    /// `coaps+tcp`: TLS (RFC 8323, 8.2).
    CoapsTcp,
}

/// Host of a URI (RFC 3986, 3.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// An address; IPv6 stands in brackets.
    Address(IpAddr),
    /// A name, in lower case, percent-decoded.
    Name(String),
}

/// Why a text is not a CoAP URI, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind} at byte {offset}")]
pub struct UriError {
    /// What was wrong.
    pub kind: UriErrorKind,
    /// Byte offset.
    pub offset: usize,
}

/// What a URI can be refused for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UriErrorKind {
    /// The scheme is none of CoAP's, or `://` does not follow it.
    #[error("no scheme of coap, coaps, coap+tcp, coaps+tcp with \"://\"")]
    Scheme,
    /// The host is empty (RFC 7252, 6.1).
    #[error("no host")]
    HostMissing,
    /// The host in brackets is not an IPv6 address.
    #[error("no IPv6 address in brackets")]
    Ipv6,
    /// The port is not a number of 16 bits.
    #[error("port \"{port}\" is no number up to 65535")]
    Port {
        /// The port that was there.
        port: String,
    },
    /// A character that has no place there.
    #[error("`{}` is not allowed", .found.escape_debug())]
    Character {
        /// The character.
        found: char,
    },
    /// A percent sign without two hexadecimal digits, or bytes that are not UTF-8 behind it.
    #[error("no percent-encoded UTF-8")]
    PercentEncoding,
}

impl Uri {
    /// The written port, or the scheme's default (RFC 7252, 6.1 and 6.2; RFC 8323, 8).
    pub fn effective_port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// Address and port, if the host is an address.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self.host {
            Host::Address(address) => Some(SocketAddr::new(address, self.effective_port())),
            Host::Name(_) => None,
        }
    }
}

impl Scheme {
    /// The scheme's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coap => "coap",
            Self::Coaps => "coaps",
            Self::CoapTcp => "coap+tcp",
            Self::CoapsTcp => "coaps+tcp",
        }
    }

    /// The scheme's default port.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Coap | Self::CoapTcp => 5683,
            Self::Coaps | Self::CoapsTcp => 5684,
        }
    }

    /// Whether the scheme stands for DTLS or TLS.
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Coaps | Self::CoapsTcp)
    }
}

impl FromStr for Uri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let error = |kind, offset| Err(UriError { kind, offset });
        let scheme_end = text.find("://").unwrap_or(0);
        let name = text
            .get(..scheme_end)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let Some(scheme) = SCHEMES.into_iter().find(|scheme| scheme.name() == name) else {
            return error(UriErrorKind::Scheme, 0);
        };
        if let Some((offset, found)) = text.char_indices().find(|(_, found)| !is_uri(*found)) {
            return error(UriErrorKind::Character { found }, offset);
        }
        let start = scheme_end + "://".len();
        let end_of = |from: usize, stops: &[char]| {
            let rest = text.get(from..).unwrap_or_default();
            rest.find(stops).map_or(text.len(), |length| from + length)
        };
        let authority_end = end_of(start, &['/', '?']);
        let path_end = end_of(authority_end, &['?']);
        let (host, port) = authority(text.get(start..authority_end).unwrap_or_default(), start)?;
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        // The path is empty, or starts with `/`; a single `/` has no segments (RFC 7252, 6.4).
        let path = match part(authority_end, path_end) {
            "" | "/" => Vec::new(),
            _ => decode_all(part(authority_end + 1, path_end), '/', authority_end + 1)?,
        };
        let query = match part(path_end, text.len()) {
            "" => Vec::new(),
            _ => decode_all(part(path_end + 1, text.len()), '&', path_end + 1)?,
        };
        Ok(Self {
            scheme,
            host,
            port,
            path,
            query,
        })
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        for segment in &self.path {
            f.write_str("/")?;
            encode(f, segment, PATH_PUNCTUATION)?;
        }
        for (index, argument) in self.query.iter().enumerate() {
            f.write_str(if index == 0 { "?" } else { "&" })?;
            encode(f, argument, QUERY_PUNCTUATION)?;
        }
        Ok(())
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Name(name) => encode(f, name, HOST_PUNCTUATION),
        }
    }
}

/// Host and port of an authority that starts at `offset`.
fn authority(text: &str, offset: usize) -> Result<(Host, Option<u16>), UriError> {
    let (host, port_offset) = match text.strip_prefix('[') {
        Some(rest) => {
            let length = rest.find(']').unwrap_or(rest.len());
            let address = rest
                .get(..length)
                .and_then(|address| address.parse::<Ipv6Addr>().ok());
            let error = UriError {
                kind: UriErrorKind::Ipv6,
                offset: offset + 1,
            };
            if length == rest.len() {
                return Err(error);
            }
            (
                Host::Address(address.ok_or(error)?.into()),
                length + "[]".len(),
            )
        }
        None => {
            let length = text.find(':').unwrap_or(text.len());
            (
                name(text.get(..length).unwrap_or_default(), offset)?,
                length,
            )
        }
    };
    let rest = text.get(port_offset..).unwrap_or_default();
    let Some(port) = rest.strip_prefix(':') else {
        return match rest.chars().next() {
            Some(found) => {
                let kind = UriErrorKind::Character { found };
                Err(UriError {
                    kind,
                    offset: offset + port_offset,
                })
            }
            None => Ok((host, None)),
        };
    };
    // `coap://host:` means the default port (RFC 3986, 3.2.3).
    if port.is_empty() {
        return Ok((host, None));
    }
    let number = port
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| port.parse().ok());
    match number.flatten() {
        Some(number) => Ok((host, Some(number))),
        None => {
            let kind = UriErrorKind::Port {
                port: port.to_owned(),
            };
            Err(UriError {
                kind,
                offset: offset + port_offset + 1,
            })
        }
    }
}

/// An IPv4 address or a registered name (RFC 3986, 3.2.2).
fn name(text: &str, offset: usize) -> Result<Host, UriError> {
    if text.is_empty() {
        return Err(UriError {
            kind: UriErrorKind::HostMissing,
            offset,
        });
    }
    if let Some((at, found)) = text
        .char_indices()
        .find(|(_, found)| matches!(found, '@' | '[' | ']'))
    {
        let kind = UriErrorKind::Character { found };
        return Err(UriError {
            kind,
            offset: offset + at,
        });
    }
    Ok(match text.parse::<Ipv4Addr>() {
        Ok(address) => Host::Address(address.into()),
        Err(_) => Host::Name(decode(text, offset)?.to_lowercase()),
    })
}

fn decode_all(text: &str, separator: char, mut offset: usize) -> Result<Vec<String>, UriError> {
    text.split(separator)
        .map(|part| {
            let start = offset;
            offset += part.len() + 1;
            decode(part, start)
        })
        .collect()
}

/// Undoes percent-encoding (RFC 3986, 2.1).
fn decode(text: &str, offset: usize) -> Result<String, UriError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let at = offset + text.len() - rest.len();
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = behind.first_chunk::<2>().and_then(|digits| {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            Some(digit(digits[0])? << 4 | digit(digits[1])?)
        });
        let error = UriError {
            kind: UriErrorKind::PercentEncoding,
            offset: at,
        };
        bytes.push(digits.ok_or(error)? as u8);
        rest = behind.get(2..).unwrap_or_default();
    }
    let error = UriError {
        kind: UriErrorKind::PercentEncoding,
        offset,
    };
    String::from_utf8(bytes).map_err(|_| error)
}

/// Writes `text` with everything encoded but unreserved characters and `allowed` (RFC 3986, 2.3).
fn encode(f: &mut fmt::Formatter<'_>, text: &str, allowed: &str) -> fmt::Result {
    text.bytes().try_for_each(|byte| {
        let char = char::from(byte);
        if char.is_ascii_alphanumeric() || "-._~".contains(char) || allowed.contains(char) {
            write!(f, "{char}")
        } else {
            write!(f, "%{byte:02X}")
        }
    })
}

/// Characters of a URI without a fragment (RFC 3986, 2 and 3.5).
const fn is_uri(char: char) -> bool {
    char.is_ascii_graphic()
        && !matches!(
            char,
            '"' | '#' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'
        )
}

/// Every scheme.
const SCHEMES: [Scheme; 4] = [
    Scheme::Coap,
    Scheme::Coaps,
    Scheme::CoapTcp,
    Scheme::CoapsTcp,
];
/// What a path segment may hold besides unreserved characters (RFC 7252, 6.5).
const PATH_PUNCTUATION: &str = "!$&'()*+,;=:@";
/// What a query argument may hold besides unreserved characters (RFC 7252, 6.5).
const QUERY_PUNCTUATION: &str = "!$'()*+,;=:@/?";
/// What a name may hold besides unreserved characters (RFC 3986, 3.2.2).
const HOST_PUNCTUATION: &str = "!$&'()*+,;=";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn uris_are_parsed_and_printed() {
        let rows = [
            (
                "coap://127.0.0.1:5685",
                "coap://127.0.0.1:5685",
                Some("127.0.0.1:5685"),
            ),
            (
                "coaps://127.0.0.1",
                "coaps://127.0.0.1",
                Some("127.0.0.1:5684"),
            ),
            (
                "COAP://Leshan.Eclipseprojects.IO:/",
                "coap://leshan.eclipseprojects.io",
                None,
            ),
            (
                "coap://[::1]:5683/rd",
                "coap://[::1]:5683/rd",
                Some("[::1]:5683"),
            ),
            (
                "coap+tcp://[2001:db8::2:1]",
                "coap+tcp://[2001:db8::2:1]",
                Some("[2001:db8::2:1]:5683"),
            ),
            (
                "coap://h/a%2fb//c?x=%26&y",
                "coap://h/a%2Fb//c?x=%26&y",
                None,
            ),
            ("coaps+tcp://h?", "coaps+tcp://h?", None),
        ];
        for (text, printed, address) in rows {
            let uri: Uri = text.parse().unwrap();
            assert_eq!(uri.to_string(), printed);
            let wanted = address.map(|address| address.parse().unwrap());
            assert_eq!(uri.socket_addr(), wanted);
        }
    }

    /// RFC 7252, 6.5 and Appendix B.
    #[test]
    fn paths_and_queries_become_options() {
        let uri: Uri = "coap://[2001:db8::2:1]/%E3%81%93?%2F%2F&?%26"
            .parse()
            .unwrap();
        assert_eq!(uri.path, ["\u{3053}"]);
        assert_eq!(uri.query, ["//", "?&"]);
        assert_eq!("coap://h/".parse::<Uri>().unwrap().path, [""; 0]);
    }

    #[test]
    fn what_is_refused_and_where() {
        let rows = [
            (
                "http://h",
                0,
                "no scheme of coap, coaps, coap+tcp, coaps+tcp with \"://\" at byte 0",
            ),
            (
                "coap:/h",
                0,
                "no scheme of coap, coaps, coap+tcp, coaps+tcp with \"://\" at byte 0",
            ),
            ("coap://", 7, "no host at byte 7"),
            ("coap://:5683", 7, "no host at byte 7"),
            (
                "coap://h:70000",
                9,
                "port \"70000\" is no number up to 65535 at byte 9",
            ),
            (
                "coap://h:+1",
                9,
                "port \"+1\" is no number up to 65535 at byte 9",
            ),
            ("coap://[::g]", 8, "no IPv6 address in brackets at byte 8"),
            ("coap://[::1", 8, "no IPv6 address in brackets at byte 8"),
            ("coap://[::1]x", 12, "`x` is not allowed at byte 12"),
            ("coap://u@h", 8, "`@` is not allowed at byte 8"),
            ("coap://h/#f", 9, "`#` is not allowed at byte 9"),
            ("coap://h/ ", 9, "` ` is not allowed at byte 9"),
            ("coap://h/a/%4", 11, "no percent-encoded UTF-8 at byte 11"),
            ("coap://h/a/%ff", 11, "no percent-encoded UTF-8 at byte 11"),
        ];
        for (text, offset, message) in rows {
            let error = text.parse::<Uri>().unwrap_err();
            assert_eq!(
                (error.offset, error.to_string().as_str()),
                (offset, message)
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "coaps?(\\+tcp)?://\\PC{0,20}") {
            if let Ok(uri) = text.parse::<Uri>() {
                prop_assert_eq!(uri.to_string().parse::<Uri>(), Ok(uri));
            }
        }
    }
}
