//! A public key of P-256, as SubjectPublicKeyInfo (RFC 5480, 2), and the ECDSA signatures that it verifies.
//!
//! Any other key is refused by name: curves below 255 bits must not be used (Transport TS, 5.2.3), and larger
//! ones are not needed by any suite of LwM2M.

use std::fmt;

use der::Decode;
use der::asn1::ObjectIdentifier;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::EncodePublicKey;
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use crate::malformed::Malformed;
use crate::pem::{self, PemError};

/// A public key of P-256.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// Why bytes are no key that this crate can use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No DER of a key.
    #[error("no {wanted}: {found}")]
    Malformed {
        /// What was wanted.
        wanted: &'static str,
        /// What was found.
        found: Malformed,
    },
    /// A version of OneAsymmetricKey other than 1 (Transport TS, 5.2.9.3).
    #[error("OneAsymmetricKey of version {version}, wanted version 1")]
    Version {
        /// The version that was there: one more than its number on the wire (RFC 5958, 2).
        version: u64,
    },
    /// An encrypted private key (Transport TS, 5.2.9.3).
    #[error("encrypted private key, wanted a plain one")]
    Encrypted,
    /// An algorithm other than ecPublicKey.
    #[error("key of algorithm {0}, wanted an elliptic curve key")]
    Algorithm(String),
    /// A curve other than P-256.
    #[error("key on curve {0}, wanted secp256r1")]
    Curve(String),
    /// No textual encoding.
    #[error(transparent)]
    Pem(#[from] PemError),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    pub fn from_spki(bytes: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(bytes)
            .map_err(|error| KeyError::from_der(PUBLIC, error))?;
        check_algorithm(&info.algorithm)?;
        info.subject_public_key
            .as_bytes()
            .and_then(|point| VerifyingKey::from_sec1_bytes(point).ok())
            .map(Self)
            .ok_or_else(|| KeyError::Malformed {
                wanted: PUBLIC,
                found: Malformed::new("no point of secp256r1"),
            })
    }

    /// Reads the first block `PUBLIC KEY` of a text.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let blocks = pem::blocks(text)?;
        let block = blocks.iter().find(|block| block.label == PUBLIC_LABEL);
        let block = block.ok_or_else(|| KeyError::no_block(PUBLIC_LABEL, text))?;
        Self::from_spki(&block.der)
    }

    /// Writes the SubjectPublicKeyInfo, with the point uncompressed.
    pub fn to_spki(&self) -> Vec<u8> {
        self.0
            .to_public_key_der()
            .map(|document| document.into_vec())
            .unwrap_or_default()
    }

    /// Writes a block `PUBLIC KEY`.
    pub fn to_pem(&self) -> String {
        pem::encode(PUBLIC_LABEL, &self.to_spki())
    }

    /// Whether `signature`, in DER, is this key's over the SHA-256 of `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify_hash(&Sha256::digest(message), signature)
    }

    /// Whether `signature`, in DER, is this key's over the SHA-384 of `message`.
    pub fn verify_sha384(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify_hash(&Sha384::digest(message), signature)
    }

    /// Whether `signature`, in DER, is this key's over the SHA-512 of `message`.
    pub fn verify_sha512(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify_hash(&Sha512::digest(message), signature)
    }

    /// The point, uncompressed (SEC 1, 2.3.3).
    pub fn to_point(&self) -> Vec<u8> {
        self.0.to_sec1_point(false).as_bytes().to_vec()
    }

    pub(crate) fn of(key: &VerifyingKey) -> Self {
        Self(*key)
    }

    fn verify_hash(&self, hash: &[u8], signature: &[u8]) -> bool {
        Signature::from_der(signature)
            .is_ok_and(|signature| self.0.verify_prehash(hash, &signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        for byte in self.0.to_sec1_bytes().iter() {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

impl KeyError {
    pub(crate) fn from_der(wanted: &'static str, error: der::Error) -> Self {
        Self::Malformed {
            wanted,
            found: error.into(),
        }
    }

    pub(crate) fn no_block(wanted: &'static str, text: &str) -> Self {
        Self::Pem(PemError {
            kind: pem::PemErrorKind::Missing { wanted },
            offset: text.len(),
        })
    }
}

/// Checks that an algorithm is ecPublicKey on P-256.
pub(crate) fn check_algorithm(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<(), KeyError> {
    if algorithm.oid != EC_PUBLIC_KEY {
        return Err(KeyError::Algorithm(algorithm.oid.to_string()));
    }
    match algorithm.parameters_oid() {
        Ok(curve) => check_curve(curve),
        Err(_) => Err(KeyError::Curve("of its own".to_owned())),
    }
}

/// Checks that a named curve is P-256.
pub(crate) fn check_curve(curve: ObjectIdentifier) -> Result<(), KeyError> {
    if curve == SECP256R1 {
        return Ok(());
    }
    let name = CURVES.iter().find(|(oid, _)| *oid == curve);
    Err(KeyError::Curve(match name {
        Some((_, name)) => (*name).to_owned(),
        None => curve.to_string(),
    }))
}

/// id-ecPublicKey (RFC 5480, 2.1.1).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// secp256r1 (RFC 5480, 2.1.1.1).
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// Other curves of RFC 5480, 2.1.1.1, for people.
const CURVES: &[(ObjectIdentifier, &str)] = &[
    (
        ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.1"),
        "secp192r1",
    ),
    (ObjectIdentifier::new_unwrap("1.3.132.0.33"), "secp224r1"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), "secp384r1"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), "secp521r1"),
];
const PUBLIC: &str = "SubjectPublicKeyInfo";
/// RFC 7468, 13.
const PUBLIC_LABEL: &str = "PUBLIC KEY";
