//! Interruption: Ctrl-C and SIGTERM end a run with a valid record.

use std::sync::Arc;

use tokio::sync::watch;

/// Tells everybody that the run is to stop.
#[derive(Clone, Debug)]
pub struct Stop {
    stopped: watch::Receiver<bool>,
    /// Keeps the channel open where nobody ever sends.
    _sender: Option<Arc<watch::Sender<bool>>>,
}

impl Stop {
    /// Stops on Ctrl-C or SIGTERM. Has to be called within a Tokio runtime.
    pub fn on_signals() -> Self {
        let (sender, stopped) = watch::channel(false);
        tokio::spawn(async move {
            let terminated = async {
                match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                    Ok(mut signal) => {
                        signal.recv().await;
                    }
                    Err(_) => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                () = terminated => {}
            }
            sender.send_replace(true);
            // keeps the channel open, so that nobody mistakes its end for a signal
            std::future::pending::<()>().await;
        });
        Self {
            stopped,
            _sender: None,
        }
    }

    /// Never stops.
    pub fn never() -> Self {
        let (sender, stopped) = watch::channel(false);
        Self {
            stopped,
            _sender: Some(Arc::new(sender)),
        }
    }

    /// Waits for the request to stop.
    pub async fn requested(&self) {
        let mut stopped = self.stopped.clone();
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the run is to stop.
    pub fn is_requested(&self) -> bool {
        *self.stopped.borrow()
    }
}
