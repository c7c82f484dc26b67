//! Two runs beside each other: for the terminal, for a comment in a pull request, and as a page.

mod html;
mod markdown;
mod text;

pub use html::diff_html;
pub use markdown::diff_markdown;
pub use text::diff_text;

use record::{Change, ChangeKind, Difference, Ending};

/// `1 regression, 2 fixes, 3 gone; 40 as before`.
fn summary(difference: &Difference) -> String {
    let count = |kind: ChangeKind| match (difference.of(kind).count(), kind) {
        (0, _) => None,
        (1, kind) => Some(format!("1 {}", kind.word())),
        (n, ChangeKind::Regression) => Some(format!("{n} regressions")),
        (n, ChangeKind::Fix) => Some(format!("{n} fixes")),
        (n, kind) => Some(format!("{n} {}", kind.word())),
    };
    let counts: Vec<_> = ChangeKind::ALL.into_iter().filter_map(count).collect();
    let same = format!("{} as before", difference.same);
    if counts.is_empty() {
        format!("nothing changed; {same}")
    } else {
        format!("{}; {same}", counts.join(", "))
    }
}

/// `Pass`, `Fail A, agreed`, `not played`.
fn word(ending: Option<&Ending>) -> String {
    let Some(ending) = ending else {
        return "not played".to_owned();
    };
    let mut word = ending.verdict.name().to_owned();
    if !ending.failed.is_empty() {
        word += &format!(" {}", ending.failed.join(", "));
    }
    if ending.expected {
        word += ", agreed";
    }
    word
}

/// Why it is as it is: what is said of it now, or why it is gone.
fn reason(change: &Change) -> &str {
    let now = change.new.as_ref().or(change.old.as_ref());
    match (change.kind, now) {
        (ChangeKind::Fix, _) | (_, None) => "",
        (_, Some(ending)) => &ending.reason,
    }
}
