//! What is to be sent: at once, or later if a fault delays it.
//!
//! A stream keeps its order, so that whatever follows a delayed piece waits too.

use std::collections::VecDeque;
use std::time::Duration;

use coap::Time;

use crate::session::Transmit;
use crate::version::Framing;

/// Bytes on their way out.
#[derive(Clone)]
pub(crate) struct Outbox {
    framing: Framing,
    ready: VecDeque<Transmit>,
    delayed: Vec<(Time, Transmit)>,
}

impl Outbox {
    pub(crate) const fn new(framing: Framing) -> Self {
        Self {
            framing,
            ready: VecDeque::new(),
            delayed: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, now: Time, delay: Duration, transmit: Transmit) {
        let mut due = now + delay;
        if self.framing == Framing::Stream {
            let before = self
                .delayed
                .iter()
                .filter(|(_, other)| other.to == transmit.to);
            due = before.map(|(due, _)| *due).fold(due, Time::max);
        }
        if due <= now {
            self.ready.push_back(transmit);
        } else {
            self.delayed.push((due, transmit));
        }
    }

    /// Lets go what is due.
    pub(crate) fn release(&mut self, now: Time) {
        self.delayed.sort_by_key(|(due, _)| *due);
        while self.delayed.first().is_some_and(|(due, _)| *due <= now) {
            self.ready.push_back(self.delayed.remove(0).1);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Transmit> {
        self.ready.pop_front()
    }

    /// When the next delay is over.
    pub(crate) fn next(&self) -> Option<Time> {
        self.delayed.iter().map(|(due, _)| *due).min()
    }
}
