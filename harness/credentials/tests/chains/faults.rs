//! Chains that are refused, each for its reason, with its alert.

use std::collections::BTreeSet;

use credentials::{
    Association, Authority, BasicConstraints, Certificate, Checks, Fault, KeyUsage, Matching,
    Purpose, Request, Usage, check_client, check_server,
};

use crate::bench::{Bench, NOW, damage, extension, patch, server};

/// A title, the outcome, and the name and alert of the fault that is expected.
type Row = (&'static str, Result<(), Fault>, Option<(&'static str, u8)>);

#[test]
fn every_fault_is_found() {
    let bench = Bench::new();
    let mut reached = BTreeSet::new();
    let rows = form_rows(&bench).into_iter();
    let rows = rows
        .chain(signature_rows(&bench))
        .chain(authority_rows(&bench));
    for (title, outcome, expected) in rows.chain(use_rows(&bench)) {
        let found = outcome.as_ref().err();
        assert_eq!(
            found.map(|fault| (fault.name(), fault.alert())),
            expected,
            "{title}: {outcome:?}"
        );
        reached.extend(found.map(Fault::name));
    }
    let all: BTreeSet<&str> = FAULTS.iter().copied().collect();
    assert_eq!(reached, all);
}

/// What is wrong with the certificates themselves.
fn form_rows(bench: &Bench) -> Vec<Row> {
    let roots = [bench.root()];
    let leaf = bench.by_root(&bench.request());
    let v1 = bench.edit(|request| request.v1 = true);
    let critical = bench.edit(|request| request.extensions = vec![extension(true)]);
    let two = patch(&leaf, ECDSA_SHA256, ECDSA_SHA384, 1);
    let sha1 = patch(&leaf, ECDSA_SHA256, ECDSA_SHA1, 2);
    let curve = patch(&leaf, SECP256R1, SECP192R1, 1);
    let weak = patch(&bench.middle(), SECP256R1, SECP192R1, 1);
    let below = bench.by_intermediate(&bench.request());
    vec![
        ("none", server(&[], &roots), Some(("empty", 40))),
        (
            "eleven",
            server(&vec![leaf.clone(); 11], &roots),
            Some(("too-long", 42)),
        ),
        ("ten", server(&vec![leaf; 10], &roots), None),
        (
            "X.509v1",
            server(&[v1], &roots),
            Some(("wrong-version", 43)),
        ),
        (
            "critical and unknown",
            server(&[critical], &roots),
            Some(("unknown-critical", 43)),
        ),
        (
            "two algorithms",
            server(&[two], &roots),
            Some(("malformed", 42)),
        ),
        (
            "ECDSA with SHA-1",
            server(&[sha1], &roots),
            Some(("unsupported-signature", 43)),
        ),
        (
            "secp192r1",
            server(&[curve], &roots),
            Some(("unsupported-key", 43)),
        ),
        (
            "a CA on secp192r1",
            server(&[below, weak], &roots),
            Some(("unsupported-key", 43)),
        ),
    ]
}

/// What is wrong with who signed.
fn signature_rows(bench: &Bench) -> Vec<Row> {
    let roots = [bench.root()];
    let leaf = bench.by_root(&bench.request());
    let below = bench.by_intermediate(&bench.request());
    let middle = bench.middle();
    let stranger = Authority::new([9; 32], "stranger").unwrap();
    let strange = stranger.issue(&bench.request()).unwrap();
    let namesake = Authority::new([9; 32], "root").unwrap();
    let forged = namesake.issue(&bench.request()).unwrap();
    let own = Authority::self_sign(&bench.key, &bench.request()).unwrap();
    let renamed = patch(&leaf, b"server.example.com", b"server.example.org", 2);
    let unknown = Some(("unknown-issuer", 48));
    let bad = Some(("bad-signature", 42));
    vec![
        ("another CA", server(&[strange.clone()], &roots), unknown),
        (
            "another CA, shown",
            server(&[strange, stranger.certificate().clone()], &roots),
            unknown,
        ),
        ("self-signed", server(&[own], &roots), unknown),
        ("nobody is trusted", server(&[leaf.clone()], &[]), unknown),
        (
            "the CA between is missing",
            server(&[below.clone()], &roots),
            unknown,
        ),
        (
            "out of order",
            server(&[below.clone(), leaf.clone(), middle.clone()], &roots),
            unknown,
        ),
        (
            "another CA of the same name",
            server(&[forged.clone()], &roots),
            bad,
        ),
        (
            "another CA of the same name, shown",
            server(&[forged, bench.root()], &roots),
            bad,
        ),
        ("a damaged signature", server(&[damage(&leaf)], &roots), bad),
        ("another name", server(&[renamed], &roots), bad),
        (
            "a damaged CA",
            server(&[below, damage(&middle)], &roots),
            bad,
        ),
        (
            "a client of another CA",
            check_client(&[leaf], &[middle], Some(NOW), Checks::default()),
            unknown,
        ),
    ]
}

/// What is wrong with who may issue.
fn authority_rows(bench: &Bench) -> Vec<Row> {
    let roots = [bench.root()];
    let leaf = bench.by_root(&bench.request());
    let server_as_ca = Authority::from_parts(bench.key.clone(), leaf.clone());
    let issued = server_as_ca.issue(&bench.request()).unwrap();
    let below = bench.by_intermediate(&bench.request());
    let refused = Some(("not-a-ca", 42));
    let middle = |edit: fn(&mut Request)| bench.middle_of(edit);
    let deny = |ca: &mut Request| {
        ca.ca = Some(BasicConstraints {
            ca: false,
            path_length: None,
        });
    };
    let (chain, roots_of_none) = bench.ladder(3, None);
    let (short, roots_of_one) = bench.ladder(2, Some(1));
    let (long, roots_of_one_more) = bench.ladder(3, Some(1));
    vec![
        (
            "a server issued it",
            server(&[issued.clone(), leaf.clone()], &roots),
            refused,
        ),
        (
            "a trusted server issued it",
            server(&[issued], &[leaf.clone()]),
            refused,
        ),
        (
            "no basic constraints",
            server(&[below.clone(), middle(|ca| ca.ca = None)], &roots),
            refused,
        ),
        (
            "may not sign",
            server(
                &[
                    below.clone(),
                    middle(|ca| ca.key_usage = Some(KeyUsage::CRL_SIGN)),
                ],
                &roots,
            ),
            refused,
        ),
        (
            "a CA of X.509v1",
            server(&[below, middle(|ca| ca.v1 = true)], &roots),
            refused,
        ),
        (
            "a root that denies it",
            server(&[leaf], &[bench.root_of(deny)]),
            refused,
        ),
        ("three CAs", server(&chain, &roots_of_none), None),
        (
            "two CAs below a root that allows one",
            server(&long, &roots_of_one_more),
            Some(("path-too-long", 42)),
        ),
        (
            "one CA below a root that allows one",
            server(&short, &roots_of_one),
            None,
        ),
    ]
}

/// What is wrong with what it is used for.
fn use_rows(bench: &Bench) -> Vec<Row> {
    let roots = [bench.root()];
    let leaf = bench.by_root(&bench.request());
    let agreement = bench.edit(|request| request.key_usage = Some(KeyUsage::KEY_AGREEMENT));
    let of_client = bench.edit(|request| request.usages = vec![Purpose::ClientAuth]);
    let of_server = bench.edit(|request| request.usages = vec![Purpose::ServerAuth]);
    let expired = bench.edit(|request| request.not_after = NOW - 1);
    let early = bench.edit(|request| request.not_before = NOW + 1);
    let old = bench.middle_of(|ca| ca.not_after = NOW - 1);
    let below = bench.by_intermediate(&bench.request());
    let other = bench.edit(|request| request.dns = vec!["server-fail.example.com".to_owned()]);
    let pinned = Association::with_certificate(&bench.root(), Usage::DomainIssued, Matching::Exact);
    let client = |chain: &[Certificate]| check_client(chain, &roots, Some(NOW), Checks::default());
    let purpose = Some(("wrong-purpose", 43));
    vec![
        (
            "for key agreement only",
            server(&[agreement], &roots),
            purpose,
        ),
        ("for clients", server(&[of_client.clone()], &roots), purpose),
        ("for clients, of a client", client(&[of_client]), None),
        ("for servers, of a client", client(&[of_server]), purpose),
        (
            "expired",
            server(&[expired.clone()], &roots),
            Some(("expired", 45)),
        ),
        (
            "expired and trusted itself",
            server(&[expired.clone()], &[expired.clone()]),
            Some(("expired", 45)),
        ),
        (
            "an expired client",
            client(&[expired]),
            Some(("expired", 45)),
        ),
        (
            "not yet valid",
            server(&[early], &roots),
            Some(("not-yet-valid", 45)),
        ),
        (
            "an expired CA",
            server(&[below, old], &roots),
            Some(("expired", 45)),
        ),
        (
            "for another server",
            server(&[other], &roots),
            Some(("wrong-name", 42)),
        ),
        (
            "not the one in /0/x/4",
            check_server(
                &[leaf],
                Some(&pinned),
                &roots,
                None,
                Some(NOW),
                Checks::default(),
            ),
            Some(("not-the-expected-key", 46)),
        ),
    ]
}

/// Object identifiers in DER (RFC 5758, 3.2; RFC 3279, 2.2.3; RFC 5480, 2.1.1.1).
const ECDSA_SHA256: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const ECDSA_SHA384: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
const ECDSA_SHA1: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 1];
const SECP256R1: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const SECP192R1: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1];

const FAULTS: &[&str] = &[
    "empty",
    "too-long",
    "malformed",
    "unknown-issuer",
    "bad-signature",
    "expired",
    "not-yet-valid",
    "wrong-name",
    "not-the-expected-key",
    "unsupported-key",
    "unsupported-signature",
    "not-a-ca",
    "path-too-long",
    "wrong-purpose",
    "unknown-critical",
    "wrong-version",
];
