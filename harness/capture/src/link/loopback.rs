//! Loopback headers: four bytes with an address family (tcpdump.org: LINKTYPE_NULL, LINKTYPE_LOOP).

use crate::network::Refusal;
use crate::octets::Octets;
use crate::{Protocol, Skip};

/// The IP datagram in a frame whose family is in the byte order of whoever captured it.
pub(super) fn open(frame: Octets<'_>) -> Result<Octets<'_>, Refusal> {
    let (head, payload) = split(frame)?;
    let little = u32::from_le_bytes(head);
    // families are small numbers, so that the order shows
    let family = if little <= 0xFFFF {
        little
    } else {
        u32::from_be_bytes(head)
    };
    by_family(family, payload)
}

/// The IP datagram in a frame whose family is in network byte order.
pub(super) fn open_network_order(frame: Octets<'_>) -> Result<Octets<'_>, Refusal> {
    let (head, payload) = split(frame)?;
    by_family(u32::from_be_bytes(head), payload)
}

fn split(frame: Octets<'_>) -> Result<([u8; HEADER], Octets<'_>), Refusal> {
    let refused = |missing| Refusal::header(Protocol::Loopback, HEADER, missing);
    let head = frame.head().map_err(refused)?;
    Ok((*head, frame.behind(HEADER).map_err(refused)?))
}

fn by_family(family: u32, payload: Octets<'_>) -> Result<Octets<'_>, Refusal> {
    match family {
        AF_INET => Ok(payload),
        _ if AF_INET6.contains(&family) => Ok(payload),
        _ => Err(Refusal::Skip(Skip::Family(family))),
    }
}

const HEADER: usize = 4;
const AF_INET: u32 = 2;
/// Of Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin.
const AF_INET6: [u32; 5] = [10, 23, 24, 28, 30];
