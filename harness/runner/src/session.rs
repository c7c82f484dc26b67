//! A session: the cases of a plan, one after the other, with a record that is valid after each of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use judge::actual::Actual;
use judge::{CaseFacts, Standing, case_record};
use record::{
    CaseRecord, Environment, Expected, Field, Implementation, RunParameters, SessionRecord,
    Verdict, WaitKind,
};
use testcase::{Role, Seat};
use transport::{About, Holder, LOOPBACK_V4, Tap, UdpEndpoint};

use crate::casting::{Run, Seating};
use crate::clock::RunClock;
use crate::error::HarnessError;
use crate::folder::{Folder, sha256};
use crate::iut::{Iut, Placeholders, Reset};
use crate::live::{self, Live, Sockets};
use crate::plan::{Plan, Planned};
use crate::station::Emulator;
use crate::stop::Stop;

/// A product that takes a seat.
pub struct Product {
    /// The seat.
    pub seat: Seat,
    /// For the record.
    pub description: Implementation,
    /// How it is controlled; `None` for an embedded emulator.
    pub iut: Option<Arc<Iut>>,
    /// Where it listens, if it is a server.
    pub address: Option<SocketAddr>,
    /// Endpoint Client Name that it insists on.
    pub endpoint: Option<String>,
    /// Deviations that are agreed.
    pub expected: Vec<Deviation>,
}

/// An agreed deviation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// Name or identifier of the case.
    pub case: String,
    /// Letter; any if there is none.
    pub criterion: Option<String>,
    /// The verdict that is agreed.
    pub verdict: Verdict,
    /// Reason.
    pub reason: String,
    /// Ticket.
    pub ticket: String,
}

/// What a session is made of.
pub struct Script {
    /// The run as each judged seat sees it.
    pub runs: BTreeMap<Seat, Arc<Run>>,
    /// The cases.
    pub plan: Plan,
    /// Products.
    pub products: Vec<Product>,
    /// Folder of sessions.
    pub out: PathBuf,
    /// What the session is called behind its time.
    pub label: String,
    /// Parameters for the record.
    pub parameters: RunParameters,
    /// SHA-256 over the cases in use.
    pub cases_hash: String,
    /// Where the harness's server listens.
    pub listen: Option<SocketAddr>,
    /// When the session ends at the latest.
    pub budget: Option<Duration>,
    /// The run's clock, which products share.
    pub clock: RunClock,
}

/// Hears of a session as it goes.
pub trait Observer {
    /// The session has begun.
    fn began(&mut self, session: &SessionRecord, folder: &Path);
    /// A case begins; `index` counts from 0.
    fn case_begins(&mut self, index: usize, planned: &Planned);
    /// A case has ended.
    fn case_ended(&mut self, index: usize, case: &CaseRecord);
}

/// Sockets of a case, and the address of every seat.
type Opened = (Vec<Arc<UdpEndpoint>>, BTreeMap<Seat, SocketAddr>);

struct Session<'a> {
    script: Script,
    folder: Folder,
    record: SessionRecord,
    stop: Stop,
    observer: &'a mut dyn Observer,
    server_sockets: BTreeMap<Seat, Arc<UdpEndpoint>>,
    servers: BTreeMap<Seat, Emulator>,
    standing: Option<Standing>,
    started: SystemTime,
    used: Vec<bool>,
}

/// Plays every case of the plan; gives the record and the session's folder.
pub async fn play(
    script: Script,
    stop: Stop,
    observer: &mut dyn Observer,
) -> Result<(SessionRecord, PathBuf), HarnessError> {
    let started = SystemTime::now();
    let name = session_name(&script.label, started);
    // sockets first: an address in use leaves no folder behind
    let server_sockets = open_servers(&script)?;
    let folder = Folder::create(&script.out, &name)?;
    let record = first_record(&script, &name, started, &server_sockets);
    folder.write_session(&record)?;
    observer.began(&record, folder.path());
    let deviations = script
        .products
        .iter()
        .map(|product| product.expected.len())
        .sum();
    let mut session = Session {
        script,
        folder,
        record,
        stop,
        observer,
        server_sockets,
        servers: BTreeMap::new(),
        standing: None,
        started,
        used: vec![false; deviations],
    };
    let outcome = session.play_all().await;
    session.end().await;
    outcome?;
    Ok((session.record, session.folder.path().to_owned()))
}

impl Session<'_> {
    async fn play_all(&mut self) -> Result<(), HarnessError> {
        let planned = self.script.plan.selected.clone();
        for (index, planned) in planned.iter().enumerate() {
            if self.stop.is_requested() {
                self.record.interrupted = true;
                break;
            }
            self.observer.case_begins(index, planned);
            let case = if self.is_out_of_time() {
                self.out_of_time(planned)?
            } else {
                self.play_case(index, planned).await?
            };
            self.record.cases.push(case.summary.clone());
            self.record.wall_time = nanos(self.script.clock.real());
            self.folder.write_session(&self.record)?;
            self.observer.case_ended(index, &case);
            if self.record.interrupted {
                break;
            }
        }
        Ok(())
    }

    async fn play_case(
        &mut self,
        index: usize,
        planned: &Planned,
    ) -> Result<CaseRecord, HarnessError> {
        let began = self.script.clock.real();
        let run = Arc::clone(&self.script.runs[&planned.seat]);
        let name = self.evidence(planned);
        let folder = self.folder.case(&name)?;
        let (endpoints, addresses) = self.sockets(&run, planned)?;
        let seating = Seating {
            judged: planned.seat,
            addresses,
            endpoint: self.endpoint(index),
            seed: 0x7e57_fe57 ^ ((index as u64 + 1) << 20) ^ u64::from(std::process::id()),
        };
        let standing = self
            .standing
            .take()
            .filter(|_| planned.case.given.value == "registered");
        let mut stage = run.cast(&planned.case, &seating, standing);
        self.keep_servers(&mut stage);
        let tap = self.tap(&folder, planned, &stage)?;
        let implementations = self.implementations(&folder)?;
        let placeholders = placeholders(&stage);
        self.ready_servers(&placeholders).await?;
        let sockets = Sockets::reading(endpoints);
        let played = live::play(Live {
            stage,
            tap,
            sockets: &sockets,
            implementations: &implementations,
            placeholders,
            clock: self.script.clock.clone(),
            stop: self.stop.clone(),
            budget: self.script.budget,
            jumps: self
                .script
                .products
                .iter()
                .all(|product| product.iut.is_none()),
        })
        .await;
        drop(sockets);
        self.record.interrupted |= played.interrupted;
        self.conclude(
            &name,
            played,
            self.script.clock.real().saturating_sub(began),
        )
        .await
    }

    async fn conclude(
        &mut self,
        name: &str,
        played: live::Played,
        wall: Duration,
    ) -> Result<CaseRecord, HarnessError> {
        let live::Played {
            mut stage,
            tap,
            waits,
            ..
        } = played;
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
        let captured = tap.finish(&comments(&case), &[])?;
        let bytes = std::fs::read(&captured.path).map_err(HarnessError::write(&captured.path))?;
        case.summary.capture_hash = sha256(&bytes);
        case.summary.expected = self.expected(&case);
        self.folder.write_case(&case)?;
        self.standing = stage
            .play
            .standing()
            .filter(|_| self.keeps_client() && case.summary.verdict == Verdict::Pass);
        let lasting = self
            .script
            .products
            .iter()
            .any(|product| product.seat.role == Role::Client && product.iut.is_some());
        for station in stage.stations.drain(..) {
            // a client under test outlives the case, and with it what a server knows of it
            if lasting && station.seat.role == Role::Server && !station.tested {
                self.servers.insert(station.seat, station.emulator);
            }
        }
        Ok(case)
    }

    fn keeps_client(&self) -> bool {
        self.script
            .products
            .iter()
            .filter_map(|product| {
                product
                    .iut
                    .as_ref()
                    .filter(|_| product.seat.role == Role::Client)
            })
            .any(|iut| iut.control().reset == Reset::PerRun)
    }

    /// Puts the servers of the case before back, with what they know.
    fn keep_servers(&mut self, stage: &mut crate::stage::Stage) {
        for station in &mut stage.stations {
            if station.tested {
                continue;
            }
            if let Some(mut kept) = self.servers.remove(&station.seat) {
                kept.endpoint().reset_case();
                station.emulator = kept;
            }
        }
    }

    fn implementations(&self, folder: &Path) -> Result<BTreeMap<Seat, Arc<Iut>>, HarnessError> {
        let mut implementations = BTreeMap::new();
        for product in &self.script.products {
            if let Some(iut) = &product.iut {
                iut.log_to(&folder.join("iut.log"))?;
                implementations.insert(product.seat, Arc::clone(iut));
            }
        }
        Ok(implementations)
    }

    /// Servers under test run before a case begins; a crashed one is started again.
    async fn ready_servers(&self, placeholders: &Placeholders) -> Result<(), HarnessError> {
        for product in &self.script.products {
            if let (true, Some(iut)) = (product.seat.role != Role::Client, &product.iut) {
                iut.start(placeholders).await?;
            }
        }
        Ok(())
    }

    /// Sockets of the case: servers keep theirs, every client gets a new one.
    fn sockets(&self, run: &Run, planned: &Planned) -> Result<Opened, HarnessError> {
        let (mut endpoints, mut addresses) = (Vec::new(), BTreeMap::new());
        for seat in run.emulated_seats(&planned.case) {
            let endpoint = match self.server_sockets.get(&seat) {
                Some(endpoint) => Arc::clone(endpoint),
                None => Arc::new(UdpEndpoint::bind(self.local(), self.script.clock.reader())?),
            };
            addresses.insert(seat, endpoint.local());
            endpoints.push(endpoint);
        }
        for product in &self.script.products {
            if let Some(address) = product.address {
                addresses.insert(product.seat, address);
            }
        }
        Ok((endpoints, addresses))
    }

    /// An address of our own that reaches a server under test.
    fn local(&self) -> SocketAddr {
        let server = self
            .script
            .products
            .iter()
            .find_map(|product| product.address);
        match server {
            Some(address) if address.is_ipv6() => transport::LOOPBACK_V6,
            Some(_) => LOOPBACK_V4,
            None => self
                .script
                .listen
                .map_or(LOOPBACK_V4, |listen| SocketAddr::new(listen.ip(), 0)),
        }
    }

    fn tap(
        &self,
        folder: &Path,
        planned: &Planned,
        stage: &crate::stage::Stage,
    ) -> Result<Tap, HarnessError> {
        let about = About {
            hardware: std::env::consts::ARCH.to_owned(),
            system: std::env::consts::OS.to_owned(),
            application: format!("testfest {}", env!("CARGO_PKG_VERSION")),
            comment: format!(
                "{}, {} judged, session {}",
                planned.case.id, planned.seat, self.record.name
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
        for (address, seat) in &stage_addresses(stage) {
            tap.seat(*address, &seat.to_string(), Holder::Implementation);
        }
        Ok(tap)
    }

    fn evidence(&self, planned: &Planned) -> String {
        if self.script.runs.len() > 1 {
            format!("{}/{}", planned.case.name, planned.seat)
        } else {
            planned.case.name.clone()
        }
    }

    fn endpoint(&self, index: usize) -> String {
        let own = self
            .script
            .products
            .iter()
            .find_map(|product| product.endpoint.clone());
        own.unwrap_or_else(|| format!("testfest-{}-{}", std::process::id(), index + 1))
    }

    fn is_out_of_time(&self) -> bool {
        self.script
            .budget
            .is_some_and(|budget| self.script.clock.real() >= budget)
    }

    fn out_of_time(&mut self, planned: &Planned) -> Result<CaseRecord, HarnessError> {
        let name = self.evidence(planned);
        self.folder.case(&name)?;
        let run = Arc::clone(&self.script.runs[&planned.seat]);
        let seating = Seating {
            judged: planned.seat,
            addresses: BTreeMap::new(),
            endpoint: String::new(),
            seed: 0,
        };
        let mut stage = run.cast(&planned.case, &seating, None);
        stage.play.ledger_mut().force(
            Verdict::OutOfTime,
            "the session's budget ended before the case began",
        );
        let facts = CaseFacts {
            folder: name,
            wall_time: 0,
            jumped: false,
            implementation: 0,
            operator: 0,
            waits: Vec::new(),
        };
        let mut case = case_record(&stage.play, facts);
        case.summary.verdict = Verdict::OutOfTime;
        case.summary.tool = Verdict::OutOfTime;
        self.folder.write_case(&case)?;
        Ok(case)
    }

    /// The agreed deviation that this outcome is, if it is one.
    fn expected(&mut self, case: &CaseRecord) -> Option<Expected> {
        let mut number = 0;
        for product in &self.script.products {
            for deviation in &product.expected {
                if product.seat.to_string() == case.summary.seat && deviation.is(case) {
                    if let Some(used) = self.used.get_mut(number) {
                        *used = true;
                    }
                    return Some(Expected {
                        reason: deviation.reason.clone(),
                        ticket: deviation.ticket.clone(),
                    });
                }
                number += 1;
            }
        }
        None
    }

    /// Stops everything and closes the record.
    async fn end(&mut self) {
        for product in &self.script.products {
            if let Some(iut) = &product.iut
                && let Err(error) = iut.stop(&Placeholders::new()).await
            {
                self.record.remarks.push(error.to_string());
            }
        }
        self.note_stale();
        self.record.wall_time = nanos(self.script.clock.real());
        self.record.ended = Some(timestamp(SystemTime::now()));
        if let Err(error) = self.folder.write_session(&self.record) {
            self.record.remarks.push(error.to_string());
        }
    }

    /// Says which agreed deviations no longer happen, of those whose case was played.
    fn note_stale(&mut self) {
        let mut number = 0;
        for product in &self.script.products {
            for deviation in &product.expected {
                let played = self.record.cases.iter().any(|case| {
                    deviation.names(&case.case, &case.id) && case.seat == product.seat.to_string()
                });
                if played && !self.used[number] {
                    self.record
                        .stale
                        .push(format!("{}: {}", deviation.case, deviation.reason));
                }
                number += 1;
            }
        }
    }
}

impl Deviation {
    fn names(&self, case: &str, id: &str) -> bool {
        let last = case.rsplit('/').next().unwrap_or(case);
        self.case == case
            || self.case == id
            || self.case == last
            || last.starts_with(&format!("{}-", self.case))
    }

    fn is(&self, case: &CaseRecord) -> bool {
        let summary = &case.summary;
        let letter = self.criterion.as_ref().is_none_or(|letter| {
            summary.criteria.iter().any(|found| {
                found.letter == *letter
                    && (found.verdict == Some(self.verdict) || found.verdict.is_none())
            })
        });
        self.names(&summary.case, &summary.id) && summary.verdict == self.verdict && letter
    }
}

fn open_servers(script: &Script) -> Result<BTreeMap<Seat, Arc<UdpEndpoint>>, HarnessError> {
    let mut sockets = BTreeMap::new();
    for planned in &script.plan.selected {
        let run = &script.runs[&planned.seat];
        for seat in run.emulated_seats(&planned.case) {
            if seat.role == Role::Client || sockets.contains_key(&seat) {
                continue;
            }
            let address = match (seat.number, script.listen) {
                (1, Some(listen)) => listen,
                (_, Some(listen)) => SocketAddr::new(listen.ip(), 0),
                (_, None) => LOOPBACK_V4,
            };
            let endpoint = UdpEndpoint::bind(address, script.clock.reader())?;
            sockets.insert(seat, Arc::new(endpoint));
        }
    }
    Ok(sockets)
}

fn first_record(
    script: &Script,
    name: &str,
    started: SystemTime,
    sockets: &BTreeMap<Seat, Arc<UdpEndpoint>>,
) -> SessionRecord {
    SessionRecord {
        format: record::FORMAT,
        harness: env!("CARGO_PKG_VERSION").to_owned(),
        cases_hash: script.cases_hash.clone(),
        name: name.to_owned(),
        started: timestamp(started),
        ended: None,
        interrupted: false,
        wall_time: 0,
        parameters: script.parameters.clone(),
        implementations: script
            .products
            .iter()
            .map(|product| product.description.clone())
            .collect(),
        environment: Environment {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            addresses: sockets
                .iter()
                .map(|(seat, socket)| Field::new(seat.to_string(), socket.local().to_string()))
                .collect(),
        },
        planned: script.plan.cases(),
        cases: Vec::new(),
        not_selected: script.plan.not_selected.clone(),
        remarks: Vec::new(),
        stale: Vec::new(),
    }
}

/// Comments for the capture: which step a frame belongs to, and what was found there.
fn comments(case: &CaseRecord) -> Vec<(u32, String)> {
    let mut comments = Vec::new();
    for frame in &case.frames {
        if let Some(step) = frame.step.and_then(|index| case.steps.get(index)) {
            let letters = if step.criteria.is_empty() {
                String::new()
            } else {
                format!(" [{}]", step.criteria.join(", "))
            };
            let verdict = step
                .verdict
                .map_or_else(|| "undecided".to_owned(), |verdict| verdict.to_string());
            comments.push((
                frame.number,
                format!("{}{letters}: {verdict}", step.sentence),
            ));
        }
        for note in &frame.notes {
            comments.push((frame.number, note.clone()));
        }
    }
    for mismatch in case.steps.iter().filter_map(|step| step.mismatch.as_ref()) {
        if let Some(frame) = mismatch.frame {
            comments.push((
                frame,
                format!(
                    "MISMATCH {}: expected {}, actual {}",
                    mismatch.expected.subject, mismatch.expected.value, mismatch.actual.value
                ),
            ));
        }
    }
    comments
}

/// Fillings for a profile's placeholders that hold for the whole case.
fn placeholders(stage: &crate::stage::Stage) -> Placeholders {
    let told = stage
        .play
        .setting()
        .told
        .iter()
        .filter_map(|(name, value)| match value {
            Actual::Value(lwm2m::Value::String(text)) => Some((name.clone(), text.clone())),
            Actual::Value(value) => Some((name.clone(), value.to_string())),
            _ => None,
        });
    told.collect()
}

fn stage_addresses(stage: &crate::stage::Stage) -> Vec<(SocketAddr, Seat)> {
    let strangers = stage
        .addresses
        .iter()
        .filter(|(address, _)| !stage.is_ours(**address));
    strangers.map(|(address, seat)| (*address, *seat)).collect()
}

/// `20261121T093000Z-4711-leshan-demo-client`: time and process keep parallel runs apart.
fn session_name(label: &str, started: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(started).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let label: String = label
        .chars()
        .map(|one| {
            if one.is_ascii_alphanumeric() {
                one.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    format!(
        "{}-{}-{}",
        time.strftime("%Y%m%dT%H%M%SZ"),
        std::process::id(),
        label.trim_matches('-')
    )
}

fn timestamp(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
