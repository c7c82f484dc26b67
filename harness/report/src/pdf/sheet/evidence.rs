//! What was played: each case that counts in full, what counts no more in a list.

use super::head::{BOLD, SMALL};
use crate::pdf::case;
use crate::pdf::colour::Colour;
use crate::pdf::head::{BODY, body, heading};
use crate::pdf::page::{LEFT, Pages, RIGHT, Type};
use crate::pdf::table::{Cell, Column, Table};
use crate::sheet::SheetPage;

/// Draws the evidence.
pub(super) fn draw(pages: &mut Pages, page: &SheetPage<'_>) {
    pages.need(SECTION);
    heading(pages, "Evidence");
    let words = "What the tool saw of each case, for each judged seat, as it was played last.";
    body(pages, words);
    if page.played.is_empty() {
        body(pages, "No case left a record.");
    }
    for one in &page.played {
        if let Some(record) = one.entry.record {
            case::draw(pages, one.session, &one.entry, record, one.place);
        }
    }
    if !page.superseded.is_empty() {
        heading(pages, "Attempts that count no more");
        superseded(pages, page);
    }
}

fn superseded(pages: &mut Pages, page: &SheetPage<'_>) {
    pages.target("superseded".to_owned());
    let words = "Played earlier and played again since. The report of the run shows each in full.";
    pages.paragraph(SMALL, LEFT, RIGHT - LEFT, words);
    let columns = [
        Column::new("Test case", 3.2),
        Column::new("Played as", 3.4),
        Column::new("Seat", 1.2),
        Column::new("Run", 0.6),
        Column::new("Tool proposed", 1.5),
        Column::new("Reason", 2.8),
    ];
    let table = Table::start(pages, &columns);
    let small = Type { size: 8.0, ..BODY };
    for one in &page.superseded {
        let link = Type {
            colour: Colour::LINK,
            ..small
        };
        let verdict = Type {
            colour: Colour::of(one.verdict).0,
            size: 8.0,
            ..BOLD
        };
        let run = one.run.map(|number| number.to_string());
        let cells = [
            Cell::new(link, &one.id).leading_to(Some(one.row.clone())),
            Cell::new(small, &one.case),
            Cell::new(small, &one.seat),
            Cell::new(small, run.unwrap_or_default()),
            Cell::new(verdict, one.verdict.name()),
            Cell::new(small, &one.reason),
        ];
        table.row(pages, &cells);
    }
}

/// Least height that the heading and the start of the first case need.
const SECTION: f32 = 260.0;
