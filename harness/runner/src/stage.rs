//! A case with its emulators, between the play and whatever carries datagrams.
//!
//! Sans-IO: the live driver and virtual time use the same stage; only who moves datagrams and time differs.

mod bridged;
mod exposed;
mod watched;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use coap::Time;
use emulator::Event;
use judge::actual::Actual;
use judge::command::{Command, CommandId, Outcome, Request};
use judge::watch::{StreamPart, Watch};
use testcase::{ControlVerb, Role, Seat, Word};

pub(crate) use bridged::Bridged;

use crate::bridge::Bridge;
use crate::channel::Wire;
use crate::network::{Held, Network};
use crate::plays::Plays;
use crate::shown;
use crate::station::{Emulator, Station};
use crate::weather::Gusts;

/// A case being played.
pub struct Stage {
    /// The case, once for each seat that is judged.
    pub play: Plays,
    /// Seats of the harness.
    pub stations: Vec<Station>,
    /// Whose address is whose; grows as implementations send.
    pub addresses: BTreeMap<SocketAddr, Seat>,
    /// From where a client under test was heard last: that is where it is.
    heard: BTreeMap<Seat, SocketAddr>,
    /// The seat that unknown addresses belong to.
    pub stranger: Seat,
    /// Whether each unknown address is a seat of its own: `client`, `client-2`.
    pub(crate) parts_strangers: bool,
    /// A second address of a seat that moves to it (`network: {rebind: ..}`).
    pub spares: BTreeMap<Seat, SocketAddr>,
    /// What an emulated client fetches by other means than CoAP, by URI.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// Further addresses of ours, those of TCP connections, each with that of its seat.
    also: BTreeMap<SocketAddr, SocketAddr>,
    /// Where clients reach servers before which a relay stands; what they send each other is acted on there.
    pub(crate) relays: BTreeMap<Seat, SocketAddr>,
    /// Where servers see clients that come through a relay.
    pub(crate) seen_at: BTreeMap<SocketAddr, SocketAddr>,
    /// What ends the sessions of implementations at relays, by the server's seat.
    pub(crate) bridges: BTreeMap<Seat, Bridge>,
    /// Addresses at which it does, each with the end for which it stands there.
    pub(crate) ends: BTreeMap<SocketAddr, SocketAddr>,
    /// What the relay is to do next.
    errands: VecDeque<Errand>,
    /// Reads what passes, for the play.
    pub(crate) watch: Watch,
    /// Key log lines that nobody has fetched.
    secrets: Vec<String>,
    network: Network,
    /// What the network does by chance.
    pub(crate) gusts: Option<Gusts>,
    /// What the capture says of frames that it did something to.
    marks: Vec<(u32, String)>,
}

/// Something that a seat of the harness wants on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Our address.
    pub from: SocketAddr,
    /// Where to.
    pub to: SocketAddr,
    /// What.
    pub wire: Wire,
}

/// What a relay is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Send a datagram on that it held.
    Forward {
        /// Its sender.
        from: SocketAddr,
        /// Its receiver.
        to: SocketAddr,
        /// The datagram.
        bytes: Vec<u8>,
        /// Whether it has been sent on once already.
        again: bool,
    },
    /// Have what the seat at this address sends come from elsewhere.
    Rebind(SocketAddr),
}

impl Stage {
    /// A case with its emulators, before its begin.
    pub fn new(
        play: impl Into<Plays>,
        stations: Vec<Station>,
        addresses: BTreeMap<SocketAddr, Seat>,
        stranger: Seat,
    ) -> Self {
        Self {
            play: play.into(),
            stations,
            addresses,
            heard: BTreeMap::new(),
            stranger,
            parts_strangers: false,
            spares: BTreeMap::new(),
            files: Vec::new(),
            also: BTreeMap::new(),
            relays: BTreeMap::new(),
            seen_at: BTreeMap::new(),
            bridges: BTreeMap::new(),
            ends: BTreeMap::new(),
            errands: VecDeque::new(),
            watch: Watch::default(),
            secrets: Vec::new(),
            network: Network::default(),
            gusts: None,
            marks: Vec::new(),
        }
    }

    /// Gives everybody the time.
    pub fn handle_timeout(&mut self, now: Time) {
        for station in &mut self.stations {
            if station.poll_timeout().is_some_and(|due| due <= now) {
                station.handle_timeout(now);
            }
        }
        for bridge in self.bridges.values_mut() {
            if bridge.poll_timeout().is_some_and(|due| due <= now) {
                bridge.handle_timeout(now);
            }
        }
        self.move_messages(now);
        if self.play.poll_timeout().is_some_and(|due| due <= now) {
            self.show(now);
            self.play.handle_timeout(now);
        }
    }

    /// When somebody wants the time next.
    pub fn poll_timeout(&self) -> Option<Time> {
        let stations = self.stations.iter().filter_map(Station::poll_timeout);
        let gusts = self.gusts.as_ref().and_then(Gusts::poll_timeout);
        let others = [self.play.poll_timeout(), self.network.poll_timeout(), gusts];
        let bridges = self.bridges.values().filter_map(Bridge::poll_timeout);
        let own = stations.chain(bridges);
        own.chain(others.into_iter().flatten()).min()
    }

    /// What an emulator wants on the wire next, as far as the network lets it pass.
    pub fn poll_transmit(&mut self, now: Time) -> Option<Outgoing> {
        self.move_messages(now);
        for station in &mut self.stations {
            if let Some((to, wire)) = station.channel.poll_wire() {
                let from = station.address;
                return Some(Outgoing { from, to, wire });
            }
        }
        None
    }

    /// Moves messages between emulators and their channels, as far as the network lets them pass.
    ///
    /// It acts on what a seat of the harness sends before it is protected, on what an implementation sends when it came.
    fn move_messages(&mut self, now: Time) {
        loop {
            let mut idle = true;
            while let Some(held) = self.network.poll(now) {
                idle = false;
                match held {
                    Held::Outgoing { from, to, bytes } => {
                        if let Some(station) = self.station_at(from) {
                            station.send(now, to, &bytes);
                        }
                    }
                    Held::Arrived { from, to, bytes } => self.hand_over(now, from, to, &bytes),
                    Held::Relayed {
                        from,
                        to,
                        bytes,
                        again,
                    } => self.errands.push_back(Errand::Forward {
                        from,
                        to,
                        bytes,
                        again,
                    }),
                }
            }
            while let Some((station, to, bytes)) = self.next_of_stations() {
                idle = false;
                let Some(own) = self.stations.get_mut(station) else {
                    continue;
                };
                let (from, tested) = (own.address, own.tested);
                if tested || self.network.is_idle() {
                    own.send(now, to, &bytes);
                } else {
                    let seats = (self.seat_at(from), self.seat_at(to));
                    let message = Held::Outgoing { from, to, bytes };
                    self.network.pass(now, seats.0, seats.1, message);
                }
            }
            for index in 0..self.stations.len() {
                idle &= !self.take_arrivals(now, index);
            }
            if idle {
                return;
            }
        }
    }

    /// Takes what has come through the channel of a station; whether anything had.
    fn take_arrivals(&mut self, now: Time, index: usize) -> bool {
        let mut any = false;
        while let Some(station) = self.stations.get_mut(index)
            && let Some((from, bytes)) = station.channel.poll_datagram()
        {
            any = true;
            let (to, tested) = (station.address, station.tested);
            let mut stations = self.stations.iter();
            let acted_on = stations.any(|other| other.address == from && !other.tested);
            if acted_on || self.is_relayed() && tested {
                self.hand_over(now, from, to, &bytes);
            } else {
                let seats = (self.seat_at(from), self.seat_at(to));
                let message = Held::Arrived { from, to, bytes };
                self.network.pass(now, seats.0, seats.1, message);
            }
        }
        if let Some(station) = self.stations.get_mut(index) {
            any |= station.take_channel_events(now, &mut self.secrets, &mut self.watch);
        }
        any
    }

    /// The next message of an emulator, with the index of its station.
    fn next_of_stations(&mut self) -> Option<(usize, SocketAddr, Vec<u8>)> {
        for (index, station) in self.stations.iter_mut().enumerate() {
            while let Some(event) = station.emulator.endpoint().poll_event() {
                if let (Emulator::Client(client), Event::Fetching { instance, uri }) =
                    (&mut station.emulator, event)
                {
                    // emulators speak no TCP: what they fetch over HTTP comes from the files themselves
                    let file = self.files.iter().find(|(known, _)| *known == uri);
                    client.fetched(instance, file.map(|(_, bytes)| bytes.clone()));
                }
            }
            if let Some(transmit) = station.emulator.endpoint().poll_transmit() {
                return Some((index, transmit.to, transmit.bytes));
            }
        }
        None
    }

    /// Takes a datagram for the seat at `to`.
    pub fn deliver(&mut self, now: Time, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        if let Some(station) = self.station_at(to) {
            station.receive(now, from, bytes);
        }
        self.move_messages(now);
        // what could not be read before may have its keys now
        self.show(now);
    }

    /// Takes what happens to a TCP connection of the seat at `own`.
    pub fn deliver_stream(
        &mut self,
        now: Time,
        peer: SocketAddr,
        own: SocketAddr,
        part: StreamPart<'_>,
    ) {
        if let Some(station) = self.station_at(own) {
            station.receive_stream(now, peer, part);
        }
        self.move_messages(now);
        self.show(now);
    }

    fn hand_over(&mut self, now: Time, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        if let Some(station) = self.station_at(to) {
            station
                .emulator
                .endpoint()
                .handle_datagram(now, from, bytes);
        }
    }

    fn station_at(&mut self, address: SocketAddr) -> Option<&mut Station> {
        self.stations
            .iter_mut()
            .find(|station| station.address == address)
    }

    /// Carries out the commands that concern emulators; gives the others.
    pub fn obey(&mut self, now: Time) -> Vec<Command> {
        let mut foreign = Vec::new();
        while let Some(command) = self.play.poll_command(now) {
            if let Some(command) = self.obey_one(now, command) {
                foreign.push(command);
            }
        }
        foreign
    }

    /// The seat at an address.
    pub fn seat_at(&self, address: SocketAddr) -> Seat {
        let own = self
            .stations
            .iter()
            .find(|station| station.address == address)
            .map(|station| station.seat);
        own.or_else(|| self.addresses.get(&address).copied())
            .unwrap_or(self.stranger)
    }

    /// Every address that belongs to somebody, with its seat.
    pub fn known_addresses(&self) -> BTreeMap<SocketAddr, Seat> {
        let mut known = self.addresses.clone();
        let stations = self.stations.iter();
        known.extend(stations.map(|station| (station.address, station.seat)));
        known
    }

    /// Whether one of our sockets is there.
    pub fn is_ours(&self, address: SocketAddr) -> bool {
        let mut stations = self.stations.iter();
        self.also.contains_key(&address) || stations.any(|station| station.address == address)
    }

    /// Takes note that a message came from an implementation; gives its seat.
    pub(crate) fn heard_from(&mut self, address: SocketAddr) -> Seat {
        let mut seat = self.seat_at(address);
        if self.parts_strangers && !self.addresses.contains_key(&address) {
            seat = self.newcomer();
        }
        self.addresses.insert(address, seat);
        // a server is where it listens
        if seat.role == Role::Client {
            self.heard.insert(seat, address);
        }
        seat
    }

    /// The next seat of the strangers' role; the last one is shared.
    fn newcomer(&self) -> Seat {
        let role = self.stranger.role;
        let known = self.addresses.values().filter(|seat| seat.role == role);
        let last = known.map(|seat| seat.number).max().unwrap_or(0);
        Seat {
            role,
            number: last.saturating_add(1),
        }
    }

    /// Takes note that a connection of the seat at `seat` has another address of ours.
    pub(crate) fn also_at(&mut self, seat: SocketAddr, own: SocketAddr) {
        let found = self.seat_at(seat);
        self.also.insert(own, seat);
        self.addresses.insert(own, found);
    }

    /// Has a seat of ours send something; the reason if it cannot.
    pub(crate) fn perform(
        &mut self,
        now: Time,
        seat: Seat,
        to: Seat,
        request: &Request,
    ) -> Result<(), String> {
        let to = self.address_of(to);
        match self.station(seat) {
            Some(station) => station.perform(now, request, to),
            None => Ok(()),
        }
    }

    fn obey_one(&mut self, now: Time, command: Command) -> Option<Command> {
        match command {
            Command::Perform { seat, to, request } => {
                if let Err(reason) = self.perform(now, seat, to, &request) {
                    let text = format!(
                        "the harness's {seat} cannot send {}: {reason}",
                        request.operation.label()
                    );
                    self.play.note(&text);
                }
                None
            }
            Command::Prepare { seat, upon, reply } => {
                if let Some(station) = self.station(seat) {
                    station.prepare(upon, *reply);
                }
                None
            }
            Command::Hush {
                seat,
                words,
                begins,
            } => {
                if let Some(station) = self.station(seat) {
                    station.hush(words, begins);
                }
                None
            }
            Command::Channel {
                seat,
                to,
                word,
                description,
            } => {
                let to = self.address_of(to);
                if let (Some(station), Some(to)) = (self.station(seat), to) {
                    station.do_with_channel(now, to, word, description.as_deref());
                }
                None
            }
            Command::Impair { id, deed } => {
                self.impair(now, id, *deed);
                None
            }
            Command::Heal { id } => {
                self.network.heal(id);
                None
            }
            Command::Control { id, seat, verb } => match self.station(seat) {
                Some(_) if verb == ControlVerb::ChangeAddress => {
                    self.move_seat(seat);
                    if let Some(station) = self.station(seat) {
                        station.control(now, verb);
                    }
                    self.done(now, id, None)
                }
                Some(station) => {
                    station.control(now, verb);
                    self.done(now, id, None)
                }
                None => Some(Command::Control { id, seat, verb }),
            },
            Command::Trigger { id, seat, stimulus } => {
                let to = self.address_for(seat, stimulus.to);
                match self.station(seat) {
                    // an emulator has its sequence from the start
                    Some(_) if stimulus.word == "provision" => self.done(now, id, None),
                    Some(station) => {
                        let done = match (&stimulus.request, Word::from_name(stimulus.word), to) {
                            (Some(request), _, _) => station.perform(now, request, to),
                            (None, Some(word), Some(to)) => {
                                station.do_with_channel(now, to, word, None);
                                Ok(())
                            }
                            _ => Err("there is nobody to address".to_owned()),
                        };
                        let outcome = match done {
                            Ok(()) => Outcome::Done(None),
                            Err(reason) => Outcome::Failed(reason),
                        };
                        self.play.handle_outcome(now, id, outcome);
                        None
                    }
                    None => Some(Command::Trigger { id, seat, stimulus }),
                }
            }
            Command::Show {
                id,
                seat,
                ref subject,
                ..
            } => match self.station(seat) {
                Some(station) => {
                    let shown = shows(station, subject);
                    self.done(now, id, shown)
                }
                None => Some(command),
            },
            Command::Ask { id, seat, .. } => match self.station(seat) {
                Some(_) => {
                    self.play.handle_outcome(now, id, Outcome::NobodyToAsk);
                    None
                }
                None => Some(command),
            },
        }
    }

    fn done(&mut self, now: Time, id: CommandId, shown: Option<Actual>) -> Option<Command> {
        self.play.handle_outcome(now, id, Outcome::Done(shown));
        None
    }

    pub(crate) fn station(&mut self, seat: Seat) -> Option<&mut Station> {
        self.stations
            .iter_mut()
            .find(|station| station.seat == seat)
    }

    /// Whether a relay stands between implementations.
    fn is_relayed(&self) -> bool {
        !self.relays.is_empty()
    }

    /// Where an emulator that stands for an implementation at `seat` reaches `to`.
    fn address_for(&self, seat: Seat, to: Seat) -> Option<SocketAddr> {
        if !self.is_relayed() {
            return self.address_of(to);
        }
        match (self.relays.get(&to), seat.role) {
            (Some(front), _) => Some(*front),
            (None, Role::Client) => self.address_of(to),
            (None, _) => self.seen_at.get(&self.address_of(to)?).copied(),
        }
    }

    fn address_of(&self, seat: Seat) -> Option<SocketAddr> {
        let own = self
            .stations
            .iter()
            .find(|station| station.seat == seat)
            .map(|station| station.address);
        let heard = || self.heard.get(&seat).copied();
        own.or_else(heard).or_else(|| {
            self.addresses
                .iter()
                .find(|(_, at)| **at == seat)
                .map(|(address, _)| *address)
        })
    }
}

fn shows(station: &Station, subject: &str) -> Option<Actual> {
    match &station.emulator {
        Emulator::Server(server) => Some(shown::of_server(server, subject)),
        _ => None,
    }
}
