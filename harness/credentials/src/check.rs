//! Whether the certificates or the raw public key of a peer are accepted (Transport TS, 5.2.9.2 and 5.2.9.3; Core TS, E.1;
//! RFC 5280, 6.1; RFC 6698, 2.1.1).
//!
//! Says what the standard demands; which check a peer leaves out is an argument. Leaves the endpoint name in a client's
//! certificate to whoever knows it.

use crate::association::{Association, Usage};
use crate::certificate::Certificate;
use crate::extension::{KeyUsage, Purpose};
use crate::fault::Fault;
use crate::path::{Anchor, Path};
use crate::public_key::PublicKey;
use crate::reference::Reference;

/// Which checks are made: all of them, unless a peer is to err.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Checks {
    /// That the chain leads to a trust anchor.
    pub chain: bool,
    /// That the certificate names the server.
    pub name: bool,
    /// That every certificate is valid now.
    pub dates: bool,
    /// That the certificate is for this use.
    pub purpose: bool,
    /// That the association is met; left out, it counts as met.
    pub constraint: bool,
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            chain: true,
            name: true,
            dates: true,
            purpose: true,
            constraint: true,
        }
    }
}

/// Checks the certificates that a server has shown, its own one first.
///
/// Without an association the path must end at one of `roots`. Usage 3 that matches is accepted as it is: no path, no name,
/// no dates (RFC 6698, 2.1.1; RFC 7671, 5.1). The name is not compared either if the association stands for the whole
/// certificate, whatever the usage (Transport TS, 5.2.9.3). Dates are judged only if the time is known.
pub fn check_server(
    chain: &[Certificate],
    association: Option<&Association>,
    roots: &[Certificate],
    reference: Option<&Reference>,
    now: Option<i64>,
    checks: Checks,
) -> Result<(), Fault> {
    let leaf = end_entity(chain)?;
    let usage = association.map(|association| (association, association.usage_for(leaf)));
    let used = match usage {
        Some((association, Usage::DomainIssued)) => {
            return expect(
                !checks.constraint || association.matches(leaf),
                "certificate",
            );
        }
        Some((association, Usage::TrustAnchor)) => {
            let stored = association.certificate();
            let anchors = asserted(chain, association, stored.as_ref(), checks);
            find(chain, &anchors, checks)?.length
        }
        Some((association, usage)) => {
            let path = find(chain, &certificates(roots), checks)?;
            if checks.constraint {
                constrain(association, usage, leaf, &path)?;
            }
            path.length
        }
        None => find(chain, &certificates(roots), checks)?.length,
    };
    check_dates(chain, used, now, checks)?;
    check_purpose(leaf, &Purpose::ServerAuth, "serverAuth", checks)?;
    let same = association.is_some_and(|association| association.matches_certificate(leaf));
    match reference {
        Some(reference) if checks.name && !same => reference.check(leaf),
        _ => Ok(()),
    }
}

/// Checks the certificates that a client has shown, its own one first.
///
/// A certificate among `roots` may be the client's own, which then is trusted by itself.
pub fn check_client(
    chain: &[Certificate],
    roots: &[Certificate],
    now: Option<i64>,
    checks: Checks,
) -> Result<(), Fault> {
    let leaf = end_entity(chain)?;
    let used = find(chain, &certificates(roots), checks)?.length;
    check_dates(chain, used, now, checks)?;
    check_purpose(leaf, &Purpose::ClientAuth, "clientAuth", checks)
}

/// Checks a raw public key, a SubjectPublicKeyInfo, against what is expected (Transport TS, 5.2.9.2).
pub fn check_raw_key(spki: &[u8], association: &Association, checks: Checks) -> Result<(), Fault> {
    PublicKey::from_spki(spki).map_err(|error| Fault::unsupported_key("raw public key", &error))?;
    expect(
        !checks.constraint || association.matches_key(spki),
        "raw public key",
    )
}

/// The certificate of the peer itself, with a key that a suite of LwM2M can use.
fn end_entity(chain: &[Certificate]) -> Result<&Certificate, Fault> {
    let leaf = chain.first().ok_or(Fault::Empty)?;
    if chain.len() > LONGEST {
        return Err(Fault::TooLong {
            found: chain.len(),
            most: LONGEST,
        });
    }
    match leaf.public_key() {
        Ok(_) => Ok(leaf),
        Err(error) => Err(Fault::unsupported_key(leaf.subject(), &error)),
    }
}

/// The path, or the end entity and all that it has brought if nobody looks.
fn find<'a>(
    chain: &'a [Certificate],
    anchors: &[Anchor<'a>],
    checks: Checks,
) -> Result<Path<'a>, Fault> {
    if checks.chain {
        return Path::find(chain, anchors);
    }
    Ok(Path {
        length: 1,
        authorities: chain.iter().skip(1).collect(),
    })
}

fn certificates(roots: &[Certificate]) -> Vec<Anchor<'_>> {
    roots.iter().map(Anchor::Certificate).collect()
}

/// The anchors that usage 2 asserts: what is stored, and what in the chain it stands for.
fn asserted<'a>(
    chain: &'a [Certificate],
    association: &Association,
    stored: Option<&'a Certificate>,
    checks: Checks,
) -> Vec<Anchor<'a>> {
    if !checks.constraint {
        return vec![Anchor::Anybody];
    }
    let shown = chain
        .iter()
        .filter(|certificate| association.matches(certificate));
    let mut anchors: Vec<_> = shown.chain(stored).map(Anchor::Certificate).collect();
    if association.matching == crate::Matching::Exact {
        anchors.extend(
            PublicKey::from_spki(&association.data)
                .ok()
                .map(Anchor::Key),
        );
    }
    anchors
}

/// Checks usages 0 and 1, once the path is good.
fn constrain(
    association: &Association,
    usage: Usage,
    leaf: &Certificate,
    path: &Path<'_>,
) -> Result<(), Fault> {
    if usage == Usage::CaConstraint {
        let mut authorities = path.authorities.iter();
        return expect(
            authorities.any(|authority| association.matches(authority)),
            "chain",
        );
    }
    expect(association.matches(leaf), "certificate")
}

fn expect(met: bool, presented: &'static str) -> Result<(), Fault> {
    if met {
        Ok(())
    } else {
        Err(Fault::NotTheExpectedKey { presented })
    }
}

/// Checks that the certificates on the path are valid now (RFC 5280, 6.1.3 (a)(2)); both ends of a validity belong to it.
fn check_dates(
    chain: &[Certificate],
    used: usize,
    now: Option<i64>,
    checks: Checks,
) -> Result<(), Fault> {
    let Some(now) = now.filter(|_| checks.dates) else {
        return Ok(());
    };
    for certificate in chain.iter().take(used) {
        let subject = || certificate.subject().to_owned();
        let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
        if now < not_before {
            let subject = subject();
            return Err(Fault::NotYetValid {
                subject,
                not_before,
                now,
            });
        }
        if now > not_after {
            let subject = subject();
            return Err(Fault::Expired {
                subject,
                not_after,
                now,
            });
        }
    }
    Ok(())
}

/// Checks key usage (RFC 8422, 5.3) and extended key usage (RFC 5280, 4.2.1.12) of an end entity, where it has them.
fn check_purpose(
    leaf: &Certificate,
    purpose: &Purpose,
    wanted: &'static str,
    checks: Checks,
) -> Result<(), Fault> {
    if !checks.purpose {
        return Ok(());
    }
    let wrong = |found: String, wanted| Fault::WrongPurpose {
        subject: leaf.subject().to_owned(),
        found,
        wanted,
    };
    match leaf.key_usage() {
        Some(usage) if !usage.contains(KeyUsage::DIGITAL_SIGNATURE) => {
            return Err(wrong(usage.to_string(), "digitalSignature"));
        }
        _ => {}
    }
    match leaf.extended_key_usage() {
        Some(allowed) if !allowed.contains(purpose) && !allowed.contains(&Purpose::Any) => {
            let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
            Err(wrong(allowed.join(", "), wanted))
        }
        _ => Ok(()),
    }
}

/// How many certificates of a chain are looked at, so that a peer cannot make us work for long.
const LONGEST: usize = 10;
