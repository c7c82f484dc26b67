//! A team's key: signs reports (Ed25519, RFC 8032) and opens what is sealed to it (age, X25519).
//!
//! Both halves stand in one file, so that a team has one thing to keep and one thing to hand out. What is random comes from the caller.

use std::fmt::Write as _;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a team keeps to itself: `NAME.key`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretKey {
    /// Whose key it is: a company, a team.
    pub name: String,
    /// Seed of the Ed25519 key, 32 bytes in hexadecimal.
    sign: String,
    /// The age identity: `AGE-SECRET-KEY-1...`.
    pub open: String,
    /// The age recipient that belongs to it: `age1...`.
    pub seal: String,
}

/// What a team hands out: `NAME.pub`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    /// Whose key it is.
    pub name: String,
    /// The Ed25519 key, 32 bytes in hexadecimal.
    pub sign: String,
    /// The age recipient: `age1...`.
    pub seal: String,
}

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not the shape of the file.
    #[error("it is no key file: {0}")]
    Shape(String),
    /// A value that is no key of Ed25519.
    #[error("\"sign\" is no Ed25519 key: 64 hexadecimal digits")]
    Sign,
}

impl SecretKey {
    /// Makes a key of 32 random bytes and an age identity.
    pub fn new(name: &str, seed: [u8; 32], open: String, seal: String) -> Self {
        Self {
            name: name.to_owned(),
            sign: hex(&seed),
            open,
            seal,
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let key: Self = parse(text)?;
        key.signing()?;
        Ok(key)
    }

    /// The file.
    pub fn to_text(&self) -> String {
        format!(
            "# secret key of a team at a TestFest: signs reports and opens what is sealed to it; hand out the .pub beside it\n{}",
            serde_yaml::to_string(self).unwrap_or_default()
        )
    }

    /// What the team hands out.
    ///
    /// # Errors
    ///
    /// A seed that is none.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        Ok(PublicKey {
            name: self.name.clone(),
            sign: hex(self.signing()?.verifying_key().as_bytes()),
            seal: self.seal.clone(),
        })
    }

    /// Signs `bytes`; gives 64 bytes in hexadecimal.
    pub(super) fn sign(&self, bytes: &[u8]) -> Result<String, KeyError> {
        Ok(hex(&self.signing()?.sign(bytes).to_bytes()))
    }

    fn signing(&self) -> Result<SigningKey, KeyError> {
        let seed = unhex(&self.sign).ok_or(KeyError::Sign)?;
        Ok(SigningKey::from_bytes(&seed))
    }
}

impl PublicKey {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let key: Self = parse(text)?;
        verifying(&key.sign).ok_or(KeyError::Sign)?;
        Ok(key)
    }

    /// The file.
    pub fn to_text(&self) -> String {
        format!(
            "# public key of a team at a TestFest, fingerprint {}\n{}",
            fingerprint(&self.sign),
            serde_yaml::to_string(self).unwrap_or_default()
        )
    }

    /// The words to compare aloud: the first half of the key's SHA-256.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.sign)
    }
}

/// Whether `signature` is that of `key` over `bytes`, both in hexadecimal; small-order keys and malleable signatures are refused.
pub(super) fn verifies(key: &str, signature: &str, bytes: &[u8]) -> bool {
    let Some((key, signature)) = verifying(key).zip(unhex(signature)) else {
        return false;
    };
    let signature = ed25519_dalek::Signature::from_bytes(&signature);
    key.verify_strict(bytes, &signature).is_ok()
}

/// `3f2a 91c0 ...`, eight groups.
pub(super) fn fingerprint(key: &str) -> String {
    let bytes: [u8; 32] = unhex(key).unwrap_or_default();
    let digest = Sha256::digest(bytes);
    let groups = digest.chunks(2).take(8).map(hex);
    groups.collect::<Vec<_>>().join(" ")
}

fn verifying(key: &str) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(&unhex(key)?).ok()
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, KeyError> {
    crate::yaml::read_small(text)
        .map_err(|error| KeyError::Shape(crate::consolidate::Mistake::of(&error).message))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        // a String takes everything
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SecretKey {
        SecretKey::new(
            "Acme: a",
            [7; 32],
            "AGE-SECRET-KEY-1".to_owned(),
            "age1x".to_owned(),
        )
    }

    #[test]
    fn files_are_read_as_they_are_written() {
        let public = key().public().unwrap();
        assert_eq!(PublicKey::parse(&public.to_text()), Ok(public.clone()));
        let read = SecretKey::parse(&key().to_text()).unwrap();
        assert_eq!(read.public(), Ok(public.clone()));
        assert_eq!(public.fingerprint().len(), 8 * 4 + 7);
        for text in ["", "[]", "name: a", "{name: a, sign: \"00\", seal: b}"] {
            assert!(PublicKey::parse(text).is_err(), "{text}");
        }
    }

    /// RFC 8032, 7.1, TEST 2.
    #[test]
    fn signs_as_the_rfc_does() {
        let seed = unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = SecretKey::new("a", seed.unwrap(), String::new(), String::new());
        let signature = key.sign(&[0x72]).unwrap();
        assert_eq!(
            signature,
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
        let public = key.public().unwrap().sign;
        assert_eq!(
            public,
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        );
        assert!(verifies(&public, &signature, &[0x72]));
        assert!(!verifies(&public, &signature, &[0x73]));
        assert!(!verifies(&"00".repeat(32), &signature, &[0x72]));
    }
}
