//! Extensions of a certificate that decide whether it may be used (RFC 5280, 4.2.1).
//!
//! Reads key usage, extended key usage, basic constraints and names; of others only whether they are critical.

use std::collections::BTreeSet;
use std::fmt;

use der::asn1::{BitString, BitStringRef, ObjectIdentifier};
use der::{Decode, Encode, Reader, SliceReader};
use x509_cert::ext::Extension;

use crate::alternative_name::AlternativeName;
use crate::malformed::Malformed;

/// Whether the subject is a CA and how many CAs may follow it (RFC 5280, 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BasicConstraints {
    /// Whether the key may sign certificates.
    pub ca: bool,
    /// How many CA certificates may stand between this one and the end entity.
    pub path_length: Option<u32>,
}

/// What a key may be used for (RFC 5280, 4.2.1.3), a set of bits: bit 0 is digitalSignature.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyUsage(pub u16);

/// What a certificate may be used for (RFC 5280, 4.2.1.12).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// id-kp-serverAuth.
    ServerAuth,
    /// id-kp-clientAuth.
    ClientAuth,
    /// anyExtendedKeyUsage.
    Any,
    /// Any other object identifier.
    Other(String),
}

/// What the extensions of one certificate say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    pub(crate) basic: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) purposes: Option<Vec<Purpose>>,
    pub(crate) names: Vec<AlternativeName>,
    /// The first critical extension that this crate does not process.
    pub(crate) unknown_critical: Option<String>,
}

impl KeyUsage {
    /// digitalSignature: what ECDHE_ECDSA demands of an end entity (RFC 8422, 5.3).
    pub const DIGITAL_SIGNATURE: Self = Self(1);
    /// keyAgreement.
    pub const KEY_AGREEMENT: Self = Self(1 << 4);
    /// keyCertSign: what signing certificates demands.
    pub const KEY_CERT_SIGN: Self = Self(1 << 5);
    /// cRLSign.
    pub const CRL_SIGN: Self = Self(1 << 6);

    /// Whether every use of `other` is allowed.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The uses of both.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Writes the named bit list, without the zeros at its end (X.690, 11.2.2).
    pub(crate) fn encode(self) -> der::Result<Vec<u8>> {
        let bits = u16::BITS - self.0.leading_zeros();
        let bytes = self.0.reverse_bits().to_be_bytes();
        let used = bytes.iter().take(bits.div_ceil(8) as usize).copied();
        let unused = (8 - bits % 8) % 8;
        BitString::new(unused as u8, used.collect::<Vec<u8>>())?.to_der()
    }

    /// Reads the named bit list; bits beyond the ninth have no name and are dropped.
    fn decode(bytes: &[u8]) -> der::Result<Self> {
        let list = BitStringRef::from_der(bytes)?;
        let bits = list.bits().take(KEY_USES.len()).enumerate();
        Ok(Self(bits.fold(0, |set, (place, bit)| {
            set | u16::from(bit) << place
        })))
    }
}

/// The names of the uses.
impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = KEY_USES.iter().enumerate();
        let names: Vec<&str> = names
            .filter(|(place, _)| self.contains(Self(1 << place)))
            .map(|(_, name)| *name)
            .collect();
        f.write_str(&names.join(", "))
    }
}

impl fmt::Debug for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyUsage({self})")
    }
}

impl Purpose {
    /// The purpose that an object identifier names.
    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Self {
        match oid {
            SERVER_AUTH => Self::ServerAuth,
            CLIENT_AUTH => Self::ClientAuth,
            ANY_PURPOSE => Self::Any,
            other => Self::Other(other.to_string()),
        }
    }

    /// The object identifier, if it is one.
    pub(crate) fn oid(&self) -> Option<ObjectIdentifier> {
        match self {
            Self::ServerAuth => Some(SERVER_AUTH),
            Self::ClientAuth => Some(CLIENT_AUTH),
            Self::Any => Some(ANY_PURPOSE),
            Self::Other(text) => ObjectIdentifier::new(text).ok(),
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServerAuth => "serverAuth",
            Self::ClientAuth => "clientAuth",
            Self::Any => "anyExtendedKeyUsage",
            Self::Other(oid) => oid,
        })
    }
}

impl Extensions {
    /// Reads what the extensions hold; one that stands twice is an error (RFC 5280, 4.2).
    pub(crate) fn decode(list: &[Extension]) -> Result<Self, Malformed> {
        let mut known = Self::default();
        let mut seen = BTreeSet::new();
        for extension in list {
            let oid = extension.extn_id;
            if !seen.insert(oid) {
                return Err(Malformed::new(format!("extension {oid} stands twice")));
            }
            if PROCESSED.contains(&oid) {
                let added = known.add(oid, extension.extn_value.as_bytes());
                added.map_err(|error| {
                    Malformed::new(format!("{} in extension {oid}", error.kind()))
                })?;
            } else if extension.critical && known.unknown_critical.is_none() {
                known.unknown_critical = Some(oid.to_string());
            }
        }
        Ok(known)
    }

    fn add(&mut self, oid: ObjectIdentifier, content: &[u8]) -> der::Result<()> {
        match oid {
            BASIC_CONSTRAINTS => self.basic = Some(basic_constraints(content)?),
            KEY_USAGE => self.key_usage = Some(KeyUsage::decode(content)?),
            EXTENDED_KEY_USAGE => {
                let oids = Vec::<ObjectIdentifier>::from_der(content)?;
                self.purposes = Some(oids.into_iter().map(Purpose::from_oid).collect());
            }
            _ => self.names = AlternativeName::decode_all(content)?,
        }
        Ok(())
    }
}

fn basic_constraints(content: &[u8]) -> der::Result<BasicConstraints> {
    let mut reader = SliceReader::new(content)?;
    let constraints = reader.sequence(|reader| {
        let ca = Option::<bool>::decode(reader)?.unwrap_or(false);
        let path_length = Option::<u32>::decode(reader)?;
        Ok::<_, der::Error>(BasicConstraints { ca, path_length })
    })?;
    reader.finish()?;
    Ok(constraints)
}

/// The bits of KeyUsage in their order (RFC 5280, 4.2.1.3).
const KEY_USES: &[&str] = &[
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];
/// RFC 5280, 4.2.1.9.
pub(crate) const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
/// RFC 5280, 4.2.1.3.
pub(crate) const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
/// RFC 5280, 4.2.1.12.
pub(crate) const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
/// RFC 5280, 4.2.1.6.
pub(crate) const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const PROCESSED: &[ObjectIdentifier] = &[
    BASIC_CONSTRAINTS,
    KEY_USAGE,
    EXTENDED_KEY_USAGE,
    SUBJECT_ALT_NAME,
];
/// RFC 5280, 4.2.1.12.
const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
/// RFC 5280, 4.2.1.12.
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
/// RFC 5280, 4.2.1.12.
const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
