//! The difference on a terminal: one line a change, and the reason below it.

use record::{ChangeKind, Difference};

use super::{reason, summary, word};
use crate::{Style, visible};

/// Renders the difference of two runs, whose names are given.
pub fn diff_text(difference: &Difference, old: &str, new: &str, style: Style) -> String {
    let mut out = format!("before  {}\nnow     {}\n", visible(old), visible(new));
    for caveat in &difference.caveats {
        out += &format!("note    {}\n", visible(caveat));
    }
    if !difference.changes.is_empty() {
        out.push('\n');
    }
    for change in &difference.changes {
        let word_of = |ending| word(ending);
        let label = format!("{:>12}", change.kind.word().to_uppercase());
        let colour = match change.kind {
            ChangeKind::Regression => 31,
            ChangeKind::Changed | ChangeKind::Gone => 33,
            ChangeKind::Fix | ChangeKind::New => 32,
        };
        let label = if style.colour {
            format!("\u{1b}[1;{colour}m{label}\u{1b}[0m")
        } else {
            label
        };
        out += &format!(
            "{label} [{}] {}  {} -> {}\n",
            visible(&change.seat),
            visible(&change.case),
            visible(&word_of(change.old.as_ref())),
            visible(&word_of(change.new.as_ref()))
        );
        if !reason(change).is_empty() {
            out += &format!("             {}\n", visible(reason(change)));
        }
    }
    out + &format!("\n{}\n", summary(difference))
}
