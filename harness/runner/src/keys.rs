//! The credentials of a run: what cases name, and the files that profiles hand over.
//!
//! They are the public test credentials of fixtures/keys, worth nothing outside of a test.

use std::path::Path;

use credentials::fixtures::{self, Identity};
use judge::actual::Actual;
use lwm2m::Value;

use crate::error::HarnessError;
use crate::folder::sha256;
use crate::mode::Mode;

/// Names that cases, configurations and profiles may use, with what they hold.
pub(crate) fn told() -> Vec<(String, Actual)> {
    let opaque = |name: &str, bytes: &[u8]| {
        let value = Value::Opaque(bytes.to_vec());
        (name.to_owned(), Actual::Value(value))
    };
    let mut told = vec![
        ("psk.identity".to_owned(), Actual::text(IDENTITY)),
        opaque("psk.key", KEY),
    ];
    let certificates = [
        ("client", &fixtures::CLIENT),
        ("server", &fixtures::SERVER_LOCAL),
        ("bootstrap-server", &fixtures::BOOTSTRAP_SERVER_LOCAL),
        ("authority", &fixtures::ROOT_CA),
    ];
    for (name, identity) in &certificates {
        told.push(opaque(&format!("certificate.{name}"), identity.der));
    }
    told.push(opaque("certificate.client-key", fixtures::CLIENT.private));
    for (name, identity) in certificates.iter().take(3) {
        told.push(opaque(&format!("rpk.{name}"), &public(identity)));
    }
    told.push(opaque("rpk.client-key", fixtures::CLIENT.private));
    told
}

/// Every pre-shared key that is told, under every identity: which of them an implementation shows is not known.
pub(crate) fn pre_shared(told: &[(String, Actual)]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let named = |name: &str| -> Vec<Vec<u8>> {
        let found = told.iter().filter(|(known, _)| known.ends_with(name));
        let bytes = found.filter_map(|(_, value)| match value {
            Actual::Value(Value::Opaque(bytes)) => Some(bytes.clone()),
            Actual::Value(Value::String(text)) => Some(text.as_bytes().to_vec()),
            _ => None,
        });
        bytes.collect()
    };
    let keys = named("psk.key");
    let identities = named("psk.identity").into_iter();
    let pairs = identities.flat_map(|identity| {
        let with = |key: &Vec<u8>| (identity.clone(), key.clone());
        keys.iter().map(with).collect::<Vec<_>>()
    });
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort();
    pairs.dedup();
    pairs
}

/// Identity and key of the harness's PSK, as it is given on a command line: `ID=HEX`.
pub fn test_psk() -> String {
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{IDENTITY}={hex}")
}

/// The public key of an identity, as a SubjectPublicKeyInfo (RFC 7250, 3): a seat has one key pair, shown raw or in its certificate.
pub(crate) fn public(identity: &Identity) -> Vec<u8> {
    let certificate = identity.certificate();
    certificate.map_or_else(|_| Vec::new(), |one| one.spki().to_vec())
}

/// Writes the files that placeholders such as `${keys.client.certificate}` name into `folder`; gives the placeholders.
pub(crate) fn write(folder: &Path) -> Result<Vec<(String, String)>, HarnessError> {
    let mut placeholders = Vec::new();
    let identities = [
        ("client", &fixtures::CLIENT),
        ("server", &fixtures::SERVER_LOCAL),
        ("bootstrap-server", &fixtures::BOOTSTRAP_SERVER_LOCAL),
    ];
    std::fs::create_dir_all(folder).map_err(HarnessError::write(folder))?;
    let mut file = |name: String, file: String, bytes: &[u8]| {
        let path = folder.join(file);
        std::fs::write(&path, bytes).map_err(HarnessError::write(&path))?;
        let path = std::path::absolute(&path).unwrap_or(path);
        placeholders.push((name, path.display().to_string()));
        Ok::<(), HarnessError>(())
    };
    for (seat, identity) in identities {
        let name = |what: &str| format!("keys.{seat}.{what}");
        file(name("certificate"), format!("{seat}.der"), identity.der)?;
        file(name("private"), format!("{seat}.p8"), identity.private)?;
        file(name("public"), format!("{seat}.pub"), &public(identity))?;
    }
    file(
        "keys.authority".to_owned(),
        "ca.der".to_owned(),
        fixtures::ROOT_CA.der,
    )?;
    Ok(placeholders)
}

/// A Resource of the Security Object.
fn of_security(
    configuration: &[(lwm2m::Path, Value)],
    instance: u16,
    resource: u16,
) -> Option<&Value> {
    let path = lwm2m::Path::new(&[0, instance, resource])?;
    let found = configuration.iter().find(|(known, _)| *known == path);
    found.map(|(_, value)| value)
}

/// The security mode of the client's account with its server, or with its Bootstrap-Server (Core TS, E.1, Resource 2).
///
/// Without such an account, and with OSCORE, which goes on top of a mode, it is that of the case.
pub(crate) fn security_of<'a>(
    mode: &'a Mode,
    configuration: &[(lwm2m::Path, Value)],
    bootstraps: bool,
) -> &'a str {
    let at = |instance, resource| of_security(configuration, instance, resource);
    let mut accounts = configuration
        .iter()
        .filter_map(|(path, value)| match *path.ids() {
            [0, instance, 1] if *value == Value::Boolean(bootstraps) => Some(instance),
            _ => None,
        });
    let code = accounts.next().and_then(|instance| at(instance, 2));
    match code {
        _ if mode.has_oscore() => mode.main(),
        Some(Value::Integer(0)) => "psk",
        Some(Value::Integer(1)) => "rpk",
        Some(Value::Integer(2)) => "certificate",
        Some(Value::Integer(3)) => "nosec",
        _ => mode.main(),
    }
}

/// What the account of a server has in the configuration of a case, as a client under test takes it at its start:
/// the pre-shared key, or the file of the certificate to compare with and how (Core TS, E.1, Resources 3, 5, 4, 15).
pub(crate) fn of_account(
    folder: &Path,
    mode: &Mode,
    configuration: &[(lwm2m::Path, Value)],
) -> Result<Vec<(String, String)>, HarnessError> {
    let at = |instance, resource| of_security(configuration, instance, resource);
    let mut accounts = configuration
        .iter()
        .filter_map(|(path, _)| match *path.ids() {
            [0, instance, 1] => Some(instance),
            _ => None,
        });
    let server = accounts.find(|id| at(*id, 1) == Some(&Value::Boolean(false)));
    let mut told = vec![
        (SERVER_CERTIFICATE.to_owned(), String::new()),
        (USAGE.to_owned(), String::new()),
    ];
    let Some(server) = server else {
        return Ok(told);
    };
    match (mode.main(), at(server, 3), at(server, 4), at(server, 5)) {
        ("psk", Some(Value::Opaque(identity)), _, Some(Value::Opaque(key))) => {
            let identity = String::from_utf8_lossy(identity).into_owned();
            let key = key.iter().map(|byte| format!("{byte:02x}")).collect();
            told.push(("psk.identity".to_owned(), identity));
            told.push(("psk.key".to_owned(), key));
        }
        ("certificate", _, Some(Value::Opaque(trusted)), _) => {
            // cases that are played at a time have files of their own
            let digest = sha256(trusted);
            let path = folder.join(format!(
                "account-{}.der",
                digest.get(..16).unwrap_or(&digest)
            ));
            std::fs::write(&path, trusted).map_err(HarnessError::write(&path))?;
            let path = std::path::absolute(&path).unwrap_or(path);
            told.push((SERVER_CERTIFICATE.to_owned(), path.display().to_string()));
            if let Some(usage) = at(server, 15) {
                told.push((USAGE.to_owned(), usage.to_string()));
            }
        }
        _ => {}
    }
    Ok(told)
}

/// The file of Resource 4 of the account.
const SERVER_CERTIFICATE: &str = "account.server-certificate";
/// Resource 15 of the account.
const USAGE: &str = "account.certificate-usage";
/// The name of the client in its certificate.
pub(crate) const NAME: &str = "urn:dev:testfest-client";
/// PSK identity, if no vendor tells another.
pub(crate) const IDENTITY: &str = "testfest";
/// Pre-shared key, if no vendor tells another.
pub(crate) const KEY: &[u8] = b"testfest-test-key";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_own_security_mode() {
        let account = |instance: u16, bootstraps: bool, code: i64| {
            let at = |resource| lwm2m::Path::new(&[0, instance, resource]).unwrap_or_default();
            [
                (at(1), Value::Boolean(bootstraps)),
                (at(2), Value::Integer(code)),
            ]
        };
        let mode = |words: &[&str]| Mode {
            transport: "udp".to_owned(),
            security: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        let both = [account(0, false, 2), account(1, true, 0)].concat();
        let alone = account(1, true, 0).to_vec();
        for (words, configuration, bootstraps, wanted) in [
            (["certificate", "psk"], &both, false, "certificate"),
            (["certificate", "psk"], &both, true, "psk"),
            (["certificate", "psk"], &alone, false, "certificate"),
            (["certificate", "psk"], &alone, true, "psk"),
            (["oscore", "psk"], &both, true, "oscore"),
        ] {
            let mode = mode(&words);
            let found = security_of(&mode, configuration, bootstraps);
            assert_eq!(found, wanted, "{words:?}, bootstraps: {bootstraps}");
        }
    }
}
