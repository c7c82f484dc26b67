//! The report as one HTML file that needs nothing beside it but the evidence it links to.

use serde::Serialize;

use super::head::NOTES;
use super::page::{SessionReport, SheetPage};
use crate::facts::{self, Label};
use crate::html::{CaseView, render};
use crate::{RenderError, Tally};

/// Renders the Test Session Report of a TestFest; links lead into the session's folder.
pub fn session_report_html(report: &SessionReport<'_>) -> Result<String, RenderError> {
    let page = SheetPage::new(report);
    let cases = page.played.iter();
    let cases = cases.filter_map(|one| CaseView::new(one.session, &one.entry, one.place));
    let view = ReportView {
        cases: cases.collect(),
        columns: Tally::COLUMNS.map(record::Verdict::name),
        meanings: facts::MEANINGS.map(|(verdict, meaning)| (Label::verdict(verdict), meaning)),
        notes: NOTES,
        page: &page,
    };
    Ok(render("sheet.html", &view)?)
}

/// What `sheet.html` is given.
#[derive(Serialize)]
struct ReportView<'a> {
    page: &'a SheetPage<'a>,
    cases: Vec<CaseView>,
    columns: [&'static str; 5],
    meanings: [(Label, &'static str); 6],
    notes: [&'static str; 2],
}
