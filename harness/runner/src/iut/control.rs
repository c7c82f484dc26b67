//! Descriptions of how an implementation is controlled (`control` of a profile), as plain data.
//!
//! Independent of YAML: the profile's loader fills them. Strings may hold placeholders, which are filled at use.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that a profile says about controlling its implementation.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// Where the description stands, for messages.
    pub place: Place,
    /// Which of the programs that run at a time this is, from 0; fills `${copy}`.
    pub copy: u16,
    /// How it is started; `None` leaves that to the operator.
    pub start: Option<Start>,
    /// How it is stopped.
    pub stop: Stop,
    /// Regular expression that a line of its output matches when it is ready.
    pub ready: Option<String>,
    /// Time limit of `ready`; without `ready`, how long a start takes.
    pub startup: Duration,
    /// When it is brought back to its beginning.
    pub reset: Reset,
    /// What it can be made to do, by the notation's words.
    pub triggers: BTreeMap<String, Action>,
    /// What it can be asked to show its user, by the notation's words.
    pub shows: BTreeMap<String, Show>,
    /// Its words for ours: `tlv` to `TLV`.
    pub words: BTreeMap<String, String>,
    /// Environment of its program and of commands, beside the harness's own.
    pub environment: BTreeMap<String, String>,
    /// Folder in which its program and commands run.
    pub directory: Option<PathBuf>,
    /// Time limit of one request or command.
    pub limit: Duration,
}

/// A file and the lines of its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Path of the profile as the user knows it.
    pub file: String,
    /// Line by key: `control.start`, `control.trigger.read`, `control.show.registration`.
    pub lines: BTreeMap<String, u32>,
}

/// How an implementation is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// A program of ours to watch, with its arguments.
    Process(Vec<String>),
    /// Something that starts it elsewhere.
    Action(Action),
}

/// How an implementation is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A signal to its process group; what is left of it after `within` is killed.
    Signal {
        /// The signal.
        signal: Signal,
        /// Time to end by itself.
        within: Duration,
    },
    /// Something that stops it; a process of ours that is left after `within` is killed.
    Action {
        /// What stops it.
        action: Action,
        /// Time to end after that.
        within: Duration,
    },
}

/// A signal that ends a program (POSIX, signal.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM.
    Term,
    /// SIGINT.
    Int,
    /// SIGKILL.
    Kill,
}

/// When an implementation is brought back to its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// Restarted before every case.
    PerCase,
    /// Started once; a state is reached over LwM2M.
    PerRun,
}

/// One way to make an implementation act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A line to its standard input.
    Stdin(String),
    /// A request to its interface.
    Http(HttpRequest),
    /// A command with its arguments.
    Exec(Vec<String>),
    /// A sentence to its operator.
    Prompt(String),
}

/// A request to an implementation's interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// Method, such as `GET`.
    pub method: String,
    /// URL.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// Body; `None` sends none.
    pub body: Option<String>,
    /// Time limit; `None` takes the one of the control.
    pub within: Option<Duration>,
}

/// How to see what an implementation tells its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Show {
    /// Where its JSON comes from.
    pub query: Query,
    /// What to take from it: JSON Pointers by name, `*` standing for every element. Empty takes every member.
    pub take: BTreeMap<String, String>,
}

/// A source of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The body of an answer.
    Http(HttpRequest),
    /// The standard output of a command.
    Exec(Vec<String>),
}

impl Control {
    /// Whether each case begins with a new process of a program of ours; what runs elsewhere is left alone.
    pub fn starts_anew(&self) -> bool {
        self.reset == Reset::PerCase && matches!(self.start, Some(Start::Process(_)))
    }

    /// A control without start, triggers or shows: everything is the operator's.
    pub fn new(file: impl Into<String>) -> Self {
        Self {
            place: Place {
                file: file.into(),
                lines: BTreeMap::new(),
            },
            copy: 0,
            start: None,
            stop: Stop::Signal {
                signal: Signal::Term,
                within: DEFAULT_STOP,
            },
            ready: None,
            startup: Duration::ZERO,
            reset: Reset::PerCase,
            triggers: BTreeMap::new(),
            shows: BTreeMap::new(),
            words: BTreeMap::new(),
            environment: BTreeMap::new(),
            directory: None,
            limit: DEFAULT_LIMIT,
        }
    }
}

impl Place {
    /// `file:line names it under key`, as far as the line is known.
    pub fn names(&self, key: &str) -> String {
        match self.lines.get(key) {
            Some(line) => format!("{}:{line} names it under {key}", self.file),
            None => format!("{} names it under {key}", self.file),
        }
    }
}

impl Signal {
    /// The word of the profile.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Term => "term",
            Self::Int => "int",
            Self::Kill => "kill",
        }
    }
}

/// Time to end after a signal, where a profile names none.
const DEFAULT_STOP: Duration = Duration::from_secs(2);

/// Time limit of a request or command, where a profile names none: an answer-time of 10 s and its retransmissions.
const DEFAULT_LIMIT: Duration = Duration::from_secs(30);
