//! The head: which session it is, who met whom, and to whom the report is confidential.

use event::consolidate::Role;
use event::session::{Header, Side};
use serde::Serialize;

use crate::facts;

/// One of the two implementations with its team.
#[derive(Serialize)]
pub(crate) struct Party {
    /// `Client` or `Server`.
    pub role: &'static str,
    /// Company.
    pub company: String,
    /// Product.
    pub product: String,
    /// Version of the product.
    pub version: String,
    /// Names of the team.
    pub team: String,
}

impl Party {
    /// The party of a role.
    pub(super) fn new(header: &Header, role: Role) -> Self {
        let side = header.side(role);
        Self {
            role: role.title(),
            company: side.company.clone(),
            product: side.product.clone(),
            version: side.version.clone(),
            team: side.team.join(", "),
        }
    }
}

/// `Test Session Report, SVE-41, session 3: Acme with Best`.
pub(super) fn title(header: &Header) -> String {
    let (client, server) = (company(&header.client), company(&header.server));
    let (event, session) = (&header.event, &header.session);
    format!("Test Session Report, {event}, session {session}: {client} with {server}")
}

/// Names those whom the report is for.
pub(super) fn confidential(header: &Header) -> String {
    let (client, server) = (company(&header.client), company(&header.server));
    if client == server {
        return format!("CONFIDENTIAL to {client}, whose implementations met in this session.");
    }
    format!("CONFIDENTIAL to {client} and {server}, whose implementations met in this session.")
}

/// Name and value of everything about the session.
pub(super) fn facts(header: &Header) -> Vec<(&'static str, String)> {
    let budget = header.budget_minutes.map_or_else(String::new, |minutes| {
        format!("{minutes} minutes from the first run on")
    });
    let mut facts = vec![
        ("Event", header.event.clone()),
        ("Place", header.place.clone()),
        ("Date", header.date.clone()),
        ("Session number", header.session.clone()),
        ("LwM2M version", header.lwm2m.clone()),
        ("Test specification", header.ets.clone()),
        ("Time", budget),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// A team at the start of a line.
pub(super) const fn team(role: Role) -> &'static str {
    match role {
        Role::Client => "Client's team",
        Role::Server => "Server's team",
    }
}

/// The company, or the product of one that is not named.
fn company(side: &Side) -> &str {
    match side.company.as_str() {
        "" => &side.product,
        company => company,
    }
}

/// What the report does not claim.
pub(crate) const DISCLAIMER: &str = facts::NOTES[1];
/// How the verdicts came about, and what to do with the evidence.
pub(crate) const NOTES: [&str; 2] = [
    "The tool proposes a verdict from the messages that were captured, and only from them. What counts is what the teams say: \
     the verdict that both give, and Inconclusive if they differ. Counts are of these agreed verdicts.",
    facts::NOTES[2],
];
