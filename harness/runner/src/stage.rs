//! A case with its emulators, between the play and whatever carries datagrams.
//!
//! Sans-IO: the live driver and virtual time use the same stage; only who moves datagrams and time differs.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use coap::Time;
use emulator::Event;
use judge::actual::Actual;
use judge::command::{Command, CommandId, Impairment, Outcome};
use judge::{Play, Seen};
use testcase::{ControlVerb, NetworkVerb, Seat};

use crate::network::{Held, Network};
use crate::shown;
use crate::station::{Emulator, Station};

/// A case being played.
pub struct Stage {
    /// The case.
    pub play: Play,
    /// Seats of the harness.
    pub stations: Vec<Station>,
    /// Whose address is whose; grows as implementations send.
    pub addresses: BTreeMap<SocketAddr, Seat>,
    /// The seat that unknown addresses belong to.
    pub stranger: Seat,
    /// A second address of a seat that moves to it (`network: {rebind: ..}`).
    pub spares: BTreeMap<Seat, SocketAddr>,
    /// What an emulated client fetches by other means than CoAP, by URI.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    network: Network,
}

/// A datagram that an emulator sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Our address.
    pub from: SocketAddr,
    /// Where to.
    pub to: SocketAddr,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether the tap sees it now: a message of an implementation is seen before the network acts on it.
    pub seen: bool,
    /// Whether it is sent now.
    pub sent: bool,
}

impl Stage {
    /// A case with its emulators, before its begin.
    pub fn new(
        play: Play,
        stations: Vec<Station>,
        addresses: BTreeMap<SocketAddr, Seat>,
        stranger: Seat,
    ) -> Self {
        Self {
            play,
            stations,
            addresses,
            stranger,
            spares: BTreeMap::new(),
            files: Vec::new(),
            network: Network::default(),
        }
    }

    /// Gives everybody the time.
    pub fn handle_timeout(&mut self, now: Time) {
        for station in &mut self.stations {
            if station.poll_timeout().is_some_and(|due| due <= now) {
                station.emulator.endpoint().handle_timeout(now);
            }
        }
        if self.play.poll_timeout().is_some_and(|due| due <= now) {
            self.play.handle_timeout(now);
        }
    }

    /// When somebody wants the time next.
    pub fn poll_timeout(&self) -> Option<Time> {
        let stations = self.stations.iter().filter_map(Station::poll_timeout);
        let others = [self.play.poll_timeout(), self.network.poll_timeout()];
        stations.chain(others.into_iter().flatten()).min()
    }

    /// The next datagram of an emulator, as far as the network lets it pass.
    pub fn poll_transmit(&mut self, now: Time) -> Option<Outgoing> {
        loop {
            match self.network.poll(now) {
                Some(Held::Outgoing(outgoing)) => return Some(outgoing),
                Some(Held::Arrived { from, to, bytes }) => self.hand_over(now, from, to, &bytes),
                None => {
                    let (outgoing, tested) = self.next_of_stations()?;
                    if self.network.is_idle() {
                        return Some(outgoing);
                    }
                    let (from, to) = (self.seat_at(outgoing.from), self.seat_at(outgoing.to));
                    let mut passing = outgoing.clone();
                    passing.seen = !tested;
                    self.network.pass(now, from, to, Held::Outgoing(passing));
                    if tested {
                        let sent = false;
                        return Some(Outgoing { sent, ..outgoing });
                    }
                }
            }
        }
    }

    /// The next datagram of an emulator, and whether that stands for an implementation.
    fn next_of_stations(&mut self) -> Option<(Outgoing, bool)> {
        for station in &mut self.stations {
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
                let outgoing = Outgoing {
                    from: station.address,
                    to: transmit.to,
                    bytes: transmit.bytes,
                    seen: true,
                    sent: true,
                };
                return Some((outgoing, station.tested));
            }
        }
        None
    }

    /// Shows the case a datagram that the tap has just numbered.
    pub fn tapped(
        &mut self,
        time: Time,
        frame: u32,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
    ) {
        let seen = Seen {
            frame,
            from: self.seat_at(from),
            to: self.seat_at(to),
            source: from,
            bytes,
        };
        self.play.handle_datagram(time, seen);
    }

    /// Takes a datagram for the emulator at `to`; the network has acted on those of other emulators already.
    pub fn deliver(&mut self, now: Time, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        if self.is_ours(from) {
            return self.hand_over(now, from, to, bytes);
        }
        let (sender, receiver) = (self.seat_at(from), self.seat_at(to));
        let bytes = bytes.to_vec();
        let message = Held::Arrived { from, to, bytes };
        self.network.pass(now, sender, receiver, message);
    }

    fn hand_over(&mut self, now: Time, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        if let Some(station) = self
            .stations
            .iter_mut()
            .find(|station| station.address == to)
        {
            station
                .emulator
                .endpoint()
                .handle_datagram(now, from, bytes);
        }
    }

    /// Carries out the commands that concern emulators; gives the others.
    pub fn obey(&mut self, now: Time) -> Vec<Command> {
        let mut foreign = Vec::new();
        while let Some(command) = self.play.poll_command() {
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

    /// Whether one of our sockets is there.
    pub fn is_ours(&self, address: SocketAddr) -> bool {
        self.stations
            .iter()
            .any(|station| station.address == address)
    }

    fn obey_one(&mut self, now: Time, command: Command) -> Option<Command> {
        match command {
            Command::Perform { seat, to, request } => {
                let to = self.address_of(to);
                if let Some(station) = self.station(seat)
                    && let Err(reason) = station.perform(now, &request, to)
                {
                    let text = format!(
                        "the harness's {seat} cannot send {}: {reason}",
                        request.operation.label()
                    );
                    self.play.ledger_mut().note(text);
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
                let to = self.address_of(stimulus.to);
                match self.station(seat) {
                    // an emulator has its sequence from the start
                    Some(_) if stimulus.word == "provision" => self.done(now, id, None),
                    Some(station) => {
                        let outcome = match station.perform(now, &stimulus.request, to) {
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

    fn impair(&mut self, now: Time, id: CommandId, deed: Impairment) {
        if deed.verb != NetworkVerb::Rebind {
            return self.network.impair(now, id, deed);
        }
        self.move_seat(deed.from.unwrap_or(Seat::CLIENT));
    }

    /// Gives a seat of ours its other address.
    fn move_seat(&mut self, seat: Seat) {
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

    fn done(&mut self, now: Time, id: CommandId, shown: Option<Actual>) -> Option<Command> {
        self.play.handle_outcome(now, id, Outcome::Done(shown));
        None
    }

    fn station(&mut self, seat: Seat) -> Option<&mut Station> {
        self.stations
            .iter_mut()
            .find(|station| station.seat == seat)
    }

    fn address_of(&self, seat: Seat) -> Option<SocketAddr> {
        let own = self
            .stations
            .iter()
            .find(|station| station.seat == seat)
            .map(|station| station.address);
        own.or_else(|| {
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

/// Bit in which the port of a seat that moves changes, where no socket says it.
const MOVED: u16 = 0x4000;
