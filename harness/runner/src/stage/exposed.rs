//! What the network does to what passes a relay or, by chance, anything.

use std::net::SocketAddr;

use coap::Time;
use judge::command::{CommandId, Impairment};
use testcase::{NetworkVerb, Role, Seat};

use super::{Errand, Stage};
use crate::network::Held;
use crate::weather::Parcel;

impl Stage {
    /// Makes a datagram late, before the tap sees it; gives it back if it need not be.
    pub(crate) fn defer(&mut self, now: Time, parcel: Parcel) -> Option<Parcel> {
        match &mut self.gusts {
            Some(gusts) => gusts.defer(now, parcel),
            None => Some(parcel),
        }
    }

    /// A datagram that was late and passes the tap now.
    pub(crate) fn poll_late(&mut self, now: Time) -> Option<Parcel> {
        self.gusts.as_mut()?.poll_late(now)
    }

    /// Leaves a datagram that the tap has numbered to the weather; gives it back if there is none.
    pub(crate) fn expose(&mut self, now: Time, frame: u32, parcel: Parcel) -> Option<Parcel> {
        let seats = (self.seat_at(parcel.from), self.seat_at(parcel.to));
        let Some(gusts) = &mut self.gusts else {
            return Some(parcel);
        };
        if let Some(said) = gusts.take(now, seats, parcel).said() {
            let source = gusts.source();
            self.play
                .handle_weather(now, &format!("frame {frame} was {said}"), &source);
            self.marks
                .push((frame, format!("network: {said} ({source})")));
        }
        None
    }

    /// A datagram that the weather lets pass now.
    pub(crate) fn poll_parcel(&mut self, now: Time) -> Option<Parcel> {
        self.gusts.as_mut()?.poll(now)
    }

    /// Has clients come from elsewhere, if it is time for it.
    pub(crate) fn move_clients(&mut self, now: Time) {
        let Some(gusts) = self.gusts.as_mut().filter(|_| !self.relays.is_empty()) else {
            return;
        };
        if gusts.rebinds(now) {
            let source = gusts.source();
            let ours = self.stations.iter().map(|one| (&one.seat, &one.address));
            let clients = self.heard.iter().chain(ours);
            let clients = clients.filter(|(seat, _)| seat.role == Role::Client);
            self.errands
                .extend(clients.map(|(_, address)| Errand::Rebind(*address)));
            self.play
                .handle_weather(now, "the client was moved to another address", &source);
        }
    }

    /// What the capture is to say of frames.
    pub(crate) fn take_marks(&mut self) -> Vec<(u32, String)> {
        std::mem::take(&mut self.marks)
    }

    /// Has a relay send a datagram on once more.
    pub(crate) fn repeat(&mut self, parcel: Parcel) {
        let Parcel {
            from,
            to,
            bytes,
            again,
            ..
        } = parcel;
        self.errands.push_back(Errand::Forward {
            from,
            to,
            bytes,
            again,
        });
    }

    /// Takes a datagram that a relay holds, for the network to act on.
    pub(crate) fn take_held(&mut self, now: Time, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let seats = (self.seat_at(from), self.seat_at(to));
        let message = Held::Relayed {
            from,
            to,
            bytes: bytes.to_vec(),
            again: false,
        };
        self.network.pass(now, seats.0, seats.1, message);
        self.move_messages(now);
    }

    /// What a relay is to do next.
    pub(crate) fn poll_errand(&mut self) -> Option<Errand> {
        self.errands.pop_front()
    }

    /// Whether the network acts on nothing, so that a relay need hold nothing.
    pub(crate) fn lets_pass(&self) -> bool {
        self.network.is_idle() && self.gusts.is_none()
    }

    pub(super) fn impair(&mut self, now: Time, id: CommandId, deed: Impairment) {
        if deed.verb != NetworkVerb::Rebind {
            return self.network.impair(now, id, deed);
        }
        let seat = deed.from.unwrap_or(Seat::CLIENT);
        if self.is_relayed()
            && let Some(address) = self.heard.get(&seat)
        {
            return self.errands.push_back(Errand::Rebind(*address));
        }
        self.move_seat(seat);
    }

    /// Gives a seat of ours its other address.
    pub(super) fn move_seat(&mut self, seat: Seat) {
        let spare = self.spares.get(&seat).copied();
        let Some(station) = self.station(seat) else {
            return;
        };
        let old = station.address;
        let next = (old.ip(), old.port() ^ MOVED).into();
        station.address = spare.unwrap_or(next);
        self.spares.insert(seat, old);
        // what is still sent there was meant for the seat
        self.addresses.insert(old, seat);
    }
}

/// Bit in which the port of a seat changes that moves.
const MOVED: u16 = 0x4000;
