//! The tap: keeps every datagram in a pcapng while a case runs, and decorates the file when it ends.
//!
//! Frames spool to `NAME.part`, one write each, so that it opens after a kill; [`Tap::finish`] streams it into
//! `NAME` with secrets, names and comments. Of a connection it keeps the bytes that were written and read; handshake and end
//! are made up around them. Knows seats by name only; SHA-256 is the caller's.

mod copy;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use coap::Time;
use pcap_file::PcapError;
use pcap_file::pcapng::blocks::section_header::SectionHeaderBlock;
use pcap_file::pcapng::{Block, PcapNgBlock, PcapNgReader, PcapNgWriter};

use crate::pcapng::{self, Direction};
use crate::segment::{Flow, Segment};
use crate::{Closing, TransportError, datagram, ip};
use copy::{Comments, Copy};

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
    medium: Medium,
    spool: PcapNgWriter<Vec<u8>>,
    about: About,
    seats: BTreeMap<SocketAddr, Seat>,
    /// Connections that stand, by both ends, the lower first.
    flows: BTreeMap<(SocketAddr, SocketAddr), Flow>,
    /// How many connections there were.
    connections: u32,
    /// Ports at which connections were seen, and datagrams.
    tcp_ports: BTreeSet<u16>,
    udp_ports: BTreeSet<u16>,
    /// Lines of the TLS key log.
    secrets: Vec<String>,
    frames: u32,
    length: u64,
    trouble: Option<io::Error>,
}

struct Seat {
    name: String,
    holder: Holder,
}

/// Where the frames are spooled.
enum Medium {
    File {
        path: PathBuf,
        part: PathBuf,
        file: File,
    },
    Memory(Vec<u8>),
    Nowhere,
}

impl Tap {
    /// Begins the capture that will stand at `path`, spooled to `path` with `.part` behind it.
    pub fn create(path: &Path, about: About) -> Result<Self, TransportError> {
        let part = with_suffix(path, ".part");
        let file = File::create(&part).map_err(|source| write_error(&part, source))?;
        let path = path.to_owned();
        Self::spooled(Medium::File { path, part, file }, about)
    }

    /// Begins a capture that stays in memory, as [`Tap::finish_in_memory`] gives it.
    pub fn in_memory(about: About) -> Result<Self, TransportError> {
        Self::spooled(Medium::Memory(Vec::new()), about)
    }

    /// Numbers frames, and keeps none of them: there is nothing to finish.
    pub fn nowhere(about: About) -> Result<Self, TransportError> {
        Self::spooled(Medium::Nowhere, about)
    }

    fn spooled(medium: Medium, about: About) -> Result<Self, TransportError> {
        let spool = PcapNgWriter::with_section_header(Vec::new(), section(&about, ""));
        let mut tap = Self {
            spool: spool.map_err(|error| pcap_error(medium.name(), error))?,
            medium,
            about,
            seats: BTreeMap::new(),
            flows: BTreeMap::new(),
            connections: 0,
            tcp_ports: BTreeSet::new(),
            udp_ports: BTreeSet::new(),
            secrets: Vec::new(),
            frames: 0,
            length: 0,
            trouble: None,
        };
        tap.append(
            &pcapng::interface("testfest", "datagrams at the harness's sockets").into_block(),
        );
        match tap.trouble.take() {
            Some(source) => Err(write_error(tap.medium.name(), source)),
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
        self.udp_ports.extend([from.port(), to.port()]);
        self.frame(time, from, to, || datagram::frame(from, to, bytes))
    }

    /// Keeps the handshake of a connection that `from` began; gives its frame numbers.
    pub fn record_opened(
        &mut self,
        time: Time,
        from: SocketAddr,
        to: SocketAddr,
    ) -> RangeInclusive<u32> {
        let mut flow = self.new_flow(from, to);
        let frames = self.segments(time, flow.open(to));
        self.flows.insert(between(from, to), flow);
        frames
    }

    /// Keeps bytes of a connection; gives the numbers of the frames that they stand in.
    ///
    /// A connection that is not known was made before this capture began, and has no handshake in it.
    pub fn record_bytes(
        &mut self,
        time: Time,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
    ) -> RangeInclusive<u32> {
        let key = between(from, to);
        let known = self.flows.remove(&key);
        let mut flow = known.unwrap_or_else(|| self.new_flow(from, to));
        let frames = self.segments(time, flow.carry(from, to, bytes));
        self.flows.insert(key, flow);
        frames
    }

    /// Keeps the end of a connection that `from` closed or broke; gives its frame numbers.
    pub fn record_closed(
        &mut self,
        time: Time,
        from: SocketAddr,
        to: SocketAddr,
        reason: &Closing,
    ) -> RangeInclusive<u32> {
        let known = self.flows.remove(&between(from, to));
        let mut flow = known.unwrap_or_else(|| self.new_flow(from, to));
        let segments = match reason {
            Closing::Finished => flow.finish(from, to),
            Closing::Broken(_) => flow.reset(from, to),
        };
        self.segments(time, segments)
    }

    /// Keeps that `from` sends nothing more on a connection, while the other end may; gives its frame numbers.
    pub fn record_half_closed(
        &mut self,
        time: Time,
        from: SocketAddr,
        to: SocketAddr,
    ) -> RangeInclusive<u32> {
        let key = between(from, to);
        let known = self.flows.remove(&key);
        let mut flow = known.unwrap_or_else(|| self.new_flow(from, to));
        let frames = self.segments(time, flow.half_close(from, to));
        if !flow.is_over() {
            self.flows.insert(key, flow);
        }
        frames
    }

    /// Keeps a line of a TLS key log, with which Wireshark reads what (D)TLS hides; one that is known already is dropped.
    ///
    /// It is spooled at once, and stands before all frames once the capture is finished.
    pub fn secret(&mut self, line: &str) {
        let line = line.trim_end();
        if line.is_empty() || self.secrets.iter().any(|known| known == line) {
            return;
        }
        self.secrets.push(line.to_owned());
        if self.trouble.is_none() {
            self.append(&pcapng::secrets(&format!("{line}\n")).into_block());
        }
    }

    /// Number of frames so far.
    pub const fn frames(&self) -> u32 {
        self.frames
    }

    /// Rewrites the capture with everything that is known now, under its final name.
    ///
    /// `comments` go to the frames of their numbers, several to one frame too; every text of `secrets` is a TLS key
    /// log, and joins the lines of [`Tap::secret`]. The spooled part is replaced by rename: at every moment one whole
    /// capture is there.
    pub fn finish(
        mut self,
        comments: &[(u32, String)],
        secrets: &[String],
    ) -> Result<Captured, TransportError> {
        self.keep(secrets)?;
        let comments = Comments::new(comments);
        let Medium::File { path, part, .. } = &self.medium else {
            return Err(self.unreadable("this capture has no file"));
        };
        let draft = with_suffix(path, ".draft");
        let written = self.rewrite_file(part, &draft, &comments);
        let renamed = written.and_then(|()| {
            fs::rename(&draft, part)
                .and_then(|()| fs::rename(part, path))
                .map_err(|source| write_error(path, source))
        });
        if let Err(error) = renamed {
            // The part stays as evidence; a half-written draft would only confuse.
            let _ = fs::remove_file(&draft);
            return Err(error);
        }
        Ok(Captured {
            path: path.clone(),
            frames: self.frames,
        })
    }

    /// The bytes of the file that [`Tap::finish`] would leave, of a capture in memory.
    pub fn finish_in_memory(
        mut self,
        comments: &[(u32, String)],
        secrets: &[String],
    ) -> Result<Vec<u8>, TransportError> {
        self.keep(secrets)?;
        let Medium::Memory(spooled) = &self.medium else {
            return Err(self.unreadable("it is not in memory"));
        };
        self.rewrite(
            spooled.as_slice(),
            Vec::new(),
            self.medium.name(),
            &Comments::new(comments),
        )
    }

    /// Takes the last secrets; the trouble that there was with the medium.
    fn keep(&mut self, secrets: &[String]) -> Result<(), TransportError> {
        if let Some(source) = self.trouble.take() {
            return Err(write_error(self.medium.name(), source));
        }
        let lines = secrets.iter().flat_map(|text| text.lines());
        for line in lines.map(str::trim_end) {
            if !line.is_empty() && !self.secrets.iter().any(|known| known == line) {
                self.secrets.push(line.to_owned());
            }
        }
        Ok(())
    }

    fn new_flow(&mut self, from: SocketAddr, to: SocketAddr) -> Flow {
        self.connections = self.connections.wrapping_add(1);
        self.tcp_ports.extend([from.port(), to.port()]);
        Flow::new(from, self.connections)
    }

    fn segments(&mut self, time: Time, segments: Vec<Segment>) -> RangeInclusive<u32> {
        let first = self.frames.saturating_add(1);
        for Segment { from, to, framed } in segments {
            self.frame(time, from, to, || framed);
        }
        first..=self.frames
    }

    fn frame(
        &mut self,
        time: Time,
        from: SocketAddr,
        to: SocketAddr,
        framed: impl FnOnce() -> ip::Framed,
    ) -> u32 {
        self.frames = self.frames.saturating_add(1);
        if self.trouble.is_none() {
            let (at, direction) = (self.wall_clock(time), self.direction(from, to));
            let block = pcapng::frame(at, framed(), direction);
            self.append(&block.into_block());
        }
        self.frames
    }

    /// Writes a whole block with one write or, if that fails, nothing.
    fn append(&mut self, block: &Block<'_>) {
        let encoded = self.spool.write_block(block).map_err(io::Error::other);
        let bytes = self.spool.get_mut();
        match encoded.and_then(|_| self.medium.append(bytes)) {
            Ok(()) => self.length += bytes.len() as u64,
            Err(error) => {
                self.medium.cut(self.length);
                self.trouble = Some(error);
            }
        }
        bytes.clear();
    }

    fn rewrite_file(
        &self,
        part: &Path,
        draft: &Path,
        comments: &Comments<'_>,
    ) -> Result<(), TransportError> {
        let spooled = File::open(part).map_err(|error| self.unreadable(&error.to_string()))?;
        let file = File::create(draft).map_err(|source| write_error(draft, source))?;
        let written = self.rewrite(
            BufReader::new(spooled),
            BufWriter::new(file),
            draft,
            comments,
        );
        written.map(drop)
    }

    fn rewrite<R: Read, W: Write>(
        &self,
        spooled: R,
        out: W,
        name: &Path,
        comments: &Comments<'_>,
    ) -> Result<W, TransportError> {
        let reader = PcapNgReader::new(spooled);
        let mut reader = reader.map_err(|error| self.unreadable(&error.to_string()))?;
        let failed = |error| pcap_error(name, error);
        let mut copy = Copy::begin(self, out).map_err(failed)?;
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
        let mut out = copy.writer.into_inner();
        out.flush().map_err(|source| write_error(name, source))?;
        Ok(out)
    }

    fn unreadable(&self, reason: &str) -> TransportError {
        TransportError::Read {
            path: self.medium.name().to_owned(),
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
    fn hint(&self) -> String {
        let secured = !self.secrets.is_empty();
        let udp = if secured { "dtls" } else { "coap" };
        let tcp = if secured { "tls" } else { "coap" };
        let serving = self
            .seats
            .iter()
            .filter(|(_, seat)| !seat.name.starts_with("client"));
        let ports: BTreeSet<u16> = serving.map(|(address, _)| address.port()).collect();
        let mut flags = String::new();
        for port in ports.difference(&REGISTERED_PORTS.into()) {
            let streams = self.tcp_ports.contains(port);
            if self.udp_ports.contains(port) || !streams {
                flags += &format!(" -d udp.port=={port},{udp}");
                if secured {
                    flags += &format!(" -d dtls.port=={port},coap");
                }
            }
            if streams {
                flags += &format!(" -d tcp.port=={port},{tcp}");
                if secured {
                    flags += &format!(" -d tls.port=={port},coap");
                }
            }
        }
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

impl Medium {
    /// The file that is being written, for who reads of trouble with it.
    fn name(&self) -> &Path {
        match self {
            Self::File { part, .. } => part,
            Self::Memory(_) => Path::new("(memory)"),
            Self::Nowhere => Path::new("(nowhere)"),
        }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::File { file, .. } => file.write_all(bytes),
            Self::Memory(spooled) => spooled.write_all(bytes),
            Self::Nowhere => Ok(()),
        }
    }

    /// Takes back what was written behind the first `length` bytes.
    fn cut(&mut self, length: u64) {
        match self {
            Self::File { file, .. } => drop(file.set_len(length)),
            Self::Memory(spooled) => {
                spooled.truncate(usize::try_from(length).unwrap_or(usize::MAX))
            }
            Self::Nowhere => {}
        }
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

/// Both ends, whoever comes first.
fn between(from: SocketAddr, to: SocketAddr) -> (SocketAddr, SocketAddr) {
    (from.min(to), from.max(to))
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

/// Ports of coap and coaps (RFC 7252, 12.6 and 12.7; RFC 8323, 11.3 and 11.4), which Wireshark knows.
const REGISTERED_PORTS: [u16; 2] = [5683, 5684];
