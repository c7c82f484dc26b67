//! What a run says about readiness for a TestFest: on a terminal, as a page, on paper.

mod html;
mod text;

pub use html::readiness_html;
pub use text::readiness_text;

use record::{Readiness, SessionRecord, Verdict};
use serde::Serialize;

use crate::facts::Label;

/// What all three forms say.
#[derive(Serialize)]
pub(crate) struct Page {
    pub(crate) title: String,
    /// The conclusion in one sentence.
    pub(crate) conclusion: String,
    pub(crate) is_ready: bool,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) entry: Vec<Row>,
    /// Names and counts of the conformance set.
    pub(crate) conformance: Vec<(&'static str, u32)>,
    pub(crate) missing: Vec<Row>,
    pub(crate) disclaimer: &'static str,
    pub(crate) harness: String,
    pub(crate) settled: String,
}

/// A line with a verdict.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) text: String,
    /// The verdict in words; `not played` if there is none.
    pub(crate) verdict: &'static str,
    /// Class of its badge.
    pub(crate) class: &'static str,
}

impl Page {
    pub(crate) fn of(session: &SessionRecord, readiness: &Readiness) -> Self {
        let one = session.implementations.first();
        let who = one.map_or_else(|| session.name.clone(), |one| one.name.clone());
        let is_ready = readiness.is_ready();
        let conclusion = if is_ready {
            "Ready for a TestFest: the entry tests passed, and nothing of the conformance set failed or stayed open.".to_owned()
        } else {
            let count = readiness.missing.len();
            let are = if count == 1 { "thing is" } else { "things are" };
            format!("Not ready for a TestFest: {count} {are} missing.")
        };
        let title = if is_ready {
            format!("Certificate of readiness: {who}")
        } else {
            format!("What is missing before a TestFest: {who}")
        };
        let entry = readiness
            .entry
            .iter()
            .map(|one| Row::new(&one.id, &one.title, one.verdict));
        let missing = readiness
            .missing
            .iter()
            .map(|one| Row::new(&one.what, &one.reason, one.verdict));
        let counts = Verdict::ALL.iter().zip(readiness.conformance);
        Self {
            title,
            conclusion,
            is_ready,
            facts: about(session),
            entry: entry.collect(),
            conformance: counts
                .filter(|(verdict, count)| *count > 0 || **verdict == Verdict::Pass)
                .map(|(verdict, count)| (verdict.name(), count))
                .collect(),
            missing: missing.collect(),
            disclaimer: DISCLAIMER,
            harness: session.harness.clone(),
            settled: session.ended.clone().unwrap_or_default(),
        }
    }
}

impl Row {
    fn new(name: &str, text: &str, verdict: Option<Verdict>) -> Self {
        let word = verdict.map_or("not played", Verdict::name);
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            verdict: word,
            class: verdict.map_or("undecided", |one| Label::verdict(one).class),
        }
    }
}

/// The implementation, the terms of the run and its date.
fn about(session: &SessionRecord) -> Vec<(String, String)> {
    let asked = &session.parameters;
    let mut facts: Vec<(String, String)> = session
        .implementations
        .iter()
        .flat_map(|one| {
            [
                (
                    "Implementation".to_owned(),
                    format!("{} {}", one.name, one.version),
                ),
                ("Vendor".to_owned(), one.vendor.clone()),
                ("Role".to_owned(), one.seat.clone()),
                ("Profile".to_owned(), one.profile_hash.clone()),
            ]
        })
        .collect();
    let terms = [asked.transport.as_str(), &asked.security].join(", ");
    let mut more = |name: &str, value: String| facts.push((name.to_owned(), value));
    more("LwM2M", format!("{}, {terms}", asked.lwm2m));
    more("Cases", session.cases_hash.clone());
    more("Run", format!("{}, {}", session.name, session.started));
    if asked.quick {
        more(
            "Waits",
            "as short as the meaning of a case allows".to_owned(),
        );
    }
    facts.retain(|(_, value)| !value.trim().is_empty());
    facts
}

/// What it does not claim.
const DISCLAIMER: &str = "Made by testfest from its own record of the run. It is the vendor's evidence for the organizers of a TestFest: no certification by OMA, and no claim of interoperability.";
