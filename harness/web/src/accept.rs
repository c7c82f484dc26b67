//! `POST /accept`: a team takes everything that is proposed and that it has not spoken of.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use event::consolidate::{Outcome, Role};
use event::session::{Entry, Say};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::problem::{Problem, blocking};
use crate::say::entry;
use crate::server::Shared;

/// What a team takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accepted {
    team: Role,
    /// What the page showed.
    cases: Vec<Proposed>,
}

/// A case with what was proposed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proposed {
    case: u32,
    proposed: Outcome,
}

/// Takes what is still proposed as the page showed it; says how many cases it took.
pub(crate) async fn accept(
    State(shared): State<Arc<Shared>>,
    accepted: Result<Json<Accepted>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(accepted) = accepted?;
    let desk = Arc::clone(&shared.desk);
    blocking(move || {
        let team = accepted.team;
        let mut entries: Vec<Entry> = Vec::new();
        for Proposed { case, proposed } in accepted.cases {
            let row = desk.row(case);
            let holds = row.is_some_and(|row| {
                row.proposal == Some(proposed) && row.team(team).verdict.is_none()
            });
            if holds && !entries.iter().any(|entry| entry.case == case) {
                let say = Say::Verdict {
                    verdict: proposed,
                    proposed: Some(proposed),
                };
                entries.push(entry(team, case, say));
            }
        }
        if !entries.is_empty() {
            desk.say(&entries)?;
        }
        Ok(Json(json!({"accepted": entries.len()})))
    })
    .await
}
