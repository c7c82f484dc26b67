//! Events for the page (server-sent events): everything at first, then every change.
//!
//! A browser whose connection was lost connects again and begins with everything, so that nothing has to be counted.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};

use crate::desk::Push;
use crate::problem::Problem;
use crate::server::Shared;

/// One browser that listens.
struct Listener {
    first: Option<Push>,
    pushes: broadcast::Receiver<Push>,
    stopped: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

/// Tells what there is and what changes, until the browser goes.
pub(crate) async fn events(State(shared): State<Arc<Shared>>) -> Response {
    let Ok(permit) = Arc::clone(&shared.streams).try_acquire_owned() else {
        let message = "too many pages are open";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, message).into_response();
    };
    let (first, pushes) = shared.desk.subscribe();
    let listener = Listener {
        first: Some(first),
        pushes,
        stopped: shared.stopped.clone(),
        _permit: permit,
    };
    let events = stream::unfold(listener, |mut listener| async move {
        let push = listener.next().await?;
        let event = Event::default()
            .event(push.event)
            .retry(RETRY)
            .data(&*push.data);
        Some((Ok::<_, Infallible>(event), listener))
    });
    let alive = Event::default().event("alive").data("{}");
    let alive = KeepAlive::new().interval(ALIVE).event(alive);
    Sse::new(events).keep_alive(alive).into_response()
}

impl Listener {
    /// What comes next; `None` if the server ends, or if this browser lags too far behind.
    async fn next(&mut self) -> Option<Push> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        tokio::select! {
            push = self.pushes.recv() => push.ok(),
            _ = self.stopped.wait_for(|stopped| *stopped) => None,
        }
    }
}

/// How soon a browser connects again.
const RETRY: Duration = Duration::from_secs(1);
/// How often a word goes out where nothing happens, so that a connection that broke is known as such.
const ALIVE: Duration = Duration::from_secs(10);
