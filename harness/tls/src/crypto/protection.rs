//! Protection of records: AEAD (RFC 5246, 6.2.3.3; RFC 6655; RFC 5288), CBC with the MAC inside (RFC 5246, 6.2.3.2) or
//! outside (RFC 7366), and all of them with a Connection ID (RFC 9146, 5).
//!
//! What stands in a record's header is an argument, so that a wrong header can be protected too.

use aes::{Aes128, Aes256};
use aes_gcm::AesGcm;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use ccm::Ccm;
use ccm::aead::{Aead, KeyInit, Payload};
use ccm::consts::{U8, U12, U16};
use subtle::ConstantTimeEq;

use super::prf::{Master, Randoms, hmac, key_block};
use crate::suite::{Bulk, Hash, SuiteFacts};
use crate::version::Version;

/// The key of one direction in one epoch.
#[derive(Clone)]
pub(crate) struct Protection(Cipher);

/// What of a record's header is authenticated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordFacts<'a> {
    /// The content type outside.
    pub(crate) content_type: u8,
    pub(crate) version: Version,
    /// The sequence number; in DTLS the epoch stands in its upper 16 bits.
    pub(crate) number: u64,
    /// The Connection ID; empty if the record has none.
    pub(crate) cid: &'a [u8],
}

/// Why a record does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("record of {0} bytes, too short to be protected")]
    TooShort(usize),
    #[error("{0} bytes of ciphertext are no whole blocks")]
    Blocks(usize),
    #[error("bad MAC")]
    Mac,
}

#[derive(Clone)]
enum Cipher {
    Aead {
        key: AeadKey,
        iv: [u8; 4],
    },
    Cbc {
        key: [u8; 16],
        mac: Vec<u8>,
        mac_outside: bool,
    },
}

#[derive(Clone)]
enum AeadKey {
    Ccm8Aes128(Box<Ccm<Aes128, U8, U12>>),
    Ccm8Aes256(Box<Ccm<Aes256, U8, U12>>),
    CcmAes128(Box<Ccm<Aes128, U16, U12>>),
    CcmAes256(Box<Ccm<Aes256, U16, U12>>),
    GcmAes128(Box<AesGcm<Aes128, U12>>),
    GcmAes256(Box<AesGcm<Aes256, U12>>),
}

/// The protections of the client's and of the server's records (RFC 5246, 6.3).
pub(crate) fn protections(
    suite: &SuiteFacts,
    master: &Master,
    randoms: &Randoms,
    mac_outside: bool,
) -> Option<(Protection, Protection)> {
    let (mac, iv) = match suite.bulk {
        Bulk::CbcSha256 => (MAC_LENGTH, 0),
        _ => (0, FIXED_IV_LENGTH),
    };
    let key = suite.key_length;
    let block = key_block(suite.hash, master, randoms, 2 * (mac + key + iv));
    let (macs, rest) = block.split_at(2 * mac);
    let (keys, ivs) = rest.split_at(2 * key);
    let side = |index: usize| {
        let part = |bytes: &'_ [u8], length: usize| bytes[index * length..][..length].to_vec();
        Protection::new(
            suite,
            &part(keys, key),
            part(macs, mac),
            &part(ivs, iv),
            mac_outside,
        )
    };
    Some((side(0)?, side(1)?))
}

impl Protection {
    fn new(
        suite: &SuiteFacts,
        key: &[u8],
        mac: Vec<u8>,
        iv: &[u8],
        mac_outside: bool,
    ) -> Option<Self> {
        if suite.bulk == Bulk::CbcSha256 {
            let key = key.try_into().ok()?;
            return Some(Self(Cipher::Cbc {
                key,
                mac,
                mac_outside,
            }));
        }
        let key = AeadKey::new(suite.bulk, key)?;
        let iv = iv.try_into().ok()?;
        Some(Self(Cipher::Aead { key, iv }))
    }

    /// Protects `plaintext`; `iv` is the explicit one of CBC.
    pub(crate) fn seal(&self, facts: &RecordFacts<'_>, plaintext: &[u8], iv: [u8; 16]) -> Vec<u8> {
        match &self.0 {
            Cipher::Aead { key, iv } => {
                let explicit = facts.number.to_be_bytes();
                let additional = additional_data(facts, plaintext.len());
                let sealed = key.seal(&nonce(*iv, explicit), plaintext, &additional);
                [explicit.to_vec(), sealed].concat()
            }
            Cipher::Cbc {
                key,
                mac,
                mac_outside: false,
            } => {
                let tag = mac_of(mac, facts, plaintext.len(), &[plaintext]);
                let mut inside = [plaintext, &tag].concat();
                encrypt(key, iv, &mut inside);
                [iv.to_vec(), inside].concat()
            }
            Cipher::Cbc { key, mac, .. } => {
                let mut inside = plaintext.to_vec();
                encrypt(key, iv, &mut inside);
                let tag = mac_of(mac, facts, iv.len() + inside.len(), &[&iv, &inside]);
                [iv.to_vec(), inside, tag].concat()
            }
        }
    }

    /// Opens what [`Protection::seal`] made.
    pub(crate) fn open(
        &self,
        facts: &RecordFacts<'_>,
        fragment: &[u8],
    ) -> Result<Vec<u8>, OpenError> {
        match &self.0 {
            Cipher::Aead { key, iv } => open_aead(key, *iv, facts, fragment),
            Cipher::Cbc {
                key,
                mac,
                mac_outside: false,
            } => open_mac_inside(key, mac, facts, fragment),
            Cipher::Cbc { key, mac, .. } => open_mac_outside(key, mac, facts, fragment),
        }
    }
}

macro_rules! each {
    ($key:expr, $cipher:ident => $action:expr) => {
        match $key {
            AeadKey::Ccm8Aes128($cipher) => $action,
            AeadKey::Ccm8Aes256($cipher) => $action,
            AeadKey::CcmAes128($cipher) => $action,
            AeadKey::CcmAes256($cipher) => $action,
            AeadKey::GcmAes128($cipher) => $action,
            AeadKey::GcmAes256($cipher) => $action,
        }
    };
}

impl AeadKey {
    fn new(bulk: Bulk, key: &[u8]) -> Option<Self> {
        Some(match (bulk, key.len()) {
            (Bulk::Ccm8, 16) => Self::Ccm8Aes128(Box::new(KeyInit::new_from_slice(key).ok()?)),
            (Bulk::Ccm8, 32) => Self::Ccm8Aes256(Box::new(KeyInit::new_from_slice(key).ok()?)),
            (Bulk::Ccm, 16) => Self::CcmAes128(Box::new(KeyInit::new_from_slice(key).ok()?)),
            (Bulk::Ccm, 32) => Self::CcmAes256(Box::new(KeyInit::new_from_slice(key).ok()?)),
            (Bulk::Gcm, 16) => Self::GcmAes128(Box::new(KeyInit::new_from_slice(key).ok()?)),
            (Bulk::Gcm, 32) => Self::GcmAes256(Box::new(KeyInit::new_from_slice(key).ok()?)),
            _ => return None,
        })
    }

    const fn tag_length(&self) -> usize {
        match self {
            Self::Ccm8Aes128(_) | Self::Ccm8Aes256(_) => 8,
            _ => 16,
        }
    }

    /// Fails only for more bytes than a record can have.
    fn seal(&self, nonce: &[u8; 12], msg: &[u8], aad: &[u8]) -> Vec<u8> {
        let payload = Payload { msg, aad };
        each!(self, cipher => cipher.encrypt(nonce.into(), payload)).unwrap_or_default()
    }

    fn open(&self, nonce: &[u8; 12], msg: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
        let payload = Payload { msg, aad };
        each!(self, cipher => cipher.decrypt(nonce.into(), payload)).ok()
    }
}

fn open_aead(
    key: &AeadKey,
    iv: [u8; 4],
    facts: &RecordFacts<'_>,
    fragment: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let too_short = OpenError::TooShort(fragment.len());
    let (explicit, sealed) = fragment.split_first_chunk::<8>().ok_or(too_short)?;
    let length = sealed
        .len()
        .checked_sub(key.tag_length())
        .ok_or(too_short)?;
    let additional = additional_data(facts, length);
    key.open(&nonce(iv, *explicit), sealed, &additional)
        .ok_or(OpenError::Mac)
}

fn open_mac_inside(
    key: &[u8; 16],
    mac: &[u8],
    facts: &RecordFacts<'_>,
    fragment: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let too_short = OpenError::TooShort(fragment.len());
    let (iv, sealed) = fragment.split_first_chunk::<BLOCK>().ok_or(too_short)?;
    if sealed.len() < MAC_LENGTH + 1 {
        return Err(too_short);
    }
    let mut inside = decrypt(key, *iv, sealed)?;
    // bad padding counts as none, so that the MAC is computed in any case (RFC 5246, 6.2.3.2)
    let padded = padding(&inside).filter(|padding| padding + MAC_LENGTH <= inside.len());
    let length = inside.len() - MAC_LENGTH - padded.unwrap_or(0);
    inside.truncate(length + MAC_LENGTH);
    let tag = inside.split_off(length);
    let wanted = mac_of(mac, facts, length, &[&inside]);
    if bool::from(wanted.ct_eq(&tag)) && padded.is_some() {
        return Ok(inside);
    }
    Err(OpenError::Mac)
}

fn open_mac_outside(
    key: &[u8; 16],
    mac: &[u8],
    facts: &RecordFacts<'_>,
    fragment: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let too_short = OpenError::TooShort(fragment.len());
    let (body, tag) = fragment.split_last_chunk::<MAC_LENGTH>().ok_or(too_short)?;
    let (iv, sealed) = body.split_first_chunk::<BLOCK>().ok_or(too_short)?;
    if sealed.is_empty() {
        return Err(too_short);
    }
    let wanted = mac_of(mac, facts, body.len(), &[body]);
    if !bool::from(wanted.as_slice().ct_eq(tag)) {
        return Err(OpenError::Mac);
    }
    let mut inside = decrypt(key, *iv, sealed)?;
    let padding = padding(&inside).ok_or(OpenError::Mac)?;
    inside.truncate(inside.len() - padding);
    Ok(inside)
}

/// salt and explicit nonce (RFC 5288, 3; RFC 6655, 3).
fn nonce(iv: [u8; 4], explicit: [u8; 8]) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&iv);
    nonce[4..].copy_from_slice(&explicit);
    nonce
}

/// What is authenticated beside the content (RFC 5246, 6.2.3.3; RFC 9146, 5.3).
fn additional_data(facts: &RecordFacts<'_>, length: usize) -> Vec<u8> {
    let number = facts.number.to_be_bytes();
    let version = facts.version.0.to_be_bytes();
    let length = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    if facts.cid.is_empty() {
        return [&number[..], &[facts.content_type], &version, &length].concat();
    }
    let placeholder = [0xff; 8];
    let cid_length = u8::try_from(facts.cid.len()).unwrap_or(u8::MAX);
    let kind = facts.content_type;
    let head = [kind, cid_length, kind];
    [
        &placeholder[..],
        &head,
        &version,
        &number,
        facts.cid,
        &length,
    ]
    .concat()
}

/// The MAC of a CBC suite (RFC 5246, 6.2.3.1; RFC 7366, 3; RFC 9146, 5.1 and 5.2).
fn mac_of(key: &[u8], facts: &RecordFacts<'_>, length: usize, parts: &[&[u8]]) -> Vec<u8> {
    let additional = additional_data(facts, length);
    let mut inputs: Vec<&[u8]> = vec![&additional];
    inputs.extend_from_slice(parts);
    hmac(Hash::Sha256, key, &inputs)
}

/// Pads (RFC 5246, 6.2.3.2) and encrypts in place.
fn encrypt(key: &[u8; 16], iv: [u8; 16], bytes: &mut Vec<u8>) {
    let padding = BLOCK - bytes.len() % BLOCK;
    bytes.resize(bytes.len() + padding, (padding - 1) as u8);
    let mut mode = cbc::Encryptor::<Aes128>::new(key.into(), &iv.into());
    for block in bytes.as_chunks_mut::<BLOCK>().0 {
        mode.encrypt_block(block.into());
    }
}

fn decrypt(key: &[u8; 16], iv: [u8; 16], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let mut bytes = sealed.to_vec();
    let (blocks, rest) = bytes.as_chunks_mut::<BLOCK>();
    if !rest.is_empty() {
        return Err(OpenError::Blocks(sealed.len()));
    }
    let mut mode = cbc::Decryptor::<Aes128>::new(key.into(), &iv.into());
    for block in blocks {
        mode.decrypt_block(block.into());
    }
    Ok(bytes)
}

/// Length of the padding with its length byte, if every byte of it is right.
fn padding(bytes: &[u8]) -> Option<usize> {
    let last = *bytes.last()?;
    let length = usize::from(last) + 1;
    let start = bytes.len().checked_sub(length)?;
    bytes[start..]
        .iter()
        .all(|byte| *byte == last)
        .then_some(length)
}

const BLOCK: usize = 16;
// HMAC-SHA256 (RFC 5246, 6.2.3.1)
const MAC_LENGTH: usize = 32;
// RFC 5288, 3; RFC 6655, 3
const FIXED_IV_LENGTH: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::SUITES;

    const MASTER: Master = [0x5a; 48];
    const RANDOMS: Randoms = Randoms {
        client: [1; 32],
        server: [2; 32],
    };

    fn facts(cid: &[u8]) -> RecordFacts<'_> {
        RecordFacts {
            content_type: if cid.is_empty() { 23 } else { 25 },
            version: Version::DTLS_1_2,
            number: 0x0001_0000_0000_0007,
            cid,
        }
    }

    #[test]
    fn every_suite_opens_what_it_seals_and_nothing_else() {
        for suite in SUITES {
            for mac_outside in [false, true] {
                for cid in [&[][..], &[9, 8, 7]] {
                    check(suite, mac_outside, cid);
                }
            }
        }
    }

    fn check(suite: &SuiteFacts, mac_outside: bool, cid: &[u8]) {
        let (client, server) = protections(suite, &MASTER, &RANDOMS, mac_outside).unwrap();
        for length in [0, 1, 15, 16, 100] {
            let text = vec![0x61; length];
            let sealed = client.seal(&facts(cid), &text, [3; 16]);
            assert_eq!(client.open(&facts(cid), &sealed), Ok(text), "{suite:?}");
            assert!(server.open(&facts(cid), &sealed).is_err());
            for at in 0..sealed.len() {
                let mut bent = sealed.clone();
                bent[at] ^= 1;
                assert!(client.open(&facts(cid), &bent).is_err(), "{suite:?} {at}");
                assert!(client.open(&facts(cid), &sealed[..at]).is_err());
            }
            let other = RecordFacts {
                number: 8,
                ..facts(cid)
            };
            assert_eq!(client.open(&other, &sealed), Err(OpenError::Mac));
        }
    }

    /// RFC 6655, 3: the nonce is salt and explicit nonce, which is epoch and sequence number in DTLS.
    #[test]
    fn the_explicit_nonce_is_epoch_and_sequence_number() {
        let suite = crate::suite::Suite::PSK_AES_128_CCM_8.facts().unwrap();
        let (client, _) = protections(suite, &MASTER, &RANDOMS, false).unwrap();
        let sealed = client.seal(&facts(&[]), b"hello", [0; 16]);
        assert_eq!(sealed[..8], [0, 1, 0, 0, 0, 0, 0, 7]);
        assert_eq!(sealed.len(), 8 + 5 + 8);
        assert_eq!(
            nonce([1, 2, 3, 4], [5; 8]),
            [1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5]
        );
    }

    /// RFC 5246, 6.2.3.3, and RFC 9146, 5.3, field by field.
    #[test]
    fn additional_data_is_composed_as_written() {
        let plain = [0, 1, 0, 0, 0, 0, 0, 7, 23, 0xfe, 0xfd, 0, 5];
        assert_eq!(additional_data(&facts(&[]), 5), plain);
        let mut with_cid = vec![0xff; 8];
        with_cid.extend([
            25, 2, 25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 7, 0xab, 0xcd, 0, 5,
        ]);
        assert_eq!(additional_data(&facts(&[0xab, 0xcd]), 5), with_cid);
    }
}
