//! Fragments put together (RFC 791, 3.2; RFC 8200, 4.5): bounded in number, bytes and time of the capture.
//!
//! Overlaps are refused in both versions, as RFC 5722 demands of IPv6: which bytes a receiver took nobody can tell.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use coap::Time;

use super::assembly::{Assembly, Placed};
use crate::octets::Octets;
use crate::{Abandoned, Remark, Skip};

/// Which part of a datagram a fragment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fragment {
    /// Tells the datagram from others between the same addresses.
    pub(crate) identification: u32,
    /// Where it stands in the payload, in bytes.
    pub(crate) offset: usize,
    /// Whether others follow.
    pub(crate) more: bool,
}

impl Fragment {
    /// Whether it is less than the whole datagram.
    pub(crate) const fn is_part(self) -> bool {
        self.offset != 0 || self.more
    }
}

/// What the fragments of a datagram have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Sender and receiver.
    pub(crate) ips: (IpAddr, IpAddr),
    /// The protocol, which counts in IPv4 only.
    pub(crate) protocol: u8,
    /// The identification.
    pub(crate) identification: u32,
}

/// What came of a fragment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// Others are missing.
    Waiting,
    /// It had come before.
    Repeated,
    /// Its datagram was refused before, for this reason.
    Refused(Skip),
    /// Its datagram is refused from now on.
    Contradicts(Remark),
    /// Its datagram is whole.
    Whole(Whole),
}

/// A datagram's payload out of fragments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    /// Frames of all fragments but the last to arrive.
    pub(crate) earlier: Vec<u64>,
    /// Protocol number that the first fragment names.
    pub(crate) protocol: u8,
    /// The payload up to the first byte that was not captured.
    pub(crate) bytes: Vec<u8>,
    /// Its length on the wire.
    pub(crate) length: usize,
}

/// Datagrams that are not whole yet.
#[derive(Default)]
pub(crate) struct Fragments {
    waiting: HashMap<Key, Waiting>,
    /// Keys in the order in which their first fragment came, with its serial number.
    order: VecDeque<(u64, Key)>,
    serial: u64,
    /// Memory that all of them take, about.
    taken: usize,
}

struct Waiting {
    serial: u64,
    since: Time,
    /// What has come, or why the datagram is refused, whatever comes.
    assembly: Result<Assembly, Skip>,
}

impl Fragments {
    /// Takes a fragment; `protocol` is what its header names.
    pub(crate) fn add(
        &mut self,
        key: Key,
        (frame, time): (u64, Time),
        fragment: Fragment,
        protocol: u8,
        payload: Octets<'_>,
    ) -> Added {
        let waiting = self.waiting.entry(key).or_insert_with(|| {
            self.serial += 1;
            self.order.push_back((self.serial, key));
            self.taken += OVERHEAD;
            Waiting {
                serial: self.serial,
                since: time,
                assembly: Ok(Assembly::default()),
            }
        });
        let assembly = match &mut waiting.assembly {
            Ok(assembly) => assembly,
            Err(skip) => return Added::Refused(*skip),
        };
        let before = assembly.taken();
        let placed = assembly.place(frame, fragment, protocol, payload);
        self.taken = self.taken + assembly.taken() - before;
        match placed {
            Placed::Kept => Added::Waiting,
            Placed::Repeated => Added::Repeated,
            Placed::Contradicts(remark) => {
                self.refuse(key, Skip::RefusedFragment);
                Added::Contradicts(remark)
            }
            Placed::Whole(whole) => {
                self.forget(key);
                Added::Whole(whole)
            }
        }
    }

    /// Refuses a datagram: what comes of it is dropped until its time is over.
    pub(crate) fn refuse(&mut self, key: Key, skip: Skip) {
        if let Some(waiting) = self.waiting.get_mut(&key)
            && let Ok(assembly) = std::mem::replace(&mut waiting.assembly, Err(skip))
        {
            self.taken -= assembly.taken();
        }
    }

    /// The next datagram that is given up at this time, because it is too old or there are too many; call until `None`.
    pub(crate) fn give_up(&mut self, now: Time) -> Option<(Vec<u64>, Abandoned)> {
        while let Some((serial, key)) = self.order.front().copied() {
            let waiting = self.waiting.get(&key);
            let Some(waiting) = waiting.filter(|waiting| waiting.serial == serial) else {
                self.order.pop_front();
                continue;
            };
            let crowded = self.waiting.len() > MOST_WAITING || self.taken > MOST_TAKEN;
            let why = match now.since(waiting.since) >= PATIENCE {
                true => Abandoned::Timeout,
                false if crowded => Abandoned::TooMany,
                false => return None,
            };
            self.order.pop_front();
            if let Some(frames) = self.forget(key) {
                return Some((frames, why));
            }
        }
        None
    }

    /// The next datagram that was not whole when the capture ended; call until `None`.
    pub(crate) fn end(&mut self) -> Option<Vec<u64>> {
        while let Some((serial, key)) = self.order.pop_front() {
            let current = self.waiting.get(&key);
            if current.is_some_and(|waiting| waiting.serial == serial)
                && let Some(frames) = self.forget(key)
            {
                return Some(frames);
            }
        }
        None
    }

    /// Drops a datagram; its frames, unless it is refused.
    fn forget(&mut self, key: Key) -> Option<Vec<u64>> {
        let waiting = self.waiting.remove(&key)?;
        self.taken -= OVERHEAD;
        let assembly = waiting.assembly.ok()?;
        self.taken -= assembly.taken();
        Some(assembly.into_frames())
    }
}

/// How long fragments wait for others, in time of the capture (RFC 8200, 4.5; RFC 1122, 3.3.2).
const PATIENCE: Duration = Duration::from_secs(60);
/// Datagrams that wait at a time.
const MOST_WAITING: usize = 1024;
/// Memory that they take at most, in bytes.
const MOST_TAKEN: usize = 16 << 20;
/// Memory that a datagram takes besides its fragments, about.
const OVERHEAD: usize = 256;
