//! The committed test credentials: that they are what the program makes, and that others verify them.
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use credentials::fixtures::{self, IDENTITIES, Identity, RAW_KEYS};
use credentials::{
    Certificate, Checks, Fault, PrivateKey, PublicKey, Reference, check_client, check_server,
};

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;

#[test]
fn committed_files_are_what_the_program_makes() {
    let made = fixtures::make().unwrap();
    for file in &made {
        let committed = fs::read(folder().join(&file.name)).unwrap();
        assert!(
            committed == file.bytes,
            "{}: run the example make-keys",
            file.name
        );
    }
    let mut names: BTreeSet<String> = made.into_iter().map(|file| file.name).collect();
    names.insert("README.md".to_owned());
    let entries = fs::read_dir(folder()).unwrap();
    let found = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(found.collect::<BTreeSet<_>>(), names);
}

#[test]
fn the_program_carries_every_one_and_the_readme_tells_of_it() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for identity in IDENTITIES {
        let (name, key) = (identity.name, identity.key().unwrap());
        let certificate = identity.certificate().unwrap();
        assert_eq!(certificate.public_key().unwrap(), key.public(), "{name}");
        assert_eq!(fixtures::identity(name), Some(identity));
        let text = fs::read_to_string(folder().join(format!("{name}.pem"))).unwrap();
        assert_eq!(
            Certificate::from_pem_chain(&text).unwrap(),
            identity.chain().unwrap()
        );
        let text = fs::read_to_string(folder().join(format!("{name}.key.pem"))).unwrap();
        assert_eq!(PrivateKey::from_pem(&text).unwrap(), key);
        assert!(
            readme.contains(&format!(
                "| `{name}` | {}",
                certificate.subject_common_name().unwrap()
            )),
            "{name}"
        );
    }
    for key in RAW_KEYS {
        assert_eq!(key.public().unwrap(), key.key().unwrap().public());
        assert_eq!(fixtures::raw_key(key.name), Some(key));
        let text = fs::read_to_string(folder().join(format!("{}.pem", key.name))).unwrap();
        assert_eq!(PublicKey::from_pem(&text).unwrap(), key.public().unwrap());
        assert!(readme.contains(&format!("`{}`", key.name)));
    }
}

#[test]
fn key_pairs_differ() {
    // Transport TS, 5.2.1
    let keys = IDENTITIES.iter().map(|identity| identity.private);
    let keys = keys.chain(RAW_KEYS.iter().map(|key| key.private));
    assert_eq!(
        keys.collect::<BTreeSet<_>>().len(),
        IDENTITIES.len() + RAW_KEYS.len()
    );
}

#[test]
fn each_is_accepted_or_refused_as_its_name_says() {
    let rows: &[(&Identity, &str, Option<&str>)] = &[
        (&fixtures::SERVER, "server.example.com", None),
        (
            &fixtures::SERVER,
            "server-fail.example.com",
            Some("wrong-name"),
        ),
        (&fixtures::SERVER_CHAIN, "server.example.com", None),
        (&fixtures::SERVER_LOCAL, "localhost", None),
        (&fixtures::SERVER_LOCAL, "127.0.0.1", None),
        (&fixtures::SERVER_LOCAL, "[::1]", None),
        (
            &fixtures::BOOTSTRAP_SERVER,
            "bootstrap-server.example.com",
            None,
        ),
        (&fixtures::BOOTSTRAP_SERVER_LOCAL, "127.0.0.1", None),
        (&fixtures::SERVER_EXPIRED, "localhost", Some("expired")),
        (
            &fixtures::SERVER_NOT_YET_VALID,
            "localhost",
            Some("not-yet-valid"),
        ),
        (
            &fixtures::SERVER_OTHER_CA,
            "localhost",
            Some("unknown-issuer"),
        ),
        (
            &fixtures::SERVER_SELF_SIGNED,
            "localhost",
            Some("unknown-issuer"),
        ),
        (
            &fixtures::CLIENT,
            "server.example.com",
            Some("wrong-purpose"),
        ),
    ];
    let roots = [fixtures::ROOT_CA.certificate().unwrap()];
    let all = Checks::default();
    for (identity, host, expected) in rows {
        let reference = Reference::from_host(host);
        let chain = identity.chain().unwrap();
        let outcome = check_server(&chain, None, &roots, Some(&reference), Some(NOW), all);
        let fault = outcome.as_ref().err().map(Fault::name);
        assert_eq!(fault, *expected, "{} at {host}", identity.name);
    }
    let clients = [
        (&fixtures::CLIENT, None),
        (&fixtures::CLIENT_CHAIN, None),
        (&fixtures::CLIENT_2, None),
        (&fixtures::CLIENT_OTHER_CA, Some("unknown-issuer")),
    ];
    for (identity, expected) in clients {
        let outcome = check_client(&identity.chain().unwrap(), &roots, Some(NOW), all);
        assert_eq!(
            outcome.as_ref().err().map(Fault::name),
            expected,
            "{}",
            identity.name
        );
    }
    let name = fixtures::CLIENT.certificate().unwrap();
    assert_eq!(name.subject_common_name(), Some("urn:dev:testfest-client"));
}

#[test]
fn openssl_agrees() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: no openssl on PATH");
        return;
    }
    let rows: &[(&str, &[&str], Option<&str>)] = &[
        (
            "server",
            &[
                "-purpose",
                "sslserver",
                "-verify_hostname",
                "server.example.com",
            ],
            None,
        ),
        (
            "server",
            &["-verify_hostname", "server-fail.example.com"],
            Some("hostname mismatch"),
        ),
        (
            "server-chain",
            &[
                "-purpose",
                "sslserver",
                "-verify_hostname",
                "server.example.com",
            ],
            None,
        ),
        (
            "server-local",
            &["-purpose", "sslserver", "-verify_ip", "::1"],
            None,
        ),
        (
            "server-local",
            &["-purpose", "sslserver", "-verify_ip", "127.0.0.1"],
            None,
        ),
        ("bootstrap-server", &["-purpose", "sslserver"], None),
        (
            "bootstrap-server-local",
            &["-verify_hostname", "localhost"],
            None,
        ),
        ("client", &["-purpose", "sslclient"], None),
        ("client-chain", &["-purpose", "sslclient"], None),
        ("client-2", &["-purpose", "sslclient"], None),
        (
            "client",
            &["-purpose", "sslserver"],
            Some("unsuitable certificate purpose"),
        ),
        ("server-expired", &[], Some("certificate has expired")),
        (
            "server-not-yet-valid",
            &[],
            Some("certificate is not yet valid"),
        ),
        (
            "server-other-ca",
            &[],
            Some("unable to get local issuer certificate"),
        ),
        (
            "client-other-ca",
            &[],
            Some("unable to get local issuer certificate"),
        ),
        ("server-self-signed", &[], Some("self-signed certificate")),
    ];
    for (name, flags, expected) in rows {
        let outcome = Command::new("openssl")
            .args([
                "verify",
                "-x509_strict",
                "-attime",
                &NOW.to_string(),
                "-CAfile",
                "root-ca.pem",
            ])
            .args(["-untrusted", "intermediate-ca.pem"])
            .args(*flags)
            .arg(format!("{name}.pem"))
            .current_dir(folder())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&outcome.stderr);
        assert_eq!(
            outcome.status.success(),
            expected.is_none(),
            "{name} {flags:?}: {said}"
        );
        // OpenSSL 1.1 writes "self signed"
        let said = said.replace("self signed", "self-signed");
        assert!(
            expected.is_none_or(|expected| said.contains(expected)),
            "{name}: {said}"
        );
    }
}

#[test]
fn openssl_reads_the_keys_and_makes_the_same_public_ones() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: no openssl on PATH");
        return;
    }
    for key in RAW_KEYS {
        let outcome = Command::new("openssl")
            .args(["pkey", "-inform", "DER", "-in", &format!("{}.p8", key.name)])
            .args(["-pubout", "-outform", "DER"])
            .current_dir(folder())
            .output()
            .unwrap();
        assert!(
            outcome.status.success(),
            "{}",
            String::from_utf8_lossy(&outcome.stderr)
        );
        assert_eq!(outcome.stdout, key.spki, "{}", key.name);
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/keys")
}
