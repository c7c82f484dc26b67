//! One case of a session: its sockets, its emulators, its implementations, and what is kept of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path as File, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use judge::{CaseFacts, case_record};
use lwm2m::{Path, Value};
use record::{CaseRecord, Field, Verdict, WaitKind};
use testcase::{Role, Seat};
use transport::{About, Holder, Tap, TcpEndpoint, UdpEndpoint};

use super::errata;
use super::evidence::{self, comments_of_all, nanos, placeholders, stage_addresses};
use super::table::{Kept, Table, own_socket};
use super::{Product, Session};
use crate::casting::told::own_place;
use crate::casting::{Run, Seating};
use crate::error::HarnessError;
use crate::folder::sha256;
use crate::http_files::HttpFiles;
use crate::iut::{Placeholders, Reset};
use crate::key_logs::KeyLogs;
use crate::keys;
use crate::live::{self, Live, Relays, Sockets, StreamRelays};
use crate::mode::Mode;
use crate::plan::Planned;

/// Sockets of a case, and the address of every seat.
type Opened = (Vec<Arc<UdpEndpoint>>, BTreeMap<Seat, SocketAddr>);

impl Session<'_> {
    /// Plays a case for the seats of `together`, which are judged by one dialogue; gives a record for each.
    pub(super) async fn play_case(
        &self,
        table: &mut Table,
        index: usize,
        together: &[Planned],
    ) -> Result<Vec<CaseRecord>, HarnessError> {
        let Some((planned, others)) = together.split_first() else {
            return Ok(Vec::new());
        };
        let began = self.script.clock.real();
        let run = Arc::clone(&self.script.runs[&planned.seat]);
        let names: Vec<String> = together.iter().map(|one| self.evidence(one)).collect();
        let folders = names.iter().map(|name| self.folder.case(name));
        let folders: Vec<PathBuf> = folders.collect::<Result<_, _>>()?;
        let (mut endpoints, addresses) = self.sockets(table, &run, planned)?;
        let mode = run.mode(&planned.case);
        let streams = self.streams(&mode, &addresses, &endpoints).await?;
        let relays = table.relays_of(mode.scheme());
        let stream_relays = table.stream_relays_of(mode.scheme());
        let datagrams = relays.iter();
        let datagrams = datagrams.map(|(seat, relay)| (*seat, relay.local(), relay.server()));
        let streaming = stream_relays.iter();
        let streaming = streaming.map(|(seat, relay)| (*seat, relay.local(), relay.server()));
        let relayed: Vec<_> = datagrams.chain(streaming).collect();
        let fronts = relayed.iter().map(|(seat, front, _)| (*seat, *front));
        let seating = Seating {
            copy: table.number,
            judged: planned.seat,
            relays: fronts.collect(),
            ends: BTreeMap::new(),
            addresses,
            endpoint: self.endpoint(index, &run, &mode),
            seed: 0x7e57_fe57 ^ ((index as u64 + 1) << 20) ^ u64::from(std::process::id()),
        };
        let standing = table
            .standing
            .take()
            .filter(|_| planned.case.given.value == "registered");
        let stands = standing.is_some();
        let beside: Vec<Seat> = others.iter().map(|one| one.seat).collect();
        let mut stage = run.cast_for(&planned.case, &seating, &beside, standing);
        let mut placed = evidence::placed(&seating, stands);
        table.keep_servers(&mut stage, stands);
        let spoil = self.script.spoil.as_ref();
        if let Some((seat, defect)) = spoil.and_then(|spoil| spoil(&planned.case)) {
            run.spoil(&mut stage, &planned.case, &seating, seat, defect);
        }
        for seat in planned.case.rebound() {
            let spare = UdpEndpoint::bind(table.local(&self.script), self.script.clock.reader())?;
            stage.spares.insert(seat, spare.local());
            endpoints.push(Arc::new(spare));
        }
        let tap = self.tap(&folders, together, &stage, &relayed)?;
        for (seat, iut) in &table.iuts {
            // each has its own judgement beside its own log
            let own = together.iter().position(|one| one.seat == *seat);
            let at = own.unwrap_or_default();
            if let Some(folder) = folders.get(at) {
                let log = match (own, table.iuts.len()) {
                    (Some(_), _) | (None, 1) => LOG.to_owned(),
                    (None, _) => format!("{seat}-{LOG}"),
                };
                iut.log_to(&folder.join(log))?;
            }
        }
        let mut placeholders = placeholders(&stage);
        placeholders.extend(self.key_files(&mode, &stage.play.setting().configuration)?);
        let own_places = own_places(&seating, &mode);
        let starting = self.script.clock.real();
        ready_servers(table, &placeholders, &own_places).await?;
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
            own_places,
            relays: Relays {
                relays,
                relayed: table.relayed.as_ref(),
                key_logs: match mode.is_secured() {
                    true => KeyLogs::of(&self.script.key_logs),
                    false => KeyLogs::default(),
                },
            },
            stream_relays: StreamRelays(stream_relays),
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
        evidence::end_of(&mut placed, &played.stage, self.started);
        self.conclude(table, &names, played, began, (&mode, placed))
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
                stage.play.note(&text);
                None
            }
        }
    }

    fn conclude(
        &self,
        table: &mut Table,
        names: &[String],
        played: live::Played,
        began: Duration,
        (mode, seating): (&Mode, record::Seating),
    ) -> Result<Vec<CaseRecord>, HarnessError> {
        let live::Played {
            mut stage,
            tap,
            waits,
            waited,
            marks,
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
        let described = mode.describe();
        let ended = !stage.bridges.is_empty();
        stage.play.weigh();
        let plays = stage.play.judged().zip(names);
        let cases = plays.map(|(play, name)| {
            let facts = CaseFacts {
                folder: name.clone(),
                wall_time: nanos(wall),
                jumped: waits.iter().any(|wait| wait.jumped),
                implementation: of(WaitKind::Implementation),
                operator: of(WaitKind::Operator),
                waits: waits.clone(),
            };
            let mut case = case_record(play, facts);
            if let Some(run) = self.script.runs.values().next() {
                let played = &play.setting().case;
                case.readings = errata::readings(played, &run.library, run.as_printed);
            }
            case.seating = Some(seating.clone());
            if described != self.channel {
                case.bindings.push(Field::new("channel", described.clone()));
            }
            if ended {
                let text = "ended by the harness on both sides (--terminate)";
                case.bindings.push(Field::new("sessions", text));
            }
            case
        });
        let mut cases: Vec<CaseRecord> = cases.collect();
        let mut comments = comments_of_all(&cases);
        comments.extend(marks);
        let captured = tap.finish(&comments, &[])?;
        let bytes = std::fs::read(&captured.path).map_err(HarnessError::write(&captured.path))?;
        let hash = sha256(&bytes);
        for (case, name) in cases.iter_mut().zip(names) {
            let copy = self.folder.case(name)?.join(CAPTURE);
            if copy != captured.path {
                std::fs::write(&copy, &bytes).map_err(HarnessError::write(&copy))?;
            }
            case.summary.capture_hash.clone_from(&hash);
            case.summary.expected = self.book.borrow_mut().expected(&self.script.products, case);
            case.summary.overhead = nanos(spent().saturating_sub(waited));
            self.folder.write_case(case)?;
        }
        let passed = cases
            .iter()
            .all(|case| case.summary.verdict == Verdict::Pass);
        table.standing = stage
            .play
            .standing()
            .filter(|_| keeps_client(table) && passed);
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
        let stands = table.standing.is_some();
        table.bridges = std::mem::take(&mut stage.bridges);
        table.bridges.retain(|_, _| stands);
        table.ends = std::mem::take(&mut stage.ends);
        table.ends.retain(|_, _| stands);
        table.watch = stands.then_some(stage.watch);
        for before in &table.relays {
            before.relay.hold(ended);
            if !keeps_client(table) {
                before.relay.forget();
            }
        }
        for before in &table.stream_relays {
            if !keeps_client(table) {
                before.relay.forget();
            }
        }
        Ok(cases)
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
        folders: &[PathBuf],
        together: &[Planned],
        stage: &crate::stage::Stage,
        relays: &[(Seat, SocketAddr, SocketAddr)],
    ) -> Result<Tap, HarnessError> {
        let judged: Vec<String> = together.iter().map(|one| one.seat.to_string()).collect();
        let id = together.first().map_or("", |planned| &planned.case.id);
        let folder = folders.first().map_or(File::new("."), PathBuf::as_path);
        let relayed = relays.iter().map(|(seat, local, server)| {
            if stage.bridges.contains_key(seat) {
                return format!("\nrelay at {local}: ends the DTLS sessions of clients, and has sessions of its own with the {seat} at {server}");
            }
            format!("\nrelay at {local}: what clients send there goes on to the {seat} at {server}, under their own addresses here")
        });
        let about = About {
            hardware: std::env::consts::ARCH.to_owned(),
            system: std::env::consts::OS.to_owned(),
            application: format!("testfest {}", env!("CARGO_PKG_VERSION")),
            comment: format!(
                "{id}, {} judged, session {}{}",
                judged.join(" and "),
                self.name,
                relayed.collect::<String>()
            ),
            started: self.started,
        };
        let mut tap = Tap::create(&folder.join(CAPTURE), about)?;
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
        for (_, local, _) in relays {
            tap.seat(*local, "relay", Holder::Harness);
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
    ///
    /// A server of somebody else lets a client register by no other name than that of its certificate (Transport TS, 5.2.9.4.3).
    fn endpoint(&self, index: usize, run: &Run, mode: &Mode) -> String {
        if run.hands_out_certificate(mode) && run.hands_out_name() {
            return keys::NAME.to_owned();
        }
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
async fn ready_servers(
    table: &Table,
    placeholders: &Placeholders,
    own_places: &BTreeMap<Seat, Placeholders>,
) -> Result<(), HarnessError> {
    for (seat, iut) in &table.iuts {
        if seat.role != Role::Client {
            let mut placeholders = placeholders.clone();
            placeholders.extend(
                own_places
                    .get(seat)
                    .into_iter()
                    .flatten()
                    .map(|(name, text)| (name.clone(), text.clone())),
            );
            let placeholders = &placeholders;
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

/// What servers behind relays are told of their own places.
fn own_places(seating: &Seating, mode: &Mode) -> BTreeMap<Seat, Placeholders> {
    let relayed = seating.relays.keys();
    let places = relayed.filter_map(|seat| {
        let address = seating.addresses.get(seat)?;
        Some((*seat, own_place(*seat, *address, mode.scheme())))
    });
    places.collect()
}

/// What the output of an implementation is kept in.
const LOG: &str = "iut.log";
/// What is kept of the wire.
const CAPTURE: &str = "capture.pcapng";
/// The trigger that tells a server under test of the client of a case.
const ACCOUNT: &str = "account";
/// How often a port that a listener still holds is tried again.
const LISTENING: u32 = 100;
/// Between two such tries.
const MOMENT: Duration = Duration::from_millis(5);
