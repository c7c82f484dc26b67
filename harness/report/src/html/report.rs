//! The whole file: what the template is given and how it is rendered.

use record::{CaseRecord, SessionRecord};
use serde::Serialize;

use super::case::CaseView;
use super::session::SessionView;
use super::template;
use crate::facts::{self, Label};
use crate::place::Place;
use crate::{Outline, RenderError};

/// Renders a session as one self-contained HTML file.
pub fn html(session: &SessionRecord, cases: &[CaseRecord]) -> Result<String, RenderError> {
    let outline = Outline::new(session, cases);
    let place = Place {
        run: None,
        names_seat: outline.names_seats(),
    };
    let view = ReportView {
        session: SessionView::new(session, &outline),
        cases: outline
            .entries()
            .filter_map(|entry| CaseView::new(session, entry, place))
            .collect(),
        meanings: facts::MEANINGS.map(|(verdict, meaning)| (Label::verdict(verdict), meaning)),
        notes: facts::NOTES,
    };
    Ok(template::render("session.html", &view)?)
}

/// What `session.html` is given.
#[derive(Serialize)]
struct ReportView {
    session: SessionView,
    cases: Vec<CaseView>,
    meanings: [(Label, &'static str); 6],
    notes: [&'static str; 3],
}
