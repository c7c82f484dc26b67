//! Observe (RFC 7641): order of notifications, and the list of observers that a server keeps.
//!
//! Sends nothing; [`crate::Exchanges`] tells notifications from responses.

use std::net::SocketAddr;
use std::time::Duration;

use crate::{Time, Token};

/// Whether the notification that came at `after` with sequence number `second` is newer than the one
/// that came at `before` with `first` (RFC 7641, 3.4).
pub fn is_newer((first, before): (u32, Time), (second, after): (u32, Time)) -> bool {
    let (first, second) = (first & MAX_SEQUENCE, second & MAX_SEQUENCE);
    (first < second && second - first < HALF)
        || (first > second && first - second > HALF)
        || after.since(before) > REORDERING_WINDOW
}

/// What the observing side remembers to tell new notifications from reordered ones (RFC 7641, 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Freshness {
    newest: Option<(u32, Time)>,
}

impl Freshness {
    /// Takes the sequence number of a notification that came at `now` and says whether it is the newest so far.
    pub fn accept(&mut self, now: Time, sequence: u32) -> bool {
        let fresh = self
            .newest
            .is_none_or(|newest| is_newer(newest, (sequence, now)));
        if fresh {
            self.newest = Some((sequence, now));
        }
        fresh
    }

    /// Sequence number and time of the newest notification.
    pub const fn newest(&self) -> Option<(u32, Time)> {
        self.newest
    }
}

/// The observers of a server, each known by peer and token (RFC 7641, 4.1), with what they observe.
#[derive(Clone, Debug)]
pub struct Observers<T> {
    entries: Vec<Observer<T>>,
}

/// One entry in the list of observers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observer<T> {
    /// The observing endpoint.
    pub peer: SocketAddr,
    /// Token of the request that registered.
    pub token: Token,
    /// What is observed.
    pub subject: T,
    /// Value of the next Observe option.
    sequence: u32,
    /// When a Confirmable notification was last due or sent.
    confirmed: Time,
}

impl<T> Default for Observers<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<T> Observers<T> {
    /// Registers an observer, or updates the entry of the same peer and token (RFC 7641, 4.1).
    pub fn register(
        &mut self,
        now: Time,
        peer: SocketAddr,
        token: Token,
        subject: T,
    ) -> &mut Observer<T> {
        let older = self.remove(peer, &token);
        let sequence = older.map_or(FIRST_SEQUENCE, |older| older.sequence);
        let observer = Observer {
            peer,
            token,
            subject,
            sequence,
            confirmed: now,
        };
        self.entries.push(observer);
        let last = self.entries.len() - 1;
        &mut self.entries[last]
    }

    /// Removes the entry of `peer` and `token`, if there is one.
    pub fn remove(&mut self, peer: SocketAddr, token: &Token) -> Option<Observer<T>> {
        let index = self.position(peer, token)?;
        Some(self.entries.remove(index))
    }

    /// Removes every entry of `peer`.
    pub fn remove_peer(&mut self, peer: SocketAddr) {
        self.entries.retain(|entry| entry.peer != peer);
    }

    /// Removes every entry.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The entry of `peer` and `token`.
    pub fn find(&mut self, peer: SocketAddr, token: &Token) -> Option<&mut Observer<T>> {
        let index = self.position(peer, token)?;
        self.entries.get_mut(index)
    }

    /// Every entry, in the order of the latest registration.
    pub fn iter(&self) -> impl Iterator<Item = &Observer<T>> {
        self.entries.iter()
    }

    /// Every entry, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Observer<T>> {
        self.entries.iter_mut()
    }

    /// Number of entries.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nobody observes.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn position(&self, peer: SocketAddr, token: &Token) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.peer == peer && entry.token == *token)
    }
}

impl<T> Observer<T> {
    /// The sequence number for the next notification, 24 bits, growing and wrapping (RFC 7641, 4.4).
    pub const fn next_sequence(&mut self) -> u32 {
        let sequence = self.sequence;
        self.sequence = (sequence + 1) & MAX_SEQUENCE;
        sequence
    }

    /// Sets the next sequence number, modulo 2 to the power of 24.
    pub const fn set_sequence(&mut self, sequence: u32) {
        self.sequence = sequence & MAX_SEQUENCE;
    }

    /// Whether the next notification must be Confirmable: one is due at least every 24 hours (RFC 7641, 4.5).
    pub fn needs_confirmable(&self, now: Time) -> bool {
        now.since(self.confirmed) >= CONFIRMABLE_EVERY
    }

    /// Notes that a Confirmable notification was sent at `now`.
    pub const fn note_confirmable(&mut self, now: Time) {
        self.confirmed = now;
    }
}

/// Largest sequence number: 24 bits (RFC 7641, 2).
pub const MAX_SEQUENCE: u32 = (1 << 24) - 1;
/// Half of the sequence numbers (RFC 7641, 3.4).
const HALF: u32 = 1 << 23;
/// Time after which any notification is newer (RFC 7641, 3.4).
const REORDERING_WINDOW: Duration = Duration::from_secs(128);
/// Longest time without a Confirmable notification (RFC 7641, 4.5).
const CONFIRMABLE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// Clear of 0 and 1, the values of requests, so that a ladder cannot be misread; any start is allowed (RFC 7641, 4.4).
const FIRST_SEQUENCE: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn order_of_notifications() {
        let rows = [
            (5, 6, 0, true),
            (6, 5, 0, false),
            (5, 5, 0, false),
            (MAX_SEQUENCE, 0, 0, true),
            (0, MAX_SEQUENCE, 0, false),
            (0, HALF - 1, 0, true),
            (0, HALF, 0, false),
            (HALF, 0, 0, false),
            (HALF + 1, 0, 0, true),
            (6, 5, 128, false),
            (6, 5, 129, true),
        ];
        for (first, second, seconds, newer) in rows {
            let order = is_newer((first, at(0)), (second, at(seconds)));
            assert_eq!(order, newer, "{first} then {second} after {seconds} s");
        }
    }

    #[test]
    fn a_late_notification_does_not_move_the_newest() {
        let mut freshness = Freshness::default();
        assert!(freshness.accept(at(0), 10));
        assert!(!freshness.accept(at(100), 9));
        assert!(freshness.accept(at(129), 8));
        assert_eq!(freshness.newest(), Some((8, at(129))));
    }

    #[test]
    fn observers_are_known_by_peer_and_token() {
        let peer = SocketAddr::from(([127, 0, 0, 1], 5683));
        let token = Token(vec![1]);
        let mut observers = Observers::default();
        observers
            .register(at(0), peer, token.clone(), "/3/0/7")
            .set_sequence(MAX_SEQUENCE);
        assert_eq!(
            observers
                .register(at(1), peer, token.clone(), "/3/0/8")
                .next_sequence(),
            MAX_SEQUENCE
        );
        assert_eq!(observers.len(), 1);
        assert_eq!(
            observers.find(peer, &token).map(Observer::next_sequence),
            Some(0)
        );
        observers.register(at(2), peer, Token(vec![2]), "/3");
        let subjects: Vec<_> = observers.iter().map(|observer| observer.subject).collect();
        assert_eq!(subjects, ["/3/0/8", "/3"]);
        assert!(observers.remove(peer, &token).is_some());
        observers.remove_peer(peer);
        assert!(observers.is_empty());
    }

    #[test]
    fn a_confirmable_notification_is_due_every_day() {
        let peer = SocketAddr::from(([127, 0, 0, 1], 5683));
        let mut observers = Observers::default();
        let observer = observers.register(at(0), peer, Token::default(), ());
        assert!(!observer.needs_confirmable(at(86_399)));
        assert!(observer.needs_confirmable(at(86_400)));
        observer.note_confirmable(at(86_400));
        assert!(!observer.needs_confirmable(at(86_401)));
    }
}
