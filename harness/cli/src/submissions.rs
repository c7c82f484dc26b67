//! Submissions and the event file, from disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use event::consolidate::{
    CaseResult, Event, Mistake, Outcome, SessionSupplement, Submission, from_session,
};
use record::SessionRecord;
use sessions::{HEADER, SUBMISSION, headings, named_in, read_text};
use testcase::{Diagnostic, Span};

use crate::Trouble;

/// Reads the event file; its mistakes are shown with their lines.
pub(crate) fn read_event(path: &Path) -> Result<Event, Trouble> {
    let text = read_text(path).map_err(|message| Trouble::Unreadable {
        message,
        help: "--event names the YAML file that says who registered".to_owned(),
    })?;
    Event::parse(&text).map_err(|mistakes| Trouble::Mistakes {
        shown: shown(path, &text, &mistakes),
        count: mistakes.len(),
    })
}

/// Reads every submission in files and folders; all that cannot be read are named at once.
pub(crate) fn read(paths: &[PathBuf], event: &Event) -> Result<Vec<Submission>, Trouble> {
    let (mut submissions, mut mistakes) = (Vec::new(), Vec::new());
    for path in paths {
        let outcome = walk(path, event, 0, &mut submissions, &mut mistakes);
        mistakes.extend(outcome.err());
    }
    if mistakes.is_empty() {
        return Ok(submissions);
    }
    let count = mistakes.len();
    let shown = mistakes.join("\n");
    Err(Trouble::Mistakes { shown, count })
}

fn walk(
    path: &Path,
    event: &Event,
    depth: u32,
    submissions: &mut Vec<Submission>,
    mistakes: &mut Vec<String>,
) -> Result<(), String> {
    let failed = |error| format!("error: cannot read {}: {error}", shown_path(path));
    if !path.metadata().map_err(failed)?.is_dir() {
        submissions.push(file(path)?);
        return Ok(());
    }
    // a session that teams signed is what they signed, not the runs in it
    if path.join(HEADER).is_file() {
        submissions.push(file(&path.join(SUBMISSION))?);
        return Ok(());
    }
    if path.join("session.json").is_file() {
        submissions.push(session(path, event)?);
        return Ok(());
    }
    if depth > MAX_DEPTH {
        return Err(format!(
            "error: {}: folders nested too deeply",
            shown_path(path)
        ));
    }
    let entries = std::fs::read_dir(path).map_err(failed)?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(failed)?;
        let is_submission = entry
            .file_name()
            .to_string_lossy()
            .ends_with(".submission.json");
        if kind.is_dir() || (kind.is_file() && is_submission) {
            let outcome = walk(&entry.path(), event, depth + 1, submissions, mistakes);
            mistakes.extend(outcome.err());
        }
    }
    Ok(())
}

fn file(path: &Path) -> Result<Submission, String> {
    let text = read_text(path).map_err(|message| format!("error: {message}"))?;
    let source = shown_path(path);
    let refused = |message: String| {
        format!(
            "error: {source} is no submission: {}",
            report::visible(&message)
        )
    };
    Submission::parse(&source, &text).map_err(refused)
}

fn session(folder: &Path, event: &Event) -> Result<Submission, String> {
    let source = shown_path(folder);
    let text =
        read_text(&folder.join("session.json")).map_err(|message| format!("error: {message}"))?;
    let session: SessionRecord = serde_json::from_str(&text)
        .map_err(|error| format!("error: {source}/session.json: {error}"))?;
    if session.format > record::FORMAT {
        return Err(format!(
            "error: {source}/session.json has format {}, newer than {}",
            session.format,
            record::FORMAT
        ));
    }
    let path = folder.join("submission.yaml");
    let supplement = if path.is_file() {
        let text = read_text(&path).map_err(|message| format!("error: {message}"))?;
        SessionSupplement::parse(&text).map_err(|mistake| shown(&path, &text, &[mistake]))?
    } else {
        SessionSupplement::default()
    };
    let ets = event.ets.get(&session.parameters.lwm2m).map(String::as_str);
    let incomplete = |message: String| {
        let message = report::visible(&message).into_owned();
        format!(
            "error: {source}: {message}\n  = help: a submission.yaml beside session.json says it: session, ets"
        )
    };
    let mut submission = from_session(&source, &session, &supplement, ets).map_err(incomplete)?;
    add_headings(&mut submission);
    Ok(submission)
}

/// A number of the ETS that has nothing to play below its heading applies to nobody.
fn add_headings(submission: &mut Submission) {
    let Some(release) = named_in(&submission.ets) else {
        return;
    };
    let given: BTreeSet<u32> = submission
        .results
        .iter()
        .filter_map(CaseResult::number)
        .collect();
    let headings = headings();
    for case in testcase::ets::all() {
        if headings.contains(&case.number)
            && !given.contains(&case.number)
            && let Some(id) = case.id_in(release)
        {
            submission.results.push(CaseResult {
                id: id.to_owned(),
                verdict: Outcome::NotApplicable,
            });
        }
    }
    submission.results.sort_by_key(CaseResult::number);
}

fn shown(path: &Path, text: &str, mistakes: &[Mistake]) -> String {
    let file = shown_path(path);
    let diagnostic = |mistake: &Mistake| {
        let span = Span::new(mistake.line, mistake.column, mistake.width);
        let diagnostic = Diagnostic::error(file.clone(), span, report::visible(&mistake.message));
        match mistake.help.as_str() {
            "" => diagnostic,
            help => diagnostic.with_help(report::visible(help)),
        }
    };
    let diagnostics: Vec<_> = mistakes.iter().map(diagnostic).collect();
    testcase::diagnostic::render_all(&diagnostics, |_| text.to_owned())
}

fn shown_path(path: &Path) -> String {
    report::visible(&path.display().to_string()).into_owned()
}

/// Deeper than anyone sorts submissions.
const MAX_DEPTH: u32 = 16;
