//! The run's clock: real time, moved forward where only the harness would have waited.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use coap::Time;

/// A clock that can jump ahead.
#[derive(Clone, Debug)]
pub struct RunClock {
    started: Instant,
    skipped: Arc<AtomicU64>,
}

impl RunClock {
    /// A clock that begins at zero now.
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            skipped: Arc::new(AtomicU64::new(0)),
        }
    }

    /// The time.
    pub fn now(&self) -> Time {
        let elapsed = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        Time::from_nanos(elapsed.saturating_add(self.skipped.load(Ordering::Relaxed)))
    }

    /// Moves the clock to `target`, if that lies ahead.
    pub fn jump_to(&self, target: Time) {
        let ahead = u64::try_from(target.since(self.now()).as_nanos()).unwrap_or(u64::MAX);
        self.skipped.fetch_add(ahead, Ordering::Relaxed);
    }

    /// Real time since the start.
    pub fn real(&self) -> Duration {
        self.started.elapsed()
    }

    /// The clock for sockets and implementations.
    pub fn reader(&self) -> transport::Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}
