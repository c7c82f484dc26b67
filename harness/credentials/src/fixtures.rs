//! The public test credentials of testfest, as they stand in `fixtures/keys`.
//!
//! Everybody has their private keys: they prove nothing and protect nothing. What each is for says `fixtures/keys/README.md`;
//! [`make`] makes them anew, always the same.

mod recipe;

pub use recipe::{File, make};

use crate::certificate::{Certificate, CertificateError};
use crate::private_key::PrivateKey;
use crate::public_key::{KeyError, PublicKey};

/// A certificate with its chain and private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name, that of its files.
    pub name: &'static str,
    /// The certificate, in DER.
    pub der: &'static [u8],
    /// The CA certificates to show after it, in DER; the root is not among them.
    pub issuers: &'static [&'static [u8]],
    /// The private key, a OneAsymmetricKey of version 1.
    pub private: &'static [u8],
}

/// A raw public key with its private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawKey {
    /// Its name, that of its files.
    pub name: &'static str,
    /// The public key, a SubjectPublicKeyInfo.
    pub spki: &'static [u8],
    /// The private key, a OneAsymmetricKey of version 1.
    pub private: &'static [u8],
}

impl Identity {
    /// The certificate.
    pub fn certificate(&self) -> Result<Certificate, CertificateError> {
        Certificate::from_der(self.der)
    }

    /// The certificates to show in a handshake, its own one first.
    pub fn chain(&self) -> Result<Vec<Certificate>, CertificateError> {
        let whole = std::iter::once(&self.der).chain(self.issuers);
        whole.map(|der| Certificate::from_der(der)).collect()
    }

    /// The private key.
    pub fn key(&self) -> Result<PrivateKey, KeyError> {
        PrivateKey::from_der(self.private)
    }
}

impl RawKey {
    /// The public key.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_spki(self.spki)
    }

    /// The private key.
    pub fn key(&self) -> Result<PrivateKey, KeyError> {
        PrivateKey::from_der(self.private)
    }
}

/// The identity of a name.
pub fn identity(name: &str) -> Option<&'static Identity> {
    IDENTITIES.iter().find(|identity| identity.name == name)
}

/// The raw public key of a name.
pub fn raw_key(name: &str) -> Option<&'static RawKey> {
    RAW_KEYS.iter().find(|key| key.name == name)
}

macro_rules! file {
    ($name:literal, $extension:literal) => {
        include_bytes!(concat!("../../../fixtures/keys/", $name, $extension))
    };
}

macro_rules! identity {
    ($name:literal $(, $issuer:literal)*) => {
        Identity {
            name: $name,
            der: file!($name, ".der"),
            issuers: &[$(file!($issuer, ".der")),*],
            private: file!($name, ".p8"),
        }
    };
}

macro_rules! raw_key {
    ($name:literal) => {
        RawKey {
            name: $name,
            spki: file!($name, ".der"),
            private: file!($name, ".p8"),
        }
    };
}

/// "testfest CA": what implementations are to trust.
pub const ROOT_CA: Identity = identity!("root-ca");
/// "testfest intermediate CA", issued by the root.
pub const INTERMEDIATE_CA: Identity = identity!("intermediate-ca");
/// "testfest other CA", which nobody is to trust.
pub const OTHER_CA: Identity = identity!("other-ca");
/// The LwM2M Server `server.example.com`.
pub const SERVER: Identity = identity!("server");
/// The same server, issued by the intermediate CA.
pub const SERVER_CHAIN: Identity = identity!("server-chain", "intermediate-ca");
/// The LwM2M Server at `localhost`, 127.0.0.1 and ::1.
pub const SERVER_LOCAL: Identity = identity!("server-local");
/// The Bootstrap-Server `bootstrap-server.example.com`.
pub const BOOTSTRAP_SERVER: Identity = identity!("bootstrap-server");
/// The Bootstrap-Server at `localhost`, 127.0.0.1 and ::1.
pub const BOOTSTRAP_SERVER_LOCAL: Identity = identity!("bootstrap-server-local");
/// The LwM2M Client `urn:dev:testfest-client`.
pub const CLIENT: Identity = identity!("client");
/// The same client, issued by the intermediate CA.
pub const CLIENT_CHAIN: Identity = identity!("client-chain", "intermediate-ca");
/// The LwM2M Client `urn:dev:testfest-client-2`.
pub const CLIENT_2: Identity = identity!("client-2");
/// A client of the same name, issued by the other CA.
pub const CLIENT_OTHER_CA: Identity = identity!("client-other-ca");
/// A server that expired in 2020.
pub const SERVER_EXPIRED: Identity = identity!("server-expired");
/// A server that is valid from 2099.
pub const SERVER_NOT_YET_VALID: Identity = identity!("server-not-yet-valid");
/// A server issued by the other CA.
pub const SERVER_OTHER_CA: Identity = identity!("server-other-ca");
/// A server that issued its own certificate.
pub const SERVER_SELF_SIGNED: Identity = identity!("server-self-signed");

/// Every identity.
pub const IDENTITIES: &[Identity] = &[
    ROOT_CA,
    INTERMEDIATE_CA,
    OTHER_CA,
    SERVER,
    SERVER_CHAIN,
    SERVER_LOCAL,
    BOOTSTRAP_SERVER,
    BOOTSTRAP_SERVER_LOCAL,
    CLIENT,
    CLIENT_CHAIN,
    CLIENT_2,
    CLIENT_OTHER_CA,
    SERVER_EXPIRED,
    SERVER_NOT_YET_VALID,
    SERVER_OTHER_CA,
    SERVER_SELF_SIGNED,
];

/// The raw public key of the LwM2M Client.
pub const RAW_CLIENT: RawKey = raw_key!("raw-client");
/// The raw public key of the LwM2M Server.
pub const RAW_SERVER: RawKey = raw_key!("raw-server");
/// The raw public key of the Bootstrap-Server.
pub const RAW_BOOTSTRAP_SERVER: RawKey = raw_key!("raw-bootstrap-server");

/// Every raw public key.
pub const RAW_KEYS: &[RawKey] = &[RAW_CLIENT, RAW_SERVER, RAW_BOOTSTRAP_SERVER];
