//! The header of IPv4 (RFC 791, 3.1).

use std::net::Ipv4Addr;

use super::fragments::Fragment;
use super::protocol::Carried;
use crate::network::Refusal;
use crate::octets::Octets;
use crate::{Limit, Protocol};

/// Reads the header of a datagram; what stands behind its total length is left out.
pub(super) fn read(datagram: Octets<'_>) -> Result<Carried<'_>, Refusal> {
    let refused = |missing| Refusal::header(Protocol::Ipv4, LEAST_HEADER, missing);
    let head: &[u8; LEAST_HEADER] = datagram.head().map_err(refused)?;
    let header = usize::from(head[0] & 0x0F) * 4;
    if header < LEAST_HEADER {
        let wanted = Limit::AtLeast(LEAST_HEADER);
        return Err(malformed("header length", header, wanted));
    }
    let total = match u16::from_be_bytes([head[2], head[3]]) {
        // the card cuts the datagram up later, and fills it in (segmentation offload)
        0 => datagram.length,
        total => usize::from(total),
    };
    if total < header {
        return Err(malformed("total length", total, Limit::AtLeast(header)));
    }
    if total > datagram.length {
        let wanted = Limit::AtMost(datagram.length);
        return Err(malformed("total length", total, wanted));
    }
    let options = |missing| Refusal::header(Protocol::Ipv4, header, missing);
    let payload = datagram.up_to(total).behind(header).map_err(options)?;
    let field = u16::from_be_bytes([head[6], head[7]]);
    let fragment = Fragment {
        identification: u32::from(u16::from_be_bytes([head[4], head[5]])),
        offset: usize::from(field & FRAGMENT_OFFSET) * 8,
        more: field & MORE_FRAGMENTS != 0,
    };
    Ok(Carried {
        ips: (address(head, 12), address(head, 16)),
        protocol: head[9],
        payload,
        fragment: fragment.is_part().then_some(fragment),
    })
}

fn address(head: &[u8; LEAST_HEADER], at: usize) -> std::net::IpAddr {
    let octets = head.get(at..).and_then(<[u8]>::first_chunk::<4>);
    Ipv4Addr::from(octets.copied().unwrap_or_default()).into()
}

const fn malformed(field: &'static str, found: usize, wanted: Limit) -> Refusal {
    Refusal::malformed(Protocol::Ipv4, field, found, wanted)
}

const LEAST_HEADER: usize = 20;
const MORE_FRAGMENTS: u16 = 0x2000;
const FRAGMENT_OFFSET: u16 = 0x1FFF;
