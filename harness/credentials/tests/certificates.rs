//! Certificates that OpenSSL has issued with the public test CA.
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use credentials::{
    Authority, BasicConstraints, Certificate, CertificateError, Checks, KeyUsage, PrivateKey,
    RawExtension, Reference, Request, check_server, fixtures,
};

#[test]
fn every_field_is_read() {
    let chain = Certificate::from_pem_chain(SHA384).unwrap();
    assert_eq!(chain.len(), 1);
    let certificate = &chain[0];
    assert_eq!(certificate.version(), 3);
    assert_eq!(certificate.serial(), [0x0f, 0xf3, 0x84]);
    assert_eq!(certificate.issuer(), "CN=testfest CA");
    assert_eq!(
        certificate.subject(),
        "CN=server.example.com,CN=first,O=OpenSSL,C=DE"
    );
    assert_eq!(
        certificate.subject_common_name(),
        Some("server.example.com")
    );
    assert_eq!(certificate.not_before(), 1_795_783_262);
    assert_eq!(certificate.not_after(), 4_949_383_262);
    let basic = BasicConstraints {
        ca: false,
        path_length: None,
    };
    assert_eq!(certificate.basic_constraints(), Some(basic));
    assert!(!certificate.is_ca());
    assert_eq!(certificate.key_usage(), Some(KeyUsage(0b101)));
    assert_eq!(
        certificate.key_usage().unwrap().to_string(),
        "digitalSignature, keyEncipherment"
    );
    assert_eq!(certificate.extended_key_usage(), None);
    let names: Vec<String> = certificate
        .names()
        .iter()
        .map(ToString::to_string)
        .collect();
    let others = [1, 4, 8, 0].map(|tag| format!("name of kind {tag}"));
    assert_eq!(names[0], "DNS:server.example.com");
    assert_eq!(names[1..], others);
    let key = fixtures::SERVER.key().unwrap().public();
    assert_eq!(certificate.public_key().unwrap(), key);
    assert_eq!(certificate.spki(), key.to_spki());
    assert_eq!(certificate.to_pem(), SHA384);
}

#[test]
fn signatures_with_longer_hashes_verify() {
    let root = fixtures::ROOT_CA.certificate().unwrap();
    let reference = Reference::from_host("server.example.com");
    for text in [SHA384, SHA512] {
        let chain = Certificate::from_pem_chain(text).unwrap();
        assert!(chain[0].is_signed_by(&root));
        assert!(!chain[0].is_signed_by(&fixtures::OTHER_CA.certificate().unwrap()));
        let now = Some(chain[0].not_before());
        let roots = [root.clone()];
        let outcome = check_server(
            &chain,
            None,
            &roots,
            Some(&reference),
            now,
            Checks::default(),
        );
        assert_eq!(outcome, Ok(()));
    }
}

#[test]
fn a_signature_of_odd_bits_is_none() {
    // X.690, 8.6.2.2: a bit string may leave bits of its last byte out
    let root = fixtures::ROOT_CA.certificate().unwrap();
    let mut tried = 0;
    for identity in fixtures::IDENTITIES {
        let mut der = identity.der.to_vec();
        let place = (der.len() - 73..der.len() - 60)
            .find(|place| der[*place..].starts_with(&[0, 0x30, (der.len() - place - 3) as u8]));
        let place = place.unwrap();
        if der.last().is_some_and(|last| last % 2 == 0) {
            der[place] = 1;
            tried += 1;
            let certificate = Certificate::from_der(&der).unwrap();
            assert!(!certificate.is_signed_by(&root), "{}", identity.name);
        }
    }
    assert!(tried > 0);
}

#[test]
fn a_chain_is_read_in_order_and_other_blocks_are_passed() {
    let key = fixtures::SERVER.key().unwrap();
    let text = format!("subject=x\n{SHA512}{}issuer=y\n{SHA384}", key.to_pem());
    let chain = Certificate::from_pem_chain(&text).unwrap();
    let serials: Vec<&[u8]> = chain.iter().map(Certificate::serial).collect();
    assert_eq!(serials, [[0x0f, 0xf5, 0x12], [0x0f, 0xf3, 0x84]]);
}

#[test]
fn what_is_no_certificate_says_where() {
    let text = Certificate::from_pem_chain("nothing").unwrap_err();
    assert_eq!(text.to_string(), "no PEM block \"CERTIFICATE\" at byte 7");
    let der = fixtures::SERVER.der;
    let mut longer = der.to_vec();
    longer.push(0);
    for bytes in [
        &[],
        &der[..der.len() - 1],
        &longer,
        fixtures::SERVER.private,
        fixtures::RAW_SERVER.spki,
    ] {
        let error = Certificate::from_der(bytes).unwrap_err();
        assert!(matches!(error, CertificateError::Malformed(_)), "{error}");
    }
    let error = Certificate::from_der(&longer).unwrap_err();
    let length = der.len();
    let message = format!(
        "no certificate: trailing data at end of DER message: decoded {length} bytes, 1 bytes remaining at byte {length}"
    );
    assert_eq!(error.to_string(), message);
    // the version is no integer
    let mut bytes = der.to_vec();
    bytes[10] = 4;
    let error = Certificate::from_der(&bytes).unwrap_err();
    let message = "no certificate: unexpected ASN.1 DER tag: expected INTEGER, got OCTET STRING";
    assert_eq!(error.to_string(), message);
}

#[test]
fn an_extension_that_stands_twice_makes_no_certificate() {
    // RFC 5280, 4.2; key usage and one that this crate does not process
    for (oid, content) in [
        ("2.5.29.15", vec![3, 2, 7, 0x80]),
        ("2.5.29.14", vec![4, 1, 0]),
    ] {
        let key = PrivateKey::generate([1; 32]);
        let mut request = Request::new("twice", key.public());
        let extension = RawExtension {
            oid: oid.to_owned(),
            critical: false,
            content,
        };
        request.extensions = vec![extension];
        let error = Authority::self_sign(&key, &request).unwrap_err();
        let message = format!("no certificate: extension {oid} stands twice");
        assert_eq!(error.to_string(), message);
    }
}

/// `openssl x509 -req -sha384`, with two Common Names and other kinds of names.
const SHA384: &str = "\
-----BEGIN CERTIFICATE-----
MIICFTCCAbygAwIBAgIDD/OEMAoGCCqGSM49BAMDMBYxFDASBgNVBAMMC3Rlc3Rm
ZXN0IENBMCAXDTI2MTEyNzEyNDEwMloYDzIxMjYxMTAzMTI0MTAyWjBMMQswCQYD
VQQGEwJERTEQMA4GA1UECgwHT3BlblNTTDEOMAwGA1UEAwwFZmlyc3QxGzAZBgNV
BAMMEnNlcnZlci5leGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BFy3YVfXAXwrNXL/nfjAuHnupDbJJPiXX+Xamqu/8uln2HaQK0QIo37bdnupguB0
U1OEAT16yULfB81b7SdC192jgcAwgb0wDAYDVR0TAQH/BAIwADALBgNVHQ8EBAMC
BaAwTgYDVR0RAQH/BEQwQoISc2VydmVyLmV4YW1wbGUuY29tgQ1hQGV4YW1wbGUu
Y29tpA4wDDEKMAgGA1UEAwwBZIgCKgOgCQYCKgOgAwwBeDAQBgNVHSAECTAHMAUG
AyoDBDAdBgNVHQ4EFgQU2DPZ9/KpNc6CmZMtgQxPGiJ3c9cwHwYDVR0jBBgwFoAU
koYG3d0lf3HYIBr6K5Z/Mvzmo54wCgYIKoZIzj0EAwMDRwAwRAIgJDsy49i2lUeO
q2tp+9d0+Ti3y/t2Ih3TXrz0sQibj+ECIDc+f8ysGiGxUqnM5FJDB0XmVKocyssJ
Poihaj8KTe3H
-----END CERTIFICATE-----
";

/// The same with `-sha512`.
const SHA512: &str = "\
-----BEGIN CERTIFICATE-----
MIICFjCCAbygAwIBAgIDD/USMAoGCCqGSM49BAMEMBYxFDASBgNVBAMMC3Rlc3Rm
ZXN0IENBMCAXDTI2MTEyNzEyNDEwMloYDzIxMjYxMTAzMTI0MTAyWjBMMQswCQYD
VQQGEwJERTEQMA4GA1UECgwHT3BlblNTTDEOMAwGA1UEAwwFZmlyc3QxGzAZBgNV
BAMMEnNlcnZlci5leGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BFy3YVfXAXwrNXL/nfjAuHnupDbJJPiXX+Xamqu/8uln2HaQK0QIo37bdnupguB0
U1OEAT16yULfB81b7SdC192jgcAwgb0wDAYDVR0TAQH/BAIwADALBgNVHQ8EBAMC
BaAwTgYDVR0RAQH/BEQwQoISc2VydmVyLmV4YW1wbGUuY29tgQ1hQGV4YW1wbGUu
Y29tpA4wDDEKMAgGA1UEAwwBZIgCKgOgCQYCKgOgAwwBeDAQBgNVHSAECTAHMAUG
AyoDBDAdBgNVHQ4EFgQU2DPZ9/KpNc6CmZMtgQxPGiJ3c9cwHwYDVR0jBBgwFoAU
koYG3d0lf3HYIBr6K5Z/Mvzmo54wCgYIKoZIzj0EAwQDSAAwRQIhAM1sdZ7lbFqG
UOcqJ6/BsvB9fgD7ETQjMd5Q5FNjQ3ZvAiAmivmrm8+RmlRaA2jWEc+OJI4DyIMu
8Wx+PgMZuoPGeA==
-----END CERTIFICATE-----
";
