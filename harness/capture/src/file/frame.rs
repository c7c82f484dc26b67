//! What a file holds, whatever its format.

use coap::Time;

use super::order::Order;
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
    /// What was written about it.
    pub(crate) options: Options<'a>,
}

/// The options of a frame, not yet looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options<'a> {
    pub(crate) order: Order,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Options<'a> {
    /// Of a frame that has none.
    pub(crate) const NONE: Self = Self {
        order: Order::Little,
        bytes: &[],
    };

    /// The comments among them (draft-ietf-opsawg-pcapng, 3.5: opt_comment), as far as lengths do not lie.
    pub(crate) fn comments(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.bytes;
        let options = std::iter::from_fn(move || {
            if rest.len() < OPTION_HEAD {
                return None;
            }
            let (code, length) = (self.order.u16(rest, 0), self.order.u16(rest, 2));
            let length = usize::from(length);
            let value = rest.get(OPTION_HEAD..OPTION_HEAD + length)?;
            let padded = OPTION_HEAD + length.next_multiple_of(4);
            rest = rest.get(padded..).unwrap_or_default();
            (code != END_OF_OPTIONS).then_some((code, value))
        });
        options.filter_map(|(code, value)| (code == COMMENT).then_some(value))
    }
}

/// Code and length of an option (draft-ietf-opsawg-pcapng, 3.5).
const OPTION_HEAD: usize = 4;
const END_OF_OPTIONS: u16 = 0;
const COMMENT: u16 = 1;

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
