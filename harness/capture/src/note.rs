//! What is to be known about single frames: why nothing came of them, or not everything.

use std::fmt;

use coap::Time;

/// Something about a frame that a judge, or who reads its report, has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Number of the frame, counted from 1 as Wireshark does; at the end of the capture that of the last.
    pub frame: u64,
    /// When it was captured.
    pub time: Time,
    /// What.
    pub remark: Remark,
}

/// A protocol whose header or payload a remark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Ethernet (IEEE 802.3, 802.1Q).
    Ethernet,
    /// Linux cooked capture, version 1 or 2 (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2).
    Cooked,
    /// A loopback header (LINKTYPE_NULL, LINKTYPE_LOOP).
    Loopback,
    /// IPv4 (RFC 791).
    Ipv4,
    /// IPv6 (RFC 8200).
    Ipv6,
    /// UDP (RFC 768).
    Udp,
    /// TCP (RFC 9293).
    Tcp,
}

/// What a value had to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Not less.
    AtLeast(usize),
    /// Not more.
    AtMost(usize),
    /// A multiple of this.
    MultipleOf(usize),
}

/// Why fragments were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandoned {
    /// 60 seconds of the capture went by since the first (RFC 8200, 4.5).
    Timeout,
    /// Too many others were waiting.
    TooMany,
    /// The capture ended.
    EndOfCapture,
}

/// What there is to say about a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A header holds what cannot be; nothing was read behind it.
    Malformed {
        /// Whose header.
        protocol: Protocol,
        /// The field.
        field: &'static str,
        /// What it holds.
        found: usize,
        /// What it had to hold.
        wanted: Limit,
    },
    /// The frame was cut within a header when it was captured, so that nobody knows whose it is.
    HeaderCut(Protocol),
    /// The file says that more bytes were captured than there were on the wire.
    LengthsSwapped {
        /// Captured length in bytes.
        captured: u32,
        /// Original length in bytes.
        original: u32,
    },
    /// The file gives no time for this frame and others of its kind: that of the frame before is taken
    /// (draft-ietf-opsawg-pcapng, 4.4). Said once in a capture.
    NoTime,
    /// A fragment overlaps another with other bounds or bytes: the whole datagram is refused (RFC 8200, 4.5; RFC 5722).
    OverlappingFragments,
    /// Fragments contradict each other about the end of their datagram, which is refused.
    FragmentEnds,
    /// Fragments put together are a fragment again: no sender makes such, and none is read.
    NestedFragments,
    /// A datagram was never whole: these frames brought parts of it.
    FragmentsIncomplete {
        /// Their numbers.
        frames: Vec<u64>,
        /// Why nobody waits on.
        why: Abandoned,
    },
    /// Bytes of the IP payload that the UDP length does not count; they were left out (RFC 768).
    Surplus {
        /// How many.
        bytes: usize,
    },
    /// No checksum over IPv6, where UDP has to have one (RFC 8200, 8.1); the datagram was read.
    NoChecksum,
    /// A segment of TCP was cut when it was captured: its last bytes are lost unless they come again.
    SegmentCut {
        /// How many bytes.
        missing: usize,
    },
    /// A segment brings other bytes than one before it for the same place of the stream; the first were kept.
    OtherBytes {
        /// Place in the stream, in bytes from its beginning.
        offset: u64,
    },
    /// A segment brings bytes that were counted as lost before; they were left out.
    Late {
        /// Place in the stream, in bytes from its beginning.
        offset: u64,
        /// How many.
        bytes: usize,
    },
    /// A segment brings bytes from before the place at which the stream was picked up; they were left out.
    BeforeBeginning {
        /// How many.
        bytes: usize,
    },
    /// A segment brings bytes behind the end of its connection; they were left out.
    BehindEnd {
        /// How many.
        bytes: usize,
    },
    /// A sequence or acknowledgement number is further off than any window reaches (RFC 7323, 2.3); it was not believed.
    FarOff {
        /// The number.
        number: u32,
        /// The number that would have come next.
        next: u32,
    },
    /// So many connections were followed that the longest idle ones were forgotten.
    Forgotten {
        /// How many.
        connections: usize,
    },
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ethernet => "Ethernet",
            Self::Cooked => "Linux cooked",
            Self::Loopback => "loopback",
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(limit) => write!(f, "at least {limit}"),
            Self::AtMost(limit) => write!(f, "at most {limit}"),
            Self::MultipleOf(limit) => write!(f, "a multiple of {limit}"),
        }
    }
}

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => "60 s went by",
            Self::TooMany => "too many others were waiting",
            Self::EndOfCapture => "the capture ended",
        })
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed {
                protocol,
                field,
                found,
                wanted,
            } => write!(f, "{protocol}: {field} {found}, {wanted} wanted"),
            Self::HeaderCut(protocol) => write!(f, "cut within its {protocol} header"),
            Self::LengthsSwapped { captured, original } => {
                write!(f, "{captured} bytes captured of {original} on the wire")
            }
            Self::NoTime => f.write_str("no time in the file, that of the frame before taken"),
            Self::OverlappingFragments => {
                f.write_str("fragment overlaps another, datagram refused")
            }
            Self::FragmentEnds => {
                f.write_str("fragments disagree about their end, datagram refused")
            }
            Self::NestedFragments => f.write_str("fragments within fragments, datagram refused"),
            Self::FragmentsIncomplete { frames, why } => {
                write!(f, "datagram of {} never whole: {why}", Frames(frames))
            }
            Self::Surplus { bytes } => write!(f, "{bytes} bytes behind the end of UDP"),
            Self::NoChecksum => f.write_str("no UDP checksum over IPv6"),
            Self::SegmentCut { missing } => write!(f, "last {missing} bytes of the segment cut"),
            Self::OtherBytes { offset } => {
                write!(f, "other bytes than before at byte {offset} of the stream")
            }
            Self::Late { offset, bytes } => {
                write!(
                    f,
                    "{bytes} bytes at byte {offset} of the stream, counted as lost before"
                )
            }
            Self::BeforeBeginning { bytes } => {
                write!(f, "{bytes} bytes from before the beginning of the stream")
            }
            Self::BehindEnd { bytes } => {
                write!(f, "{bytes} bytes behind the end of the connection")
            }
            Self::FarOff { number, next } => {
                write!(
                    f,
                    "sequence number {number} is far off, {next} would come next"
                )
            }
            Self::Forgotten { connections } => {
                write!(
                    f,
                    "{connections} idle connections forgotten, too many at a time"
                )
            }
        }
    }
}

/// `frame 3`, `frames 3, 4 and 26 more`.
struct Frames<'a>(&'a [u64]);

impl fmt::Display for Frames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.len() == 1 { "frame" } else { "frames" })?;
        for (at, frame) in self.0.iter().take(MOST_NAMED).enumerate() {
            write!(f, "{} {frame}", if at == 0 { "" } else { "," })?;
        }
        match self.0.len().saturating_sub(MOST_NAMED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Frames that are named one by one.
const MOST_NAMED: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_read_well() {
        let rows = [
            (
                Remark::Malformed {
                    protocol: Protocol::Udp,
                    field: "length",
                    found: 7,
                    wanted: Limit::AtLeast(8),
                },
                "UDP: length 7, at least 8 wanted",
            ),
            (
                Remark::FragmentsIncomplete {
                    frames: vec![3],
                    why: Abandoned::Timeout,
                },
                "datagram of frame 3 never whole: 60 s went by",
            ),
            (
                Remark::FragmentsIncomplete {
                    frames: (1..=10).collect(),
                    why: Abandoned::EndOfCapture,
                },
                "datagram of frames 1, 2, 3, 4, 5, 6, 7, 8 and 2 more never whole: the capture ended",
            ),
        ];
        for (remark, text) in rows {
            assert_eq!(remark.to_string(), text);
        }
    }
}
