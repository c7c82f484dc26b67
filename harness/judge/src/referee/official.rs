//! The referee itself: shows every new datagram and every completed event to the rules.

use std::ops::Range;

use lwm2m::{Registry, Version};
use testcase::Seat;

use super::memory::Memory;
use super::scene::Scene;
use super::{
    Finding, block, bootstrap, channel, coap, content, exchange, management, observe, registration,
    response,
};
use crate::event::Fate;
use crate::transfer::Transfer;

/// Keeps what rules must remember between messages.
pub struct Referee {
    version: Version,
    memory: Memory,
    /// Number of datagrams that were looked at.
    datagrams: usize,
    /// Number of events that were learned from.
    events: usize,
}

impl Referee {
    /// A referee for a run of this version.
    pub fn new(version: Version) -> Self {
        Self {
            version,
            memory: Memory::default(),
            datagrams: 0,
            events: 0,
        }
    }

    /// Tells that the implementation in `seat` was started anew: its Message IDs may begin where they once began.
    pub fn restarted(&mut self, seat: Seat) {
        self.memory.forget_ids(|from, _| from == seat);
    }

    /// Looks at what came last: datagrams that are new, and the events with the indices of `completed`.
    ///
    /// A finding of `must` cites a text that says so; where the other side may have caused the breach there is none.
    pub fn look(
        &mut self,
        transfer: &Transfer,
        types: &Registry,
        completed: Range<usize>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let fresh = self.datagrams..transfer.datagrams().len();
        self.datagrams = fresh.end;
        for index in fresh.clone() {
            let Some(datagram) = transfer.datagrams().get(index) else {
                continue;
            };
            findings.extend(coap::check(datagram));
            if !datagram.via.stream {
                findings.extend(exchange::check_id(&mut self.memory, transfer, index));
            }
            if !matches!(datagram.fate, Fate::Repeats(_)) {
                let scene = self.scene(transfer, types);
                let marks = block::check(&scene, index);
                findings.extend(marks);
                block::learn(&mut self.memory, transfer, index);
            }
            let scene = self.scene(transfer, types);
            if !datagram.via.stream {
                findings.extend(exchange::check(&scene, index));
            }
        }
        for event in transfer.events().iter().skip(self.events) {
            self.memory.learn(event);
        }
        self.events = transfer.events().len();
        for index in completed {
            let scene = self.scene(transfer, types);
            findings.extend(channel::check(&scene, index));
            findings.extend(exchange::check_event(&scene, index));
            findings.extend(response::check(&scene, index));
            findings.extend(content::check(&scene, index));
            findings.extend(registration::check(&scene, index));
            findings.extend(bootstrap::check(&scene, index));
            findings.extend(management::check(&scene, index));
            findings.extend(observe::check(&scene, index));
            observe::learn(&mut self.memory, transfer, index);
        }
        findings
    }

    fn scene<'a>(&'a self, transfer: &'a Transfer, types: &'a Registry) -> Scene<'a> {
        Scene {
            transfer,
            types,
            memory: &self.memory,
            version: self.version,
        }
    }
}
