//! The relays of a live case at which the harness ends the sessions of two implementations: both legs are tapped as they are.

use coap::Time;
use transport::Holder;

use super::Driver;
use super::relays::COPY;
use crate::bridge::Passing;
use crate::stage::Bridged;
use crate::weather::{Parcel, Way};

impl Driver<'_> {
    /// Taps what came from one side, and has the harness end it.
    pub(super) fn end_leg(&mut self, time: Time, parcel: &Parcel) {
        let (from, to) = (parcel.from, parcel.to);
        let Some((relay, client, to_server)) = self.live.relays.between(from, to) else {
            return;
        };
        let own = match to_server {
            true => Some(relay.local()),
            false => relay.seen_at(client),
        };
        let Some(own) = own else {
            // the address at which the server saw the client is given up
            return;
        };
        let frame = self.live.tap.record(time, from, own, &parcel.bytes);
        let stage = &mut self.live.stage;
        stage.tapped(time, frame, from, own, &parcel.bytes);
        stage.end_leg(time, from, to, &parcel.bytes);
        while let Some(bridged) = self.live.stage.poll_bridged(time) {
            match bridged {
                Bridged::Datagram { server, passing } => {
                    self.send_leg(time, server, &passing, false);
                }
                Bridged::Message { from, to, bytes } => {
                    let message = Parcel::first(Way::Forward, from, to, bytes);
                    if let Some(message) = self.live.stage.expose(time, frame, message) {
                        self.live.stage.take_held(time, from, to, &message.bytes);
                    }
                }
            }
        }
    }

    /// Sends what the bridges have for the wire; `again` if it is a message that has gone on once already. Whether there was any.
    pub(super) fn send_bridged(&mut self, now: Time, again: bool) -> bool {
        let mut any = false;
        while let Some(bridged) = self.live.stage.poll_bridged(now) {
            any = true;
            match bridged {
                Bridged::Datagram { server, passing } => {
                    self.send_leg(now, server, &passing, again);
                }
                Bridged::Message { from, to, bytes } => {
                    self.live.stage.take_held(now, from, to, &bytes);
                }
            }
        }
        any
    }

    /// Sends a datagram of the harness's on one leg, and taps it.
    fn send_leg(
        &mut self,
        now: Time,
        server: std::net::SocketAddr,
        passing: &Passing,
        again: bool,
    ) {
        let client = passing.client;
        let Some((relay, ..)) = self.live.relays.between(client, server) else {
            return;
        };
        if let Err(error) = relay.forward(client, passing.to_server, &passing.bytes) {
            return self.live.stage.play.note(&error.to_string());
        }
        let seen = relay.seen_at(client);
        let (from, to) = match (passing.to_server, seen) {
            (true, Some(seen)) => (seen, server),
            (true, None) => return,
            (false, _) => (relay.local(), client),
        };
        if let Some(seen) = seen {
            self.live.tap.seat(seen, "relay", Holder::Harness);
            self.live.stage.seen_at.insert(client, seen);
            self.live.stage.stand_in(seen, client);
        }
        let frame = self.live.tap.record(now, from, to, &passing.bytes);
        let stage = &mut self.live.stage;
        match again {
            true => stage.tapped_copy(now, frame, from, to, &passing.bytes),
            false => stage.tapped(now, frame, from, to, &passing.bytes),
        }
        if again {
            self.marks.push((frame, COPY.to_owned()));
        }
        self.flying += u32::from(self.live.stage.is_ours(to));
    }
}
