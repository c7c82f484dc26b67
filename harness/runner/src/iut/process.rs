//! A program under test in a process group of its own: started, watched, written to, stopped.
//!
//! An end that nobody asked for is a crash, told apart from a wrong answer by [`Exit`].

use std::fmt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use coap::Time;
use regex::Regex;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;
use transport::Clock;

use super::IutError;
use super::control::Signal;
use super::exec::Surroundings;
use super::group::Group;
use super::output::Output;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Number of the signal that ended it.
    pub signal: Option<i32>,
    /// When.
    pub at: Time,
    /// Whether the harness had asked it to end; if not, it crashed or gave up.
    pub asked: bool,
}

/// A running program.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    number: u32,
    group: Arc<Group>,
    asked: Arc<AtomicBool>,
    stdin: Mutex<Option<ChildStdin>>,
    output: Arc<Output>,
    exit: watch::Receiver<Option<Exit>>,
}

/// What to start and where its output goes.
pub(crate) struct Launch<'a> {
    pub(crate) name: &'a str,
    pub(crate) command: &'a [String],
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) named: String,
    pub(crate) log: &'a Path,
    pub(crate) ready: Option<Regex>,
    pub(crate) clock: Clock,
}

impl Process {
    /// Starts the program; does not wait for it to be ready.
    pub(crate) fn start(launch: Launch<'_>) -> Result<Self, IutError> {
        let output =
            Output::open(launch.log, launch.ready.clone()).map_err(|source| IutError::Log {
                path: launch.log.to_owned(),
                source,
            })?;
        let mut command =
            launch
                .surroundings
                .command(launch.name, launch.command, &launch.named)?;
        command.stdin(Stdio::piped());
        let (mut child, group) = spawn(command, launch.command, &launch.named)?;
        output.note(&format!("started {}", launch.command.join(" ")));
        let (exit_sender, exit) = watch::channel(None);
        let process = Self {
            name: launch.name.to_owned(),
            number: child.id().unwrap_or_default(),
            group: Arc::new(group),
            asked: Arc::new(AtomicBool::new(false)),
            stdin: Mutex::new(child.stdin.take()),
            output: Arc::new(output),
            exit,
        };
        let watched = Watched {
            group: Arc::downgrade(&process.group),
            asked: Arc::clone(&process.asked),
            output: Arc::clone(&process.output),
            clock: launch.clock,
        };
        tokio::spawn(watched.until_end(child, exit_sender));
        Ok(process)
    }

    /// Waits for the ready line.
    pub(crate) async fn ready(&self, pattern: &str, within: Duration) -> Result<(), IutError> {
        let mut ready = self.output.ready();
        let seen = async { ready.wait_for(|ready| *ready).await.is_ok() };
        tokio::select! {
            biased;
            true = seen => Ok(()),
            exit = self.ended() => Err(self.ended_early(exit)),
            () = tokio::time::sleep(within) => Err(IutError::NotReady {
                name: self.name.clone(),
                pattern: pattern.to_owned(),
                within,
                lines: self.output.last_lines(),
            }),
        }
    }

    /// Waits out a start that nothing tells the end of.
    pub(crate) async fn settle(&self, time: Duration) -> Result<(), IutError> {
        match timeout(time, self.ended()).await {
            Ok(exit) => Err(self.ended_early(exit)),
            Err(_) => Ok(()),
        }
    }

    /// Writes a line to its standard input, or says why not.
    pub(crate) async fn send_line(&self, line: &str) -> Result<(), String> {
        let mut stdin = self.stdin.lock().await;
        let Some(pipe) = stdin.as_mut() else {
            return Err(format!("standard input of \"{}\" is closed", self.name));
        };
        let text = format!("{line}\n");
        let write = async {
            pipe.write_all(text.as_bytes()).await?;
            pipe.flush().await
        };
        match timeout(STDIN_LIMIT, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                *stdin = None;
                let cause = super::error::cause(&error);
                Err(format!(
                    "cannot write to the standard input of \"{}\": {cause}",
                    self.name
                ))
            }
            Err(_) => Err(format!(
                "\"{}\" reads nothing from its standard input",
                self.name
            )),
        }
    }

    /// Ends it with a signal, and kills its whole group if it is still there after `within`.
    pub(crate) async fn stop(&self, signal: Signal, within: Duration) -> Result<Exit, IutError> {
        self.ask_to_end();
        self.group.signal(signal);
        self.end(within).await
    }

    /// Says that an end is wanted, so that it will not count as a crash.
    pub(crate) fn ask_to_end(&self) {
        if self.exit().is_none() {
            self.asked.store(true, Ordering::Release);
        }
    }

    /// Waits for its end and enforces it after `within`.
    pub(crate) async fn end(&self, within: Duration) -> Result<Exit, IutError> {
        if let Ok(exit) = timeout(within, self.ended()).await {
            return Ok(exit);
        }
        self.output
            .note(&format!("killed, since it did not end within {within:?}"));
        self.group.signal(Signal::Kill);
        timeout(KILL_LIMIT, self.ended())
            .await
            .map_err(|_| IutError::Unkillable {
                name: self.name.clone(),
                process: self.number,
                within: KILL_LIMIT,
            })
    }

    /// Waits for its end, for ever if it goes on.
    pub(crate) async fn ended(&self) -> Exit {
        let mut exit = self.exit.clone();
        match exit.wait_for(Option::is_some).await.map(|exit| *exit) {
            Ok(Some(exit)) => exit,
            // The watcher went down with the runtime.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    /// How it ended, if it did.
    pub(crate) fn exit(&self) -> Option<Exit> {
        *self.exit.borrow()
    }

    /// What it prints.
    pub(crate) fn output(&self) -> &Output {
        &self.output
    }

    /// Its process identifier.
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    fn ended_early(&self, exit: Exit) -> IutError {
        IutError::Ended {
            name: self.name.clone(),
            exit,
            lines: self.output.last_lines(),
        }
    }
}

/// What the task needs that waits for a program's end.
struct Watched {
    /// Weak, so that the owner's drop still kills.
    group: std::sync::Weak<Group>,
    asked: Arc<AtomicBool>,
    output: Arc<Output>,
    clock: Clock,
}

impl Watched {
    async fn until_end(self, mut child: Child, exit: watch::Sender<Option<Exit>>) {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let reading = async {
            let stdout = async {
                if let Some(stdout) = stdout {
                    self.output.drain(stdout).await;
                }
            };
            let stderr = async {
                if let Some(stderr) = stderr {
                    self.output.drain(stderr).await;
                }
            };
            tokio::join!(stdout, stderr);
        };
        tokio::pin!(reading);
        let mut read = false;
        let status = tokio::select! {
            status = child.wait() => status,
            () = &mut reading => {
                read = true;
                child.wait().await
            }
        };
        let at = (self.clock)();
        if let Some(group) = self.group.upgrade() {
            group.bury();
        }
        if !read {
            // What it printed last is still in the pipe; a child that left the group may hold it open.
            let _ = timeout(DRAIN_LIMIT, reading).await;
        }
        let ended = ended(status, at, self.asked.load(Ordering::Acquire));
        self.output.note(&format!("ended: {ended}"));
        exit.send_replace(Some(ended));
    }
}

/// Starts a command as the leader of a process group.
pub(crate) fn spawn(
    mut command: Command,
    words: &[String],
    named: &str,
) -> Result<(Child, Group), IutError> {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let child = command.spawn().map_err(|source| IutError::Start {
        program: words.first().cloned().unwrap_or_default(),
        named: named.to_owned(),
        source,
    })?;
    let group = Group::of(child.id().unwrap_or_default());
    Ok((child, group))
}

fn ended(status: std::io::Result<ExitStatus>, at: Time, asked: bool) -> Exit {
    use std::os::unix::process::ExitStatusExt;

    let status = status.ok();
    Exit {
        code: status.and_then(|status| status.code()),
        signal: status.and_then(|status| status.signal()),
        at,
        asked,
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit code {code}"),
            (None, Some(number)) => match nix::sys::signal::Signal::try_from(number) {
                Ok(signal) => write!(f, "{signal}"),
                Err(_) => write!(f, "signal {number}"),
            },
            (None, None) => write!(f, "exit code unknown"),
        }
    }
}

/// Longest wait for an implementation to read its standard input.
const STDIN_LIMIT: Duration = Duration::from_secs(5);

/// Longest wait for the system to carry out SIGKILL.
const KILL_LIMIT: Duration = Duration::from_secs(2);

/// Longest wait for the end of an output whose writer has ended.
const DRAIN_LIMIT: Duration = Duration::from_millis(200);
