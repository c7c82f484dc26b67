//! An X.509 certificate as it was on the wire (RFC 5280, 4.1).
//!
//! Keeps its DER and reads the fields that decide whether it is accepted; whether it is stands in [`crate::check_server`].

use std::fmt;
use std::ops::Range;

use der::asn1::ObjectIdentifier;
use der::{Decode, Header, Reader, SliceReader, Tag};
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::name::Name;
use x509_cert::time::Time;

use crate::alternative_name::AlternativeName;
use crate::extension::{BasicConstraints, Extensions, KeyUsage, Purpose};
use crate::fault::Fault;
use crate::malformed::Malformed;
use crate::pem::{self, PemError, PemErrorKind};
use crate::public_key::{KeyError, PublicKey};

/// A certificate. Two are equal if their bytes are.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    spans: Spans,
    version: u8,
    serial: Vec<u8>,
    issuer: String,
    subject: String,
    common_name: Option<String>,
    not_before: i64,
    not_after: i64,
    algorithm: Result<ObjectIdentifier, String>,
    signature: Vec<u8>,
    extensions: Extensions,
}

/// Why bytes are no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No DER of a certificate.
    #[error("no certificate: {0}")]
    Malformed(Malformed),
    /// No textual encoding.
    #[error(transparent)]
    Pem(#[from] PemError),
}

/// Where parts of the certificate lie in its DER.
#[derive(Clone)]
struct Spans {
    signed: Range<usize>,
    issuer: Range<usize>,
    subject: Range<usize>,
    key: Range<usize>,
}

impl Certificate {
    /// Reads one certificate; nothing may follow it.
    pub fn from_der(bytes: &[u8]) -> Result<Self, CertificateError> {
        Self::decode(bytes).map_err(CertificateError::Malformed)
    }

    /// Reads every block `CERTIFICATE` of a text, in order; at least one is wanted.
    pub fn from_pem_chain(text: &str) -> Result<Vec<Self>, CertificateError> {
        let blocks = pem::blocks(text)?;
        let blocks = blocks.iter().filter(|block| block.label == LABEL);
        let chain: Vec<Self> = blocks
            .map(|block| Self::from_der(&block.der))
            .collect::<Result<_, _>>()?;
        if chain.is_empty() {
            return Err(CertificateError::Pem(PemError {
                kind: PemErrorKind::Missing { wanted: LABEL },
                offset: text.len(),
            }));
        }
        Ok(chain)
    }

    /// The bytes it was read from.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Writes a block `CERTIFICATE`.
    pub fn to_pem(&self) -> String {
        pem::encode(LABEL, &self.der)
    }

    /// The version as people count it: 3 for X.509v3.
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The serial number, big-endian.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The subject's name as RFC 4514 writes it.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The last Common Name of the subject, the most specific one (RFC 6125, 6.4.4).
    pub fn subject_common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// The issuer's name as RFC 4514 writes it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The names of the subjectAltName extension, in order.
    pub fn names(&self) -> &[AlternativeName] {
        &self.extensions.names
    }

    /// The first second of its validity, in Unix time.
    pub const fn not_before(&self) -> i64 {
        self.not_before
    }

    /// The last second of its validity, in Unix time.
    pub const fn not_after(&self) -> i64 {
        self.not_after
    }

    /// Whether its basic constraints call it a CA.
    pub fn is_ca(&self) -> bool {
        self.extensions.basic.is_some_and(|basic| basic.ca)
    }

    /// The basic constraints, if it has any.
    pub const fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic
    }

    /// What its key may be used for, if it says.
    pub const fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// What it may be used for, if it says.
    pub fn extended_key_usage(&self) -> Option<&[Purpose]> {
        self.extensions.purposes.as_deref()
    }

    /// The subject's key.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_spki(self.spki())
    }

    /// The subject's key as it was on the wire: a SubjectPublicKeyInfo.
    pub fn spki(&self) -> &[u8] {
        self.part(&self.spans.key)
    }

    /// Whether the key of `issuer` made its signature; names are not compared.
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        issuer
            .public_key()
            .is_ok_and(|key| self.check_signature(&key).is_ok())
    }

    /// Whether issuer and subject are the same name.
    pub fn is_self_issued(&self) -> bool {
        self.part(&self.spans.issuer) == self.part(&self.spans.subject)
    }

    /// Whether its issuer's name is the subject's name of `issuer`, byte by byte (RFC 5280, 4.1.2.4 demands it).
    pub(crate) fn names_as_issuer(&self, issuer: &Self) -> bool {
        self.part(&self.spans.issuer) == issuer.part(&issuer.spans.subject)
    }

    /// The first critical extension that this crate does not process.
    pub(crate) fn unknown_critical(&self) -> Option<&str> {
        self.extensions.unknown_critical.as_deref()
    }

    /// Checks its signature with the key of an issuer.
    pub(crate) fn check_signature(&self, key: &PublicKey) -> Result<(), Fault> {
        let signed = self.part(&self.spans.signed);
        let algorithm = self
            .algorithm
            .as_ref()
            .map_err(|reason| Fault::Malformed(reason.clone()))?;
        let good = match *algorithm {
            ECDSA_SHA256 => key.verify(signed, &self.signature),
            ECDSA_SHA384 => key.verify_sha384(signed, &self.signature),
            ECDSA_SHA512 => key.verify_sha512(signed, &self.signature),
            other => {
                return Err(Fault::UnsupportedSignature {
                    algorithm: other.to_string(),
                });
            }
        };
        if good {
            Ok(())
        } else {
            Err(Fault::BadSignature {
                subject: self.subject.clone(),
            })
        }
    }

    fn part(&self, span: &Range<usize>) -> &[u8] {
        self.der.get(span.clone()).unwrap_or_default()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let whole = x509_cert::Certificate::from_der(bytes)?;
        let tbs = whole.tbs_certificate();
        let list = tbs.extensions().map(Vec::as_slice).unwrap_or_default();
        let same = whole.signature_algorithm() == tbs.signature();
        Ok(Self {
            spans: Spans::find(bytes)?,
            der: bytes.to_vec(),
            version: tbs.version() as u8 + 1,
            serial: tbs.serial_number().as_bytes().to_vec(),
            issuer: tbs.issuer().to_string(),
            subject: tbs.subject().to_string(),
            common_name: common_name(tbs.subject()),
            not_before: seconds(tbs.validity().not_before),
            not_after: seconds(tbs.validity().not_after),
            algorithm: if same {
                Ok(whole.signature_algorithm().oid)
            } else {
                Err("two signature algorithms, wanted the same one twice".to_owned())
            },
            signature: whole.signature().as_bytes().unwrap_or_default().to_vec(),
            extensions: Extensions::decode(list)?,
        })
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject)
            .field("issuer", &self.issuer)
            .field("bytes", &self.der.len())
            .finish_non_exhaustive()
    }
}

impl Spans {
    /// Walks over the fields of a certificate that is known to be well formed (RFC 5280, 4.1).
    fn find(bytes: &[u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(bytes)?;
        Header::decode(&mut reader)?;
        let signed = {
            let mut ahead = reader.clone();
            span(&mut ahead)?
        };
        Header::decode(&mut reader)?;
        if Tag::peek(&reader)?.is_context_specific() {
            span(&mut reader)?;
        }
        span(&mut reader)?;
        span(&mut reader)?;
        let issuer = span(&mut reader)?;
        span(&mut reader)?;
        Ok(Self {
            signed,
            issuer,
            subject: span(&mut reader)?,
            key: span(&mut reader)?,
        })
    }
}

/// Passes one element and tells where it was.
fn span(reader: &mut SliceReader<'_>) -> der::Result<Range<usize>> {
    let start = usize::try_from(reader.position())?;
    reader.tlv_bytes()?;
    Ok(start..usize::try_from(reader.position())?)
}

fn common_name(name: &Name) -> Option<String> {
    name.iter()
        .filter(|attribute| attribute.oid == COMMON_NAME)
        .filter_map(|attribute| DirectoryString::try_from(&attribute.value).ok())
        .last()
        .map(String::from)
}

fn seconds(time: Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}

/// RFC 7468, 5.
const LABEL: &str = "CERTIFICATE";
/// id-at-commonName (RFC 5280, appendix A.1).
pub(crate) const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// ecdsa-with-SHA256 (RFC 5758, 3.2).
pub(crate) const ECDSA_SHA256: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// ecdsa-with-SHA384 (RFC 5758, 3.2).
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
/// ecdsa-with-SHA512 (RFC 5758, 3.2).
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
