//! What became of a datagram, for as long as it may come again (RFC 7252, 4.5 and 4.8.2).
//!
//! A retransmission has the same bytes, Message ID included; so the bytes are the key.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use coap::Time;

/// The newest outcomes, a bounded number of them.
#[derive(Clone, Debug)]
pub(crate) struct Memory<T> {
    entries: VecDeque<Entry<T>>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    at: Time,
    peer: SocketAddr,
    datagram: Vec<u8>,
    outcome: T,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
        }
    }
}

impl<T> Memory<T> {
    /// What became of this datagram, if it came within EXCHANGE_LIFETIME before `now`.
    pub(crate) fn find(&self, now: Time, peer: SocketAddr, datagram: &[u8]) -> Option<&T> {
        let same = |entry: &&Entry<T>| entry.peer == peer && entry.datagram == datagram;
        let entry = self.entries.iter().rev().find(same)?;
        (now.since(entry.at) < EXCHANGE_LIFETIME).then_some(&entry.outcome)
    }

    /// Remembers what became of a datagram; the newest outcome counts.
    pub(crate) fn insert(&mut self, now: Time, peer: SocketAddr, datagram: &[u8], outcome: T) {
        let old = |entry: &Entry<T>| {
            now.since(entry.at) >= EXCHANGE_LIFETIME
                || (entry.peer == peer && entry.datagram == datagram)
        };
        self.entries.retain(|entry| !old(entry));
        if self.entries.len() >= CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            at: now,
            peer,
            datagram: datagram.to_vec(),
            outcome,
        });
    }
}

/// How long a Message ID may not be used again (RFC 7252, 4.8.2).
pub(crate) const EXCHANGE_LIFETIME: Duration = Duration::from_secs(247);
/// Outcomes kept; far more than the open exchanges of one address.
const CAPACITY: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_kept_for_the_lifetime_and_within_bounds() {
        let at = |seconds| Time::ZERO + Duration::from_secs(seconds);
        let peer = SocketAddr::from(([127, 0, 0, 1], 5683));
        let other = SocketAddr::from(([127, 0, 0, 1], 5684));
        let mut memory = Memory::default();
        memory.insert(at(0), peer, &[1], 'a');
        memory.insert(at(0), peer, &[2], 'b');
        memory.insert(at(1), peer, &[1], 'c');
        assert_eq!(memory.find(at(200), peer, &[1]), Some(&'c'));
        assert_eq!(memory.find(at(247), peer, &[2]), None);
        assert_eq!(memory.find(at(2), other, &[1]), None);
        for number in 0..=255_u8 {
            memory.insert(at(2), other, &[number], 'd');
        }
        assert_eq!(memory.entries.len(), CAPACITY);
        assert_eq!(memory.find(at(3), peer, &[1]), None);
    }
}
