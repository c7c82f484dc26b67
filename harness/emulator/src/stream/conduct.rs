//! How one end of a connection behaves: its capabilities, and what it does wrong, as data (RFC 8323, 3 and 5).

use std::time::Duration;

use coap::stream::{Csm, Settings};

/// Capabilities and deviations of a [`super::StreamAdapter`]; by default it does nothing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamConduct {
    /// What its CSM says. Max-Message-Size above 1152 with Block-Wise-Transfer offers BERT, which the emulators do not do
    /// (RFC 8323, 5.3.2).
    pub capabilities: Csm,
    /// When its CSM goes.
    pub csm: CsmConduct,
    /// An option that its CSM carries besides, empty; an odd number is critical and unknown to every peer.
    pub csm_option: Option<u16>,
    /// Whether its first message goes before the CSM.
    pub message_before_csm: bool,
    /// How many bytes more the length field of each message of the emulator says than there are.
    pub length_off: i64,
    /// What a Ping leads to.
    pub pong: PongConduct,
    /// Detail of a signalling code that follows the CSM: 6 to 31 are not registered.
    pub signal: Option<u8>,
    /// Whether messages go that are longer than the peer takes.
    pub oversize: bool,
    /// Whether a peer that breaks the rules is not cut off: a missing CSM, a malformed message.
    pub lenient: bool,
    /// Longest segment; frames are cut to it.
    pub segment: Option<usize>,
    /// Whether frames that are ready at once share a segment.
    pub joined: bool,
}

/// When a CSM goes (RFC 8323, 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsmConduct {
    /// At once, before anything else.
    First,
    /// Never.
    Withheld,
    /// So long after the connection stands; what the emulator sends waits for it.
    Late(Duration),
    /// At once, and again behind itself, which is allowed.
    Twice,
}

/// What a Ping leads to (RFC 8323, 5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PongConduct {
    /// A Pong with the Ping's token; after the answers to earlier requests, if the Ping asks for custody.
    Answered,
    /// Nothing.
    Withheld,
    /// A Pong with another token.
    OtherToken,
    /// A Pong so much later.
    Late(Duration),
}

impl StreamConduct {
    /// Longest message that this end takes.
    pub(super) fn limit(&self) -> u32 {
        let mut settings = Settings::default();
        settings.apply(&self.capabilities);
        settings.max_message_size
    }
}

/// Max-Message-Size 1152 with Block-Wise-Transfer, and no deviation.
impl Default for StreamConduct {
    fn default() -> Self {
        Self {
            capabilities: Csm {
                max_message_size: Some(Settings::default().max_message_size),
                block_wise: true,
            },
            csm: CsmConduct::First,
            csm_option: None,
            message_before_csm: false,
            length_off: 0,
            pong: PongConduct::Answered,
            signal: None,
            oversize: false,
            lenient: false,
            segment: None,
            joined: true,
        }
    }
}
