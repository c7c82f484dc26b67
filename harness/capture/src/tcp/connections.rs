//! All connections, bounded in number and in what waits.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use coap::Time;

use super::connection::Connection;
use super::event::WhyLost;
use super::header::Header;
use crate::{Item, Note, Remark, Skip};

/// Connections by their ends, the lower first.
#[derive(Default)]
pub(crate) struct Connections {
    known: HashMap<[SocketAddr; 2], Known>,
    /// How many segments there were.
    segments: u64,
    /// Memory that waits in all of them, about.
    taken: usize,
}

struct Known {
    connection: Connection,
    /// Number of its last segment.
    last: u64,
}

impl Connections {
    /// Takes a segment that went between two ends in a frame.
    pub(crate) fn take(
        &mut self,
        place: (u64, Time),
        (from, to): (SocketAddr, SocketAddr),
        header: &Header<'_>,
        out: &mut VecDeque<Item>,
    ) -> Result<(), Skip> {
        let ends = [from.min(to), from.max(to)];
        if !self.known.contains_key(&ends) {
            if header.rst {
                // of a connection that nothing is known about
                return Ok(());
            }
            if self.known.len() >= MOST_CONNECTIONS {
                self.forget(place, out);
            }
        }
        self.segments += 1;
        let known = self.known.entry(ends).or_insert_with(|| Known {
            connection: Connection::new(ends),
            last: 0,
        });
        known.last = self.segments;
        let before = known.connection.taken();
        let taken = known
            .connection
            .take(place, usize::from(from > to), header, out);
        let mut now = known.connection.taken();
        if self.taken + now > MOST_WAITING + before {
            known.connection.release(place, WhyLost::TooMuchWaits, out);
            now = known.connection.taken();
        }
        self.taken = self.taken + now - before;
        taken
    }

    /// Takes the end of the capture.
    pub(crate) fn end(&mut self, place: (u64, Time), out: &mut VecDeque<Item>) {
        let mut all: Vec<Known> = self.known.drain().map(|(_, known)| known).collect();
        all.sort_unstable_by_key(|known| known.last);
        for mut known in all {
            known.connection.release(place, WhyLost::EndOfCapture, out);
        }
        self.taken = 0;
    }

    /// Forgets a quarter of the connections: those that are over, then those that were idle longest.
    fn forget(&mut self, place: (u64, Time), out: &mut VecDeque<Item>) {
        let ranked = |(ends, known): (&[SocketAddr; 2], &Known)| {
            (!known.connection.is_over(), known.last, *ends)
        };
        let mut ranks: Vec<_> = self.known.iter().map(ranked).collect();
        ranks.sort_unstable();
        ranks.truncate(MOST_CONNECTIONS / 4);
        let mut connections = 0;
        for (stands, _, ends) in ranks {
            let Some(mut known) = self.known.remove(&ends) else {
                continue;
            };
            self.taken -= known.connection.taken();
            known.connection.release(place, WhyLost::Forgotten, out);
            connections += usize::from(stands);
        }
        if connections > 0 {
            let (frame, time) = place;
            let remark = Remark::Forgotten { connections };
            out.push_back(Item::Note(Note {
                frame,
                time,
                remark,
            }));
        }
    }
}

/// Connections that are known at a time.
const MOST_CONNECTIONS: usize = 1 << 14;
/// Memory that waits in all of them, in bytes.
const MOST_WAITING: usize = 64 << 20;
