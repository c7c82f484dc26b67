//! Keys against the vectors of RFC 6979 and the encodings that OpenSSL writes.
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use credentials::{KeyError, PrivateKey, PublicKey};

/// RFC 6979, A.2.5: the key, and the signatures that it makes.
const X: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
const UX: &str = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
const UY: &str = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
const SHA256_SAMPLE: [&str; 2] = [
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
];
const SHA384_SAMPLE: [&str; 2] = [
    "0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719",
    "4861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954",
];
const SHA512_SAMPLE: [&str; 2] = [
    "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00",
    "2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe",
];
const SHA256_TEST: [&str; 2] = [
    "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
    "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
];

#[test]
fn signatures_are_those_of_rfc_6979() {
    let key = vector_key();
    assert_eq!(key.public().to_point(), hex(&format!("04{UX}{UY}")));
    assert_eq!(key.sign(b"sample"), signature(SHA256_SAMPLE));
    assert_eq!(key.sign(b"test"), signature(SHA256_TEST));
}

#[test]
fn signatures_verify_with_their_own_hash_only() {
    let key = vector_key().public();
    let verify = [
        PublicKey::verify as fn(&PublicKey, &[u8], &[u8]) -> bool,
        PublicKey::verify_sha384,
        PublicKey::verify_sha512,
    ];
    let signatures = [SHA256_SAMPLE, SHA384_SAMPLE, SHA512_SAMPLE].map(signature);
    for (row, signature) in signatures.iter().enumerate() {
        for (column, verify) in verify.iter().enumerate() {
            assert_eq!(verify(&key, b"sample", signature), row == column);
            assert!(!verify(&key, b"simple", signature));
        }
    }
    assert!(!key.verify(b"sample", &[]));
    assert!(!key.verify(b"sample", &signature(SHA256_SAMPLE)[1..]));
}

#[test]
fn keys_of_a_seed_are_always_the_same_and_differ_by_seed() {
    let key = PrivateKey::generate([7; 32]);
    assert_eq!(key, PrivateKey::generate([7; 32]));
    assert_ne!(key, PrivateKey::generate([8; 32]));
}

#[test]
fn every_form_of_a_key_is_read() {
    let key = vector_key();
    let spki = key.public().to_spki();
    assert_eq!(spki, hex(&format!("{SPKI}04{UX}{UY}")));
    assert_eq!(PublicKey::from_spki(&spki).unwrap(), key.public());
    assert_eq!(
        PublicKey::from_pem(&key.public().to_pem()).unwrap(),
        key.public()
    );
    let compressed = format!(
        "3039301306072a8648ce3d020106082a8648ce3d030107032200{}{UX}",
        "03"
    );
    assert_eq!(
        PublicKey::from_spki(&hex(&compressed)).unwrap(),
        key.public()
    );

    let pkcs8 = key.to_pkcs8();
    assert_eq!(pkcs8, hex(&format!("{PKCS8}0420{X}a14403420004{UX}{UY}")));
    let forms = [
        // RFC 5915, 3: with curve and public key, with the curve, with neither
        format!("307702010104 20{X}{CURVE}a14403420004{UX}{UY}"),
        format!("3031020101 0420{X}{CURVE}"),
        format!("3025020101 0420{X}"),
        // RFC 5958, 2: without a public key, with attributes
        format!("3041020100{ALGORITHM}04 273025020101 0420{X}"),
        format!("3043020100{ALGORITHM}04 273025020101 0420{X}a000"),
    ];
    for form in forms {
        assert_eq!(PrivateKey::from_der(&hex(&form)).unwrap(), key, "{form}");
    }
}

#[test]
fn every_text_form_of_a_key_is_read() {
    let key = vector_key();
    let sec1 = "MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n\
                AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n\
                maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n";
    let sec1 = format!("-----BEGIN EC PRIVATE KEY-----\n{sec1}-----END EC PRIVATE KEY-----\n");
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    let texts = [
        key.to_pem(),
        key.to_pem().replace('\n', "\r\n"),
        format!("for the bench\n{}and more\n", key.to_pem()),
        sec1.clone(),
        format!("{parameters}{sec1}"),
        format!("{}{sec1}", PrivateKey::generate([1; 32]).public().to_pem()),
    ];
    for text in texts {
        assert_eq!(PrivateKey::from_pem(&text).unwrap(), key, "{text}");
    }
}

#[test]
fn other_keys_are_refused_by_name() {
    let secp384r1 = "3010 06072a8648ce3d0201 06052b81040022".to_owned();
    let inner = format!("04 273025020101 0420{X}");
    let cases = [
        // version 2, with and without its public key (RFC 5958, 2)
        (format!("3041020101{ALGORITHM}{inner}"), "OneAsymmetricKey of version 2, wanted version 1"),
        (format!("3041020107{ALGORITHM}{inner}"), "OneAsymmetricKey of version 8, wanted version 1"),
        // EncryptedPrivateKeyInfo (RFC 5958, 3)
        ("3015300d06092a864886f70d01050d30000404deadbeef".to_owned(), "encrypted private key, wanted a plain one"),
        (format!("303e020100{secp384r1}{inner}"), "key on curve secp384r1, wanted secp256r1"),
        (
            "302e020100300506032b657004220420a29453fcdc8b3b0b114eab6a1606b125cc6a7fb46b463b68e51b9b66c2a00583".to_owned(),
            "key of algorithm 1.3.101.112, wanted an elliptic curve key",
        ),
        // an ECPrivateKey on secp224r1
        (format!("302e020101 0420{X}a00706052b81040021"), "key on curve secp224r1, wanted secp256r1"),
    ];
    for (bytes, message) in cases {
        let error = PrivateKey::from_der(&hex(&bytes)).unwrap_err();
        assert_eq!(error.to_string(), message, "{bytes}");
    }
    let secp384r1 = "3076301006072a8648ce3d020106052b81040022036200".to_owned() + &"04".repeat(97);
    assert_eq!(
        PublicKey::from_spki(&hex(&secp384r1)),
        Err(KeyError::Curve("secp384r1".to_owned()))
    );
    let explicit = "3014300e06072a8648ce3d02013003020101030200 04";
    assert_eq!(
        PublicKey::from_spki(&hex(explicit)),
        Err(KeyError::Curve("of its own".to_owned()))
    );
}

#[test]
fn what_is_no_key_says_where() {
    let zero = "00".repeat(32);
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let whole = vector_key().to_pkcs8();
    let mut longer = whole.clone();
    longer.push(0);
    let cases: [&[u8]; 8] = [
        &[],
        b"PRIVATE KEY",
        &whole[..whole.len() - 1],
        &longer,
        &hex(&format!("3025020101 0420{zero}")),
        &hex(&format!("3025020101 0420{order}")),
        // a public key of another private key
        &hex(&format!(
            "3077020101 0420{}{CURVE}a14403420004{UX}{UY}",
            "11".repeat(32)
        )),
        // a private key too short
        &hex("3006020101 040111"),
    ];
    for bytes in cases {
        let error = PrivateKey::from_der(bytes).unwrap_err();
        assert!(matches!(error, KeyError::Malformed { .. }), "{error}");
        assert!(error.to_string().starts_with("no private key: "), "{error}");
    }
    // a point that is not on the curve
    let error = PublicKey::from_spki(&hex(&format!("{SPKI}04{UX}{UX}"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no SubjectPublicKeyInfo: no point of secp256r1"
    );
}

#[test]
fn texts_without_a_key_say_so() {
    let key = vector_key();
    let old = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,1488F9E5535A441D3F60B57A276AD0BF\n\nZ0aD\n-----END EC PRIVATE KEY-----\n";
    let new = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMBUwDQYJKoZIhvcNAQUNMAAEBN6tvu8=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let cases = [
        (String::new(), "no PEM block \"PRIVATE KEY\" at byte 0"),
        (
            key.public().to_pem(),
            "no PEM block \"PRIVATE KEY\" at byte 178",
        ),
        (old.to_owned(), "encrypted private key, wanted a plain one"),
        (new.to_owned(), "encrypted private key, wanted a plain one"),
        (
            key.to_pem().replace("END", "ENDE"),
            "PEM block \"PRIVATE KEY\" without its end at byte 0",
        ),
        (
            "\n".to_owned() + &key.to_pem().replace("MIGH", "M!GH"),
            "PEM block \"PRIVATE KEY\" that is not base64 at byte 1",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(
            PrivateKey::from_pem(&text).unwrap_err().to_string(),
            message
        );
    }
}

#[test]
fn a_private_key_is_not_shown() {
    assert!(!format!("{:?}", vector_key()).contains(&X[..16]));
}

fn vector_key() -> PrivateKey {
    PrivateKey::from_der(&hex(&format!("3025020101 0420{X}"))).unwrap()
}

/// Two integers as ECDSA-Sig-Value (RFC 3279, 2.2.3).
fn signature(integers: [&str; 2]) -> Vec<u8> {
    let mut body = Vec::new();
    for integer in integers {
        let mut bytes = hex(integer);
        while bytes.len() > 1 && bytes[0] == 0 && bytes[1] < 0x80 {
            bytes.remove(0);
        }
        if bytes[0] >= 0x80 {
            bytes.insert(0, 0);
        }
        body.extend([2, bytes.len() as u8]);
        body.extend(bytes);
    }
    let mut whole = vec![0x30, body.len() as u8];
    whole.extend(body);
    whole
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| *byte != b' ')
        .map(|digit| (digit as char).to_digit(16).unwrap() as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// AlgorithmIdentifier of ecPublicKey on secp256r1 (RFC 5480, 2.1.1).
const ALGORITHM: &str = "301306072a8648ce3d020106082a8648ce3d030107";
/// The parameters of an ECPrivateKey on secp256r1 (RFC 5915, 3).
const CURVE: &str = "a00a06082a8648ce3d030107";
const SPKI: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
const PKCS8: &str = "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b020101";
