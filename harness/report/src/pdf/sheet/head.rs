//! Head and signatures, and the explanation at the end.

use crate::facts;
use crate::pdf::colour::Colour;
use crate::pdf::font::Face;
use crate::pdf::head::{BODY, body, definition, heading, listing};
use crate::pdf::page::{LEFT, Pages, RIGHT, Type};
use crate::pdf::table::{Cell, Column, Table};
use crate::sheet::{NOTES, SheetPage};

/// Draws what stands before the results.
pub(super) fn draw(pages: &mut Pages, page: &SheetPage<'_>) {
    panel(pages, &page.confidential);
    pages.gap(8.0);
    pages.bookmark(0, "Test Session Report");
    let title = Type::new(Face::Bold, 20.0, Colour::TEXT);
    pages.paragraph(title, LEFT, RIGHT - LEFT, "Test Session Report");
    pages.gap(6.0);
    listing(pages, &page.facts);
    pages.gap(6.0);
    for remark in page.remarks {
        panel(pages, remark);
    }
    heading(pages, "Implementations");
    parties(pages, page);
    pages.gap(8.0);
    pages.paragraph(SMALL, LEFT, RIGHT - LEFT, page.disclaimer);
    heading(pages, "Signatures");
    signatures(pages, page);
}

/// Draws the meaning of the verdicts and how they came about.
pub(super) fn explain(pages: &mut Pages) {
    heading(pages, "How to read this report");
    for (verdict, meaning) in facts::MEANINGS {
        definition(pages, verdict, meaning);
    }
    for text in NOTES {
        pages.gap(4.0);
        body(pages, text);
    }
}

/// Draws a text that nobody may overlook, whole however long it is.
fn panel(pages: &mut Pages, text: &str) {
    let look = Type::new(Face::Bold, 9.0, Colour::NOTE);
    let width = RIGHT - LEFT;
    let lines = pages.fonts.wrap(look.face, look.size, width - 16.0, text);
    for line in lines {
        let height = look.leading() + 3.0;
        pages.need(height);
        pages.panel(Colour::NOTE_BACK, (LEFT, pages.y, width, height));
        pages.put(look, LEFT + 8.0, pages.y + 10.8, &line);
        pages.y += height;
    }
}

fn parties(pages: &mut Pages, page: &SheetPage<'_>) {
    let columns = [
        Column::new("Role", 1.0),
        Column::new("Company", 2.0),
        Column::new("Product", 2.5),
        Column::new("Version", 1.3),
        Column::new("Team", 3.0),
    ];
    let table = Table::start(pages, &columns);
    for party in &page.parties {
        let cells = [
            Cell::new(BOLD, party.role),
            Cell::new(BODY, &party.company),
            Cell::new(BODY, &party.product),
            Cell::new(BODY, &party.version),
            Cell::new(BODY, &party.team),
        ];
        table.row(pages, &cells);
    }
}

fn signatures(pages: &mut Pages, page: &SheetPage<'_>) {
    let standing = &page.standing;
    if let Some(mark) = page.mark {
        let look = Type::new(Face::Bold, 11.0, Colour::FAIL);
        pages.paragraph(look, LEFT, RIGHT - LEFT, mark);
    }
    body(pages, &standing.verdict);
    for change in &standing.changes {
        let look = Type {
            colour: Colour::FAIL,
            ..BOLD
        };
        pages.paragraph(look, LEFT + 8.0, RIGHT - LEFT - 8.0, &format!("– {change}"));
    }
    pages.gap(4.0);
    let columns = [
        Column::new("Team", 1.5),
        Column::new("Key", 2.0),
        Column::new("Fingerprint", 3.9),
        Column::new("Signed", 2.9),
    ];
    let table = Table::start(pages, &columns);
    for one in &standing.signatures {
        let team = Cell::new(BOLD, one.team);
        let rest = if one.fingerprint.is_empty() {
            vec![Cell::new(BODY, "has not signed").over(3)]
        } else {
            let mono = Type::new(Face::Mono, 7.5, Colour::TEXT);
            vec![
                Cell::new(BODY, &one.name),
                Cell::new(mono, &one.fingerprint),
                Cell::new(BODY, &one.at),
            ]
        };
        let cells: Vec<_> = [team].into_iter().chain(rest).collect();
        table.row(pages, &cells);
    }
    pages.gap(3.0);
    let words = "A key is that of a team if the team reads out the same fingerprint.";
    pages.paragraph(SMALL, LEFT, RIGHT - LEFT, words);
}

/// The look of small print.
pub(super) const SMALL: Type = Type::new(Face::Regular, 8.0, Colour::SOFT);
/// The look of what heads a row.
pub(super) const BOLD: Type = Type::new(Face::Bold, BODY.size, Colour::TEXT);
