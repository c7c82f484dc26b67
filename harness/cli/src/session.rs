//! One session from its set-up to its reports.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use record::{CaseRecord, RunParameters, SessionRecord};
use runner::iut::Operator;
use runner::session::{Product, Script};
use runner::{Broadcast, Folder, RunClock, Stop, sha256};
use testcase::Library;
use tokio::sync::Semaphore;

use crate::args::{Command, Partition, Run};
use crate::audience::Audience;
use crate::screen::Screen;
use crate::setup::Setup;
use crate::{ExitCode, Trouble, cases, github, reports};

/// What holds for every session of a run.
pub(crate) struct Terms<'a> {
    args: &'a Run,
    cases_hash: String,
    operator: Arc<Operator>,
    turns: Arc<Semaphore>,
}

impl<'a> Terms<'a> {
    /// The terms that the arguments set.
    pub(crate) fn of(args: &'a Run, library: &Library) -> Self {
        // questions of two sessions at once would be nobody's to answer
        let operator = if args.jobs > 1 {
            Operator::nobody()
        } else {
            Operator::terminal()
        };
        Self {
            args,
            cases_hash: sha256(&library.hash_input()),
            operator: Arc::new(operator),
            turns: Arc::new(Semaphore::new(args.jobs.into())),
        }
    }

    /// What those hear who watch the session of a TestFest; they are asked, too, if anybody is.
    fn broadcast(&self) -> Option<Arc<Broadcast>> {
        let head = self.args.session.as_ref()?.join(sessions::HEADER);
        let broadcast = Arc::new(Broadcast::new(head));
        if self.args.jobs == 1 {
            self.operator.also_ask(Some(Arc::clone(&broadcast)));
        }
        Some(broadcast)
    }
}

/// Plays the cases of `setup` with nobody at the terminal; gives the records and their folder, which lies below `out`.
pub fn play_case(
    setup: &Setup,
    out: &Path,
) -> Result<(SessionRecord, Vec<CaseRecord>, PathBuf), Trouble> {
    let Command::Run(mut args) = Command::default() else {
        return Err(Trouble::usage("no arguments", "testfest run"));
    };
    args.out = out.to_owned();
    let library = cases::selected(&args.selected)?;
    let terms = Terms {
        args: &args,
        cases_hash: sha256(&library.hash_input()),
        operator: Arc::new(Operator::nobody()),
        turns: Arc::new(Semaphore::new(1)),
    };
    let mut screen = Screen::buffer(Arc::default());
    play(setup, &terms, 1, &mut screen)?;
    let folder = screen.folder().map(Path::to_owned).unwrap_or_default();
    let (session, cases) = reports::read(&folder)?;
    Ok((session, cases, folder))
}

/// Plays a session with at most so many `copies` of a program, and writes its reports, also after an interruption.
pub(crate) fn play(
    setup: &Setup,
    terms: &Terms<'_>,
    copies: u16,
    screen: &mut Screen,
) -> Result<ExitCode, Trouble> {
    let script = script(setup, terms, copies)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(Trouble::System)?;
    let broadcast = terms.broadcast();
    let mut audience = Audience::new(screen, broadcast.clone());
    let outcome = runtime.block_on(until_stopped(script, &mut audience));
    if let Some(broadcast) = broadcast {
        broadcast.close();
    }
    // what a child process holds open must not hold us
    runtime.shutdown_timeout(Duration::from_millis(50));
    let Some(folder) = screen.folder().map(Path::to_owned) else {
        return outcome.map(|()| ExitCode::Harness);
    };
    let (session, cases) = reports::write(&folder, &folder)?;
    screen.end(&session);
    if terms.args.github {
        screen.say(&github::tell(&session, &cases)?);
    }
    outcome?;
    Ok(ExitCode::of(&session))
}

/// Plays until the end; what has not ended shortly after an interruption is given up.
async fn until_stopped(script: Script, audience: &mut Audience<'_>) -> Result<(), Trouble> {
    let stop = Stop::on_signals();
    let given_up = async {
        stop.requested().await;
        tokio::time::sleep(GRACE).await;
    };
    let outcome = tokio::select! {
        outcome = runner::session::play(script, stop.clone(), audience) => Some(outcome),
        () = given_up => None,
    };
    match outcome {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(error.into()),
        None => match audience.folder() {
            Some(folder) => note_interruption(folder),
            None => Ok(()),
        },
    }
}

/// Says in the record that the session was interrupted.
fn note_interruption(folder: &Path) -> Result<(), Trouble> {
    let (mut session, _): (SessionRecord, _) = reports::read(folder)?;
    session.interrupted = true;
    Folder::open(folder).write_session(&session)?;
    Ok(())
}

fn script(setup: &Setup, terms: &Terms<'_>, copies: u16) -> Result<Script, Trouble> {
    let clock = RunClock::start();
    let products = setup.products(copies, &clock, &terms.operator)?;
    let jumping = products.iter().all(Product::is_emulated);
    let jobs = products.iter().map(|product| product.programs.len()).max();
    Ok(Script {
        runs: setup.runs.clone(),
        plan: setup.plan.clone(),
        products,
        out: terms.args.out.clone(),
        label: setup.label.clone(),
        parameters: RunParameters {
            impair: terms.args.impair.as_ref().map(ToString::to_string),
            terminate: terms.args.selected.terminates,
            lwm2m: setup.version.to_string(),
            transport: terms.args.selected.transport.clone(),
            security: terms.args.selected.security.clone(),
            quick: terms.args.selected.quick,
            jobs: jobs
                .and_then(|jobs| jobs.try_into().ok())
                .unwrap_or(1)
                .max(1),
            as_printed: terms.args.selected.as_printed,
            jumping_clock: jumping,
            partition: setup.part,
            filters: terms.args.selected.filters.clone(),
            cases: shown(terms.args.selected.cases.as_deref()),
            objects: shown(terms.args.selected.objects.as_deref()),
            ets: terms.args.selected.ets.map(|release| release.to_string()),
            again: again(setup, terms.args),
        },
        cases_hash: terms.cases_hash.clone(),
        listen: listen(setup, terms.args)?,
        key_logs: terms.args.key_logs.clone(),
        budget: terms.args.budget,
        clock,
        turns: Arc::clone(&terms.turns),
        spoil: None,
    })
}

fn listen(setup: &Setup, args: &Run) -> Result<Option<SocketAddr>, Trouble> {
    match args.listen {
        Some(listen) => Ok(Some(listen)),
        None => setup.listen(),
    }
}

/// The command line that plays the session again.
fn again(setup: &Setup, args: &Run) -> String {
    let selected = &args.selected;
    let met = setup.profiles.len() > 1;
    let command = if met { "pair" } else { "run" };
    let mut words = vec![called(), command.to_owned()];
    let mut flag = |name: &str, value: String| words.extend([name.to_owned(), quoted(&value)]);
    for profile in &setup.profiles {
        let name = match met {
            true => format!("--{}", profile.seat()),
            false => "--profile".to_owned(),
        };
        flag(&name, profile.file.clone());
    }
    match &args.session {
        // it says version, ETS and folder
        Some(dir) => flag("--session", dir.display().to_string()),
        None => {
            if let Some(version) = selected.lwm2m {
                flag("--lwm2m", version.to_string());
            }
            if let Some(release) = selected.ets {
                flag("--ets", release.to_string());
            }
            if args.out != Path::new(DEFAULT_OUT) {
                flag("--out", args.out.display().to_string());
            }
        }
    }
    if let Some(weather) = &args.impair {
        flag("--impair", weather.to_string());
    }
    for log in &args.key_logs {
        flag("--keylog", log.display().to_string());
    }
    for (name, value, usual) in [
        ("--transport", &selected.transport, "udp"),
        ("--security", &selected.security, "nosec"),
    ] {
        if value != usual {
            flag(name, value.clone());
        }
    }
    for (name, folder) in [
        ("--cases", &selected.cases),
        ("--objects", &selected.objects),
    ] {
        if let Some(folder) = folder {
            flag(name, folder.display().to_string());
        }
    }
    if let Some(listen) = args.listen {
        flag("--listen", listen.to_string());
    }
    if args.jobs != 1 {
        flag("--jobs", args.jobs.to_string());
    }
    if let Some(Partition { part, of }) = args.partition {
        flag("--partition", format!("{part}/{of}"));
    }
    for (is_on, name) in [
        (selected.terminates, "--terminate"),
        (selected.as_printed, "--as-printed"),
        (selected.quick, "--quick"),
    ] {
        if is_on {
            words.push(name.to_owned());
        }
    }
    words.extend(selected.filters.iter().map(|filter| quoted(filter)));
    words.join(" ")
}

/// A folder for the record.
fn shown(folder: Option<&Path>) -> Option<String> {
    folder.map(|folder| folder.display().to_string())
}

/// How this program was called, seen from the current folder.
fn called() -> String {
    let name = std::env::args().next().filter(|name| name.contains('/'));
    let here = std::env::current_dir().unwrap_or_default();
    let name = name.map(|name| match Path::new(&name).strip_prefix(&here) {
        Ok(below) => below.display().to_string(),
        Err(_) => name,
    });
    name.map_or_else(|| "testfest".to_owned(), |name| quoted(&name))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:=@%,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Time that a session has to end by itself after an interruption.
const GRACE: Duration = Duration::from_millis(400);
/// Folder of sessions.
pub(crate) const DEFAULT_OUT: &str = "reports/sessions";
