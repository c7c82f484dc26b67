//! A process group: a program with everything that it started, signalled and killed as one.
//!
//! Whoever drops the group kills it, so that neither a panic nor Ctrl-C leaves a process behind. A child that leaves
//! the group (setsid) escapes.

use std::sync::{Mutex, PoisonError};

use nix::sys::signal::{self, killpg};
use nix::unistd::Pid;

use super::control::Signal;

/// The group led by a process of ours.
#[derive(Debug)]
pub(crate) struct Group {
    /// `None` once its leader is reaped: the system may give the number to others then.
    leader: Mutex<Option<Pid>>,
}

impl Group {
    /// The group that the child with this process identifier leads.
    pub(crate) fn of(process: u32) -> Self {
        let leader = i32::try_from(process).ok().map(Pid::from_raw);
        Self {
            leader: Mutex::new(leader),
        }
    }

    /// Signals every process of the group.
    pub(crate) fn signal(&self, signal: Signal) {
        let leader = self.leader.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(leader) = *leader {
            // It may be gone already; that is what is wanted.
            let _ = killpg(leader, number(signal));
        }
    }

    /// Kills what the leader left behind; to be called when the leader has just been reaped.
    pub(crate) fn bury(&self) {
        self.signal(Signal::Kill);
        self.release();
    }

    /// Gives the group up without killing it.
    pub(crate) fn release(&self) {
        *self.leader.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::Kill);
    }
}

const fn number(signal: Signal) -> signal::Signal {
    match signal {
        Signal::Term => signal::Signal::SIGTERM,
        Signal::Int => signal::Signal::SIGINT,
        Signal::Kill => signal::Signal::SIGKILL,
    }
}
