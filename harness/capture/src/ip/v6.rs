//! The header of IPv6 and its extension headers (RFC 8200, 3 and 4).
//!
//! Jumbograms (RFC 2675) are not read: UDP and TCP of LwM2M never need one.

use std::net::Ipv6Addr;

use super::fragments::Fragment;
use super::protocol::Carried;
use crate::network::Refusal;
use crate::octets::Octets;
use crate::{Limit, Protocol};

/// Reads the headers of a datagram up to UDP, TCP, a fragment, or what is not read.
pub(super) fn read(datagram: Octets<'_>) -> Result<Carried<'_>, Refusal> {
    let refused = |missing| Refusal::header(Protocol::Ipv6, HEADER, missing);
    let head: &[u8; HEADER] = datagram.head().map_err(refused)?;
    let behind = datagram.behind(HEADER).map_err(refused)?;
    let length = match u16::from_be_bytes([head[4], head[5]]) {
        // the card cuts the datagram up later, and fills it in (segmentation offload)
        0 if head[6] != HOP_BY_HOP => behind.length,
        length => usize::from(length),
    };
    if length > behind.length {
        let wanted = Limit::AtMost(behind.length);
        let field = "payload length";
        return Err(Refusal::malformed(Protocol::Ipv6, field, length, wanted));
    }
    let ips = (address(head, 8), address(head, 24));
    let (protocol, payload, fragment) = extensions(head[6], behind.up_to(length))?;
    Ok(Carried {
        ips,
        protocol,
        payload,
        fragment,
    })
}

/// Passes over extension headers; gives the number behind them, what follows, and what a Fragment header says.
///
/// A whole datagram may have one too (RFC 6946), which then says nothing.
pub(crate) fn extensions(
    first: u8,
    payload: Octets<'_>,
) -> Result<(u8, Octets<'_>, Option<Fragment>), Refusal> {
    let (mut next, mut payload) = (first, payload);
    loop {
        let least = if next == FRAGMENT { FRAGMENT_HEADER } else { 2 };
        let refused = |missing| Refusal::header(Protocol::Ipv6, least, missing);
        let length = match next {
            HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS | MOBILITY | HIP | SHIM6 => {
                let [_, length] = *payload.head().map_err(refused)?;
                (usize::from(length) + 1) * 8
            }
            AUTHENTICATION => {
                let [_, length] = *payload.head().map_err(refused)?;
                (usize::from(length) + 2) * 4
            }
            FRAGMENT => FRAGMENT_HEADER,
            _ => return Ok((next, payload, None)),
        };
        let refused = |missing| Refusal::header(Protocol::Ipv6, length, missing);
        let [following, ..] = *payload.head::<1>().map_err(refused)?;
        let rest = payload.behind(length).map_err(refused)?;
        if next == FRAGMENT {
            let head: &[u8; FRAGMENT_HEADER] = payload.head().map_err(refused)?;
            let fragment = fragment(head);
            if fragment.is_part() {
                return Ok((following, rest, Some(fragment)));
            }
        }
        (next, payload) = (following, rest);
    }
}

/// Reads a Fragment header (RFC 8200, 4.5).
fn fragment(head: &[u8; FRAGMENT_HEADER]) -> Fragment {
    let [_, _, high, low, identification @ ..] = *head;
    let field = u16::from_be_bytes([high, low]);
    Fragment {
        identification: u32::from_be_bytes(identification),
        offset: usize::from(field & !7),
        more: field & 1 != 0,
    }
}

fn address(head: &[u8; HEADER], at: usize) -> std::net::IpAddr {
    let octets = head.get(at..).and_then(<[u8]>::first_chunk::<16>);
    Ipv6Addr::from(octets.copied().unwrap_or_default()).into()
}

const HEADER: usize = 40;
const FRAGMENT_HEADER: usize = 8;
// IANA, IPv6 Extension Header Types; ESP hides what follows and is not among them
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION_OPTIONS: u8 = 60;
const MOBILITY: u8 = 135;
const HIP: u8 = 139;
const SHIM6: u8 = 140;
