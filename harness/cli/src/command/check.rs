//! `check`: finds the mistakes of cases and profiles, and plays every case between emulators in every seat.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use lwm2m::Version;
use record::{CaseRecord, Location, Verdict};
use runner::casting::Run;
use runner::plan::Plan;
use testcase::{Diagnostic, Library, Seat, Span, TestCase};

use crate::args::Check;
use crate::cases::show;
use crate::desk::Desk;
use crate::rehearsal::rehearse;
use crate::{ExitCode, Trouble, output};

/// Checks files; mistakes end with exit code 2.
pub(crate) fn check(args: &Check) -> Result<ExitCode, Trouble> {
    let mut desk = Desk::open(args)?;
    let mut played = Played::default();
    for case in desk.cases() {
        played.case(&desk.library, &case);
    }
    desk.diagnostics.append(&mut played.diagnostics);
    let shown = show(&desk.diagnostics, |path| {
        desk.library.text(path).map(|text| text.to_string())
    });
    if !shown.is_empty() {
        output::say_aside(&shown);
    }
    let errors = desk
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .count();
    let warnings = desk.diagnostics.len() - errors;
    let mut text = if args.verbose {
        played.lines.clone()
    } else {
        String::new()
    };
    let _ = writeln!(
        text,
        "{}: {}; {} in virtual time; {}, {}",
        counted(desk.files, "file"),
        desk.contents(),
        counted(played.plays, "play"),
        counted(errors, "error"),
        counted(warnings, "warning"),
    );
    output::print(&text);
    Ok(if errors == 0 {
        ExitCode::Passed
    } else {
        ExitCode::Mistake
    })
}

/// Cases that were played between emulators.
#[derive(Default)]
struct Played {
    plays: usize,
    lines: String,
    diagnostics: Vec<Diagnostic>,
}

impl Played {
    /// Plays a case for each seat that it judges, in each version that it applies to.
    fn case(&mut self, library: &Arc<Library>, case: &Arc<TestCase>) {
        for seat in &case.seats {
            let mut reasons = BTreeMap::new();
            let before = self.plays;
            for version in Version::ALL {
                let run = Arc::new(Run::of_emulators(Arc::clone(library), version, *seat));
                let plan = Plan::of(
                    &|_| Arc::clone(&run),
                    std::slice::from_ref(case),
                    &[*seat],
                    |_| true,
                );
                match plan.not_selected.first() {
                    Some(reason) => {
                        reasons.insert(version, reason.reason.clone());
                    }
                    None => self.play(&run, case, *seat, version),
                }
            }
            if self.plays == before {
                self.unplayed(case, *seat, &reasons);
            }
        }
    }

    fn play(&mut self, run: &Run, case: &Arc<TestCase>, seat: Seat, version: Version) {
        let record = rehearse(run, case, seat);
        self.plays += 1;
        let verdict = record.summary.verdict;
        let _ = writeln!(
            self.lines,
            "{:>14} [{seat}] {} in LwM2M {version}",
            verdict.name(),
            case.name
        );
        if verdict != Verdict::Pass {
            self.diagnostics.push(mistake(case, &record, seat, version));
        }
    }

    /// Warns of a case that nobody has seen played.
    fn unplayed(&mut self, case: &TestCase, seat: Seat, reasons: &BTreeMap<Version, String>) {
        let why: Vec<String> = reasons
            .iter()
            .map(|(version, reason)| format!("{version}: {reason}"))
            .collect();
        let message = format!("the emulators cannot play this case for the {seat}");
        let warning = Diagnostic::warning(&case.file, case.requires.span, message);
        self.diagnostics.push(warning.with_help(why.join("; ")));
    }
}

/// What does not pass between sound emulators is the author's mistake.
fn mistake(case: &TestCase, record: &CaseRecord, seat: Seat, version: Version) -> Diagnostic {
    let verdict = record.summary.verdict;
    let message = format!(
        "between emulators this case ends with {verdict}, not Pass ({seat} judged, LwM2M {version})"
    );
    let found = record
        .steps
        .iter()
        .filter_map(|step| step.mismatch.as_ref())
        .next_back();
    match found {
        Some(found) => {
            Diagnostic::error(file(&found.location, case), span(&found.location), message)
                .with_label(found.message.clone())
                .with_help(format!(
                    "expected {} = {}, actual {} = {}",
                    found.expected.subject,
                    found.expected.value,
                    found.actual.subject,
                    found.actual.value
                ))
        }
        None => {
            let reason = record
                .summary
                .reason
                .clone()
                .unwrap_or_else(|| "no reason was recorded".to_owned());
            Diagnostic::error(&case.file, Span::new(1, 1, 1), message).with_label(reason)
        }
    }
}

fn file<'a>(location: &'a Location, case: &'a TestCase) -> &'a str {
    if location.file.is_empty() {
        &case.file
    } else {
        &location.file
    }
}

fn span(location: &Location) -> Span {
    Span::new(
        location.line.max(1),
        location.column.max(1),
        location.width.max(1),
    )
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
