//! UDP (RFC 768): the header, and lengths that lie.

use crate::network::Refusal;
use crate::octets::Octets;
use crate::{Limit, Protocol};

/// A datagram whose header was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Udp<'a> {
    /// The payload.
    pub(crate) payload: Octets<'a>,
    /// Bytes of IP's payload behind it.
    pub(crate) surplus: usize,
    /// Whether its checksum is zero, which means none.
    pub(crate) unchecked: bool,
}

/// Reads the payload of IP.
pub(crate) fn read(carried: Octets<'_>) -> Result<Udp<'_>, Refusal> {
    let refused = |missing| Refusal::header(Protocol::Udp, HEADER, missing);
    let head: &[u8; HEADER] = carried.head().map_err(refused)?;
    let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
    let malformed = |wanted| Refusal::malformed(Protocol::Udp, "length", length, wanted);
    if length < HEADER {
        return Err(malformed(Limit::AtLeast(HEADER)));
    }
    if length > carried.length {
        return Err(malformed(Limit::AtMost(carried.length)));
    }
    Ok(Udp {
        payload: carried.up_to(length).behind(HEADER).map_err(refused)?,
        surplus: carried.length - length,
        unchecked: head[6] == 0 && head[7] == 0,
    })
}

const HEADER: usize = 8;
