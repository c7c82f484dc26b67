//! What can be wrong with the certificates of a peer, and the alert that says so (RFC 5246, 7.2.2).

use std::time::Duration;

use der::DateTime;

use crate::certificate::CertificateError;
use crate::public_key::KeyError;

/// Why certificates or a raw public key are not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No certificate at all.
    #[error("no certificate, wanted at least one")]
    Empty,
    /// More certificates than anybody needs.
    #[error("chain of {found} certificates, wanted at most {most}")]
    TooLong {
        /// How many there were.
        found: usize,
        /// How many are read.
        most: usize,
    },
    /// Bytes that are no certificate, or one that contradicts itself.
    #[error("{0}")]
    Malformed(String),
    /// A certificate whose issuer is neither trusted nor shown.
    #[error("issuer \"{issuer}\" of \"{subject}\" is neither trusted nor in the chain")]
    UnknownIssuer {
        /// The certificate.
        subject: String,
        /// Who issued it.
        issuer: String,
    },
    /// A signature that is not the issuer's.
    #[error("signature of \"{subject}\" is not its issuer's")]
    BadSignature {
        /// The certificate.
        subject: String,
    },
    /// A certificate after its validity.
    #[error("\"{subject}\" expired on {}, now is {}", date(*.not_after), date(*.now))]
    Expired {
        /// The certificate.
        subject: String,
        /// Its last second, in Unix time.
        not_after: i64,
        /// The time of the check, in Unix time.
        now: i64,
    },
    /// A certificate before its validity.
    #[error("\"{subject}\" is valid from {}, now is {}", date(*.not_before), date(*.now))]
    NotYetValid {
        /// The certificate.
        subject: String,
        /// Its first second, in Unix time.
        not_before: i64,
        /// The time of the check, in Unix time.
        now: i64,
    },
    /// A certificate for somebody else (RFC 6125, 6).
    #[error("certificate names {found}, wanted {expected}")]
    WrongName {
        /// The reference identifier.
        expected: String,
        /// The presented identifiers.
        found: String,
    },
    /// A certificate or key other than the one in /0/x/4 (Core TS, E.1).
    #[error("the {presented} is not the one that is expected")]
    NotTheExpectedKey {
        /// What was held against the expectation: `certificate`, `chain` or `raw public key`.
        presented: &'static str,
    },
    /// A key that no suite of LwM2M uses (Transport TS, 5.2.3).
    #[error("\"{subject}\": {reason}")]
    UnsupportedKey {
        /// The certificate.
        subject: String,
        /// What the key is.
        reason: String,
    },
    /// A signature algorithm other than ECDSA with SHA-256, SHA-384 or SHA-512.
    #[error("signature of algorithm {algorithm}, wanted ECDSA")]
    UnsupportedSignature {
        /// The object identifier.
        algorithm: String,
    },
    /// An issuer that may not issue (RFC 5280, 6.1.4 (k), (n)).
    #[error("\"{subject}\" issued a certificate and is no CA")]
    NotACa {
        /// The issuer.
        subject: String,
    },
    /// More CAs below one than it allows (RFC 5280, 6.1.4 (m)).
    #[error("\"{subject}\" allows {allowed} CAs below it, found {found}")]
    PathTooLong {
        /// The CA.
        subject: String,
        /// Its path length constraint.
        allowed: u32,
        /// How many there were.
        found: u32,
    },
    /// A certificate for another use (RFC 5280, 4.2.1.3 and 4.2.1.12).
    #[error("\"{subject}\" is for {found}, wanted {wanted}")]
    WrongPurpose {
        /// The certificate.
        subject: String,
        /// What it allows.
        found: String,
        /// What it is used for.
        wanted: &'static str,
    },
    /// A critical extension that is not processed (RFC 5280, 4.2).
    #[error("\"{subject}\" has the critical extension {oid}, which is not known")]
    UnknownCritical {
        /// The certificate.
        subject: String,
        /// The object identifier.
        oid: String,
    },
    /// A certificate that is not X.509v3 (Transport TS, 5.2.9.3).
    #[error("\"{subject}\" is X.509v{found}, wanted X.509v3")]
    WrongVersion {
        /// The certificate.
        subject: String,
        /// The version that was there.
        found: u8,
    },
}

impl Fault {
    /// The description of the fatal alert that tells the peer (RFC 5246, 7.2.2).
    pub const fn alert(&self) -> u8 {
        match self {
            Self::Empty => HANDSHAKE_FAILURE,
            Self::Malformed(_)
            | Self::TooLong { .. }
            | Self::BadSignature { .. }
            | Self::WrongName { .. }
            | Self::NotACa { .. }
            | Self::PathTooLong { .. } => BAD_CERTIFICATE,
            Self::UnsupportedKey { .. }
            | Self::UnsupportedSignature { .. }
            | Self::WrongPurpose { .. }
            | Self::UnknownCritical { .. }
            | Self::WrongVersion { .. } => UNSUPPORTED_CERTIFICATE,
            Self::Expired { .. } | Self::NotYetValid { .. } => CERTIFICATE_EXPIRED,
            Self::NotTheExpectedKey { .. } => CERTIFICATE_UNKNOWN,
            Self::UnknownIssuer { .. } => UNKNOWN_CA,
        }
    }

    /// A short name for records and reports, in kebab case.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too-long",
            Self::Malformed(_) => "malformed",
            Self::UnknownIssuer { .. } => "unknown-issuer",
            Self::BadSignature { .. } => "bad-signature",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::WrongName { .. } => "wrong-name",
            Self::NotTheExpectedKey { .. } => "not-the-expected-key",
            Self::UnsupportedKey { .. } => "unsupported-key",
            Self::UnsupportedSignature { .. } => "unsupported-signature",
            Self::NotACa { .. } => "not-a-ca",
            Self::PathTooLong { .. } => "path-too-long",
            Self::WrongPurpose { .. } => "wrong-purpose",
            Self::UnknownCritical { .. } => "unknown-critical",
            Self::WrongVersion { .. } => "wrong-version",
        }
    }

    pub(crate) fn unsupported_key(subject: &str, error: &KeyError) -> Self {
        Self::UnsupportedKey {
            subject: subject.to_owned(),
            reason: error.to_string(),
        }
    }
}

impl From<CertificateError> for Fault {
    fn from(error: CertificateError) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// The date of a second of Unix time, or its number if it has none that X.509 can write.
fn date(seconds: i64) -> String {
    u64::try_from(seconds)
        .ok()
        .and_then(|seconds| DateTime::from_unix_duration(Duration::from_secs(seconds)).ok())
        .map_or_else(|| format!("second {seconds}"), |date| date.to_string())
}

/// RFC 5246, 7.4.6: what a server may answer to a client without a certificate.
const HANDSHAKE_FAILURE: u8 = 40;
/// RFC 5246, 7.2.2: corrupt, signatures that do not verify, and the like.
const BAD_CERTIFICATE: u8 = 42;
/// RFC 5246, 7.2.2.
const UNSUPPORTED_CERTIFICATE: u8 = 43;
/// RFC 5246, 7.2.2: expired or not currently valid.
const CERTIFICATE_EXPIRED: u8 = 45;
/// RFC 5246, 7.2.2: any other reason.
const CERTIFICATE_UNKNOWN: u8 = 46;
/// RFC 5246, 7.2.2.
const UNKNOWN_CA: u8 = 48;
