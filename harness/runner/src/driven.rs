//! How an implementation is driven: what its profile says under `control`, as the runner's own data.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use testcase::profile::{self, StopDeed};
use testcase::{Profile, Seat};

use crate::error::HarnessError;
use crate::iut::{
    Action, Control, HttpRequest, IutError, Place, Query, Reset, Show, Signal, Start, Stop,
};

/// The control of a profile.
pub(crate) fn control(profile: &Profile) -> Control {
    let told = &profile.control;
    let mut control = Control::new(profile.file.clone());
    control.place = Place {
        file: profile.file.clone(),
        lines: told
            .places
            .iter()
            .map(|(key, span)| (key.clone(), span.line))
            .collect(),
    };
    control.start = told.start.as_ref().and_then(start);
    control.stop = told.stop.as_ref().map_or(control.stop, stop);
    control.ready.clone_from(&told.ready);
    control.startup = startup(profile);
    control.reset = match told.reset {
        profile::Reset::PerCase => Reset::PerCase,
        profile::Reset::PerRun => Reset::PerRun,
    };
    control.triggers = told
        .triggers
        .iter()
        .map(|(word, deed)| (word.clone(), action(deed)))
        .collect();
    control.shows = shows(profile);
    control.words.clone_from(&profile.words);
    control.environment.clone_from(&told.environment);
    control.directory = told.directory.as_ref().map(PathBuf::from);
    control.limit = told.within.unwrap_or(control.limit);
    control
}

/// Looks for the program before anything is written, so that a missing one leaves nothing behind.
pub(crate) fn find_program(control: &Control) -> Result<(), HarnessError> {
    let Some(Start::Process(command)) = &control.start else {
        return Ok(());
    };
    let Some(program) = command.first() else {
        return Ok(());
    };
    let path = control
        .environment
        .get("PATH")
        .map(Into::into)
        .or_else(|| std::env::var_os("PATH"));
    let is_there = if program.contains("${") {
        true
    } else if program.contains('/') {
        let base = control
            .directory
            .as_deref()
            .unwrap_or_else(|| Path::new("."));
        Path::new(program).is_file() || base.join(program).is_file()
    } else {
        std::env::split_paths(&path.unwrap_or_default())
            .any(|folder| folder.join(program).is_file())
    };
    if is_there {
        return Ok(());
    }
    Err(HarnessError::Implementation(IutError::Start {
        program: program.clone(),
        named: control.place.names("control.start"),
        source: io::Error::from(io::ErrorKind::NotFound),
    }))
}

/// Limit of the ready line; without one a client shows by its Register that it is there, and a server gets a moment.
fn startup(profile: &Profile) -> Duration {
    let told = profile.ixit.contains_key("startup-time");
    match (&profile.control.ready, profile.seat()) {
        (Some(_), _) => profile.duration("startup-time").unwrap_or(READY_WITHIN),
        (None, Seat::CLIENT) => Duration::ZERO,
        (None, _) if told => profile.duration("startup-time").unwrap_or(SETTLED),
        (None, _) => SETTLED,
    }
}

fn start(start: &profile::Start) -> Option<Start> {
    match start {
        profile::Start::Process(command) => Some(Start::Process(command.clone())),
        profile::Start::Action(deed) => Some(Start::Action(action(deed))),
        profile::Start::Harness => None,
    }
}

fn stop(stop: &profile::Stop) -> Stop {
    let within = stop.within;
    match &stop.deed {
        StopDeed::Signal(signal) => Stop::Signal {
            signal: match signal {
                profile::Signal::Term => Signal::Term,
                profile::Signal::Int => Signal::Int,
                profile::Signal::Kill => Signal::Kill,
            },
            within,
        },
        StopDeed::Action(deed) => Stop::Action {
            action: action(deed),
            within,
        },
    }
}

fn action(action: &profile::Action) -> Action {
    match action {
        profile::Action::Stdin(line) => Action::Stdin(line.clone()),
        profile::Action::Http(request) => Action::Http(http(request)),
        profile::Action::Exec(command) => Action::Exec(command.clone()),
        profile::Action::Prompt(sentence) => Action::Prompt(sentence.clone()),
    }
}

fn http(request: &profile::HttpRequest) -> HttpRequest {
    HttpRequest {
        method: request.method.clone(),
        url: request.url.clone(),
        headers: request.headers.clone(),
        body: request.body.clone(),
        within: request.within,
    }
}

/// What can be looked at; where that needs the operator, the runner asks by itself.
fn shows(profile: &Profile) -> BTreeMap<String, Show> {
    let mut shows = BTreeMap::new();
    for (word, show) in &profile.control.shows {
        let query = match &show.action {
            profile::Action::Http(request) => Query::Http(http(request)),
            profile::Action::Exec(command) => Query::Exec(command.clone()),
            profile::Action::Stdin(_) | profile::Action::Prompt(_) => continue,
        };
        let take = show.take.clone();
        shows.insert(word.clone(), Show { query, take });
    }
    shows
}

/// Limit of the ready line where the profile names none.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// Time that a server without a ready line gets.
const SETTLED: Duration = Duration::from_secs(1);
