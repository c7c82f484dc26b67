//! Issues raised, and the runs that belong to the session.

use super::head::{BOLD, SMALL};
use crate::pdf::colour::Colour;
use crate::pdf::head::{BODY, body, heading};
use crate::pdf::page::{LEFT, Pages, RIGHT, Type};
use crate::pdf::table::{Cell, Column, Table};
use crate::sheet::SheetPage;

/// Draws issues and runs.
pub(super) fn draw(pages: &mut Pages, page: &SheetPage<'_>) {
    heading(pages, "Issues raised");
    issues(pages, page);
    heading(pages, "Runs");
    runs(pages, page);
}

fn issues(pages: &mut Pages, page: &SheetPage<'_>) {
    if page.issues.is_empty() {
        body(pages, "No team holds the specification to be at fault.");
    }
    for issue in &page.issues {
        pages.gap(4.0);
        pages.need(40.0);
        let link = Type {
            colour: Colour::LINK,
            ..BOLD
        };
        let top = pages.y;
        let title = format!("{}  {}", issue.id, issue.title);
        pages.paragraph(link, LEFT, RIGHT - LEFT, &title);
        let area = (LEFT, top, RIGHT - LEFT, link.leading());
        pages.link(area, issue.anchor.clone());
        let team = issue.team;
        said(
            pages,
            &format!("{team} holds at fault"),
            &issue.specification,
        );
        said(pages, &format!("{team} comments"), &issue.comment);
    }
}

fn said(pages: &mut Pages, who: &str, lines: &[String]) {
    let mut who = format!("{who}: ");
    for line in lines {
        let width = RIGHT - LEFT - INDENT;
        pages.paragraph(BODY, LEFT + INDENT, width, &format!("{who}{line}"));
        who.clear();
    }
}

fn runs(pages: &mut Pages, page: &SheetPage<'_>) {
    if page.runs.is_empty() {
        body(pages, "Nothing was played.");
        return;
    }
    let columns = [
        Column::new("Run", 2.6),
        Column::new("When", 1.8),
        Column::new("Under test", 2.6),
        Column::new("Transport and security", 1.5),
        Column::new("Flags", 2.0),
        Column::new("Proposals", 1.7),
    ];
    let table = Table::start(pages, &columns);
    let small = Type { size: 8.0, ..BODY };
    for run in &page.runs {
        let mut implementations = run.implementations.iter();
        let first = implementations.next().map(String::as_str);
        let first = first.unwrap_or("emulators of testfest only");
        let under_test =
            implementations.fold(Cell::new(small, first), |cell, one| cell.and(small, one));
        pages.need(30.0);
        pages.target(format!("run-{}", run.number));
        let cells = [
            Cell::new(small, format!("{}: {}", run.number, run.name)),
            Cell::new(small, &run.when),
            under_test,
            Cell::new(small, &run.channel),
            Cell::new(small, &run.flags),
            Cell::new(small, &run.counts),
        ];
        table.row(pages, &cells);
    }
    pages.gap(3.0);
    let words = "In the order of time; the reports of each stand in runs/ and its name. Counts are of all that a run \
                 played and left out for each judged seat, own cases of testfest among it.";
    pages.paragraph(SMALL, LEFT, RIGHT - LEFT, words);
}

/// Indent of what is said of a case.
const INDENT: f32 = 12.0;
