//! Accounts: which servers a client has to register with, and where they are (Core TS, 6.1.6).

use std::net::SocketAddr;

use lwm2m::{Path, Value};

use super::Client;

/// A server account: a Security Object Instance and its Server Object Instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    /// Short Server ID.
    pub(super) server: u16,
    /// Instance of the Server Object.
    pub(super) instance: u16,
    pub(super) address: SocketAddr,
}

impl Client {
    /// The server accounts that have an address.
    pub(super) fn accounts(&self) -> Vec<Account> {
        let servers = self.device.store.instances(1);
        servers
            .filter_map(|instance| self.account(instance))
            .collect()
    }

    /// The instance of the Server Object for a Short Server ID.
    pub(super) fn server_instance(&self, server: u16) -> Option<u16> {
        self.device
            .store
            .instances(1)
            .find(|instance| self.device.number(&[1, *instance, 0]) == Some(server.into()))
    }

    /// Address and Security Object Instance of the Bootstrap-Server, if there is an account.
    pub(super) fn bootstrap_account(&self) -> Option<(u16, SocketAddr)> {
        let store = &self.device.store;
        let security = store
            .instances(0)
            .find(|id| self.device.is_bootstrap_security(*id))?;
        let address = self
            .uri_address(security)
            .or(self.configuration.bootstrap)?;
        Some((security, address))
    }

    fn account(&self, instance: u16) -> Option<Account> {
        let server = self.device.number(&[1, instance, 0])?;
        let server = u16::try_from(server).ok()?;
        let security = self.device.store.instances(0).find(|id| {
            !self.device.is_bootstrap_security(*id)
                && self.device.number(&[0, *id, 10]) == Some(server.into())
        });
        let address = security
            .and_then(|id| self.uri_address(id))
            .or_else(|| self.configuration.servers.get(&server).copied())?;
        Some(Account {
            server,
            instance,
            address,
        })
    }

    fn uri_address(&self, security: u16) -> Option<SocketAddr> {
        let path = Path::new(&[0, security, 0])?;
        match self.device.store.value(path)? {
            Value::String(uri) => parse_uri(uri),
            _ => None,
        }
    }
}

/// The address in a URI that names its host by number: `coap://127.0.0.1:5683`, `coaps://[::1]`.
pub(super) fn parse_uri(uri: &str) -> Option<SocketAddr> {
    let (scheme, rest) = uri.split_once("://")?;
    let port = match scheme {
        "coap" | "coap+tcp" => 5683,
        "coaps" | "coaps+tcp" => 5684,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.parse().ok().or_else(|| {
        let host = authority.trim_start_matches('[').trim_end_matches(']');
        Some(SocketAddr::new(host.parse().ok()?, port))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_out_of_uris() {
        let cases = [
            ("coap://127.0.0.1:5700", Some("127.0.0.1:5700")),
            ("coap://127.0.0.1", Some("127.0.0.1:5683")),
            ("coaps://[::1]", Some("[::1]:5684")),
            ("coaps://[::1]:7000/rd", Some("[::1]:7000")),
            ("coap://server.example", None),
            ("tel:+123", None),
            ("", None),
        ];
        for (uri, address) in cases {
            assert_eq!(
                parse_uri(uri),
                address.map(|text| text.parse().unwrap()),
                "{uri}"
            );
        }
    }
}
