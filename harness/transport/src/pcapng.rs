//! The blocks of a capture file (pcapng: draft-ietf-opsawg-pcapng), as pcap-file writes them.
//!
//! Holds what every capture of ours has in common; which frame gets which comment is the tap's.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::name_resolution::{
    Ipv4Record, Ipv6Record, NameResolutionBlock, Record,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::blocks::unknown::UnknownBlock;
use pcap_file::{DataLink, Endianness};

use crate::ip::Framed;

/// Which way a frame went, seen from the harness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Neither end is known to be the harness's.
    Unknown,
    /// The harness received it.
    Inbound,
    /// The harness sent it.
    Outbound,
}

/// The section header with the strings that say where the capture was made.
pub(crate) fn section(
    hardware: &str,
    system: &str,
    application: &str,
    comment: &str,
) -> SectionHeaderBlock<'static> {
    let mut options = Vec::new();
    if !comment.is_empty() {
        options.push(SectionHeaderOption::Comment(fitting(comment)));
    }
    options.push(SectionHeaderOption::Hardware(fitting(hardware)));
    options.push(SectionHeaderOption::OS(fitting(system)));
    options.push(SectionHeaderOption::UserApplication(fitting(application)));
    SectionHeaderBlock {
        endianness: Endianness::Little,
        options,
        ..SectionHeaderBlock::default()
    }
}

/// An interface of raw IP datagrams with times in nanoseconds.
pub(crate) fn interface(name: &str, description: &str) -> InterfaceDescriptionBlock<'static> {
    InterfaceDescriptionBlock {
        linktype: DataLink::RAW,
        snaplen: SNAP_LENGTH,
        options: vec![
            InterfaceDescriptionOption::IfName(fitting(name)),
            InterfaceDescriptionOption::IfDescription(fitting(description)),
            InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
        ],
    }
}

/// One frame.
pub(crate) fn frame(
    at: Duration,
    framed: Framed,
    direction: Direction,
) -> EnhancedPacketBlock<'static> {
    EnhancedPacketBlock {
        interface_id: 0,
        timestamp: at,
        original_len: framed.original_length,
        data: Cow::Owned(framed.bytes),
        options: vec![flags(direction)],
    }
}

/// The direction as a frame's option.
pub(crate) fn flags(direction: Direction) -> EnhancedPacketOption<'static> {
    EnhancedPacketOption::Flags(match direction {
        Direction::Unknown => 0,
        Direction::Inbound => 1,
        Direction::Outbound => 2,
    })
}

/// A comment as a frame's option.
pub(crate) fn comment(text: &str) -> EnhancedPacketOption<'static> {
    EnhancedPacketOption::Comment(fitting(text))
}

/// The names of addresses; one that several seats share bears all their names. `None` without any.
pub(crate) fn names<'a>(
    seats: impl Iterator<Item = (SocketAddr, &'a str)>,
) -> Option<NameResolutionBlock<'static>> {
    let mut shared: BTreeMap<IpAddr, BTreeSet<&str>> = BTreeMap::new();
    for (address, name) in seats.filter(|(_, name)| !name.is_empty()) {
        shared
            .entry(address.ip().to_canonical())
            .or_default()
            .insert(name);
    }
    if shared.is_empty() {
        return None;
    }
    let records = shared
        .into_iter()
        .map(|(ip, names)| record(ip, names))
        .collect();
    Some(NameResolutionBlock {
        records,
        options: Vec::new(),
    })
}

/// A Decryption Secrets Block that holds lines of a TLS key log.
///
/// pcap-file knows no such block; an unknown one is written as it is.
pub(crate) fn secrets(key_log: &str) -> UnknownBlock<'static> {
    let length = u32::try_from(key_log.len()).unwrap_or(u32::MAX);
    let mut body = Vec::with_capacity(key_log.len() + 12);
    body.extend(TLS_KEY_LOG.to_le_bytes());
    body.extend(length.to_le_bytes());
    body.extend(key_log.as_bytes());
    body.resize(body.len().next_multiple_of(4), 0);
    UnknownBlock {
        type_: DECRYPTION_SECRETS_BLOCK,
        length: 0,
        value: Cow::Owned(body),
    }
}

fn record(ip: IpAddr, names: BTreeSet<&str>) -> Record<'static> {
    let joined = names.into_iter().collect::<Vec<_>>().join("+");
    let names = vec![Cow::Owned(joined.replace('\0', ""))];
    match ip {
        IpAddr::V4(ip) => Record::Ipv4(Ipv4Record {
            ip_addr: Cow::Owned(ip.octets().to_vec()),
            names,
        }),
        IpAddr::V6(ip) => Record::Ipv6(Ipv6Record {
            ip_addr: Cow::Owned(ip.octets().to_vec()),
            names,
        }),
    }
}

/// The text as an option's value, cut where its 16-bit length ends.
fn fitting(text: &str) -> Cow<'static, str> {
    let end = text.floor_char_boundary(MAX_OPTION);
    Cow::Owned(text.get(..end).unwrap_or_default().to_owned())
}

/// if_tsresol: ten to the power of minus nine seconds (draft-ietf-opsawg-pcapng, 4.2).
const NANOSECONDS: u8 = 9;

/// The snapshot length that Wireshark takes for unlimited; ours is 65575, an IPv6 datagram.
const SNAP_LENGTH: u32 = 262_144;

/// Longest value of an option that leaves room for its padding (draft-ietf-opsawg-pcapng, 3.5).
const MAX_OPTION: usize = 65_532;

/// Block type of a Decryption Secrets Block (draft-ietf-opsawg-pcapng, 4.7).
pub(crate) const DECRYPTION_SECRETS_BLOCK: u32 = 0x0000_000A;

/// Secrets type "TLS Key Log" (draft-ietf-opsawg-pcapng, 4.7).
const TLS_KEY_LOG: u32 = 0x544C_534B;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secrets_block_is_padded_behind_its_length() {
        let block = secrets("CLIENT_RANDOM 00 11\n+");
        assert_eq!(block.type_, 0x0A);
        assert_eq!(block.value[..8], *b"KSLT\x15\0\0\0");
        assert_eq!(block.value.len(), 8 + 24);
    }

    #[test]
    fn an_address_bears_the_names_of_all_its_seats() {
        let seats = [
            ("127.0.0.1:5683", "server"),
            ("127.0.0.1:40000", "client"),
            ("[::ffff:127.0.0.1]:7", "client"),
            ("[::1]:1", "bootstrap-server"),
        ];
        let block = names(
            seats
                .iter()
                .map(|(address, name)| (address.parse().unwrap(), *name)),
        );
        let block = block.unwrap();
        let [Record::Ipv4(four), Record::Ipv6(six)] = &block.records[..] else {
            panic!("{:?}", block.records);
        };
        assert_eq!(four.names, ["client+server"]);
        assert_eq!(six.names, ["bootstrap-server"]);
        assert!(names(std::iter::empty()).is_none());
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let text = "ä".repeat(40_000);
        assert_eq!(fitting(&text).len(), 65_532);
        assert!(fitting(&format!("x{text}")).len() < 65_532);
    }
}
