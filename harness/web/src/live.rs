//! The runs that go on, read from what each tells in its `session.live`.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use record::{ANSWERS, Answer, LIVE, LiveEvent, LiveReply, live_line, live_lines};
use serde::Serialize;

use crate::folder;
use crate::run::{Run, RunView};

/// The runs that go on.
#[derive(Debug)]
pub(crate) struct Live {
    session: PathBuf,
    runs: BTreeMap<String, Tail>,
}

/// A file that grows.
#[derive(Debug)]
struct Tail {
    file: File,
    offset: u64,
    run: Run,
    /// The last prompt that was answered here.
    answered: u32,
}

/// All of them, as the page gets them.
#[derive(Debug, Serialize)]
pub(crate) struct LiveView<'a> {
    runs: Vec<RunView<'a>>,
}

impl Live {
    /// Nothing yet of the session in this folder.
    pub(crate) fn new(session: &Path) -> Self {
        Self {
            session: session.to_owned(),
            runs: BTreeMap::new(),
        }
    }

    /// Reads what has been told since; whether anything was.
    pub(crate) fn look(&mut self) -> bool {
        let known = self.runs.len();
        self.runs.retain(|_, tail| goes_on(&tail.file));
        let mut changed = self.runs.len() < known;
        let runs = std::fs::read_dir(self.session.join("runs"));
        for entry in runs.into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if self.runs.contains_key(&name) {
                continue;
            }
            let file = folder::open(&self.session, &["runs", &name, LIVE]);
            if let Ok(file) = file
                && goes_on(&file)
            {
                self.runs.insert(name, Tail::new(file));
                changed = true;
            }
        }
        for tail in self.runs.values_mut() {
            changed |= tail.read();
        }
        changed
    }

    /// All runs: everything, or only the messages that nobody has been shown.
    pub(crate) fn view(&self, everything: bool) -> LiveView<'_> {
        let runs = self.runs.iter();
        LiveView {
            runs: runs
                .map(|(name, tail)| tail.run.view(name, everything))
                .collect(),
        }
    }

    /// Takes note that everybody has been shown everything.
    pub(crate) fn is_told(&mut self) {
        self.runs.values_mut().for_each(|tail| tail.run.is_told());
    }

    /// Answers a prompt of a run; `false` if it does not wait for an answer any more.
    pub(crate) fn answer(&mut self, run: &str, prompt: u32, reply: LiveReply) -> io::Result<bool> {
        let Some(tail) = self.runs.get_mut(run) else {
            return Ok(false);
        };
        let open = tail.run.prompt().map(|open| open.prompt);
        if open != Some(prompt) || tail.answered == prompt {
            return Ok(false);
        }
        let file = folder::open_to_append(&self.session, &["runs", run, ANSWERS]);
        match file {
            Ok(mut file) => {
                let line = live_line(&Answer { prompt, reply });
                file.write_all(line.as_bytes())?;
                tail.answered = prompt;
                Ok(true)
            }
            // the run has just ended
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Tail {
    fn new(file: File) -> Self {
        Self {
            file,
            offset: 0,
            run: Run::default(),
            answered: 0,
        }
    }

    fn read(&mut self) -> bool {
        let mut bytes = vec![0; CHUNK];
        let mut changed = false;
        loop {
            let Ok(length @ 1..) = self.file.read_at(&mut bytes, self.offset) else {
                return changed;
            };
            let read = bytes.get(..length).unwrap_or_default();
            let (events, whole) = live_lines::<LiveEvent>(read);
            changed |= !events.is_empty();
            events.into_iter().for_each(|event| self.run.take(event));
            match whole {
                // a line that no run writes
                0 if length == CHUNK => self.offset += length as u64,
                0 => return changed,
                whole => self.offset += whole as u64,
            }
        }
    }
}

/// Whether the run that wrote this still holds it; a run that was killed left it unlocked.
fn goes_on(file: &File) -> bool {
    let held = file.try_lock_shared();
    if held.is_ok() {
        drop(file.unlock());
    }
    match held {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        // nothing can be locked here: as long as it has a name
        Err(TryLockError::Error(_)) => file
            .metadata()
            .is_ok_and(|file| std::os::unix::fs::MetadataExt::nlink(&file) > 0),
    }
}

/// Bytes that are read at a time; no line is as long.
const CHUNK: usize = 1 << 18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_is_no_run() {
        let session = std::env::temp_dir().join(format!("testfest-live-{}", std::process::id()));
        let run = session.join("runs/1");
        std::fs::create_dir_all(&run).unwrap();
        let mut held = File::create(run.join(LIVE)).unwrap();
        held.lock().unwrap();
        File::create(run.join(ANSWERS)).unwrap();
        let mut live = Live::new(&session);
        assert!(live.look() && live.view(true).runs.len() == 1);
        assert!(!live.look());
        let asks = r#"{"asks":{"prompt":1,"kind":"ask","text":"?"}}"#;
        held.write_all(asks.as_bytes()).unwrap();
        assert!(!live.look(), "half a line");
        held.write_all(b"\n").unwrap();
        assert!(live.look());
        for (prompt, taken) in [(2, false), (1, true), (1, false)] {
            let found = live.answer("1", prompt, LiveReply::Yes).unwrap();
            assert_eq!(found, taken, "{prompt}");
        }
        assert!(!live.answer("2", 1, LiveReply::Yes).unwrap());
        let answers = std::fs::read_to_string(run.join(ANSWERS)).unwrap();
        assert_eq!(answers, "{\"prompt\":1,\"reply\":\"yes\"}\n");
        drop(held);
        assert!(live.look() && live.view(true).runs.is_empty());
        assert!(!live.look() && live.view(true).runs.is_empty());
        std::fs::remove_dir_all(&session).unwrap();
    }
}
