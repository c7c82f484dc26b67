//! A case with its emulators, between the play and whatever carries datagrams.
//!
//! Sans-IO: the live driver and virtual time use the same stage; only who moves datagrams and time differs.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use coap::Time;
use judge::Play;
use judge::actual::Actual;
use judge::command::{Command, CommandId, Outcome};
use testcase::Seat;

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
}

impl Stage {
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
        stations.chain(self.play.poll_timeout()).min()
    }

    /// The next datagram of an emulator.
    pub fn poll_transmit(&mut self) -> Option<Outgoing> {
        for station in &mut self.stations {
            while station.emulator.endpoint().poll_event().is_some() {}
            if let Some(transmit) = station.emulator.endpoint().poll_transmit() {
                return Some(Outgoing {
                    from: station.address,
                    to: transmit.to,
                    bytes: transmit.bytes,
                });
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
        let (from, to) = (self.seat_at(from), self.seat_at(to));
        self.play.handle_datagram(time, frame, from, to, bytes);
    }

    /// Hands a datagram to the emulator at `to`.
    pub fn deliver(&mut self, now: Time, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
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
            Command::Duplicate { from, times, gap } => {
                if let Some(station) = self.station(from) {
                    station.duplicate(times, gap);
                }
                None
            }
            Command::Control { id, seat, verb } => match self.station(seat) {
                Some(station) => {
                    station.control(now, verb);
                    self.done(now, id, None)
                }
                None => Some(Command::Control { id, seat, verb }),
            },
            Command::Trigger { id, seat, stimulus } => {
                let to = self.address_of(stimulus.to);
                match self.station(seat) {
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
