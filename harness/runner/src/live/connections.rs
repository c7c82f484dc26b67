//! TCP connections of a live case: which of our addresses each has, and what of them is still on its way.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use judge::watch::StreamPart;
use transport::{Arrival, Holder};

use super::Driver;
use super::stream_relays::Through;
use crate::channel::Wire;

/// Connections of the seats of the harness.
#[derive(Default)]
pub(super) struct Connections {
    /// The address of ours that a connection has, by the seat's own address and the peer.
    own: BTreeMap<(SocketAddr, SocketAddr), SocketAddr>,
    /// Connections whose begin is in the capture, by both ends.
    recorded: BTreeSet<(SocketAddr, SocketAddr)>,
    /// What came at an end of ours before the other end of ours knew its own address.
    early: Vec<(SocketAddr, Arrival)>,
    /// Connections between seats of ours that are being made.
    pub(super) opening: u32,
    /// Bytes on their way between seats of ours.
    pub(super) bytes: usize,
    /// What is known of those that go through relays.
    pub(super) through: Through,
}

impl Connections {
    /// Whether nothing is on its way between seats of ours.
    pub(super) fn is_still(&self) -> bool {
        self.opening == 0 && self.bytes == 0 && self.through.is_still()
    }

    /// Gives up what should have come.
    pub(super) fn settle(&mut self) {
        self.opening = 0;
        self.bytes = 0;
        self.through.settle();
    }

    /// The seat of ours that a connection belongs to which has this address of ours.
    pub(super) fn seat_of(&self, own: SocketAddr) -> Option<SocketAddr> {
        let mut known = self.own.iter();
        let found = known.find(|(_, known)| **known == own);
        found.map(|((seat, _), _)| *seat)
    }
}

impl Driver<'_> {
    /// Does with a connection what a seat of ours wants.
    pub(super) fn send_stream(&mut self, seat: SocketAddr, to: SocketAddr, wire: Wire) {
        let Some(endpoint) = self.live.sockets.stream_at(seat).cloned() else {
            return;
        };
        let own = self.streams.own.get(&(seat, to)).copied();
        let carried = self.is_carried(seat, to);
        match wire {
            Wire::Datagram(_) => {}
            Wire::Connect => {
                if self.live.stage.is_ours(to) {
                    // both ends tell of it
                    self.streams.opening += 2;
                } else if carried {
                    // and so does the relay
                    self.streams.opening += 3;
                }
                endpoint.connect(to);
            }
            Wire::Stream(bytes) => match endpoint.send(own, to, &bytes) {
                // they come to the relay, which taps them, and from there to their receiver
                Ok(_) if carried => self.streams.bytes += 2 * bytes.len(),
                Ok(time) => {
                    let from = own.unwrap_or(seat);
                    self.tap_bytes(time, from, to, &bytes);
                    if self.live.stage.is_ours(to) {
                        self.streams.bytes += bytes.len();
                    }
                }
                Err(error) => self.live.stage.play.note(&error.to_string()),
            },
            Wire::Close => {
                if endpoint.close(own, to) && carried {
                    self.streams.through.ends(seat, to);
                }
            }
        }
    }

    /// Takes what happened to a connection at the seat whose address is `at`.
    pub(super) fn stream_arrived(&mut self, at: SocketAddr, arrival: Arrival) {
        match arrival {
            Arrival::Opened {
                from,
                initiator: false,
                ..
            }
            | Arrival::Bytes { from, .. }
                if self.is_early(at, from) =>
            {
                self.streams.early.push((at, arrival));
            }
            Arrival::Opened {
                time,
                from,
                to,
                initiator,
            } => self.opened(at, time, (from, to), initiator),
            Arrival::Bytes {
                time,
                from,
                to,
                bytes,
            } => {
                if self.live.stage.is_ours(from) || self.is_carried(at, from) {
                    // tapped when they were sent, or by the relay that brought them
                    self.streams.bytes = self.streams.bytes.saturating_sub(bytes.len());
                } else {
                    self.tap_bytes(time, from, to, &bytes);
                }
                self.live
                    .stage
                    .deliver_stream(time, from, at, StreamPart::Bytes(&bytes));
            }
            Arrival::Closed {
                time,
                from,
                to,
                reason,
            } => {
                let own = [from, to].into_iter().find(|end| self.is_own(at, *end));
                let peer = if own == Some(from) { to } else { from };
                let known = self.streams.recorded.remove(&(from, to))
                    || self.streams.recorded.remove(&(to, from));
                if known {
                    let frames = self.live.tap.record_closed(time, from, to, &reason);
                    let frame = frames.last().unwrap_or_default();
                    self.live
                        .stage
                        .tapped_stream(time, frame, from, to, StreamPart::Closed);
                }
                self.streams.own.remove(&(at, peer));
                self.streams.through.ended(at, peer);
                self.live
                    .stage
                    .deliver_stream(time, peer, at, StreamPart::Closed);
            }
            Arrival::Unreachable {
                time,
                peer: Some(peer),
                ..
            } => {
                self.streams.settle();
                self.live
                    .stage
                    .deliver_stream(time, peer, at, StreamPart::Closed);
            }
            Arrival::Unreachable { .. } | Arrival::Datagram { .. } => {}
        }
    }

    fn opened(
        &mut self,
        at: SocketAddr,
        time: coap::Time,
        (from, to): (SocketAddr, SocketAddr),
        initiator: bool,
    ) {
        let (own, peer) = if initiator { (from, to) } else { (to, from) };
        self.streams.own.insert((at, peer), own);
        self.streams.opening = self.streams.opening.saturating_sub(1);
        if own != at {
            self.live.stage.also_at(at, own);
        }
        match self.is_carried(at, peer) {
            true => self.opened_through(at, own, peer),
            false => self.opened_directly(time, (from, to), (own, peer)),
        }
        let part = match initiator {
            true => StreamPart::Opened,
            false => StreamPart::Accepted,
        };
        self.live.stage.deliver_stream(time, peer, at, part);
        self.take_early();
    }

    /// Takes note of a connection between a seat of ours and another end.
    fn opened_directly(
        &mut self,
        time: coap::Time,
        (from, to): (SocketAddr, SocketAddr),
        (own, peer): (SocketAddr, SocketAddr),
    ) {
        let holder = match self.live.stage.is_ours(peer) {
            true => Holder::Harness,
            false => Holder::Implementation,
        };
        let seats = [(own, Holder::Harness), (peer, holder)];
        for (address, holder) in seats {
            let seat = match holder {
                Holder::Implementation => self.live.stage.heard_from(address),
                Holder::Harness => {
                    let seat = self.live.stage.seat_at(address);
                    self.live.stage.addresses.insert(address, seat);
                    seat
                }
            };
            self.live.tap.seat(address, &seat.to_string(), holder);
        }
        if self.streams.recorded.insert((from, to)) {
            let frames = self.live.tap.record_opened(time, from, to);
            let frame = *frames.start();
            self.live
                .stage
                .tapped_stream(time, frame, from, to, StreamPart::Opened);
        }
    }

    /// Takes once more what came too early.
    pub(super) fn take_early(&mut self) {
        for (at, arrival) in std::mem::take(&mut self.streams.early) {
            self.stream_arrived(at, arrival);
        }
    }

    /// Whether the other end of a connection that came to the seat at `at` is to be told first.
    fn is_early(&self, at: SocketAddr, peer: SocketAddr) -> bool {
        let waits = self.live.jumps || self.live.stream_relays.serve(at);
        waits && !self.live.stage.is_ours(peer) && !self.is_carried(at, peer)
    }

    /// Whether an end of a connection at the seat whose address is `at` is that seat.
    fn is_own(&self, at: SocketAddr, end: SocketAddr) -> bool {
        end == at
            || self
                .streams
                .own
                .iter()
                .any(|((seat, _), own)| *seat == at && *own == end)
    }

    pub(super) fn tap_bytes(
        &mut self,
        time: coap::Time,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
    ) {
        let frames = self.live.tap.record_bytes(time, from, to, bytes);
        let frame = frames.last().unwrap_or_default();
        self.live
            .stage
            .tapped_stream(time, frame, from, to, StreamPart::Bytes(bytes));
    }
}
