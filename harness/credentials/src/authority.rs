//! A certificate authority for tests: issues what it is asked for, good or bad.
//!
//! Deterministic: signatures follow RFC 6979, a serial number comes from what the certificate says, and dates are
//! arguments. Never for anything but tests.

use std::time::Duration;

use der::asn1::{Any, BitString, Ia5String, ObjectIdentifier, OctetString};
use der::{DateTime, Decode, Encode, Sequence, Tag};
use sha2::{Digest, Sha256};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{self, AuthorityKeyIdentifier};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};
use x509_cert::{AlgorithmIdentifier, SubjectPublicKeyInfo, Version};

use crate::certificate::{COMMON_NAME, Certificate, ECDSA_SHA256};
use crate::extension::{self, BasicConstraints, Purpose};
use crate::private_key::PrivateKey;
use crate::public_key::PublicKey;
use crate::request::{IssueError, Request};

/// A CA: its certificate and the key that signs.
#[derive(Clone, Debug)]
pub struct Authority {
    key: PrivateKey,
    certificate: Certificate,
}

impl Authority {
    /// Makes a root with the key of `seed`.
    pub fn new(seed: [u8; 32], common_name: &str) -> Result<Self, IssueError> {
        let key = PrivateKey::generate(seed);
        let request = Request::authority(common_name, key.public(), None);
        let certificate = Self::self_sign(&key, &request)?;
        Ok(Self { key, certificate })
    }

    /// Takes a key and any certificate for its name; that they belong together is the caller's affair.
    pub const fn from_parts(key: PrivateKey, certificate: Certificate) -> Self {
        Self { key, certificate }
    }

    /// Issues a certificate, whatever the authority itself may do.
    pub fn issue(&self, request: &Request) -> Result<Certificate, IssueError> {
        let own = x509_cert::Certificate::from_der(self.certificate.der())?;
        sign(&self.key, own.tbs_certificate().subject(), request)
    }

    /// Issues a certificate whose issuer is its subject; `key` signs, whichever key the request names.
    pub fn self_sign(key: &PrivateKey, request: &Request) -> Result<Certificate, IssueError> {
        sign(key, &name(&request.common_name)?, request)
    }

    /// Its certificate.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Its key.
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }
}

/// Certificate (RFC 5280, 4.1).
#[derive(Sequence)]
struct Signed {
    tbs: ToBeSigned,
    algorithm: AlgorithmIdentifier,
    signature: BitString,
}

/// TBSCertificate (RFC 5280, 4.1.2).
#[derive(Sequence)]
struct ToBeSigned {
    #[asn1(context_specific = "0", default = "Default::default")]
    version: Version,
    serial: SerialNumber,
    algorithm: AlgorithmIdentifier,
    issuer: Name,
    validity: Validity,
    subject: Name,
    key: SubjectPublicKeyInfo,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

fn sign(key: &PrivateKey, issuer: &Name, request: &Request) -> Result<Certificate, IssueError> {
    let mut tbs = ToBeSigned {
        version: if request.v1 { Version::V1 } else { Version::V3 },
        serial: SerialNumber::new(&[1])?,
        algorithm: AlgorithmIdentifier {
            oid: ECDSA_SHA256,
            parameters: None,
        },
        issuer: issuer.clone(),
        validity: Validity::new(time(request.not_before)?, time(request.not_after)?),
        subject: name(&request.common_name)?,
        key: SubjectPublicKeyInfo::from_der(&request.key.to_spki())?,
        extensions: None,
    };
    if !request.v1 {
        tbs.extensions = Some(extensions(&key.public(), request)?);
    }
    tbs.serial = serial(&tbs.to_der()?)?;
    let signature = BitString::from_bytes(&key.sign(&tbs.to_der()?))?;
    let algorithm = tbs.algorithm.clone();
    let signed = Signed {
        tbs,
        algorithm,
        signature,
    };
    Ok(Certificate::from_der(&signed.to_der()?)?)
}

/// A serial number from everything that the certificate says: positive, 16 bytes at most (RFC 5280, 4.1.2.2).
fn serial(content: &[u8]) -> der::Result<SerialNumber> {
    let mut number = Sha256::digest(content).to_vec();
    number.truncate(16);
    if let Some(first) = number.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    SerialNumber::new(&number)
}

fn extensions(issuer: &PublicKey, request: &Request) -> Result<Vec<Extension>, IssueError> {
    let mut list = Vec::new();
    if let Some(BasicConstraints { ca, path_length }) = request.ca {
        let path_len_constraint = path_length.map(u8::try_from).transpose();
        let path_len_constraint = path_len_constraint
            .map_err(|_| IssueError::Encode("path length beyond 255".to_owned()))?;
        let content = pkix::BasicConstraints {
            ca,
            path_len_constraint,
        };
        list.push(entry(
            extension::BASIC_CONSTRAINTS,
            true,
            content.to_der()?,
        )?);
    }
    if let Some(usage) = request.key_usage {
        list.push(entry(extension::KEY_USAGE, true, usage.encode()?)?);
    }
    if !request.usages.is_empty() {
        let oids: Vec<_> = request.usages.iter().filter_map(Purpose::oid).collect();
        list.push(entry(extension::EXTENDED_KEY_USAGE, false, oids.to_der()?)?);
    }
    if !request.dns.is_empty() || !request.ip.is_empty() {
        list.push(entry(extension::SUBJECT_ALT_NAME, false, names(request)?)?);
    }
    list.push(entry(
        SUBJECT_KEY,
        false,
        key_identifier(&request.key)?.to_der()?,
    )?);
    let authority = AuthorityKeyIdentifier {
        key_identifier: Some(key_identifier(issuer)?),
        ..AuthorityKeyIdentifier::default()
    };
    list.push(entry(AUTHORITY_KEY, false, authority.to_der()?)?);
    for raw in &request.extensions {
        let oid = ObjectIdentifier::new(&raw.oid);
        let oid = oid.map_err(|error| IssueError::Encode(error.to_string()))?;
        list.push(entry(oid, raw.critical, raw.content.clone())?);
    }
    Ok(list)
}

fn entry(oid: ObjectIdentifier, critical: bool, content: Vec<u8>) -> der::Result<Extension> {
    Ok(Extension {
        extn_id: oid,
        critical,
        extn_value: OctetString::new(content)?,
    })
}

fn names(request: &Request) -> der::Result<Vec<u8>> {
    let dns = request.dns.iter();
    let mut names = dns
        .map(|name| Ia5String::new(name).map(GeneralName::DnsName))
        .collect::<der::Result<Vec<_>>>()?;
    names.extend(request.ip.iter().map(|address| GeneralName::from(*address)));
    names.to_der()
}

/// The first 160 bits of the key's SHA-256 (RFC 7093, 2, method 1).
fn key_identifier(key: &PublicKey) -> der::Result<OctetString> {
    let mut hash = Sha256::digest(key.to_point()).to_vec();
    hash.truncate(20);
    OctetString::new(hash)
}

/// A name of one Common Name in UTF-8, or an empty one.
fn name(common_name: &str) -> der::Result<Name> {
    let mut names = RdnSequence::default();
    if !common_name.is_empty() {
        let attribute = AttributeTypeAndValue {
            oid: COMMON_NAME,
            value: Any::new(Tag::Utf8String, common_name.as_bytes())?,
        };
        names.push(RelativeDistinguishedName::try_from(vec![attribute])?);
    }
    Name::from_der(&names.to_der()?)
}

/// A second of Unix time as UTCTime until 2049, as GeneralizedTime from 2050 (RFC 5280, 4.1.2.5).
fn time(seconds: i64) -> Result<Time, IssueError> {
    let since = u64::try_from(seconds)
        .map_err(|_| IssueError::Encode(format!("second {seconds} is before 1970")))?;
    Ok(Time::from(DateTime::from_unix_duration(
        Duration::from_secs(since),
    )?))
}

/// subjectKeyIdentifier (RFC 5280, 4.2.1.2).
const SUBJECT_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
/// authorityKeyIdentifier (RFC 5280, 4.2.1.1).
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
