//! What each side shows and what it expects of the other: pre-shared keys, raw public keys, certificates.
//!
//! Any of it may contradict the rest: a key need not belong to the certificate that is shown.

use credentials::{Association, Certificate, PrivateKey, Reference};

use crate::message::Shown;

/// A private key and what is shown for it.
#[derive(Clone, Debug)]
pub struct OwnKey {
    /// What signs.
    pub key: PrivateKey,
    /// What is shown: certificates or a raw public key.
    pub shown: Shown,
}

impl OwnKey {
    /// A raw public key.
    pub fn raw(key: PrivateKey) -> Self {
        let shown = Shown::RawKey(key.public().to_spki());
        Self { key, shown }
    }

    /// Certificates, the key's own one first.
    pub fn chain(key: PrivateKey, chain: &[Certificate]) -> Self {
        let chain = chain.iter().map(|one| one.der().to_vec()).collect();
        let shown = Shown::Chain(chain);
        Self { key, shown }
    }

    pub(crate) const fn is_raw(&self) -> bool {
        matches!(self.shown, Shown::RawKey(_))
    }
}

/// A pre-shared key with its identity.
#[derive(Clone, PartialEq, Eq)]
pub struct Psk {
    /// The identity, any bytes.
    pub identity: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
}

impl Psk {
    /// A pre-shared key.
    pub fn new(identity: &[u8], key: &[u8]) -> Self {
        Self {
            identity: identity.to_vec(),
            key: key.to_vec(),
        }
    }
}

/// Shows the identity only.
impl std::fmt::Debug for Psk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let identity = String::from_utf8_lossy(&self.identity);
        write!(f, "Psk({identity:?})")
    }
}

/// What a server has and expects.
#[derive(Clone, Debug, Default)]
pub struct ServerCredentials {
    /// The pre-shared keys of its clients.
    pub psks: Vec<Psk>,
    /// The identity hint: `None` sends none, an empty one is sent empty.
    pub hint: Option<Vec<u8>>,
    /// Its raw public key, its certificates, or both.
    pub own: Vec<OwnKey>,
    /// Whether a client has to show a certificate or raw public key.
    pub demand: Demand,
    /// Which clients are trusted.
    pub trusted: TrustedClients,
    /// The time in Unix seconds, if dates are to be checked.
    pub now: Option<i64>,
    /// What an unknown PSK identity is answered with.
    pub unknown_identity: UnknownIdentity,
}

/// Whether a server asks its clients for a certificate or raw public key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Demand {
    /// It does not ask.
    Never,
    /// It asks, and takes none for an answer.
    Wanted,
    /// It asks, and refuses those who show none.
    #[default]
    Needed,
}

/// Which clients with a certificate or raw public key a server trusts.
#[derive(Clone, Debug, Default)]
pub struct TrustedClients {
    /// Whoever proves that he has his key.
    pub anyone: bool,
    /// Raw public keys, as SubjectPublicKeyInfo.
    pub keys: Vec<Vec<u8>>,
    /// CAs, or certificates of clients themselves.
    pub roots: Vec<Certificate>,
}

/// What an unknown PSK identity is answered with (RFC 4279, 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UnknownIdentity {
    /// The alert unknown_psk_identity.
    #[default]
    Alert,
    /// A handshake with a key that nobody knows, which ends like one with a wrong key.
    Hidden,
}

/// What a client has and expects.
#[derive(Clone, Debug, Default)]
pub struct ClientCredentials {
    /// Its pre-shared key.
    pub psk: Option<Psk>,
    /// Its raw public key or certificates.
    pub own: Option<OwnKey>,
    /// Whether the server is to show a raw public key rather than certificates.
    pub server_raw: bool,
    /// The key or certificate that is expected of the server, as /0/x/4 says.
    pub association: Option<Association>,
    /// CAs that are trusted.
    pub roots: Vec<Certificate>,
    /// The name that the server's certificate has to have.
    pub reference: Option<Reference>,
    /// The time in Unix seconds, if dates are to be checked.
    pub now: Option<i64>,
    /// The name of the server_name extension.
    pub server_name: Option<String>,
}

impl ClientCredentials {
    /// Those of a client with a pre-shared key.
    pub fn psk(identity: &[u8], key: &[u8]) -> Self {
        Self {
            psk: Some(Psk::new(identity, key)),
            ..Self::default()
        }
    }
}

impl ServerCredentials {
    /// Those of a server whose clients have pre-shared keys.
    pub fn psk(psks: &[(&[u8], &[u8])]) -> Self {
        let psks = psks.iter().map(|(identity, key)| Psk::new(identity, key));
        Self {
            psks: psks.collect(),
            ..Self::default()
        }
    }
}
