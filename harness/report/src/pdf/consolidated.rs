//! Results by test case on paper, in OMA's layout.

use super::colour::Colour;
use super::document::{self, Imprint};
use super::font::{Face, Fonts};
use super::head::{heading, listing, opening};
use super::page::{Pages, Type};
use super::table::{Cell, Column, Table};
use crate::consolidated::ResultsPage;
use crate::{RenderError, facts};

/// Renders a page of results as a PDF document.
pub fn results_pdf(page: &ResultsPage) -> Result<Vec<u8>, RenderError> {
    let mut pages = Pages::new(Fonts::load()?);
    draw(&mut pages, page);
    document::save(pages, &Imprint::of_event(&page.title, &page.harness))
}

fn draw(pages: &mut Pages, page: &ResultsPage) {
    opening(pages, &page.title, &page.subtitle);
    heading(pages, page.facts_title);
    listing(pages, &page.facts);
    heading(pages, "Submissions");
    let columns = [
        Column::new("Session", 3.0),
        Column::right("Test Result Submissions", 1.0),
    ];
    let table = Table::start(pages, &columns);
    for (session, count) in &page.sessions {
        table.row(
            pages,
            &[Cell::new(BODY, session), Cell::new(BODY, count.to_string())],
        );
    }
    table.row(
        pages,
        &[
            Cell::new(BOLD, "Total"),
            Cell::new(BOLD, page.submissions.to_string()),
        ],
    );
    heading(pages, "Results by Test Case");
    let columns = [
        Column::new("Test Case", 6.0),
        Column::right("Pass", 1.0),
        Column::right("Fail", 1.0),
        Column::right("Inconclusive", 1.5),
        Column::right("Not Applicable", 1.3),
        Column::right("Out of Time", 1.0),
        Column::right("Response Count", 1.2),
    ];
    let table = Table::start(pages, &columns);
    let row = |pages: &mut Pages, look, label: &str, counts: &[u32; 6]| {
        let counts = counts.iter().map(|n| Cell::new(look, n.to_string()));
        let cells: Vec<_> = [Cell::new(look, label)].into_iter().chain(counts).collect();
        table.row(pages, &cells);
    };
    for line in &page.rows {
        match &line.counts {
            Some(counts) => row(pages, BODY, &line.label, counts),
            None => {
                pages.bookmark(1, &line.label);
                table.row(pages, &[Cell::new(BOLD, &line.label)]);
            }
        }
    }
    row(pages, BOLD, "Totals", &page.totals);
    heading(pages, "Explanation of results");
    let meanings = facts::MEANINGS.iter().take(5);
    let meanings: Vec<_> = meanings
        .map(|(verdict, meaning)| (verdict.name(), (*meaning).to_owned()))
        .collect();
    listing(pages, &meanings);
}

const BODY: Type = Type::new(Face::Regular, 8.5, Colour::TEXT);
const BOLD: Type = Type::new(Face::Bold, 8.5, Colour::TEXT);
