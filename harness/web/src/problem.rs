//! What is wrong with a request, as the page gets it.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sessions::SessionError;

/// Why a request was not carried out.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    message: String,
}

impl Problem {
    /// Something that the sender can mend.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, message }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"error": self.message}))).into_response()
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, told(&error))
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

/// An error of a session's folder, with what to do about it.
pub(crate) fn told(error: &SessionError) -> String {
    match error {
        SessionError::Wrong { message, help } if !help.is_empty() => format!("{message} ({help})"),
        other => other.to_string(),
    }
}

/// Works on the disk in a thread where waiting for it holds nobody up.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|error| {
        let message = format!("the server has trouble: {error}");
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, message))
    })
}
