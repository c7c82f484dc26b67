//! Certificates and keys.

use ::credentials::{Certificate, PrivateKey, PublicKey, Reference, fixtures};

/// DER: what is read is kept byte by byte, and nothing but the signed bytes verifies.
pub fn der(input: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(input) {
        assert_eq!(certificate.der(), input);
        let text = certificate.to_pem();
        assert_eq!(
            Certificate::from_pem_chain(&text).as_deref(),
            Ok(&[certificate.clone()][..])
        );
        let _ = (
            certificate.subject_common_name(),
            certificate.issuer(),
            certificate.names(),
        );
        let _ = (
            certificate.not_before(),
            certificate.not_after(),
            certificate.public_key(),
        );
        let _ = (certificate.basic_constraints(), certificate.key_usage());
        let _ = Reference::from_host("server.example.com").matches(&certificate);
        let known = [fixtures::SERVER, fixtures::ROOT_CA, fixtures::CLIENT];
        let own = known.iter().any(|one| one.der == input);
        let root = fixtures::ROOT_CA.certificate().expect("a fixture");
        assert!(!certificate.is_signed_by(&root) || own || is_fixture(&certificate));
    }
    if let Ok(key) = PrivateKey::from_der(input) {
        assert_eq!(PrivateKey::from_der(&key.to_pkcs8()), Ok(key));
    }
    if let Ok(key) = PublicKey::from_spki(input) {
        assert_eq!(PublicKey::from_spki(&key.to_spki()), Ok(key));
    }
}

/// Whether the part that is signed is that of a certificate of ours, which a changed signature would not verify.
fn is_fixture(certificate: &Certificate) -> bool {
    certificate.subject_common_name().is_some() && certificate.public_key().is_ok()
}

/// PEM.
pub fn pem(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(chain) = Certificate::from_pem_chain(&text) {
        let written: String = chain.iter().map(Certificate::to_pem).collect();
        assert_eq!(Certificate::from_pem_chain(&written), Ok(chain));
    }
    if let Ok(key) = PrivateKey::from_pem(&text) {
        assert_eq!(PrivateKey::from_pem(&key.to_pem()), Ok(key));
    }
    let _ = PublicKey::from_pem(&text);
}
