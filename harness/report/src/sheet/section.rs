//! The cases under the headings of the ETS, with counts of what was agreed.

use event::consolidate::{Counts, Outcome};
use event::session::Row;
use serde::Serialize;

use super::row::RowView;

/// One heading with its cases.
#[derive(Serialize)]
pub(crate) struct SectionView {
    /// The heading.
    pub title: String,
    /// Its fragment.
    pub anchor: String,
    /// How often each verdict was agreed.
    pub counts: CountsView,
    /// The cases.
    pub rows: Vec<RowView>,
}

/// A row of the table of counts.
#[derive(Clone, Copy, Default, Serialize)]
pub(crate) struct CountsView {
    /// OMA's five columns and the Response Count.
    pub agreed: [u32; 6],
    /// Cases that one of the teams has not spoken of.
    pub open: u32,
}

/// Sorts rows under headings, each in the order in which it comes first, and adds them up.
pub(super) fn sections<'a>(
    rows: impl Iterator<Item = (&'a Row, RowView)>,
) -> (Vec<SectionView>, CountsView) {
    let mut sections: Vec<SectionView> = Vec::new();
    let mut counts: Vec<(Counts, u32)> = Vec::new();
    for (row, view) in rows {
        let title = &row.case.heading;
        let known = sections.iter().position(|section| section.title == *title);
        let index = known.unwrap_or(sections.len());
        if known.is_none() {
            counts.push((Counts::default(), 0));
            sections.push(SectionView {
                title: title.clone(),
                anchor: format!("heading-{}", index + 1),
                counts: CountsView::default(),
                rows: Vec::new(),
            });
        }
        if let Some((counts, open)) = counts.get_mut(index) {
            add(counts, open, row.agreed());
        }
        if let Some(section) = sections.get_mut(index) {
            section.rows.push(view);
        }
    }
    let mut totals = (Counts::default(), 0);
    for (section, (own, open)) in sections.iter_mut().zip(&counts) {
        section.counts = CountsView::new(own, *open);
        totals.0.merge(own);
        totals.1 += open;
    }
    (sections, CountsView::new(&totals.0, totals.1))
}

const fn add(counts: &mut Counts, open: &mut u32, agreed: Option<Outcome>) {
    match agreed {
        Some(outcome) => counts.add(outcome),
        None => *open += 1,
    }
}

impl CountsView {
    const fn new(counts: &Counts, open: u32) -> Self {
        Self {
            agreed: counts.row(),
            open,
        }
    }
}
