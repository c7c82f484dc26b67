//! The one interface to DTLS and TLS: whoever uses it does not know the stack behind it.
//!
//! Sans-IO: datagrams or stream bytes and time go in; datagrams, data, deadlines and events come out. What was negotiated
//! and who the other is come as data, and so do the secrets that a capture needs.

mod own;

use std::net::SocketAddr;

use coap::Time;

pub use own::OwnStack;

/// One end of DTLS or TLS sessions, towards everybody.
pub trait Secure: Send {
    /// Says which cipher suites the next handshakes offer.
    fn offer(&mut self, suites: Vec<tls::Suite>);

    /// Begins a handshake, as its client.
    fn connect(&mut self, now: Time, to: SocketAddr, credentials: tls::ClientCredentials);

    /// Whether there is a session with `peer`, or a handshake goes on.
    fn is_known(&self, peer: SocketAddr) -> bool;

    /// Whether records from `peer` carry a Connection ID (RFC 9146), so that its address or ours may change.
    fn has_connection_id(&self, peer: SocketAddr) -> bool;

    /// Sends data; what is sent while a handshake goes on waits for its end.
    fn send(&mut self, now: Time, to: SocketAddr, data: &[u8]);

    /// Takes a datagram, or the next bytes of a stream.
    fn receive(&mut self, now: Time, from: SocketAddr, bytes: &[u8]);

    /// Ends the session with an alert: `close_notify` if none is named.
    fn close(&mut self, now: Time, peer: SocketAddr, description: Option<&str>);

    /// Ends every session with `close_notify`.
    fn close_all(&mut self, now: Time);

    /// Answers the next ClientHello with an alert: `handshake_failure` if none is named.
    fn refuse_next(&mut self, description: Option<&str>);

    /// Asks for a handshake within the session (RFC 5246, 7.4.1.1 and 7.4.1.2).
    fn renegotiate(&mut self, now: Time, peer: SocketAddr);

    /// Forgets all sessions; what `resumes` is kept to be resumed.
    fn begin_anew(&mut self, now: Time, resumes: bool);

    /// Forgets the session with `peer` without a word: its connection is gone.
    fn forget(&mut self, now: Time, peer: SocketAddr);

    /// Does what is due.
    fn handle_timeout(&mut self, now: Time);

    /// When something is due.
    fn poll_timeout(&self) -> Option<Time>;

    /// What is to be sent next.
    fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)>;

    /// What has happened.
    fn poll_event(&mut self) -> Option<SecureEvent>;
}

/// What a stack tells.
#[derive(Clone, Debug)]
pub enum SecureEvent {
    /// A session stands.
    Established {
        /// With whom.
        peer: SocketAddr,
        /// What was agreed on.
        session: Box<Session>,
    },
    /// Data came.
    Data {
        /// From whom.
        peer: SocketAddr,
        /// The data.
        bytes: Vec<u8>,
    },
    /// A peer goes on from another address (RFC 9146, 6).
    Moved {
        /// Where it was.
        from: SocketAddr,
        /// Where it is.
        to: SocketAddr,
    },
    /// A session is over, or a handshake failed.
    Ended {
        /// With whom.
        peer: SocketAddr,
    },
    /// The master secret of a session.
    Secret {
        /// Random of its ClientHello.
        client_random: [u8; 32],
        /// The secret.
        master: [u8; 48],
    },
}

/// What was negotiated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Version: `dtls-1.2` or `tls-1.2`.
    pub version: String,
    /// Cipher suite, by its word.
    pub suite: String,
    /// PSK identity.
    pub identity: Option<Vec<u8>>,
    /// Common name of the client's certificate.
    pub client_name: Option<String>,
    /// Raw public key of the client, a SubjectPublicKeyInfo.
    pub client_key: Option<Vec<u8>>,
    /// Connection ID that the other puts into its records.
    pub connection_id: Option<Vec<u8>>,
    /// Whether the extended master secret was used (RFC 7627).
    pub extended_master_secret: bool,
    /// Whether an earlier session goes on.
    pub resumed: bool,
}

impl Session {
    /// What names the client: PSK identity, raw public key, or common name.
    pub fn client_identity(&self) -> Option<Vec<u8>> {
        let name = || self.client_name.clone().map(String::into_bytes);
        self.identity
            .clone()
            .or_else(|| self.client_key.clone())
            .or_else(name)
    }
}

/// The line of a session in a key log, as Wireshark and a Decryption Secrets Block take it.
pub fn key_log(client_random: &[u8; 32], master: &[u8; 48]) -> String {
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    format!("CLIENT_RANDOM {} {}\n", hex(client_random), hex(master))
}
