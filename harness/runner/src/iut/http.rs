//! A request to an implementation's interface: 2xx done, 501 unsupported, anything else failed.
//!
//! Goes straight to the address, past any proxy of the environment, and follows no redirect.

use std::io;
use std::time::Duration;

use tokio::sync::oneshot;
use ureq::http::Request;
use ureq::{Agent, Error};

use super::control::HttpRequest;

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// A status of 200 to 299, with the body.
    Done(String),
    /// 501 Not Implemented (RFC 9110, 15.6.2).
    Unsupported,
    /// Nobody listens there.
    Refused(String),
    /// Why not.
    Failed(String),
}

/// Sends a request whose placeholders are filled.
///
/// A thread of its own does it: one of the runtime's would hold up the end of the program for its whole time limit.
pub(crate) async fn send(request: HttpRequest, within: Duration) -> Answered {
    let (sender, receiver) = oneshot::channel();
    let what = format!("{} {}", request.method, request.url);
    let spawned = std::thread::Builder::new()
        .name("http".to_owned())
        .spawn(move || {
            // Nobody waits any more if the run was interrupted.
            let _ = sender.send(exchange(&request, within));
        });
    match spawned {
        Ok(_) => receiver
            .await
            .unwrap_or_else(|_| Answered::Failed(format!("{what}: gave no answer"))),
        Err(error) => Answered::Failed(format!("{what}: {}", super::error::cause(&error))),
    }
}

fn exchange(request: &HttpRequest, within: Duration) -> Answered {
    let what = format!("{} {}", request.method, request.url);
    let mut builder = Request::builder()
        .method(request.method.as_str())
        .uri(request.url.as_str());
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let sent = match request.body.clone() {
        Some(body) => builder.body(body).map(|request| agent(within).run(request)),
        None => builder.body(()).map(|request| agent(within).run(request)),
    };
    match sent {
        Ok(Ok(mut response)) => {
            let status = response.status();
            let body = response
                .body_mut()
                .with_config()
                .limit(MAX_BODY)
                .lossy_utf8(true)
                .read_to_string();
            match body {
                Ok(body) if status.is_success() => Answered::Done(body),
                Ok(_) if status.as_u16() == NOT_IMPLEMENTED => Answered::Unsupported,
                Ok(body) => Answered::Failed(format!("{what}: {status}{}", quoted(&body))),
                Err(error) => {
                    Answered::Failed(format!("{what}: {status}, but {}", fragment(&error)))
                }
            }
        }
        Ok(Err(Error::Io(error))) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Answered::Refused(format!("{what}: connection refused"))
        }
        Ok(Err(Error::Timeout(_))) => {
            Answered::Failed(format!("{what}: no answer within {within:?}"))
        }
        Ok(Err(error)) => Answered::Failed(format!("{what}: {}", fragment(&error))),
        Err(error) => Answered::Failed(format!("{what}: {error}")),
    }
}

fn agent(within: Duration) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_global(Some(within))
        .build()
        .new_agent()
}

fn fragment(error: &Error) -> String {
    match error {
        Error::Io(error) => super::error::cause(error),
        other => other.to_string(),
    }
}

/// The beginning of a body, in quotes behind a colon.
fn quoted(body: &str) -> String {
    let body = body.trim();
    if body.is_empty() {
        return String::new();
    }
    let start: String = body.chars().take(QUOTED).collect();
    let more = if start.len() < body.len() { " ..." } else { "" };
    format!(": \"{start}\"{more}")
}

/// 501 Not Implemented (RFC 9110, 15.6.2).
const NOT_IMPLEMENTED: u16 = 501;

/// Longest body that is read, 4 MiB.
const MAX_BODY: u64 = 4 << 20;

/// How many characters of a refused request's body a reason quotes.
const QUOTED: usize = 200;
