//! The difference as one HTML file.

use record::{Change, ChangeKind, Difference};
use serde::Serialize;

use super::{reason, summary, word};
use crate::RenderError;
use crate::html::render_page;

/// What the page is given.
#[derive(Serialize)]
struct DiffView {
    title: String,
    old: String,
    new: String,
    summary: String,
    caveats: Vec<String>,
    sections: Vec<SectionView>,
}

/// One kind of change.
#[derive(Serialize)]
struct SectionView {
    title: &'static str,
    rows: Vec<RowView>,
}

/// One case.
#[derive(Serialize)]
struct RowView {
    case: String,
    title: String,
    seat: String,
    old: (String, String),
    new: (String, String),
    reason: String,
}

/// Renders the difference of two runs, whose names are given.
///
/// # Errors
///
/// A template that does not render: a defect of this crate.
pub fn diff_html(difference: &Difference, old: &str, new: &str) -> Result<String, RenderError> {
    let section = |kind: ChangeKind| SectionView {
        title: kind.title(),
        rows: difference.of(kind).map(row).collect(),
    };
    let sections = ChangeKind::ALL.into_iter().map(section);
    let view = DiffView {
        title: format!("Difference: {}", summary(difference)),
        old: old.to_owned(),
        new: new.to_owned(),
        summary: summary(difference),
        caveats: difference.caveats.clone(),
        sections: sections.filter(|one| !one.rows.is_empty()).collect(),
    };
    Ok(render_page("diff.html", view)?)
}

fn row(change: &Change) -> RowView {
    let cell = |ending: Option<&record::Ending>| {
        let class = ending.map_or("undecided".to_owned(), |ending| {
            if ending.expected {
                "expected".to_owned()
            } else {
                ending.verdict.name().to_lowercase().replace(' ', "-")
            }
        });
        (class, word(ending))
    };
    RowView {
        case: change.case.clone(),
        title: change.title.clone(),
        seat: change.seat.clone(),
        old: cell(change.old.as_ref()),
        new: cell(change.new.as_ref()),
        reason: reason(change).to_owned(),
    }
}
