//! The summary of a job, as Markdown.

use record::{CaseRecord, CaseSummary, SessionRecord, Verdict};

use crate::failure::{Failure, again};
use crate::markdown::{fenced, plain};
use crate::{Entry, Outline, Tally, visible};

/// Renders the run as Markdown of at most 1 MiB, which is what GitHub takes: counts in OMA's columns, then each outcome that is not green, with everything that is known of it.
pub fn github_summary(session: &SessionRecord, cases: &[CaseRecord]) -> String {
    let outline = Outline::new(session, cases);
    let mut out = format!("## testfest: {}\n\n{}", title(session), counts(session));
    let entries = || outline.sections.iter().flat_map(|section| &section.entries);
    let red: Vec<&Entry<'_>> = entries().filter(|entry| !is_green(entry)).collect();
    if session.interrupted {
        out += "\n> The run was interrupted: the cases that follow were not played.\n";
    }
    for stale in &session.stale {
        out += &format!(
            "\n> An agreed deviation no longer happens: {}\n",
            plain(stale)
        );
    }
    if !red.is_empty() {
        out += "\n| case | seat | verdict | why |\n|---|---|---|---|\n";
    }
    for (number, entry) in red.iter().enumerate() {
        let row = row(entry.summary);
        if out.len() + row.len() > LIMIT / 2 {
            out += &format!("\n{} more rows are left out.\n", red.len() - number);
            break;
        }
        out += &row;
    }
    let mut left = red.len();
    for entry in &red {
        let block = details(session, entry);
        if out.len() + block.len() + MORE > LIMIT {
            out += &format!("\n{left} more are told by session.html and junit.xml.\n");
            break;
        }
        out += &block;
        left -= 1;
    }
    out
}

fn row(summary: &CaseSummary) -> String {
    let reason = summary.reason.as_deref();
    let cells = [
        summary.case.as_str(),
        &summary.seat,
        summary.verdict.name(),
        reason.unwrap_or("no reason was recorded"),
    ];
    format!("| {} |\n", cells.map(plain).join(" | "))
}

fn title(session: &SessionRecord) -> String {
    let names = session.implementations.iter().map(|one| {
        let name = format!("{} {} ({})", one.name, one.version, one.seat);
        plain(&name)
    });
    let names: Vec<String> = names.collect();
    let asked = &session.parameters;
    let terms = format!(
        "LwM2M {}, {}, {}",
        asked.lwm2m, asked.transport, asked.security
    );
    format!("{}, {}", names.join(", "), plain(&terms))
}

fn counts(session: &SessionRecord) -> String {
    let mut tally = Tally::default();
    for case in &session.cases {
        tally.add(case.verdict, case.expected.is_some());
    }
    for _ in &session.not_selected {
        tally.add(Verdict::NotApplicable, false);
    }
    let mut names: Vec<String> = Tally::COLUMNS.map(|one| one.name().to_owned()).into();
    let mut cells: Vec<String> = tally.counts().map(|count| count.to_string()).into();
    names.push("Response Count".to_owned());
    cells.push(tally.responses().to_string());
    if tally.expected > 0 {
        names.push("of these as agreed".to_owned());
        cells.push(tally.expected.to_string());
    }
    let rule = "---:|".repeat(names.len());
    format!(
        "| {} |\n|{rule}\n| {} |\n",
        names.join(" | "),
        cells.join(" | ")
    )
}

fn is_green(entry: &Entry<'_>) -> bool {
    let verdict = entry.summary.verdict;
    entry.summary.expected.is_some() || matches!(verdict, Verdict::Pass | Verdict::NotApplicable)
}

fn details(session: &SessionRecord, entry: &Entry<'_>) -> String {
    let summary = entry.summary;
    let mut lines: Vec<String> = Vec::new();
    for failure in entry.record.into_iter().flat_map(Failure::all) {
        lines.extend(failure.lines());
        lines.push(String::new());
    }
    lines.push(format!(
        "  evidence  {}/capture.pcapng",
        visible(&summary.folder)
    ));
    lines.push(format!("  again     {}", again(session, summary)));
    let head = format!(
        "[{}] {}: {}",
        summary.seat,
        summary.case,
        summary.verdict.name()
    );
    format!(
        "\n<details><summary>{}</summary>\n\n{}\n</details>\n",
        crate::markdown::html(&head),
        fenced(&lines.join("\n"))
    )
}

/// What GitHub takes of a step's summary, in bytes.
const LIMIT: usize = 1 << 20;
/// Room for the last line.
const MORE: usize = 100;
