//! What a capture holds of a conversation, and the play that it is judged by.
//!
//! Reads no file: who does gives what passed, with the times and the frame numbers of the capture.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use coap::Time;
use testcase::Seat;

use crate::Play;
use crate::watch::{StreamPart, Watch, Watched};

/// Something that passed between two addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// When, on the clock that the play begins with; never before what came earlier.
    pub time: Time,
    /// Number of its frame.
    pub frame: u32,
    /// Sender and receiver.
    pub ends: (SocketAddr, SocketAddr),
    /// What.
    pub what: Passed,
}

/// What passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// A datagram of UDP.
    Datagram(Vec<u8>),
    /// A datagram of UDP that whoever made the capture sent once more: no repetition of its sender.
    Copy(Vec<u8>),
    /// The sender opened a TCP connection.
    Opened,
    /// The next bytes of a TCP connection.
    Bytes(Vec<u8>),
    /// The sender closed a TCP connection.
    Closed,
}

/// A case in hindsight with what reads the wire for it.
pub struct Retrospect {
    /// The case; its setting says that it is in hindsight.
    pub play: Play,
    /// Reads what passed; knows the secrets.
    pub watch: Watch,
    /// Whose address is whose.
    pub seats: BTreeMap<SocketAddr, Seat>,
    /// The seat that unknown addresses belong to.
    pub stranger: Seat,
}

impl Captured {
    /// Gives a watch what passed.
    pub fn show(&self, watch: &mut Watch) {
        let (time, frame, ends) = (self.time, self.frame, self.ends);
        let part = match &self.what {
            Passed::Datagram(bytes) => return watch.datagram(time, frame, ends, bytes),
            Passed::Copy(bytes) => return watch.copy(time, frame, ends, bytes),
            Passed::Opened => StreamPart::Opened,
            Passed::Bytes(bytes) => StreamPart::Bytes(bytes),
            Passed::Closed => StreamPart::Closed,
        };
        watch.stream(time, frame, ends, part);
    }
}

impl Retrospect {
    /// Judges a whole capture: from `began` to `ended`, on the clock of what passed.
    pub fn judge<'a>(
        mut self,
        began: Time,
        passed: impl IntoIterator<Item = &'a Captured>,
        ended: Time,
    ) -> (Play, Watch) {
        self.play.handle_timeout(began);
        for one in passed {
            if self.play.is_over() {
                break;
            }
            self.take(one);
        }
        self.end(ended)
    }

    /// Takes what passed next.
    pub fn take(&mut self, passed: &Captured) {
        self.wait_until(passed.time);
        passed.show(&mut self.watch);
        while let Some(watched) = self.watch.poll() {
            self.take_watched(watched);
        }
    }

    /// Takes what a watch has read already.
    pub fn take_watched(&mut self, watched: Watched) {
        self.wait_until(watched.time);
        let seats = (self.seat_at(watched.ends.0), self.seat_at(watched.ends.1));
        self.play.handle_watched(watched, seats);
    }

    /// Takes note that the capture lasted until `now`; gives the play, which is over, and the watch, for what follows.
    pub fn end(mut self, now: Time) -> (Play, Watch) {
        self.wait_until(now);
        if !self.play.is_over() {
            self.play.handle_end_of_capture(now);
        }
        (self.play, self.watch)
    }

    /// Lets what is due come to pass before what is sent at that moment, as it does when a case is played.
    fn wait_until(&mut self, time: Time) {
        while let Some(due) = self.play.poll_timeout().filter(|due| *due <= time) {
            self.play.handle_timeout(due);
            let goes_on = self.play.poll_timeout().is_none_or(|next| next > due);
            if self.play.is_over() || !goes_on {
                return;
            }
        }
    }

    fn seat_at(&self, address: SocketAddr) -> Seat {
        let known = self.seats.get(&address).copied();
        known.unwrap_or(self.stranger)
    }
}
