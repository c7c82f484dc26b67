//! What IP carries, whatever its version; the names of protocols (IANA, Protocol Numbers).

use std::net::IpAddr;

use super::fragments::Fragment;
use super::{v4, v6};
use crate::network::Refusal;
use crate::octets::{Missing, Octets};
use crate::{Limit, Protocol};

/// The payload of an IP datagram, or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Carried<'a> {
    /// Sender and receiver.
    pub(crate) ips: (IpAddr, IpAddr),
    /// Protocol number of the payload.
    pub(crate) protocol: u8,
    /// The payload.
    pub(crate) payload: Octets<'a>,
    /// Which part it is, if it is not the whole.
    pub(crate) fragment: Option<Fragment>,
}

/// Reads the headers of an IP datagram.
pub(crate) fn read(datagram: Octets<'_>) -> Result<Carried<'_>, Refusal> {
    match datagram.bytes.first().map(|first| first >> 4) {
        Some(4) => v4::read(datagram),
        Some(6) => v6::read(datagram),
        Some(version) => Err(Refusal::malformed(
            Protocol::Ipv4,
            "version",
            usize::from(version),
            Limit::AtLeast(4),
        )),
        None => {
            let missing = if datagram.length == 0 {
                Missing::Short(0)
            } else {
                Missing::Cut
            };
            Err(Refusal::header(Protocol::Ipv4, 1, missing))
        }
    }
}

/// Names of protocols that captures are likely to have.
pub(crate) const fn protocol_name(number: u8) -> Option<&'static str> {
    Some(match number {
        1 => "ICMP",
        2 => "IGMP",
        4 => "IPv4",
        41 => "IPv6",
        46 => "RSVP",
        47 => "GRE",
        50 => "ESP",
        58 => "ICMPv6",
        59 => "no next header",
        88 => "EIGRP",
        89 => "OSPF",
        103 => "PIM",
        112 => "VRRP",
        115 => "L2TP",
        132 => "SCTP",
        136 => "UDP-Lite",
        _ => return None,
    })
}

/// Protocol number of TCP.
pub(crate) const TCP: u8 = 6;
/// Protocol number of UDP.
pub(crate) const UDP: u8 = 17;
