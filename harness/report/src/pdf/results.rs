//! The counts and the tables of results.

use record::SessionRecord;

use super::colour::Colour;
use super::font::Face;
use super::head::{BODY, body, heading};
use super::page::{LEFT, Pages, RIGHT, Type};
use super::table::{Cell, Column, Table};
use crate::{Entry, Outline, Section, Tally, anchor, brief, facts};

/// Draws the summary, a table for each heading, and the cases that do not apply.
pub(super) fn draw(pages: &mut Pages, session: &SessionRecord, outline: &Outline<'_>) {
    heading(pages, "Summary");
    counts(pages, outline);
    for remark in facts::totals(&outline.tally())
        .iter()
        .chain(&facts::remarks(session))
    {
        pages.gap(3.0);
        body(pages, remark);
    }
    pages.gap(3.0);
    body(
        pages,
        &format!("Play the run again: {}", session.parameters.again),
    );
    heading(pages, "Results");
    for section in outline
        .sections
        .iter()
        .filter(|section| !section.entries.is_empty())
    {
        results(pages, section, outline.names_seats());
    }
    if !session.not_selected.is_empty() {
        heading(pages, "Not Applicable");
        not_applicable(pages, session, outline.names_seats());
    }
}

fn counts(pages: &mut Pages, outline: &Outline<'_>) {
    let columns = [
        Column::new("Interface or object", 4.2),
        Column::right("Pass", 1.0),
        Column::right("Fail", 1.0),
        Column::right("Inconclusive", 1.6),
        Column::right("Not Applicable", 1.5),
        Column::right("Out of Time", 1.3),
        Column::right("Response Count", 1.6),
    ];
    let table = Table::start(pages, &columns);
    for section in &outline.sections {
        table.row(
            pages,
            &count_row(section.group.title(), &section.tally(), BODY),
        );
    }
    let bold = Type {
        face: Face::Bold,
        ..BODY
    };
    table.row(pages, &count_row("Totals", &outline.tally(), bold));
    if outline.names_seats() {
        table.row(
            pages,
            &count_row("By case, worst seat", &outline.tally_by_case(), BODY),
        );
    }
}

fn count_row(title: &str, tally: &Tally, look: Type) -> Vec<Cell> {
    let number = |count: u32| {
        let colour = if count == 0 {
            Colour::SOFT
        } else {
            look.colour
        };
        Cell::new(Type { colour, ..look }, count.to_string())
    };
    let counts = tally.counts().into_iter().chain([tally.responses()]);
    [Cell::new(look, title)]
        .into_iter()
        .chain(counts.map(number))
        .collect()
}

fn results(pages: &mut Pages, section: &Section<'_>, names_seats: bool) {
    pages.gap(10.0);
    pages.need(60.0);
    let title = Type::new(Face::Bold, 10.5, Colour::TEXT);
    pages.paragraph(title, LEFT, RIGHT - LEFT, section.group.title());
    pages.y += 2.0;
    let columns = [
        Column::new("Verdict", 1.55),
        Column::new("Case", 4.3),
        Column::new("Criteria", 1.5),
        Column::new("Reason", 3.2),
        Column::new("Time", 1.0),
    ];
    let table = Table::start(pages, &columns);
    for entry in &section.entries {
        table.row(pages, &result_row(entry, names_seats));
    }
}

fn result_row(entry: &Entry<'_>, names_seats: bool) -> [Cell; 5] {
    let summary = entry.summary;
    let (colour, _) = Colour::of(summary.verdict);
    let small = Type {
        size: 7.5,
        colour: Colour::SOFT,
        ..BODY
    };
    let link = Type {
        colour: Colour::LINK,
        ..BODY
    };
    let seat = if names_seats {
        format!("  [{}]", summary.seat)
    } else {
        String::new()
    };
    let name = format!("{}{seat}", summary.case);
    let target = entry.record.map(|_| anchor(&summary.case, &summary.seat));
    let mut verdict = Cell::new(
        Type {
            face: Face::Bold,
            colour,
            ..BODY
        },
        summary.verdict.name(),
    );
    if summary.expected.is_some() {
        verdict = verdict.and(small, "expected");
    }
    let name_look = if target.is_some() { link } else { BODY };
    let time = if summary.duration == 0 {
        String::new()
    } else {
        brief(summary.duration)
    };
    [
        verdict,
        Cell::new(name_look, name)
            .and(small, &summary.title)
            .leading_to(target),
        Cell::new(Type { size: 7.5, ..BODY }, facts::letters(summary)),
        Cell::new(Type { size: 8.0, ..BODY }, facts::reason(summary))
            .and(small, facts::teams(summary)),
        Cell::new(Type { size: 8.0, ..BODY }, time),
    ]
}

fn not_applicable(pages: &mut Pages, session: &SessionRecord, names_seats: bool) {
    let columns = [
        Column::new("Case", 5.0),
        Column::new("What decided it", 5.0),
    ];
    let table = Table::start(pages, &columns);
    let small = Type {
        size: 7.5,
        colour: Colour::SOFT,
        ..BODY
    };
    for case in &session.not_selected {
        let seat = if names_seats {
            format!("  [{}]", case.seat)
        } else {
            String::new()
        };
        let name = Cell::new(BODY, format!("{}{seat}", case.case)).and(small, &case.title);
        table.row(
            pages,
            &[name, Cell::new(Type { size: 8.0, ..BODY }, &case.reason)],
        );
    }
}
