//! One implementation under test, with its control: started, stopped, triggered, asked what it shows.
//!
//! Every method takes `&self`, so that a trigger may block while the runner serves the sockets and watches for a
//! crash. Dropping it kills what it started. Fallbacks over LwM2M are the runner's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use coap::Time;
use serde_json::Value;
use transport::Clock;

use super::IutError;
use super::adapter::{Adapter, impossible_word};
use super::call::Call;
use super::control::{Action, Control, HttpRequest, Query, Signal, Start, Stop};
use super::exec::{Ran, Surroundings};
use super::http::{self, Answered};
use super::placeholder::{Context, Placeholders};
use super::process::{Exit, Launch, Process};
use super::prompt::{Operator, Reply};
use super::take::take;

/// What came of a trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done {
        /// When that was known.
        at: Time,
        /// What was answered, by a request or a command.
        body: Option<String>,
    },
    /// It cannot do that, or its profile does not say how.
    Unsupported,
    /// Nobody listens at its interface.
    Refused(String),
    /// It was not done.
    Failed(String),
    /// Only an operator could do it, and there is none.
    NobodyToAsk,
}

/// What came of a look at what it shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// What was taken from its answer, by name.
    Values(BTreeMap<String, Value>),
    /// Why there is none; never [`Outcome::Done`].
    Nothing(Outcome),
}

/// What is known of its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was not started, or stopped elsewhere.
    Stopped,
    /// It runs; with its process identifier if it is a process of ours.
    Running(Option<u32>),
    /// Its process ended; a crash if nobody asked for it.
    Ended(Exit),
}

/// An implementation under test.
#[derive(Debug)]
pub struct Iut {
    name: String,
    control: Control,
    clock: Watch,
    operator: Arc<Operator>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    log: PathBuf,
    process: Option<Arc<Process>>,
    elsewhere: bool,
    trusted: BTreeSet<Vec<String>>,
}

/// The clock, which has nothing to print.
struct Watch(Clock);

impl Iut {
    /// Takes control of the implementation `name`, whose output goes to `log`. Starts nothing.
    pub fn new(
        name: &str,
        control: Control,
        log: &Path,
        clock: Clock,
        operator: Arc<Operator>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            control,
            clock: Watch(clock),
            operator,
            state: Mutex::new(State {
                log: log.to_owned(),
                process: None,
                elsewhere: false,
                trusted: BTreeSet::new(),
            }),
        }
    }

    /// How it is controlled.
    pub const fn control(&self) -> &Control {
        &self.control
    }

    /// Starts it, unless it runs, and waits until it is ready.
    ///
    /// It may register while this waits, so serve the sockets beside it.
    pub async fn start(&self, values: &Placeholders) -> Result<Time, IutError> {
        if !matches!(self.status(), Status::Running(_)) {
            let call = self.call("control.start", "start", values);
            match &self.control.start {
                Some(Start::Process(command)) => self.launch(command, &call).await?,
                Some(Start::Action(action)) => self.start_elsewhere(Some(action), &call).await?,
                None => self.start_elsewhere(None, &call).await?,
            }
        }
        Ok((self.clock.0)())
    }

    /// Stops it; returns how its process ended, if it is a process of ours.
    pub async fn stop(&self, values: &Placeholders) -> Result<Option<Exit>, IutError> {
        let call = self.call("control.stop", "stop", values);
        let Some(process) = self.process() else {
            if self.with(|state| state.elsewhere) {
                self.stop_elsewhere(&call).await?;
                self.with(|state| state.elsewhere = false);
            }
            return Ok(None);
        };
        if let Some(exit) = process.exit() {
            return Ok(Some(exit));
        }
        let exit = match &self.control.stop {
            Stop::Signal { signal, within } => process.stop(*signal, *within).await?,
            Stop::Action { action, within } => {
                process.ask_to_end();
                let done = self
                    .perform(action, &call)
                    .await
                    .and_then(|outcome| self.done("stop", outcome, &call));
                // Whatever came of it, nothing of ours may go on.
                let exit = process
                    .end(if done.is_ok() {
                        *within
                    } else {
                        Duration::ZERO
                    })
                    .await?;
                done.map(|()| exit)?
            }
        };
        Ok(Some(exit))
    }

    /// Stops it if it runs, and starts it.
    pub async fn restart(&self, values: &Placeholders) -> Result<Time, IutError> {
        self.stop(values).await?;
        self.start(values).await
    }

    /// Whether its profile says how to make it do `word`.
    pub fn has_trigger(&self, word: &str) -> bool {
        self.control.triggers.contains_key(word)
    }

    /// Whether its profile says how to see `word`.
    pub fn has_show(&self, word: &str) -> bool {
        self.control.shows.contains_key(word)
    }

    /// Makes it do `word`, by its profile.
    pub async fn trigger(&self, word: &str, values: &Placeholders) -> Result<Outcome, IutError> {
        match self.control.triggers.get(word) {
            Some(action) => {
                let call = self.call(&format!("control.trigger.{word}"), word, values);
                self.perform(action, &call).await
            }
            None => Ok(Outcome::Unsupported),
        }
    }

    /// Looks at what it tells its user about `word`, by its profile.
    pub async fn show(&self, word: &str, values: &Placeholders) -> Result<Shown, IutError> {
        let Some(show) = self.control.shows.get(word) else {
            return Ok(Shown::Nothing(Outcome::Unsupported));
        };
        let call = self.call(&format!("control.show.{word}"), word, values);
        let outcome = match &show.query {
            Query::Http(request) => self.request(request, &call).await?,
            Query::Exec(command) => self.run(command, &call).await?,
        };
        let Outcome::Done { body, .. } = outcome else {
            return Ok(Shown::Nothing(outcome));
        };
        let body = body.unwrap_or_default();
        Ok(match serde_json::from_str::<Value>(&body) {
            Ok(answer) => Shown::Values(take(&answer, &show.take)),
            Err(error) => {
                let start: String = body.chars().take(QUOTED).collect();
                Shown::Nothing(Outcome::Failed(format!(
                    "answer is no JSON: {error}: \"{start}\""
                )))
            }
        })
    }

    /// Asks the operator to do what the profile cannot.
    pub async fn ask_to_do(&self, sentence: &str) -> Outcome {
        match self
            .operator
            .perform(&format!("{}: {sentence}", self.name))
            .await
        {
            Reply::Yes => self.done_now(None),
            Reply::No(reason) if reason.is_empty() => {
                Outcome::Failed("operator: not possible".to_owned())
            }
            Reply::No(reason) => Outcome::Failed(format!("operator: {reason}")),
            Reply::Nobody => Outcome::NobodyToAsk,
        }
    }

    /// Asks the operator a question about it.
    pub async fn ask(&self, question: &str) -> Reply {
        self.operator
            .ask(&format!("{}: {question}", self.name))
            .await
    }

    /// What is known of its program now.
    pub fn status(&self) -> Status {
        match self.process() {
            Some(process) => match process.exit() {
                Some(exit) => Status::Ended(exit),
                None => Status::Running(Some(process.number())),
            },
            None if self.with(|state| state.elsewhere) => Status::Running(None),
            None => Status::Stopped,
        }
    }

    /// Waits for the end of its process, asked for or not; for ever if it has none.
    pub async fn ended(&self) -> Exit {
        match self.process() {
            Some(process) => process.ended().await,
            None => std::future::pending().await,
        }
    }

    /// The process that has ended, if one has and nothing was started since.
    pub fn ended_process(&self) -> Option<u32> {
        let process = self.process()?;
        process.exit().map(|_| process.number())
    }

    /// Waits until its process has ended, for ever if that end is `known`; returns which one it was.
    pub async fn ended_beyond(&self, known: &BTreeSet<u32>) -> (u32, Exit) {
        match self.process() {
            Some(process) if !known.contains(&process.number()) => {
                (process.number(), process.ended().await)
            }
            _ => std::future::pending().await,
        }
    }

    /// The last lines of its output, oldest first.
    pub fn last_lines(&self) -> Vec<String> {
        self.process()
            .map(|process| process.output().last_lines())
            .unwrap_or_default()
    }

    /// Lets its output go on in another file, such as the next case's.
    pub fn log_to(&self, path: &Path) -> Result<(), IutError> {
        self.with(|state| path.clone_into(&mut state.log));
        match self.process() {
            Some(process) => process
                .output()
                .redirect(path)
                .map_err(|source| IutError::Log {
                    path: path.to_owned(),
                    source,
                }),
            None => Ok(()),
        }
    }

    async fn launch(&self, command: &[String], call: &Call<'_>) -> Result<(), IutError> {
        let pattern = match &self.control.ready {
            Some(pattern) => Some(call.pattern(pattern)?),
            None => None,
        };
        let process = Arc::new(Process::start(Launch {
            name: &self.name,
            command: &call.filled_all(command)?,
            surroundings: &call.surroundings()?,
            named: call.named(),
            log: &self.with(|state| state.log.clone()),
            ready: pattern.clone(),
            clock: Arc::clone(&self.clock.0),
        })?);
        // Before the wait, so that giving it up leaves the process in our hands.
        self.with(|state| state.process = Some(Arc::clone(&process)));
        let startup = self.control.startup;
        let started = match pattern {
            Some(pattern) => process.ready(pattern.as_str(), startup).await,
            None => process.settle(startup).await,
        };
        if started.is_err() && process.exit().is_none() {
            process.stop(Signal::Kill, Duration::ZERO).await?;
        }
        started
    }

    async fn start_elsewhere(
        &self,
        action: Option<&Action>,
        call: &Call<'_>,
    ) -> Result<(), IutError> {
        let outcome = match action {
            Some(action) => self.perform(action, call).await?,
            None => self.ask_to_do(&start_sentence(call.values())).await,
        };
        self.done("start", outcome, call)?;
        self.with(|state| (state.elsewhere, state.process) = (true, None));
        tokio::time::sleep(self.control.startup).await;
        Ok(())
    }

    async fn stop_elsewhere(&self, call: &Call<'_>) -> Result<(), IutError> {
        let outcome = match &self.control.stop {
            Stop::Action { action, .. } => self.perform(action, call).await?,
            Stop::Signal { .. } => self.ask_to_do("Stop it.").await,
        };
        self.done("stop", outcome, call)
    }

    fn done(&self, verb: &'static str, outcome: Outcome, call: &Call<'_>) -> Result<(), IutError> {
        let name = self.name.clone();
        let reason = match outcome {
            Outcome::Done { .. } => return Ok(()),
            Outcome::NobodyToAsk => return Err(IutError::NobodyToAsk { verb, name }),
            Outcome::Unsupported => "it answers that this is not supported".to_owned(),
            Outcome::Refused(reason) | Outcome::Failed(reason) => reason,
        };
        let named = call.named();
        Err(IutError::Control {
            verb,
            name,
            reason,
            named,
        })
    }

    async fn perform(&self, action: &Action, call: &Call<'_>) -> Result<Outcome, IutError> {
        match action {
            Action::Stdin(line) => self.type_line(&call.filled(line, Context::Plain)?).await,
            Action::Http(request) => self.request(request, call).await,
            Action::Exec(command) => self.run(command, call).await,
            Action::Prompt(sentence) => Ok(self
                .ask_to_do(&call.filled(sentence, Context::Plain)?)
                .await),
        }
    }

    async fn type_line(&self, line: &str) -> Result<Outcome, IutError> {
        if line.contains(['\n', '\r']) {
            return Ok(Outcome::Failed(format!(
                "line break inside the line {line:?}"
            )));
        }
        let Some(process) = self.process().filter(|process| process.exit().is_none()) else {
            return Ok(Outcome::Failed(format!("\"{}\" is not running", self.name)));
        };
        Ok(match process.send_line(line).await {
            Ok(()) => self.done_now(None),
            Err(reason) => Outcome::Failed(reason),
        })
    }

    async fn request(&self, request: &HttpRequest, call: &Call<'_>) -> Result<Outcome, IutError> {
        let within = request.within.unwrap_or(self.control.limit);
        let answered = http::send(call.filled_request(request)?, within).await;
        Ok(match answered {
            Answered::Done(body) => self.done_now(Some(body)),
            Answered::Unsupported => Outcome::Unsupported,
            Answered::Refused(reason) => Outcome::Refused(reason),
            Answered::Failed(reason) => Outcome::Failed(reason),
        })
    }

    async fn run(&self, command: &[String], call: &Call<'_>) -> Result<Outcome, IutError> {
        let surroundings = call.surroundings()?;
        let named = call.named();
        self.try_adapter(command, call, &surroundings, &named)
            .await?;
        let words = call.filled_all(command)?;
        let ran = surroundings
            .run(&self.name, &words, &named, self.control.limit)
            .await?;
        Ok(match ran {
            Ran::Done(body) => self.done_now(Some(body)),
            Ran::Unsupported => Outcome::Unsupported,
            Ran::Failed(reason) => Outcome::Failed(reason),
        })
    }

    /// Tries an adapter with a word that cannot exist, once in a run.
    async fn try_adapter(
        &self,
        command: &[String],
        call: &Call<'_>,
        surroundings: &Surroundings,
        named: &str,
    ) -> Result<(), IutError> {
        let word = impossible_word();
        let Some(adapter) = Adapter::of(command, call.word(), call.theirs(), &word) else {
            return Ok(());
        };
        if self.with(|state| state.trusted.contains(&adapter.command)) {
            return Ok(());
        }
        let trial = call.filled_all(&adapter.trial)?;
        if let Ran::Done(_) = surroundings
            .run(&self.name, &trial, named, self.control.limit)
            .await?
        {
            return Err(IutError::Adapter {
                command: adapter.command.join(" "),
                word,
                named: named.to_owned(),
            });
        }
        self.with(|state| state.trusted.insert(adapter.command));
        Ok(())
    }

    fn done_now(&self, body: Option<String>) -> Outcome {
        let at = (self.clock.0)();
        Outcome::Done { at, body }
    }

    fn call(&self, key: &str, word: &str, values: &Placeholders) -> Call<'_> {
        Call::new(&self.control, key, word, values)
    }

    fn process(&self) -> Option<Arc<Process>> {
        self.with(|state| state.process.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}

fn start_sentence(values: &Placeholders) -> String {
    match values.get("server.uri") {
        Some(uri) => format!("Start it; its server is {uri}"),
        None => "Start it.".to_owned(),
    }
}

/// How many characters of an answer a reason quotes.
const QUOTED: usize = 200;
