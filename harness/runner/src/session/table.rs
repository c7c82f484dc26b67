//! A table: where one case is played at a time, with the harness's sockets and one program of each product.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use judge::Standing;
use judge::watch::Watch;
use testcase::{Role, Seat};
use tokio::sync::mpsc;
use transport::{LOOPBACK_V4, LOOPBACK_V6, Relay, Relayed, StreamRelay, UdpEndpoint};

use super::Script;
use crate::bridge::Bridge;
use crate::channel::Channel;
use crate::clock::RunClock;
use crate::error::HarnessError;
use crate::iut::Iut;
use crate::stage::Stage;
use crate::station::Emulator;

/// A place at which cases are played one after the other.
#[derive(Default)]
pub(super) struct Table {
    /// Which one it is, from 0.
    pub(super) number: usize,
    /// Programs under test.
    pub(super) iuts: BTreeMap<Seat, Arc<Iut>>,
    /// Where servers under test listen, by scheme.
    pub(super) addresses: BTreeMap<Seat, BTreeMap<&'static str, SocketAddr>>,
    /// Sockets of the harness's servers, which outlive a case.
    pub(super) server_sockets: BTreeMap<Seat, Arc<UdpEndpoint>>,
    /// A registration that outlives the case which made it.
    pub(super) standing: Option<Standing>,
    /// What a registration that stands was made under, so that its session can still be read.
    pub(super) watch: Option<Watch>,
    /// What ended the sessions that a registration that stands was made in, and where.
    pub(super) bridges: BTreeMap<Seat, Bridge>,
    pub(super) ends: BTreeMap<SocketAddr, SocketAddr>,
    /// Servers that outlive the case before.
    pub(super) servers: BTreeMap<Seat, Kept>,
    /// Relays before servers that are implementations, if the client is one too.
    pub(super) relays: Vec<Before<Relay>>,
    /// The same for connections.
    pub(super) stream_relays: Vec<Before<StreamRelay>>,
    /// What comes to the relays.
    pub(super) relayed: Option<tokio::sync::Mutex<mpsc::Receiver<Relayed>>>,
}

/// A relay before a server.
pub(super) struct Before<R> {
    pub(super) seat: Seat,
    /// What the server speaks there; `None` if it speaks everything at one address.
    scheme: Option<&'static str>,
    pub(super) relay: Arc<R>,
}

/// A server of the harness that outlives a case.
pub(super) struct Kept {
    pub(super) emulator: Emulator,
    pub(super) channel: Channel,
}

impl Table {
    /// The table `number`, from 0, with its sockets open; the first one is at the address that the script names.
    pub(super) fn open(script: &Script, number: usize) -> Result<Self, HarnessError> {
        let mut table = Self {
            number,
            ..Self::default()
        };
        for product in &script.products {
            if let Some(program) = product.programs.get(number) {
                table.iuts.insert(product.seat, Arc::clone(&program.iut));
                table
                    .addresses
                    .insert(product.seat, program.addresses.clone());
            }
        }
        for planned in &script.plan.selected {
            let run = &script.runs[&planned.seat];
            for seat in run.emulated_seats(&planned.case) {
                if seat.role == Role::Client || table.server_sockets.contains_key(&seat) {
                    continue;
                }
                let address = match (seat, script.listen) {
                    (Seat::SERVER, Some(listen)) if number == 0 && !run.is_pair() => listen,
                    (_, Some(listen)) => SocketAddr::new(listen.ip(), 0),
                    (_, None) => LOOPBACK_V4,
                };
                let socket = own_socket(address, &script.clock)?;
                table.server_sockets.insert(seat, Arc::new(socket));
            }
        }
        table.open_relays(script)?;
        Ok(table)
    }

    /// Puts a relay before every address of a server that is an implementation, if the client is one too.
    fn open_relays(&mut self, script: &Script) -> Result<(), HarnessError> {
        let mut runs = script.runs.values();
        let Some(run) = runs.find(|run| run.is_pair()) else {
            return Ok(());
        };
        let (sender, relayed) = mpsc::channel(MOST_RELAYED);
        self.relayed = Some(tokio::sync::Mutex::new(relayed));
        let mut servers: Vec<(Seat, Option<&'static str>, SocketAddr)> = Vec::new();
        for seat in run
            .implementations
            .keys()
            .filter(|seat| seat.role != Role::Client)
        {
            let known = self.addresses.get(seat).into_iter().flatten();
            servers.extend(known.map(|(scheme, address)| (*seat, Some(*scheme), *address)));
            let own = self.server_sockets.get(seat);
            servers.extend(own.map(|socket| (*seat, None, socket.local())));
        }
        let planned = script.plan.selected.iter();
        let schemes: BTreeSet<&str> = planned
            .map(|one| script.runs[&one.seat].mode(&one.case).scheme())
            .collect();
        for (seat, scheme, server) in servers {
            // what a server speaks at one address it speaks over UDP and TCP
            if scheme.is_none_or(|scheme| !is_stream(scheme)) {
                let fronts = self.relays.iter().map(|one| one.relay.local());
                let listen = self.front(script, (seat, server), fronts);
                let clock = script.clock.reader();
                let relay = Arc::new(Relay::open(listen, server, clock, sender.clone())?);
                self.relays.push(Before {
                    seat,
                    scheme,
                    relay,
                });
            }
            let mut known = schemes.iter().filter(|known| is_stream(known));
            if known.any(|known| scheme.is_none_or(|scheme| scheme == *known)) {
                let fronts = self.stream_relays.iter().map(|one| one.relay.local());
                let listen = self.front(script, (seat, server), fronts);
                let clock = script.clock.reader();
                let relay = Arc::new(StreamRelay::open(listen, server, clock, sender.clone())?);
                self.stream_relays.push(Before {
                    seat,
                    scheme,
                    relay,
                });
            }
        }
        Ok(())
    }

    /// Where clients are to reach a server behind a relay, beside those that are `taken`.
    fn front(
        &self,
        script: &Script,
        (seat, server): (Seat, SocketAddr),
        mut taken: impl Iterator<Item = SocketAddr>,
    ) -> SocketAddr {
        let listen = match (script.listen, server) {
            // the address that clients on a network are told
            (Some(listen), _) if self.number == 0 && seat == Seat::SERVER => listen,
            (Some(listen), _) => SocketAddr::new(listen.ip(), 0),
            (None, SocketAddr::V4(_)) => LOOPBACK_V4,
            (None, SocketAddr::V6(_)) => LOOPBACK_V6,
        };
        // one port for each scheme
        match taken.any(|known| known == listen) {
            true => SocketAddr::new(listen.ip(), 0),
            false => listen,
        }
    }

    /// The relays that a case goes through in which servers speak `scheme`.
    pub(super) fn relays_of(&self, scheme: &str) -> Vec<(Seat, Arc<Relay>)> {
        match is_stream(scheme) {
            true => Vec::new(),
            false => fitting(&self.relays, scheme),
        }
    }

    /// The same, if they speak over TCP.
    pub(super) fn stream_relays_of(&self, scheme: &str) -> Vec<(Seat, Arc<StreamRelay>)> {
        match is_stream(scheme) {
            true => fitting(&self.stream_relays, scheme),
            false => Vec::new(),
        }
    }

    /// An address of our own that reaches a server under test.
    pub(super) fn local(&self, script: &Script) -> SocketAddr {
        let mut addresses = self.addresses.values().flat_map(BTreeMap::values);
        match addresses.next() {
            Some(address) if address.is_ipv6() => LOOPBACK_V6,
            Some(_) => LOOPBACK_V4,
            None => script
                .listen
                .map_or(LOOPBACK_V4, |listen| SocketAddr::new(listen.ip(), 0)),
        }
    }

    /// Puts the servers of the case before back, with what they know.
    ///
    /// With a registration that stands goes the session that it was made in.
    pub(super) fn keep_servers(&mut self, stage: &mut Stage, stands: bool) {
        for station in &mut stage.stations {
            if station.tested {
                continue;
            }
            if let Some(mut kept) = self.servers.remove(&station.seat) {
                kept.emulator.endpoint().reset_case();
                station.emulator = kept.emulator;
                if stands {
                    station.channel = kept.channel;
                }
                station.be_absent();
            }
        }
        if let Some(watch) = self.watch.take().filter(|_| stands) {
            stage.watch = watch;
        }
        let bridges = std::mem::take(&mut self.bridges);
        let ends = std::mem::take(&mut self.ends);
        if stands && !bridges.is_empty() && !stage.bridges.is_empty() {
            stage.bridges = bridges;
            stage.ends = ends;
        }
        for (own, other) in &stage.ends {
            stage.watch.stand_in(*own, *other);
        }
    }
}

/// The relays before servers that speak `scheme` there.
fn fitting<R>(relays: &[Before<R>], scheme: &str) -> Vec<(Seat, Arc<R>)> {
    let relays = relays.iter();
    let fitting = relays.filter(|one| one.scheme.is_none_or(|known| known == scheme));
    fitting
        .map(|one| (one.seat, Arc::clone(&one.relay)))
        .collect()
}

/// Whether a scheme is one of CoAP over TCP (RFC 8323, 8).
fn is_stream(scheme: &str) -> bool {
    scheme.ends_with("+tcp")
}

/// A socket of the harness; a port that the system chooses is one that TCP has free as well, for cases that are played over it.
///
/// A connection that is over keeps its port for a while.
pub(super) fn own_socket(
    address: SocketAddr,
    clock: &RunClock,
) -> Result<UdpEndpoint, HarnessError> {
    let mut taken = Vec::new();
    loop {
        let endpoint = UdpEndpoint::bind(address, clock.reader())?;
        let is_free = std::net::TcpListener::bind(endpoint.local()).is_ok();
        if is_free || address.port() != 0 || taken.len() == MOST_TAKEN {
            return Ok(endpoint);
        }
        taken.push(endpoint);
    }
}

/// Datagrams that may wait at the relays to be seen.
const MOST_RELAYED: usize = 4_096;
/// Ports that are tried at most.
const MOST_TAKEN: usize = 100;
