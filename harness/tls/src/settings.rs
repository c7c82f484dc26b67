//! How an endpoint behaves, as data: honest by default, and everything that a tester bends.
//!
//! Leaves keys and certificates to [`crate::ServerCredentials`] and [`crate::ClientCredentials`].

use std::time::Duration;

use credentials::Checks;

use crate::message::{Extension, HandshakeType};
use crate::suite::Suite;
use crate::version::Version;

/// The behaviour of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Cipher suites, the best first: what a client offers, what a server takes.
    pub suites: Vec<Suite>,
    /// Groups, offered and taken; only secp256r1 (23) can be agreed on.
    pub groups: Vec<u16>,
    /// Pairs of hash and signature, offered and taken.
    pub signature_algorithms: Vec<u16>,
    /// The version that a ClientHello says; `None` is 1.2.
    pub version: Option<Version>,
    /// The version of the records of a ClientHello; `None` is DTLS 1.2, and TLS 1.0 (RFC 5246, E.1).
    pub hello_record_version: Option<Version>,
    /// Whether and how a client names the server.
    pub server_name: ServerName,
    /// Whether a server of datagrams asks for a cookie before it remembers anything (RFC 6347, 4.2.1).
    pub cookie: bool,
    /// The version of a HelloVerifyRequest; DTLS 1.0 is advised (RFC 6347, 4.2.1).
    pub hello_verify_version: Version,
    /// Whether records are to have a Connection ID (RFC 9146).
    pub connection_id: ConnectionId,
    /// Whether the extended master secret is offered and taken (RFC 7627).
    pub extended_master_secret: bool,
    /// Whether encrypt-then-MAC is offered and taken (RFC 7366).
    pub encrypt_then_mac: bool,
    /// Whether renegotiation is said to be secure (RFC 5746).
    pub secure_renegotiation: bool,
    /// Whether sessions are kept and resumed by session id (RFC 5246, 7.3).
    pub resumption: bool,
    /// Whether a record is taken only once (RFC 6347, 4.1.2.6).
    pub anti_replay: bool,
    /// The code of the largest fragment that a client asks for, 1 to 4 (RFC 6066, 4).
    pub max_fragment_length: Option<u8>,
    /// Extensions that a hello has besides, wanted or not.
    pub extensions: Vec<Extension>,
    /// The largest datagram of a handshake, in bytes.
    pub datagram_size: usize,
    /// How long an answer is waited for at first; it doubles (RFC 6347, 4.2.4.1; RFC 7925, 11, advises 9 s).
    pub retransmission: Duration,
    /// What the wait doubles up to.
    pub longest_retransmission: Duration,
    /// How long a handshake may take.
    pub handshake_timeout: Duration,
    /// Whether a bad MAC of a datagram's record is fatal rather than ignored (RFC 6347, 4.1.2.7).
    pub bad_mac_is_fatal: bool,
    /// How many clients may be within their handshake.
    pub most_half_open: usize,
    /// How many associations there may be.
    pub most_associations: usize,
    /// How many sessions are remembered for resumption.
    pub most_sessions: usize,
    /// What a bad peer does and leaves out.
    pub misbehaviour: Misbehaviour,
    /// What happens to messages on their way out.
    pub faults: Vec<Fault>,
}

/// Whether and how a client names the server (RFC 6066, 3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum ServerName {
    /// As its credentials say.
    #[default]
    Configured,
    /// Not at all.
    Absent,
    /// By these bytes.
    Other(Vec<u8>),
}

/// The use of Connection IDs (RFC 9146).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ConnectionId {
    /// Neither offered nor answered.
    #[default]
    Off,
    /// Records to this side have one of this length; 0 agrees without wanting any.
    Length(u8),
    /// Agreed on like `Length`, but records of this side leave the peer's out.
    Neglected(u8),
}

impl ConnectionId {
    /// The length of the own Connection ID, if the extension is used.
    pub const fn length(self) -> Option<u8> {
        match self {
            Self::Off => None,
            Self::Length(length) | Self::Neglected(length) => Some(length),
        }
    }
}

/// What a bad peer does and leaves out; by default nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Misbehaviour {
    /// Which checks of the peer's certificate or raw public key are made.
    pub checks: Checks,
    /// A server takes every PSK identity that it does not know, with this key.
    pub any_identity: Option<Vec<u8>>,
    /// Signatures of the handshake are not verified.
    pub ignores_signatures: bool,
    /// Finished is not verified.
    pub ignores_finished: bool,
    /// A client takes a suite that it has not offered.
    pub takes_any_suite: bool,
    /// Application data in epoch 0 is taken.
    pub takes_plaintext: bool,
    /// Renegotiation is agreed to.
    pub accepts_renegotiation: bool,
    /// Renegotiation is asked for as soon as a handshake is over.
    pub renegotiates: bool,
    /// The peer's address follows records that do not verify (RFC 9146, 6).
    pub moves_unverified: bool,
    /// Nothing is said at the end (RFC 5246, 7.2.1).
    pub no_close_notify: bool,
    /// A server picks this suite, whatever was offered.
    pub picks: Option<Suite>,
    /// A server answers with this version.
    pub answers_version: Option<Version>,
    /// Application data goes out in epoch 0.
    pub sends_plaintext: bool,
    /// The last byte of verify_data is wrong.
    pub wrong_finished: bool,
    /// The signature of ServerKeyExchange is wrong.
    pub wrong_signature: bool,
    /// How a client proves that it has its key.
    pub proof: Proof,
    /// Every second record of application data has the sequence number of the one before.
    pub repeats_sequence: bool,
}

/// How a client proves that it has its key (RFC 5246, 7.4.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Proof {
    /// By a CertificateVerify.
    #[default]
    Honest,
    /// Not at all.
    Missing,
    /// By a signature of something else.
    False,
}

/// What happens to one message on its way out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// Which kind of message.
    pub message: Subject,
    /// Which one of its kind on an association, from 1; repetitions do not count.
    pub arrival: u32,
    /// What happens.
    pub act: Act,
    /// Whether it happens to repetitions too.
    pub always: bool,
}

/// What a fault can happen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A handshake message of a type.
    Handshake(HandshakeType),
    /// ChangeCipherSpec.
    ChangeCipherSpec,
    /// An alert.
    Alert,
    /// A datagram (or piece of stream) of a flight.
    Datagram,
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// It is lost.
    Drop,
    /// It is sent twice.
    Duplicate,
    /// It is sent later, by itself; in a stream with all that follows.
    Delay(Duration),
    /// It is sent after the one that follows it in the flight.
    Reorder,
    /// It is sent in fragments of at most this many bytes.
    Fragment(usize),
    /// A byte of its body, or of the datagram, is changed; an offset beyond the end changes nothing.
    Corrupt {
        /// Which byte, from 0.
        offset: usize,
        /// What is XORed to it.
        xor: u8,
    },
    /// Its body, or the datagram, is this instead.
    Replace(Vec<u8>),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            suites: vec![
                Suite::ECDHE_ECDSA_AES_128_CCM_8,
                Suite::PSK_AES_128_CCM_8,
                Suite::ECDHE_ECDSA_AES_128_CBC_SHA256,
                Suite::PSK_AES_128_CBC_SHA256,
            ],
            groups: vec![SECP256R1],
            signature_algorithms: vec![ECDSA_SHA256],
            version: None,
            hello_record_version: None,
            server_name: ServerName::Configured,
            cookie: true,
            hello_verify_version: Version::DTLS_1_0,
            connection_id: ConnectionId::Off,
            extended_master_secret: true,
            encrypt_then_mac: true,
            secure_renegotiation: true,
            resumption: true,
            anti_replay: true,
            max_fragment_length: None,
            extensions: Vec::new(),
            datagram_size: 1200,
            retransmission: Duration::from_secs(1),
            longest_retransmission: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(90),
            bad_mac_is_fatal: false,
            most_half_open: 64,
            most_associations: 4096,
            most_sessions: 1024,
            misbehaviour: Misbehaviour::default(),
            faults: Vec::new(),
        }
    }
}

/// secp256r1 (RFC 8422, 5.1.1).
pub(crate) const SECP256R1: u16 = 23;
/// SHA-256 with ECDSA (RFC 5246, 7.4.1.4.1).
pub(crate) const ECDSA_SHA256: u16 = 0x0403;
