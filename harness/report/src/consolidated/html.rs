//! Pages of an event as HTML files that need nothing beside them.

use event::consolidate::{Consolidated, Counts, Event};
use serde::Serialize;

use super::ResultsPage;
use crate::html::render_page;
use crate::{RenderError, facts};

#[derive(Serialize)]
struct ResultsView<'a> {
    page: &'a ResultsPage,
    meanings: Vec<(&'static str, &'static str)>,
}

#[derive(Serialize)]
struct PairsView<'a> {
    title: String,
    subtitle: &'a str,
    servers: Vec<String>,
    rows: Vec<(String, Vec<Option<[u32; 6]>>)>,
}

/// Renders results by test case.
pub fn results_html(page: &ResultsPage) -> Result<String, RenderError> {
    let meanings = facts::MEANINGS.iter().take(5);
    let meanings = meanings
        .map(|(verdict, meaning)| (verdict.name(), *meaning))
        .collect();
    Ok(render_page(
        "consolidated.html",
        ResultsView { page, meanings },
    )?)
}

/// Renders the matrix of clients and servers, for the organizers only.
pub fn pairs_html(event: &Event, all: &Consolidated) -> Result<String, RenderError> {
    let row = |(client, cells): (&event::consolidate::Party, &Vec<Option<Counts>>)| {
        let cells = cells
            .iter()
            .map(|cell| cell.as_ref().map(Counts::row))
            .collect();
        (client.to_string(), cells)
    };
    let view = PairsView {
        title: format!("{}: clients and servers, LwM2M {}", event.name, all.lwm2m),
        subtitle: &event.dates,
        servers: all.matrix.servers.iter().map(ToString::to_string).collect(),
        rows: all
            .matrix
            .clients
            .iter()
            .zip(&all.matrix.cells)
            .map(row)
            .collect(),
    };
    Ok(render_page("pairs.html", view)?)
}
