//! The relays of a live case over TCP: what implementations send each other is tapped there, once.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use judge::watch::StreamPart;
use testcase::{Role, Seat};
use transport::{Arrival, Closing, Holder, StreamRelay};

use super::Driver;

/// What stands between implementations that have connections with each other, before each server.
#[derive(Default)]
pub(crate) struct StreamRelays(pub(crate) Vec<(Seat, Arc<StreamRelay>)>);

/// Connections that seats of ours have through relays, in the place of implementations.
#[derive(Default)]
pub(super) struct Through {
    /// By the seat's own address and the peer, which is the relay.
    carried: BTreeSet<(SocketAddr, SocketAddr)>,
    /// Where servers see clients whose connections were told.
    seen: BTreeSet<SocketAddr>,
    /// Those that a seat of ours has closed and that are not over.
    ending: BTreeSet<(SocketAddr, SocketAddr)>,
    /// What relays told before the client of ours knew its own address.
    untold: Vec<Arrival>,
    /// Whether a server could not be reached.
    unreached: bool,
}

impl StreamRelays {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The servers with their own addresses.
    pub(super) fn servers(&self) -> impl Iterator<Item = (Seat, SocketAddr)> {
        self.0.iter().map(|(seat, relay)| (*seat, relay.server()))
    }

    /// Whether the server at this address is behind a relay.
    pub(super) fn serve(&self, address: SocketAddr) -> bool {
        self.servers().any(|(_, server)| server == address)
    }

    /// The relay of the conversation between two ends, and the client's end.
    fn between(&self, from: SocketAddr, to: SocketAddr) -> Option<(&StreamRelay, SocketAddr)> {
        self.0.iter().find_map(|(_, relay)| {
            let client = match (relay.server() == to, relay.server() == from) {
                (true, _) => from,
                (false, true) => to,
                (false, false) => return None,
            };
            Some((&**relay, client))
        })
    }
}

impl Through {
    pub(super) fn is_still(&self) -> bool {
        self.ending.is_empty()
    }

    pub(super) fn settle(&mut self) {
        self.ending.clear();
    }

    /// The seat at `at` has closed its connection.
    pub(super) fn ends(&mut self, at: SocketAddr, peer: SocketAddr) {
        self.ending.insert((at, peer));
    }

    /// A connection of the seat at `at` is over.
    pub(super) fn ended(&mut self, at: SocketAddr, peer: SocketAddr) {
        self.carried.remove(&(at, peer));
        self.ending.remove(&(at, peer));
    }
}

impl Driver<'_> {
    /// Whether a connection of the seat at `at` goes through a relay: a client's to its front, a server's from its back.
    pub(super) fn is_carried(&self, at: SocketAddr, peer: SocketAddr) -> bool {
        let through = &self.streams.through;
        let mut relays = self.live.stream_relays.0.iter();
        through.carried.contains(&(at, peer))
            || relays.any(|(_, relay)| {
                relay.local() == peer || relay.server() == at && through.seen.contains(&peer)
            })
    }

    /// Takes note that the seat at `at` has a connection through a relay, for which it has the address `own`.
    pub(super) fn opened_through(&mut self, at: SocketAddr, own: SocketAddr, peer: SocketAddr) {
        self.streams.through.carried.insert((at, peer));
        let seat = self.live.stage.seat_at(at).to_string();
        self.live.tap.seat(own, &seat, Holder::Implementation);
        for arrival in std::mem::take(&mut self.streams.through.untold) {
            self.take_relayed_stream(arrival);
        }
    }

    /// Taps what came to a relay.
    pub(super) fn take_relayed_stream(&mut self, arrival: Arrival) {
        let (from, to) = match &arrival {
            Arrival::Opened { from, to, .. }
            | Arrival::Bytes { from, to, .. }
            | Arrival::Closed { from, to, .. } => (*from, *to),
            // an emulator of the case before may have left too late
            Arrival::Unreachable { .. } if self.live.jumps => return,
            Arrival::Unreachable { peer, reason, .. } => return self.unreached(*peer, reason),
            Arrival::Datagram { .. } => return,
        };
        let Some((relay, client)) = self.live.stream_relays.between(from, to) else {
            // of a relay that this case does not go through
            return;
        };
        let seen = relay.seen_at(client);
        if self.is_client_unknown(client) {
            return self.streams.through.untold.push(arrival);
        }
        if !self.live.stage.is_ours(from) {
            let seat = self.live.stage.heard_from(from);
            let holder = Holder::Implementation;
            self.live.tap.seat(from, &seat.to_string(), holder);
        }
        match arrival {
            Arrival::Opened { time, .. } => {
                self.streams.opening = self.streams.opening.saturating_sub(1);
                self.came_through(client, seen);
                let frames = self.live.tap.record_opened(time, from, to);
                let stage = &mut self.live.stage;
                stage.tapped_stream(time, *frames.start(), from, to, StreamPart::Opened);
                self.take_early();
            }
            Arrival::Bytes { time, bytes, .. } => {
                self.streams.bytes = self.streams.bytes.saturating_sub(bytes.len());
                self.tap_bytes(time, from, to, &bytes);
            }
            Arrival::Closed { time, reason, .. } => {
                let frames = match reason {
                    Closing::Finished => self.live.tap.record_half_closed(time, from, to),
                    Closing::Broken(_) => self.live.tap.record_closed(time, from, to, &reason),
                };
                let stage = &mut self.live.stage;
                stage.tapped_stream(time, *frames.start(), from, to, StreamPart::Closed);
            }
            Arrival::Unreachable { .. } | Arrival::Datagram { .. } => {}
        }
    }

    /// A client's connection came to nothing, of which it knows no more than that: from now on what is missing is nobody's fault.
    fn unreached(&mut self, server: Option<SocketAddr>, reason: &str) {
        let Some((seat, server)) = self
            .live
            .stream_relays
            .servers()
            .find(|(_, known)| Some(*known) == server)
        else {
            return;
        };
        self.note_lost(Some(server), reason);
        if !std::mem::replace(&mut self.streams.through.unreached, true) {
            let now = self.live.clock.now();
            let what = format!("{UNREACHED} the {seat} at {server}");
            self.live.stage.play.handle_weather(now, &what, reason);
        }
    }

    /// Whether a connection is that of a client of ours that has not told of it, or one of the case before.
    fn is_client_unknown(&self, client: SocketAddr) -> bool {
        let stage = &self.live.stage;
        let mut stations = stage.stations.iter();
        let emulated = stations.any(|one| one.tested && one.seat.role == Role::Client);
        emulated && !stage.is_ours(client)
    }

    /// Takes note of where a server sees a client.
    fn came_through(&mut self, client: SocketAddr, seen: Option<SocketAddr>) {
        let Some(seen) = seen else {
            return;
        };
        self.streams.through.seen.insert(seen);
        // a client of ours is known by where it listens
        let known = self.streams.seat_of(client).unwrap_or(client);
        self.live.stage.seen_at.insert(known, seen);
    }
}

/// How the record says that a server could not be reached, which its capture does not show.
pub(crate) const UNREACHED: &str = "the relay could not connect to";
