//! Ethernet frames with any number of VLAN tags (IEEE 802.3, 3.2; IEEE 802.1Q, 9.6).

use crate::network::Refusal;
use crate::octets::Octets;
use crate::{Protocol, Skip};

/// The IP datagram in an Ethernet frame.
pub(super) fn open(frame: Octets<'_>) -> Result<Octets<'_>, Refusal> {
    let refused = |missing| Refusal::header(Protocol::Ethernet, HEADER, missing);
    let head: &[u8; HEADER] = frame.head().map_err(refused)?;
    let [.., high, low] = *head;
    let payload = frame.behind(HEADER).map_err(refused)?;
    by_ether_type(Protocol::Ethernet, u16::from_be_bytes([high, low]), payload)
}

/// The IP datagram behind an EtherType; `protocol` is whose header that stands in.
pub(super) fn by_ether_type(
    protocol: Protocol,
    ether_type: u16,
    payload: Octets<'_>,
) -> Result<Octets<'_>, Refusal> {
    let (mut ether_type, mut payload) = (ether_type, payload);
    while VLAN_TAGS.contains(&ether_type) {
        let refused = |missing| Refusal::header(protocol, TAG, missing);
        let [_, _, high, low] = *payload.head().map_err(refused)?;
        payload = payload.behind(TAG).map_err(refused)?;
        ether_type = u16::from_be_bytes([high, low]);
    }
    match ether_type {
        IPV4 | IPV6 => Ok(payload),
        0..LEAST_ETHER_TYPE => Err(Refusal::Skip(Skip::EtherType(0))),
        other => Err(Refusal::Skip(Skip::EtherType(other))),
    }
}

const HEADER: usize = 14;
/// Tag control information and the EtherType that follows (IEEE 802.1Q, 9.6).
const TAG: usize = 4;
/// C-VLAN, S-VLAN, and what was in use before 802.1ad.
const VLAN_TAGS: [u16; 3] = [0x8100, 0x88A8, 0x9100];
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;
/// Below it stands a length (IEEE 802.3, 3.2.6).
const LEAST_ETHER_TYPE: u16 = 0x0600;
