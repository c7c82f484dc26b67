//! A command that is run for one answer: exit code 0 done, 89 unsupported, anything else failed.
//!
//! Its group is killed when its time is over or nobody waits for it any more.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::IutError;
use super::process::spawn;

/// Environment and folder of programs and commands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// Variables beside the harness's own.
    pub(crate) environment: BTreeMap<String, String>,
    /// The folder; `None` is the harness's.
    pub(crate) directory: Option<PathBuf>,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// Exit code 0, with its standard output.
    Done(String),
    /// Exit code 89.
    Unsupported,
    /// Why not.
    Failed(String),
}

impl Surroundings {
    /// A command that runs in them; `name` is whose it is and `named` where it stands.
    pub(crate) fn command(
        &self,
        name: &str,
        words: &[String],
        named: &str,
    ) -> Result<Command, IutError> {
        let Some((program, arguments)) = words
            .split_first()
            .filter(|(program, _)| !program.is_empty())
        else {
            return Err(IutError::Empty {
                name: name.to_owned(),
                named: named.to_owned(),
            });
        };
        let mut command = Command::new(program);
        command.args(arguments).envs(&self.environment);
        if let Some(directory) = &self.directory {
            if !directory.is_dir() {
                return Err(IutError::Directory {
                    program: program.clone(),
                    named: named.to_owned(),
                    directory: directory.clone(),
                });
            }
            command.current_dir(directory);
        }
        Ok(command)
    }

    /// Runs a command to its end.
    pub(crate) async fn run(
        &self,
        name: &str,
        words: &[String],
        named: &str,
        within: Duration,
    ) -> Result<Ran, IutError> {
        let mut command = self.command(name, words, named)?;
        command.stdin(Stdio::null());
        let (child, group) = spawn(command, words, named)?;
        let ran = timeout(within, answer(child)).await;
        match ran {
            Ok(ran) => {
                // A background process that it started on purpose may stay.
                group.release();
                Ok(ran)
            }
            Err(_) => Ok(Ran::Failed(format!(
                "\"{}\" did not end within {within:?} and was killed",
                words.join(" ")
            ))),
        }
    }
}

async fn answer(mut child: Child) -> Ran {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let status = {
        let pipes = (child.stdout.take(), child.stderr.take());
        let reading =
            async { tokio::join!(read(pipes.0, &mut stdout), read(pipes.1, &mut stderr)) };
        tokio::pin!(reading);
        let mut read = false;
        let status = tokio::select! {
            status = child.wait() => status,
            _ = &mut reading => {
                read = true;
                child.wait().await
            }
        };
        if !read {
            // What it printed last is still in the pipe; a background process may hold it open.
            let _ = timeout(DRAIN_LIMIT, reading).await;
        }
        status
    };
    match status.map(|status| status.code()) {
        Ok(Some(0)) => Ran::Done(String::from_utf8_lossy(&stdout).into_owned()),
        Ok(Some(UNSUPPORTED)) => Ran::Unsupported,
        Ok(Some(code)) => Ran::Failed(with_tail(format!("exit code {code}"), &stderr)),
        Ok(None) => Ran::Failed(with_tail("ended by a signal".to_owned(), &stderr)),
        Err(error) => Ran::Failed(super::error::cause(&error)),
    }
}

/// Reads a stream to its end and keeps its first bytes and, beyond them, nothing.
async fn read(stream: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut stream) = stream else { return };
    let mut chunk = vec![0; CHUNK];
    while let Ok(length @ 1..) = stream.read(&mut chunk).await {
        let room = MAX_OUTPUT.saturating_sub(kept.len()).min(length);
        kept.extend(chunk.get(..room).unwrap_or_default());
    }
}

fn with_tail(what: String, stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let text = text.trim_end();
    if text.is_empty() {
        return what;
    }
    let start = text.ceil_char_boundary(text.len().saturating_sub(MAX_TAIL));
    format!("{what}: {}", text.get(start..).unwrap_or_default())
}

/// Exit code of a command that does not do what it is asked; neither shells (126 on) nor sysexits.h (64 to 78) use it.
const UNSUPPORTED: i32 = 89;

/// How much of an output is read as the answer, 4 MiB.
const MAX_OUTPUT: usize = 4 << 20;

/// How much of the standard error a reason quotes.
const MAX_TAIL: usize = 500;

const CHUNK: usize = 16 << 10;

/// Longest wait for the end of an output whose writer has ended.
const DRAIN_LIMIT: Duration = Duration::from_millis(200);
