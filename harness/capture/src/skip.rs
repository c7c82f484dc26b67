//! What was passed over because it is nobody's business here: counted, with the first frame of each kind.

use std::collections::BTreeMap;
use std::fmt;

use crate::LinkType;
use crate::ip::protocol_name;

/// Why frames were passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// The filter did not want them.
    Unwanted,
    /// Their link type is not read.
    LinkType(LinkType),
    /// Neither IPv4 nor IPv6: this EtherType, or below 1536 a length of IEEE 802.3 (then 0).
    EtherType(u16),
    /// An address family of a loopback header that is neither IPv4 nor IPv6.
    Family(u32),
    /// A Linux device type whose cooked header holds no EtherType (ARPHRD).
    Device(u16),
    /// Neither UDP nor TCP: this IP protocol.
    Protocol(u8),
    /// Records that Wireshark numbers like frames, but that hold none: blocks of this type of pcapng.
    Block(u32),
    /// Segments of TCP whose bytes had come before, or that keep a connection alive.
    Retransmission,
    /// Fragments that had come before, byte by byte.
    RepeatedFragment,
    /// Further fragments of datagrams that were refused, which a note says.
    RefusedFragment,
    /// Decryption secrets other than a TLS key log, by their type (draft-ietf-opsawg-pcapng, 4.7).
    Secrets(u32),
}

/// How many frames were passed over for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub frames: u64,
    /// The number of the first; of secrets, that of the frame before them.
    pub first: u64,
}

/// Everything that was passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skips(BTreeMap<Skip, Count>);

impl Skips {
    /// Reasons and counts, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Skip, Count)> {
        self.0.iter().map(|(skip, count)| (*skip, *count))
    }

    /// How many frames were passed over for this reason.
    pub fn frames(&self, skip: Skip) -> u64 {
        self.0.get(&skip).map_or(0, |count| count.frames)
    }

    /// Whether every frame was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn count(&mut self, skip: Skip, frame: u64) {
        let first = Count {
            frames: 0,
            first: frame,
        };
        self.0.entry(skip).or_insert(first).frames += 1;
    }
}

/// `link type 195 "IEEE 802.15.4"`: what follows "3 frames of" well enough.
impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unwanted => f.write_str("other traffic"),
            Self::LinkType(link) => write!(f, "{link}"),
            Self::EtherType(0) => f.write_str("IEEE 802.3 without EtherType"),
            Self::EtherType(number) => match ether_type_name(*number) {
                Some(name) => write!(f, "EtherType {number:#06x} \"{name}\""),
                None => write!(f, "EtherType {number:#06x}"),
            },
            Self::Family(number) => write!(f, "address family {number}"),
            Self::Device(number) => write!(f, "Linux device type {number}"),
            Self::Protocol(number) => match protocol_name(*number) {
                Some(name) => write!(f, "IP protocol {number} \"{name}\""),
                None => write!(f, "IP protocol {number}"),
            },
            Self::Block(number) => write!(f, "block type {number:#x}"),
            Self::Retransmission => f.write_str("TCP that had come before"),
            Self::RepeatedFragment => f.write_str("IP fragments that had come before"),
            Self::RefusedFragment => f.write_str("IP fragments of refused datagrams"),
            Self::Secrets(number) => write!(f, "secrets type {number:#010x}"),
        }
    }
}

/// Names of EtherTypes that captures are full of (IANA, IEEE 802 numbers).
fn ether_type_name(number: u16) -> Option<&'static str> {
    Some(match number {
        0x0806 => "ARP",
        0x8035 => "RARP",
        0x809B => "AppleTalk",
        0x8137 => "IPX",
        0x8847 | 0x8848 => "MPLS",
        0x8863 => "PPPoE Discovery",
        0x8864 => "PPPoE Session",
        0x888E => "EAPOL",
        0x88CC => "LLDP",
        0x88E5 => "MACsec",
        0x88F7 => "PTP",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_says_what_it_was() {
        let mut skips = Skips::default();
        assert!(skips.is_empty());
        skips.count(Skip::EtherType(0x0806), 4);
        skips.count(Skip::EtherType(0x0806), 9);
        skips.count(Skip::LinkType(LinkType(195)), 2);
        let told: Vec<String> = skips
            .iter()
            .map(|(skip, count)| format!("{} of {skip} from {}", count.frames, count.first))
            .collect();
        let expected = [
            "1 of link type 195 \"IEEE 802.15.4\" from 2",
            "2 of EtherType 0x0806 \"ARP\" from 4",
        ];
        assert_eq!(told, expected);
        assert_eq!(skips.frames(Skip::EtherType(0x0806)), 2);
        assert_eq!(skips.frames(Skip::Unwanted), 0);
    }
}
