//! Whom each side believes: certificates, raw public keys, identities and signatures, good and bad.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod net;

use credentials::{Association, Checks, Matching, Reference, Usage, fixtures};
use net::{
    Side, agreed, bad, certificates, chain_of, message, psk, raw_keys, refused, root, settings,
    shake, shake_in,
};
use tls::{Demand, Framing, HandshakeType, Misbehaviour, OwnKey, Proof, TrustedClients};

#[test]
fn a_client_that_leaves_a_check_out_takes_what_an_honest_one_refuses() {
    let all = Checks::default();
    let with = |server: &str| {
        let mut with = certificates();
        with.1.own = vec![chain_of(server)];
        with
    };
    let mut wrong_name = certificates();
    wrong_name.0.reference = Some(Reference::Dns("server-fail.example.com".to_owned()));
    let mut wrong_key = raw_keys();
    let other = fixtures::raw_key("raw-bootstrap-server").unwrap();
    wrong_key.1.own = vec![OwnKey::raw(other.key().unwrap())];
    let cases = [
        (wrong_name, 42, Checks { name: false, ..all }),
        (
            with("server-expired"),
            45,
            Checks {
                dates: false,
                ..all
            },
        ),
        (
            with("server-not-yet-valid"),
            45,
            Checks {
                dates: false,
                ..all
            },
        ),
        (
            with("server-other-ca"),
            48,
            Checks {
                chain: false,
                ..all
            },
        ),
        (
            with("server-self-signed"),
            48,
            Checks {
                chain: false,
                ..all
            },
        ),
        (
            wrong_key,
            46,
            Checks {
                constraint: false,
                ..all
            },
        ),
    ];
    for (credentials, alert, checks) in cases {
        let net = shake(settings(), settings(), credentials.clone());
        refused(&net, Side::Client, alert);
        let lax = bad(Misbehaviour {
            checks,
            ..Misbehaviour::default()
        });
        agreed(&shake(lax, settings(), credentials));
    }
}

#[test]
fn usages_of_the_association_decide() {
    let association = |name: &str, usage| {
        let certificate = fixtures::identity(name).unwrap().certificate().unwrap();
        Some(Association::with_certificate(
            &certificate,
            usage,
            Matching::Sha256,
        ))
    };
    for (name, usage, alert) in [
        ("server", Usage::DomainIssued, None),
        ("server-expired", Usage::DomainIssued, Some(46)),
        ("root-ca", Usage::CaConstraint, None),
    ] {
        let mut with = certificates();
        with.0.association = association(name, usage);
        let net = shake(settings(), settings(), with);
        match alert {
            Some(alert) => refused(&net, Side::Client, alert),
            None => agreed(&net),
        }
    }
}

#[test]
fn a_server_refuses_clients_it_does_not_trust() {
    let mut stranger = raw_keys();
    let other = fixtures::raw_key("raw-bootstrap-server").unwrap();
    stranger.0.own = Some(OwnKey::raw(other.key().unwrap()));
    refused(
        &shake(settings(), settings(), stranger.clone()),
        Side::Server,
        46,
    );
    stranger.1.trusted.anyone = true;
    agreed(&shake(settings(), settings(), stranger));
    let mut foreign = certificates();
    foreign.0.own = Some(chain_of("client-other-ca"));
    refused(&shake(settings(), settings(), foreign), Side::Server, 48);
    let mut nobody = certificates();
    nobody.0.own = None;
    refused(
        &shake(settings(), settings(), nobody.clone()),
        Side::Server,
        40,
    );
    for demand in [Demand::Wanted, Demand::Never] {
        nobody.1.demand = demand;
        let net = shake(settings(), settings(), nobody.clone());
        agreed(&net);
        let asked = message(&net, HandshakeType::CERTIFICATE_REQUEST).is_some();
        assert_eq!(asked, demand == Demand::Wanted);
    }
    let mut other_type = certificates();
    other_type.0 = raw_keys().0;
    refused(&shake(settings(), settings(), other_type), Side::Server, 43);
    let mut other_type = certificates();
    other_type.1.trusted = TrustedClients::default();
    refused(&shake(settings(), settings(), other_type), Side::Server, 43);
}

#[test]
fn a_server_that_takes_any_identity_takes_a_stranger() {
    let (mut client, server) = psk();
    client.psk.as_mut().unwrap().identity = vec![0xff, 0];
    let net = shake(settings(), settings(), (client.clone(), server.clone()));
    refused(&net, Side::Server, 115);
    let lax = bad(Misbehaviour {
        any_identity: Some(b"secret".to_vec()),
        ..Misbehaviour::default()
    });
    let net = shake(settings(), lax, (client, server));
    agreed(&net);
    assert_eq!(net.sessions()[1].identity.as_deref(), Some(&[0xff, 0][..]));
}

#[test]
fn false_signatures_are_refused_unless_they_are_ignored() {
    let lax = bad(Misbehaviour {
        ignores_signatures: true,
        ..Misbehaviour::default()
    });
    let wrong = bad(Misbehaviour {
        wrong_signature: true,
        ..Misbehaviour::default()
    });
    refused(
        &shake(settings(), wrong.clone(), certificates()),
        Side::Client,
        51,
    );
    agreed(&shake(lax.clone(), wrong, certificates()));
    for (proof, alert) in [(Proof::False, 51), (Proof::Missing, 10)] {
        let client = bad(Misbehaviour {
            proof,
            ..Misbehaviour::default()
        });
        for framing in [Framing::Datagram, Framing::Stream] {
            for with in [certificates(), raw_keys()] {
                let net = shake_in(framing, client.clone(), settings(), with.clone());
                refused(&net, Side::Server, alert);
                let proved = message(&net, HandshakeType::CERTIFICATE_VERIFY).is_some();
                assert_eq!(proved, proof == Proof::False);
                let net = shake_in(framing, client.clone(), lax.clone(), with);
                agreed(&net);
            }
        }
    }
}

#[test]
fn a_key_that_does_not_belong_to_the_certificate_is_found_out() {
    let mut with = certificates();
    with.1.own[0].key = chain_of("client").key;
    refused(&shake(settings(), settings(), with), Side::Client, 51);
    let mut with = certificates();
    with.0.own.as_mut().unwrap().key = chain_of("server").key;
    refused(&shake(settings(), settings(), with), Side::Server, 51);
}

#[test]
fn trusted_roots_are_enough() {
    let mut with = certificates();
    with.1.own = vec![chain_of("server-chain")];
    with.0.reference = None;
    with.0.roots = vec![root()];
    agreed(&shake(settings(), settings(), with));
}
