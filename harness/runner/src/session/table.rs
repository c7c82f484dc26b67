//! A table: where one case is played at a time, with the harness's sockets and one program of each product.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use judge::Standing;
use judge::watch::Watch;
use testcase::{Role, Seat};
use transport::{LOOPBACK_V4, LOOPBACK_V6, UdpEndpoint};

use super::Script;
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
    /// Servers that outlive the case before.
    pub(super) servers: BTreeMap<Seat, Kept>,
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
                    (Seat::SERVER, Some(listen)) if number == 0 => listen,
                    (_, Some(listen)) => SocketAddr::new(listen.ip(), 0),
                    (_, None) => LOOPBACK_V4,
                };
                let socket = own_socket(address, &script.clock)?;
                table.server_sockets.insert(seat, Arc::new(socket));
            }
        }
        Ok(table)
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
    }
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

/// Ports that are tried at most.
const MOST_TAKEN: usize = 100;
