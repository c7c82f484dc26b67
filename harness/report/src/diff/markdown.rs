//! The difference as Markdown, for a comment in a pull request or the summary of a job.

use record::{ChangeKind, Difference};

use super::{reason, summary, word};
use crate::markdown::plain;

/// Renders the difference of two runs, whose names are given.
pub fn diff_markdown(difference: &Difference, old: &str, new: &str) -> String {
    let mut out = format!(
        "## testfest: {}\n\nBefore: {}. Now: {}.\n",
        summary(difference),
        plain(old),
        plain(new)
    );
    for caveat in &difference.caveats {
        out += &format!("\n> {}\n", plain(caveat));
    }
    for kind in ChangeKind::ALL {
        if difference.of(kind).next().is_none() {
            continue;
        }
        out += &format!(
            "\n### {}\n\n| case | seat | before | now | why |\n|---|---|---|---|---|\n",
            kind.title()
        );
        for change in difference.of(kind) {
            let cells = [
                change.case.as_str(),
                &change.seat,
                &word(change.old.as_ref()),
                &word(change.new.as_ref()),
                reason(change),
            ];
            out += &format!("| {} |\n", cells.map(plain).join(" | "));
        }
    }
    out
}
