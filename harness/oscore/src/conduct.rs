//! How one side of OSCORE behaves: what the standard leaves open, and what it forbids, as data.
//!
//! Only what belongs to OSCORE; what an emulator says inside is its own affair.

use coap::{Message, RawMessage, option};

use crate::Header;

/// The behaviour of a [`crate::Layer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conduct {
    /// Whether the first request of a context is answered by a challenge (RFC 8613, B.1.2; Transport TS, 5.4.3).
    pub challenges: bool,
    /// Whether the first request goes through RFC 8613, B.2, so that keys are new each time.
    pub rederives: bool,
    /// Whether a peer may do so.
    pub accepts_rederivation: bool,
    /// What is done against the standard.
    pub deviations: Vec<Deviation>,
}

macro_rules! deviations {
    ($($name:ident = $text:literal, $doc:literal;)*) => {
        /// One thing that the standard forbids.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Deviation {
            $(#[doc = $doc] $name,)*
        }

        impl Deviation {
            /// Every deviation.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name in kebab case.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

deviations! {
    IgnoresEcho = "ignores-echo", "A challenge is not answered: the 4.01 is taken as the response (RFC 9175, 2.3).";
    WrongEcho = "wrong-echo", "A challenge is answered with another value than it had (RFC 9175, 2.3).";
    ReusesPartialIv = "reuses-partial-iv", "A request takes the Partial IV of the one before it (RFC 8613, 7.2).";
    RetransmitsAnew = "retransmits-anew", "A retransmission has a new Partial IV, so it is another message (RFC 7252, 4.2).";
    WrongKid = "wrong-kid", "A request names another Sender ID than it is protected for (RFC 8613, 5).";
    WrongTag = "wrong-tag", "The last byte of the tag is changed (RFC 8613, 5).";
    ReservedFlag = "reserved-flag", "The OSCORE option has a reserved flag bit set (RFC 8613, 6.1).";
    ForgetsOption = "forgets-option", "The ciphertext goes without an OSCORE option (RFC 8613, 2).";
    ShowsCode = "shows-code", "The true code stands outside (RFC 8613, 4.2).";
    ShowsPath = "shows-path", "Uri-Path stands outside as well (RFC 8613, 4.1.1).";
    ProtectsNothing = "protects-nothing", "Requests go unprotected in spite of a context (Transport TS, 5.4).";
    AnswersUnprotected = "answers-unprotected", "Responses to protected requests go unprotected (RFC 8613, 2).";
    AcceptsReplays = "accepts-replays", "The Replay Window is not looked at (RFC 8613, 7.4).";
    NotifiesWithoutPartialIv = "notifies-without-partial-iv", "Every notification uses the nonce of the request (RFC 8613, 4.1.3.5.2).";
    OtherEndpointName = "other-endpoint-name", "`ep` of a Register or Bootstrap-Request has `-other` at its end (Transport TS, 5.4.5).";
}

impl Deviation {
    /// The deviation with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|deviation| deviation.name() == name)
    }
}

impl Conduct {
    /// The same conduct with one deviation more.
    #[must_use]
    pub fn with(mut self, deviation: Deviation) -> Self {
        self.deviations.push(deviation);
        self
    }

    pub(crate) fn has(&self, deviation: Deviation) -> bool {
        self.deviations.contains(&deviation)
    }

    /// Changes what stands inside a request before it is protected.
    pub(crate) fn prepare(&self, request: &mut Message) {
        if !self.has(Deviation::OtherEndpointName) {
            return;
        }
        for field in &mut request.options {
            if field.number == option::URI_QUERY && field.value.starts_with(b"ep=") {
                field.value.extend(b"-other");
            }
        }
    }

    /// The datagram of a protected message, with what is done against the standard; `plain` is what it protects.
    pub(crate) fn write(&self, mut outer: Message, plain: &Message) -> Vec<u8> {
        if self.has(Deviation::WrongTag)
            && let Some(last) = outer.payload.last_mut()
        {
            *last ^= 1;
        }
        if self.has(Deviation::ShowsCode) {
            outer.code = plain.code;
        }
        if self.has(Deviation::ShowsPath) {
            let paths = plain.options.iter();
            let paths = paths.filter(|field| field.number == option::URI_PATH);
            outer.options.extend(paths.cloned());
        }
        for field in &mut outer.options {
            if field.number == option::OSCORE {
                self.spoil(&mut field.value);
            }
        }
        if self.has(Deviation::ForgetsOption) {
            outer.options.retain(|field| field.number != option::OSCORE);
        }
        RawMessage::from(&outer).to_bytes()
    }

    /// Changes the value of an OSCORE option.
    fn spoil(&self, value: &mut Vec<u8>) {
        if self.has(Deviation::WrongKid)
            && let Ok(mut header) = Header::decode(value)
            && let Some(kid) = &mut header.kid
        {
            match kid.last_mut() {
                Some(last) => *last ^= 0x80,
                None => kid.push(0x80),
            }
            *value = header.encode().unwrap_or_default();
        }
        if self.has(Deviation::ReservedFlag) {
            match value.first_mut() {
                Some(flags) => *flags |= 0x80,
                None => value.push(0x80),
            }
        }
    }
}

/// By the standard; as a server it challenges, as a client it starts from the parameters as they are.
impl Default for Conduct {
    fn default() -> Self {
        Self {
            challenges: true,
            rederives: false,
            accepts_rederivation: true,
            deviations: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_known_by_name() {
        for deviation in Deviation::ALL {
            assert_eq!(Deviation::from_name(deviation.name()), Some(*deviation));
        }
        assert_eq!(Deviation::from_name("sound"), None);
    }
}
