//! The first page's head and the last page's explanation.

use record::{SessionRecord, Verdict};

use super::colour::Colour;
use super::font::Face;
use super::page::{LEFT, Pages, RIGHT, Stroke, Type};
use super::table::{Cell, Column, Table};
use crate::{Outline, facts};

/// Draws title, facts and implementations.
pub(super) fn draw(pages: &mut Pages, session: &SessionRecord, outline: &Outline<'_>) {
    let note = Type::new(Face::Bold, 9.0, Colour::NOTE);
    pages.panel(Colour::NOTE_BACK, (LEFT, pages.y, RIGHT - LEFT, 20.0));
    let text = "CONFIDENTIAL to the companies whose implementations took part in this session.";
    pages.put_fitting(note, LEFT + 8.0, pages.y + 13.5, RIGHT - LEFT - 16.0, text);
    pages.y += 30.0;
    pages.bookmark(0, "LwM2M Test Session Report");
    pages.paragraph(
        Type::new(Face::Bold, 20.0, Colour::TEXT),
        LEFT,
        RIGHT - LEFT,
        "LwM2M Test Session Report",
    );
    pages.gap(6.0);
    listing(pages, &facts::of_session(session, outline));
    heading(pages, "Implementations");
    implementations(pages, session);
}

/// Draws the meaning of the verdicts, the disclaimer and, for a pair, the place to sign.
pub(super) fn explain(pages: &mut Pages, session: &SessionRecord) {
    if facts::is_pair(session) {
        heading(pages, "Sign-off");
        body(
            pages,
            "One report stands for one session: the client team records, the server team verifies.",
        );
        let columns = [
            Column::new("Team", 2.0),
            Column::new("Name", 2.0),
            Column::new("Date", 1.0),
            Column::new("Signature", 2.0),
        ];
        let table = Table::start(pages, &columns);
        for team in ["Client team, recorded", "Server team, verified"] {
            let tall = Type::new(Face::Regular, 18.0, Colour::TEXT);
            table.row(pages, &[Cell::new(BODY, team).and(tall, " ")]);
        }
    }
    heading(pages, "How to read this report");
    for (verdict, meaning) in facts::MEANINGS {
        definition(pages, verdict, meaning);
    }
    for text in facts::NOTES {
        pages.gap(4.0);
        body(pages, text);
    }
}

/// Draws the title of a page about an event, with what stands below it.
pub(super) fn opening(pages: &mut Pages, title: &str, subtitle: &str) {
    pages.bookmark(0, title);
    let look = Type::new(Face::Bold, 18.0, Colour::TEXT);
    pages.paragraph(look, LEFT, RIGHT - LEFT, title);
    let small = Type { size: 8.5, ..BODY };
    pages.paragraph(small, LEFT, RIGHT - LEFT, subtitle);
}

/// Draws a heading of the first level and enters it in the outline.
pub(super) fn heading(pages: &mut Pages, title: &str) {
    pages.gap(16.0);
    pages.need(70.0);
    pages.bookmark(0, title);
    pages.paragraph(
        Type::new(Face::Bold, 13.0, Colour::TEXT),
        LEFT,
        RIGHT - LEFT,
        title,
    );
    pages.y += 2.0;
    pages.line(
        Stroke::new(1.0, Colour::LINE),
        &[(LEFT, pages.y), (RIGHT, pages.y)],
    );
    pages.y += 5.0;
}

/// Draws a paragraph of body text.
pub(super) fn body(pages: &mut Pages, text: &str) {
    pages.paragraph(BODY, LEFT, RIGHT - LEFT, text);
}

/// Draws names and values in two columns.
pub(super) fn listing(pages: &mut Pages, facts: &[(impl AsRef<str>, String)]) {
    for (name, value) in facts {
        pages.need(BODY.leading());
        let baseline = pages.y + BODY.leading() - BODY.size * 0.3;
        pages.put_fitting(
            Type {
                colour: Colour::SOFT,
                ..BODY
            },
            LEFT,
            baseline,
            LABEL - 6.0,
            name.as_ref(),
        );
        pages.paragraph(BODY, LEFT + LABEL, RIGHT - LEFT - LABEL, value);
    }
}

/// Draws a verdict as a word on its background; returns the width it took.
pub(super) fn badge(pages: &mut Pages, verdict: Verdict, x: f32, baseline: f32, size: f32) -> f32 {
    let (colour, back) = Colour::of(verdict);
    let look = Type::new(Face::Bold, size, colour);
    let width = pages.fonts.width(look.face, size, verdict.name()) + size;
    let area = (x, baseline - size * 1.05, width, size * 1.45);
    pages.panel(back, area);
    pages.frame(Stroke::new(0.5, colour), area);
    pages.put(look, x + size / 2.0, baseline, verdict.name());
    width
}

fn implementations(pages: &mut Pages, session: &SessionRecord) {
    if session.implementations.is_empty() {
        body(
            pages,
            "No implementation was under test: the emulators of the harness held every seat.",
        );
        return;
    }
    let columns = [
        Column::new("Seat", 1.3),
        Column::new("Implementation", 2.2),
        Column::new("Version", 1.3),
        Column::new("Vendor", 1.5),
        Column::new("Profile", 3.2),
    ];
    let table = Table::start(pages, &columns);
    for implementation in &session.implementations {
        let small = Type { size: 7.5, ..BODY };
        table.row(
            pages,
            &[
                Cell::new(
                    Type {
                        face: Face::Bold,
                        ..BODY
                    },
                    &implementation.seat,
                ),
                Cell::new(BODY, &implementation.name),
                Cell::new(BODY, &implementation.version),
                Cell::new(BODY, &implementation.vendor),
                Cell::new(small, facts::profile(implementation)),
            ],
        );
    }
}

/// Draws a verdict and what it means.
pub(super) fn definition(pages: &mut Pages, verdict: Verdict, meaning: &str) {
    pages.need(2.0 * BODY.leading());
    let baseline = pages.y + BODY.leading() - BODY.size * 0.3;
    badge(pages, verdict, LEFT, baseline, 7.5);
    pages.paragraph(BODY, LEFT + LABEL, RIGHT - LEFT - LABEL, meaning);
    pages.y += 4.0;
}

/// The look of body text.
pub(super) const BODY: Type = Type::new(Face::Regular, 9.0, Colour::TEXT);
/// Width of the column of labels.
const LABEL: f32 = 118.0;
