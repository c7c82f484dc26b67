//! Which arrival of a message a datagram is: the first, its duplicate, the next one.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use coap::{MessageId, Time};

/// The messages that came lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrivals {
    recent: VecDeque<Recent>,
}

#[derive(Clone, Debug)]
struct Recent {
    peer: SocketAddr,
    id: MessageId,
    count: u32,
    first: Time,
}

impl Arrivals {
    /// Counts a message: 1 at its first arrival.
    pub(super) fn count(&mut self, now: Time, peer: SocketAddr, id: MessageId) -> u32 {
        while self
            .recent
            .front()
            .is_some_and(|oldest| now.since(oldest.first) > EXCHANGE_LIFETIME)
            || self.recent.len() >= MOST
        {
            self.recent.pop_front();
        }
        let known = self
            .recent
            .iter_mut()
            .find(|recent| recent.peer == peer && recent.id == id);
        if let Some(known) = known {
            known.count = known.count.saturating_add(1);
            return known.count;
        }
        self.recent.push_back(Recent {
            peer,
            id,
            count: 1,
            first: now,
        });
        1
    }
}

/// How long a Message ID stands for the same message (RFC 7252, 4.8.2).
const EXCHANGE_LIFETIME: Duration = Duration::from_secs(247);

/// More messages than that are not remembered.
const MOST: usize = 1024;
