//! How a step goes on: one phase after the other, as far as it can at this moment.

use coap::Time;
use testcase::{ControlVerb, Seat, Step, Word, WordKind};

use super::Play;
use super::active::{Active, Failure, Phase, Progress};
use crate::command::{Command, Outcome};
use crate::pattern::{Scope, plain};

impl Play {
    /// Goes on as far as possible.
    pub(super) fn advance(&mut self, now: Time) {
        if self.began.is_none() {
            self.began = Some(now);
        }
        while self.ended.is_none() {
            self.take_meanwhile();
            let Some(wake) = self.advance_active(now) else {
                if !self.next_stage(now) {
                    break;
                }
                continue;
            };
            self.wake = wake;
            break;
        }
    }

    /// Advances every active step; `None` if none is left, else when to come back.
    fn advance_active(&mut self, now: Time) -> Option<Option<Time>> {
        let mut wake: Option<Time> = None;
        let mut index = 0;
        while index < self.active.len() {
            let mut active = self.active.remove(index);
            match self.advance_step(&mut active, now) {
                Progress::Waits(until) => {
                    wake = [wake, until].into_iter().flatten().min();
                    self.active.insert(index, active);
                    index += 1;
                }
                Progress::Done => self.conclude(&active, now, None),
                Progress::Failed(failure) => {
                    self.conclude(&active, now, Some(failure));
                    return None;
                }
            }
        }
        (!self.active.is_empty()).then_some(wake)
    }

    fn advance_step(&mut self, active: &mut Active, now: Time) -> Progress {
        loop {
            let before = active.phase;
            let progress = match before {
                Phase::Quiet => self.quiet(active, now),
                Phase::Acting => self.acting(active, now),
                Phase::Requesting => self.requesting(active, now),
                Phase::Answering => self.answering(active, now),
                Phase::Silent => self.silent(active, now),
                Phase::Checking => self.checking(active),
                Phase::Showing => self.showing(active, now),
                Phase::Repeating(at) if now >= at => {
                    active.phase = Phase::Requesting;
                    active.window = self.transfer.events().len();
                    active.asked = None;
                    Progress::Waits(None)
                }
                Phase::Repeating(at) => Progress::Waits(Some(at)),
                Phase::Ended => Progress::Done,
            };
            if matches!(progress, Progress::Waits(_)) && active.phase != before {
                continue;
            }
            return progress;
        }
    }

    fn quiet(&mut self, active: &mut Active, now: Time) -> Progress {
        let after = active
            .step
            .after
            .as_ref()
            .map(|scalar| self.duration(active, scalar))
            .unwrap_or_default();
        let until = self.last_message.max(active.began) + after;
        if after.is_zero() || now >= until {
            active.phase = Phase::Acting;
            active.cause = now;
            if let Err(failure) = self.act(active, now) {
                return Progress::Failed(failure);
            }
            return Progress::Waits(None);
        }
        Progress::Waits(Some(until))
    }

    /// Gives the commands of `network`, `control` and `trigger`, and prepares the emulators' answers.
    fn act(&mut self, active: &mut Active, now: Time) -> Result<(), Box<Failure>> {
        if rejects(&active.step) {
            active.window = active.window.max(self.transfer.events().len());
        }
        if let Some(network) = &active.step.network {
            self.impair(active, &network.clone())?;
        }
        for (seat, verb) in active.step.control.clone() {
            let verb = verb.value;
            if verb != ControlVerb::Stop {
                // Message IDs count anew after a start
                self.referee.restarted(seat);
            }
            let id = self.command(|id| Command::Control { id, seat, verb });
            self.log_control(now, id, seat, verb.name().to_owned());
            active.pending.push(id);
        }
        for line in active.step.triggers.clone() {
            if self.setting.tested(line.seat) {
                let id = self.trigger(active, &line, now)?;
                active.pending.push(id);
            }
        }
        Ok(())
    }

    fn acting(&mut self, active: &mut Active, now: Time) -> Progress {
        if let Some(failure) = self.failed_outcome(active) {
            return Progress::Failed(failure);
        }
        let open = active.pending.iter().any(|id| self.outcome(*id).is_none());
        if open && request_line(&active.step).is_none() {
            return Progress::Waits(None);
        }
        if let Err(failure) = self.prepare(active, now) {
            return Progress::Failed(failure);
        }
        active.phase = Phase::Requesting;
        Progress::Waits(None)
    }

    /// An outcome of `control` or `trigger` that says it could not be done.
    pub(super) fn failed_outcome(&mut self, active: &mut Active) -> Option<Box<Failure>> {
        for id in &active.pending {
            let Some(outcome) = self.outcome(*id) else {
                continue;
            };
            if !matches!(outcome, Outcome::Done(_)) {
                let reason = outcome.reason();
                return Some(Failure::undecided(
                    active.step.span,
                    "the action is done",
                    reason,
                ));
            }
        }
        None
    }

    fn checking(&mut self, active: &mut Active) -> Progress {
        let checks = active.step.checks.clone();
        for check in &checks {
            if let Err(failure) = self.check(active, check) {
                return Progress::Failed(failure);
            }
        }
        if let Some(failure) = self.unmet_until(active) {
            return failure;
        }
        active.phase = Phase::Showing;
        active.shows = 0;
        Progress::Waits(None)
    }

    /// A duration that a scalar says; zero if it says none.
    pub(super) fn duration(
        &self,
        active: &Active,
        scalar: &testcase::Scalar,
    ) -> std::time::Duration {
        let text = match &scalar.kind {
            testcase::ScalarKind::Text(text) => match self.view(&active.own, false).resolve(text) {
                Ok(crate::actual::Actual::Value(value)) => plain(&value),
                _ => return std::time::Duration::ZERO,
            },
            testcase::ScalarKind::Integer(seconds) => format!("{seconds}s"),
            _ => return std::time::Duration::ZERO,
        };
        testcase::duration::parse(&text)
            .or_else(|| text.parse().ok().map(std::time::Duration::from_secs))
            .unwrap_or_default()
    }
}

/// The line of a step that begins its exchange.
pub(super) fn request_line(step: &Step) -> Option<&testcase::Line> {
    step.lines
        .iter()
        .find(|line| line.word.value.kind() == WordKind::Request)
}

/// The line of a step that answers.
pub(super) fn answer_line(step: &Step) -> Option<&testcase::Line> {
    step.lines.iter().find(|line| {
        let first = line.alternatives.first().unwrap_or(line);
        first.word.value.kind() == WordKind::Answer
    })
}

/// Whether a step is about a notification that is answered with a Reset.
pub(super) fn rejects(step: &Step) -> bool {
    let notified = request_line(step).is_some_and(|line| line.word.value == Word::Notify);
    notified && answer_line(step).is_some_and(|line| line.word.value == Word::Reset)
}

/// Whom a line addresses.
pub(super) fn addressee(line: &testcase::Line, step: &Step) -> Seat {
    if let Some(to) = line.to {
        return to;
    }
    let other = step
        .lines
        .iter()
        .map(|other| other.seat)
        .find(|seat| *seat != line.seat);
    other.unwrap_or(match line.seat.role {
        testcase::Role::Client => Seat::SERVER,
        _ => Seat::CLIENT,
    })
}
