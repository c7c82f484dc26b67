//! Whether a certificate names the server that was meant (RFC 6125, 6.4; RFC 7925, 4.4.1; Transport TS, 5.2.9.3).
//!
//! Names are those of subjectAltName; the Common Name counts only for want of any (RFC 6125, 6.4.4), and never with
//! a wildcard (RFC 7252, 9.1.3.3). Leaves out internationalised names, which stand as A-labels on both sides.

use std::fmt;
use std::net::IpAddr;

use crate::alternative_name::AlternativeName;
use crate::certificate::Certificate;
use crate::fault::Fault;

/// A reference identifier: the host of the LwM2M Server URI, or the SNI of /0/x/14 in its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// A domain name.
    Dns(String),
    /// An address that stands in the URI itself (Transport TS, 5.2.9.6.1).
    Ip(IpAddr),
}

impl Reference {
    /// The reference of a URI's host; an IPv6 address may have its brackets.
    pub fn from_host(host: &str) -> Self {
        match bare(host).parse() {
            Ok(address) => Self::Ip(address),
            Err(_) => Self::Dns(host.to_owned()),
        }
    }

    /// Whether a certificate names it.
    pub fn matches(&self, certificate: &Certificate) -> bool {
        if has_identifier(certificate) {
            return certificate
                .names()
                .iter()
                .any(|name| self.matches_name(name));
        }
        let name = certificate.subject_common_name();
        name.is_some_and(|name| match self {
            Self::Dns(reference) => same(reference, name),
            Self::Ip(reference) => name.parse() == Ok(*reference),
        })
    }

    /// Checks that a certificate names it.
    pub(crate) fn check(&self, certificate: &Certificate) -> Result<(), Fault> {
        if self.matches(certificate) {
            return Ok(());
        }
        Err(Fault::WrongName {
            expected: self.to_string(),
            found: presented(certificate),
        })
    }

    fn matches_name(&self, name: &AlternativeName) -> bool {
        match (self, name) {
            (Self::Dns(reference), AlternativeName::Dns(pattern)) => covers(pattern, reference),
            (Self::Dns(reference), AlternativeName::Uri(uri)) => {
                host(uri).is_some_and(|host| same(host, reference))
            }
            (Self::Ip(reference), AlternativeName::Ip(address)) => address == reference,
            // the draft of 1.1 wants the address there, Transport TS 5.2.9.6.1 says only "contain"
            (Self::Ip(reference), AlternativeName::Uri(uri)) => {
                host(uri).is_some_and(|host| bare(host).parse() == Ok(*reference))
            }
            _ => false,
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => write!(f, "{address}"),
        }
    }
}

/// Whether subjectAltName holds any identifier of a server, so that the Common Name does not count.
fn has_identifier(certificate: &Certificate) -> bool {
    let mut names = certificate.names().iter();
    names.any(|name| !matches!(name, AlternativeName::Other { .. }))
}

/// The presented identifiers, for people.
fn presented(certificate: &Certificate) -> String {
    let names: Vec<String> = certificate
        .names()
        .iter()
        .map(ToString::to_string)
        .collect();
    match certificate.subject_common_name() {
        _ if has_identifier(certificate) => names.join(", "),
        Some(name) => format!("CN:{name}"),
        None => "nobody".to_owned(),
    }
}

/// Whether a dNSName covers a name; a wildcard stands only for the whole left-most label (RFC 6125, 6.4.3).
fn covers(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(rest) => absolute(name)
            .split_once('.')
            .is_some_and(|(label, domain)| !label.is_empty() && same(rest, domain)),
        None => same(pattern, name),
    }
}

/// Whether two domain names are the same, in ASCII of any case (RFC 6125, 6.4.1).
fn same(one: &str, other: &str) -> bool {
    let one = absolute(one);
    !one.is_empty() && one.eq_ignore_ascii_case(absolute(other))
}

/// A domain name without the dot of the root.
fn absolute(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// The host of a URI, brackets included (RFC 3986, 3.2.2).
fn host(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    match authority.find(']') {
        Some(end) => authority.get(..=end),
        None => authority.split(':').next(),
    }
}

/// A host without the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}
