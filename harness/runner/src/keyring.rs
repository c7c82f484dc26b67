//! What each end of a handshake shows and expects: a client by its Security Object, a server by what the case's accounts hold.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::LazyLock;

use credentials::fixtures::{self, Identity};
use credentials::{Association, Certificate, Matching, PrivateKey, Reference, Usage};
use emulator::{Context, Security};
use lwm2m::{Path, Value};
use testcase::{Conduct, Role, Seat};
use tls::{ClientCredentials, Demand, OwnKey, Psk, ServerCredentials, Suite, TrustedClients};

use crate::keys;

/// Values of a configuration, or of a set that a bootstrap writes.
pub(crate) type Values = Vec<(Path, Value)>;

/// How a client finds what it shows to a server.
#[derive(Clone, Debug)]
pub(crate) struct ClientKeys {
    conduct: Conduct,
    accounts: BTreeMap<SocketAddr, Security>,
}

impl ClientKeys {
    /// A client that behaves so.
    pub(crate) const fn new(conduct: Conduct) -> Self {
        Self {
            conduct,
            accounts: BTreeMap::new(),
        }
    }

    /// Whether the Security Object has, or had, an account of a peer.
    pub(crate) fn knows(&self, peer: SocketAddr) -> bool {
        self.accounts.contains_key(&peer)
    }

    /// Takes what the Security Object holds for a peer.
    pub(crate) fn learn(&mut self, peer: SocketAddr, account: &Security) {
        self.accounts.insert(peer, account.clone());
    }

    /// The cipher suites that the account of a peer lists (Core TS, E.1, Resource 16), unless the case has its own.
    pub(crate) fn suites_for(&self, peer: SocketAddr) -> Option<Vec<Suite>> {
        let account = self.accounts.get(&peer)?;
        if self.conduct.suites.is_some() {
            return None;
        }
        if !account.suites.is_empty() {
            return Some(account.suites.iter().map(|number| Suite(*number)).collect());
        }
        let of_mode = match account.mode {
            PSK => &[Suite::PSK_AES_128_CCM_8, Suite::PSK_AES_128_CBC_SHA256][..],
            _ => &[
                Suite::ECDHE_ECDSA_AES_128_CCM_8,
                Suite::ECDHE_ECDSA_AES_128_CBC_SHA256,
            ],
        };
        Some(of_mode.to_vec())
    }

    /// What is shown to a peer, and what is expected of it (Transport TS, 5.2.9).
    pub(crate) fn for_peer(&self, peer: SocketAddr) -> ClientCredentials {
        let Some(account) = self.accounts.get(&peer) else {
            return ClientCredentials::default();
        };
        let mut credentials = ClientCredentials {
            server_name: account.server_name.clone(),
            ..ClientCredentials::default()
        };
        match account.mode {
            PSK => {
                let identity = self.conduct.identity.as_ref();
                let identity = identity.map_or(account.identity.as_slice(), |text| text.as_bytes());
                credentials.psk = Some(Psk::new(identity, &self.key(&account.key)));
            }
            RPK => {
                credentials.own = self.private(account).map(OwnKey::raw);
                credentials.server_raw = true;
                credentials.association = Some(association(account));
            }
            _ => self.certificates(account, &mut credentials),
        }
        credentials
    }

    fn certificates(&self, account: &Security, credentials: &mut ClientCredentials) {
        let own = Certificate::from_der(&account.identity).ok();
        let shown = match self.conduct.shows.as_deref() {
            Some("other-authority") => fixtures::CLIENT_OTHER_CA.chain().ok(),
            Some("none") => None,
            _ => own.map(|certificate| vec![certificate]),
        };
        let key = match self.conduct.shows.as_deref() {
            Some("other-authority") => fixtures::CLIENT_OTHER_CA.key().ok(),
            _ => self.private(account),
        };
        if let (Some(key), Some(chain)) = (key, shown) {
            credentials.own = Some(OwnKey::chain(key, &chain));
        }
        credentials.association = Some(association(account));
        credentials.roots = fixtures::ROOT_CA.certificate().into_iter().collect();
        let host = account.server_name.clone().or_else(|| host(&account.uri));
        credentials.reference = host.map(|host| Reference::from_host(&host));
        credentials.now = Some(NOW);
    }

    fn private(&self, account: &Security) -> Option<PrivateKey> {
        if self.conduct.wrong_key || self.conduct.shows.as_deref() == Some("other-key") {
            return Some(PrivateKey::generate([0x5a; 32]));
        }
        PrivateKey::from_der(&account.key).ok()
    }

    fn key(&self, key: &[u8]) -> Vec<u8> {
        spoilt(&self.conduct, key)
    }
}

/// What a server of the harness has, and whom it trusts.
pub(crate) fn of_server(seat: Seat, accounts: &[Values], conduct: &Conduct) -> ServerCredentials {
    let bootstraps = seat.role == Role::BootstrapServer;
    let mut credentials = ServerCredentials {
        hint: conduct.hint.clone().map(String::into_bytes),
        demand: match conduct.asks_certificate {
            Some(false) => Demand::Never,
            _ => Demand::Needed,
        },
        trusted: TrustedClients {
            anyone: false,
            keys: vec![keys::public(&fixtures::CLIENT)],
            roots: fixtures::ROOT_CA.certificate().into_iter().collect(),
        },
        now: Some(NOW),
        ..ServerCredentials::default()
    };
    for (identity, key) in accounts.iter().flat_map(|values| psks(values)) {
        let known = Psk::new(&identity, &spoilt(conduct, &key));
        if !credentials.psks.contains(&known) {
            credentials.psks.push(known);
        }
    }
    let raw = match bootstraps {
        true => &fixtures::BOOTSTRAP_SERVER_LOCAL,
        false => &fixtures::SERVER_LOCAL,
    };
    let own = match (bootstraps, conduct.shows.as_deref()) {
        (_, Some("expired")) => &fixtures::SERVER_EXPIRED,
        (_, Some("not-yet-valid")) => &fixtures::SERVER_NOT_YET_VALID,
        (_, Some("other-authority")) => &fixtures::SERVER_OTHER_CA,
        (_, Some("self-signed")) => &fixtures::SERVER_SELF_SIGNED,
        (_, Some("other-name")) => &fixtures::SERVER,
        (true, _) => &fixtures::BOOTSTRAP_SERVER_LOCAL,
        (false, _) => &fixtures::SERVER_LOCAL,
    };
    let other = conduct.wrong_key || conduct.shows.as_deref() == Some("other-key");
    if let (Some(key), Ok(chain)) = (key_of(own), own.chain()) {
        credentials.own.push(OwnKey::chain(key, &chain));
    }
    let raw = match other {
        true => Some(PrivateKey::generate([0xa5; 32])),
        false => key_of(raw),
    };
    credentials.own.extend(raw.map(OwnKey::raw));
    credentials
}

/// The private key of an identity; each is worked out once, since that takes longer than all else a server needs.
fn key_of(identity: &Identity) -> Option<PrivateKey> {
    static KEYS: LazyLock<BTreeMap<&str, PrivateKey>> = LazyLock::new(|| {
        let keys = fixtures::IDENTITIES.iter();
        keys.filter_map(|one| Some((one.name, one.key().ok()?)))
            .collect()
    });
    KEYS.get(identity.name).cloned()
}

/// Who shows which identity: that of each account stands for the client of the case.
pub(crate) fn identities(accounts: &[Values], endpoint: &str) -> BTreeMap<Vec<u8>, String> {
    let certificate = fixtures::CLIENT.certificate().ok();
    let name = certificate
        .as_ref()
        .and_then(|certificate| certificate.subject_common_name())
        .map(|name| name.as_bytes().to_vec());
    let keys = accounts.iter().flat_map(|values| psks(values));
    let keys = keys.map(|(identity, _)| identity);
    keys.chain([keys::public(&fixtures::CLIENT)])
        .chain(name)
        .map(|identity| (identity, endpoint.to_owned()))
        .collect()
}

/// Identities and keys of every PSK account among values.
pub(crate) fn psks(values: &[(Path, Value)]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let bytes = |instance: u16, resource: u16| {
        let path = Path::new(&[0, instance, resource])?;
        match values.iter().find(|(known, _)| *known == path) {
            Some((_, Value::Opaque(bytes))) => Some(bytes.clone()),
            Some((_, Value::String(text))) => Some(text.clone().into_bytes()),
            _ => None,
        }
    };
    let accounts = values
        .iter()
        .filter_map(|(path, value)| match (path.ids(), value) {
            ([0, instance, 2], Value::Integer(PSK)) => Some(*instance),
            _ => None,
        });
    accounts
        .filter_map(|instance| Some((bytes(instance, 3)?, bytes(instance, 5)?)))
        .collect()
}

/// The security contexts of OSCORE among values, as the client has them, with whether their account is the Bootstrap-Server's.
pub(crate) fn contexts(values: &[(Path, Value)]) -> Vec<(bool, oscore::Parameters)> {
    let at = |ids: &[u16]| {
        let path = Path::new(ids)?;
        let found = values.iter().find(|(known, _)| *known == path);
        found.map(|(_, value)| value)
    };
    let bytes = |instance: u16, resource: u16| match at(&[21, instance, resource]) {
        Some(Value::Opaque(bytes)) => bytes.clone(),
        Some(Value::String(text)) => text.clone().into_bytes(),
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for (path, value) in values {
        let [0, account, 17] = *path.ids() else {
            continue;
        };
        let instance = match value {
            Value::ObjectLink { instance, .. } => *instance,
            Value::String(text) => match text.split_once(':').and_then(|(_, id)| id.parse().ok()) {
                Some(instance) => instance,
                None => continue,
            },
            _ => continue,
        };
        let context = Context {
            secret: bytes(instance, 0),
            sender: bytes(instance, 1),
            recipient: bytes(instance, 2),
            aead: None,
            hmac: None,
            salt: bytes(instance, 5),
            id_context: Some(bytes(instance, 6)).filter(|id| !id.is_empty()),
        };
        let bootstraps = at(&[0, account, 1]) == Some(&Value::Boolean(true));
        found.push((bootstraps, parameters(&context)));
    }
    found
}

/// The parameters of an instance of Object 21; algorithms that nobody knows are taken for the mandatory ones.
pub(crate) fn parameters(context: &Context) -> oscore::Parameters {
    let (secret, sender, recipient) = (
        context.secret.clone(),
        context.sender.clone(),
        context.recipient.clone(),
    );
    let salt = Some(context.salt.clone()).filter(|salt| !salt.is_empty());
    oscore::Parameters::from_object_21(
        secret.clone(),
        sender.clone(),
        recipient.clone(),
        context.aead,
        context.hmac,
        salt,
        context.id_context.clone(),
    )
    .unwrap_or_else(|_| oscore::Parameters::new(secret, sender, recipient))
}

/// How Resource 4 is compared: by Resources 13 and 15 (Core TS, E.1; RFC 6698, 2.1).
fn association(account: &Security) -> Association {
    let number = |found: Option<i64>| found.and_then(|number| u64::try_from(number).ok());
    let mut association = Association::new(account.server.clone());
    association.usage = number(account.usage).and_then(Usage::from_number);
    if let Some(matching) = number(account.matching).and_then(Matching::from_number) {
        association.matching = matching;
    }
    association
}

/// The host of a URI.
fn host(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    if let Some(inner) = authority.strip_prefix('[') {
        return inner.split(']').next().map(str::to_owned);
    }
    authority.split(':').next().map(str::to_owned)
}

/// The key, or another one if the case wants that.
fn spoilt(conduct: &Conduct, key: &[u8]) -> Vec<u8> {
    match conduct.wrong_key {
        true => key.iter().map(|byte| byte ^ 0xff).collect(),
        false => key.to_vec(),
    }
}

/// Security Modes (Core TS, E.1, Resource 2).
const PSK: i64 = 0;
const RPK: i64 = 1;
/// When emulators look at dates: within the validity of the test credentials, whatever the machine's clock says (2026-01-01).
const NOW: i64 = 1_767_225_600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_uri_is_what_a_certificate_has_to_name() {
        for (uri, wanted) in [
            ("coaps://server.example.com", Some("server.example.com")),
            ("coaps://127.0.0.1:5684", Some("127.0.0.1")),
            ("coaps+tcp://[::1]:5684/path", Some("::1")),
            ("nonsense", None),
        ] {
            assert_eq!(host(uri).as_deref(), wanted, "{uri}");
        }
    }
}
