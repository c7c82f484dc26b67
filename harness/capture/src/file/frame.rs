//! What a file holds, whatever its format.

use coap::Time;

use crate::LinkType;

/// One frame as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// When; `None` if the file does not say.
    pub(crate) time: Option<Time>,
    /// What its first header is.
    pub(crate) link: LinkType,
    /// Its bytes, as far as they were captured.
    pub(crate) bytes: &'a [u8],
    /// Length on the wire, as the file says.
    pub(crate) original: u32,
}

/// One record or block that somebody cares for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// The text of a TLS key log.
    KeyLog(&'a [u8]),
    /// Secrets of another type.
    OtherSecrets(u32),
    /// A block of this type that Wireshark numbers like a frame.
    Numbered(u32),
}

/// Longest part of a frame that is captured, in bytes: what Wireshark takes (WTAP_MAX_PACKET_SIZE_STANDARD).
pub(crate) const MOST_CAPTURED: u32 = 262_144;
