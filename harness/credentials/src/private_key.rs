//! A private key of P-256: OneAsymmetricKey of version 1 (RFC 5958; Transport TS, 5.2.9.3) and ECPrivateKey (RFC 5915).
//!
//! Signs as RFC 6979 says, so that the same message gives the same bytes. Leaves out encrypted keys.

use std::fmt;

use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{Decode, Header, Reader, SliceReader, Tag, TagMode, TagNumber};
use p256::SecretKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{EncodePrivateKey, PrivateKeyInfoRef};
use sha2::{Digest, Sha256};

use crate::malformed::Malformed;
use crate::pem;
use crate::public_key::{KeyError, PublicKey, check_algorithm, check_curve};

/// A private key of P-256.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Reads a OneAsymmetricKey of version 1 or an ECPrivateKey.
    pub fn from_der(bytes: &[u8]) -> Result<Self, KeyError> {
        match form(bytes).map_err(malformed)? {
            Form::Encrypted => Err(KeyError::Encrypted),
            Form::OneAsymmetricKey { version: 0 } => from_pkcs8(bytes),
            Form::OneAsymmetricKey { version } => Err(KeyError::Version {
                version: version.saturating_add(1),
            }),
            Form::EcPrivateKey => from_sec1(bytes),
        }
    }

    /// Reads the first private key of a text, whatever stands around it.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let blocks = match pem::blocks(text) {
            Err(error) if matches!(error.kind, pem::PemErrorKind::Headers { .. }) => {
                return Err(KeyError::Encrypted);
            }
            blocks => blocks?,
        };
        let block = blocks.iter().find(|block| LABELS.contains(&block.label));
        let block = block.ok_or_else(|| KeyError::no_block(PRIVATE_LABEL, text))?;
        Self::from_der(&block.der)
    }

    /// Makes the key that belongs to `seed`, always the same.
    pub fn generate(seed: [u8; 32]) -> Self {
        let mut candidate = Sha256::digest(seed);
        loop {
            if let Ok(key) = SigningKey::from_slice(&candidate) {
                return Self(key);
            }
            candidate = Sha256::digest(candidate);
        }
    }

    /// Writes the OneAsymmetricKey of version 1: named curve, the public key inside, uncompressed.
    pub fn to_pkcs8(&self) -> Vec<u8> {
        SecretKey::from(&self.0)
            .to_pkcs8_der()
            .map(|document| document.as_bytes().to_vec())
            .unwrap_or_default()
    }

    /// Writes a block `PRIVATE KEY`.
    pub fn to_pem(&self) -> String {
        pem::encode(PRIVATE_LABEL, &self.to_pkcs8())
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> PublicKey {
        PublicKey::of(self.0.verifying_key())
    }

    /// Signs the SHA-256 of `message`: ecdsa_secp256r1_sha256 in DER, deterministic (RFC 6979).
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: DerSignature = self.0.sign(message);
        signature.as_bytes().to_vec()
    }
}

/// Shows the public key only.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {:?})", self.public())
    }
}

/// What a DER of a private key is, by its first elements.
enum Form {
    /// PrivateKeyInfo and OneAsymmetricKey: a version, then an algorithm.
    OneAsymmetricKey { version: u64 },
    /// ECPrivateKey: a version, then the key.
    EcPrivateKey,
    /// EncryptedPrivateKeyInfo: an algorithm first.
    Encrypted,
}

fn form(bytes: &[u8]) -> der::Result<Form> {
    let mut reader = SliceReader::new(bytes)?;
    Header::decode(&mut reader)?
        .tag()
        .assert_eq(Tag::Sequence)?;
    if Tag::peek(&reader)? == Tag::Sequence {
        return Ok(Form::Encrypted);
    }
    let version = u64::decode(&mut reader)?;
    if Tag::peek(&reader)? == Tag::OctetString {
        return Ok(Form::EcPrivateKey);
    }
    Ok(Form::OneAsymmetricKey { version })
}

fn from_pkcs8(bytes: &[u8]) -> Result<PrivateKey, KeyError> {
    let info = PrivateKeyInfoRef::from_der(bytes).map_err(malformed)?;
    check_algorithm(&info.algorithm)?;
    from_sec1(info.private_key.as_bytes())
}

/// Reads an ECPrivateKey (RFC 5915, 3); the curve is P-256 if it names none. No place is told, as it may lie in a shell.
fn from_sec1(bytes: &[u8]) -> Result<PrivateKey, KeyError> {
    let malformed = |error: der::Error| KeyError::Malformed {
        wanted: PRIVATE,
        found: Malformed::new(error.kind().to_string()),
    };
    if let Some(curve) = curve(bytes).map_err(malformed)? {
        check_curve(curve)?;
    }
    SecretKey::from_sec1_der(bytes)
        .map(|key| PrivateKey(SigningKey::from(key)))
        .map_err(|error| KeyError::Malformed {
            wanted: PRIVATE,
            found: Malformed::new(error.to_string()),
        })
}

/// The named curve of an ECPrivateKey.
fn curve(bytes: &[u8]) -> der::Result<Option<ObjectIdentifier>> {
    let mut reader = SliceReader::new(bytes)?;
    Header::decode(&mut reader)?
        .tag()
        .assert_eq(Tag::Sequence)?;
    u64::decode(&mut reader)?;
    <&OctetStringRef>::decode(&mut reader)?;
    if reader.is_finished() {
        return Ok(None);
    }
    reader.context_specific(TagNumber(0), TagMode::Explicit)
}

fn malformed(error: der::Error) -> KeyError {
    KeyError::from_der(PRIVATE, error)
}

const PRIVATE: &str = "private key";
/// RFC 7468, 10.
const PRIVATE_LABEL: &str = "PRIVATE KEY";
/// Blocks that hold a private key: RFC 7468, 10 and 11; RFC 5915, 4.
const LABELS: &[&str] = &[PRIVATE_LABEL, "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY"];
