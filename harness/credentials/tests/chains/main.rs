//! Chains good and bad: every fault, its alert, and what a peer that leaves one check out accepts.
#![allow(clippy::unwrap_used, reason = "a test that panics fails")]
#![allow(
    clippy::cloned_ref_to_slice_refs,
    reason = "rows of a table read alike"
)]

mod bench;
mod faults;

use credentials::{
    Association, Authority, Certificate, Checks, Fault, Matching, PrivateKey, Purpose, Reference,
    Request, Usage, check_client, check_server,
};

use bench::{Bench, NOW, extension, patch, server};

const YEAR: i64 = 31_536_000;

#[test]
fn good_chains_are_accepted() {
    let bench = Bench::new();
    let leaf = bench.by_root(&bench.request());
    let below = bench.by_intermediate(&bench.request());
    let (root, middle) = (bench.root(), bench.middle());
    let roots = [root.clone()];
    let namesake = Authority::new([9; 32], "root")
        .unwrap()
        .certificate()
        .clone();
    let own = bench.edit(|request| request.dns.clear());
    let cases = [
        ("issued by a root", server(&[leaf.clone()], &roots)),
        (
            "a CA between",
            server(&[below.clone(), middle.clone()], &roots),
        ),
        (
            "the root is shown too",
            server(&[below.clone(), middle.clone(), root.clone()], &roots),
        ),
        (
            "more after the anchor",
            server(&[leaf.clone(), root.clone(), middle.clone()], &roots),
        ),
        (
            "the CA between is trusted itself",
            server(&[below.clone(), middle.clone()], &[middle.clone()]),
        ),
        (
            "the CA between is trusted and not shown",
            server(&[below.clone()], &[middle.clone()]),
        ),
        (
            "the certificate is trusted itself",
            server(&[leaf.clone()], &[leaf.clone()]),
        ),
        (
            "a root of the same name before",
            server(&[leaf.clone()], &[namesake.clone(), root.clone()]),
        ),
        (
            "a root of the same name, and the issuer shown",
            server(&[leaf.clone(), root.clone()], &[namesake, root.clone()]),
        ),
        (
            "of X.509v1, as a root",
            server(&[leaf.clone()], &[bench.root_of(|root| root.v1 = true)]),
        ),
        (
            "a root that does not say it is a CA",
            server(&[leaf.clone()], &[bench.root_of(|root| root.ca = None)]),
        ),
        (
            "an expired root",
            server(
                &[leaf.clone()],
                &[bench.root_of(|root| root.not_after = NOW - YEAR)],
            ),
        ),
        (
            "no usages",
            server(&[bench.edit(|request| request.usages.clear())], &roots),
        ),
        (
            "no key usage",
            server(&[bench.edit(|request| request.key_usage = None)], &roots),
        ),
        (
            "any usage",
            server(
                &[bench.edit(|request| request.usages = vec![Purpose::Any])],
                &roots,
            ),
        ),
        (
            "unknown extensions",
            server(
                &[bench.edit(|request| request.extensions = vec![extension(false)])],
                &roots,
            ),
        ),
        (
            "first second",
            server(&[bench.edit(|request| request.not_before = NOW)], &roots),
        ),
        (
            "last second",
            server(&[bench.edit(|request| request.not_after = NOW)], &roots),
        ),
        ("by Common Name", server(&[own], &roots)),
        (
            "a client",
            check_client(&[leaf], &roots, Some(NOW), Checks::default()),
        ),
        (
            "a client below",
            check_client(&[below, middle], &roots, Some(NOW), Checks::default()),
        ),
    ];
    let cases = cases.into_iter().chain(cross(&bench));
    for (title, outcome) in cases {
        assert_eq!(outcome, Ok(()), "{title}");
    }
}

/// A root's name and key, certified by another CA, while a namesake of the root is trusted.
fn cross(bench: &Bench) -> Option<(&'static str, Result<(), Fault>)> {
    let other = Authority::new([8; 32], "other").unwrap();
    let request = Request::authority("root", bench.root.key().public(), None);
    let certificate = other.issue(&request).unwrap();
    let namesake = Authority::new([9; 32], "root").unwrap();
    let roots = [namesake.certificate().clone(), other.certificate().clone()];
    let chain = [bench.by_root(&bench.request()), certificate];
    Some((
        "a namesake is trusted, and the issuer shown",
        server(&chain, &roots),
    ))
}

#[test]
fn without_a_clock_dates_are_not_judged() {
    let bench = Bench::new();
    let expired = bench.edit(|request| request.not_after = NOW - 1);
    let outcome = |now| {
        check_server(
            &[expired.clone()],
            None,
            &[bench.root()],
            None,
            now,
            Checks::default(),
        )
    };
    assert_eq!(outcome(None), Ok(()));
    assert_eq!(outcome(Some(NOW)).unwrap_err().name(), "expired");
}

#[test]
fn a_peer_that_leaves_a_check_out_accepts_just_that() {
    let bench = Bench::new();
    let roots = [bench.root()];
    let leaf = bench.by_root(&bench.request());
    let constraint = |certificate: &Certificate| {
        Association::with_certificate(certificate, Usage::ServiceConstraint, Matching::Sha256)
    };
    let bad = [
        Authority::self_sign(&bench.key, &bench.request()).unwrap(),
        bench.edit(|request| request.dns = vec!["server-fail.example.com".to_owned()]),
        bench.edit(|request| request.not_after = NOW - 1),
        bench.edit(|request| request.usages = vec![Purpose::ClientAuth]),
        leaf,
    ];
    // the key alone is constrained, so that the name still counts
    let associations: Vec<Association> = bad
        .iter()
        .enumerate()
        .map(|(row, certificate)| match row {
            4 => constraint(&bench.root()),
            _ => Association::with_key(
                certificate.spki(),
                Usage::ServiceConstraint,
                Matching::Sha256,
            ),
        })
        .collect();
    let all = Checks::default();
    let without = [
        Checks {
            chain: false,
            ..all
        },
        Checks { name: false, ..all },
        Checks {
            dates: false,
            ..all
        },
        Checks {
            purpose: false,
            ..all
        },
        Checks {
            constraint: false,
            ..all
        },
    ];
    let reference = Reference::from_host("server.example.com");
    for (row, certificate) in bad.iter().enumerate() {
        let outcome = |checks| {
            let chain = std::slice::from_ref(certificate);
            check_server(
                chain,
                Some(&associations[row]),
                &roots,
                Some(&reference),
                Some(NOW),
                checks,
            )
        };
        assert!(outcome(all).is_err(), "row {row}");
        for (column, checks) in without.iter().enumerate() {
            assert_eq!(
                outcome(*checks).is_ok(),
                row == column,
                "row {row}, {checks:?}"
            );
        }
    }
}

#[test]
fn an_anchor_that_nobody_looks_at_is_anybody() {
    let bench = Bench::new();
    let strange = Authority::new([9; 32], "stranger").unwrap();
    let leaf = strange.issue(&bench.request()).unwrap();
    let association =
        Association::with_certificate(&bench.root(), Usage::TrustAnchor, Matching::Exact);
    let outcome = |chain: &[Certificate], constraint| {
        let checks = Checks {
            constraint,
            ..Checks::default()
        };
        check_server(chain, Some(&association), &[], None, Some(NOW), checks)
    };
    assert_eq!(
        outcome(&[leaf.clone()], true).unwrap_err().name(),
        "unknown-issuer"
    );
    assert_eq!(outcome(&[leaf.clone()], false), Ok(()));
    // the signatures within the chain still count
    let broken = patch(&leaf, b"server.example.com", b"server.example.org", 2);
    let chain = [broken, strange.certificate().clone()];
    assert_eq!(outcome(&chain, false).unwrap_err().name(), "bad-signature");
}

#[test]
fn self_issued_authorities_do_not_lengthen_the_path() {
    // RFC 5280, 6.1.4 (l): a CA that renews its key stands twice under the same name
    let bench = Bench::new();
    let request = |key: &PrivateKey| Request::authority("twice", key.public(), Some(0));
    let (old, new) = (
        PrivateKey::generate([11; 32]),
        PrivateKey::generate([12; 32]),
    );
    let first = bench.root.issue(&request(&old)).unwrap();
    let second = Authority::from_parts(old, first.clone())
        .issue(&request(&new))
        .unwrap();
    assert!(second.is_self_issued());
    let leaf = Authority::from_parts(new, second.clone())
        .issue(&bench.request())
        .unwrap();
    assert_eq!(server(&[leaf, second, first], &[bench.root()]), Ok(()));
}

#[test]
fn faults_read_well() {
    let bench = Bench::new();
    let roots = [bench.root()];
    let expired = bench.edit(|request| request.not_after = NOW - 1);
    let other = bench.edit(|request| request.dns.push("127.0.0.1".to_owned()));
    let reference = Reference::from_host("127.0.0.1");
    let outcome = check_server(
        &[other],
        None,
        &roots,
        Some(&reference),
        Some(NOW),
        Checks::default(),
    );
    let cases = [
        (
            server(&[expired], &roots),
            "\"CN=server.example.com\" expired on 2025-12-31T23:59:59Z, now is 2026-01-01T00:00:00Z",
        ),
        (
            outcome,
            "certificate names DNS:server.example.com, DNS:127.0.0.1, wanted 127.0.0.1",
        ),
        (
            server(
                &[bench.edit(|request| request.usages = vec![Purpose::ClientAuth])],
                &roots,
            ),
            "\"CN=server.example.com\" is for clientAuth, wanted serverAuth",
        ),
    ];
    for (outcome, message) in cases {
        assert_eq!(outcome.unwrap_err().to_string(), message);
    }
}
