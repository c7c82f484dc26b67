//! Workflow commands: an annotation for each outcome that is not green.

use record::{CaseSummary, SessionRecord, Verdict};

use crate::failure::Failure;
use crate::{Entry, Outline, visible};

/// One `::error` for each Fail, Error and agreed deviation that no longer happens, one `::warning` for each Inconclusive and Out of Time; each on its line.
///
/// `has_file` says whether the repository of the pipeline has a file: only then an annotation names the line of the case that was violated.
pub fn github_annotations(
    session: &SessionRecord,
    cases: &[record::CaseRecord],
    has_file: impl Fn(&str) -> bool,
) -> String {
    let outline = Outline::new(session, cases);
    let entries = outline.sections.iter().flat_map(|section| &section.entries);
    let mut out: String = entries
        .filter_map(|entry| annotation(entry, &has_file))
        .collect();
    for stale in &session.stale {
        let text = format!("An agreed deviation no longer happens: {stale}");
        out += &format!("::error title=testfest::{}\n", data(&text));
    }
    out
}

fn annotation(entry: &Entry<'_>, has_file: impl Fn(&str) -> bool) -> Option<String> {
    let summary = entry.summary;
    let level = level(summary)?;
    let title = format!(
        "[{}] {}: {}",
        summary.seat,
        summary.case,
        summary.verdict.name()
    );
    let mut properties = format!("title={}", property(&title));
    let mismatch = entry.record.into_iter().flat_map(|record| &record.steps);
    let place = mismatch
        .filter_map(|step| step.mismatch.as_ref())
        .map(|mismatch| &mismatch.location)
        .next();
    if let Some(place) = place.filter(|place| has_file(&place.file)) {
        properties += &format!(",file={},line={}", property(&place.file), place.line);
    }
    let reason = summary
        .reason
        .as_deref()
        .unwrap_or("no reason was recorded");
    let mut text = visible(reason).into_owned();
    for failure in entry.record.into_iter().flat_map(Failure::all) {
        text += "\n\n";
        text += &failure.lines().join("\n");
    }
    Some(format!("::{level} {properties}::{}\n", data(&text)))
}

/// What an outcome is to a pipeline; `None` if it is green.
fn level(summary: &CaseSummary) -> Option<&'static str> {
    match summary.verdict {
        _ if summary.expected.is_some() => None,
        Verdict::Fail | Verdict::Error => Some("error"),
        Verdict::Inconclusive | Verdict::OutOfTime => Some("warning"),
        Verdict::Pass | Verdict::NotApplicable => None,
    }
}

/// The message of a workflow command. Lines are made here, so every character that may act stands for itself already.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}
