//! The agenda on paper: the sessions, then a table for each implementation.

use super::colour::Colour;
use super::document::{self, Imprint};
use super::font::{Face, Fonts};
use super::head::{body, heading, listing, opening};
use super::page::{LEFT, Pages, RIGHT, Type};
use super::table::{Cell, Column, Table};
use crate::RenderError;
use crate::agenda::{AgendaDay, AgendaPage, AgendaTeam};

/// Renders the agenda of an event as a PDF document.
pub fn agenda_pdf(page: &AgendaPage) -> Result<Vec<u8>, RenderError> {
    let mut pages = Pages::new(Fonts::load()?);
    draw(&mut pages, page);
    document::save(pages, &Imprint::of_event(&page.title, &page.harness))
}

fn draw(pages: &mut Pages, page: &AgendaPage) {
    opening(pages, &page.title, &page.subtitle);
    pages.gap(6.0);
    listing(pages, &page.facts);
    if !page.left_out.is_empty() {
        heading(pages, "Who does not meet");
        let table = Table::start(
            pages,
            &[Column::new("Pair", 1.0), Column::new("Reason", 1.0)],
        );
        for (pair, reason) in &page.left_out {
            table.row(pages, &[Cell::new(BODY, pair), Cell::new(BODY, reason)]);
        }
    }
    heading(pages, "Sessions");
    for day in &page.days {
        sessions(pages, day);
    }
    heading(pages, "By implementation");
    for one in &page.teams {
        team(pages, one, page.has_times());
    }
}

fn sessions(pages: &mut Pages, day: &AgendaDay) {
    if !day.heading.is_empty() {
        subheading(pages, &day.heading);
    }
    let columns = [
        Column::new("Table", 1.2),
        Column::new("Client", 3.0),
        Column::new("Server", 3.0),
        Column::new("LwM2M", 0.8),
    ];
    let mut table = Table::start(pages, &columns);
    for session in &day.sessions {
        if pages.need(height(session.meetings.len())) {
            table = Table::start(pages, &columns);
        }
        let free = if session.meetings.is_empty() {
            ": free"
        } else {
            ""
        };
        let title = format!("{}{free}", session.heading);
        table.row(pages, &[Cell::new(BOLD, title).over(columns.len())]);
        for meeting in &session.meetings {
            let who = |(name, anchor): &(String, String)| {
                Cell::new(BODY, name).leading_to(Some(anchor.clone()))
            };
            table.row(
                pages,
                &[
                    Cell::new(BODY, &meeting.table),
                    who(&meeting.client),
                    who(&meeting.server),
                    Cell::new(BODY, &meeting.lwm2m),
                ],
            );
        }
    }
}

fn team(pages: &mut Pages, team: &AgendaTeam, has_times: bool) {
    pages.need(height(team.meetings.len() + 2));
    pages.target(team.anchor.clone());
    subheading(pages, &format!("{} ({})", team.name, team.role));
    if !team.free.is_empty() {
        body(pages, &format!("Free in {}", team.free));
    }
    if team.meetings.is_empty() {
        body(pages, "It meets nobody.");
        return;
    }
    let mut columns = vec![
        Column::new("Session", 0.9),
        Column::new("When", 2.4),
        Column::new("Table", 1.2),
        Column::new("With", 4.0),
        Column::new("LwM2M", 0.8),
    ];
    if !has_times {
        columns.remove(WHEN);
    }
    let table = Table::start(pages, &columns);
    for meeting in &team.meetings {
        let (peer, anchor) = &meeting.peer;
        let mut cells = vec![
            Cell::new(BOLD, meeting.session.to_string()),
            Cell::new(BODY, &meeting.when),
            Cell::new(BODY, &meeting.table),
            Cell::new(BODY, peer).leading_to(Some(anchor.clone())),
            Cell::new(BODY, &meeting.lwm2m),
        ];
        if !has_times {
            cells.remove(WHEN);
        }
        table.row(pages, &cells);
    }
}

/// Height of a heading and so many rows, which stay together unless there are too many.
fn height(rows: usize) -> f32 {
    (ROW * (rows as f32 + 1.0)).min(HALF_PAGE)
}

fn subheading(pages: &mut Pages, title: &str) {
    pages.gap(10.0);
    pages.need(60.0);
    pages.bookmark(1, title);
    let look = Type::new(Face::Bold, 10.5, Colour::TEXT);
    pages.paragraph(look, LEFT, RIGHT - LEFT, title);
    pages.y += 2.0;
}

const BODY: Type = Type::new(Face::Regular, 8.5, Colour::TEXT);
const BOLD: Type = Type::new(Face::Bold, 8.5, Colour::TEXT);
/// Usual height of a row.
const ROW: f32 = 17.0;
/// What is kept together at most.
const HALF_PAGE: f32 = 360.0;
/// Place of the column of times.
const WHEN: usize = 1;
