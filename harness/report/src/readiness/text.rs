//! On a terminal.

use record::{Readiness, SessionRecord};

use super::{Page, Row};
use crate::{cut, visible};

/// Renders what a run says about readiness; ends with the conclusion.
pub fn readiness_text(session: &SessionRecord, readiness: &Readiness) -> String {
    let page = Page::of(session, readiness);
    let mut out = format!("{}\n\n", visible(&page.title));
    for (name, value) in &page.facts {
        out += &format!("  {:<15} {}\n", visible(name), cut(value, WIDE));
    }
    if !page.entry.is_empty() {
        out += "\nentry tests\n";
    }
    page.entry.iter().for_each(|row| out += &line(row));
    let counts = page.conformance.iter();
    let counts: Vec<String> = counts
        .map(|(name, count)| format!("{count} {}", name.to_lowercase()))
        .collect();
    out += &format!("\nconformance set: {}\n", counts.join(", "));
    if !page.missing.is_empty() {
        out += "\nmissing\n";
    }
    page.missing.iter().for_each(|row| out += &line(row));
    out + &format!("\n{}\n", page.conclusion)
}

fn line(row: &Row) -> String {
    let name = visible(&row.name);
    format!(
        "  {:<14} {name:<34} {}\n",
        row.verdict,
        cut(&row.text, WIDE)
    )
}

/// Longest text that is shown whole.
const WIDE: usize = 300;
