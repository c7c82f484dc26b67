//! A session: the cases of a plan, one after the other, with a record that is valid after each of them.

mod case;
mod deviation;
mod errata;
mod evidence;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use judge::watch::Watch;
use judge::{CaseFacts, Standing, case_record};
use record::{CaseRecord, Implementation, RunParameters, SessionRecord, Verdict};
use testcase::{Role, Seat};
use transport::{LOOPBACK_V4, UdpEndpoint};

use crate::casting::{Run, Seating};
use crate::channel::Channel;
use crate::clock::RunClock;
use crate::error::HarnessError;
use crate::folder::Folder;
use crate::iut::{Iut, Placeholders};
use crate::mode::Mode;
use crate::plan::{Plan, Planned};
use crate::station::Emulator;
use crate::stop::Stop;
use evidence::{first_record, nanos, session_name, timestamp};

pub use deviation::Deviation;

/// A product that takes a seat.
pub struct Product {
    /// The seat.
    pub seat: Seat,
    /// For the record.
    pub description: Implementation,
    /// How it is controlled; `None` for an embedded emulator.
    pub iut: Option<Arc<Iut>>,
    /// Where it listens, by scheme, if it is a server.
    pub addresses: BTreeMap<&'static str, SocketAddr>,
    /// Endpoint Client Name that it insists on.
    pub endpoint: Option<String>,
    /// Deviations that are agreed.
    pub expected: Vec<Deviation>,
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

struct Session<'a> {
    script: Script,
    folder: Folder,
    record: SessionRecord,
    stop: Stop,
    observer: &'a mut dyn Observer,
    server_sockets: BTreeMap<Seat, Arc<UdpEndpoint>>,
    servers: BTreeMap<Seat, Kept>,
    standing: Option<Standing>,
    /// What a registration that stands was made under, so that its session can still be read.
    watch: Option<Watch>,
    /// Placeholders of the files with credentials.
    keys: Vec<(String, String)>,
    /// Transport and security of the run, as reports say it.
    channel: String,
    started: SystemTime,
    used: Vec<bool>,
}

/// A server of the harness that outlives a case.
struct Kept {
    emulator: Emulator,
    channel: Channel,
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
    let channel = Mode {
        transport: script.parameters.transport.clone(),
        security: vec![script.parameters.security.clone()],
    };
    let channel = channel.describe();
    let mut session = Session {
        script,
        folder,
        record,
        stop,
        observer,
        server_sockets,
        servers: BTreeMap::new(),
        standing: None,
        watch: None,
        keys: Vec::new(),
        channel,
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

    /// Stops everything and closes the record.
    async fn end(&mut self) {
        for product in &self.script.products {
            if let Some(iut) = &product.iut
                && let Err(error) = iut.stop(&Placeholders::new()).await
            {
                self.record.remarks.push(error.to_string());
            }
        }
        self.note_absent();
        self.record.wall_time = nanos(self.script.clock.real());
        self.record.ended = Some(timestamp(SystemTime::now()));
        if let Err(error) = self.folder.write_session(&self.record) {
            self.record.remarks.push(error.to_string());
        }
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
            let address = match (seat, script.listen) {
                (Seat::SERVER, Some(listen)) => listen,
                (_, Some(listen)) => SocketAddr::new(listen.ip(), 0),
                (_, None) => LOOPBACK_V4,
            };
            sockets.insert(seat, Arc::new(own_socket(address, &script.clock)?));
        }
    }
    Ok(sockets)
}

/// A socket of the harness; a port that the system chooses is one that TCP has free as well, for cases that are played over it.
///
/// A connection that is over keeps its port for a while.
fn own_socket(address: SocketAddr, clock: &RunClock) -> Result<UdpEndpoint, HarnessError> {
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
