//! Linux cooked captures (tcpdump.org: LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2), as of the device "any".

use super::ethernet::by_ether_type;
use crate::network::Refusal;
use crate::octets::Octets;
use crate::{Protocol, Skip};

/// The IP datagram in a frame of version 1.
pub(super) fn open(frame: Octets<'_>) -> Result<Octets<'_>, Refusal> {
    let refused = |missing| Refusal::header(Protocol::Cooked, HEADER, missing);
    let head: &[u8; HEADER] = frame.head().map_err(refused)?;
    let [_, _, device_high, device_low, .., high, low] = *head;
    let device = u16::from_be_bytes([device_high, device_low]);
    let payload = frame.behind(HEADER).map_err(refused)?;
    by_device(device, u16::from_be_bytes([high, low]), payload)
}

/// The IP datagram in a frame of version 2.
pub(super) fn open_2(frame: Octets<'_>) -> Result<Octets<'_>, Refusal> {
    let refused = |missing| Refusal::header(Protocol::Cooked, HEADER_2, missing);
    let head: &[u8; HEADER_2] = frame.head().map_err(refused)?;
    let [high, low, _, _, _, _, _, _, device_high, device_low, ..] = *head;
    let device = u16::from_be_bytes([device_high, device_low]);
    let payload = frame.behind(HEADER_2).map_err(refused)?;
    by_device(device, u16::from_be_bytes([high, low]), payload)
}

fn by_device(device: u16, protocol: u16, payload: Octets<'_>) -> Result<Octets<'_>, Refusal> {
    if WITHOUT_ETHER_TYPE.contains(&device) {
        return Err(Refusal::Skip(Skip::Device(device)));
    }
    by_ether_type(Protocol::Cooked, protocol, payload)
}

const HEADER: usize = 16;
const HEADER_2: usize = 20;
/// Devices whose protocol field holds something else: Frame Relay, 802.11 three ways, netlink (ARPHRD_*).
const WITHOUT_ETHER_TYPE: [u16; 5] = [770, 801, 802, 803, 824];
