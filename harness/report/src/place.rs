//! Where a case stands in a report and where its evidence lies.

use record::{CaseRecord, CaseSummary, SessionRecord};

use crate::escape::{anchor, relative_link};
use crate::facts;

/// The place of a run's cases: in a report of their own, or in one of several runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// Number from 1 and name of the run; `None` if the report is of that run alone.
    pub run: Option<(usize, &'a str)>,
    /// Whether more than one seat is judged, so that the seat must be named.
    pub names_seat: bool,
}

impl Place<'_> {
    /// The fragment that names a case.
    pub(crate) fn anchor(self, summary: &CaseSummary) -> String {
        let anchor = anchor(&summary.case, &summary.seat);
        match self.run {
            // the number, since two names may make the same fragment
            Some((number, _)) => format!("run-{number}/{anchor}"),
            None => anchor,
        }
    }

    /// The seat, if it must be named.
    pub(crate) fn seat(self, summary: &CaseSummary) -> Option<&str> {
        self.names_seat.then_some(summary.seat.as_str())
    }

    /// A link to the capture, if there is one and its path is plain.
    pub(crate) fn capture(self, summary: &CaseSummary) -> Option<String> {
        let folder = match self.run {
            Some((_, name)) => format!("runs/{name}/{}", summary.folder),
            None => summary.folder.clone(),
        };
        relative_link(&folder).map(|folder| format!("{folder}/capture.pcapng"))
    }

    /// Name and value of everything worth knowing about the play of a case.
    pub(crate) fn facts(
        self,
        session: &SessionRecord,
        summary: &CaseSummary,
        record: &CaseRecord,
    ) -> Vec<(&'static str, String)> {
        let run = self
            .run
            .map(|(number, name)| ("Run", format!("{number}: {name}")));
        let facts = facts::of_case(session, summary, record);
        run.into_iter().chain(facts).collect()
    }
}
