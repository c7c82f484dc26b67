//! Readiness for a TestFest on paper.

use record::{Readiness, SessionRecord};

use super::colour::Colour;
use super::document::{self, Imprint};
use super::font::{Face, Fonts};
use super::head::{body, heading, listing, opening};
use super::page::{Pages, Type};
use super::table::{Cell, Column, Table};
use crate::RenderError;
use crate::readiness::{Page, Row};

/// Renders what a run says about readiness as a PDF document.
///
/// # Errors
///
/// A font that cannot be read, or a document that cannot be written: defects of this crate.
pub fn readiness_pdf(
    session: &SessionRecord,
    readiness: &Readiness,
) -> Result<Vec<u8>, RenderError> {
    let page = Page::of(session, readiness);
    let mut pages = Pages::new(Fonts::load()?);
    draw(&mut pages, &page);
    let imprint = Imprint {
        settled: page.settled.clone(),
        ..Imprint::of_event(&page.title, &page.harness)
    };
    document::save(pages, &imprint)
}

fn draw(pages: &mut Pages, page: &Page) {
    opening(pages, &page.title, &page.conclusion);
    pages.gap(6.0);
    listing(pages, &page.facts);
    if !page.entry.is_empty() {
        heading(pages, "Entry tests");
        rows(pages, "Test case", "Title", &page.entry);
    }
    heading(pages, "Conformance set");
    let counts = page.conformance.iter();
    let counts: Vec<_> = counts.map(|(name, n)| (*name, n.to_string())).collect();
    listing(pages, &counts);
    if !page.missing.is_empty() {
        heading(pages, "Missing");
        rows(pages, "What", "Why", &page.missing);
    }
    pages.gap(10.0);
    body(pages, page.disclaimer);
}

fn rows(pages: &mut Pages, name: &'static str, text: &'static str, rows: &[Row]) {
    let columns = [
        Column::new(name, 3.0),
        Column::new(text, 4.0),
        Column::new("Verdict", 1.2),
    ];
    let table = Table::start(pages, &columns);
    for row in rows {
        let cells = [
            Cell::new(BODY, &row.name),
            Cell::new(BODY, &row.text),
            Cell::new(BOLD, row.verdict),
        ];
        table.row(pages, &cells);
    }
}

const BODY: Type = Type::new(Face::Regular, 8.5, Colour::TEXT);
const BOLD: Type = Type::new(Face::Bold, 8.5, Colour::TEXT);
