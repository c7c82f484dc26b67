//! What a session tells while it goes on, and where its operator is asked beside the terminal: two files in its folder.
//!
//! `session.live` is locked as long as the run goes on, so that nobody mistakes what a killed run left for one. Who watches holds
//! a lock on another file, the session's head: without anybody there a run that has no terminal does not wait for an answer.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use record::{
    ANSWERS, Answer, AnsweredAt, CaseRecord, LIVE, LiveCase, LiveEnd, LiveEvent, LiveMessage,
    LiveReply, LiveStep, Prompt, PromptKind, SessionRecord, live_line, live_lines,
};

use crate::error::HarnessError;
use crate::plan::Planned;
use crate::session::Observer;

/// A session that others may watch.
#[derive(Debug)]
pub struct Broadcast {
    /// Locked by those who watch.
    watched: PathBuf,
    open: Mutex<Option<Open>>,
}

/// The files of a session that goes on.
#[derive(Debug)]
struct Open {
    folder: PathBuf,
    events: File,
    /// How many prompts there were.
    prompts: u32,
}

/// A prompt that may be answered elsewhere.
#[derive(Debug)]
pub(crate) struct Asked {
    broadcast: Arc<Broadcast>,
    number: u32,
    answers: PathBuf,
}

impl Broadcast {
    /// A broadcast that begins with its session; those who watch lock `watched`.
    pub const fn new(watched: PathBuf) -> Self {
        Self {
            watched,
            open: Mutex::new(None),
        }
    }

    /// Begins, in the session's folder.
    pub(crate) fn open(&self, folder: &Path) -> Result<(), HarnessError> {
        let (live, answers) = (folder.join(LIVE), folder.join(ANSWERS));
        File::create(&answers).map_err(HarnessError::write(&answers))?;
        let events = File::create(&live).map_err(HarnessError::write(&live))?;
        // where nothing can be locked, whoever watches takes the file for alive as long as it is there
        drop(events.lock());
        *self.files() = Some(Open {
            folder: folder.to_owned(),
            events,
            prompts: 0,
        });
        Ok(())
    }

    /// Ends; the files go away.
    pub fn close(&self) {
        if let Some(open) = self.files().take() {
            drop(std::fs::remove_file(open.folder.join(ANSWERS)));
            drop(std::fs::remove_file(open.folder.join(LIVE)));
        }
    }

    /// Tells what happens. A full disk ends no session: what cannot be told is not told.
    fn tell(&self, event: &LiveEvent) {
        if let Some(open) = &mut *self.files() {
            drop(open.events.write_all(live_line(event).as_bytes()));
        }
    }

    /// Shows a prompt to those who watch; `None` outside of a session.
    pub(crate) fn ask(self: &Arc<Self>, kind: PromptKind, text: &str) -> Option<Asked> {
        let (number, answers) = {
            let mut files = self.files();
            let open = files.as_mut()?;
            open.prompts += 1;
            (open.prompts, open.folder.join(ANSWERS))
        };
        self.tell(&LiveEvent::Asks(Prompt {
            prompt: number,
            kind,
            text: text.to_owned(),
        }));
        Some(Asked {
            broadcast: Arc::clone(self),
            number,
            answers,
        })
    }

    /// Whether somebody watches.
    fn is_watched(&self) -> bool {
        let file = File::open(&self.watched);
        file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
    }

    fn files(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        self.close();
    }
}

impl Observer for Arc<Broadcast> {
    fn began(&mut self, session: &SessionRecord, folder: &Path) {
        // a session that nobody can watch goes on all the same
        if self.open(folder).is_ok() {
            self.tell(&LiveEvent::Run {
                name: session.name.clone(),
                planned: session.planned,
            });
        }
    }

    fn case_begins(&mut self, index: usize, planned: &Planned) {
        let case = &planned.case;
        self.tell(&LiveEvent::Begins(LiveCase {
            play: index,
            name: case.name.clone(),
            id: case.id.clone(),
            title: case.title.clone(),
            seat: planned.seat.to_string(),
        }));
    }

    fn case_ended(&mut self, index: usize, case: &CaseRecord) {
        self.tell(&LiveEvent::Ends(LiveEnd {
            play: index,
            verdict: case.summary.verdict,
            reason: case.summary.reason.clone(),
            steps: case.steps.iter().map(LiveStep::from).collect(),
        }));
    }

    fn hears_messages(&self) -> bool {
        true
    }

    fn message(&mut self, index: usize, message: &LiveMessage) {
        self.tell(&LiveEvent::Passes {
            play: index,
            message: message.clone(),
        });
    }
}

impl Asked {
    /// Waits for the answer that somebody gives elsewhere.
    pub(crate) async fn answer(&self) -> LiveReply {
        loop {
            let bytes = std::fs::read(&self.answers).unwrap_or_default();
            let (answers, _) = live_lines::<Answer>(&bytes);
            let own = answers.into_iter().find(|one| one.prompt == self.number);
            if let Some(answer) = own {
                return answer.reply;
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until nobody watches any more.
    pub(crate) async fn abandoned(&self) {
        let mut seen = self.broadcast.is_watched().then(Instant::now);
        while let Some(last) = seen {
            tokio::time::sleep(POLL).await;
            if self.broadcast.is_watched() {
                seen = Some(Instant::now());
            } else if last.elapsed() > PATIENCE {
                seen = None;
            }
        }
    }

    /// Says how it was answered.
    pub(crate) fn answered(&self, at: AnsweredAt, reply: Option<LiveReply>) {
        self.broadcast.tell(&LiveEvent::Answered {
            prompt: self.number,
            at,
            reply,
        });
    }
}

/// How often it is looked for an answer, and for those who watch.
const POLL: Duration = Duration::from_millis(100);
/// How long a page that went away may take to come back.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("testfest-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn answer(folder: &Path, prompt: u32, reply: LiveReply) {
        let mut file = File::options()
            .append(true)
            .open(folder.join(ANSWERS))
            .unwrap();
        let line = live_line(&Answer { prompt, reply });
        file.write_all(line.as_bytes()).unwrap();
    }

    #[tokio::test]
    async fn an_answer_counts_for_its_prompt_alone() {
        let folder = folder("answers");
        let broadcast = Arc::new(Broadcast::new(folder.join("session.yaml")));
        assert!(broadcast.ask(PromptKind::Ask, "Is it green?").is_none());
        broadcast.open(&folder).unwrap();
        let first = broadcast.ask(PromptKind::Ask, "Is it green?").unwrap();
        answer(&folder, 2, LiveReply::Yes);
        answer(&folder, 1, LiveReply::No("red".to_owned()));
        answer(&folder, 1, LiveReply::Yes);
        assert_eq!(first.answer().await, LiveReply::No("red".to_owned()));
        // the second one, which was answered before anybody was asked, is for the server to refuse
        drop(broadcast.ask(PromptKind::Perform, "Press it."));
        let third = broadcast.ask(PromptKind::Perform, "Press it.").unwrap();
        let waits = tokio::time::timeout(Duration::from_millis(300), third.answer());
        assert!(waits.await.is_err(), "a late answer counted");
        broadcast.close();
        assert!(!folder.join(LIVE).exists() && !folder.join(ANSWERS).exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn nobody_is_waited_for_if_nobody_watches() {
        let folder = folder("watched");
        let head = folder.join("session.yaml");
        let watcher = File::create(&head).unwrap();
        let broadcast = Arc::new(Broadcast::new(head));
        broadcast.open(&folder).unwrap();
        let asked = broadcast.ask(PromptKind::Ask, "Is it green?").unwrap();
        asked.abandoned().await;
        watcher.lock_shared().unwrap();
        let waits = tokio::time::timeout(Duration::from_millis(300), asked.abandoned());
        assert!(waits.await.is_err(), "somebody watches");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_run_that_goes_on_holds_its_file() {
        let folder = folder("held");
        let broadcast = Broadcast::new(folder.join("session.yaml"));
        broadcast.open(&folder).unwrap();
        let file = File::open(folder.join(LIVE)).unwrap();
        assert!(matches!(
            file.try_lock_shared(),
            Err(TryLockError::WouldBlock)
        ));
        drop(broadcast);
        assert!(file.try_lock_shared().is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
