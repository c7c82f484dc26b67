//! `judge --session`: the captures of a session once more.

use std::path::Path;
use std::sync::Arc;

use lwm2m::Version;
use record::{CaseRecord, SessionRecord, Verdict};
use runner::casting::Run;
use runner::retrospect::{Again, Letter, judge_again};
use runner::weather::Weather;
use runner::{Folder, sha256};
use testcase::{Seat, TestCase};

use crate::args::{Judge, Selected};
use crate::setup::Setup;
use crate::{ExitCode, Trouble, cases, output, reports};

/// Judges the captures of a session.
pub(super) fn judge(args: &Judge, folder: &Path) -> Result<ExitCode, Trouble> {
    let (session, records) = reports::read(folder)?;
    let setup = setup(args, &session)?;
    let planned = |name: &str, seat: Seat| -> Option<(&Arc<TestCase>, &Run)> {
        let mut plan = setup.plan.selected.iter();
        let planned = plan.find(|one| one.case.name == name && one.seat == seat)?;
        Some((&planned.case, &**setup.runs.get(&seat)?))
    };
    let again = judge_again(folder, &records, planned);
    for (case, again) in records.iter().zip(&again) {
        output::print(&table(case, again));
    }
    let (text, code) = sum(&again);
    output::print(&text);
    if let Some(out) = &args.out {
        write(folder, out, session, again)?;
        output::print(&format!("report: {}\n", out.join("session.html").display()));
    }
    Ok(code)
}

/// What the session was played with; it has to be what there is now.
fn setup(args: &Judge, session: &SessionRecord) -> Result<Setup, Trouble> {
    let parameters = &session.parameters;
    let folder = |given: &Option<std::path::PathBuf>, known: &Option<String>| {
        given.clone().or_else(|| known.clone().map(Into::into))
    };
    let profiles: Vec<String> = session
        .implementations
        .iter()
        .map(|one| one.profile.clone())
        .filter(|profile| !profile.is_empty())
        .collect();
    let selected = Selected {
        together: profiles.len() > 1,
        terminates: parameters.terminate,
        weather: impaired(parameters.impair.as_deref())?,
        profiles,
        lwm2m: Some(version(&parameters.lwm2m)?),
        transport: parameters.transport.clone(),
        security: parameters.security.clone(),
        cases: folder(&args.cases, &parameters.cases),
        objects: folder(&args.objects, &parameters.objects),
        ets: match &parameters.ets {
            Some(release) => Some(release.parse().map_err(|error| {
                Trouble::usage(format!("the session names {error}"), SESSION_HELP)
            })?),
            None => None,
        },
        as_printed: parameters.as_printed,
        quick: parameters.quick,
        filters: Vec::new(),
    };
    let library = cases::selected(&selected)?;
    if sha256(&library.hash_input()) != session.cases_hash {
        return Err(Trouble::usage(
            "the cases are not those that the session was played with",
            "--cases names the folder of those; a testfest of the same version carries them",
        ));
    }
    for implementation in &session.implementations {
        let path = Path::new(&implementation.profile);
        let bytes = std::fs::read(path).unwrap_or_default();
        if !implementation.profile.is_empty() && sha256(&bytes) != implementation.profile_hash {
            return Err(Trouble::usage(
                format!(
                    "\"{}\" is not the profile that the session was played with",
                    path.display()
                ),
                "what it claims and tells decides letters: put the profile back as it was",
            ));
        }
    }
    // implementations of one session met each other
    let setups = Setup::all(&selected, &library)?.into_iter();
    setups
        .last()
        .ok_or_else(|| Trouble::usage("the session names nobody who was tested", SESSION_HELP))
}

/// What the run asked of the network.
fn impaired(text: Option<&str>) -> Result<Option<Weather>, Trouble> {
    let read = |text: &str| {
        text.parse().map_err(|error| {
            Trouble::usage(
                report::visible(&format!("the session says --impair: {error}")),
                SESSION_HELP,
            )
        })
    };
    text.map(read).transpose()
}

fn version(text: &str) -> Result<Version, Trouble> {
    Version::parse(text).ok_or_else(|| {
        let message = format!("\"{text}\" is no version of LwM2M");
        Trouble::usage(report::visible(&message), SESSION_HELP)
    })
}

/// A case with its letters, each with the verdict of the run and that of the capture.
fn table(case: &CaseRecord, again: &Again) -> String {
    let summary = &case.summary;
    let mut text = format!("{} [{}]\n", summary.case, summary.seat);
    if let Some(trouble) = &again.trouble {
        text.push_str(&format!("  not judged: {trouble}\n"));
        return report_visible(&text);
    }
    for letter in &again.letters {
        let mark = if letter.differs() { "  DIFFERS" } else { "" };
        let open = letter.open.as_ref().map(|why| format!("  {why}"));
        text.push_str(&format!(
            "  {:2} {:12} {:12}{mark}{}\n",
            letter.letter,
            shown(letter.run),
            shown(letter.capture),
            open.unwrap_or_default()
        ));
    }
    report_visible(&text)
}

/// Lines without what a terminal would act on.
fn report_visible(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| format!("{}\n", report::visible(line)));
    lines.collect()
}

fn shown(verdict: Option<Verdict>) -> &'static str {
    verdict.map_or("open", Verdict::name)
}

/// How many letters agree; 1 if one does not, 5 if a case could not be judged.
fn sum(again: &[Again]) -> (String, ExitCode) {
    let letters = || again.iter().flat_map(|one| &one.letters);
    let count = |wanted: fn(&Letter) -> bool| letters().filter(|letter| wanted(letter)).count();
    let differ = count(Letter::differs);
    let agree = count(|letter| letter.run.is_some() && letter.run == letter.capture);
    let open = count(|letter| letter.run.is_some() && letter.capture.is_none());
    let unjudged = again.iter().filter(|one| one.trouble.is_some()).count();
    let mut text = format!(
        "\n{} cases: {agree} letters come out as in the run, {open} are left open by the capture, {differ} differ\n",
        again.len()
    );
    if unjudged > 0 {
        text.push_str(&format!("{unjudged} captures could not be judged\n"));
    }
    let code = match (differ, unjudged, again.is_empty()) {
        (0, 0, false) => ExitCode::Passed,
        (0, 0, true) => ExitCode::NothingSelected,
        (0, ..) => ExitCode::Undecided,
        _ => ExitCode::Failed,
    };
    (text, code)
}

/// Writes the record of hindsight with its reports and copies of the captures.
fn write(
    from: &Path,
    out: &Path,
    mut session: SessionRecord,
    again: Vec<Again>,
) -> Result<(), Trouble> {
    let folder = Folder::open(out);
    folder.case("")?;
    session.cases.clear();
    session.stale.clear();
    session
        .remarks
        .push("judged once more, from the captures alone".to_owned());
    for record in again.into_iter().filter_map(|one| one.record) {
        let own = folder.case(&record.summary.folder)?;
        let capture = from.join(&record.summary.folder).join(CAPTURE);
        let copied = std::fs::read(&capture).map_err(runner::HarnessError::write(&capture))?;
        Folder::open(&own).write(CAPTURE, &copied)?;
        folder.write_case(&record)?;
        session.cases.push(record.summary);
    }
    folder.write_session(&session)?;
    reports::write(out, out)?;
    Ok(())
}

/// The capture in the folder of a case.
const CAPTURE: &str = "capture.pcapng";
/// What a session is.
const SESSION_HELP: &str =
    "a session is a folder with a session.json, as `testfest run` leaves it under reports/sessions";
