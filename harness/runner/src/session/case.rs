//! One case of a session: its sockets, its emulators, its implementations, and what is kept of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path as File;
use std::sync::Arc;
use std::time::Duration;

use judge::{CaseFacts, case_record};
use lwm2m::{Path, Value};
use record::{CaseRecord, Field, Verdict, WaitKind};
use testcase::{Role, Seat};
use transport::{About, Holder, Tap, TcpEndpoint, UdpEndpoint};

use super::errata;
use super::evidence::{comments, nanos, placeholders, stage_addresses};
use super::table::{Kept, Table, own_socket};
use super::{Product, Session};
use crate::casting::{Run, Seating};
use crate::error::HarnessError;
use crate::folder::sha256;
use crate::http_files::HttpFiles;
use crate::iut::{Placeholders, Reset};
use crate::keys;
use crate::live::{self, Live, Sockets};
use crate::mode::Mode;
use crate::plan::Planned;

/// Sockets of a case, and the address of every seat.
type Opened = (Vec<Arc<UdpEndpoint>>, BTreeMap<Seat, SocketAddr>);

impl Session<'_> {
    pub(super) async fn play_case(
        &self,
        table: &mut Table,
        index: usize,
        planned: &Planned,
    ) -> Result<CaseRecord, HarnessError> {
        let began = self.script.clock.real();
        let run = Arc::clone(&self.script.runs[&planned.seat]);
        let name = self.evidence(planned);
        let folder = self.folder.case(&name)?;
        let (mut endpoints, addresses) = self.sockets(table, &run, planned)?;
        let mode = run.mode(&planned.case);
        let streams = self.streams(&mode, &addresses, &endpoints).await?;
        let seating = Seating {
            copy: table.number,
            judged: planned.seat,
            addresses,
            endpoint: self.endpoint(index, &mode),
            seed: 0x7e57_fe57 ^ ((index as u64 + 1) << 20) ^ u64::from(std::process::id()),
        };
        let standing = table
            .standing
            .take()
            .filter(|_| planned.case.given.value == "registered");
        let stands = standing.is_some();
        let mut stage = run.cast(&planned.case, &seating, standing);
        table.keep_servers(&mut stage, stands);
        for seat in planned.case.rebound() {
            let spare = UdpEndpoint::bind(table.local(&self.script), self.script.clock.reader())?;
            stage.spares.insert(seat, spare.local());
            endpoints.push(Arc::new(spare));
        }
        let tap = self.tap(&folder, planned, &stage)?;
        for iut in table.iuts.values() {
            iut.log_to(&folder.join("iut.log"))?;
        }
        let mut placeholders = placeholders(&stage);
        placeholders.extend(self.key_files(&mode, &stage.play.setting().configuration)?);
        let starting = self.script.clock.real();
        ready_servers(table, &placeholders).await?;
        let started = self.script.clock.real().saturating_sub(starting);
        let sockets = Sockets::reading(endpoints, streams);
        let http = self.http_files(&run, planned, &mut stage).await;
        let hears = self.book.borrow().hears_messages();
        let hear = |message: &_| self.book.borrow_mut().passes(index, message);
        let mut played = live::play(Live {
            stage,
            tap,
            sockets: &sockets,
            implementations: &table.iuts,
            placeholders,
            clock: self.script.clock.clone(),
            stop: self.stop.clone(),
            budget: self.script.budget,
            jumps: self.script.products.iter().all(Product::is_emulated),
            hear: hears.then_some(&hear),
            orders: None,
        })
        .await;
        drop(sockets);
        drop(http);
        played.waited += started;
        self.book.borrow_mut().record.interrupted |= played.interrupted;
        self.conclude(table, &name, played, began, &mode)
    }

    /// The file server's files over HTTP, if the case names them.
    async fn http_files(
        &self,
        run: &Run,
        planned: &Planned,
        stage: &mut crate::stage::Stage,
    ) -> Option<HttpFiles> {
        let wanted = planned.case.text.contains("${file-server.http-uri}");
        let mut stations = stage.stations.iter();
        let station = stations.find(|one| wanted && one.seat == Seat::FILE_SERVER)?;
        match HttpFiles::serve(station.address, run.files()).await {
            Ok(server) => Some(server),
            Err(error) => {
                let text = format!("the file server cannot serve HTTP: {error}");
                stage.play.ledger_mut().note(text);
                None
            }
        }
    }

    fn conclude(
        &self,
        table: &mut Table,
        name: &str,
        played: live::Played,
        began: Duration,
        mode: &Mode,
    ) -> Result<CaseRecord, HarnessError> {
        let live::Played {
            mut stage,
            tap,
            waits,
            waited,
            ..
        } = played;
        let clock = self.script.clock.clone();
        let spent = || clock.real().saturating_sub(began);
        let wall = spent();
        let of = |kind: WaitKind| {
            waits
                .iter()
                .filter(|wait| wait.kind == kind)
                .map(|wait| wait.ended - wait.started)
                .sum()
        };
        let facts = CaseFacts {
            folder: name.to_owned(),
            wall_time: nanos(wall),
            jumped: waits.iter().any(|wait| wait.jumped),
            implementation: of(WaitKind::Implementation),
            operator: of(WaitKind::Operator),
            waits,
        };
        let mut case = case_record(&stage.play, facts);
        if let Some(run) = self.script.runs.values().next() {
            let played = &stage.play.setting().case;
            case.readings = errata::readings(played, &run.library, run.as_printed);
        }
        let described = mode.describe();
        if described != self.channel {
            case.bindings.push(Field::new("channel", described));
        }
        let captured = tap.finish(&comments(&case), &[])?;
        let bytes = std::fs::read(&captured.path).map_err(HarnessError::write(&captured.path))?;
        case.summary.capture_hash = sha256(&bytes);
        case.summary.expected = self
            .book
            .borrow_mut()
            .expected(&self.script.products, &case);
        case.summary.overhead = nanos(spent().saturating_sub(waited));
        self.folder.write_case(&case)?;
        table.standing = stage
            .play
            .standing()
            .filter(|_| keeps_client(table) && case.summary.verdict == Verdict::Pass);
        let lasting = table.iuts.keys().any(|seat| seat.role == Role::Client);
        for station in stage.stations.drain(..) {
            // a client under test outlives the case, and with it what a server knows of it
            if lasting && station.seat.role == Role::Server && !station.tested {
                let kept = Kept {
                    emulator: station.emulator,
                    channel: station.channel,
                };
                table.servers.insert(station.seat, kept);
            }
        }
        table.watch = table.standing.is_some().then_some(stage.watch);
        Ok(case)
    }

    /// Sockets of the case: servers keep theirs, every client gets a new one.
    fn sockets(&self, table: &Table, run: &Run, planned: &Planned) -> Result<Opened, HarnessError> {
        let (mut endpoints, mut addresses) = (Vec::new(), BTreeMap::new());
        for seat in run.emulated_seats(&planned.case) {
            let endpoint = match table.server_sockets.get(&seat) {
                Some(endpoint) => Arc::clone(endpoint),
                None => Arc::new(own_socket(table.local(&self.script), &self.script.clock)?),
            };
            addresses.insert(seat, endpoint.local());
            endpoints.push(endpoint);
        }
        for (seat, known) in &table.addresses {
            if let Some(address) = known.get(run.mode(&planned.case).scheme()) {
                addresses.insert(*seat, *address);
            }
        }
        Ok((endpoints, addresses))
    }

    /// Where the seats listen for TCP connections: at the addresses that they have in UDP.
    ///
    /// The listener of the case before may need a moment to go.
    async fn streams(
        &self,
        mode: &Mode,
        addresses: &BTreeMap<Seat, SocketAddr>,
        endpoints: &[Arc<UdpEndpoint>],
    ) -> Result<Vec<Arc<TcpEndpoint>>, HarnessError> {
        let mut streams = Vec::new();
        if !mode.is_stream() {
            return Ok(streams);
        }
        for (seat, address) in addresses {
            let ours = endpoints.iter().any(|one| one.local() == *address);
            if ours && seat.role != Role::FileServer {
                let mut tries = LISTENING;
                let endpoint = loop {
                    match TcpEndpoint::bind(*address, self.script.clock.reader()) {
                        Err(_) if tries > 0 => {
                            tries -= 1;
                            tokio::time::sleep(MOMENT).await;
                        }
                        bound => break bound?,
                    }
                };
                streams.push(Arc::new(endpoint));
            }
        }
        Ok(streams)
    }

    /// Placeholders of the mode and of the files with credentials, which are written once.
    fn key_files(
        &self,
        mode: &Mode,
        configuration: &[(Path, Value)],
    ) -> Result<Vec<(String, String)>, HarnessError> {
        if self.script.products.iter().all(Product::is_emulated) {
            return Ok(Vec::new());
        }
        let keys = self.folder.path().join("keys");
        let mut written = self.keys.borrow_mut();
        if written.is_empty() {
            *written = keys::write(&keys)?;
        }
        let mut placeholders = written.clone();
        for (name, bootstraps) in [("security", false), ("bootstrap-security", true)] {
            let security = keys::security_of(mode, configuration, bootstraps);
            placeholders.push((format!("client.{name}"), security.to_owned()));
        }
        placeholders.push(("client.transport".to_owned(), mode.transport.clone()));
        placeholders.extend(keys::of_account(&keys, mode, configuration)?);
        Ok(placeholders)
    }

    fn tap(
        &self,
        folder: &File,
        planned: &Planned,
        stage: &crate::stage::Stage,
    ) -> Result<Tap, HarnessError> {
        let about = About {
            hardware: std::env::consts::ARCH.to_owned(),
            system: std::env::consts::OS.to_owned(),
            application: format!("testfest {}", env!("CARGO_PKG_VERSION")),
            comment: format!(
                "{}, {} judged, session {}",
                planned.case.id, planned.seat, self.name
            ),
            started: self.started,
        };
        let mut tap = Tap::create(&folder.join("capture.pcapng"), about)?;
        for station in &stage.stations {
            let holder = if station.tested {
                Holder::Implementation
            } else {
                Holder::Harness
            };
            tap.seat(station.address, &station.seat.to_string(), holder);
        }
        for (seat, spare) in &stage.spares {
            tap.seat(*spare, &seat.to_string(), Holder::Harness);
        }
        for (address, seat) in &stage_addresses(stage) {
            tap.seat(*address, &seat.to_string(), Holder::Implementation);
        }
        Ok(tap)
    }

    pub(super) fn evidence(&self, planned: &Planned) -> String {
        if self.script.runs.len() > 1 {
            format!("{}/{}", planned.case.name, planned.seat)
        } else {
            planned.case.name.clone()
        }
    }

    /// The name of the case's client: the vendor's, else that of its certificate, else one of this case.
    fn endpoint(&self, index: usize, mode: &Mode) -> String {
        let own = self
            .script
            .products
            .iter()
            .find_map(|product| product.endpoint.clone());
        own.unwrap_or_else(|| match mode.main() {
            "certificate" => keys::NAME.to_owned(),
            _ => format!("testfest-{}-{}", std::process::id(), index + 1),
        })
    }
}

/// Whether a registration outlives a case: its client runs on.
fn keeps_client(table: &Table) -> bool {
    let mut clients = table
        .iuts
        .iter()
        .filter(|(seat, _)| seat.role == Role::Client);
    clients.any(|(_, iut)| iut.control().reset == Reset::PerRun)
}

/// Servers under test run before a case begins: anew if their profile says so, or if they have crashed.
///
/// Then they are told of its client, if their profile says how.
async fn ready_servers(table: &Table, placeholders: &Placeholders) -> Result<(), HarnessError> {
    for (seat, iut) in &table.iuts {
        if seat.role != Role::Client {
            if iut.control().starts_anew() {
                iut.stop(placeholders).await?;
            }
            iut.start(placeholders).await?;
            if iut.has_trigger(ACCOUNT) {
                iut.trigger(ACCOUNT, placeholders).await?;
            }
        }
    }
    Ok(())
}

/// The trigger that tells a server under test of the client of a case.
const ACCOUNT: &str = "account";
/// How often a port that a listener still holds is tried again.
const LISTENING: u32 = 100;
/// Between two such tries.
const MOMENT: Duration = Duration::from_millis(5);
