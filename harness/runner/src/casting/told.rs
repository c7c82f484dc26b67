//! What a case and a profile are told before the case begins: addresses, what the vendor told, what the harness hands over.

use std::net::SocketAddr;

use judge::actual::Actual;
use lwm2m::{Path, Value};
use testcase::{Role, Seat, TestCase};

use super::{Run, Seating};
use crate::claims::{Claims, objects_of};
use crate::configured::{self, configured};
use crate::iut::Placeholders;
use crate::{images, keys, product};

impl Run {
    /// The values of the case's configuration with those of `with` on top.
    pub(super) fn values(&self, case: &TestCase, told: &[(String, Actual)]) -> Vec<(Path, Value)> {
        let configuration = self.library.configurations.get(&case.configuration.value);
        configuration
            .map(|found| {
                let mode = self.mode(case);
                configured(found, case, told, &self.types, &mode, ACCOUNT)
            })
            .unwrap_or_default()
    }

    /// Variables that are known before the case (notation, 5).
    pub(super) fn told(&self, case: &TestCase, seating: &Seating) -> Vec<(String, Actual)> {
        let mut told: Vec<(String, Actual)> = vec![(
            "client.endpoint".to_owned(),
            Actual::text(seating.endpoint.clone()),
        )];
        for (name, text) in DEFAULTS {
            told.push(((*name).to_owned(), Actual::text(*text)));
        }
        let mode = self.mode(case);
        for (seat, address) in seating.reached() {
            told.extend(located(seat, address, mode.scheme()));
        }
        told.extend(keys::told());
        let own = self.client_ixit();
        let images = images::derived(&own).into_iter().chain(own);
        told.extend(images.map(|(name, value)| (format!("client.{name}"), Actual::Value(value))));
        for (seat, tested) in &self.implementations {
            let own = tested.of_copies.get(seating.copy);
            for (name, value) in tested.ixit.iter().chain(own.into_iter().flatten()) {
                // a server has a URI for each scheme, and a case one scheme
                let name = match product::scheme_of(name) {
                    // others know a server behind a relay by where the relay is
                    Some(_) if seating.relays.contains_key(seat) => continue,
                    Some(scheme) if scheme == mode.scheme() => "uri",
                    Some(_) => continue,
                    None => name,
                };
                told.push((format!("{seat}.{name}"), Actual::Value(value.clone())));
                if name == "firmware.uri" {
                    told.push(("file-server.uri".to_owned(), Actual::Value(value.clone())));
                }
                let own = ["account.", "device.", "psk.", "rpk.", "certificate."];
                // what both of a pair tell, the client holds
                let client = self.implementations.get(&Seat::CLIENT);
                let is_client_s = client.is_some_and(|client| client.ixit.contains_key(name));
                if own.iter().any(|start| name.starts_with(start))
                    && (*seat == Seat::CLIENT || !is_client_s)
                {
                    told.push((name.to_owned(), Actual::Value(value.clone())));
                }
            }
        }
        if self.hands_out_certificate(&mode) && self.hands_out_name() {
            // whatever its vendor calls it
            let name = Actual::text(seating.endpoint.clone());
            told.push(("client.endpoint".to_owned(), name));
        }
        for set in self.library.sets.values() {
            let values = configured::of_set(set, &told, &self.types, &mode);
            told.extend(configured::named(set, &values));
        }
        let claims = self
            .implementations
            .get(&Seat::CLIENT)
            .map(|tested| tested.claims.clone());
        let mut claims = claims.unwrap_or_else(|| Claims::of_emulators(self.version));
        let emulated = self
            .implementations
            .get(&Seat::CLIENT)
            .is_none_or(|tested| tested.emulated);
        if emulated {
            // an emulated client has what the configuration gives it
            claims.objects = objects_of(&self.values(case, &told));
        }
        told.extend(claims.variables(self.version));
        let client = self.implementations.get(&Seat::CLIENT);
        let given = client.filter(|_| !emulated).map(|tested| &tested.given);
        let provisioned = match given {
            // most of the values are worked out for this alone
            Some(given) if given.is_empty() => Vec::new(),
            _ => self.provisioned(case, &told),
        };
        let given = |name: &String| given.is_none_or(|given| given.contains(name));
        let provisioned = provisioned.into_iter().filter(|(name, _)| given(name));
        let provisioned: Vec<(String, Actual)> = provisioned.collect();
        // what the harness hands over comes before what the vendor told (notation, 5)
        told.retain(|(name, _)| !provisioned.iter().any(|(other, _)| other == name));
        told.extend(provisioned);
        told.extend(self.to_be_held(case, &told));
        let own = parameters(case, &told);
        told.extend(own);
        told
    }

    /// The URIs of the accounts that the configuration of a case has, for the start of a client; empty without one.
    fn to_be_held(&self, case: &TestCase, told: &[(String, Actual)]) -> [(String, Actual); 2] {
        let values = self.values(case, told);
        let at = |id: u16, resource: u16| {
            let path = Path::new(&[0, id, resource])?;
            let found = values.iter().find(|(known, _)| *known == path);
            found.map(|(_, value)| value)
        };
        let uri = |bootstraps: bool| {
            let mut instances = values.iter().filter_map(|(path, _)| match *path.ids() {
                [0, id, 1] => Some(id),
                _ => None,
            });
            let id = instances.find(|id| at(*id, 1) == Some(&Value::Boolean(bootstraps)));
            match id.and_then(|id| at(id, 0)) {
                Some(Value::String(uri)) => Actual::text(uri.clone()),
                _ => Actual::text(""),
            }
        };
        [("server-uri", false), ("bootstrap-uri", true)]
            .map(|(name, bootstraps)| (format!("client.{name}"), uri(bootstraps)))
    }

    /// `account.*` and `device.*` of a client that has the values of the configuration.
    fn provisioned(&self, case: &TestCase, told: &[(String, Actual)]) -> Vec<(String, Actual)> {
        let values = self.values(case, told);
        let at = |ids: &[u16]| {
            let path = Path::new(ids)?;
            values
                .iter()
                .find(|(known, _)| *known == path)
                .map(|(_, value)| Actual::Value(value.clone()))
        };
        let account = ACCOUNT.iter().filter_map(|(name, object, resource)| {
            Some(((*name).to_owned(), at(&[*object, 0, *resource])?))
        });
        let device = testcase::DEVICE.iter().filter_map(|(name, resource)| {
            Some((format!("device.{name}"), at(&[3, 0, *resource])?))
        });
        account.chain(device).collect()
    }
}

/// What the program at `seat` is told of its own address, which others may know as a relay's.
pub(crate) fn own_place(seat: Seat, address: SocketAddr, scheme: &str) -> Placeholders {
    let told = located(seat, address, scheme).into_iter();
    told.filter_map(|(name, value)| match value {
        Actual::Value(Value::String(text)) => Some((name, text)),
        _ => None,
    })
    .collect()
}

/// What a profile is told of the address of a seat: whole, and in parts for programs that take them apart.
fn located(seat: Seat, address: SocketAddr, scheme: &str) -> Vec<(String, Actual)> {
    let address = transport::reachable(address);
    // images are fetched without protection
    let scheme = match seat.role {
        Role::FileServer => "coap",
        _ => scheme,
    };
    let mut uri = transport::server_uri(scheme, address);
    if seat.role == Role::FileServer {
        uri.push_str(images::IMAGE_PATH);
    }
    let mut parts = vec![
        ("uri", uri),
        ("host", address.ip().to_string()),
        ("port", address.port().to_string()),
    ];
    if seat.role == Role::FileServer {
        // the same port of the other transport
        parts.push((
            "http-uri",
            format!("http://{address}{}", images::IMAGE_PATH),
        ));
    }
    let named = parts.into_iter();
    named
        .map(|(part, text)| (format!("{seat}.{part}"), Actual::text(text)))
        .collect()
}

/// Named constants of a case.
fn parameters(case: &TestCase, told: &[(String, Actual)]) -> Vec<(String, Actual)> {
    case.parameters
        .iter()
        .filter_map(|(name, scalar)| {
            configured::scalar(scalar, told).map(|value| (name.clone(), Actual::Value(value)))
        })
        .collect()
}

/// What profiles leave open (testcases/reference.md lists the defaults).
const DEFAULTS: &[(&str, &str)] = &[
    ("client.startup-time", "30s"),
    ("client.answer-time", "10s"),
    ("client.send-period", "60s"),
    ("client.reboot-time", "60s"),
    ("client.awake-time", "93s"),
    ("client.firmware.transfer-time", "120s"),
    ("client.firmware.update-time", "120s"),
    ("client.firmware.give-up-time", "300s"),
];
/// `account.*` of the first account: name, Object, Resource.
const ACCOUNT: &[(&str, u16, u16)] = &[
    ("account.short-server-id", 1, 0),
    ("account.lifetime", 1, 1),
    ("account.pmin", 1, 2),
    ("account.pmax", 1, 3),
    ("account.disable-timeout", 1, 5),
    ("account.notification-storing", 1, 6),
    ("account.binding", 1, 7),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_whole_and_in_parts() {
        let cases = [
            ("127.0.0.1:5683", "coap://127.0.0.1:5683", "127.0.0.1"),
            ("[::1]:5683", "coap://[::1]:5683", "::1"),
            ("0.0.0.0:5683", "coap://127.0.0.1:5683", "127.0.0.1"),
        ];
        for (address, uri, host) in cases {
            let told = located(Seat::SERVER, address.parse().unwrap(), "coap");
            let wanted = [
                ("server.uri", uri),
                ("server.host", host),
                ("server.port", "5683"),
            ];
            for ((name, value), (wanted_name, wanted_value)) in told.iter().zip(wanted) {
                assert_eq!(
                    (name.as_str(), value),
                    (wanted_name, &Actual::text(wanted_value))
                );
            }
        }
    }
}
