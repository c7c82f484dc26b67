//! How a step goes on: one phase after the other, as far as it can at this moment.

use std::time::Duration;

use coap::{Code, Time};
use testcase::{Role, Seat, Step, Word, WordKind};

use super::Play;
use super::active::{Active, BREATH, Failure, Phase, Progress, QUIET};
use crate::command::{Command, Outcome};
use crate::pattern::{Scope, plain};

impl Play {
    /// Goes on as far as possible.
    pub(super) fn advance(&mut self, now: Time) {
        if self.began.is_none() {
            self.began = Some(now);
        }
        while self.ended.is_none() {
            self.look_for_late_answers(now);
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
                Progress::Waits(_) if self.hindsight.is_over() => {
                    let failure = self.cut_off(&active);
                    self.conclude(&active, now, Some(failure));
                }
                Progress::Waits(until) => {
                    wake = [wake, until].into_iter().flatten().min();
                    self.active.insert(index, active);
                    index += 1;
                }
                Progress::Done => self.conclude(&active, now, None),
                Progress::Failed(failure) => self.conclude(&active, now, Some(failure)),
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
                Phase::Checking => self.checking(active, now),
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
        if let Some(failure) = self.unplayable(active) {
            return Progress::Failed(failure);
        }
        let after = active
            .step
            .after
            .as_ref()
            .map(|scalar| self.duration(active, scalar))
            .unwrap_or_else(|| self.breath(active));
        let until = self.last_message.max(active.began) + after;
        if after.is_zero() || now >= until {
            active.phase = Phase::Acting;
            active.cause = now;
            if let Err(failure) = self.act(active, now) {
                return Progress::Failed(failure);
            }
            return Progress::Waits(None);
        }
        let limit = active.began + after + QUIET;
        if now >= limit {
            let reason = "the seats never fell quiet".to_owned();
            return Progress::Failed(Failure::undecided(active.step.span, "quiet", reason));
        }
        Progress::Waits(Some(until.min(limit)))
    }

    /// The time that a client gets to take in that it is registered, before it is asked for anything.
    ///
    /// Until it knows, it ignores requests (Core TS, 6.3); a network would give it longer than loopback does.
    fn breath(&self, active: &Active) -> Duration {
        let asked = active
            .step
            .lines
            .first()
            .filter(|line| line.word_kind() == WordKind::Request);
        let by_server = asked.is_some_and(|line| line.seat.role != Role::Client);
        let registered = self.transfer.events().last().is_some_and(|event| {
            let created = event
                .message
                .as_ref()
                .is_some_and(|message| message.code == Code::CREATED);
            created && event.from.role == Role::Server && self.setting.tested(event.to)
        });
        if by_server && registered {
            BREATH
        } else {
            Duration::ZERO
        }
    }

    /// Why a step cannot be played at all: a native function that is not here, a duration that nobody told.
    fn unplayable(&self, active: &Active) -> Option<Box<Failure>> {
        if let Some(native) = &active.step.native {
            let reason = format!("this build has no function \"{}\"", native.value);
            return Some(Failure::undecided(native.span, "a native function", reason));
        }
        let step = &active.step;
        let lines = step.lines.iter().flat_map(|line| {
            let gap = line.gap.iter();
            let gaps = gap.flat_map(|gap| gap.at_least.iter().chain(&gap.at_most));
            line.within.iter().chain(gaps)
        });
        let mut all = step.after.iter().chain(&step.within).chain(lines);
        let open = all.find(|scalar| self.known_duration(active, scalar).is_none())?;
        let reason = format!("\"{open}\" is no duration that is known");
        Some(Failure::undecided(open.span, "a duration", reason))
    }

    /// Gives the commands of `network`, `control` and `trigger`, and prepares the emulators' answers.
    fn act(&mut self, active: &mut Active, now: Time) -> Result<(), Box<Failure>> {
        if rejects(&active.step) {
            active.window = active.window.max(self.transfer.events().len());
        }
        if let Some(network) = &active.step.network {
            self.impair(active, &network.clone(), now)?;
        }
        for (seat, verb) in active.step.control.clone() {
            let verb = verb.value;
            if verb.starts_anew() {
                // Message IDs count anew after a start
                self.referee.restarted(seat);
                self.transfer.restarted(seat);
                if seat.role == Role::Client && self.setting.tested(seat) {
                    // what it said until then belongs to the run before
                    self.ledger.window = self.transfer.events().len();
                    active.window = self.ledger.window;
                }
            }
            let id = self.command(now, |id| Command::Control { id, seat, verb });
            self.log_control(now, id, seat, verb.name().to_owned());
            self.hindsight.takes_as_given();
            active.pending.push(id);
        }
        for line in active.step.triggers.clone() {
            if !self.setting.tested(line.seat) {
                continue;
            }
            self.hindsight.takes_as_given();
            if !self.setting.hindsight {
                let id = self.trigger(active, &line, now)?;
                active.told.push(id);
            }
        }
        Ok(())
    }

    fn acting(&mut self, active: &mut Active, now: Time) -> Progress {
        let alone = request_line(&active.step).is_none();
        let failed = self.failed_outcome(&active.pending, active).or_else(|| {
            // a trigger of a message that is waited for is judged by the wire
            self.failed_outcome(&active.told, active).filter(|_| alone)
        });
        if let Some(failure) = failed {
            return Progress::Failed(failure);
        }
        if alone && self.is_acted_on(active) {
            return Progress::Waits(None);
        }
        if let Err(failure) = self.prepare(active, now) {
            return Progress::Failed(failure);
        }
        active.phase = Phase::Requesting;
        Progress::Waits(None)
    }

    /// Whether somebody still carries out what the step commands.
    pub(super) fn is_acted_on(&self, active: &Active) -> bool {
        let asked = active.asked.and_then(|asked| asked.command);
        let mut commands = active.pending.iter().chain(&active.told).chain(&asked);
        commands.any(|id| self.outcome(*id).is_none())
    }

    /// An outcome of these commands that says it could not be done.
    pub(super) fn failed_outcome(
        &self,
        commands: &[crate::command::CommandId],
        active: &Active,
    ) -> Option<Box<Failure>> {
        for id in commands {
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

    fn checking(&mut self, active: &mut Active, now: Time) -> Progress {
        if let Some(progress) = self.undone_deed(active, now) {
            return progress;
        }
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

    /// A duration that a scalar says; zero if it says none, which no step that is played has.
    pub(super) fn duration(
        &self,
        active: &Active,
        scalar: &testcase::Scalar,
    ) -> std::time::Duration {
        self.known_duration(active, scalar).unwrap_or_default()
    }

    fn known_duration(
        &self,
        active: &Active,
        scalar: &testcase::Scalar,
    ) -> Option<std::time::Duration> {
        let text = match &scalar.kind {
            testcase::ScalarKind::Text(text) => match self.view(&active.own, false).resolve(text) {
                Ok(crate::actual::Actual::Value(value)) => plain(&value),
                _ => return None,
            },
            testcase::ScalarKind::Integer(seconds) => format!("{seconds}s"),
            _ => return None,
        };
        testcase::duration::parse(&text)
            .or_else(|| text.parse().ok().map(std::time::Duration::from_secs))
    }
}

/// The line of a step that begins its exchange.
pub(super) fn request_line(step: &Step) -> Option<&testcase::Line> {
    step.lines
        .iter()
        .find(|line| line.word_kind() == WordKind::Request)
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
