//! Which certificate names which server (RFC 6125, 6.4; RFC 7252, 9.1.3.3; Transport TS, 5.2.9.3 and 5.2.9.6.1).
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use credentials::{
    AlternativeName, Authority, Certificate, PrivateKey, RawExtension, Reference, Request,
};

/// The names of subjectAltName, the Common Name, the host of the URI, whether they match.
type Row = (&'static [&'static str], &'static str, &'static str, bool);

const ROWS: &[Row] = &[
    // the same name, in any case (RFC 6125, 6.4.1)
    (&["DNS:server.example.com"], "x", "server.example.com", true),
    (&["DNS:Server.EXAMPLE.com"], "x", "sErver.example.com", true),
    (
        &["DNS:server.example.com"],
        "x",
        "server.example.com.",
        true,
    ),
    (
        &["DNS:server.example.com"],
        "x",
        "server-fail.example.com",
        false,
    ),
    (&["DNS:server.example.com"], "x", "example.com", false),
    (&["DNS:example.com"], "x", "server.example.com", false),
    (&["DNS:a.example", "DNS:b.example"], "x", "b.example", true),
    (
        &["DNS:xn--bcher-kva.example"],
        "x",
        "xn--bcher-kva.example",
        true,
    ),
    (&["DNS:"], "x", "", false),
    (&["DNS:."], "x", ".", false),
    // a wildcard is the whole left-most label (RFC 6125, 6.4.3)
    (&["DNS:*.example.com"], "x", "server.example.com", true),
    (&["DNS:*.EXAMPLE.com"], "x", "server.example.COM", true),
    (&["DNS:*.example.com"], "x", "example.com", false),
    (&["DNS:*.example.com"], "x", "a.server.example.com", false),
    (&["DNS:*.example.com"], "x", ".example.com", false),
    (&["DNS:s*.example.com"], "x", "server.example.com", false),
    (&["DNS:*r.example.com"], "x", "server.example.com", false),
    (&["DNS:server.*.com"], "x", "server.example.com", false),
    (&["DNS:*.*.com"], "x", "server.example.com", false),
    (&["DNS:*"], "x", "server", false),
    (&["DNS:*."], "x", "server.", false),
    (&["DNS:*.example.com"], "x", "*.example.com", true),
    // the Common Name counts only for want of other names (RFC 6125, 6.4.4)
    (&[], "server.example.com", "server.example.com", true),
    (&[], "SERVER.example.com", "server.example.com", true),
    (
        &["DNS:other.example.com"],
        "server.example.com",
        "server.example.com",
        false,
    ),
    (
        &["IP:192.0.2.1"],
        "server.example.com",
        "server.example.com",
        false,
    ),
    (
        &["EMAIL:a@example.com"],
        "server.example.com",
        "server.example.com",
        true,
    ),
    // and never with a wildcard (RFC 7252, 9.1.3.3)
    (&[], "*.example.com", "server.example.com", false),
    (&[], "", "server.example.com", false),
    // an address in the URI must be in the certificate (Transport TS, 5.2.9.6.1)
    (&["IP:192.0.2.1"], "x", "192.0.2.1", true),
    (&["IP:192.0.2.1"], "x", "192.0.2.2", false),
    (&["IP:2001:db8::2:1"], "x", "[2001:db8::2:1]", true),
    (&["IP:2001:db8::2:1"], "x", "2001:DB8:0::2:1", true),
    (&["IP:2001:db8::2:1"], "x", "[2001:db8::2:2]", false),
    (&["IP:::ffff:192.0.2.1"], "x", "192.0.2.1", false),
    (&["DNS:192.0.2.1"], "x", "192.0.2.1", false),
    (&["DNS:*.0.2.1"], "x", "192.0.2.1", false),
    (&["DNS:server.example.com"], "192.0.2.1", "192.0.2.1", false),
    (&[], "192.0.2.1", "192.0.2.1", true),
    (&[], "2001:db8::2:1", "[2001:db8::2:1]", true),
    (&[], "192.0.2.10", "192.0.2.1", false),
    // or in a URI (RFC 7252, 9.1.3.3; the draft of Transport TS 1.1)
    (
        &["URI:coaps://server.example.com"],
        "x",
        "server.example.com",
        true,
    ),
    (
        &["URI:coaps://server.example.com:5684/bs?x"],
        "x",
        "server.example.com",
        true,
    ),
    (
        &["URI:coaps://user@server.example.com/"],
        "x",
        "server.example.com",
        true,
    ),
    (
        &["URI:coaps://other.example.com/server.example.com"],
        "x",
        "server.example.com",
        false,
    ),
    (
        &["URI:coaps://*.example.com"],
        "x",
        "server.example.com",
        false,
    ),
    (
        &["URI:urn:dev:server.example.com"],
        "x",
        "server.example.com",
        false,
    ),
    (
        &["URI:coaps://[2001:db8::2:1]:5684/"],
        "x",
        "[2001:db8::2:1]",
        true,
    ),
    (&["URI:coaps://192.0.2.1"], "x", "192.0.2.1", true),
    (&["URI:coaps://192.0.2.1"], "x", "192.0.2.2", false),
];

#[test]
fn names_match_as_the_standards_say() {
    for (names, common_name, host, expected) in ROWS {
        let certificate = certificate(names, common_name);
        let reference = Reference::from_host(host);
        assert_eq!(
            reference.matches(&certificate),
            *expected,
            "{names:?}, CN {common_name}, for {host}"
        );
    }
}

#[test]
fn names_are_read_as_they_stand() {
    let names = &[
        "DNS:*.Example.com",
        "IP:192.0.2.1",
        "IP:::1",
        "URI:coaps://h",
        "EMAIL:a@b",
    ];
    let certificate = certificate(names, "x");
    let shown: Vec<String> = certificate
        .names()
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = [
        "DNS:*.Example.com",
        "IP:192.0.2.1",
        "IP:::1",
        "URI:coaps://h",
        "name of kind 1",
    ];
    assert_eq!(shown, expected);
    assert_eq!(
        certificate.names().last(),
        Some(&AlternativeName::Other { tag: 1 })
    );
}

#[test]
fn malformed_names_make_no_certificate() {
    let contents: &[&[u8]] = &[
        // an address of five bytes, a name beyond ASCII, a name of no kind, a byte too many, half a name
        &[0x30, 7, 0x87, 5, 1, 2, 3, 4, 5],
        &[0x30, 4, 0x82, 2, 0xc3, 0xa9],
        &[0x30, 3, 0x16, 1, b'a'],
        &[0x30, 3, 0x82, 1, b'a', 0],
        &[0x30, 3, 0x82, 2, b'a'],
        &[],
    ];
    for content in contents {
        let request = request(Some(content.to_vec()), "x");
        let error = Authority::self_sign(&key(), &request)
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with(" in extension 2.5.29.17"),
            "{content:?}: {error}"
        );
    }
}

fn certificate(names: &[&str], common_name: &str) -> Certificate {
    let mut body = Vec::new();
    for name in names {
        let (kind, value) = name.split_once(':').unwrap();
        let (tag, value) = match kind {
            "DNS" => (0x82, value.as_bytes().to_vec()),
            "URI" => (0x86, value.as_bytes().to_vec()),
            "EMAIL" => (0x81, value.as_bytes().to_vec()),
            _ => (0x87, octets(value)),
        };
        body.extend([tag, value.len() as u8]);
        body.extend(value);
    }
    let mut content = vec![0x30, body.len() as u8];
    content.extend(body);
    let request = request((!names.is_empty()).then_some(content), common_name);
    Authority::self_sign(&key(), &request).unwrap()
}

fn octets(address: &str) -> Vec<u8> {
    match address.parse().unwrap() {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn request(names: Option<Vec<u8>>, common_name: &str) -> Request {
    let mut request = Request::new(common_name, key().public());
    request.extensions.extend(names.map(|content| RawExtension {
        oid: "2.5.29.17".to_owned(),
        critical: false,
        content,
    }));
    request
}

fn key() -> PrivateKey {
    PrivateKey::generate([1; 32])
}
