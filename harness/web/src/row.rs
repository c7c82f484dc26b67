//! A row of the table of verdicts, as the page gets it.
//!
//! What is only shown passes [`visible`]; what a team can go on editing comes as it was said.

use std::fmt::Write as _;
use std::path::Path;

use event::consolidate::{Outcome, Role};
use event::session::{Attempt, Row, State, TeamVerdict};
use record::Verdict;
use report::{anchor, visible};
use serde::Serialize;

/// A case of the ETS.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct RowView {
    pub(crate) number: u32,
    id: String,
    title: String,
    heading: String,
    pub(crate) proposal: Option<Outcome>,
    reason: String,
    state: &'static str,
    agreed: Option<Outcome>,
    pub(crate) client: TeamView,
    pub(crate) server: TeamView,
    attempts: Vec<AttemptView>,
}

/// What a team says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct TeamView {
    pub(crate) verdict: Option<Outcome>,
    outdated: Option<Outcome>,
    comment: String,
    specification: String,
}

/// What was played.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct AttemptView {
    run: String,
    seat: String,
    verdict: Verdict,
    reason: String,
    superseded: bool,
    /// Where the run's report shows it, once that is there.
    link: Option<String>,
}

impl RowView {
    /// The row; `runs` is the folder of the runs.
    pub(crate) fn new(row: &Row, runs: &Path) -> Self {
        Self {
            number: row.case.number,
            id: shown(&row.case.id),
            title: shown(&row.case.title),
            heading: shown(&row.case.heading),
            proposal: row.proposal,
            reason: shown(&row.reason),
            state: match row.state() {
                State::Agreed(_) => "agreed",
                State::Disagreed => "disagreed",
                State::WaitsFor(Role::Client) => "waits-for-client",
                State::WaitsFor(Role::Server) => "waits-for-server",
                State::Open => "open",
            },
            agreed: row.agreed(),
            client: TeamView::new(&row.client),
            server: TeamView::new(&row.server),
            attempts: row
                .attempts
                .iter()
                .map(|attempt| AttemptView::new(attempt, runs))
                .collect(),
        }
    }

    /// What a team says.
    pub(crate) const fn team(&self, role: Role) -> &TeamView {
        match role {
            Role::Client => &self.client,
            Role::Server => &self.server,
        }
    }
}

impl TeamView {
    fn new(team: &TeamVerdict) -> Self {
        Self {
            verdict: team.verdict,
            outdated: team.outdated,
            comment: team.comment.clone(),
            specification: team.specification.clone(),
        }
    }
}

impl AttemptView {
    fn new(attempt: &Attempt, runs: &Path) -> Self {
        let report = runs.join(&attempt.run).join(REPORT);
        let place = anchor(&attempt.case, &attempt.seat);
        // what was not played has no place of its own in the report
        let fragment = match attempt.folder.as_str() {
            "" => String::new(),
            _ => format!("#{place}"),
        };
        let run = encoded(&attempt.run);
        Self {
            run: shown(&attempt.run),
            seat: shown(&attempt.seat),
            verdict: attempt.verdict,
            reason: shown(&attempt.reason),
            superseded: attempt.superseded,
            link: report
                .is_file()
                .then(|| format!("/runs/{run}/{REPORT}{fragment}")),
        }
    }
}

pub(crate) fn shown(text: &str) -> String {
    visible(text).into_owned()
}

/// A name as a segment of a URL's path (RFC 3986, 3.3).
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // a String takes everything
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The report of a run.
const REPORT: &str = "session.html";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_one_segment() {
        for (name, segment) in [
            (
                "20261121T093000Z-1-emulators",
                "20261121T093000Z-1-emulators",
            ),
            ("a b?c#d/e%", "a%20b%3Fc%23d%2Fe%25"),
            ("안", "%EC%95%88"),
        ] {
            assert_eq!(encoded(name), segment);
        }
    }
}
