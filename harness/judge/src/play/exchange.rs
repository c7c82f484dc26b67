//! The exchange of a step: who is told to send, what is taken for the request, and what for the answer.

use std::time::Duration;

use coap::Time;
use testcase::{Line, Role, Seat, Word, WordKind};

use super::Play;
use super::active::{
    Active, Asked, EARLY, Failure, LATE_REQUEST, NOTIFY_MARGIN, OWN_ACCORD, Phase, Progress,
    REPEAT, UPLINK,
};
use super::advance::{addressee, answer_line, rejects, request_line};
use super::sequence::letters_of;
use crate::actual::Actual;
use crate::command::{Command, CommandId, Outcome, Stimulus, Upon};
use crate::event::{Sort, Stray};
use crate::pattern::plain;
use crate::template::{Unwritable, field, says_a_value};

impl Play {
    pub(super) fn requesting(&mut self, active: &mut Active, now: Time) -> Progress {
        let Some(line) = request_line(&active.step).cloned() else {
            return self.without_request(active, now);
        };
        if line.word.value == Word::Follow {
            return self.following(active, &line, now);
        }
        let line = self.chosen(active, line);
        if let Some(failure) = self.failed_outcome(&active.pending, active) {
            return Progress::Failed(failure);
        }
        while let Some(event) = self.take_request(active, &line) {
            let progress = self.took_request(active, &line, event);
            if active.count >= line.count || matches!(progress, Progress::Failed(_)) {
                return progress;
            }
        }
        if let Some(at) = self.done_at(active.told.iter().copied())
            && let Some(failure) = self.failed_outcome(&active.told, active)
        {
            let late = at + LATE_REQUEST;
            return match now < late {
                true => Progress::Waits(Some(late)),
                false => Progress::Failed(failure),
            };
        }
        if rejects(&active.step)
            && active.asked.is_some()
            && now >= self.request_deadline(active, &line)
            && let Some(event) = self.take_unrejected(active, &line)
        {
            return self.took_request(active, &line, event);
        }
        match self.ask(active, &line, now) {
            Err(failure) => Progress::Failed(failure),
            Ok(Some(wake)) => Progress::Waits(Some(wake)),
            Ok(None) => self.overdue(active, &line, now),
        }
    }

    /// The line that is meant: of `one-of` the first that fits a message, else the first of which one came, else the first.
    fn chosen(&mut self, active: &mut Active, line: Line) -> Line {
        let choices: Vec<Line> = line
            .alternatives
            .iter()
            .map(|one| alternative(&line, one))
            .collect();
        let came: Vec<(usize, &Line)> = choices
            .iter()
            .filter_map(|one| Some((self.find_request(active, one)?, one)))
            .collect();
        let fits = came
            .iter()
            .find(|(event, one)| self.judge_request(active, one, *event).is_ok());
        let found = fits.or(came.first()).map(|(_, one)| *one);
        found.or(choices.first()).cloned().unwrap_or(line)
    }

    fn without_request(&mut self, active: &mut Active, now: Time) -> Progress {
        let has_silence = active
            .step
            .lines
            .iter()
            .any(|line| line.word.value == Word::Silence);
        active.phase = if has_silence {
            Phase::Silent
        } else {
            Phase::Checking
        };
        active.cause = now;
        Progress::Waits(None)
    }

    /// Tells a seat to send, once; gives the time until which it may still do so by itself.
    fn ask(
        &mut self,
        active: &mut Active,
        line: &Line,
        now: Time,
    ) -> Result<Option<Time>, Box<Failure>> {
        if active.asked.is_some() {
            return Ok(None);
        }
        if self.setting.hindsight {
            if !self.setting.tested(line.seat) && !line.word.is_channel() {
                // blocks by hand are known by their tokens; what could not be sent is not in the capture
                let _ = self.perform(active, line);
            }
            active.asked = Some(Asked {
                at: now,
                command: None,
                done: None,
            });
            return Ok(None);
        }
        let uplink = line.seat.role == Role::Client;
        if self.setting.tested(line.seat) {
            if is_told(line) {
                active.cause = active.cause.max(now);
                let command = self.trigger(active, line, now)?;
                active.asked = Some(Asked {
                    at: now,
                    command: Some(command),
                    done: None,
                });
            } else {
                active.asked = Some(Asked {
                    at: now,
                    command: None,
                    done: None,
                });
            }
            return Ok(None);
        }
        let own_accord = active.began + OWN_ACCORD + self.setting.delay;
        if line.word.is_channel() {
            if now < own_accord && line.trigger != Some(true) {
                return Ok(Some(own_accord));
            }
            self.do_with_channel(active, line);
            active.asked = Some(Asked {
                at: now,
                command: None,
                done: None,
            });
            return Ok(None);
        }
        if uplink && line.trigger != Some(true) && !insists(line) {
            if now < own_accord {
                return Ok(Some(own_accord));
            }
            if matches!(
                line.word.value,
                Word::Notify | Word::Register | Word::Download
            ) {
                // its period or its start makes it due; an emulator keeps to that by itself
                active.asked = Some(Asked {
                    at: now,
                    command: None,
                    done: None,
                });
                return Ok(None);
            }
        }
        self.perform(active, line)?;
        active.asked = Some(Asked {
            at: now,
            command: None,
            done: None,
        });
        active.cause = active.cause.max(now);
        Ok(None)
    }

    pub(super) fn trigger(
        &mut self,
        active: &Active,
        line: &Line,
        now: Time,
    ) -> Result<CommandId, Box<Failure>> {
        let to = addressee(line, &active.step);
        let stimulus = if line.word.is_channel() {
            Stimulus {
                word: line.word.name(),
                placeholders: self.told_fillings(),
                sentence: format!("Make the {} do: {}", line.seat, line.word.meaning()),
                to,
                request: None,
            }
        } else {
            let view = self.view(&active.own, false);
            let request = self
                .surroundings(&view, line)
                .request(line)
                .map_err(|unwritable| mistake(line, &unwritable))?;
            Stimulus {
                word: line.word.name(),
                placeholders: self.placeholders(active, line, &request),
                sentence: format!("Make the {} send: {}", line.seat, request.operation.label()),
                to,
                request: Some(request),
            }
        };
        let operation = stimulus.request.as_ref();
        let label = operation.map_or_else(
            || line.word.name().to_owned(),
            |request| request.operation.label(),
        );
        let stimulus = Box::new(stimulus);
        let seat = line.seat;
        let id = self.command(now, |id| Command::Trigger { id, seat, stimulus });
        self.log_control(now, id, seat, format!("trigger {label}"));
        Ok(id)
    }

    /// Tells the emulators how to answer what is about to come.
    pub(super) fn prepare(&mut self, active: &Active, _now: Time) -> Result<(), Box<Failure>> {
        let (Some(request), Some(answer)) = (request_line(&active.step), answer_line(&active.step))
        else {
            return Ok(());
        };
        let acts = !self.setting.tested(answer.seat) && !self.setting.hindsight;
        if !acts || request.word.value == Word::Follow {
            return Ok(());
        }
        if request.word.is_channel() {
            // a handshake goes its way by itself, unless it is to be refused
            let first = answer.alternatives.first().unwrap_or(answer);
            if first.word.value == Word::Alert && request.word.value == Word::ClientHello {
                self.do_with_channel(active, first);
            }
            return Ok(());
        }
        let answer = answer.alternatives.first().unwrap_or(answer);
        let request = request.alternatives.first().unwrap_or(request);
        let view = self.view(&active.own, false);
        let surroundings = self.surroundings(&view, request);
        // a target that only the message itself tells is left open
        let operation = surroundings
            .request(request)
            .ok()
            .map(|request| request.operation);
        let path = operation.as_ref().and_then(lwm2m::Operation::path);
        let reply = self
            .surroundings(&view, answer)
            .reply(answer, path)
            .map_err(|unwritable| mistake(answer, &unwritable))?;
        let Some(reply) = reply else { return Ok(()) };
        let observed = surroundings
            .observation
            .filter(|_| request.word.value == Word::Notify);
        let upon = Upon {
            word: operation
                .as_ref()
                .map_or(request.word.value.name(), lwm2m::Operation::word),
            path: field(request, "path")
                .and(path)
                .or(observed.as_ref().map(|observed| observed.path)),
            token: observed.map(|observed| observed.token),
        };
        let (seat, reply) = (answer.seat, Box::new(reply));
        self.tell(Command::Prepare { seat, upon, reply });
        Ok(())
    }

    pub(super) fn took_request(
        &mut self,
        active: &mut Active,
        line: &Line,
        event: usize,
    ) -> Progress {
        let time = self
            .transfer
            .event(event)
            .map_or(active.began, |found| found.time);
        if let Err(failure) = self.judge_request(active, line, event) {
            return Progress::Failed(failure);
        }
        active.count += 1;
        active.last = Some(time);
        self.settle();
        active.request = Some(event);
        active.cause = time;
        if let Some(name) = &line.as_name {
            let name = self.name(active, name);
            self.variables.capture(&name, event);
        }
        if active.count >= line.count {
            active.phase = match answer_line(&active.step) {
                Some(_) => Phase::Answering,
                None => Phase::Silent,
            };
        }
        Progress::Waits(None)
    }

    /// What to say when the request has not come: wait on, look back, or fail.
    fn overdue(&mut self, active: &mut Active, line: &Line, now: Time) -> Progress {
        if let Some(asked) = active.asked
            && let Some(command) = asked.command
            && let Some(outcome) = self.outcome(command).cloned()
        {
            let done = asked.done.unwrap_or(now);
            active.asked = Some(Asked {
                done: Some(done),
                ..asked
            });
            if !matches!(outcome, Outcome::Done(_)) {
                let late = done + LATE_REQUEST;
                if now < late {
                    return Progress::Waits(Some(late));
                }
                let wanted = format!("the {} sends {}", line.seat, line.word.value.name());
                return Progress::Failed(Failure::undecided(line.span, &wanted, outcome.reason()));
            }
            if now >= done + LATE_REQUEST
                && let Some(event) = self.look_back(active, line)
            {
                self.remark(
                    active.record,
                    "observed before it was asked".to_owned(),
                    Some(line.seat),
                    None,
                );
                return self.took_request(active, line, event);
            }
        }
        if let Some(progress) = self.looked_for(active, line) {
            return progress;
        }
        if self.is_acted_on(active) {
            // a person may take longer than any limit
            return Progress::Waits(None);
        }
        let deadline = self.request_deadline(active, line);
        if now < deadline {
            let look_back = active
                .asked
                .and_then(|asked| asked.done)
                .map(|done| done + LATE_REQUEST);
            let wake = look_back
                .filter(|time| *time > now)
                .map_or(deadline, |time| time.min(deadline));
            return Progress::Waits(Some(wake));
        }
        if let Some(name) = self.unknown_target(active, line) {
            let reason = format!("\"{name}\" has no value");
            let failure = Failure::undecided(line.span, "a target that is known", reason);
            return Progress::Failed(failure);
        }
        match may_stay_away(active) {
            Some(silence) => self.stayed_away(active, &silence),
            None => Progress::Failed(self.missing(active, line, now)),
        }
    }

    /// No request came, and the step is content with that, unless it came to what the silence forbids.
    ///
    /// A step without a letter leaves that to those that follow.
    fn stayed_away(&mut self, active: &mut Active, silence: &Line) -> Progress {
        match self.noise(silence) {
            Some(index) => {
                if !letters_of(&active.step, self.setting.judged).is_empty() {
                    return Progress::Failed(self.broken(silence, index));
                }
            }
            None => {
                if let Some(remark) = silence.remark.clone() {
                    self.remark(active.record, remark, Some(silence.seat), None);
                }
            }
        }
        active.phase = Phase::Silent;
        Progress::Waits(None)
    }

    /// When a body that is under way between two seats may still go on.
    fn goes_on(&self, one: Seat, other: Seat) -> Time {
        let moved = self.transfer.under_way(one, other);
        moved.map_or(Time::ZERO, |time| {
            time + self.setting.answer_time + self.setting.latency
        })
    }

    /// How much later than its limit a message of `seat` may come; our own timers need a little too.
    pub(super) fn lateness(&self, seat: Seat) -> Duration {
        if self.setting.tested(seat) {
            self.setting.latency
        } else {
            EARLY
        }
    }

    fn request_deadline(&self, active: &Active, line: &Line) -> Time {
        let latency = self.lateness(line.seat);
        if let Some(gap) = &line.gap
            && let Some(at_most) = &gap.at_most
        {
            let since = self.stream_before(active, line, None);
            // our own emulators send at the last moment
            return since + self.duration(active, at_most) + latency;
        }
        let limit = match &line.within {
            Some(within) => self.duration(active, within),
            None if line.word.value == Word::Notify => self.pmax(active, line) + NOTIFY_MARGIN,
            None if line.seat.role == Role::Client => UPLINK,
            None => UPLINK + self.setting.answer_time,
        };
        let asked = active.asked.and_then(|asked| asked.command);
        let commands = active.pending.iter().chain(&active.told).chain(&asked);
        let done = self.done_at(commands.copied()).unwrap_or(active.cause);
        let cause = active.last.unwrap_or_else(|| active.cause.max(done));
        let to = addressee(line, &active.step);
        (cause + limit + latency).max(self.goes_on(line.seat, to))
    }

    /// pmax in force for the observation that a line names, else a minute.
    fn pmax(&self, active: &Active, line: &Line) -> Duration {
        let view = self.view(&active.own, false);
        let Some(observed) = self.observation(&view, line) else {
            return PMAX_UNKNOWN;
        };
        let path = observed.path;
        let written =
            self.transfer
                .attributes_written()
                .rev()
                .find_map(|event| match event.operation() {
                    Some(lwm2m::Operation::WriteAttributes(attributes))
                        if attributes.path.contains(&path) =>
                    {
                        attributes
                            .query
                            .iter()
                            .find_map(|query| query.strip_prefix("pmax=")?.parse().ok())
                    }
                    _ => None,
                });
        written.map_or(PMAX_UNKNOWN, Duration::from_secs)
    }

    pub(super) fn answering(&mut self, active: &mut Active, now: Time) -> Progress {
        let (Some(line), Some(request)) = (answer_line(&active.step).cloned(), active.request)
        else {
            active.phase = Phase::Silent;
            return Progress::Waits(None);
        };
        let limit = match &line.within {
            Some(within) => self.duration(active, within),
            None => self.setting.answer_time,
        };
        let latency = self.lateness(line.seat);
        let completed = self
            .transfer
            .event(request)
            .map_or(active.cause, |event| event.completed);
        let deadline = completed.max(active.cause) + limit + latency;
        let to = addressee(&line, &active.step);
        let deadline = deadline.max(self.goes_on(line.seat, to));
        let wants_none = line
            .alternatives
            .iter()
            .chain([&line])
            .any(|one| one.word.value == Word::NoAnswer);
        let answer = self.transfer.answer_to(request);
        match answer.or_else(|| self.wrong_on_purpose(&line, request)) {
            Some(answer) => self.took_answer(active, &line, answer),
            None if now < deadline => match self.forbidden_reaction(&line, request) {
                Some(failure) => Progress::Failed(failure),
                None => Progress::Waits(Some(deadline)),
            },
            None if wants_none => self.no_answer_came(active, &line),
            None => Progress::Failed(self.unanswered(active, &line, request, limit)),
        }
    }

    /// The answer of a seat of the harness that the case gives another token, so that it answers nothing.
    fn wrong_on_purpose(&self, line: &Line, request: usize) -> Option<usize> {
        let own_token = |one: &testcase::CoapField| one.name.value == testcase::CoapName::Token;
        if self.setting.tested(line.seat) || !line.coap.iter().any(own_token) {
            return None;
        }
        self.transfer.events().iter().position(
            |event| matches!(event.sort, Sort::Stray(Stray::WrongToken(of)) if of == request),
        )
    }

    fn took_answer(&mut self, active: &mut Active, line: &Line, answer: usize) -> Progress {
        let line = match self.judge_answer(active, line, answer) {
            Ok(line) => line,
            Err(failure) => return Progress::Failed(failure),
        };
        self.transfer.claim(answer);
        let frames = self
            .transfer
            .event(answer)
            .map(|event| event.frames.clone())
            .unwrap_or_default();
        let record = active.record;
        if let Some(step) = self.step_record(record) {
            step.frames.extend(frames);
        }
        if let Some(name) = &line.as_name {
            let name = self.name(active, name);
            self.variables.capture(&name, answer);
        }
        active.phase = Phase::Silent;
        Progress::Waits(None)
    }

    fn no_answer_came(&mut self, active: &mut Active, line: &Line) -> Progress {
        let fitting = line
            .alternatives
            .iter()
            .find(|one| one.word.value == Word::NoAnswer);
        if let Some(remark) = fitting.unwrap_or(line).remark.clone() {
            self.remark(active.record, remark, Some(line.seat), None);
        }
        if line.word.value == Word::NoAnswer {
            self.unanswered.push(active.clone());
        }
        active.phase = Phase::Silent;
        Progress::Waits(None)
    }

    /// An answer that came after all, where the case wants none.
    pub(super) fn look_for_late_answers(&mut self, now: Time) {
        let found = self.unanswered.iter().position(|active| {
            let request = active.request.unwrap_or(usize::MAX);
            self.transfer.answer_to(request).is_some()
                || answer_line(&active.step)
                    .is_some_and(|line| self.forbidden_reaction(line, request).is_some())
        });
        let Some(index) = found else { return };
        let mut active = self.unanswered.remove(index);
        let (Some(line), Some(request)) = (answer_line(&active.step).cloned(), active.request)
        else {
            return;
        };
        let answered = self.transfer.answer_to(request);
        let failure = match answered {
            Some(answer) => self.judge_answer(&mut active, &line, answer).err(),
            None => self.forbidden_reaction(&line, request),
        };
        if failure.is_some() {
            self.conclude(&active, now, failure);
        }
    }

    /// Whether the conditions of `until` hold; if not, when to repeat.
    pub(super) fn unmet_until(&mut self, active: &mut Active) -> Option<Progress> {
        let follows =
            request_line(&active.step).is_some_and(|line| line.word.value == Word::Follow);
        if active.step.until.is_empty() || follows {
            return None;
        }
        let holds = active
            .step
            .until
            .clone()
            .iter()
            .all(|condition| self.holds_until(active, condition));
        if holds {
            return None;
        }
        let cause = active.cause;
        let began = *active.repeating.get_or_insert(cause);
        let limit = active
            .step
            .within
            .clone()
            .map_or(UNTIL, |scalar| self.duration(active, &scalar));
        if cause.since(began) > limit + self.setting.latency {
            return Some(Progress::Failed(self.never_so(active)));
        }
        active.count = 0;
        active.phase = Phase::Repeating(cause + REPEAT);
        Some(Progress::Waits(Some(cause + REPEAT)))
    }

    /// The name that `as` gives, its variables filled in.
    fn name(&self, active: &Active, text: &testcase::Text) -> String {
        match crate::pattern::Scope::resolve(&self.view(&active.own, false), text) {
            Ok(Actual::Value(value)) => plain(&value),
            _ => text.to_string(),
        }
    }

    pub(super) fn seat_of_request(&self, active: &Active) -> Option<Seat> {
        request_line(&active.step).map(|line| line.seat)
    }
}

/// A line of `one-of`, with what the whole says for it.
fn alternative(whole: &Line, one: &Line) -> Line {
    let mut line = one.clone();
    line.to = line.to.or(whole.to);
    line.as_name = line.as_name.or_else(|| whole.as_name.clone());
    line.within = line.within.or_else(|| whole.within.clone());
    line.gap = line.gap.or_else(|| whole.gap.clone());
    line.trigger = line.trigger.or(whole.trigger);
    line.count = line.count.max(whole.count);
    if line.criteria.is_empty() {
        line.criteria.clone_from(&whole.criteria);
    }
    line
}

/// The alternative that says that no request need come.
fn may_stay_away(active: &Active) -> Option<Line> {
    let line = request_line(&active.step).filter(|_| active.count == 0)?;
    let mut alternatives = line.alternatives.iter();
    alternatives
        .find(|one| one.word.value == Word::Silence)
        .cloned()
}

/// Whether an implementation is told to send what a line says, or it is waited for (notation, 7).
pub(super) fn is_told(line: &Line) -> bool {
    let waited_for = line.seat.role == Role::Client
        || line.seat.role == Role::BootstrapServer
        || line.word.is_channel();
    line.trigger.unwrap_or(!waited_for)
}

/// Whether a line of a client says something that the emulator would not do by itself.
fn insists(line: &Line) -> bool {
    let forced = line.kind.is_some() || line.datagram.is_some() || !line.coap.is_empty();
    let own_values = line.fields.iter().any(|one| {
        matches!(
            one.name.value.name(),
            "location" | "value" | "node" | "payload" | "content-format"
        ) && says_a_value(&one.matcher)
            || one.matcher.form == testcase::Form::Absent && line.word.value == Word::Register
    });
    forced
        || own_values
            && line.word.value.kind() == WordKind::Request
            && line.word.value != Word::Send
}

/// An author's mistake that only playing shows: the step cannot be sent.
pub(super) fn mistake(line: &Line, unwritable: &Unwritable) -> Box<Failure> {
    Failure::undecided(line.span, "a line that can be sent", unwritable.0.clone())
}

/// Limit of a repetition (notation, 1).
pub(super) const UNTIL: Duration = Duration::from_secs(60);
/// What is waited for a notification when no message of the case set a pmax.
const PMAX_UNKNOWN: Duration = Duration::from_secs(60);
