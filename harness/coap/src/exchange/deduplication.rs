//! Messages received within their lifetime, and what was answered (RFC 7252, 4.5).

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::{MessageId, Time};

/// A message by its sender and Message ID.
pub(super) type Source = (SocketAddr, MessageId);

/// What is remembered of messages received.
#[derive(Clone, Debug, Default)]
pub(super) struct Deduplication {
    received: BTreeMap<Source, Received>,
    expiries: BTreeSet<(Time, Source)>,
}

/// One message that was received.
#[derive(Clone, Debug)]
pub(super) struct Received {
    /// The datagram as it came.
    pub(super) bytes: Vec<u8>,
    /// The answer to repeat: an ACK, a RST or a response.
    pub(super) answer: Option<Vec<u8>>,
    expires: Time,
}

impl Deduplication {
    pub(super) fn find(&self, source: Source) -> Option<&Received> {
        self.received.get(&source)
    }

    pub(super) fn insert(&mut self, source: Source, bytes: &[u8], expires: Time) {
        let received = Received {
            bytes: bytes.to_vec(),
            answer: None,
            expires,
        };
        if let Some(old) = self.received.insert(source, received) {
            self.expiries.remove(&(old.expires, source));
        }
        self.expiries.insert((expires, source));
    }

    /// Keeps `answer` for further copies of the message.
    pub(super) fn record(&mut self, source: Source, answer: &[u8]) {
        if let Some(received) = self.received.get_mut(&source) {
            received.answer = Some(answer.to_vec());
        }
    }

    pub(super) fn expire(&mut self, now: Time) {
        while let Some(&(expires, source)) = self.expiries.first() {
            if expires > now {
                return;
            }
            self.expiries.pop_first();
            self.received.remove(&source);
        }
    }

    pub(super) fn forget_peer(&mut self, peer: SocketAddr) {
        self.received.retain(|source, _| source.0 != peer);
        self.expiries.retain(|(_, source)| source.0 != peer);
    }
}
