//! What an endpoint tells: what was agreed on, and what happened.

use std::net::SocketAddr;

use crate::alert::Alert;
use crate::message::Shown;
use crate::suite::Suite;
use crate::version::Version;

/// What two peers have agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The version.
    pub version: Version,
    /// The cipher suite.
    pub suite: Suite,
    /// The PSK identity, in suites with a PSK.
    pub identity: Option<Vec<u8>>,
    /// The PSK identity hint, if there was one.
    pub hint: Option<Vec<u8>>,
    /// The name that the client asked for.
    pub server_name: Option<Vec<u8>>,
    /// What the client has shown.
    pub client: Option<Shown>,
    /// What the server has shown.
    pub server: Option<Shown>,
    /// The Connection ID of records to this side; empty if agreed on without wanting one.
    pub cid_in: Option<Vec<u8>>,
    /// The Connection ID of records to the peer; empty if agreed on and not wanted.
    pub cid_out: Option<Vec<u8>>,
    /// Whether the master secret is extended (RFC 7627).
    pub extended_master_secret: bool,
    /// Whether the MAC is outside (RFC 7366).
    pub encrypt_then_mac: bool,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// The session id; empty if it cannot be resumed.
    pub session_id: Vec<u8>,
    /// The largest plaintext of a record (RFC 6066, 4).
    pub max_fragment: usize,
    /// The random of the client's hello, by which key logs name the session.
    pub client_random: [u8; 32],
    /// The random of the server's hello.
    pub server_random: [u8; 32],
}

/// What happened at an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A handshake is over and went well.
    Established {
        /// With whom.
        peer: SocketAddr,
        /// What was agreed on.
        session: Box<Session>,
    },
    /// Application data came.
    Data {
        /// From whom.
        peer: SocketAddr,
        /// The content of one record.
        bytes: Vec<u8>,
    },
    /// A peer goes on from another address (RFC 9146, 6).
    Moved {
        /// Where it was.
        from: SocketAddr,
        /// Where it is.
        to: SocketAddr,
    },
    /// An alert was sent or has come.
    Alert {
        /// The other side.
        peer: SocketAddr,
        /// Whether this side sent it.
        sent: bool,
        /// What it says.
        alert: Alert,
    },
    /// An association has ended.
    Closed {
        /// The other side.
        peer: SocketAddr,
        /// Why.
        reason: End,
    },
    /// A master secret has been made.
    Secret(Secret),
}

/// A master secret, and the session it belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The random of the client's hello.
    pub client_random: [u8; 32],
    /// The master secret.
    pub master: [u8; 48],
}

/// Does not show the secret; [`key_log`] does.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret(of {})", hex(&self.client_random))
    }
}

/// Why an association ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The peer sent close_notify.
    Notified,
    /// This side closed it.
    Closed,
    /// The peer sent a fatal alert.
    Received(Alert),
    /// This side sent a fatal alert.
    Sent {
        /// The alert.
        alert: Alert,
        /// What was found.
        because: String,
    },
    /// No answer came in time.
    TimedOut,
    /// The same peer has made another one (RFC 6347, 4.2.8).
    Replaced,
    /// There was no room for it.
    Evicted,
}

/// Why data cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no association and none being made.
    #[error("not connected to {0}")]
    NotConnected(SocketAddr),
    /// More bytes than a record can have.
    #[error("{length} bytes of data, a record takes {limit}")]
    TooLong {
        /// How many there are.
        length: usize,
        /// How many go.
        limit: usize,
    },
    /// Too much waits already for the end of the handshake.
    #[error("{0} pieces of data wait already for the end of the handshake")]
    TooMany(usize),
}

/// How an association is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// With a close_notify.
    Notify,
    /// With nothing.
    Silent,
    /// With any alert.
    Alert(Alert),
}

/// Bytes to send: one datagram, or the next bytes of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// To whom.
    pub to: SocketAddr,
    /// What.
    pub bytes: Vec<u8>,
}

/// The line of a key log in NSS format, without a line feed.
pub fn key_log(secret: &Secret) -> String {
    let random = hex(&secret.client_random);
    format!("CLIENT_RANDOM {random} {}", hex(&secret.master))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_log_line_has_three_words() {
        let secret = Secret {
            client_random: [0xab; 32],
            master: [1; 48],
        };
        let line = key_log(&secret);
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[0], "CLIENT_RANDOM");
        assert_eq!(words[1], "ab".repeat(32));
        assert_eq!(words[2], "01".repeat(48));
        assert!(!format!("{secret:?}").contains(words[2]));
    }
}
