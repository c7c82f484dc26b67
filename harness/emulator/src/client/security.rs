//! The credentials of an account: what Objects 0 and 21 hold for the server at an address (Core TS, E.1 and E.9).
//!
//! Only reads them; what a handshake makes of them is no matter of the client.

use std::net::SocketAddr;

use lwm2m::{Path, Value};

use super::Client;
use super::account::parse_uri;

/// What the Security Object holds of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Security {
    /// Its instance.
    pub instance: u16,
    /// Whether it is the account of the Bootstrap-Server.
    pub bootstraps: bool,
    /// Security Mode: 0 PSK, 1 raw public key, 2 certificate, 3 NoSec, 4 certificate by EST.
    pub mode: i64,
    /// URI of the server.
    pub uri: String,
    /// Resource 3: PSK identity, public key or certificate of the client.
    pub identity: Vec<u8>,
    /// Resource 4: public key or certificate of the server, or its trust anchor.
    pub server: Vec<u8>,
    /// Resource 5: key of the client.
    pub key: Vec<u8>,
    /// Resource 13: how Resource 4 is matched.
    pub matching: Option<i64>,
    /// Resource 14: server name that is indicated.
    pub server_name: Option<String>,
    /// Resource 15: usage of the certificate.
    pub usage: Option<i64>,
    /// Resource 16: cipher suites that are proposed.
    pub suites: Vec<u16>,
    /// The security context of OSCORE that Resource 17 links to.
    pub context: Option<Context>,
}

/// A security context of OSCORE (Core TS, E.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Resource 0.
    pub secret: Vec<u8>,
    /// Resource 1.
    pub sender: Vec<u8>,
    /// Resource 2.
    pub recipient: Vec<u8>,
    /// Resource 3: number of the AEAD algorithm.
    pub aead: Option<i64>,
    /// Resource 4: number of the HMAC algorithm.
    pub hmac: Option<i64>,
    /// Resource 5.
    pub salt: Vec<u8>,
    /// Resource 6.
    pub id_context: Option<Vec<u8>>,
}

impl Client {
    /// The credentials for whoever listens at `address`.
    pub fn security(&self, address: SocketAddr) -> Option<Security> {
        let mut instances = self.device.store.instances(0);
        let found = instances.find(|id| self.address_of(*id) == Some(address))?;
        Some(self.security_at(found))
    }

    /// The address that the account of an instance of the Security Object leads to.
    fn address_of(&self, instance: u16) -> Option<SocketAddr> {
        let uri = self
            .held_text(0, instance, 0)
            .and_then(|uri| parse_uri(&uri));
        uri.or_else(|| {
            if self.device.is_bootstrap_security(instance) {
                return self.configuration.bootstrap;
            }
            let server = u16::try_from(self.device.number(&[0, instance, 10])?).ok()?;
            self.configuration.servers.get(&server).copied()
        })
    }

    fn security_at(&self, instance: u16) -> Security {
        let suites = self.values(0, instance, 16).into_iter();
        let suites =
            suites.filter_map(|value| integer(&value).and_then(|it| u16::try_from(it).ok()));
        Security {
            instance,
            bootstraps: self.device.is_bootstrap_security(instance),
            mode: self.integer(0, instance, 2).unwrap_or(NOSEC),
            uri: self.held_text(0, instance, 0).unwrap_or_default(),
            identity: self.bytes(0, instance, 3),
            server: self.bytes(0, instance, 4),
            key: self.bytes(0, instance, 5),
            matching: self.integer(0, instance, 13),
            server_name: self.held_text(0, instance, 14),
            usage: self.integer(0, instance, 15),
            suites: suites.collect(),
            context: self.context(instance),
        }
    }

    fn context(&self, instance: u16) -> Option<Context> {
        let linked = match self.values(0, instance, 17).into_iter().next()? {
            Value::ObjectLink {
                object: 21,
                instance,
            } => instance,
            Value::String(text) => text.strip_prefix("21:")?.parse().ok()?,
            _ => return None,
        };
        let id_context = self.bytes(21, linked, 6);
        Some(Context {
            secret: self.bytes(21, linked, 0),
            sender: self.bytes(21, linked, 1),
            recipient: self.bytes(21, linked, 2),
            aead: self.integer(21, linked, 3),
            hmac: self.integer(21, linked, 4),
            salt: self.bytes(21, linked, 5),
            id_context: (!id_context.is_empty()).then_some(id_context),
        })
    }

    fn values(&self, object: u16, instance: u16, resource: u16) -> Vec<Value> {
        let Some(path) = Path::new(&[object, instance, resource]) else {
            return Vec::new();
        };
        let nodes = self.device.store.nodes(path).into_iter();
        nodes.map(|node| node.value).collect()
    }

    fn bytes(&self, object: u16, instance: u16, resource: u16) -> Vec<u8> {
        match self.values(object, instance, resource).into_iter().next() {
            Some(Value::Opaque(bytes)) => bytes,
            Some(Value::String(text)) => text.into_bytes(),
            _ => Vec::new(),
        }
    }

    fn held_text(&self, object: u16, instance: u16, resource: u16) -> Option<String> {
        match self.values(object, instance, resource).into_iter().next() {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    fn integer(&self, object: u16, instance: u16, resource: u16) -> Option<i64> {
        integer(self.values(object, instance, resource).first()?)
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) | Value::Time(number) => Some(*number),
        Value::UnsignedInteger(number) => i64::try_from(*number).ok(),
        _ => None,
    }
}

/// Security Mode without DTLS (Core TS, E.1, Resource 2).
const NOSEC: i64 = 3;
