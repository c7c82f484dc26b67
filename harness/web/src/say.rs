//! `POST /say`: a team says something of one case.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use event::consolidate::{Outcome, Role};
use event::session::{Entry, Say};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::problem::{Problem, blocking};
use crate::server::Shared;

/// What a team says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    team: Role,
    case: u32,
    say: Say,
}

/// Takes what a team says; it is on the disk when this answers. Says which revision of the table holds it.
pub(crate) async fn say(
    State(shared): State<Arc<Shared>>,
    said: Result<Json<Said>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(said) = said?;
    let desk = Arc::clone(&shared.desk);
    blocking(move || {
        let Some(row) = desk.row(said.case) else {
            let message = format!("{} is no case of this session's ETS", said.case);
            return Err(Problem::new(StatusCode::NOT_FOUND, message));
        };
        check(&said.say, row.proposal)?;
        let revision = desk.say(&[entry(said.team, said.case, said.say)])?;
        Ok(Json(json!({"revision": revision})))
    })
    .await
}

/// A verdict is about what its team has seen; a text is one that people read.
fn check(say: &Say, now: Option<Outcome>) -> Result<(), Problem> {
    match say {
        Say::Verdict { proposed, .. } if *proposed != now => {
            let now = now.map_or("nothing", Outcome::name);
            let message = format!("something else is proposed by now: {now}; say it once more");
            Err(Problem::new(StatusCode::CONFLICT, message))
        }
        Say::Comment(text) | Say::Specification(text) if text.chars().count() > LONGEST => {
            let message = format!("a text has at most {LONGEST} characters");
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, message))
        }
        _ => Ok(()),
    }
}

/// An entry of now.
pub(crate) fn entry(team: Role, case: u32, say: Say) -> Entry {
    Entry {
        at: sessions::now(),
        team,
        case,
        say,
    }
}

/// Characters of a comment.
const LONGEST: usize = 4_000;
