//! Profiles: who is tested, what it claims, and how it is driven.

use std::collections::BTreeMap;
use std::time::Duration;

use coap::ContentFormat;
use lwm2m::Version;

use crate::model::{Scalar, Seat, Span};

/// An implementation under test.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// The profile's path.
    pub file: String,
    /// Who makes it.
    pub vendor: Option<String>,
    /// What it plays.
    pub role: lwm2m::Role,
    /// Its version.
    pub version: Option<ProfileVersion>,
    /// What it claims.
    pub ics: Ics,
    /// What only the vendor can tell, by dotted names: `firmware.image`.
    pub ixit: BTreeMap<String, Scalar>,
    /// Address at which the harness listens.
    pub listen: Option<String>,
    /// How it is driven.
    pub control: Control,
    /// Its words for ours.
    pub words: BTreeMap<String, String>,
    /// Deviations that are agreed.
    pub expected: Vec<ExpectedDeviation>,
}

/// How a version is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileVersion {
    /// Written in the profile.
    Text(String),
    /// Printed by a command.
    Command(Vec<String>),
}

/// What an implementation claims (Implementation Conformance Statement).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ics {
    /// LwM2M versions, at least one.
    pub lwm2m: Vec<Version>,
    /// Transports.
    pub transports: Vec<String>,
    /// Security modes.
    pub security: Vec<String>,
    /// Content-Formats.
    pub content_formats: Vec<ContentFormat>,
    /// Operations, by the notation's words.
    pub operations: Vec<String>,
    /// Features.
    pub features: Vec<String>,
    /// Objects of a client.
    pub objects: BTreeMap<u16, ClaimedObject>,
}

/// An Object that a client has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimedObject {
    /// Object version.
    pub version: Option<String>,
    /// Resource IDs; none: not told.
    pub resources: Vec<u16>,
}

/// How an implementation is driven.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Control {
    /// How it is started; none: the operator does.
    pub start: Option<Start>,
    /// How it is stopped.
    pub stop: Option<Stop>,
    /// Regular expression of the line that says it is ready.
    pub ready: Option<String>,
    /// When it is brought back to its beginning.
    pub reset: Reset,
    /// How many of its programs may run at a time, each with a case of its own; at least 1.
    pub copies: u16,
    /// Folder in which programs run, as written.
    pub directory: Option<String>,
    /// Environment of programs.
    pub environment: BTreeMap<String, String>,
    /// Limit of one request or command.
    pub within: Option<Duration>,
    /// What it can be made to do, by the notation's words.
    pub triggers: BTreeMap<String, Action>,
    /// What it shows its user: `registration`, `registrations`, `values`.
    pub shows: BTreeMap<String, Show>,
    /// Where each of these stands: `control.start`, `control.trigger.read`.
    pub places: BTreeMap<String, Span>,
}

/// How an implementation is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// A program, with its arguments.
    Process(Vec<String>),
    /// Something that starts it elsewhere.
    Action(Action),
    /// An emulator of the harness.
    Harness,
}

/// How an implementation is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// What is done.
    pub deed: StopDeed,
    /// Then what is left is killed.
    pub within: Duration,
}

/// What stops an implementation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopDeed {
    /// A signal to its process group.
    Signal(Signal),
    /// An action.
    Action(Action),
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reset {
    /// Restarted before every case.
    #[default]
    PerCase,
    /// Started once.
    PerRun,
}

/// One way to make an implementation act; texts may hold placeholders.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// Method.
    pub method: String,
    /// URL.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Option<String>,
    /// Limit, if it is not that of the control.
    pub within: Option<Duration>,
}

/// How to see what an implementation tells its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Show {
    /// Where its JSON comes from; a prompt asks the operator instead.
    pub action: Action,
    /// JSON pointers by name, `*` for every element; none takes every member.
    pub take: BTreeMap<String, String>,
}

/// A deviation that is agreed: one that no longer happens fails the run, unless it happens only sometimes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedDeviation {
    /// The case, as it is called.
    pub case: String,
    /// Who deviates.
    pub seat: Seat,
    /// The letter; none: any.
    pub criterion: Option<String>,
    /// What comes out.
    pub verdict: ExpectedVerdict,
    /// Why that is agreed.
    pub reason: String,
    /// Where it is followed up.
    pub ticket: Option<String>,
    /// Whether it happens only sometimes.
    pub sometimes: bool,
    /// Where it stands in `NAME.expected.yaml`.
    pub span: Span,
}

/// A verdict that can be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedVerdict {
    /// Fail.
    Fail,
    /// Inconclusive.
    Inconclusive,
    /// Not Applicable.
    NotApplicable,
}

impl Profile {
    /// The seat that the implementation takes.
    pub fn seat(&self) -> Seat {
        match self.role {
            lwm2m::Role::Client => Seat::CLIENT,
            lwm2m::Role::Server => Seat::SERVER,
            lwm2m::Role::BootstrapServer => Seat::BOOTSTRAP_SERVER,
            lwm2m::Role::FileServer => Seat::FILE_SERVER,
        }
    }

    /// The profile's file name without `.yaml`.
    pub fn stem(&self) -> &str {
        let name = self.file.rsplit(['/', '\\']).next().unwrap_or(&self.file);
        name.strip_suffix(".yaml").unwrap_or(name)
    }

    /// A duration among the ixit, or the default that the reference page gives.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        let told = self.ixit.get(name).and_then(Scalar::as_duration);
        told.or_else(|| {
            let key = crate::notation::IXIT.iter().find(|key| key.name == name)?;
            crate::model::duration::parse(key.default)
        })
    }
}

impl Ics {
    /// Whether `word` is claimed: an operation, format, transport, security mode or feature.
    pub fn claims(&self, word: &str) -> bool {
        let lists = [
            &self.transports,
            &self.security,
            &self.operations,
            &self.features,
        ];
        let format = ContentFormat::from_name(word);
        lists
            .iter()
            .any(|list| list.iter().any(|known| known == word))
            || format.is_some_and(|format| self.content_formats.contains(&format))
    }

    /// Which of `resources` are missing from an Object; `None` if the Object is not claimed.
    pub fn object(&self, id: u16, resources: &[u16]) -> Option<Vec<u16>> {
        let object = self.objects.get(&id)?;
        let missing = resources.iter().copied();
        Some(
            missing
                .filter(|id| !object.resources.contains(id))
                .collect(),
        )
    }
}
