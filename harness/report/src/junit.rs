//! JUnit XML for pipelines: a suite per interface or object, a test case per outcome.
//!
//! Only OMA's Pass and agreed deviations are green; Inconclusive, Out of Time and Error are `error` with that word as type.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use record::{CaseRecord, NotSelected, SessionRecord, Verdict};

use crate::escape::{cut, visible};
use crate::failure::{Failure, again};
use crate::{Entry, Outline, RenderError, Section};

/// Renders the session as JUnit XML.
pub fn junit(session: &SessionRecord, cases: &[CaseRecord]) -> Result<String, RenderError> {
    let outline = Outline::new(session, cases);
    let mut report = Report::new(visible(&session.name));
    report.timestamp = session.started.parse().ok();
    report.set_time(Duration::from_nanos(session.wall_time));
    for section in &outline.sections {
        report.add_test_suite(suite(session, section));
    }
    Ok(report.to_string()?)
}

fn suite(session: &SessionRecord, section: &Section<'_>) -> TestSuite {
    let mut suite = TestSuite::new(visible(section.group.title()));
    suite.timestamp = session.started.parse().ok();
    let time = section
        .entries
        .iter()
        .fold(0_u64, |all, e| all.saturating_add(e.summary.duration));
    suite.set_time(Duration::from_nanos(time));
    for implementation in &session.implementations {
        let name = format!("{} under test", implementation.seat);
        let value = format!("{} {}", implementation.name, implementation.version);
        suite.add_property((visible(&name), visible(&value)));
    }
    suite.add_test_cases(section.entries.iter().map(|entry| outcome(session, entry)));
    suite.add_test_cases(section.not_selected.iter().map(|case| not_applicable(case)));
    suite
}

fn outcome(session: &SessionRecord, entry: &Entry<'_>) -> TestCase {
    let summary = entry.summary;
    let mut case = TestCase::new(visible(&summary.case), status(session, entry));
    case.set_classname(visible(&summary.seat));
    case.set_time(Duration::from_nanos(summary.duration));
    let verdict = summary.verdict.name();
    case.add_property(("id", visible(&summary.id).as_ref()));
    case.add_property(("title", visible(&summary.title).as_ref()));
    case.add_property(("verdict", verdict));
    case.add_property(("tool verdict", summary.tool.name()));
    for (team, verdict) in &summary.teams {
        case.add_property((visible(team).as_ref(), verdict.name()));
    }
    for letter in &summary.criteria {
        let name = format!("criterion {}", visible(&letter.letter));
        case.add_property((
            name.as_str(),
            letter.verdict.map_or("undecided", Verdict::name),
        ));
    }
    if let Some(expected) = &summary.expected {
        case.add_property(("agreed deviation", visible(&expected.reason).as_ref()));
        case.add_property(("ticket", visible(&expected.ticket).as_ref()));
    }
    case
}

fn status(session: &SessionRecord, entry: &Entry<'_>) -> TestCaseStatus {
    let summary = entry.summary;
    let mut status = match summary.verdict {
        _ if summary.expected.is_some() => return TestCaseStatus::success(),
        Verdict::Pass => return TestCaseStatus::success(),
        Verdict::NotApplicable => TestCaseStatus::skipped(),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Inconclusive | Verdict::OutOfTime | Verdict::Error => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    status.set_type(summary.verdict.name());
    status.set_message(cut(
        summary
            .reason
            .as_deref()
            .unwrap_or("no reason was recorded"),
        REASON,
    ));
    if summary.verdict != Verdict::NotApplicable {
        status.set_description(description(session, entry));
    }
    status
}

/// The failure block as text; every line of it is already visible.
fn description(session: &SessionRecord, entry: &Entry<'_>) -> String {
    let mut lines = vec![String::new()];
    for failure in entry.record.into_iter().flat_map(Failure::all) {
        lines.extend(failure.lines());
        lines.push(String::new());
    }
    lines.push(format!("  again     {}", again(session, entry.summary)));
    lines.push(String::new());
    lines.join("\n")
}

fn not_applicable(case: &NotSelected) -> TestCase {
    let mut status = TestCaseStatus::skipped();
    status.set_type(Verdict::NotApplicable.name());
    status.set_message(cut(&case.reason, REASON));
    let mut test = TestCase::new(visible(&case.case), status);
    test.set_classname(visible(&case.seat));
    test.add_property(("id", visible(&case.id).as_ref()));
    test.add_property(("verdict", Verdict::NotApplicable.name()));
    test
}

/// Longest reason that is shown whole.
const REASON: usize = 400;
