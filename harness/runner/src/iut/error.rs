//! The harness's trouble with controlling an implementation, with program, path or address in every message.
//!
//! What the implementation does wrong on the wire is no error and stands in the record.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::placeholder::PlaceholderError;
use super::process::Exit;

/// Why an implementation could not be controlled.
#[derive(Debug, Error)]
pub enum IutError {
    /// A program could not be started.
    #[error("cannot start \"{program}\": {}", cause(.source))]
    Start {
        /// The program.
        program: String,
        /// Where it is named.
        named: String,
        /// What the system said.
        source: io::Error,
    },
    /// The folder in which it should run is not there.
    #[error("cannot start \"{program}\" in \"{}\": no such directory", .directory.display())]
    Directory {
        /// The program.
        program: String,
        /// Where it is named.
        named: String,
        /// The folder.
        directory: PathBuf,
    },
    /// There is no program to start.
    #[error("cannot start \"{name}\": the command is empty")]
    Empty {
        /// The implementation.
        name: String,
        /// Where the command stands.
        named: String,
    },
    /// It did not say in time that it is ready.
    #[error("\"{name}\" printed nothing that matches \"{pattern}\" within {within:?}")]
    NotReady {
        /// The implementation.
        name: String,
        /// What was waited for.
        pattern: String,
        /// How long.
        within: Duration,
        /// The last lines of its output.
        lines: Vec<String>,
    },
    /// It ended while it was starting.
    #[error("\"{name}\" ended before it was ready: {exit}")]
    Ended {
        /// The implementation.
        name: String,
        /// How it ended.
        exit: Exit,
        /// The last lines of its output.
        lines: Vec<String>,
    },
    /// What should start or stop it did not.
    #[error("cannot {verb} \"{name}\": {reason}")]
    Control {
        /// `start` or `stop`.
        verb: &'static str,
        /// The implementation.
        name: String,
        /// Why not.
        reason: String,
        /// Where the action is named.
        named: String,
    },
    /// Only an operator could start or stop it, and there is none.
    #[error("cannot {verb} \"{name}\": nobody to ask")]
    NobodyToAsk {
        /// `start` or `stop`.
        verb: &'static str,
        /// The implementation.
        name: String,
    },
    /// It survived SIGKILL.
    #[error(
        "cannot stop \"{name}\", process {process}: it did not end within {within:?} of SIGKILL"
    )]
    Unkillable {
        /// The implementation.
        name: String,
        /// Its process.
        process: u32,
        /// How long.
        within: Duration,
    },
    /// Its output cannot be kept.
    #[error("cannot write \"{}\": {}", .path.display(), cause(.source))]
    Log {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `ready` is no regular expression.
    #[error("\"{pattern}\" is no regular expression: {reason}")]
    Pattern {
        /// The text.
        pattern: String,
        /// Where it stands.
        named: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A placeholder cannot be filled.
    #[error("{source}")]
    Placeholder {
        /// Which, and what there is.
        source: PlaceholderError,
        /// Where it stands.
        named: String,
    },
    /// A command says "done" to a word that cannot exist, so its "done" says nothing.
    #[error("command \"{command}\" answers 0, done, to the word \"{word}\", which cannot exist")]
    Adapter {
        /// The command with the arguments before the word.
        command: String,
        /// The word it was tried with.
        word: String,
        /// Where it is named.
        named: String,
    },
}

impl IutError {
    /// What the user can do about it, for the lines after the error.
    pub fn help(&self) -> String {
        match self {
            Self::Start { named, source, .. } => format!("{named}; {}", start_help(source)),
            Self::Directory { named, .. } => {
                format!("{named}; the directory stands under control.directory")
            }
            Self::Empty { named, .. } => {
                format!("{named}; name the program first, then its arguments")
            }
            Self::NotReady { lines, .. } | Self::Ended { lines, .. } => last_lines(lines),
            Self::Control { named, .. } => named.clone(),
            Self::NobodyToAsk { verb, .. } => {
                format!("name a control.{verb} in its profile, or run the harness on a terminal")
            }
            Self::Unkillable { .. } => {
                "it hangs in the kernel; end it by hand before the next run".to_owned()
            }
            Self::Log { .. } => "choose another folder with --out".to_owned(),
            Self::Pattern { named, .. } => named.clone(),
            Self::Placeholder { source, named } => format!("{named}; {}", source.help()),
            Self::Adapter { named, .. } => {
                format!(
                    "{named}; let it answer 89 to a word it does not know, and 0 only to what it has done"
                )
            }
        }
    }
}

fn start_help(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::NotFound => "is it on PATH?",
        io::ErrorKind::PermissionDenied => "is it executable (chmod +x)?",
        _ => "does it run by hand?",
    }
}

fn last_lines(lines: &[String]) -> String {
    if lines.is_empty() {
        "it printed nothing; a program that holds its output back needs stdbuf -oL before it"
            .to_owned()
    } else {
        format!("its last lines:\n{}", lines.join("\n"))
    }
}

/// The system's reason as a lower-case fragment without its number.
pub(crate) fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => "unknown reason".to_owned(),
    }
}
