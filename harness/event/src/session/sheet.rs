//! The sheet of a session: every case of the ETS with the tool's proposal, the teams' verdicts and what follows by OMA's rule.

use std::fmt;

use super::EMULATOR;
use super::Header;
use super::proposal::{Attempt, Run, proposals};
use super::review::{Review, Standpoint};
use crate::consolidate::{Case, CaseResult, Counts, Ets, FORMAT, Outcome, Role, Submission};

/// The sheet.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Who sits at the table.
    pub header: Header,
    /// One for each case of the ETS, in its order.
    pub rows: Vec<Row>,
    /// What a reader has to know of the session as a whole.
    pub remarks: Vec<String>,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The case.
    pub case: Case,
    /// What the tool proposes; `None` if nothing was played and there is still time.
    pub proposal: Option<Outcome>,
    /// Why, for every proposal but Pass.
    pub reason: String,
    /// What was played.
    pub attempts: Vec<Attempt>,
    /// What the client's team says.
    pub client: TeamVerdict,
    /// What the server's team says.
    pub server: TeamVerdict,
}

/// What a team says of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamVerdict {
    /// Its verdict.
    pub verdict: Option<Outcome>,
    /// A verdict that it gave when something else was proposed, and that counts no more.
    pub outdated: Option<Outcome>,
    /// Its comment.
    pub comment: String,
    /// What of the specification it holds to be at fault: document and section.
    pub specification: String,
}

/// How far the teams are with a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Both said the same.
    Agreed(Outcome),
    /// They said different things: Inconclusive.
    Disagreed,
    /// This team has not spoken.
    WaitsFor(Role),
    /// No team has spoken.
    Open,
}

/// Cases without the word of both teams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Identifiers.
    pub cases: Vec<String>,
}

impl Sheet {
    /// Lays out the sheet; `runs` in the order of time. `is_over` says that the session's time has ended.
    ///
    /// What nobody played until then is proposed as Out of Time; what has nothing to play below its heading in the ETS
    /// (`headings`, by number) as Not Applicable. What a team said before a run proposed something else counts no more, unless
    /// the run proposes the same. Time alone takes nobody's word back.
    pub fn new(
        header: &Header,
        ets: &Ets,
        headings: &[u32],
        runs: &[Run],
        review: &Review,
        is_over: bool,
    ) -> Self {
        let mut proposals = proposals(runs);
        let mut standpoints = review.standpoints();
        let row = |case: &Case| {
            let played = proposals.remove(&case.number);
            let (proposal, reason, attempts) = match played {
                Some(played) => {
                    let attempts = played.attempts;
                    (Some(played.verdict.into()), played.reason, attempts)
                }
                None if headings.contains(&case.number) => {
                    let reason = "the ETS has nothing to play below this heading";
                    (Some(Outcome::NotApplicable), reason.to_owned(), Vec::new())
                }
                None if is_over => {
                    let reason = "the session's time ended before it was played";
                    (Some(Outcome::OutOfTime), reason.to_owned(), Vec::new())
                }
                None => (None, String::new(), Vec::new()),
            };
            let mut team = |role| {
                let said = standpoints.remove(&(case.number, role));
                let played = proposal.filter(|_| !attempts.is_empty());
                TeamVerdict::of(said.unwrap_or_default(), played)
            };
            Row {
                case: case.clone(),
                client: team(Role::Client),
                server: team(Role::Server),
                proposal,
                reason,
                attempts,
            }
        };
        let rows = ets.cases.iter().map(row).collect();
        Self {
            rows,
            remarks: remarks(header, runs),
            header: header.clone(),
        }
    }

    /// How many of the five verdicts were agreed.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for outcome in self.rows.iter().filter_map(Row::agreed) {
            counts.add(outcome);
        }
        counts
    }

    /// The row of a case.
    pub fn row(&self, number: u32) -> Option<&Row> {
        self.rows.iter().find(|row| row.case.number == number)
    }

    /// The submission that the teams agreed on, without evidence and signatures.
    ///
    /// # Errors
    ///
    /// The cases that one of the teams has not spoken of.
    pub fn submission(&self) -> Result<Submission, Open> {
        let open = self.rows.iter().filter(|row| row.agreed().is_none());
        let cases: Vec<_> = open.map(|row| row.case.id.clone()).collect();
        if !cases.is_empty() {
            return Err(Open { cases });
        }
        let result = |row: &Row| {
            let id = row.case.id.clone();
            row.agreed().map(|verdict| CaseResult { id, verdict })
        };
        let header = &self.header;
        Ok(Submission {
            format: FORMAT,
            event: header.event.clone(),
            session: header.session.clone(),
            date: header.date.clone(),
            lwm2m: header.lwm2m.clone(),
            ets: header.ets.clone(),
            client: header.client.party(),
            server: header.server.party(),
            results: self.rows.iter().filter_map(result).collect(),
            counts: Some(self.counts()),
            ..Submission::default()
        })
    }
}

impl Row {
    /// How far the teams are.
    pub fn state(&self) -> State {
        match (self.client.verdict, self.server.verdict) {
            (Some(one), Some(other)) if one == other => State::Agreed(one),
            (Some(_), Some(_)) => State::Disagreed,
            (Some(_), None) => State::WaitsFor(Role::Server),
            (None, Some(_)) => State::WaitsFor(Role::Client),
            (None, None) => State::Open,
        }
    }

    /// The agreed verdict by OMA's rule: what both say, Inconclusive if they differ; none before both have spoken.
    pub fn agreed(&self) -> Option<Outcome> {
        match self.state() {
            State::Agreed(outcome) => Some(outcome),
            State::Disagreed => Some(Outcome::Inconclusive),
            State::WaitsFor(_) | State::Open => None,
        }
    }

    /// What a team says.
    pub const fn team(&self, role: Role) -> &TeamVerdict {
        match role {
            Role::Client => &self.client,
            Role::Server => &self.server,
        }
    }
}

impl TeamVerdict {
    /// `played`: what runs propose, if there are any.
    fn of(said: Standpoint, played: Option<Outcome>) -> Self {
        let is_outdated = |verdict: Outcome, proposed: Option<Outcome>| {
            played.is_some_and(|played| proposed != Some(played) && played != verdict)
        };
        let (verdict, outdated) = match said.verdict {
            Some((verdict, proposed)) if is_outdated(verdict, proposed) => (None, Some(verdict)),
            Some((verdict, _)) => (Some(verdict), None),
            None => (None, None),
        };
        Self {
            verdict,
            outdated,
            comment: said.comment,
            specification: said.specification,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agreed(outcome) => write!(f, "agreed: {outcome}"),
            Self::Disagreed => f.write_str("disagreed: Inconclusive"),
            Self::WaitsFor(role) => write!(f, "waits for the {role}'s team"),
            Self::Open => f.write_str("open"),
        }
    }
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, rest) = (self.cases.first(), self.cases.len().saturating_sub(1));
        let first = first.map_or("", String::as_str);
        match rest {
            0 => write!(f, "not both teams have spoken of {first}"),
            _ => write!(f, "not both teams have spoken of {first} and {rest} more"),
        }
    }
}

/// What the verdicts were judged with: a side that no run tested had the harness's emulator in its place.
fn remarks(header: &Header, runs: &[Run]) -> Vec<String> {
    let mut remarks = Vec::new();
    let is_tested = |role: Role| {
        let seat = role.to_string();
        let mut all = runs.iter().flat_map(|run| &run.record.implementations);
        all.any(|one| one.seat == seat && one.name == header.side(role).product)
    };
    for role in [Role::Client, Role::Server] {
        let party = header.side(role).party();
        if !runs.is_empty() && !is_tested(role) && party.product != EMULATOR {
            remarks.push(format!(
                "no run tested the {role} \"{party}\": proposals were judged with the emulator of testfest in its place"
            ));
        }
    }
    let tested: Vec<_> = runs
        .iter()
        .filter(|run| run.record.implementations.len() > 1)
        .collect();
    if !runs.is_empty() && tested.is_empty() && remarks.is_empty() {
        remarks.push(
            "client and server were tested in separate runs, each with the emulator of testfest as its peer"
                .to_owned(),
        );
    }
    let ended = |run: &&Run| run.record.ended.is_none() || run.record.interrupted;
    for run in runs.iter().filter(ended) {
        remarks.push(format!("the run \"{}\" has not come to its end", run.name));
    }
    remarks
}
