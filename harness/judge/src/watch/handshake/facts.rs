//! What the messages of a handshake hold, as fields of the notation.

use credentials::{AlternativeName, Certificate};
use lwm2m::Value;
use tls::{
    Alert, ClientHello, ExtensionType, Extensions, Framing, HandshakeBody, HandshakeFact,
    ServerHello, Shown, Suite, Version,
};

use crate::actual::Actual;

/// Fields by the notation's names.
pub(super) type Fields = Vec<(&'static str, Actual)>;

/// The fields of a ClientHello.
pub(super) fn hello_fields(hello: &ClientHello, framing: Framing) -> Fields {
    let extensions = hello.extensions();
    let suites = hello.suites.iter().map(|suite| suite_word(*suite));
    let groups = extensions.supported_groups().ok().flatten();
    let algorithms = extensions.signature_algorithms().ok().flatten();
    let types = |kind| {
        let found = extensions.offered_certificate_types(kind).ok().flatten();
        found.map(|types| types.into_iter().map(certificate_type).collect())
    };
    let name = extensions.server_name().ok().flatten();
    let renegotiation = extensions.renegotiation_info().ok().flatten();
    let renegotiates = renegotiation.is_some_and(|data| !data.is_empty());
    let _ = framing;
    vec![
        ("protocol", version(hello.version)),
        ("suites", texts(suites.collect())),
        (
            "groups",
            optional_texts(groups.map(|all| all.into_iter().map(group).collect())),
        ),
        (
            "signature-algorithms",
            optional_texts(algorithms.map(|all| all.into_iter().map(algorithm).collect())),
        ),
        ("server-name", optional_text(name)),
        ("connection-id", connection_id(extensions)),
        (
            "client-certificate-types",
            optional_texts(types(ExtensionType::CLIENT_CERTIFICATE_TYPE)),
        ),
        (
            "server-certificate-types",
            optional_texts(types(ExtensionType::SERVER_CERTIFICATE_TYPE)),
        ),
        (
            "extended-master-secret",
            present(extensions, ExtensionType::EXTENDED_MASTER_SECRET),
        ),
        (
            "encrypt-then-mac",
            present(extensions, ExtensionType::ENCRYPT_THEN_MAC),
        ),
        ("session-id", optional_bytes(&hello.session_id)),
        ("cookie", truth(!hello.cookie.is_empty())),
        ("renegotiation", truth(renegotiates)),
    ]
}

/// Adds what a message of the server's flight holds.
pub(super) fn server_fields(fields: &mut Fields, body: &HandshakeBody) {
    match body {
        HandshakeBody::ServerHello(hello) => fields.extend(server_hello(hello)),
        HandshakeBody::Certificate(shown) => fields.extend(shown_fields(shown)),
        HandshakeBody::ServerKeyExchange(exchange) => {
            let hint = exchange.hint.as_ref();
            if let Some(hint) = hint {
                fields.push(("hint", text(String::from_utf8_lossy(hint))));
            }
            if let Some(curve) = &exchange.curve {
                fields.push(("group", text(group(curve.group))));
            }
        }
        HandshakeBody::CertificateRequest(_) => fields.push(("certificate-request", truth(true))),
        _ => {}
    }
}

/// Adds what a message of the client's flight holds.
pub(super) fn client_fields(fields: &mut Fields, body: &HandshakeBody) {
    match body {
        HandshakeBody::Certificate(shown) => fields.extend(shown_fields(shown)),
        HandshakeBody::ClientKeyExchange(exchange) => {
            if let Some(identity) = &exchange.identity {
                let identity = match String::from_utf8(identity.clone()) {
                    Ok(identity) => text(identity),
                    Err(_) => Actual::Value(Value::Opaque(identity.clone())),
                };
                fields.push(("identity", identity));
            }
        }
        HandshakeBody::CertificateVerify(_) => fields.push(("verified", truth(true))),
        _ => {}
    }
}

/// The fields of an alert.
pub(super) fn alert_fields(alert: Alert) -> Fields {
    vec![
        ("description", text(alert.description.to_string())),
        ("level", text(alert.level.to_string())),
    ]
}

/// A handshake message in the ladder: its name and what is worth saying of it.
pub(super) fn told(fact: &HandshakeFact) -> (String, Vec<String>) {
    let mut notes = Vec::new();
    match &fact.body {
        Ok(HandshakeBody::ClientHello(hello)) => {
            let suites: Vec<String> = hello.suites.iter().map(|one| suite_word(*one)).collect();
            notes.push(format!("offers {}", suites.join(", ")));
        }
        Ok(HandshakeBody::ServerHello(hello)) => {
            notes.push(format!("chooses {}", suite_word(hello.suite)));
        }
        Ok(HandshakeBody::ClientKeyExchange(exchange)) => {
            let identity = exchange.identity.as_ref();
            notes.extend(identity.map(|one| {
                format!(
                    "PSK identity \"{}\"",
                    String::from_utf8_lossy(one).escape_debug()
                )
            }));
        }
        Err(error) => notes.push(format!("cannot be read: {error}")),
        Ok(_) => {}
    }
    if fact.verified == Some(false) {
        notes.push("does not fit the handshake".to_owned());
    }
    if fact.repeats {
        notes.push("repeated".to_owned());
    }
    if fact.fragments > 1 {
        notes.push(format!("in {} fragments", fact.fragments));
    }
    (fact.kind.to_string(), notes)
}

fn server_hello(hello: &ServerHello) -> Fields {
    let extensions = hello.extensions();
    let chosen = |kind| {
        let found = extensions.chosen_certificate_type(kind).ok().flatten();
        found.map_or(Actual::Absent, |kind| text(certificate_type(kind)))
    };
    vec![
        ("protocol", version(hello.version)),
        ("suite", text(suite_word(hello.suite))),
        ("connection-id", connection_id(extensions)),
        (
            "certificate-type",
            chosen(ExtensionType::SERVER_CERTIFICATE_TYPE),
        ),
        (
            "client-certificate-type",
            chosen(ExtensionType::CLIENT_CERTIFICATE_TYPE),
        ),
        (
            "extended-master-secret",
            present(extensions, ExtensionType::EXTENDED_MASTER_SECRET),
        ),
        (
            "encrypt-then-mac",
            present(extensions, ExtensionType::ENCRYPT_THEN_MAC),
        ),
    ]
}

fn shown_fields(shown: &Shown) -> Fields {
    let spki = match shown {
        Shown::RawKey(spki) => return vec![("public-key", optional_bytes(spki))],
        Shown::Chain(chain) => chain.first(),
    };
    let Some(certificate) = spki.and_then(|der| Certificate::from_der(der).ok()) else {
        return Vec::new();
    };
    let names = certificate.names().iter().map(|name| match name {
        AlternativeName::Dns(name) => name.clone(),
        AlternativeName::Ip(address) => address.to_string(),
        other => format!("{other:?}"),
    });
    let common = certificate.subject_common_name();
    vec![
        ("names", texts(names.collect())),
        ("common-name", common.map_or(Actual::Absent, text)),
        ("public-key", optional_bytes(certificate.spki())),
    ]
}

fn suite_word(suite: Suite) -> String {
    suite
        .word()
        .map_or_else(|| suite.to_string(), str::to_owned)
}

fn version(version: Version) -> Actual {
    text(version.to_string().to_lowercase().replace(' ', "-"))
}

fn group(number: u16) -> String {
    let known = GROUPS.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| format!("{number:#06x}"), |(_, name)| (*name).to_owned())
}

fn algorithm(number: u16) -> String {
    let known = ALGORITHMS.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| format!("{number:#06x}"), |(_, name)| (*name).to_owned())
}

fn certificate_type(number: u8) -> String {
    match number {
        0 => "x509".to_owned(),
        2 => "raw-public-key".to_owned(),
        other => other.to_string(),
    }
}

fn connection_id(extensions: &Extensions) -> Actual {
    let found = extensions.connection_id().ok().flatten();
    found.map_or(Actual::Absent, |id| Actual::Value(Value::Opaque(id)))
}

fn present(extensions: &Extensions, kind: ExtensionType) -> Actual {
    truth(extensions.has(kind))
}

fn truth(truth: bool) -> Actual {
    Actual::Value(Value::Boolean(truth))
}

fn text(text: impl Into<String>) -> Actual {
    Actual::text(text.into())
}

fn texts(texts: Vec<String>) -> Actual {
    Actual::List(texts.into_iter().map(Value::String).collect())
}

fn optional_texts(found: Option<Vec<String>>) -> Actual {
    found.map_or(Actual::Absent, texts)
}

fn optional_text(bytes: Option<Vec<u8>>) -> Actual {
    let bytes = bytes.filter(|bytes| !bytes.is_empty());
    bytes.map_or(Actual::Absent, |bytes| {
        text(String::from_utf8_lossy(&bytes))
    })
}

fn optional_bytes(bytes: &[u8]) -> Actual {
    match bytes {
        [] => Actual::Absent,
        bytes => Actual::Value(Value::Opaque(bytes.to_vec())),
    }
}

/// Named groups (RFC 8422, 5.1.1; RFC 4492, 5.1.1).
const GROUPS: &[(u16, &str)] = &[
    (1, "sect163k1"),
    (2, "sect163r1"),
    (3, "sect163r2"),
    (4, "sect193r1"),
    (5, "sect193r2"),
    (6, "sect233k1"),
    (7, "sect233r1"),
    (8, "sect239k1"),
    (9, "sect283k1"),
    (10, "sect283r1"),
    (11, "sect409k1"),
    (12, "sect409r1"),
    (13, "sect571k1"),
    (14, "sect571r1"),
    (15, "secp160k1"),
    (16, "secp160r1"),
    (17, "secp160r2"),
    (18, "secp192k1"),
    (19, "secp192r1"),
    (20, "secp224k1"),
    (21, "secp224r1"),
    (22, "secp256k1"),
    (23, "secp256r1"),
    (24, "secp384r1"),
    (25, "secp521r1"),
    (29, "x25519"),
    (30, "x448"),
];
/// Pairs of hash and signature (RFC 5246, 7.4.1.4.1; names of RFC 8446, 4.2.3).
const ALGORITHMS: &[(u16, &str)] = &[
    (0x0203, "ecdsa-sha1"),
    (0x0303, "ecdsa-sha224"),
    (0x0403, "ecdsa-secp256r1-sha256"),
    (0x0503, "ecdsa-secp384r1-sha384"),
    (0x0603, "ecdsa-secp521r1-sha512"),
    (0x0401, "rsa-pkcs1-sha256"),
    (0x0807, "ed25519"),
];
