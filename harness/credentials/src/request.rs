//! What a certificate is to say, good or bad, for [`crate::Authority`] to issue.

use std::net::IpAddr;

use crate::certificate::CertificateError;
use crate::extension::{BasicConstraints, KeyUsage, Purpose};
use crate::public_key::PublicKey;

/// What a certificate is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whether it is to be X.509v1, which has no extensions.
    pub v1: bool,
    /// The Common Name of the subject; empty for a subject without a name.
    pub common_name: String,
    /// The subject's key.
    pub key: PublicKey,
    /// Domain names.
    pub dns: Vec<String>,
    /// Addresses.
    pub ip: Vec<IpAddr>,
    /// The first second of the validity, in Unix time.
    pub not_before: i64,
    /// The last second of the validity, in Unix time.
    pub not_after: i64,
    /// Whether it is a CA, and how many CAs may stand below it; `None` leaves basic constraints out.
    pub ca: Option<BasicConstraints>,
    /// What its key may be used for; `None` leaves the extension out.
    pub key_usage: Option<KeyUsage>,
    /// What it may be used for; empty leaves the extension out.
    pub usages: Vec<Purpose>,
    /// Further extensions, as they are.
    pub extensions: Vec<RawExtension>,
}

/// An extension that nobody reads before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawExtension {
    /// The object identifier, with dots.
    pub oid: String,
    /// Whether it is critical.
    pub critical: bool,
    /// Its content.
    pub content: Vec<u8>,
}

/// Why a certificate cannot be issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// Something that DER cannot write.
    #[error("cannot write the certificate: {0}")]
    Encode(String),
    /// A certificate that this crate itself does not read.
    #[error(transparent)]
    Read(#[from] CertificateError),
}

impl Request {
    /// A request for an end entity, valid from 2020 to 2099, for signatures of servers and clients.
    pub fn new(common_name: &str, key: PublicKey) -> Self {
        Self {
            v1: false,
            common_name: common_name.to_owned(),
            key,
            dns: Vec::new(),
            ip: Vec::new(),
            not_before: YEAR_2020,
            not_after: END_OF_2099,
            ca: None,
            key_usage: Some(KeyUsage::DIGITAL_SIGNATURE),
            usages: vec![Purpose::ServerAuth, Purpose::ClientAuth],
            extensions: Vec::new(),
        }
    }

    /// A request for a CA, valid from 2020 to 2099.
    pub fn authority(common_name: &str, key: PublicKey, path_length: Option<u32>) -> Self {
        Self {
            ca: Some(BasicConstraints {
                ca: true,
                path_length,
            }),
            key_usage: Some(KeyUsage::KEY_CERT_SIGN.and(KeyUsage::CRL_SIGN)),
            usages: Vec::new(),
            ..Self::new(common_name, key)
        }
    }
}

impl From<der::Error> for IssueError {
    fn from(error: der::Error) -> Self {
        Self::Encode(error.to_string())
    }
}

/// 2020-01-01T00:00:00Z.
const YEAR_2020: i64 = 1_577_836_800;
/// 2099-12-31T23:59:59Z.
const END_OF_2099: i64 = 4_102_444_799;
