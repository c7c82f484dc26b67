//! Why a capture cannot be read, or not read on: what was found, and at which byte of the file.

use std::io;

use thiserror::Error;

/// The end of a capture that is not its regular end.
///
/// Everything that stands before it was handed out.
#[derive(Debug, Error)]
#[error("{kind} at byte {offset} of the capture")]
pub struct CaptureError {
    /// Offset in bytes of what cannot be read, from the start of the file.
    pub offset: u64,
    /// What is wrong with it.
    pub kind: CaptureErrorKind,
}

/// What is wrong with a capture.
#[derive(Debug, Error)]
pub enum CaptureErrorKind {
    /// The system could not read on.
    #[error("cannot read: {0}")]
    Read(#[source] io::Error),
    /// There is nothing at all.
    #[error("no bytes, neither of pcap nor of pcapng,")]
    Empty,
    /// It has to be decompressed first.
    #[error("capture compressed with {with}, decompress it first: magic")]
    Compressed {
        /// The program: `gzip`.
        with: &'static str,
    },
    /// The pcap of Alexey Kuznetzov's patches, whose records have further fields (magic a1b2cd34).
    #[error("modified pcap of Kuznetzov, save it as pcap or pcapng with Wireshark: magic")]
    Modified,
    /// It is neither pcap nor pcapng.
    #[error("neither pcap nor pcapng: {}", hex(.begins))]
    Foreign {
        /// Its first bytes, four at most.
        begins: Vec<u8>,
    },
    /// A version that nobody here knows.
    #[error("version {major}.{minor} of {format}, {wanted} wanted,")]
    Version {
        /// `pcap` or `pcapng`.
        format: &'static str,
        /// Its major version.
        major: u16,
        /// Its minor version.
        minor: u16,
        /// What can be read.
        wanted: &'static str,
    },
    /// The file ends within something.
    #[error("capture ends after {present} of {wanted} bytes of {what}")]
    Truncated {
        /// What it ends within.
        what: &'static str,
        /// Bytes that are there.
        present: u64,
        /// Bytes that it says it has.
        wanted: u64,
    },
    /// A section begins with a byte-order magic that is none (draft-ietf-opsawg-pcapng, 4.1).
    #[error("byte-order magic {found:08x}, 1a2b3c4d or 4d3c2b1a wanted,")]
    ByteOrder {
        /// The four bytes, read as big-endian.
        found: u32,
    },
    /// A block is shorter than its fixed fields, or no multiple of four bytes (draft-ietf-opsawg-pcapng, 3.1).
    #[error(
        "length {length} of a block of type {block:#x}, a multiple of 4 from {least} on wanted,"
    )]
    BlockLength {
        /// Block type.
        block: u32,
        /// Block Total Length.
        length: u32,
        /// Least length that this block can have.
        least: u32,
    },
    /// The two lengths of a block differ (draft-ietf-opsawg-pcapng, 3.1).
    #[error("length {last} at the end of a block, {first} at its beginning,")]
    BlockLengths {
        /// The length at the beginning.
        first: u32,
        /// The length at the end.
        last: u32,
    },
    /// Something is longer than any sound capture has it; nothing of it was read.
    #[error("{what} of {length} bytes, at most {limit} are read,")]
    TooLong {
        /// What.
        what: &'static str,
        /// Length that it says it has.
        length: u32,
        /// The bound.
        limit: u32,
    },
    /// Something says that it is longer than what it stands in.
    #[error("{what} of {length} bytes in {room} bytes")]
    Overrun {
        /// What.
        what: &'static str,
        /// Length that it says it has.
        length: u32,
        /// Bytes that are left for it.
        room: u32,
    },
    /// An option has another length than its meaning takes (draft-ietf-opsawg-pcapng, 4.2).
    #[error("{option} of {length} bytes, {wanted} wanted,")]
    OptionLength {
        /// Name of the option.
        option: &'static str,
        /// Its length.
        length: u16,
        /// The length that it has to have.
        wanted: u16,
    },
    /// A frame names an interface that its section has not described (draft-ietf-opsawg-pcapng, 4.3).
    #[error("frame of interface {interface}, the section has described {described},")]
    UnknownInterface {
        /// Number of the interface.
        interface: u32,
        /// How many are described.
        described: usize,
    },
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}
