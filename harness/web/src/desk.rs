//! What all browsers look at: the session as the folder has it, kept up to date, and every change pushed to everybody.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use event::session::Entry;
use record::LiveReply;
use serde::Serialize;
use serde_json::json;
use sessions::{SessionError, SessionFolder};
use tokio::sync::broadcast;

use crate::fingerprint::Fingerprint;
use crate::head::Head;
use crate::live::Live;
use crate::problem::told;
use crate::row::RowView;

/// The session as it is shown.
pub(crate) struct Desk {
    path: PathBuf,
    /// How the folder was when it was read; its lock is held while it is read anew.
    seen: Mutex<Seen>,
    shown: Mutex<Shown>,
    live: Mutex<Live>,
    pushes: broadcast::Sender<Push>,
    reports: Mutex<Reports>,
}

/// Something that goes to every browser.
#[derive(Clone, Debug)]
pub(crate) struct Push {
    /// Its kind.
    pub(crate) event: &'static str,
    /// JSON.
    pub(crate) data: Arc<str>,
}

#[derive(Default)]
struct Seen {
    fingerprint: Fingerprint,
    at: Option<Instant>,
}

#[derive(Default)]
struct Shown {
    /// Counts what was pushed of head and rows.
    revision: u64,
    head: Head,
    rows: Vec<RowView>,
}

/// When the reports of the session have to be written again.
#[derive(Default)]
struct Reports {
    due: Option<Instant>,
    problem: Option<String>,
}

impl Desk {
    /// The desk of the session in this folder.
    pub(crate) fn new(path: &Path) -> Self {
        let desk = Self {
            path: path.to_owned(),
            seen: Mutex::default(),
            shown: Mutex::default(),
            live: Mutex::new(Live::new(path)),
            pushes: broadcast::channel(PUSHES).0,
            reports: Mutex::default(),
        };
        desk.refresh();
        desk
    }

    /// The session's folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the session's folder.
    pub(crate) fn folder(&self) -> Result<SessionFolder, SessionError> {
        SessionFolder::open(&self.path)
    }

    /// Everything there is now, and every change from then on.
    pub(crate) fn subscribe(&self) -> (Push, broadcast::Receiver<Push>) {
        // in the order in which pushes take them
        let (shown, live) = (lock(&self.shown), lock(&self.live));
        let state = json!({
            "revision": shown.revision,
            "head": shown.head,
            "rows": shown.rows,
            "live": live.view(true),
        });
        (Push::new("state", &state), self.pushes.subscribe())
    }

    /// The row of a case, as it is shown.
    pub(crate) fn row(&self, number: u32) -> Option<RowView> {
        let shown = lock(&self.shown);
        shown.rows.iter().find(|row| row.number == number).cloned()
    }

    /// Writes what a team says, and shows it to everybody; on the disk when this returns.
    ///
    /// Gives the revision that holds it.
    pub(crate) fn say(&self, entries: &[Entry]) -> Result<u64, SessionError> {
        self.folder()?.say(entries)?;
        lock(&self.reports).due = Some(Instant::now() + REPORTS_AFTER);
        self.refresh();
        Ok(lock(&self.shown).revision)
    }

    /// Answers a prompt of a run; `false` if it does not wait for an answer any more.
    pub(crate) fn answer(&self, run: &str, prompt: u32, reply: LiveReply) -> std::io::Result<bool> {
        lock(&self.live).answer(run, prompt, reply)
    }

    /// Reads the folder, and pushes what has changed.
    pub(crate) fn refresh(&self) {
        let mut seen = lock(&self.seen);
        // before it is read: what is written meanwhile is looked at again
        seen.fingerprint = Fingerprint::of(&self.path);
        seen.at = Some(Instant::now());
        let read = self.read();
        let mut shown = lock(&self.shown);
        let (mut head, rows) = match read {
            Ok((head, rows)) => (head, Some(rows)),
            Err(error) => {
                let mut head = shown.head.clone();
                head.problem = Some(told(&error));
                (head, None)
            }
        };
        head.problem = head.problem.or_else(|| lock(&self.reports).problem.clone());
        let changed: Vec<&RowView> = match &rows {
            Some(rows) => rows
                .iter()
                .filter(|row| !shown.rows.contains(row))
                .collect(),
            None => Vec::new(),
        };
        if changed.is_empty() && head == shown.head {
            return;
        }
        let revision = shown.revision + 1;
        let push = json!({"revision": revision, "head": head, "rows": changed});
        let push = Push::new("sheet", &push);
        shown.revision = revision;
        shown.head = head;
        if let Some(rows) = rows {
            shown.rows = rows;
        }
        // nobody listens: nobody misses it
        drop(self.pushes.send(push));
    }

    fn read(&self) -> Result<(Head, Vec<RowView>), SessionError> {
        let folder = self.folder()?;
        let sheet = folder.sheet()?;
        let runs = folder.runs_path();
        let rows = sheet.rows.iter().map(|row| RowView::new(row, &runs));
        Ok((Head::new(&folder, &sheet)?, rows.collect()))
    }

    /// Looks whether anybody else wrote in the folder, or the time has ended.
    fn look_at_sheet(&self) {
        let is_old = {
            let seen = lock(&self.seen);
            let age = seen.at.map(|at| at.elapsed());
            age.is_none_or(|age| age >= AT_LEAST) || seen.fingerprint != Fingerprint::of(&self.path)
        };
        if is_old {
            self.refresh();
        }
    }

    fn look_at_runs(&self) {
        let mut live = lock(&self.live);
        if live.look() {
            drop(self.pushes.send(Push::new("live", &live.view(false))));
            live.is_told();
        }
    }

    /// Writes the reports of the session if something was said since.
    pub(crate) fn write_due_reports(&self) {
        if lock(&self.reports).due.take().is_none() {
            return;
        }
        let written = self
            .folder()
            .and_then(|folder| folder.write_reports(env!("CARGO_PKG_VERSION")));
        lock(&self.reports).problem = written.err().map(|error| told(&error));
    }

    fn are_reports_due(&self) -> bool {
        let due = lock(&self.reports).due;
        due.is_some_and(|due| due <= Instant::now())
    }
}

/// Looks into the folder again and again.
pub(crate) async fn look(desk: Arc<Desk>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for tick in 0_u32.. {
        ticks.tick().await;
        let desk = Arc::clone(&desk);
        let work = move || {
            desk.look_at_runs();
            if tick.is_multiple_of(SHEET_EVERY) {
                desk.look_at_sheet();
            }
        };
        if tokio::task::spawn_blocking(work).await.is_err() {
            return;
        }
    }
}

/// Writes the reports of the session when the teams pause.
pub(crate) async fn report(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(TICK).await;
        if desk.are_reports_due() {
            let desk = Arc::clone(&desk);
            let written = tokio::task::spawn_blocking(move || desk.write_due_reports()).await;
            if written.is_err() {
                return;
            }
        }
    }
}

impl Push {
    fn new(event: &'static str, data: &impl Serialize) -> Self {
        // names, numbers, strings and lists: nothing that JSON cannot hold
        let data = serde_json::to_string(data).unwrap_or_default().into();
        Self { event, data }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often runs are looked at.
const TICK: Duration = Duration::from_millis(150);
/// Every which time the sheet is, too: about twice a second.
const SHEET_EVERY: u32 = 3;
/// When the sheet is read again even if no file has changed: its time may have ended.
const AT_LEAST: Duration = Duration::from_secs(10);
/// When the reports are written after something was said.
const REPORTS_AFTER: Duration = Duration::from_secs(3);
/// Pushes that a slow browser may lag behind; one that lags more connects again, and gets everything.
const PUSHES: usize = 64;
