//! One case: what the tool proposes, what both teams say, and what follows.

use event::consolidate::{Outcome, Role};
use event::session::{Row, State, TeamVerdict};
use record::Verdict;
use serde::Serialize;

use super::evidence::{Evidence, EvidenceLink};
use super::head::team;
use crate::facts::Label;

/// A row of the results.
#[derive(Serialize)]
pub(crate) struct RowView {
    /// Its fragment.
    pub anchor: String,
    /// Identifier of the ETS.
    pub id: String,
    /// Title.
    pub title: String,
    /// Style class of what was agreed.
    pub class: &'static str,
    /// What a row in one sentence says, if nobody has to look closer.
    pub brief: Option<String>,
    /// The tool, client's team, server's team, agreed.
    pub words: [(&'static str, Word); 4],
    /// Why, and what the teams say.
    pub comments: Vec<Comment>,
    /// What was played and counts.
    pub evidence: Vec<EvidenceLink>,
    /// `1 earlier attempt`; empty if there is none that counts no more.
    pub superseded: String,
}

/// A verdict, or the words in its place.
#[derive(Default, Serialize)]
pub(crate) struct Word {
    /// The verdict.
    #[serde(skip)]
    pub verdict: Option<Verdict>,
    /// The same with its style class.
    pub label: Option<Label>,
    /// What else is to be said.
    pub note: String,
}

/// What somebody says.
#[derive(Serialize)]
pub(crate) struct Comment {
    /// Who.
    pub who: String,
    /// Line by line.
    pub lines: Vec<String>,
}

impl RowView {
    /// Gathers what a row says.
    pub(super) fn new(row: &Row, evidence: &Evidence<'_>) -> Self {
        let state = row.state();
        let label = row.agreed().map(Outcome::verdict).map(Label::verdict);
        Self {
            anchor: Self::anchor(row),
            id: row.case.id.clone(),
            title: row.case.title.clone(),
            class: label.map_or("open", |label| label.class),
            brief: brief(row),
            words: [
                ("Tool proposes", Word::of(row.proposal, "not played")),
                (team(Role::Client), Word::said(&row.client)),
                (team(Role::Server), Word::said(&row.server)),
                ("Agreed", Word::agreed(state, row.agreed())),
            ],
            comments: comments(row),
            evidence: evidence.links(row),
            superseded: match evidence.superseded_of(row).count() {
                0 => String::new(),
                1 => "1 earlier attempt".to_owned(),
                n => format!("{n} earlier attempts"),
            },
        }
    }

    /// The fragment that names the row of a case.
    pub(super) fn anchor(row: &Row) -> String {
        format!("result-{}", row.case.number)
    }
}

impl Word {
    fn of(outcome: Option<Outcome>, otherwise: &str) -> Self {
        let verdict = outcome.map(Outcome::verdict);
        Self {
            verdict,
            label: verdict.map(Label::verdict),
            note: if verdict.is_some() { "" } else { otherwise }.to_owned(),
        }
    }

    fn said(said: &TeamVerdict) -> Self {
        match said.outdated {
            Some(outcome) => Self {
                note: format!("outdated: {outcome}, said of another proposal"),
                ..Self::default()
            },
            None => Self::of(said.verdict, "open"),
        }
    }

    fn agreed(state: State, agreed: Option<Outcome>) -> Self {
        let note = match state {
            State::Agreed(_) => String::new(),
            State::Disagreed => "disagreed".to_owned(),
            State::WaitsFor(_) | State::Open => state.to_string(),
        };
        Self {
            note,
            ..Self::of(agreed, "")
        }
    }
}

/// A sentence for a case that does not apply, if nobody says otherwise or has a comment.
fn brief(row: &Row) -> Option<String> {
    let does_not_apply = Some(Outcome::NotApplicable);
    let is_silent = |said: &TeamVerdict| {
        let agrees = said.verdict.is_none() || said.verdict == does_not_apply;
        let texts = [&said.comment, &said.specification];
        agrees && said.outdated.is_none() && texts.iter().all(|text| lines(text).is_empty())
    };
    let is_plain = is_silent(&row.client) && is_silent(&row.server);
    if row.proposal != does_not_apply || !is_plain {
        return None;
    }
    let state = row.state();
    let by = match state {
        State::Agreed(_) => "the tool and both teams".to_owned(),
        State::WaitsFor(Role::Client) => format!("the tool and the server's team; {state}"),
        State::WaitsFor(Role::Server) => format!("the tool and the client's team; {state}"),
        State::Open | State::Disagreed => format!("the tool; {state}"),
    };
    Some(match row.reason.as_str() {
        "" => format!("by {by}"),
        reason => format!("by {by} ({reason})"),
    })
}

fn comments(row: &Row) -> Vec<Comment> {
    let mut comments = vec![Comment {
        who: "Tool".to_owned(),
        lines: lines(&row.reason),
    }];
    for role in [Role::Client, Role::Server] {
        let said = row.team(role);
        comments.push(Comment {
            who: team(role).to_owned(),
            lines: lines(&said.comment),
        });
        comments.push(Comment {
            who: format!("{} holds at fault", team(role)),
            lines: lines(&said.specification),
        });
    }
    comments.retain(|comment| !comment.lines.is_empty());
    comments
}

/// The lines of a text, without empty ones at its ends.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.trim().lines().map(str::to_owned).collect()
}
