//! Counts and results: the verdicts in columns, what was said below them over the whole width.

use super::head::{BOLD, SMALL};
use crate::pdf::colour::Colour;
use crate::pdf::font::Face;
use crate::pdf::head::{BODY, body, heading};
use crate::pdf::page::{LEFT, Pages, RIGHT, Type};
use crate::pdf::table::{Cell, Column, Table};
use crate::sheet::{Comment, CountsView, RowView, SectionView, SheetPage, Word};

/// Draws counts, and a table for each heading.
pub(super) fn draw(pages: &mut Pages, page: &SheetPage<'_>) {
    pages.need(130.0);
    heading(pages, "Results");
    counts(pages, page);
    pages.gap(3.0);
    body(
        pages,
        "Agreed verdicts, in the columns of OMA's result sheets. Open is what one of the teams has not spoken of.",
    );
    for section in &page.sections {
        results(pages, section);
    }
}

fn counts(pages: &mut Pages, page: &SheetPage<'_>) {
    let columns = [
        Column::new("Interface or object", 4.0),
        Column::right("Pass", 0.9),
        Column::right("Fail", 0.9),
        Column::right("Inconclusive", 1.6),
        Column::right("Not Applicable", 1.4),
        Column::right("Out of Time", 1.1),
        Column::right("Response Count", 1.4),
        Column::right("Open", 0.9),
    ];
    let table = Table::start(pages, &columns);
    let row = |pages: &mut Pages, look: Type, title: &str, counts: &CountsView| {
        let numbers = counts.agreed.into_iter().chain([counts.open]);
        let number = |count: u32| {
            let soft = Type {
                colour: Colour::SOFT,
                ..look
            };
            Cell::new(if count == 0 { soft } else { look }, count.to_string())
        };
        let title = Cell::new(look, title);
        let cells: Vec<_> = [title].into_iter().chain(numbers.map(number)).collect();
        table.row(pages, &cells);
    };
    for section in &page.sections {
        row(pages, BODY, &section.title, &section.counts);
    }
    row(pages, BOLD, "Totals", &page.totals);
}

fn results(pages: &mut Pages, section: &SectionView) {
    pages.gap(12.0);
    pages.need(70.0);
    pages.bookmark(1, &section.title);
    let title = Type::new(Face::Bold, 10.5, Colour::TEXT);
    pages.paragraph(title, LEFT, RIGHT - LEFT, &section.title);
    pages.y += 2.0;
    let columns = [
        Column::new("Test case", 4.6),
        Column::new("Tool proposes", 1.6),
        Column::new("Client's team", 1.6),
        Column::new("Server's team", 1.6),
        Column::new("Agreed", 1.7),
    ];
    let table = Table::start(pages, &columns);
    for row in &section.rows {
        match &row.brief {
            Some(words) => brief(pages, &table, row, words),
            None => whole(pages, &table, row),
        }
    }
}

/// A row in one sentence, that the eye may pass over.
fn brief(pages: &mut Pages, table: &Table, row: &RowView, words: &str) {
    let soft = Type { size: 7.0, ..SMALL };
    let words = format!("Not Applicable {words}");
    let case = format!("{}  {}", row.id, row.title);
    let cells = [Cell::new(soft, case), Cell::new(soft, words).over(4)];
    pages.need(30.0);
    pages.target(row.anchor.clone());
    table.row(pages, &cells);
}

fn whole(pages: &mut Pages, table: &Table, row: &RowView) {
    let link = row.evidence.iter().find_map(|link| link.anchor.clone());
    let look = Type {
        colour: if link.is_some() {
            Colour::LINK
        } else {
            Colour::TEXT
        },
        ..BODY
    };
    let case = Cell::new(look, &row.id)
        .and(SMALL, &row.title)
        .leading_to(link);
    let words = row.words.iter().map(|(_, word)| cell(word));
    let cells: Vec<_> = [case].into_iter().chain(words).collect();
    let lines: usize = row.comments.iter().map(|comment| comment.lines.len()).sum();
    pages.need(40.0 + 11.0 * lines.min(6) as f32);
    pages.target(row.anchor.clone());
    table.cells(pages, &cells);
    evidence(pages, row);
    for comment in &row.comments {
        said(pages, comment);
    }
    pages.y += 2.0;
    table.rule(pages);
}

fn cell(word: &Word) -> Cell {
    let note = Type { size: 7.5, ..SMALL };
    match word.verdict {
        Some(verdict) => {
            let look = Type {
                colour: Colour::of(verdict).0,
                ..BOLD
            };
            Cell::new(look, verdict.name()).and(note, &word.note)
        }
        None => Cell::new(note, &word.note),
    }
}

/// Draws links to what was played, one beside the other; a single one is that of the case's name.
fn evidence(pages: &mut Pages, row: &RowView) {
    let mut links: Vec<(String, Option<String>)> = row
        .evidence
        .iter()
        .map(|link| match &link.anchor {
            Some(anchor) => (link.text.clone(), Some(anchor.clone())),
            None => (format!("{} (no record)", link.text), None),
        })
        .collect();
    if !row.superseded.is_empty() {
        links.push((row.superseded.clone(), Some("superseded".to_owned())));
    }
    if let [] | [(_, Some(_))] = links.as_slice() {
        return;
    }
    let line = SMALL.leading();
    pages.need(line);
    let mut x = LEFT + INDENT;
    let mut put = |pages: &mut Pages, look: Type, text: &str, target: Option<String>| {
        let shown = pages
            .fonts
            .fit(look.face, look.size, (RIGHT - LEFT) / 3.0, text);
        let width = pages.fonts.width(look.face, look.size, &shown);
        if x + width > RIGHT {
            pages.y += line;
            pages.need(line);
            x = LEFT + INDENT;
        }
        pages.put(look, x, pages.y + line - 2.4, &shown);
        if let Some(target) = target {
            pages.link((x, pages.y, width, line), target);
        }
        x += width + 8.0;
    };
    put(pages, SMALL, "Evidence:", None);
    for (text, target) in links {
        let colour = if target.is_some() {
            Colour::LINK
        } else {
            Colour::SOFT
        };
        put(pages, Type { colour, ..SMALL }, &text, target);
    }
    pages.y += line;
}

fn said(pages: &mut Pages, comment: &Comment) {
    let look = Type::new(Face::Regular, 8.0, Colour::TEXT);
    let width = RIGHT - LEFT - INDENT;
    let mut who = format!("{}: ", comment.who);
    for line in &comment.lines {
        pages.paragraph(look, LEFT + INDENT, width, &format!("{who}{line}"));
        who.clear();
    }
}

/// Indent of what is said below a row.
const INDENT: f32 = 12.0;
