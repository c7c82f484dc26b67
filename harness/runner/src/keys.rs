//! The credentials of a run: what cases name, and the files that profiles hand over.
//!
//! They are the public test credentials of fixtures/keys, worth nothing outside of a test.

use std::path::Path;

use credentials::fixtures::{self, Identity};
use judge::actual::Actual;
use lwm2m::Value;

use crate::error::HarnessError;

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

/// The name of the client in its certificate.
pub(crate) const NAME: &str = "urn:dev:testfest-client";
/// PSK identity, if no vendor tells another.
pub(crate) const IDENTITY: &str = "testfest";
/// Pre-shared key, if no vendor tells another.
pub(crate) const KEY: &[u8] = b"testfest-test-key";
