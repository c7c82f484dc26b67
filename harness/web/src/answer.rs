//! `POST /answer`: somebody answers what a run asks its operator.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use record::LiveReply;
use serde::Deserialize;

use crate::problem::{Problem, blocking};
use crate::server::Shared;

/// An answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answered {
    run: String,
    prompt: u32,
    reply: LiveReply,
}

/// Hands an answer to the run that asks.
pub(crate) async fn answer(
    State(shared): State<Arc<Shared>>,
    answered: Result<Json<Answered>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(answered) = answered?;
    if let LiveReply::No(reason) = &answered.reply
        && reason.chars().count() > LONGEST
    {
        let message = format!("a reason has at most {LONGEST} characters");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    let desk = Arc::clone(&shared.desk);
    blocking(move || {
        let Answered { run, prompt, reply } = answered;
        match desk.answer(&run, prompt, reply) {
            Ok(true) => Ok(StatusCode::NO_CONTENT),
            Ok(false) => {
                let message = "this does not wait for an answer any more";
                Err(Problem::new(StatusCode::CONFLICT, message))
            }
            Err(error) => {
                let message = format!("the answer cannot be written: {error}");
                Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, message))
            }
        }
    })
    .await
}

/// Characters of a reason.
const LONGEST: usize = 1_000;
