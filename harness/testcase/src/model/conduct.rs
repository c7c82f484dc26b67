//! How one end of the channel below CoAP is kept: handshake, TCP, OSCORE.
//!
//! A case says it of seats that the harness holds, a mutant of the seat that has the defect. What is left out is as the
//! standards have it.

use super::{Scalar, Seat, Spanned};

/// How a seat keeps its end of the channel.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Conduct {
    /// Cipher suites by their words, in the order of preference.
    pub suites: Option<Vec<Spanned<String>>>,
    /// Version of the handshake: `1.0` or `1.2`.
    pub protocol: Option<String>,
    /// Groups of the key exchange.
    pub groups: Option<Vec<Spanned<String>>>,
    /// PSK identity that a client shows.
    pub identity: Option<String>,
    /// Whether the key is another than the one agreed on.
    pub wrong_key: bool,
    /// PSK identity hint; empty for an empty one.
    pub hint: Option<String>,
    /// The certificate or raw key that is shown.
    pub shows: Option<String>,
    /// What is looked at in what the other shows.
    pub verifies: Option<Vec<String>>,
    /// Whether a server asks for the client's certificate.
    pub asks_certificate: Option<bool>,
    /// Server name indication; empty for none.
    pub server_name: Option<String>,
    /// Whether a server asks for a cookie.
    pub cookie: Option<bool>,
    /// Length of its Connection ID.
    pub connection_id: Option<u8>,
    /// Extended master secret (RFC 7627).
    pub extended_master_secret: Option<bool>,
    /// Encrypt-then-MAC (RFC 7366).
    pub encrypt_then_mac: Option<bool>,
    /// Whether sessions are kept to be resumed.
    pub resumption: Option<bool>,
    /// Whether `close_notify` is sent.
    pub farewell: Option<bool>,
    /// Size of TCP segments.
    pub segment: Option<u32>,
    /// What no standard allows.
    pub misdeeds: Vec<Misdeed>,
    /// What becomes of its handshake messages.
    pub faults: Vec<Fault>,
}

/// The conduct of a seat.
#[derive(Clone, Debug, PartialEq)]
pub struct SeatConduct {
    /// Whose.
    pub seat: Seat,
    /// How.
    pub conduct: Conduct,
}

/// What becomes of one handshake message on its way, the first time that it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The message, as RFC 5246, 7.4 names it: `server-hello`.
    pub message: String,
    /// `drop` `duplicate` `delay` `reorder` `fragment` `corrupt`.
    pub does: String,
    /// Bytes of a fragment.
    pub size: Option<u32>,
    /// How late it is.
    pub by: Option<Scalar>,
}

macro_rules! misdeeds {
    ($($name:ident = $text:literal, $doc:literal;)*) => {
        /// What an end of the channel does that no standard allows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Misdeed {
            $(#[doc = $doc] $name,)*
        }

        impl Misdeed {
            /// Every misdeed with its name.
            pub const NAMED: &[(Self, &str)] = &[$((Self::$name, $text)),*];

            /// What it is.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $doc,)* }
            }
        }
    };
}

misdeeds! {
    AcceptsAnyIdentity = "accepts-any-identity", "A server takes any PSK identity as if it had the agreed key.";
    Cleartext = "cleartext", "Sends application data without protection.";
    AcceptsCleartext = "accepts-cleartext", "Takes application data without protection.";
    AcceptsRenegotiation = "accepts-renegotiation", "Goes into a renegotiation that is asked for.";
    Renegotiates = "renegotiates", "Asks for a renegotiation when the session stands.";
    SuiteNotOffered = "suite-not-offered", "A server chooses a suite that was not offered.";
    WrongFinished = "wrong-finished", "Its Finished does not verify.";
    AcceptsAnyFinished = "accepts-any-finished", "Takes a Finished that does not verify.";
    AcceptsAnySignature = "accepts-any-signature", "Takes a signature that does not verify.";
    WrongSignature = "wrong-signature", "Its signature does not verify.";
    NoCertificateVerify = "no-certificate-verify", "A client proves no possession of its key.";
    NoReplayWindow = "no-replay-window", "Takes a record a second time.";
    ReusesSequence = "reuses-sequence", "Sends two records with one sequence number.";
    FollowsAnyAddress = "follows-any-address", "Moves its peer's address upon any record.";
    NoConnectionId = "no-connection-id", "Neither offers a Connection ID nor takes one.";
    IgnoresConnectionId = "ignores-connection-id", "Agrees on a Connection ID and leaves it out.";
    IgnoresEndpointName = "ignores-endpoint-name", "A server lets an identity register under the name of another.";
    BadMacIsFatal = "bad-mac-is-fatal", "Ends a DTLS session upon a record that does not verify.";
    NoCsm = "no-csm", "Sends no CSM.";
    LateCsm = "late-csm", "Sends its CSM after another message.";
    CriticalCsm = "critical-csm", "Sends a CSM with a critical option that nobody knows.";
    NoPong = "no-pong", "Answers no Ping.";
    WrongPong = "wrong-pong", "Answers a Ping with another token.";
    WrongLength = "wrong-length", "Writes a length that is not that of its message.";
    UnknownSignal = "unknown-signal", "Sends a signalling message that nobody knows.";
    NoOscore = "no-oscore", "Leaves OSCORE out.";
    NoEcho = "no-echo", "Challenges no first request (RFC 9175).";
    IgnoresEcho = "ignores-echo", "Does not repeat a request with the Echo that it was given.";
    ReusesPartialIv = "reuses-partial-iv", "Protects two requests with one Partial IV.";
    NoReplayCheck = "no-replay-check", "Takes a Partial IV a second time.";
    WrongTag = "wrong-tag", "Its ciphertext does not verify.";
    OuterCode = "outer-code", "Shows the code of its request outside of the protection.";
    OuterPath = "outer-path", "Leaves Uri-Path outside of the protection.";
    WrongKid = "wrong-kid", "Names a security context that nobody has.";
    AnswersInClear = "answers-in-clear", "Answers a protected request without protection.";
}

impl Misdeed {
    /// Its name in cases.
    pub fn name(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|(one, _)| *one == self)
            .map_or("", |(_, name)| name)
    }
}
