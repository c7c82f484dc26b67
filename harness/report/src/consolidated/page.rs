//! What a page of results shows, in OMA's layout.

use event::consolidate::{Consolidated, Event, ImplementationTable, Role, Table};
use serde::Serialize;

/// A page of results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResultsPage {
    /// Heading.
    pub title: String,
    /// Dates and place.
    pub subtitle: String,
    /// Heading of the facts.
    pub facts_title: &'static str,
    /// Facts, as name and value.
    pub facts: Vec<(String, String)>,
    /// Session and number of submissions.
    pub sessions: Vec<(String, u32)>,
    /// Number of submissions.
    pub submissions: u32,
    /// Headings and cases.
    pub rows: Vec<ResultsRow>,
    /// The five columns and their sum.
    pub totals: [u32; 6],
    /// Version of the harness.
    pub harness: String,
}

/// A heading, or a case with its results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResultsRow {
    /// The heading, or the case's identifier and title.
    pub label: String,
    /// The five columns and their sum; `None` for a heading.
    pub counts: Option<[u32; 6]>,
}

impl ResultsPage {
    /// The summary of an event for one LwM2M version.
    pub fn of_event(
        event: &Event,
        all: &Consolidated,
        names_companies: bool,
        harness: &str,
    ) -> Self {
        let tested = |role| {
            all.implementations
                .iter()
                .filter(move |one| one.role == role)
                .count()
        };
        let counted =
            |n: usize, role: Role| format!("{n} {}{}", role.title(), if n == 1 { "" } else { "s" });
        let (servers, clients) = (tested(Role::Server), tested(Role::Client));
        let (servers, clients) = (
            counted(servers, Role::Server),
            counted(clients, Role::Client),
        );
        let mut facts = vec![(
            "Implementations Tested".to_owned(),
            format!("{servers}, {clients}"),
        )];
        if let Some(engineers) = event.engineers {
            facts.push(("Engineers Registered".to_owned(), engineers.to_string()));
        }
        if names_companies {
            let mut companies: Vec<_> = event
                .implementations
                .iter()
                .map(|one| one.company.as_str())
                .collect();
            companies.sort_unstable();
            companies.dedup();
            let value = format!("{}, including: {}", companies.len(), companies.join(", "));
            facts.push(("Companies Attended".to_owned(), value));
        }
        facts.push(("Enabler Test Specification".to_owned(), all.ets.clone()));
        for (name, value) in [("Host", &event.host), ("Issues Raised", &event.issues)] {
            if !value.is_empty() {
                facts.push((name.to_owned(), value.clone()));
            }
        }
        let title = format!("{}: Summary and Results, LwM2M {}", event.name, all.lwm2m);
        Self::new(
            event,
            title,
            "TestFest Registration Summary",
            facts,
            &all.table,
            harness,
        )
    }

    /// The results of one implementation.
    pub fn of_implementation(
        event: &Event,
        all: &Consolidated,
        one: &ImplementationTable,
        harness: &str,
    ) -> Self {
        let role = one.role.title();
        let mut facts = vec![("Role".to_owned(), role.to_owned())];
        for (name, value) in [
            ("Product", &one.party.product),
            ("Version", &one.party.version),
        ] {
            if !value.is_empty() {
                facts.push((name.to_owned(), value.clone()));
            }
        }
        facts.push(("LwM2M".to_owned(), all.lwm2m.clone()));
        facts.push(("Enabler Test Specification".to_owned(), all.ets.clone()));
        // Without names a company is already called by its role.
        let who = &one.party.company;
        let who = if one.party.product.is_empty() {
            who.clone()
        } else {
            format!("{who} - {role}")
        };
        let title = format!("{}: {who} results, LwM2M {}", event.name, all.lwm2m);
        Self::new(event, title, "Implementation", facts, &one.table, harness)
    }

    fn new(
        event: &Event,
        title: String,
        facts_title: &'static str,
        facts: Vec<(String, String)>,
        table: &Table,
        harness: &str,
    ) -> Self {
        let mut rows = Vec::new();
        let mut heading = "";
        for row in &table.rows {
            if row.case.heading != heading {
                heading = &row.case.heading;
                rows.push(ResultsRow {
                    label: heading.to_owned(),
                    counts: None,
                });
            }
            let label = match row.case.title.as_str() {
                "" => row.case.id.clone(),
                title => format!("{} – {title}", row.case.id),
            };
            rows.push(ResultsRow {
                label,
                counts: Some(row.counts.row()),
            });
        }
        let parts = [event.dates.as_str(), event.place.as_str()];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Self {
            title,
            subtitle: parts.join(", "),
            facts_title,
            facts,
            sessions: table.sessions.clone(),
            submissions: table.submissions,
            rows,
            totals: table.totals.row(),
            harness: harness.to_owned(),
        }
    }
}
