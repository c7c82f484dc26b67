//! From the certificate of an end entity to a trust anchor (RFC 5280, 6.1).
//!
//! Follows the chain in the order in which TLS demands it (RFC 5246, 7.4.2). Leaves out revocation, policies and name
//! constraints; where one of these is critical the certificate is refused.

use crate::certificate::Certificate;
use crate::extension::KeyUsage;
use crate::fault::Fault;
use crate::public_key::PublicKey;

/// Whom a path may end at. Of an anchor neither dates nor critical extensions are judged (RFC 5280, 6.1.1 (d)).
pub(crate) enum Anchor<'a> {
    /// A certificate: as the issuer of one, or itself in the chain.
    Certificate(&'a Certificate),
    /// A key without a name.
    Key(PublicKey),
    /// Whoever stands last in the chain: for those who do not look.
    Anybody,
}

/// A way from the end entity to an anchor.
#[derive(Debug)]
pub(crate) struct Path<'a> {
    /// How many certificates of the chain are on it, the anchor left out.
    pub(crate) length: usize,
    /// The CA certificates on it, the anchor included if it is one.
    pub(crate) authorities: Vec<&'a Certificate>,
}

impl<'a> Path<'a> {
    /// Finds the path of `chain` and checks each step of it.
    pub(crate) fn find(chain: &'a [Certificate], anchors: &[Anchor<'a>]) -> Result<Self, Fault> {
        let mut authorities = Vec::new();
        let mut below = 0;
        for (depth, certificate) in chain.iter().enumerate() {
            if anchors.iter().any(|anchor| anchor.is(certificate)) {
                return Ok(Self {
                    length: depth.max(1),
                    authorities,
                });
            }
            check_form(certificate)?;
            let next = chain.get(depth + 1);
            if let Some(anchor) = ending(certificate, anchors, next)? {
                if let Anchor::Certificate(anchor) = anchor {
                    check_authority(anchor, below, true)?;
                    authorities.push(*anchor);
                }
                return Ok(Self {
                    length: depth + 1,
                    authorities,
                });
            }
            let issuer = next.filter(|next| certificate.names_as_issuer(next));
            let issuer = issuer.ok_or_else(|| unknown_issuer(certificate))?;
            check_step(certificate, issuer)?;
            check_authority(issuer, below, false)?;
            below += u32::from(!issuer.is_self_issued());
            authorities.push(issuer);
        }
        Err(Fault::Empty)
    }
}

impl Anchor<'_> {
    fn is(&self, certificate: &Certificate) -> bool {
        matches!(self, Self::Certificate(anchor) if *anchor == certificate)
    }

    /// Whether it may have issued the certificate, by name.
    fn may_issue(&self, certificate: &Certificate, last: bool) -> bool {
        match self {
            Self::Certificate(anchor) => certificate.names_as_issuer(anchor),
            Self::Key(_) => true,
            Self::Anybody => last,
        }
    }

    fn check_issued(&self, certificate: &Certificate) -> Result<(), Fault> {
        match self {
            Self::Certificate(anchor) => check_step(certificate, anchor),
            Self::Key(key) => certificate.check_signature(key),
            Self::Anybody => Ok(()),
        }
    }
}

/// The anchor that issued a certificate.
///
/// An anchor of the right name whose signature it is not is a fault only if the chain offers no other issuer.
fn ending<'b, 'a>(
    certificate: &Certificate,
    anchors: &'b [Anchor<'a>],
    next: Option<&Certificate>,
) -> Result<Option<&'b Anchor<'a>>, Fault> {
    let mut fault = None;
    for anchor in anchors {
        if !anchor.may_issue(certificate, next.is_none()) {
            continue;
        }
        match anchor.check_issued(certificate) {
            Ok(()) => return Ok(Some(anchor)),
            // a key has no name, so that another's signature tells nothing
            Err(_) if matches!(anchor, Anchor::Key(_)) => {}
            Err(found) => fault = Some(found),
        }
    }
    match fault {
        Some(fault) if !next.is_some_and(|next| certificate.names_as_issuer(next)) => Err(fault),
        _ => Ok(None),
    }
}

/// Checks what a certificate must be wherever it stands on a path.
fn check_form(certificate: &Certificate) -> Result<(), Fault> {
    let subject = certificate.subject().to_owned();
    if certificate.version() != 3 {
        let found = certificate.version();
        return Err(Fault::WrongVersion { subject, found });
    }
    match certificate.unknown_critical() {
        Some(oid) => Err(Fault::UnknownCritical {
            subject,
            oid: oid.to_owned(),
        }),
        None => Ok(()),
    }
}

fn check_step(certificate: &Certificate, issuer: &Certificate) -> Result<(), Fault> {
    let key = issuer.public_key();
    let key = key.map_err(|error| Fault::unsupported_key(issuer.subject(), &error))?;
    certificate.check_signature(&key)
}

/// Checks that a certificate may issue one with `below` CAs under it (RFC 5280, 6.1.4 (k) to (n)).
///
/// An anchor need not call itself a CA (Core TS, E.1, resource 15), but must not deny it.
fn check_authority(issuer: &Certificate, below: u32, anchor: bool) -> Result<(), Fault> {
    let subject = issuer.subject().to_owned();
    let basic = issuer.basic_constraints();
    let signs = issuer
        .key_usage()
        .is_none_or(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN));
    if !basic.map_or(anchor, |basic| basic.ca) || !signs {
        return Err(Fault::NotACa { subject });
    }
    match basic.and_then(|basic| basic.path_length) {
        Some(allowed) if below > allowed => Err(Fault::PathTooLong {
            subject,
            allowed,
            found: below,
        }),
        _ => Ok(()),
    }
}

fn unknown_issuer(certificate: &Certificate) -> Fault {
    Fault::UnknownIssuer {
        subject: certificate.subject().to_owned(),
        issuer: certificate.issuer().to_owned(),
    }
}
