//! Link types (draft-ietf-opsawg-pcaplinktype), those that are read and the names of those that are not.

use std::fmt;

use super::{cooked, ethernet, loopback};
use crate::Skip;
use crate::network::Refusal;
use crate::octets::Octets;

/// What the first header of a frame is, as capture files number it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: the address family in the byte order of whoever captured.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// IPv4 or IPv6 without any header before, as DLT_RAW of most systems.
    pub const RAW_12: Self = Self(12);
    /// The same, as DLT_RAW of OpenBSD.
    pub const RAW_14: Self = Self(14);
    /// IPv4 or IPv6 without any header before.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: the address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture.
    pub const LINUX_SLL: Self = Self(113);
    /// IPv4 without any header before.
    pub const IPV4: Self = Self(228);
    /// IPv6 without any header before.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);

    /// Name of a link type that captures are likely to have.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "BSD loopback",
            1 => "Ethernet",
            6 => "Token Ring",
            8 => "SLIP",
            9 => "PPP",
            10 => "FDDI",
            12 | 14 | 101 => "raw IP",
            50 => "PPP in HDLC",
            51 => "PPPoE",
            104 => "Cisco HDLC",
            105 => "IEEE 802.11",
            107 => "Frame Relay",
            108 => "OpenBSD loopback",
            113 => "Linux cooked",
            117 => "OpenBSD pflog",
            119 => "IEEE 802.11 with Prism header",
            127 => "IEEE 802.11 with radiotap header",
            147..=162 => "private use",
            163 => "IEEE 802.11 with AVS header",
            166 => "PPP with direction",
            187 | 201 => "Bluetooth HCI",
            189 | 220 => "USB of Linux",
            195 => "IEEE 802.15.4",
            204 => "PPP with direction",
            215 => "IEEE 802.15.4 with preamble",
            228 => "raw IPv4",
            229 => "raw IPv6",
            230 => "IEEE 802.15.4 without FCS",
            239 => "netfilter log",
            242 => "IPoIB",
            249 => "USBPcap",
            251 => "Bluetooth LE",
            252 => "Wireshark upper PDU",
            253 => "netlink of Linux",
            270 => "LoRaTap",
            276 => "Linux cooked 2",
            283 => "IEEE 802.15.4 with TAP header",
            _ => return None,
        })
    }
}

/// `link type 195 "IEEE 802.15.4"`.
impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "link type {} \"{name}\"", self.0),
            None => write!(f, "link type {}", self.0),
        }
    }
}

/// The IP datagram in a frame; a datagram whose first four bits are neither 4 nor 6 is IP's to refuse.
pub(crate) fn open(link: LinkType, frame: Octets<'_>) -> Result<Octets<'_>, Refusal> {
    match link {
        LinkType::ETHERNET => ethernet::open(frame),
        LinkType::LINUX_SLL => cooked::open(frame),
        LinkType::LINUX_SLL2 => cooked::open_2(frame),
        LinkType::NULL => loopback::open(frame),
        LinkType::LOOP => loopback::open_network_order(frame),
        LinkType::RAW | LinkType::RAW_12 | LinkType::RAW_14 => Ok(frame),
        LinkType::IPV4 | LinkType::IPV6 => Ok(frame),
        _ => Err(Refusal::Skip(Skip::LinkType(link))),
    }
}
