//! `run`: plays cases, one session for each profile, and leaves the reports.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lwm2m::Version;
use sessions::SessionFolder;

use crate::args::Run;
use crate::screen::Screen;
use crate::session::{Terms, play};
use crate::setup::Setup;
use crate::{ExitCode, Trouble, cases, output};

/// Plays the cases.
pub(crate) fn run(args: &Run) -> Result<ExitCode, Trouble> {
    let args = &impaired(args)?;
    let Some(dir) = &args.session else {
        return run_all(args, None);
    };
    let session = SessionFolder::open(dir)?;
    let code = run_all(&for_session(args, &session)?, Some(&session))?;
    session.write_reports(env!("CARGO_PKG_VERSION"))?;
    Ok(code)
}

/// The arguments with what the network is to do, and a seed for it.
fn impaired(args: &Run) -> Result<Run, Trouble> {
    let mut args = args.clone();
    let Some(weather) = &mut args.impair else {
        return Ok(args);
    };
    if args.selected.transport != "udp" {
        return Err(Trouble::usage(
            "TCP makes good what a network does to it",
            "leave --impair or --transport out",
        ));
    }
    if weather.rebind.is_some() && !args.selected.together {
        return Err(Trouble::usage(
            "rebind needs a relay between two implementations",
            "`testfest pair` has one; leave it out of --impair",
        ));
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let chosen = now.map_or(0, |now| u64::from(now.subsec_nanos()));
    weather.seed.get_or_insert(chosen);
    args.selected.weather.clone_from(&args.impair);
    Ok(args)
}

/// The arguments as the session wants them: its version, its ETS, its folder, the time that is left.
fn for_session(args: &Run, session: &SessionFolder) -> Result<Run, Trouble> {
    let header = session.header();
    let mut args = args.clone();
    let Some(version) = Version::parse(&header.lwm2m) else {
        let message = format!("\"{}\" is no version of LwM2M", header.lwm2m);
        let known = Version::ALL.map(Version::as_str).join(", ");
        let help = format!("session.yaml names one of {known}");
        return Err(Trouble::usage(report::visible(&message), help));
    };
    let release = sessions::named_in(&header.ets);
    let selected = &mut args.selected;
    if selected.lwm2m.is_some_and(|given| given != version)
        || (selected.ets.is_some() && selected.ets != release)
    {
        let message = format!("the session is about LwM2M {version} by \"{}\"", header.ets);
        return Err(Trouble::usage(
            report::visible(&message),
            "leave --lwm2m and --ets out: the session says them",
        ));
    }
    selected.lwm2m = Some(version);
    selected.ets = release;
    args.out = session.runs_path();
    if let Some(left) = session.remaining()? {
        if left.is_zero() {
            let message = "the session's time has ended";
            let help = "`testfest session review` proposes Out of Time for what was not played; budget-minutes in session.yaml gives more";
            return Err(Trouble::usage(message, help));
        }
        args.budget = Some(args.budget.map_or(left, |given| given.min(left)));
    }
    Ok(args)
}

fn run_all(args: &Run, session: Option<&SessionFolder>) -> Result<ExitCode, Trouble> {
    let library = cases::selected(&args.selected)?;
    let mut setups = Setup::all(&args.selected, &library)?;
    if let Some(session) = session {
        for setup in &setups {
            session.admits(&setup.tested(), setup.version.as_str())?;
        }
    }
    let known = setups.first().and_then(Setup::library);
    output::warn_of_filters(&args.selected.filters, known.unwrap_or(&library));
    if let Some(partition) = args.partition {
        setups.iter_mut().for_each(|setup| setup.keep(partition));
    }
    let (playable, empty): (Vec<Setup>, Vec<Setup>) = setups
        .into_iter()
        .partition(|setup| !setup.plan.selected.is_empty());
    for setup in &empty {
        output::complain(&nothing_selected(setup));
    }
    let terms = Terms::of(args, &library);
    let played = if args.jobs > 1 && playable.len() > 1 {
        side_by_side(&playable, &terms, args.jobs)
    } else {
        one_by_one(&playable, &terms, args.jobs)
    };
    let nothing = if empty.is_empty() {
        ExitCode::Passed
    } else {
        ExitCode::NothingSelected
    };
    Ok(nothing.or(played))
}

fn one_by_one(setups: &[Setup], terms: &Terms, jobs: u16) -> ExitCode {
    let mut code = ExitCode::Passed;
    for (number, setup) in setups.iter().enumerate() {
        if number > 0 {
            output::print("\n");
        }
        code = code.or(play_one(setup, terms, jobs, Screen::terminal()));
        if code == ExitCode::Interrupted {
            break;
        }
    }
    code
}

/// Plays several sessions at a time; each is shown as a whole when it has ended.
///
/// They share the turns to play a case, of which there are `jobs`.
fn side_by_side(setups: &[Setup], terms: &Terms, jobs: u16) -> ExitCode {
    let sessions = setups.len().min(usize::from(jobs));
    let next = AtomicUsize::new(0);
    let code = Mutex::new(ExitCode::Passed);
    std::thread::scope(|scope| {
        for _ in 0..sessions {
            scope.spawn(|| {
                while let Some(setup) = setups.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let text = Arc::new(Mutex::new(Vec::new()));
                    let ended = play_one(setup, terms, jobs, Screen::buffer(Arc::clone(&text)));
                    let mut code = code.lock().unwrap_or_else(PoisonError::into_inner);
                    let text = text.lock().unwrap_or_else(PoisonError::into_inner);
                    output::print(&format!("{}\n", String::from_utf8_lossy(&text)));
                    *code = code.or(ended);
                    if ended == ExitCode::Interrupted {
                        break;
                    }
                }
            });
        }
    });
    code.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn play_one(setup: &Setup, terms: &Terms, copies: u16, mut screen: Screen) -> ExitCode {
    let outcome = play(setup, terms, copies, &mut screen);
    screen.clear();
    outcome.unwrap_or_else(|trouble| {
        output::complain(&trouble);
        trouble.exit_code()
    })
}

fn nothing_selected(setup: &Setup) -> Trouble {
    let names: Vec<&str> = setup.profiles.iter().map(|one| one.name.as_str()).collect();
    let who = match names.as_slice() {
        [] => "the emulators".to_owned(),
        names => names.join(" and "),
    };
    let message = match setup.plan.not_selected.len() {
        0 => format!("no case is selected for {who}: no case fits the filters"),
        1 => format!("no case is selected for {who}: one does not apply"),
        count => format!("no case is selected for {who}: {count} do not apply"),
    };
    Trouble::NothingSelected {
        message,
        help: "`testfest list --explain` shows every case and why it applies or not".to_owned(),
    }
}
