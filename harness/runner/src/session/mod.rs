//! A session: the cases of a plan, with a record that is valid after each of them.
//!
//! They are played at one table, one after the other, or at several side by side, each with its own sockets and programs.

mod book;
mod case;
mod deviation;
mod errata;
mod evidence;
mod table;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::try_join_all;
use judge::{CaseFacts, case_record};
use record::{CaseRecord, Implementation, LiveMessage, RunParameters, SessionRecord, Verdict};
use testcase::{Seat, TestCase};
use tokio::sync::Semaphore;

use crate::casting::{Run, Seating};
use crate::clock::RunClock;
use crate::error::HarnessError;
use crate::folder::Folder;
use crate::iut::{Iut, Placeholders};
use crate::mode::Mode;
use crate::mutant::Defect;
use crate::plan::{Plan, Planned};
use crate::stop::Stop;
use book::Book;
use evidence::{first_record, session_name};
use table::Table;

pub use deviation::Deviation;

/// A product that takes a seat.
pub struct Product {
    /// The seat.
    pub seat: Seat,
    /// For the record.
    pub description: Implementation,
    /// Its programs, as many as may run at a time; none for an embedded emulator.
    pub programs: Vec<Program>,
    /// Endpoint Client Name that it insists on.
    pub endpoint: Option<String>,
    /// Deviations that are agreed.
    pub expected: Vec<Deviation>,
}

/// One program of a product.
pub struct Program {
    /// How it is controlled.
    pub iut: Arc<Iut>,
    /// Where it listens, by scheme, if it is a server.
    pub addresses: BTreeMap<&'static str, SocketAddr>,
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
    /// Key logs that implementations write which meet (SSLKEYLOGFILE).
    pub key_logs: Vec<PathBuf>,
    /// When the session ends at the latest.
    pub budget: Option<Duration>,
    /// The run's clock, which products share.
    pub clock: RunClock,
    /// How many cases may be played at a time, of all the sessions that share it.
    pub turns: Arc<Semaphore>,
    /// What is wrong with an emulator that stands for an implementation, for the proof.
    pub spoil: Option<Spoil>,
}

/// The defect that an emulator has in a case, and its seat.
pub type Spoil = Box<dyn Fn(&TestCase) -> Option<(Seat, Defect)>>;

/// Hears of a session as it goes.
pub trait Observer {
    /// The session has begun.
    fn began(&mut self, session: &SessionRecord, folder: &Path);
    /// A case begins; `index` counts from 0.
    fn case_begins(&mut self, index: usize, planned: &Planned);
    /// A case has ended.
    fn case_ended(&mut self, index: usize, case: &CaseRecord);
    /// Whether [`Observer::message`] is to be called; messages that nobody hears of cost nothing.
    fn hears_messages(&self) -> bool {
        false
    }
    /// A message of a case has passed.
    fn message(&mut self, _index: usize, _message: &LiveMessage) {}
}

impl Product {
    /// Whether the harness's emulator takes the seat.
    pub fn is_emulated(&self) -> bool {
        self.programs.is_empty()
    }
}

impl Script {
    /// How many cases can be played at a time: one, if not each product that is tested has programs for more.
    fn tables(&self) -> usize {
        let tested = self.products.iter().filter(|one| !one.is_emulated());
        tested.map(|one| one.programs.len()).min().unwrap_or(1)
    }
}

struct Session<'a> {
    script: Script,
    folder: Folder,
    stop: Stop,
    book: RefCell<Book<'a>>,
    /// The next case of the plan.
    next: Cell<usize>,
    /// Placeholders of the files with credentials.
    keys: RefCell<Vec<(String, String)>>,
    /// Transport and security of the run, as reports say it.
    channel: String,
    /// Name of the session.
    name: String,
    started: SystemTime,
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
    let mut tables = Vec::new();
    for number in 0..script.tables() {
        tables.push(Table::open(&script, number)?);
    }
    let folder = Folder::create(&script.out, &name)?;
    let record = first_record(&script, &name, started, &tables);
    folder.write_session(&record)?;
    observer.began(&record, folder.path());
    let channel = Mode {
        transport: script.parameters.transport.clone(),
        security: vec![script.parameters.security.clone()],
    };
    let channel = channel.describe();
    let session = Session {
        book: RefCell::new(Book::new(record, observer, &script.products)),
        script,
        folder,
        stop,
        next: Cell::new(0),
        keys: RefCell::default(),
        channel,
        name,
        started,
    };
    let played = tables.iter_mut().map(|table| session.play_at(table));
    let outcome = try_join_all(played).await.map(drop);
    session.end().await;
    outcome?;
    let record = session.book.into_inner().record;
    Ok((record, session.folder.path().to_owned()))
}

impl Session<'_> {
    /// Plays at one table, case after case, what nobody has begun yet.
    async fn play_at(&self, table: &mut Table) -> Result<(), HarnessError> {
        loop {
            // nobody closes it
            let _turn = self.script.turns.acquire().await.ok();
            let index = self.next.get();
            let together = self.together(index);
            if together.is_empty() {
                return Ok(());
            }
            if self.stop.is_requested() {
                self.book.borrow_mut().record.interrupted = true;
            }
            if self.book.borrow().record.interrupted {
                return Ok(());
            }
            self.next.set(index + together.len());
            for (place, planned) in together.iter().enumerate() {
                self.book.borrow_mut().begins(index + place, planned);
            }
            let cases = if self.is_out_of_time() {
                let cases = together.iter().map(|planned| self.out_of_time(planned));
                cases.collect::<Result<_, _>>()?
            } else {
                pin!(self.play_case(table, index, together)).await?
            };
            let real = self.script.clock.real();
            for (place, case) in cases.iter().enumerate() {
                let mut book = self.book.borrow_mut();
                book.ends(index + place, case, real, &self.folder)?;
            }
        }
    }

    /// What is played from this place of the plan on in one dialogue: with a pair the seats of a case, else one.
    fn together(&self, index: usize) -> &[Planned] {
        let rest = self.script.plan.selected.get(index..).unwrap_or_default();
        let Some(first) = rest.first() else {
            return &[];
        };
        let is_pair = self.script.runs[&first.seat].is_pair();
        let same = |planned: &&Planned| is_pair && planned.case.name == first.case.name;
        let others = rest.iter().skip(1).take_while(same).count();
        rest.get(..=others).unwrap_or_default()
    }

    fn is_out_of_time(&self) -> bool {
        self.script
            .budget
            .is_some_and(|budget| self.script.clock.real() >= budget)
    }

    fn out_of_time(&self, planned: &Planned) -> Result<CaseRecord, HarnessError> {
        let name = self.evidence(planned);
        self.folder.case(&name)?;
        let run = Arc::clone(&self.script.runs[&planned.seat]);
        let seating = Seating {
            copy: 0,
            judged: planned.seat,
            relays: BTreeMap::new(),
            ends: BTreeMap::new(),
            addresses: BTreeMap::new(),
            endpoint: String::new(),
            seed: 0,
        };
        let mut stage = run.cast(&planned.case, &seating, None);
        stage.play.force(
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
        let mut case = case_record(stage.play.first(), facts);
        case.summary.verdict = Verdict::OutOfTime;
        case.summary.tool = Verdict::OutOfTime;
        self.folder.write_case(&case)?;
        Ok(case)
    }

    /// Stops everything and closes the record.
    async fn end(&self) {
        let products = self.script.products.iter();
        for program in products.flat_map(|product| &product.programs) {
            if let Err(error) = program.iut.stop(&Placeholders::new()).await {
                self.book.borrow_mut().remark(error.to_string());
            }
        }
        let real = self.script.clock.real();
        let mut book = self.book.borrow_mut();
        book.close(&self.script.products, real, &self.folder);
    }
}
