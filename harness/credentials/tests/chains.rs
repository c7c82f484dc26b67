//! Chains good and bad: every fault, its alert, and what a peer that leaves one check out accepts.

use std::collections::BTreeSet;

use credentials::{
    Association, Authority, BasicConstraints, Certificate, Checks, Fault, KeyUsage, Matching,
    PrivateKey, Purpose, RawExtension, Reference, Request, Usage, check_client, check_server,
};

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;
const YEAR: i64 = 31_536_000;

/// A root, an intermediate CA and the key of an end entity.
struct Bench {
    root: Authority,
    intermediate: Authority,
    key: PrivateKey,
}

type Row = (&'static str, Result<(), Fault>, Option<(&'static str, u8)>);

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
    for (title, outcome) in cases {
        assert_eq!(outcome, Ok(()), "{title}");
    }
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

impl Bench {
    fn new() -> Self {
        let root = Authority::new([1; 32], "root").unwrap();
        let key = PrivateKey::generate([2; 32]);
        let request = Request::authority("intermediate", key.public(), Some(0));
        let intermediate = Authority::from_parts(key, root.issue(&request).unwrap());
        Self {
            root,
            intermediate,
            key: PrivateKey::generate([3; 32]),
        }
    }

    fn root(&self) -> Certificate {
        self.root.certificate().clone()
    }

    fn middle(&self) -> Certificate {
        self.intermediate.certificate().clone()
    }

    /// The root's name and key in another certificate.
    fn root_of(&self, edit: impl Fn(&mut Request)) -> Certificate {
        let mut request = Request::authority("root", self.root.key().public(), None);
        edit(&mut request);
        Authority::self_sign(self.root.key(), &request).unwrap()
    }

    /// The intermediate's name and key in another certificate.
    fn middle_of(&self, edit: impl Fn(&mut Request)) -> Certificate {
        let key = self.intermediate.key().public();
        let mut request = Request::authority("intermediate", key, None);
        edit(&mut request);
        self.root.issue(&request).unwrap()
    }

    /// A sound server.
    fn request(&self) -> Request {
        let mut request = Request::new("server.example.com", self.key.public());
        request.dns = vec!["server.example.com".to_owned()];
        request
    }

    fn edit(&self, edit: impl Fn(&mut Request)) -> Certificate {
        let mut request = self.request();
        edit(&mut request);
        self.by_root(&request)
    }

    fn by_root(&self, request: &Request) -> Certificate {
        self.root.issue(request).unwrap()
    }

    fn by_intermediate(&self, request: &Request) -> Certificate {
        self.intermediate.issue(request).unwrap()
    }

    /// A server below `height` CAs, the top one a root that allows `allowed` below it.
    fn ladder(&self, height: u8, allowed: Option<u32>) -> (Vec<Certificate>, Vec<Certificate>) {
        let key = PrivateKey::generate([20; 32]);
        let request = Request::authority("top", key.public(), allowed);
        let root = Authority::self_sign(&key, &request).unwrap();
        let mut issuer = Authority::from_parts(key, root.clone());
        let mut chain = Vec::new();
        for step in 1..height {
            let key = PrivateKey::generate([20 + step; 32]);
            let request = Request::authority(&format!("step {step}"), key.public(), None);
            let certificate = issuer.issue(&request).unwrap();
            chain.insert(0, certificate.clone());
            issuer = Authority::from_parts(key, certificate);
        }
        chain.insert(0, issuer.issue(&self.request()).unwrap());
        (chain, vec![root])
    }
}

fn server(chain: &[Certificate], roots: &[Certificate]) -> Result<(), Fault> {
    let reference = Reference::from_host("server.example.com");
    check_server(
        chain,
        None,
        roots,
        Some(&reference),
        Some(NOW),
        Checks::default(),
    )
}

/// nameConstraints with no content: known to the standard, not to this crate.
fn extension(critical: bool) -> RawExtension {
    RawExtension {
        oid: "2.5.29.30".to_owned(),
        critical,
        content: vec![0x30, 0],
    }
}

/// Spoils the last bit of the signature.
fn damage(certificate: &Certificate) -> Certificate {
    let mut der = certificate.der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    Certificate::from_der(&der).unwrap()
}

/// Replaces the first `times` occurrences of some bytes by as many others.
fn patch(certificate: &Certificate, from: &[u8], to: &[u8], times: usize) -> Certificate {
    assert_eq!(from.len(), to.len());
    let mut der = certificate.der().to_vec();
    let mut done = 0;
    for start in 0..der.len() - from.len() {
        if done < times && der[start..].starts_with(from) {
            der[start..start + to.len()].copy_from_slice(to);
            done += 1;
        }
    }
    assert_eq!(done, times);
    Certificate::from_der(&der).unwrap()
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
