//! The pseudorandom function and what is made with it (RFC 5246, 5, 6.3, 7.4.9 and 8.1; RFC 7627, 4), and the premaster secrets
//! of PSK (RFC 4279, 2; RFC 5489, 2).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384};

use crate::suite::Hash;

/// A master secret.
pub(crate) type Master = [u8; 48];

/// The randoms of both hellos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Randoms {
    pub(crate) client: [u8; 32],
    pub(crate) server: [u8; 32],
}

/// Who sends a Finished, or writes with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sender {
    Client,
    Server,
}

impl Sender {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// HMAC over `parts`, one after another.
pub(crate) fn hmac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    match hash {
        Hash::Sha256 => mac::<Hmac<Sha256>>(key, parts),
        Hash::Sha384 => mac::<Hmac<Sha384>>(key, parts),
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // HMAC takes a key of any length
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// The hash of `bytes`.
pub(crate) fn digest(hash: Hash, bytes: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha256 => Sha256::digest(bytes).to_vec(),
        Hash::Sha384 => Sha384::digest(bytes).to_vec(),
    }
}

/// PRF(secret, label, seed) (RFC 5246, 5).
pub(crate) fn prf(
    hash: Hash,
    secret: &[u8],
    label: &str,
    seed: &[&[u8]],
    length: usize,
) -> Vec<u8> {
    let mut parts = vec![label.as_bytes()];
    parts.extend_from_slice(seed);
    let mut output = Vec::with_capacity(length + 48);
    let mut a = hmac(hash, secret, &parts);
    while output.len() < length {
        let mut inputs: Vec<&[u8]> = vec![&a];
        inputs.extend_from_slice(&parts);
        output.extend(hmac(hash, secret, &inputs));
        a = hmac(hash, secret, &[&a]);
    }
    output.truncate(length);
    output
}

/// The master secret from both randoms (RFC 5246, 8.1).
pub(crate) fn master_secret(hash: Hash, premaster: &[u8], randoms: &Randoms) -> Master {
    let seed: [&[u8]; 2] = [&randoms.client, &randoms.server];
    master(&prf(hash, premaster, "master secret", &seed, MASTER_LENGTH))
}

/// The master secret from the handshake up to ClientKeyExchange (RFC 7627, 4).
pub(crate) fn extended_master_secret(hash: Hash, premaster: &[u8], session_hash: &[u8]) -> Master {
    master(&prf(
        hash,
        premaster,
        "extended master secret",
        &[session_hash],
        MASTER_LENGTH,
    ))
}

fn master(bytes: &[u8]) -> Master {
    bytes.try_into().unwrap_or([0; MASTER_LENGTH])
}

/// The key block (RFC 5246, 6.3).
pub(super) fn key_block(hash: Hash, master: &Master, randoms: &Randoms, length: usize) -> Vec<u8> {
    let seed: [&[u8]; 2] = [&randoms.server, &randoms.client];
    prf(hash, master, "key expansion", &seed, length)
}

/// What a Finished says (RFC 5246, 7.4.9).
pub(crate) fn verify_data(
    hash: Hash,
    master: &Master,
    sender: Sender,
    transcript: &[u8],
) -> Vec<u8> {
    let label = match sender {
        Sender::Client => "client finished",
        Sender::Server => "server finished",
    };
    prf(
        hash,
        master,
        label,
        &[&digest(hash, transcript)],
        VERIFY_LENGTH,
    )
}

/// The premaster secret of a PSK; `other` is the shared secret of a Diffie-Hellman, if one took part.
pub(crate) fn psk_premaster(key: &[u8], other: Option<&[u8]>) -> Vec<u8> {
    let zeros = vec![0; key.len()];
    let other = other.unwrap_or(&zeros);
    let mut premaster = Vec::with_capacity(4 + other.len() + key.len());
    for part in [other, key] {
        let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
        premaster.extend(length.to_be_bytes());
        premaster.extend(part);
    }
    premaster
}

// RFC 5246, 8.1
const MASTER_LENGTH: usize = 48;
// RFC 5246, 7.4.9: every suite of the table leaves it at this
const VERIFY_LENGTH: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// The vectors that were agreed on in the TLS working group (mailing list, July 2009).
    #[test]
    fn pseudorandom_functions_give_the_working_groups_vectors() {
        let secret = hex("9bbe436ba940f017b17652849a71db35");
        let seed = hex("a0ba9f936cda311827a6f796ffd5198c");
        let wanted = hex(
            "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a
            6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab
            4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701
            87347b66",
        );
        let output = prf(Hash::Sha256, &secret, "test label", &[&seed], 100);
        assert_eq!(output, wanted);
        let secret = hex("b80b733d6ceefcdc71566ea48e5567df");
        let seed = hex("cd665cf6a8447dd6ff8b27555edb7465");
        let wanted = hex(
            "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd
            e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd
            8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425
            9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6
            91c8f3a26854308d5eaa3be85e0990703d73e56f",
        );
        let output = prf(Hash::Sha384, &secret, "test label", &[&seed], 148);
        assert_eq!(output, wanted);
    }

    /// RFC 4279, 2, and RFC 5489, 2.
    #[test]
    fn the_premaster_secret_of_a_psk_is_two_vectors() {
        assert_eq!(
            psk_premaster(&[0xaa, 0xbb], None),
            [0, 2, 0, 0, 0, 2, 0xaa, 0xbb]
        );
        assert_eq!(
            psk_premaster(&[0xaa], Some(&[1, 2, 3])),
            [0, 3, 1, 2, 3, 0, 1, 0xaa]
        );
    }
}
