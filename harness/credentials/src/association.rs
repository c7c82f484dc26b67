//! What a client expects its server to show: Server Public Key, Matching Type and Certificate Usage, resources 4, 13 and 15
//! of the Security Object (Core TS, E.1; RFC 6698, 2.1).
//!
//! LwM2M has no selector as RFC 6698 does: the data is a certificate or the public key of one, so both are tried.

use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::certificate::Certificate;

/// What is expected of a server's certificate or raw public key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Association {
    /// Certificate Usage, `None` if resource 15 is absent.
    ///
    /// Absent means 3 (Core TS, E.1). But resource 4 may as well hold "a trust anchor certificate suitable for path
    /// validation", with nothing beside it: LwM2M 1.0 had no resource 15, Transport TS 5.2.9.3 tells the two apart by
    /// whether the certificate presented equals the one stored, and ETS case 403 relies on it. So an absent usage
    /// whose data is a whole CA certificate other than the one presented is taken as usage 2. A usage of 3 that is
    /// written stays strict.
    pub usage: Option<Usage>,
    /// How the data stands for the certificate or key.
    pub matching: Matching,
    /// The DER of a certificate or of a SubjectPublicKeyInfo, or a hash of one.
    pub data: Vec<u8>,
}

/// Certificate Usage, resource 15 (RFC 6698, 2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Usage {
    /// 0: a CA that must be on the path, besides validation against the roots.
    CaConstraint,
    /// 1: the end entity, besides validation against the roots.
    ServiceConstraint,
    /// 2: the trust anchor, in place of the roots.
    TrustAnchor,
    /// 3: the end entity, with no validation.
    DomainIssued,
}

/// Matching Type, resource 13 (RFC 6698, 2.1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Matching {
    /// 0: the bytes themselves, the default.
    #[default]
    Exact,
    /// 1: their SHA-256.
    Sha256,
    /// 2: their SHA-384.
    Sha384,
    /// 3: their SHA-512.
    Sha512,
}

impl Usage {
    /// The usage of a number, if it has one.
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::CaConstraint),
            1 => Some(Self::ServiceConstraint),
            2 => Some(Self::TrustAnchor),
            3 => Some(Self::DomainIssued),
            _ => None,
        }
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        match self {
            Self::CaConstraint => 0,
            Self::ServiceConstraint => 1,
            Self::TrustAnchor => 2,
            Self::DomainIssued => 3,
        }
    }
}

impl Matching {
    /// The matching type of a number, if it has one.
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::Exact),
            1 => Some(Self::Sha256),
            2 => Some(Self::Sha384),
            3 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        match self {
            Self::Exact => 0,
            Self::Sha256 => 1,
            Self::Sha384 => 2,
            Self::Sha512 => 3,
        }
    }

    /// What stands in resource 4 for `bytes`.
    pub fn apply(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Exact => bytes.to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

impl Association {
    /// The association of a resource 4 with nothing beside it.
    pub const fn new(data: Vec<u8>) -> Self {
        Self {
            usage: None,
            matching: Matching::Exact,
            data,
        }
    }

    /// The association with a certificate.
    pub fn with_certificate(certificate: &Certificate, usage: Usage, matching: Matching) -> Self {
        Self {
            usage: Some(usage),
            matching,
            data: matching.apply(certificate.der()),
        }
    }

    /// The association with the public key of a certificate, or with a raw public key.
    pub fn with_key(spki: &[u8], usage: Usage, matching: Matching) -> Self {
        Self {
            usage: Some(usage),
            matching,
            data: matching.apply(spki),
        }
    }

    /// Whether the data stands for the certificate or for its key.
    pub fn matches(&self, certificate: &Certificate) -> bool {
        self.matches_certificate(certificate) || self.matches_key(certificate.spki())
    }

    /// Whether the data stands for the whole certificate.
    pub fn matches_certificate(&self, certificate: &Certificate) -> bool {
        self.stands_for(certificate.der())
    }

    /// Whether the data stands for a key, a SubjectPublicKeyInfo.
    pub fn matches_key(&self, spki: &[u8]) -> bool {
        self.stands_for(spki)
    }

    /// The usage against a certificate that was presented; see [`Association::usage`].
    pub fn usage_for(&self, presented: &Certificate) -> Usage {
        match self.usage {
            Some(usage) => usage,
            None if !self.matches(presented) && self.holds_authority() => Usage::TrustAnchor,
            None => Usage::DomainIssued,
        }
    }

    /// The certificate that the data is, if it is a whole one.
    pub fn certificate(&self) -> Option<Certificate> {
        match self.matching {
            Matching::Exact => Certificate::from_der(&self.data).ok(),
            _ => None,
        }
    }

    /// Whether the data is a CA certificate; a self-signed one of X.509v1 cannot say so and counts.
    fn holds_authority(&self) -> bool {
        self.certificate().is_some_and(|certificate| {
            certificate.is_ca() || certificate.version() < 3 && certificate.is_self_issued()
        })
    }

    fn stands_for(&self, bytes: &[u8]) -> bool {
        match self.matching {
            Matching::Exact => self.data == bytes,
            hash => self.data == hash.apply(bytes),
        }
    }
}
