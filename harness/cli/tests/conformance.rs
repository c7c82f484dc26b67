//! The cases as libtest trials, for `cargo test`, `cargo nextest` and every pipeline that understands them.
//!
//! Between emulators in virtual time; with `TESTFEST_PROFILE` (a path, or a name under profiles/) live against that
//! implementation. `TESTFEST_OUT` names the folder in which each trial leaves its session, for `testfest consolidate --merge`. A
//! thin adapter: the runner plays, the trial only tells.

use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use record::{CaseRecord, SessionRecord, Verdict};
use report::{Style, Terminal};
use runner::plan::{Plan, Planned};
use testfest::{Args, Setup, play_case, rehearse};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    // names of profiles and paths in them are seen from the root
    std::env::set_current_dir(root)?;
    let profile = std::env::var("TESTFEST_PROFILE")
        .ok()
        .filter(|name| !name.is_empty());
    let setup = match setup(profile.as_deref()) {
        Ok(setup) => Arc::new(setup),
        Err(trouble) => {
            eprintln!("{trouble}");
            return Ok(trouble.exit_code().into());
        }
    };
    let trials = trials(&setup, &arguments);
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn setup(profile: Option<&str>) -> Result<Setup, testfest::Trouble> {
    let words = profile.into_iter().flat_map(|name| ["--profile", name]);
    let selected = Args::selected(words);
    let library = testfest::load_cases(&selected)?;
    let mut setups = Setup::all(&selected, &library)?;
    Ok(setups.swap_remove(0))
}

/// A trial for every case and judged seat; what does not apply is known before anything is played.
fn trials(setup: &Arc<Setup>, arguments: &Arguments) -> Vec<Trial> {
    let selected = setup.plan.selected.iter().map(|planned| {
        let (setup, planned) = (Arc::clone(setup), planned.clone());
        let name = planned.case.name.clone();
        let kind = planned.seat.to_string();
        Trial::test(name, move || play(&setup, &planned)).with_kind(kind)
    });
    // a pipeline lists first and has to see the flag; a person has to see the reason, which only a run can tell
    let flagged = arguments.list || arguments.ignored;
    let ignored = setup.plan.not_selected.iter().map(move |case| {
        let reason = case.reason.clone();
        Trial::ignorable_test(case.case.clone(), move || {
            Ok(Completion::ignored_with(reason))
        })
        .with_kind(case.seat.clone())
        .with_ignored_flag(flagged)
    });
    selected.chain(ignored).collect()
}

fn play(setup: &Setup, planned: &Planned) -> Result<(), Failed> {
    let out = std::env::var_os("TESTFEST_OUT").filter(|out| !out.is_empty());
    if setup.profiles.is_empty() && out.is_none() {
        let record = rehearse(&setup.runs[&planned.seat], &planned.case, planned.seat);
        return tell(&record, None, "");
    }
    // nextest runs a process for each test; the implementation is one
    let profile = setup.profiles.first().map(|profile| &profile.file);
    let lock = profile.map(|file| lock(Path::new(file))).transpose()?;
    let mut setup = setup.clone();
    setup.plan = Plan {
        selected: vec![planned.clone()],
        ..Plan::default()
    };
    let usual = || PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("conformance");
    let out = out.map_or_else(usual, PathBuf::from);
    let played =
        play_case(&setup, &out).map_err(|trouble| Failed::from(format!("Error: {trouble}")))?;
    drop(lock);
    let (session, cases, folder) = played;
    if session.interrupted {
        // libtest knows no way to stop the trials that follow
        std::process::exit(testfest::ExitCode::Interrupted as i32);
    }
    let record = cases
        .first()
        .ok_or("Error: the session has no record of the case")?;
    tell(record, Some(&session), &folder.display().to_string())
}

/// The verdict first, then what a failure block says.
fn tell(record: &CaseRecord, session: Option<&SessionRecord>, folder: &str) -> Result<(), Failed> {
    let summary = &record.summary;
    if summary.verdict == Verdict::Pass || summary.expected.is_some() {
        return Ok(());
    }
    let reason = summary
        .reason
        .as_deref()
        .unwrap_or("no reason was recorded");
    let block = session.map_or_else(String::new, |session| {
        Terminal::new(session, folder, Style::default()).failure(session, summary, Some(record))
    });
    Err(format!(
        "{}: {}\n\n{block}",
        summary.verdict,
        report::visible(reason)
    )
    .into())
}

/// One process at a time for each profile.
fn lock(profile: &Path) -> Result<File, Failed> {
    let profile = profile.canonicalize().map_err(|error| error.to_string())?;
    let name = runner::sha256(profile.to_string_lossy().as_bytes());
    let path = std::env::temp_dir().join(format!("testfest-{}.lock", &name[..16]));
    let file = File::options().create(true).append(true).open(&path);
    let locked = file.and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| format!("Error: cannot lock \"{}\": {error}", path.display()).into())
}
