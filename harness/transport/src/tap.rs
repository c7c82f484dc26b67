//! The tap: keeps every datagram in a pcapng while a case runs, and decorates the file when it ends.
//!
//! Frames spool to `NAME.part`, one write each, so that it opens after a kill; [`Tap::finish`] streams it into
//! `NAME` with secrets, names and comments. Knows seats by name only; SHA-256 is the caller's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use coap::Time;
use pcap_file::PcapError;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::section_header::SectionHeaderBlock;
use pcap_file::pcapng::{Block, PcapNgBlock, PcapNgReader, PcapNgWriter};

use crate::pcapng::{self, Direction};
use crate::{TransportError, datagram};

/// Where and by what a capture is made, for its section header.
#[derive(Clone, Debug)]
pub struct About {
    /// The machine: `x86_64`.
    pub hardware: String,
    /// The operating system.
    pub system: String,
    /// The program and its version: `testfest 0.1.0`.
    pub application: String,
    /// What the capture shows, such as session and case; may be empty.
    pub comment: String,
    /// The wall-clock time of [`Time::ZERO`].
    pub started: SystemTime,
}

/// Who holds a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// An emulator of the harness.
    Harness,
    /// An implementation under test.
    Implementation,
}

/// A capture file that is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The file.
    pub path: PathBuf,
    /// Number of frames in it.
    pub frames: u32,
}

/// An open capture.
pub struct Tap {
    path: PathBuf,
    part: PathBuf,
    file: File,
    spool: PcapNgWriter<Vec<u8>>,
    about: About,
    seats: BTreeMap<SocketAddr, Seat>,
    frames: u32,
    length: u64,
    trouble: Option<io::Error>,
}

struct Seat {
    name: String,
    holder: Holder,
}

impl Tap {
    /// Begins the capture that will stand at `path`, spooled to `path` with `.part` behind it.
    pub fn create(path: &Path, about: About) -> Result<Self, TransportError> {
        let part = with_suffix(path, ".part");
        let file = File::create(&part).map_err(|source| write_error(&part, source))?;
        let spool = PcapNgWriter::with_section_header(Vec::new(), section(&about, ""));
        let mut tap = Self {
            path: path.to_owned(),
            spool: spool.map_err(|error| pcap_error(&part, error))?,
            part,
            file,
            about,
            seats: BTreeMap::new(),
            frames: 0,
            length: 0,
            trouble: None,
        };
        tap.append(
            &pcapng::interface("testfest", "datagrams at the harness's sockets").into_block(),
        );
        match tap.trouble.take() {
            Some(source) => Err(write_error(&tap.part, source)),
            None => Ok(tap),
        }
    }

    /// Says who sits at `address`; holds for frames already recorded too.
    pub fn seat(&mut self, address: SocketAddr, name: &str, holder: Holder) {
        let name = name.to_owned();
        self.seats.insert(canonical(address), Seat { name, holder });
    }

    /// Keeps a datagram and returns its frame number, counted from 1.
    ///
    /// Trouble with the file is kept for [`Tap::finish`]; frames after it are numbered but lost.
    pub fn record(&mut self, time: Time, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> u32 {
        self.frames = self.frames.saturating_add(1);
        if self.trouble.is_none() {
            let framed = datagram::frame(from, to, bytes);
            let block = pcapng::frame(self.wall_clock(time), framed, self.direction(from, to));
            self.append(&block.into_block());
        }
        self.frames
    }

    /// Number of frames so far.
    pub const fn frames(&self) -> u32 {
        self.frames
    }

    /// Rewrites the capture with everything that is known now, under its final name.
    ///
    /// `comments` go to the frames of their numbers, several to one frame too; every text of `secrets` is a TLS key
    /// log. The spooled part is replaced by rename: at every moment one whole capture is there.
    pub fn finish(
        mut self,
        comments: &[(u32, String)],
        secrets: &[String],
    ) -> Result<Captured, TransportError> {
        if let Some(source) = self.trouble.take() {
            return Err(write_error(&self.part, source));
        }
        let draft = with_suffix(&self.path, ".draft");
        let written = self.rewrite(&draft, &Comments::new(comments), secrets);
        let renamed = written.and_then(|()| {
            fs::rename(&draft, &self.part)
                .and_then(|()| fs::rename(&self.part, &self.path))
                .map_err(|source| write_error(&self.path, source))
        });
        if let Err(error) = renamed {
            // The part stays as evidence; a half-written draft would only confuse.
            let _ = fs::remove_file(&draft);
            return Err(error);
        }
        Ok(Captured {
            path: self.path,
            frames: self.frames,
        })
    }

    /// Writes a whole block with one write or, if that fails, nothing.
    fn append(&mut self, block: &Block<'_>) {
        let encoded = self.spool.write_block(block).map_err(io::Error::other);
        let bytes = self.spool.get_mut();
        match encoded.and_then(|_| self.file.write_all(bytes)) {
            Ok(()) => self.length += bytes.len() as u64,
            Err(error) => {
                let _ = self.file.set_len(self.length);
                self.trouble = Some(error);
            }
        }
        bytes.clear();
    }

    fn rewrite(
        &self,
        draft: &Path,
        comments: &Comments<'_>,
        secrets: &[String],
    ) -> Result<(), TransportError> {
        let mut reader = self.open_part()?;
        let file = File::create(draft).map_err(|source| write_error(draft, source))?;
        let failed = |error| pcap_error(draft, error);
        let mut copy = Copy::begin(self, BufWriter::new(file), secrets).map_err(failed)?;
        let mut number = 0;
        while let Some(block) = reader.next_block() {
            let block = block.map_err(|error| self.unreadable(&error.to_string()))?;
            if let Block::EnhancedPacket(_) = block {
                number += 1;
                copy.frame(block, comments.of(number)).map_err(failed)?;
            }
        }
        if number != self.frames {
            return Err(self.unreadable(&format!("{number} frames, {} were recorded", self.frames)));
        }
        copy.writer
            .into_inner()
            .flush()
            .map_err(|source| write_error(draft, source))
    }

    fn open_part(&self) -> Result<PcapNgReader<BufReader<File>>, TransportError> {
        let mut file =
            File::open(&self.part).map_err(|error| self.unreadable(&error.to_string()))?;
        file.rewind()
            .map_err(|error| self.unreadable(&error.to_string()))?;
        PcapNgReader::new(BufReader::new(file)).map_err(|error| self.unreadable(&error.to_string()))
    }

    fn unreadable(&self, reason: &str) -> TransportError {
        TransportError::Read {
            path: self.part.clone(),
            reason: reason.to_owned(),
        }
    }

    fn wall_clock(&self, time: Time) -> Duration {
        let base = self
            .about
            .started
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        base.saturating_add(Duration::from_nanos(time.as_nanos()))
    }

    fn direction(&self, from: SocketAddr, to: SocketAddr) -> Direction {
        let ours = |address| self.holder(address) == Some(Holder::Harness);
        if ours(from) {
            Direction::Outbound
        } else if ours(to) {
            Direction::Inbound
        } else {
            Direction::Unknown
        }
    }

    fn holder(&self, address: SocketAddr) -> Option<Holder> {
        self.seats.get(&canonical(address)).map(|seat| seat.holder)
    }

    fn name(&self, address: SocketAddr) -> &str {
        self.seats
            .get(&canonical(address))
            .map_or("unknown", |seat| &seat.name)
    }

    /// How Wireshark is told the protocol of ports that are not the registered ones (RFC 7252, 12.6 and 12.7).
    fn hint(&self, protocol: &str) -> String {
        let serving = self
            .seats
            .iter()
            .filter(|(_, seat)| !seat.name.starts_with("client"));
        let ports: BTreeSet<u16> = serving.map(|(address, _)| address.port()).collect();
        let flags: String = ports
            .iter()
            .filter(|port| !REGISTERED_PORTS.contains(port))
            .map(|port| format!(" -d udp.port=={port},{protocol}"))
            .collect();
        if flags.is_empty() {
            flags
        } else {
            format!("wireshark{flags}")
        }
    }

    fn described(&self, address: SocketAddr) -> String {
        let holder = match self.holder(address) {
            Some(Holder::Harness) => " (harness)",
            Some(Holder::Implementation) => " (implementation under test)",
            None => "",
        };
        format!("{} {address}{holder}", self.name(address))
    }
}

/// The decorated copy while it is written.
struct Copy<'a> {
    tap: &'a Tap,
    writer: PcapNgWriter<BufWriter<File>>,
    interfaces: BTreeMap<(String, String), u32>,
}

impl<'a> Copy<'a> {
    fn begin(tap: &'a Tap, file: BufWriter<File>, secrets: &[String]) -> Result<Self, PcapError> {
        let hint = tap.hint(if secrets.is_empty() { "coap" } else { "dtls" });
        let mut writer = PcapNgWriter::with_section_header(file, section(&tap.about, &hint))?;
        for key_log in secrets {
            writer.write_pcapng_block(pcapng::secrets(key_log))?;
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

    fn frame(&mut self, block: Block<'_>, comments: &[&str]) -> Result<(), PcapError> {
        let Block::EnhancedPacket(mut frame) = block else {
            return Ok(());
        };
        let mut options: Vec<EnhancedPacketOption<'_>> =
            comments.iter().map(|text| pcapng::comment(text)).collect();
        if let Some((from, to)) = datagram::ends(&frame.data) {
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
struct Comments<'a>(BTreeMap<u32, Vec<&'a str>>);

impl<'a> Comments<'a> {
    fn new(comments: &'a [(u32, String)]) -> Self {
        let mut by_frame: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        for (frame, text) in comments {
            by_frame.entry(*frame).or_default().push(text);
        }
        Self(by_frame)
    }

    fn of(&self, frame: u32) -> &[&'a str] {
        self.0.get(&frame).map_or(&[], Vec::as_slice)
    }
}

fn section(about: &About, hint: &str) -> SectionHeaderBlock<'static> {
    let comment = [about.comment.as_str(), hint].join("\n");
    pcapng::section(
        &about.hardware,
        &about.system,
        &about.application,
        comment.trim(),
    )
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn write_error(path: &Path, source: io::Error) -> TransportError {
    TransportError::Write {
        path: path.to_owned(),
        source,
    }
}

fn pcap_error(path: &Path, error: PcapError) -> TransportError {
    let source = match error {
        PcapError::IoError(source) => source,
        other => io::Error::other(other.to_string()),
    };
    write_error(path, source)
}

/// UDP ports of coap and coaps (RFC 7252, 12.6 and 12.7), which Wireshark knows.
const REGISTERED_PORTS: [u16; 2] = [5683, 5684];
