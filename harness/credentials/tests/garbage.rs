//! Whatever the bytes: no panic, nothing accepted that was changed, and everything written is read back.
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use std::net::IpAddr;

use credentials::{
    AlternativeName, Association, Authority, BasicConstraints, Certificate, Checks, KeyUsage,
    PrivateKey, PublicKey, Purpose, Reference, Request, check_client, check_server, fixtures,
};
use proptest::prelude::*;

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Certificate::from_der(&bytes);
        let _ = PrivateKey::from_der(&bytes);
        let _ = PublicKey::from_spki(&bytes);
        let key = PrivateKey::generate([1; 32]).public();
        prop_assert!(!key.verify(b"message", &bytes));
        let shown = [fixtures::SERVER.certificate().unwrap()];
        let association = Association::new(bytes);
        prop_assert!(check_server(&shown, Some(&association), &[], None, Some(NOW), Checks::default()).is_err());
    }

    #[test]
    fn any_text_is_read_without_panic(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12),
        noise in "\\PC{0,40}",
    ) {
        let text = pieces.concat() + &noise;
        let _ = Certificate::from_pem_chain(&text);
        let _ = PrivateKey::from_pem(&text);
        let _ = PublicKey::from_pem(&text);
        let _ = Reference::from_host(&noise).matches(&fixtures::SERVER.certificate().unwrap());
    }

    #[test]
    fn a_certificate_with_a_byte_changed_is_never_accepted(place in any::<prop::sample::Index>(), mask in 1u8..) {
        let roots = [fixtures::ROOT_CA.certificate().unwrap()];
        let mut bytes = fixtures::SERVER_CHAIN.der.to_vec();
        let place = place.index(bytes.len());
        bytes[place] ^= mask;
        if let Ok(changed) = Certificate::from_der(&bytes) {
            prop_assert_eq!(changed.der(), &bytes[..]);
            let chain = [changed, fixtures::INTERMEDIATE_CA.certificate().unwrap()];
            prop_assert!(check_server(&chain, None, &roots, None, Some(NOW), Checks::default()).is_err());
            prop_assert!(check_client(&chain, &roots, None, Checks::default()).is_err());
        }
    }

    #[test]
    fn a_key_with_a_byte_changed_is_another_key_or_none(place in any::<prop::sample::Index>(), mask in 1u8..) {
        let own = fixtures::SERVER.key().unwrap();
        let mut bytes = own.to_pkcs8();
        let place = place.index(bytes.len());
        bytes[place] ^= mask;
        // the public key inside belongs to the private one, or the key is refused
        prop_assert!(PrivateKey::from_der(&bytes).is_err(), "byte {}", place);
        let spki = own.public().to_spki();
        let mut bytes = spki.clone();
        let place = place % bytes.len();
        bytes[place] ^= mask;
        prop_assert!(PublicKey::from_spki(&bytes).is_ok_and(|key| key != own.public()) || PublicKey::from_spki(&bytes).is_err());
    }

    #[test]
    fn a_shorter_certificate_is_none(length in any::<prop::sample::Index>()) {
        let whole = fixtures::SERVER.der;
        prop_assert!(Certificate::from_der(&whole[..length.index(whole.len())]).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_issued_says_what_was_asked_for(request in requests(), seed in any::<[u8; 32]>()) {
        let authority = Authority::new(seed, "authority").unwrap();
        let certificate = authority.issue(&request).unwrap();
        prop_assert_eq!(&authority.issue(&request).unwrap(), &certificate);
        prop_assert!(certificate.is_signed_by(authority.certificate()));
        prop_assert_eq!(certificate.version(), 3);
        prop_assert_eq!(certificate.issuer(), "CN=authority");
        prop_assert_eq!(certificate.subject_common_name(), Some(&*request.common_name).filter(|name| !name.is_empty()));
        prop_assert_eq!(certificate.not_before(), request.not_before);
        prop_assert_eq!(certificate.not_after(), request.not_after);
        prop_assert_eq!(certificate.basic_constraints(), request.ca);
        prop_assert_eq!(certificate.key_usage(), request.key_usage);
        prop_assert_eq!(certificate.extended_key_usage().unwrap_or_default(), &request.usages);
        prop_assert_eq!(certificate.public_key().unwrap(), request.key.clone());
        let dns = request.dns.iter().cloned().map(AlternativeName::Dns);
        let names: Vec<_> = dns.chain(request.ip.iter().copied().map(AlternativeName::Ip)).collect();
        prop_assert_eq!(certificate.names(), &names);
        prop_assert!(!certificate.serial().is_empty() && certificate.serial().len() <= 20);
        let text = certificate.to_pem() + &authority.certificate().to_pem();
        let read = Certificate::from_pem_chain(&text).unwrap();
        prop_assert_eq!(read, vec![certificate, authority.certificate().clone()]);
    }

    #[test]
    fn keys_come_back(seed in any::<[u8; 32]>(), message in prop::collection::vec(any::<u8>(), 0..100)) {
        let key = PrivateKey::generate(seed);
        prop_assert_eq!(&PrivateKey::from_der(&key.to_pkcs8()).unwrap(), &key);
        prop_assert_eq!(&PrivateKey::from_pem(&key.to_pem()).unwrap(), &key);
        prop_assert_eq!(PublicKey::from_spki(&key.public().to_spki()).unwrap(), key.public());
        prop_assert!(key.public().verify(&message, &key.sign(&message)));
    }
}

fn requests() -> impl Strategy<Value = Request> {
    let name = "[ -~éß]{0,40}";
    let dns = prop::collection::vec("[a-z*.-]{1,20}", 0..4);
    let ip = prop::collection::vec(any::<IpAddr>(), 0..4);
    // to the last second that GeneralizedTime can write
    let dates = (0i64..253_402_300_800, 0i64..253_402_300_800);
    let ca = (any::<bool>(), prop::option::of(0u32..256));
    let ca =
        prop::option::of(ca.prop_map(|(ca, path_length)| BasicConstraints { ca, path_length }));
    let usage = prop::option::of((1u16..512).prop_map(KeyUsage));
    let purposes = prop::sample::subsequence(
        vec![
            Purpose::ServerAuth,
            Purpose::ClientAuth,
            Purpose::Any,
            Purpose::Other("1.3.6.1.5.5.7.3.9".to_owned()),
        ],
        0..=4,
    );
    (name, dns, ip, dates, ca, usage, purposes, any::<[u8; 32]>()).prop_map(
        |(name, dns, ip, dates, ca, key_usage, usages, seed)| Request {
            dns,
            ip,
            not_before: dates.0,
            not_after: dates.1,
            ca,
            key_usage,
            usages,
            ..Request::new(&name, PrivateKey::generate(seed).public())
        },
    )
}

/// What a text may be put together from.
const PIECES: &[&str] = &[
    "-----BEGIN ",
    "-----END ",
    "CERTIFICATE",
    "PRIVATE KEY",
    "PUBLIC KEY",
    "-----",
    "\n",
    "\r\n",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg",
    ": ",
    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\n\n-----END PRIVATE KEY-----",
];
