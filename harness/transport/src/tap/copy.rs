//! The decorated copy of a capture: secrets, names and interfaces, and the comments of its frames.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;

use pcap_file::PcapError;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::{Block, PcapNgWriter};

use super::{Tap, section};
use crate::{ip, pcapng};

/// The decorated copy while it is written.
pub(super) struct Copy<'a, W: Write> {
    tap: &'a Tap,
    pub(super) writer: PcapNgWriter<W>,
    interfaces: BTreeMap<(String, String), u32>,
}

impl<'a, W: Write> Copy<'a, W> {
    pub(super) fn begin(tap: &'a Tap, file: W) -> Result<Self, PcapError> {
        let mut writer = PcapNgWriter::with_section_header(file, section(&tap.about, &tap.hint()))?;
        if !tap.secrets.is_empty() {
            let key_log = tap.secrets.join("\n") + "\n";
            writer.write_pcapng_block(pcapng::secrets(&key_log))?;
        }
        let seats = tap
            .seats
            .iter()
            .map(|(address, seat)| (*address, seat.name.as_str()));
        if let Some(names) = pcapng::names(seats) {
            writer.write_pcapng_block(names)?;
        }
        let mut copy = Self {
            tap,
            writer,
            interfaces: BTreeMap::new(),
        };
        if tap.frames == 0 {
            let none = pcapng::interface("testfest", "no datagram was seen");
            copy.writer.write_pcapng_block(none)?;
        }
        Ok(copy)
    }

    pub(super) fn frame(&mut self, block: Block<'_>, comments: &[&str]) -> Result<(), PcapError> {
        let Block::EnhancedPacket(mut frame) = block else {
            return Ok(());
        };
        let mut options: Vec<EnhancedPacketOption<'_>> =
            comments.iter().map(|text| pcapng::comment(text)).collect();
        if let Some((from, to)) = ip::ends(&frame.data) {
            frame.interface_id = self.interface(from, to)?;
            options.push(pcapng::flags(self.tap.direction(from, to)));
        }
        frame.options = options;
        self.writer.write_pcapng_block(frame)?;
        Ok(())
    }

    /// The interface of a pair of seats, described when its first frame comes.
    fn interface(&mut self, from: SocketAddr, to: SocketAddr) -> Result<u32, PcapError> {
        let (low, high) = if self.tap.name(from) <= self.tap.name(to) {
            (from, to)
        } else {
            (to, from)
        };
        let pair = (
            self.tap.name(low).to_owned(),
            self.tap.name(high).to_owned(),
        );
        if let Some(number) = self.interfaces.get(&pair) {
            return Ok(*number);
        }
        let name = format!("{} - {}", pair.0, pair.1);
        let description = format!(
            "{} and {}",
            self.tap.described(low),
            self.tap.described(high)
        );
        self.writer
            .write_pcapng_block(pcapng::interface(&name, &description))?;
        let number = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
        self.interfaces.insert(pair, number);
        Ok(number)
    }
}

/// Comments by frame number.
pub(super) struct Comments<'a>(BTreeMap<u32, Vec<&'a str>>);

impl<'a> Comments<'a> {
    pub(super) fn new(comments: &'a [(u32, String)]) -> Self {
        let mut by_frame: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        for (frame, text) in comments {
            by_frame.entry(*frame).or_default().push(text);
        }
        Self(by_frame)
    }

    pub(super) fn of(&self, frame: u32) -> &[&'a str] {
        self.0.get(&frame).map_or(&[], Vec::as_slice)
    }
}
