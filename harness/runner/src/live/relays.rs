//! The relays of a live case: what implementations send each other is tapped there, once, and acted on.

use std::net::SocketAddr;
use std::sync::Arc;

use coap::Time;
use testcase::Seat;
use tokio::sync::{Mutex, mpsc};
use transport::{Arrival, Holder, Relay, Relayed};

use super::Driver;
use crate::key_logs::KeyLogs;
use crate::stage::Errand;
use crate::weather::{Parcel, Way};

/// What stands between implementations, and what comes to it.
#[derive(Default)]
pub(crate) struct Relays<'a> {
    pub(crate) relays: Vec<(Seat, Arc<Relay>)>,
    pub(crate) relayed: Option<&'a Mutex<mpsc::Receiver<Relayed>>>,
    /// What the implementations tell of their keys.
    pub(crate) key_logs: KeyLogs,
}

impl Relays<'_> {
    /// What comes next; never, if there is no relay.
    pub(super) async fn next(&self) -> Relayed {
        if let Some(relayed) = self.relayed
            && let Some(next) = relayed.lock().await.recv().await
        {
            return next;
        }
        std::future::pending().await
    }

    /// Whether what a seat of ours sends goes through a relay: a client to its front, a server to its back.
    pub(super) fn carry(
        &self,
        from: SocketAddr,
        to: SocketAddr,
        is_ours: impl Fn(SocketAddr) -> bool,
    ) -> bool {
        self.relays
            .iter()
            .any(|(_, relay)| relay.local() == to || relay.server() == from && !is_ours(to))
    }

    /// The relay of the conversation between two ends, the client's end, and whether the other is where this goes.
    pub(super) fn between(
        &self,
        from: SocketAddr,
        to: SocketAddr,
    ) -> Option<(&Relay, SocketAddr, bool)> {
        self.relays.iter().find_map(|(_, relay)| {
            let to_server = relay.server() == to;
            let client = if to_server { from } else { to };
            (to_server || relay.server() == from).then_some((&**relay, client, to_server))
        })
    }
}

impl Driver<'_> {
    /// Whether a relay brought what came to a seat of ours, and from another seat of this case.
    pub(super) fn is_brought(&self, from: SocketAddr, to: SocketAddr) -> bool {
        let stage = &self.live.stage;
        self.live.relays.relays.iter().any(|(_, relay)| {
            let of_this_case = || {
                let clients = stage.stations.iter().map(|station| station.address);
                let seen_at = |client| relay.seen_at(client) == Some(from);
                clients.into_iter().any(seen_at)
            };
            relay.local() == from && stage.is_ours(to) || relay.server() == to && of_this_case()
        })
    }

    /// Taps what came to a relay, and lets the network act on it if it was held.
    pub(super) fn take_relayed(&mut self, now: Time, relayed: Relayed) {
        let (time, from, to, bytes) = match relayed.arrival {
            Arrival::Datagram {
                time,
                from,
                to,
                bytes,
            } => (time, from, to, bytes),
            Arrival::Unreachable { peer, reason, .. } => return self.note_lost(peer, &reason),
            _ => return,
        };
        if self.live.relays.between(from, to).is_none() {
            // of a relay that this case does not go through
            return;
        }
        let ours = [from, to].map(|end| self.live.stage.is_ours(end));
        if self.live.jumps {
            if ours != [true, true] {
                // an emulator of the case before sent it, or was to get it
                return;
            }
            self.flying = self.flying.saturating_sub(1);
        }
        if !ours[0] {
            let seat = self.live.stage.heard_from(from);
            let holder = Holder::Implementation;
            self.live.tap.seat(from, &seat.to_string(), holder);
        }
        if let Some((relay, client, _)) = self.live.relays.between(from, to)
            && let Some(seen) = relay.seen_at(client)
        {
            self.live.stage.seen_at.insert(client, seen);
        }
        if self.live.stage.is_bridged(from, to) {
            // what goes on is another datagram
            self.flying = self.flying.saturating_sub(1);
            let parcel = Parcel::first(Way::Forward, from, to, bytes);
            if let Some(parcel) = self.live.stage.defer(now, parcel) {
                self.cross(time, parcel);
            }
            return;
        }
        if relayed.held && self.live.stage.gusts.is_some() {
            // it flies again when it goes on
            self.flying = self.flying.saturating_sub(1);
            let parcel = Parcel::first(Way::Forward, from, to, bytes);
            if let Some(parcel) = self.live.stage.defer(now, parcel) {
                self.cross(time, parcel);
            }
            return;
        }
        let frame = self.live.tap.record(time, from, to, &bytes);
        self.live.stage.tapped(time, frame, from, to, &bytes);
        if relayed.held {
            self.live.stage.take_held(now, from, to, &bytes);
        }
    }

    /// Has a datagram pass the tap, and leaves it to the weather.
    pub(super) fn cross(&mut self, time: Time, parcel: Parcel) {
        let (from, to) = (parcel.from, parcel.to);
        if parcel.way == Way::Forward && self.live.stage.is_bridged(from, to) {
            return self.end_leg(time, &parcel);
        }
        let frame = self.live.tap.record(time, from, to, &parcel.bytes);
        self.live.stage.tapped(time, frame, from, to, &parcel.bytes);
        self.live.stage.expose(time, frame, parcel);
    }

    /// Lets go on what the weather held back; whether there was anything.
    pub(super) async fn release(&mut self, now: Time) -> bool {
        self.live.stage.move_clients(now);
        let mut any = false;
        while let Some(parcel) = self.live.stage.poll_late(now) {
            any = true;
            self.cross(now, parcel);
        }
        while let Some(parcel) = self.live.stage.poll_parcel(now) {
            any = true;
            let (from, to) = (parcel.from, parcel.to);
            match parcel.way {
                Way::Deliver => self.live.stage.deliver(now, from, to, &parcel.bytes),
                Way::Forward if parcel.again => self.live.stage.repeat(parcel),
                Way::Forward => {
                    // of a bridge only what it sends flies
                    let flies = !self.live.stage.is_bridged(from, to);
                    self.flying += u32::from(flies);
                    self.live.stage.take_held(now, from, to, &parcel.bytes);
                }
                Way::Send => self.send_late(now, &parcel).await,
            }
        }
        any
    }

    /// Sends what the tap has numbered already, or a copy of it, which it numbers now.
    async fn send_late(&mut self, now: Time, parcel: &Parcel) {
        let (from, to) = (parcel.from, parcel.to);
        let Some(socket) = self.live.sockets.at(from).cloned() else {
            return;
        };
        if parcel.again {
            let frame = self.live.tap.record(now, from, to, &parcel.bytes);
            self.live
                .stage
                .tapped_copy(now, frame, from, to, &parcel.bytes);
            self.marks.push((frame, COPY.to_owned()));
        }
        match socket.send(to, &parcel.bytes).await {
            Ok(_) => self.flying += u32::from(self.live.stage.is_ours(to)),
            Err(error) => self.live.stage.play.note(&error.to_string()),
        }
    }

    /// Takes what the implementations have told of their keys since.
    pub(super) fn read_key_logs(&mut self, now: Time) {
        for secret in self.live.relays.key_logs.poll() {
            self.live
                .stage
                .tell_secret(now, secret.client_random, secret.master);
        }
    }

    /// Says of key logs what kept them from being read.
    pub(super) fn note_key_logs(&mut self) {
        for text in self.live.relays.key_logs.troubles() {
            self.live.stage.play.note_once(text);
        }
    }

    /// Says that a server cannot be reached; that a client has gone is no news.
    pub(super) fn note_lost(&mut self, peer: Option<SocketAddr>, reason: &str) {
        let datagrams = self.live.relays.relays.iter();
        let datagrams = datagrams.map(|(seat, relay)| (*seat, relay.server()));
        let mut servers = datagrams.chain(self.live.stream_relays.servers());
        if let Some((seat, server)) = servers.find(|(_, server)| Some(*server) == peer) {
            let text = format!("the relay cannot reach the {seat} at {server}: {reason}");
            self.live.stage.play.note_once(&text);
        }
    }

    /// Does what the network asks of relays, and has them hold what passes as long as it acts; whether there was anything.
    pub(super) fn run_errands(&mut self, now: Time) -> bool {
        let mut any = false;
        while let Some(errand) = self.live.stage.poll_errand() {
            any = true;
            match errand {
                Errand::Forward {
                    from,
                    to,
                    bytes,
                    again,
                } if self.live.stage.is_bridged(from, to) => {
                    self.live.stage.pass_on(now, from, to, bytes);
                    self.send_bridged(now, again);
                }
                Errand::Forward {
                    from,
                    to,
                    bytes,
                    again,
                } => {
                    if again {
                        // a copy is on the wire, and nobody's but the relay's
                        let frame = self.live.tap.record(now, from, to, &bytes);
                        self.live.stage.tapped_copy(now, frame, from, to, &bytes);
                        self.marks.push((frame, COPY.to_owned()));
                        self.flying += 1;
                    }
                    let Some((relay, client, to_server)) = self.live.relays.between(from, to)
                    else {
                        continue;
                    };
                    if let Err(error) = relay.forward(client, to_server, &bytes) {
                        self.live.stage.play.note(&error.to_string());
                    }
                }
                Errand::Rebind(client) => {
                    for (_, relay) in &self.live.relays.relays {
                        relay.rebind(client);
                    }
                }
            }
        }
        any |= self.send_bridged(now, false);
        let holds = !self.live.stage.lets_pass() || !self.live.stage.bridges.is_empty();
        for (_, relay) in &self.live.relays.relays {
            relay.hold(holds);
        }
        any
    }
}

/// What the capture says of a datagram that a relay sent once more.
pub(crate) const COPY: &str = "network: a copy that the harness made";
