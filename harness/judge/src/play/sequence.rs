//! The order of a case: its states, the set-up of a client under test, its dialogue, and what remains after a failure.

use std::sync::Arc;

use coap::Time;
use record::{Location, StepRecord, Verdict};
use testcase::{Check, Each, EachList, Scalar, ScalarKind, Seat, Span, Step, WordKind};

use super::Play;
use super::active::{Active, Failure};
use super::hindsight;
use super::setting::Standing;
use super::setup::Setup;
use crate::actual::Actual;
use crate::command::CommandId;
use crate::event::Sort;
use crate::pattern::{Scope, plain};

/// Where a case stands.
pub(super) enum Stage {
    /// Nothing has begun.
    Beginning,
    /// A Bootstrap-Server under test is given its sequence.
    Provisioning(CommandId),
    /// Step of the dialogue of the state with this index.
    State(usize, usize),
    /// The client under test is read and set.
    Setup(Box<Setup>),
    /// Step of the case's own dialogue.
    Dialogue(usize),
    /// After a failure, only `check` steps from here on.
    Remainder,
}

/// Where a step's text stands.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) file: String,
    pub(super) text: Arc<str>,
    pub(super) state: Option<String>,
}

impl Play {
    /// Begins what comes next; `false` if nothing does at this moment.
    pub(super) fn next_stage(&mut self, now: Time) -> bool {
        if self.open.is_some() {
            return false;
        }
        match std::mem::replace(&mut self.stage, Stage::Beginning) {
            Stage::Beginning => {
                if let Some(reason) = self.told_otherwise() {
                    self.give_up(&reason, now);
                    return true;
                }
                match self.provision(now) {
                    Some(id) => self.stage = Stage::Provisioning(id),
                    None => self.begin_states(),
                }
                true
            }
            Stage::Provisioning(id) => self.provisioned(id, now),
            Stage::State(state, step) => self.next_of_state(state, step, now),
            Stage::Setup(setup) => self.advance_setup(setup, now),
            Stage::Dialogue(step) => {
                self.stage = Stage::Dialogue(step + 1);
                match self.dialogue_step(step) {
                    Some(next) => self.begin(&next, now, None),
                    None => self.finish(now),
                }
                true
            }
            Stage::Remainder => {
                self.stage = Stage::Remainder;
                self.finish(now);
                true
            }
        }
    }

    /// Begins with the states, or with the registration that already stands.
    pub(super) fn begin_states(&mut self) {
        self.stage = if self.setting.standing.is_some() {
            self.setup_stage()
        } else {
            Stage::State(0, 0)
        };
    }

    fn next_of_state(&mut self, state: usize, step: usize, now: Time) -> bool {
        let Some(dialogue) = self.setting.states.get(state).cloned() else {
            self.stage = self.setup_stage();
            return true;
        };
        match dialogue.dialogue.get(step) {
            Some(next) => {
                self.stage = Stage::State(state, step + 1);
                self.begin(next, now, Some(dialogue.state.clone()));
            }
            None => self.stage = Stage::State(state + 1, 0),
        }
        true
    }

    fn setup_stage(&mut self) -> Stage {
        self.bind_instances();
        match Setup::of(self) {
            Some(setup) => Stage::Setup(Box::new(setup)),
            None => Stage::Dialogue(0),
        }
    }

    pub(super) fn dialogue_step(&self, index: usize) -> Option<Step> {
        let step = self.setting.case.dialogue.get(index)?;
        match &step.printed {
            Some(printed) if self.setting.as_printed => Some((**printed).clone()),
            _ => Some(step.clone()),
        }
    }

    /// Begins every instance of a step: once, or once per entry of `each`, in this order; a group at once.
    fn begin(&mut self, step: &Step, now: Time, state: Option<String>) {
        // what asks for a name of `each` is asked for each
        let once = matches!(step.each, Each::Once);
        let holds = |when| self.view(&[], false).holds(when);
        if once && !step.when.as_ref().is_none_or(holds) {
            return;
        }
        let window = self.window();
        let members = if step.group.is_empty() {
            vec![step.clone()]
        } else {
            step.group.clone()
        };
        for (position, member) in members.iter().enumerate() {
            let mut member = member.clone();
            if !step.group.is_empty() {
                inherit(&mut member, step, position == 0);
            }
            let Some(instances) = self.instances(&member.each) else {
                self.leave_open(&member, state.clone(), now);
                continue;
            };
            for own in instances {
                let stays = |when| self.view(&own, false).holds(when);
                if !member.when.as_ref().is_none_or(stays) {
                    continue;
                }
                let record = self.open_record(&member, &own, state.clone(), now);
                self.active
                    .push(Active::new(member.clone(), own, record, now, window));
            }
        }
        if step.group.is_empty() && self.active.len() > 1 {
            // one entry after the other: the rest waits its turn
            let rest = self.active.split_off(1);
            self.ledger.queue.extend(rest);
        }
    }

    /// A step whose `each` is a list that nobody knows: it decides nothing.
    fn leave_open(&mut self, step: &Step, state: Option<String>, now: Time) {
        let record = self.open_record(step, &[], state, now);
        if let Some(found) = self.step_record(record) {
            found.verdict = Some(Verdict::Inconclusive);
        }
        let reason = format!("nobody knows for what \"{}\" is played", sentence(step));
        self.ledger.reason(Verdict::Inconclusive, reason);
    }

    /// The names of each instance of a step; `None` if the list of them is not known.
    pub(super) fn instances(&self, each: &Each) -> Option<Vec<Vec<(String, Actual)>>> {
        Some(match each {
            Each::Once => vec![Vec::new()],
            Each::Entries(entries) => entries
                .iter()
                .map(|entry| {
                    entry
                        .iter()
                        .map(|(name, scalar)| (name.clone(), self.scalar(scalar)))
                        .collect()
                })
                .collect(),
            Each::List(name, list) => self
                .listed(list)?
                .into_iter()
                .map(|value| vec![(name.clone(), value)])
                .collect(),
        })
    }

    fn listed(&self, list: &EachList) -> Option<Vec<Actual>> {
        Some(match list {
            EachList::Values(values) => values.iter().map(|scalar| self.scalar(scalar)).collect(),
            EachList::Variable(text) => match self.view(&[], false).resolve(text).ok()? {
                Actual::List(values) => values.into_iter().map(Actual::Value).collect(),
                Actual::Links(links) => links
                    .into_iter()
                    .map(|link| Actual::text(link.target))
                    .collect(),
                Actual::Absent => return None,
                other => vec![other],
            },
        })
    }

    fn scalar(&self, scalar: &Scalar) -> Actual {
        match &scalar.kind {
            ScalarKind::Integer(number) => Actual::integer(*number),
            ScalarKind::Float(number) => Actual::Value(lwm2m::Value::Float(*number)),
            ScalarKind::Boolean(truth) => Actual::Value(lwm2m::Value::Boolean(*truth)),
            ScalarKind::Bytes(bytes) => Actual::Value(lwm2m::Value::Opaque(bytes.clone())),
            ScalarKind::Text(text) => self
                .view(&[], false)
                .resolve(text)
                .unwrap_or(Actual::Absent),
        }
    }

    /// First event that the next step may take: behind the request of the step before (notation, 3.6).
    fn window(&self) -> usize {
        self.ledger.window
    }

    /// First event that belongs to the dialogue.
    pub(super) fn dialogue_window(&self) -> usize {
        self.ledger.dialogue_window
    }

    /// Whether the case's own dialogue is in play.
    pub(super) const fn in_dialogue(&self) -> bool {
        matches!(self.stage, Stage::Dialogue(_))
    }

    /// Writes down how a step ended, and goes on or stops.
    pub(super) fn conclude(&mut self, active: &Active, now: Time, failure: Option<Box<Failure>>) {
        self.heal(active);
        let failure = self.unless_unread(&active.step, failure);
        let failure = self.unless_weather(&active.step, failure);
        if let Some(request) = active.request {
            self.ledger.window = self.ledger.window.max(request + 1);
        }
        let in_dialogue = self.in_dialogue();
        let offset = self.offset(now);
        let judged = self.setting.judged;
        let letters = letters_of(&active.step, judged);
        // what was taken as seen was compared with nothing (notation, 5)
        let open = !active.taken.is_empty() && !letters.is_empty();
        if let Some(step) = self.step_record(active.record) {
            step.ended = offset;
            if step.verdict.is_none() {
                step.verdict = Some(if open {
                    Verdict::Inconclusive
                } else {
                    Verdict::Pass
                });
            }
        }
        match failure {
            None if self.ledger.has_failed() => self.stop(now),
            None => {
                if open {
                    let names = active.taken.join(", ");
                    let reason = format!("{names} was not told, so that it decides nothing");
                    self.ledger.reason(Verdict::Inconclusive, reason);
                }
                self.next_in_turn(now);
            }
            Some(failure) => self.fail(active, *failure, letters, in_dialogue, now),
        }
    }

    /// Begins the next entry of `each`.
    fn next_in_turn(&mut self, now: Time) {
        if let Some(mut next) = self.ledger.queue.pop_front() {
            next.began = now;
            next.cause = now;
            next.window = self.ledger.window;
            self.active.insert(0, next);
        }
    }

    fn fail(
        &mut self,
        active: &Active,
        failure: Failure,
        letters: Vec<String>,
        in_dialogue: bool,
        now: Time,
    ) {
        // what the harness sent is nobody's fault in hindsight
        let seat = failure
            .blame
            .filter(|seat| !self.setting.hindsight || self.setting.tested(*seat));
        let letters = if failure.criteria.is_empty() {
            letters
        } else {
            failure.criteria.clone()
        };
        let verdict = self.verdict_of(&failure, &letters, in_dialogue);
        let origin = self.origin(active.record);
        let location = locate(&origin, failure.discord.span, active.step.span);
        let state = origin.state.clone();
        let mismatch = self.mismatch(&failure, location, &active.step);
        let mut displaced = Vec::new();
        let judged_already = self
            .step_record(active.record)
            .and_then(|step| step.mismatch.as_ref())
            .is_some_and(|known| known.rule.is_some());
        if judged_already {
            // the referee has failed this step and said why; the case only knows better by which letters
            self.remark(active.record, failure.message.clone(), seat, failure.frame);
        }
        if let Some(step) = self.step_record(active.record) {
            // a verdict only worsens: the referee may have failed the step before
            let before = step.verdict.unwrap_or(Verdict::Pass);
            if before.worsened(verdict) == verdict {
                step.verdict = Some(verdict);
                if !judged_already {
                    step.blame = seat.map(|seat| seat.to_string());
                    step.mismatch = Some(mismatch);
                }
                let known = std::mem::replace(&mut step.criteria, letters);
                displaced = known
                    .into_iter()
                    .filter(|letter| !step.criteria.contains(letter))
                    .collect();
            }
        }
        self.ledger.displaced.extend(displaced);
        let reason = match state {
            Some(state) => format!("state \"{state}\" not reached: {}", failure.message),
            None => failure.message,
        };
        self.ledger.reason(verdict, reason);
        let open =
            [hindsight::SHOW, hindsight::UNJUDGED].contains(&failure.discord.subject.as_str());
        if open && !failure.definite && in_dialogue {
            // only what is shown stays undecided; the wire can still decide the rest
            self.ledger.undecided = true;
            if self.active.is_empty() {
                self.next_in_turn(now);
            }
            return;
        }
        self.stop(now);
    }

    pub(super) fn verdict_of(
        &self,
        failure: &Failure,
        letters: &[String],
        in_dialogue: bool,
    ) -> Verdict {
        let calm = self.weather.is_none();
        let Some(blame) = failure.blame.filter(|_| failure.definite && calm) else {
            return Verdict::Inconclusive;
        };
        if !self.setting.tested(blame) {
            return match self.setting.hindsight {
                true => Verdict::Inconclusive,
                false => Verdict::Error,
            };
        }
        if in_dialogue && blame == self.setting.judged && !letters.is_empty() {
            return Verdict::Fail;
        }
        Verdict::Inconclusive
    }

    pub(super) fn finish(&mut self, now: Time) {
        self.active.clear();
        self.wake = None;
        self.ended = Some(now);
    }

    pub(super) fn open_record(
        &mut self,
        step: &Step,
        own: &[(String, Actual)],
        state: Option<String>,
        now: Time,
    ) -> usize {
        let sentence = sentence(step);
        let sentence = if own.is_empty() {
            sentence
        } else {
            let told: Vec<String> = own
                .iter()
                .map(|(name, value)| format!("{name} {}", value_text(value)))
                .collect();
            format!("{sentence} ({})", told.join(", "))
        };
        let origin = self.origin_of(state.clone());
        let offset = self.offset(now);
        self.ledger.steps.push(StepRecord {
            sentence,
            state,
            criteria: letters_of(step, self.setting.judged),
            verdict: None,
            blame: None,
            mismatch: None,
            remarks: Vec::new(),
            frames: Vec::new(),
            started: offset,
            ended: offset,
            location: locate(&origin, step.span, step.span),
        });
        self.ledger.steps.len() - 1
    }

    pub(super) fn origin(&self, record: usize) -> Origin {
        let state = self
            .ledger
            .steps
            .get(record)
            .and_then(|step| step.state.clone());
        self.origin_of(state)
    }

    fn origin_of(&self, state: Option<String>) -> Origin {
        let found = state.as_ref().and_then(|name| {
            self.setting
                .states
                .iter()
                .find(|known| known.state == *name)
        });
        match found {
            Some(known) => Origin {
                file: known.file.clone(),
                text: known.text.clone(),
                state,
            },
            None => Origin {
                file: self.setting.case.file.clone(),
                text: self.setting.case.text.clone(),
                state: None,
            },
        }
    }

    /// Nanoseconds since the case began.
    pub(super) fn offset(&self, now: Time) -> u64 {
        now.since(self.began.unwrap_or(now)).as_nanos() as u64
    }

    /// Finds the instances that `bind` names, as far as they can be told by now (notation, 5).
    pub(super) fn bind_instances(&mut self) {
        for bind in self.setting.case.bind.clone() {
            let listed = match self.view(&[], false).lookup("registration.objects") {
                Some(Actual::Links(links)) => crate::links::paths(&links),
                _ => Vec::new(),
            };
            let instances: Vec<u16> = listed
                .iter()
                .filter(|path| path.object() == Some(bind.object))
                .filter_map(lwm2m::Path::instance)
                .collect();
            let chosen = match instances.as_slice() {
                [only] => Some(*only),
                [] => None,
                several => several
                    .iter()
                    .copied()
                    .find(|instance| self.fits_bind(&bind, *instance)),
            };
            if let Some(instance) = chosen {
                self.variables.set(
                    bind.name.value.clone(),
                    Actual::integer(i64::from(instance)),
                );
            }
        }
    }

    fn fits_bind(&self, bind: &testcase::Bind, instance: u16) -> bool {
        let view = self.view(&[], false);
        bind.conditions.iter().all(|condition| {
            let id = condition.key.to_string().parse::<u16>().ok();
            let path = id.and_then(|id| lwm2m::Path::new(&[bind.object, instance, id]));
            let known = path.and_then(|path| self.known_value(&path));
            known.is_some_and(|value| {
                crate::pattern::compare("bind", &condition.matcher, &Actual::Value(value), &view)
                    .is_ok()
            })
        })
    }

    /// A value of the client that was read, or that its configuration gives an emulated one.
    fn known_value(&self, path: &lwm2m::Path) -> Option<lwm2m::Value> {
        let read = self.ledger.values.get(path).cloned();
        let configured = || {
            let emulated = !self.setting.tested(Seat::CLIENT);
            let found = self
                .setting
                .configuration
                .iter()
                .find(|(known, _)| known == path);
            found.filter(|_| emulated).map(|(_, value)| value.clone())
        };
        read.or_else(configured)
    }

    /// Takes over a registration that already stands.
    pub(super) fn take_standing(&mut self) {
        let Some(standing) = self.setting.standing.clone() else {
            return;
        };
        for mut event in standing.events {
            event.claimed = true;
            // its frames are those of another capture
            event.frames.clear();
            if let Sort::Response(_) = event.sort {
                event.sort = Sort::Response(0);
            }
            let index = self.transfer.inherit(event);
            if index == 0 {
                self.variables.capture("registration", index);
            } else {
                self.variables.capture("acceptance", index);
                self.variables.capture(super::ACCEPTED, index);
            }
        }
        self.ledger.window = self.transfer.events().len();
        self.ledger.dialogue_window = self.ledger.window;
    }

    pub(super) fn standing_registration(&self) -> Option<Standing> {
        let register =
            self.transfer.events().iter().rposition(|event| {
                matches!(event.operation(), Some(lwm2m::Operation::Register(_)))
            })?;
        let gone = self.transfer.events()[register..]
            .iter()
            .any(|event| matches!(event.operation(), Some(lwm2m::Operation::Deregister(_))));
        let answer = self.transfer.answer_to(register)?;
        let accepted = self.transfer.event(answer)?.message.as_ref()?.code == coap::Code::CREATED;
        let events = vec![
            self.transfer.event(register)?.clone(),
            self.transfer.event(answer)?.clone(),
        ];
        (accepted && !gone).then_some(Standing { events })
    }
}

fn sentence(step: &Step) -> String {
    step.sentence
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// What a `check` looks at, as a name.
pub(super) fn subject(check: &Check) -> String {
    check.subject.to_string()
}

/// Letters of a step for the judged seat, those of its lines with it.
pub(super) fn letters_of(step: &Step, judged: Seat) -> Vec<String> {
    let mut letters: Vec<String> = step
        .criteria
        .of(judged)
        .iter()
        .map(|letter| letter.value.clone())
        .collect();
    for line in &step.lines {
        let counts = line.seat == judged || line.word.value.kind() == WordKind::Request;
        for letter in line.criteria.iter().filter(|_| counts) {
            if !letters.contains(&letter.value) {
                letters.push(letter.value.clone());
            }
        }
    }
    for member in &step.group {
        for letter in letters_of(member, judged) {
            if !letters.contains(&letter) {
                letters.push(letter);
            }
        }
    }
    letters
}

/// Gives a member of a group what its group says for it.
fn inherit(member: &mut Step, group: &Step, first: bool) {
    if member.sentence.is_none() {
        member.sentence.clone_from(&group.sentence);
    }
    if member.criteria == testcase::Criteria::None {
        member.criteria = group.criteria.clone();
    }
    if first {
        member.control.clone_from(&group.control);
        member.triggers.clone_from(&group.triggers);
        member.network.clone_from(&group.network);
    }
}

/// A place in a file with the text that a caret needs.
pub(super) fn locate(origin: &Origin, span: Span, otherwise: Span) -> Location {
    let span = if span.line == 0 { otherwise } else { span };
    let text = origin
        .text
        .lines()
        .nth(span.line.saturating_sub(1) as usize)
        .unwrap_or_default();
    Location {
        file: origin.file.clone(),
        line: span.line,
        column: span.column,
        width: span.width.max(1),
        text: text.to_owned(),
    }
}

fn value_text(value: &Actual) -> String {
    match value {
        Actual::Value(value) => plain(value),
        other => other.describe(),
    }
}
