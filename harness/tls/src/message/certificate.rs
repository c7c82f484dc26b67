//! Certificate, CertificateRequest and CertificateVerify (RFC 5246, 7.4.2, 7.4.4 and 7.4.8; RFC 7250, 3).

use super::Signature;
use crate::wire::{DecodeError, Reader, Write, numbers};

/// What a peer shows of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Certificates in DER, its own one first; may be empty.
    Chain(Vec<Vec<u8>>),
    /// A SubjectPublicKeyInfo in DER; may be empty.
    RawKey(Vec<u8>),
}

impl Shown {
    /// Whether it shows nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Chain(chain) => chain.is_empty(),
            Self::RawKey(key) => key.is_empty(),
        }
    }

    pub(super) fn decode(raw_key: bool, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if raw_key {
            let key = reader.vec24("a SubjectPublicKeyInfo")?.rest();
            return Ok(Self::RawKey(key.to_vec()));
        }
        let mut list = reader.vec24("a list of certificates")?;
        let mut chain = Vec::new();
        while !list.is_empty() {
            chain.push(list.vec24("a certificate")?.rest().to_vec());
        }
        Ok(Self::Chain(chain))
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::RawKey(key) => out.put_vec24(key),
            Self::Chain(chain) => {
                let mut list = Vec::new();
                for certificate in chain {
                    list.put_vec24(certificate);
                }
                out.put_vec24(&list);
            }
        }
    }
}

/// How a server asks for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    /// Types of keys: 64 is ecdsa_sign (RFC 8422, 5.5).
    pub types: Vec<u8>,
    /// Pairs of hash and signature.
    pub algorithms: Vec<u16>,
    /// Distinguished names of CAs, in DER.
    pub authorities: Vec<Vec<u8>>,
}

impl CertificateRequest {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let types = reader.vec8("types of certificates")?.rest().to_vec();
        let mut list = reader.vec16("signature algorithms")?;
        let algorithms = list.numbers("a signature algorithm")?;
        let mut names = reader.vec16("names of authorities")?;
        let mut authorities = Vec::new();
        while !names.is_empty() {
            authorities.push(names.vec16("a name")?.rest().to_vec());
        }
        Ok(Self {
            types,
            algorithms,
            authorities,
        })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_vec8(&self.types);
        out.put_vec16(&numbers(&self.algorithms));
        let mut names = Vec::new();
        for name in &self.authorities {
            names.put_vec16(name);
        }
        out.put_vec16(&names);
    }
}

/// How a client proves that it has the key of its certificate: a signature over the handshake so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateVerify(pub Signature);
