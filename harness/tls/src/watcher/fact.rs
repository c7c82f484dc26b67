//! What a watcher tells: one observation for each record or handshake message, and a summary of each session.

use std::net::SocketAddr;

use coap::Time;

use crate::alert::Alert;
use crate::message::{ClientHello, HandshakeBody, HandshakeType, ServerHello, Shown};
use crate::record::ContentType;
use crate::suite::Suite;
use crate::version::Version;
use crate::wire::DecodeError;

use super::Unread;

/// One observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// When it was seen.
    pub time: Time,
    /// The frame that completed it.
    pub frame: u32,
    /// Who sent it.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// The session, counted from 1; 0 if it belongs to none.
    pub session: u64,
    /// The epoch; in a stream counted by ChangeCipherSpec.
    pub epoch: u16,
    /// The sequence number of the record.
    pub sequence: u64,
    /// What it is.
    pub what: What,
}

/// What was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A handshake message.
    Handshake(Box<HandshakeFact>),
    /// ChangeCipherSpec.
    ChangeCipherSpec,
    /// An alert.
    Alert(Alert),
    /// Application data.
    Data(Vec<u8>),
    /// A record that no key opens which was given in time.
    Undecrypted {
        /// Its type outside.
        content_type: ContentType,
        /// The length of its fragment.
        length: usize,
        /// Why.
        why: Unread,
    },
    /// Bytes that are no record, or a record that holds no message; with the offset.
    Malformed(String),
    /// A record that the key does not open, or that has been seen before.
    Rejected(Rejection),
}

/// Why a record is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It does not verify.
    Unverified(String),
    /// It has the sequence number of an earlier one.
    Replayed,
}

/// A handshake message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeFact {
    /// Its type.
    pub kind: HandshakeType,
    /// Its sequence number, in DTLS.
    pub message_seq: Option<u16>,
    /// The length of its body.
    pub length: usize,
    /// In how many fragments (records, in a stream) it came.
    pub fragments: usize,
    /// Whether it repeats an earlier one.
    pub repeats: bool,
    /// Its body, or why it cannot be read.
    pub body: Result<HandshakeBody, DecodeError>,
    /// Whether a Finished fits the handshake; `None` if that cannot be known.
    pub verified: Option<bool>,
}

/// What has been seen of a session so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// Its number.
    pub number: u64,
    /// When it began.
    pub opened: Time,
    /// The frame in which it began.
    pub frame: u32,
    /// Where the client is now.
    pub client: SocketAddr,
    /// Where the server is now.
    pub server: SocketAddr,
    /// The last ClientHello.
    pub client_hello: Option<ClientHello>,
    /// The ServerHello.
    pub server_hello: Option<ServerHello>,
    /// The version that was agreed on.
    pub version: Option<Version>,
    /// The suite that was agreed on.
    pub suite: Option<Suite>,
    /// The PSK identity hint.
    pub hint: Option<Vec<u8>>,
    /// The PSK identity.
    pub identity: Option<Vec<u8>>,
    /// The name that the client asked for.
    pub server_name: Option<Vec<u8>>,
    /// What the client has shown.
    pub client_shown: Option<Shown>,
    /// What the server has shown.
    pub server_shown: Option<Shown>,
    /// The Connection ID of records to the client, if the use was agreed on.
    pub cid_to_client: Option<Vec<u8>>,
    /// The Connection ID of records to the server, if the use was agreed on.
    pub cid_to_server: Option<Vec<u8>>,
    /// Whether the master secret is extended.
    pub extended_master_secret: bool,
    /// Whether the MAC is outside.
    pub encrypt_then_mac: bool,
    /// Whether an earlier session is resumed.
    pub resumed: bool,
    /// Whether the keys are known; those made of a pre-shared key are once they have opened a record.
    pub decrypted: bool,
    /// Why records had to be left unread, if none could be read since.
    pub unread: Option<Unread>,
    /// Whether the client's Finished was seen and fits.
    pub client_finished: Option<bool>,
    /// Whether the server's Finished was seen and fits.
    pub server_finished: Option<bool>,
    /// Handshakes that have been begun on it, more than one by renegotiation.
    pub handshakes: u32,
}

impl SessionFacts {
    pub(super) const fn new(
        number: u64,
        (opened, frame): (Time, u32),
        (client, server): (SocketAddr, SocketAddr),
    ) -> Self {
        Self {
            number,
            opened,
            frame,
            client,
            server,
            client_hello: None,
            server_hello: None,
            version: None,
            suite: None,
            hint: None,
            identity: None,
            server_name: None,
            client_shown: None,
            server_shown: None,
            cid_to_client: None,
            cid_to_server: None,
            extended_master_secret: false,
            encrypt_then_mac: false,
            resumed: false,
            decrypted: false,
            unread: None,
            client_finished: None,
            server_finished: None,
            handshakes: 0,
        }
    }

    /// Whether both Finished were seen and fit.
    pub fn is_established(&self) -> bool {
        self.client_finished == Some(true) && self.server_finished == Some(true)
    }
}
