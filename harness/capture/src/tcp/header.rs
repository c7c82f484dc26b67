//! The header of TCP (RFC 9293, 3.1). Options are passed over.

use crate::network::Refusal;
use crate::octets::Octets;
use crate::{Limit, Protocol};

/// A segment whose header was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    /// Sequence number, of the SYN if it has one.
    pub(crate) sequence: u32,
    /// Acknowledgement number, if it counts.
    pub(crate) acknowledgement: Option<u32>,
    /// Whether it opens.
    pub(crate) syn: bool,
    /// Whether nothing follows.
    pub(crate) fin: bool,
    /// Whether it resets.
    pub(crate) rst: bool,
    /// The bytes.
    pub(crate) payload: Octets<'a>,
}

impl Header<'_> {
    /// Sequence number of the first byte: a SYN takes one (RFC 9293, 3.4).
    pub(crate) fn first_byte(&self) -> u32 {
        self.sequence.wrapping_add(u32::from(self.syn))
    }
}

/// Reads the payload of IP.
pub(crate) fn read(carried: Octets<'_>) -> Result<Header<'_>, Refusal> {
    let refused = |missing| Refusal::header(Protocol::Tcp, LEAST_HEADER, missing);
    let head: &[u8; LEAST_HEADER] = carried.head().map_err(refused)?;
    let header = usize::from(head[12] >> 4) * 4;
    let malformed = |wanted| {
        let field = "data offset in bytes";
        Refusal::malformed(Protocol::Tcp, field, header, wanted)
    };
    if header < LEAST_HEADER {
        return Err(malformed(Limit::AtLeast(LEAST_HEADER)));
    }
    if header > carried.length {
        return Err(malformed(Limit::AtMost(carried.length)));
    }
    let options = |missing| Refusal::header(Protocol::Tcp, header, missing);
    let flags = head[13];
    let word = |at: usize| {
        let field = head.get(at..).and_then(<[u8]>::first_chunk);
        u32::from_be_bytes(field.copied().unwrap_or_default())
    };
    Ok(Header {
        sequence: word(4),
        acknowledgement: (flags & ACK != 0).then(|| word(8)),
        syn: flags & SYN != 0,
        fin: flags & FIN != 0,
        rst: flags & RST != 0,
        payload: carried.behind(header).map_err(options)?,
    })
}

const LEAST_HEADER: usize = 20;
const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;
