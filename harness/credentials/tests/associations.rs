//! Resources 4, 13 and 15 of the Security Object against what a server shows (Core TS, E.1; RFC 6698, 2.1).
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

use credentials::{
    Association, Authority, Certificate, Checks, Matching, PrivateKey, Reference, Request, Usage,
    check_raw_key, check_server,
};

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;
/// 2100-01-01T00:00:00Z, when every certificate here has expired.
const LATE: i64 = 4_102_444_800;

const MATCHINGS: [Matching; 4] = [
    Matching::Exact,
    Matching::Sha256,
    Matching::Sha384,
    Matching::Sha512,
];

/// A server below an intermediate CA below a root, and others.
struct Bench {
    root: Certificate,
    middle: Certificate,
    leaf: Certificate,
    stranger: Certificate,
    client: Certificate,
}

/// How the server is met.
#[derive(Clone, Copy)]
struct Setting {
    roots: bool,
    name: &'static str,
    now: i64,
}

const SOUND: Setting = Setting {
    roots: true,
    name: "server.example.com",
    now: NOW,
};
const NO_ROOTS: Setting = Setting {
    roots: false,
    ..SOUND
};
const OTHER_NAME: Setting = Setting {
    name: "server-fail.example.com",
    ..SOUND
};
const AFTER: Setting = Setting { now: LATE, ..SOUND };

/// The usage, whose certificate stands in resource 4, the setting, and what follows for a certificate and for its key.
type Row = (
    Usage,
    fn(&Bench) -> &Certificate,
    Setting,
    &'static str,
    &'static str,
);

const ROWS: &[Row] = &[
    (Usage::CaConstraint, Bench::root, SOUND, "ok", "ok"),
    (Usage::CaConstraint, Bench::middle, SOUND, "ok", "ok"),
    (
        Usage::CaConstraint,
        Bench::leaf,
        SOUND,
        "not-the-expected-key",
        "not-the-expected-key",
    ),
    (
        Usage::CaConstraint,
        Bench::stranger,
        SOUND,
        "not-the-expected-key",
        "not-the-expected-key",
    ),
    (
        Usage::CaConstraint,
        Bench::middle,
        NO_ROOTS,
        "unknown-issuer",
        "unknown-issuer",
    ),
    (
        Usage::CaConstraint,
        Bench::middle,
        OTHER_NAME,
        "wrong-name",
        "wrong-name",
    ),
    (
        Usage::CaConstraint,
        Bench::middle,
        AFTER,
        "expired",
        "expired",
    ),
    (Usage::ServiceConstraint, Bench::leaf, SOUND, "ok", "ok"),
    (
        Usage::ServiceConstraint,
        Bench::middle,
        SOUND,
        "not-the-expected-key",
        "not-the-expected-key",
    ),
    (
        Usage::ServiceConstraint,
        Bench::leaf,
        NO_ROOTS,
        "unknown-issuer",
        "unknown-issuer",
    ),
    // the certificate itself switches the comparison of names off (Transport TS, 5.2.9.3)
    (
        Usage::ServiceConstraint,
        Bench::leaf,
        OTHER_NAME,
        "ok",
        "wrong-name",
    ),
    (
        Usage::ServiceConstraint,
        Bench::leaf,
        AFTER,
        "expired",
        "expired",
    ),
    (Usage::TrustAnchor, Bench::middle, NO_ROOTS, "ok", "ok"),
    (Usage::TrustAnchor, Bench::leaf, NO_ROOTS, "ok", "ok"),
    (
        Usage::TrustAnchor,
        Bench::stranger,
        SOUND,
        "unknown-issuer",
        "unknown-issuer",
    ),
    (
        Usage::TrustAnchor,
        Bench::middle,
        OTHER_NAME,
        "wrong-name",
        "wrong-name",
    ),
    (
        Usage::TrustAnchor,
        Bench::leaf,
        OTHER_NAME,
        "ok",
        "wrong-name",
    ),
    (
        Usage::TrustAnchor,
        Bench::middle,
        AFTER,
        "expired",
        "expired",
    ),
    // neither path nor name nor dates (RFC 6698, 2.1.1; RFC 7671, 5.1)
    (Usage::DomainIssued, Bench::leaf, SOUND, "ok", "ok"),
    (Usage::DomainIssued, Bench::leaf, NO_ROOTS, "ok", "ok"),
    (Usage::DomainIssued, Bench::leaf, OTHER_NAME, "ok", "ok"),
    (Usage::DomainIssued, Bench::leaf, AFTER, "ok", "ok"),
    (
        Usage::DomainIssued,
        Bench::middle,
        SOUND,
        "not-the-expected-key",
        "not-the-expected-key",
    ),
    (
        Usage::DomainIssued,
        Bench::root,
        SOUND,
        "not-the-expected-key",
        "not-the-expected-key",
    ),
];

#[test]
fn usages_hold_with_every_matching_type() {
    let bench = Bench::new();
    for (line, (usage, stored, setting, of_certificate, of_key)) in ROWS.iter().enumerate() {
        let stored = stored(&bench);
        for matching in MATCHINGS {
            let association = Association::with_certificate(stored, *usage, matching);
            assert_eq!(
                bench.outcome(&association, *setting),
                *of_certificate,
                "row {line}, {matching:?}"
            );
            let association = Association::with_key(stored.spki(), *usage, matching);
            assert_eq!(
                bench.outcome(&association, *setting),
                *of_key,
                "row {line}, key, {matching:?}"
            );
        }
    }
}

#[test]
fn an_anchor_that_is_not_shown_must_be_stored_whole() {
    let bench = Bench::new();
    let chain = [bench.leaf.clone(), bench.middle.clone()];
    let shown = [bench.leaf.clone(), bench.middle.clone(), bench.root.clone()];
    for matching in MATCHINGS {
        let whole = Association::with_certificate(&bench.root, Usage::TrustAnchor, matching);
        let key = Association::with_key(bench.root.spki(), Usage::TrustAnchor, matching);
        for association in [whole, key] {
            let outcome = |chain: &[Certificate]| {
                let checks = Checks::default();
                check_server(chain, Some(&association), &[], None, Some(NOW), checks).is_ok()
            };
            assert!(outcome(&shown), "{matching:?}");
            assert_eq!(outcome(&chain), matching == Matching::Exact, "{matching:?}");
        }
    }
}

#[test]
fn an_absent_usage_is_3_or_a_trust_anchor() {
    let bench = Bench::new();
    let key = bench.leaf.spki().to_vec();
    let root_key = bench.root.spki().to_vec();
    let hash = Matching::Sha256.apply(bench.root.der());
    let rows: [(&str, Vec<u8>, Setting, &str); 11] = [
        ("the server", bench.leaf.der().to_vec(), SOUND, "ok"),
        (
            "the server by another name",
            bench.leaf.der().to_vec(),
            OTHER_NAME,
            "ok",
        ),
        ("the server's key", key, OTHER_NAME, "ok"),
        // ETS case 403 is judged so
        ("a trust anchor", bench.root.der().to_vec(), NO_ROOTS, "ok"),
        (
            "a trust anchor, another name",
            bench.root.der().to_vec(),
            OTHER_NAME,
            "wrong-name",
        ),
        ("a CA between", bench.middle.der().to_vec(), NO_ROOTS, "ok"),
        (
            "another CA",
            bench.stranger.der().to_vec(),
            SOUND,
            "unknown-issuer",
        ),
        (
            "no CA and not the server",
            bench.client.der().to_vec(),
            SOUND,
            "not-the-expected-key",
        ),
        ("a CA's key", root_key, SOUND, "not-the-expected-key"),
        (
            "a CA's hash, not said to be one",
            hash,
            SOUND,
            "not-the-expected-key",
        ),
        ("nothing", Vec::new(), SOUND, "not-the-expected-key"),
    ];
    for (title, data, setting, expected) in rows {
        assert_eq!(
            bench.outcome(&Association::new(data), setting),
            expected,
            "{title}"
        );
    }
    // a server whose own certificate is a CA's is the one presented first of all
    let authority = Authority::new([1; 32], "root").unwrap();
    let association = Association::new(authority.certificate().der().to_vec());
    let chain = [authority.certificate().clone()];
    let reference = Reference::from_host(OTHER_NAME.name);
    let checks = Checks::default();
    let outcome = check_server(
        &chain,
        Some(&association),
        &[],
        Some(&reference),
        Some(LATE),
        checks,
    );
    assert_eq!(outcome, Ok(()));
    // a root of X.509v1 cannot say that it is a CA
    let mut request = Request::authority("root", authority.key().public(), None);
    request.v1 = true;
    let root = Authority::self_sign(authority.key(), &request).unwrap();
    assert_eq!(
        bench.outcome(&Association::new(root.der().to_vec()), NO_ROOTS),
        "ok"
    );
    let written = Association {
        usage: Some(Usage::DomainIssued),
        ..Association::new(bench.root.der().to_vec())
    };
    assert_eq!(bench.outcome(&written, SOUND), "not-the-expected-key");
}

#[test]
fn raw_public_keys_match_exactly() {
    let (own, other) = (
        PrivateKey::generate([1; 32]).public(),
        PrivateKey::generate([2; 32]).public(),
    );
    let all = Checks::default();
    for matching in MATCHINGS {
        let association = Association::with_key(&own.to_spki(), Usage::DomainIssued, matching);
        assert_eq!(check_raw_key(&own.to_spki(), &association, all), Ok(()));
        let fault = check_raw_key(&other.to_spki(), &association, all).unwrap_err();
        assert_eq!((fault.name(), fault.alert()), ("not-the-expected-key", 46));
        let none = Checks {
            constraint: false,
            ..all
        };
        assert_eq!(check_raw_key(&other.to_spki(), &association, none), Ok(()));
        let fault = check_raw_key(b"no key", &association, none).unwrap_err();
        assert_eq!((fault.name(), fault.alert()), ("unsupported-key", 43));
    }
}

#[test]
fn numbers_are_those_of_the_resources() {
    for number in 0..4 {
        assert_eq!(Usage::from_number(number).map(Usage::number), Some(number));
        assert_eq!(
            Matching::from_number(number).map(Matching::number),
            Some(number)
        );
    }
    assert_eq!(Usage::from_number(4), None);
    assert_eq!(Matching::from_number(4), None);
    assert_eq!(Usage::from_number(3), Some(Usage::DomainIssued));
    let lengths = MATCHINGS.map(|matching| matching.apply(b"abc").len());
    assert_eq!(lengths, [3, 32, 48, 64]);
}

impl Bench {
    fn new() -> Self {
        let root = Authority::new([1; 32], "root").unwrap();
        let stranger = Authority::new([2; 32], "stranger").unwrap();
        let key = PrivateKey::generate([3; 32]);
        let middle = root
            .issue(&Request::authority("middle", key.public(), Some(0)))
            .unwrap();
        let issuer = Authority::from_parts(key, middle.clone());
        let request = Request::new("server.example.com", PrivateKey::generate([4; 32]).public());
        let client = Request::new("client", PrivateKey::generate([5; 32]).public());
        Self {
            leaf: issuer.issue(&request).unwrap(),
            client: issuer.issue(&client).unwrap(),
            root: root.certificate().clone(),
            stranger: stranger.certificate().clone(),
            middle,
        }
    }

    const fn root(&self) -> &Certificate {
        &self.root
    }

    const fn middle(&self) -> &Certificate {
        &self.middle
    }

    const fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    const fn stranger(&self) -> &Certificate {
        &self.stranger
    }

    fn outcome(&self, association: &Association, setting: Setting) -> &'static str {
        let chain = [self.leaf.clone(), self.middle.clone()];
        let roots = if setting.roots {
            vec![self.root.clone()]
        } else {
            Vec::new()
        };
        let reference = Reference::from_host(setting.name);
        let now = Some(setting.now);
        let checks = Checks::default();
        match check_server(
            &chain,
            Some(association),
            &roots,
            Some(&reference),
            now,
            checks,
        ) {
            Ok(()) => "ok",
            Err(fault) => fault.name(),
        }
    }
}
