//! The algorithms of a security context, by their COSE numbers (RFC 8152, 7.1, 10.2 and 12.1.2).
//!
//! Holds the AES-CCM family and the two HKDFs; other AEADs of COSE are not known here.

use aes::{Aes128, Aes256};
use ccm::Ccm;
use ccm::aead::{Aead as Cipher, KeyInit, Nonce, Payload};
use ccm::consts::{U7, U8, U13, U16};
use hkdf::Hkdf;
use sha2::{Sha256, Sha512};

macro_rules! aeads {
    ($($name:ident = $cose:literal, $text:literal, $cipher:ident, key $key:literal, tag $tag:literal $tag_type:ident, nonce $nonce:literal $nonce_type:ident;)*) => {
        /// An AEAD algorithm of COSE (RFC 8152, Table 10).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Aead {
            $(#[doc = concat!($text, ".")] $name,)*
        }

        impl Aead {
            /// Every algorithm that this crate knows.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its number in COSE.
            pub const fn cose(self) -> i64 {
                match self { $(Self::$name => $cose,)* }
            }

            /// Its name in COSE.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Length of a key, in bytes.
            pub const fn key_length(self) -> usize {
                match self { $(Self::$name => $key,)* }
            }

            /// Length of a nonce, in bytes.
            pub const fn nonce_length(self) -> usize {
                match self { $(Self::$name => $nonce,)* }
            }

            /// Length of a tag, in bytes.
            pub const fn tag_length(self) -> usize {
                match self { $(Self::$name => $tag,)* }
            }

            /// Encrypts; `None` if key or nonce has the wrong length or the plaintext is too long for the algorithm.
            pub(crate) fn seal(self, key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
                match self {
                    $(Self::$name => seal::<Ccm<$cipher, $tag_type, $nonce_type>>(key, nonce, aad, plaintext),)*
                }
            }

            /// Decrypts; `None` if the tag does not fit.
            pub(crate) fn open(self, key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
                match self {
                    $(Self::$name => open::<Ccm<$cipher, $tag_type, $nonce_type>>(key, nonce, aad, ciphertext),)*
                }
            }
        }
    };
}

aeads! {
    AesCcm16_64_128 = 10, "AES-CCM-16-64-128", Aes128, key 16, tag 8 U8, nonce 13 U13;
    AesCcm16_64_256 = 11, "AES-CCM-16-64-256", Aes256, key 32, tag 8 U8, nonce 13 U13;
    AesCcm64_64_128 = 12, "AES-CCM-64-64-128", Aes128, key 16, tag 8 U8, nonce 7 U7;
    AesCcm64_64_256 = 13, "AES-CCM-64-64-256", Aes256, key 32, tag 8 U8, nonce 7 U7;
    AesCcm16_128_128 = 30, "AES-CCM-16-128-128", Aes128, key 16, tag 16 U16, nonce 13 U13;
    AesCcm16_128_256 = 31, "AES-CCM-16-128-256", Aes256, key 32, tag 16 U16, nonce 13 U13;
    AesCcm64_128_128 = 32, "AES-CCM-64-128-128", Aes128, key 16, tag 16 U16, nonce 7 U7;
    AesCcm64_128_256 = 33, "AES-CCM-64-128-256", Aes256, key 32, tag 16 U16, nonce 7 U7;
}

impl Aead {
    /// The algorithm with number `cose`, if this crate knows it.
    pub fn from_cose(cose: i64) -> Option<Self> {
        Self::ALL.iter().copied().find(|aead| aead.cose() == cose)
    }

    /// Length of the longest Sender ID and Recipient ID (RFC 8613, 3.3).
    pub const fn max_id_length(self) -> usize {
        self.nonce_length() - NONCE_REST
    }
}

/// The hash of an HMAC-based HKDF (RFC 8613, 3.2; RFC 8152, 12.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hash {
    /// HKDF SHA-256, mandatory and the default.
    Sha256,
    /// HKDF SHA-512.
    Sha512,
}

impl Hash {
    /// The hash by the number of its HKDF (-10, -11) or of its HMAC (5, 7): Core TS, E.9 calls for the
    /// table of HMACs, and products write the numbers of the HKDFs.
    pub const fn from_cose(cose: i64) -> Option<Self> {
        match cose {
            -10 | 5 => Some(Self::Sha256),
            -11 | 7 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// `length` bytes of HKDF output (RFC 5869, 2); `None` if that is more than the hash can give.
    pub(crate) fn hkdf(
        self,
        salt: &[u8],
        secret: &[u8],
        info: &[u8],
        length: usize,
    ) -> Option<Vec<u8>> {
        let mut output = vec![0; length];
        match self {
            Self::Sha256 => Hkdf::<Sha256>::new(Some(salt), secret).expand(info, &mut output),
            Self::Sha512 => Hkdf::<Sha512>::new(Some(salt), secret).expand(info, &mut output),
        }
        .ok()?;
        Some(output)
    }
}

fn seal<C: Cipher + KeyInit>(key: &[u8], nonce: &[u8], aad: &[u8], msg: &[u8]) -> Option<Vec<u8>> {
    let nonce = Nonce::<C>::try_from(nonce).ok()?;
    let cipher = C::new_from_slice(key).ok()?;
    cipher.encrypt(&nonce, Payload { msg, aad }).ok()
}

fn open<C: Cipher + KeyInit>(key: &[u8], nonce: &[u8], aad: &[u8], msg: &[u8]) -> Option<Vec<u8>> {
    let nonce = Nonce::<C>::try_from(nonce).ok()?;
    let cipher = C::new_from_slice(key).ok()?;
    cipher.decrypt(&nonce, Payload { msg, aad }).ok()
}

/// What a nonce holds beside the padded ID: its length and the Partial IV (RFC 8613, 5.2).
const NONCE_REST: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_and_nothing_else() {
        for aead in Aead::ALL {
            let key = vec![7; aead.key_length()];
            let nonce = vec![9; aead.nonce_length()];
            let sealed = aead.seal(&key, &nonce, b"aad", b"text").unwrap();
            assert_eq!(sealed.len(), 4 + aead.tag_length(), "{}", aead.name());
            assert_eq!(aead.open(&key, &nonce, b"aad", &sealed).unwrap(), b"text");
            assert_eq!(aead.open(&key, &nonce, b"aae", &sealed), None);
            assert_eq!(aead.open(&key, &nonce, b"aad", &sealed[1..]), None);
            assert_eq!(aead.seal(&key, &nonce[1..], b"aad", b"text"), None);
            assert_eq!(Aead::from_cose(aead.cose()), Some(*aead));
        }
        assert_eq!(Aead::from_cose(24), None);
    }

    #[test]
    fn longest_ids() {
        assert_eq!(Aead::AesCcm16_64_128.max_id_length(), 7);
        assert_eq!(Aead::AesCcm64_64_128.max_id_length(), 1);
    }

    #[test]
    fn hashes_by_number() {
        let rows = [
            (5, Some(Hash::Sha256)),
            (-10, Some(Hash::Sha256)),
            (7, Some(Hash::Sha512)),
            (-11, Some(Hash::Sha512)),
            (4, None),
        ];
        for (cose, hash) in rows {
            assert_eq!(Hash::from_cose(cose), hash, "{cose}");
        }
    }

    /// RFC 5869, A.3: SHA-256 with empty salt and info.
    #[test]
    fn hkdf_of_rfc_5869() {
        let output = Hash::Sha256.hkdf(&[], &[0x0b; 22], &[], 4);
        assert_eq!(output.unwrap(), [0x8d, 0xa4, 0xe7, 0x75]);
        assert_eq!(Hash::Sha256.hkdf(&[], &[], &[], 255 * 32 + 1), None);
    }
}
