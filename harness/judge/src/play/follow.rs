//! `follow`: the server polls or observes, and the merged latest view of the followed paths is judged (notation, 2).
//!
//! Where the harness holds the server it reads each path every second. A poll that is lost, since the client reboots, counts
//! for nothing, and another one follows.

use std::time::Duration;

use coap::{Code, Time};
use lwm2m::{Node, Operation, Path};
use testcase::{Field, FieldName, Form, Line, Matcher, Scalar, ScalarKind, Text, Word};

use super::Play;
use super::active::{Active, Asked, Failure, LATE_REQUEST, Phase, Progress, REPEAT};
use super::advance::{addressee, answer_line};
use super::compare::wrong_code;
use super::exchange::UNTIL;
use crate::actual::Actual;
use crate::command::Outcome;
use crate::event::Sort;
use crate::pattern;
use crate::template::field;

/// What a `follow` has seen so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    /// The latest values of the followed paths.
    nodes: Vec<Node>,
    /// Paths that some message told about.
    seen: Vec<Path>,
    /// First event that was not looked at.
    next: usize,
    /// Which of the paths is polled next.
    turn: usize,
    /// When the next round of polls begins.
    round: Option<Time>,
    /// Why the last poll could not be asked for.
    refused: Option<Box<Failure>>,
}

impl Play {
    pub(super) fn following(&mut self, active: &mut Active, line: &Line, now: Time) -> Progress {
        let paths = match self.followed(active, line) {
            Ok(paths) => paths,
            Err(failure) => return Progress::Failed(failure),
        };
        let began = *active.repeating.get_or_insert(now);
        if let Err(failure) = self.look(active, line, &paths) {
            return Progress::Failed(failure);
        }
        let whole = paths.iter().all(|path| active.sight.seen.contains(path));
        let until = active.step.until.clone();
        if whole && until.iter().all(|one| self.holds_until(active, one)) {
            active.cause = now;
            active.phase = Phase::Silent;
            return Progress::Waits(None);
        }
        let within = active.step.within.clone();
        let limit = within.map_or(UNTIL, |scalar| self.duration(active, &scalar));
        let deadline = began + limit + self.setting.latency;
        if now >= deadline {
            let asked = |path: &Path| self.last_poll(line, path).map(|(request, _)| request);
            let mut unseen = paths
                .iter()
                .filter(|path| !active.sight.seen.contains(path));
            return Progress::Failed(match unseen.next().map(asked) {
                None => self.never_so(active),
                Some(Some(request)) => self.untold(active, line, request, limit),
                Some(None) => {
                    let refused = active.sight.refused.clone();
                    refused.unwrap_or_else(|| self.missing(active, line, now))
                }
            });
        }
        match self.poll(active, line, &paths, now) {
            Err(failure) => Progress::Failed(failure),
            Ok(wake) => Progress::Waits(Some(wake.map_or(deadline, |wake| wake.min(deadline)))),
        }
    }

    /// The view of a `follow` at one path and below.
    pub(super) fn sighted(&self, active: &Active, path: &Path) -> Actual {
        let inside = |node: &&Node| path.contains(&node.path);
        let nodes: Vec<Node> = active.sight.nodes.iter().filter(inside).cloned().collect();
        match nodes.is_empty() {
            true => Actual::Absent,
            false => Actual::Nodes(nodes),
        }
    }

    fn followed(&self, active: &Active, line: &Line) -> Result<Vec<Path>, Box<Failure>> {
        let listed = match field(line, "paths").map(|matcher| &matcher.form) {
            Some(Form::List(list)) => list.as_slice(),
            _ => &[],
        };
        let path = |matcher: &Matcher| match &matcher.form {
            Form::Scalar(scalar) => self.scalar_path(active, scalar),
            _ => None,
        };
        let paths: Option<Vec<Path>> = listed.iter().map(path).collect();
        paths.filter(|paths| !paths.is_empty()).ok_or_else(|| {
            let reason = "a path of \"follow\" is not known".to_owned();
            Failure::undecided(line.span, "paths that are known", reason)
        })
    }

    fn scalar_path(&self, active: &Active, scalar: &Scalar) -> Option<Path> {
        let view = self.view(&active.own, false);
        match pattern::Scope::resolve(&view, scalar.as_text()?) {
            Ok(Actual::Value(value)) => pattern::plain(&value).parse().ok(),
            _ => None,
        }
    }

    /// Takes every answer and notification about the paths that has come since the step began.
    fn look(
        &mut self,
        active: &mut Active,
        line: &Line,
        paths: &[Path],
    ) -> Result<(), Box<Failure>> {
        active.sight.next = active.sight.next.max(active.window);
        while active.sight.next < self.transfer.events().len() {
            let index = active.sight.next;
            active.sight.next += 1;
            let Some(request) = self.told_by(active, line, paths, index) else {
                continue;
            };
            self.transfer.claim(request);
            self.transfer.claim(index);
            let frames = [request, index].map(|event| self.transfer.event(event));
            let frames: Vec<u32> = frames
                .iter()
                .flatten()
                .flat_map(|one| one.frames.clone())
                .collect();
            if let Some(step) = self.step_record(active.record) {
                step.frames.extend(frames);
            }
            active.request = active.request.max(Some(request));
            self.merge(active, paths, index);
            self.judge_sight(active, index)?;
        }
        Ok(())
    }

    /// The Read, Observe or Observe's request that an event tells about one of the paths for.
    fn told_by(&self, active: &Active, line: &Line, paths: &[Path], index: usize) -> Option<usize> {
        let event = self.transfer.event(index)?;
        let (request, since) = match event.sort {
            Sort::Response(of) => (of, active.window),
            Sort::Notification(of) => (of, 0),
            _ => return None,
        };
        let asked = self.transfer.event(request)?;
        let ends = (asked.from, asked.to) == (line.seat, addressee(line, &active.step));
        let about = match asked.operation()? {
            Operation::Read(read) => read.path,
            Operation::Observe(observe) => observe.path,
            _ => return None,
        };
        let related = |path: &Path| path.contains(&about) || about.contains(path);
        (ends && request >= since && paths.iter().any(related)).then_some(request)
    }

    fn merge(&self, active: &mut Active, paths: &[Path], index: usize) {
        let view = self.view(&[], false);
        let Some(event) = self.transfer.event(index) else {
            return;
        };
        if event
            .message
            .as_ref()
            .is_none_or(|message| message.code != Code::CONTENT)
        {
            return;
        }
        let about = view.fields.base(event);
        for path in paths.iter().filter(|path| about.contains(path)) {
            if !active.sight.seen.contains(path) {
                active.sight.seen.push(*path);
            }
        }
        active
            .sight
            .nodes
            .retain(|node| !about.contains(&node.path));
        let Actual::Nodes(nodes) = view.fields.field(index, "node") else {
            return;
        };
        let followed = |node: &Node| paths.iter().any(|path| path.contains(&node.path));
        active
            .sight
            .nodes
            .extend(nodes.into_iter().filter(followed));
    }

    /// Judges the merged view by what the answer's line says of paths that were told, the rest by the message.
    fn judge_sight(&mut self, active: &mut Active, index: usize) -> Result<(), Box<Failure>> {
        let Some(line) = answer_line(&active.step).cloned() else {
            return Ok(());
        };
        let event = self.transfer.event(index);
        if event.is_some_and(|event| wrong_code(line.word.value, event).is_some()) {
            return self.judge_answer(active, &line, index).map(drop);
        }
        for one in &line.fields {
            let name = one.name.value.name();
            let result = {
                let view = self.view(&active.own, false);
                match (&one.matcher.form, name) {
                    (Form::Map(entries), "node") => {
                        let told = |entry: &&testcase::Entry| {
                            let path = pattern::Scope::resolve(&view, &entry.key).ok();
                            let path = match path {
                                Some(Actual::Value(value)) => {
                                    pattern::plain(&value).parse::<Path>().ok()
                                }
                                _ => None,
                            };
                            path.is_none_or(|path| {
                                let mut seen = active.sight.seen.iter();
                                seen.any(|seen| seen.contains(&path) || path.contains(seen))
                            })
                        };
                        let entries = entries.iter().filter(told).cloned().collect();
                        let matcher = Matcher {
                            span: one.matcher.span,
                            form: Form::Map(entries),
                        };
                        let actual = Actual::Nodes(active.sight.nodes.clone());
                        pattern::compare(name, &matcher, &actual, &view)
                    }
                    _ => {
                        pattern::compare(name, &one.matcher, &view.fields.field(index, name), &view)
                    }
                }
            };
            if let Err(discord) = result {
                return Err(self.contradiction(active, &line, index, discord));
            }
        }
        Ok(())
    }

    /// Reads the next path, or has it read; gives the time to come back.
    fn poll(
        &mut self,
        active: &mut Active,
        line: &Line,
        paths: &[Path],
        now: Time,
    ) -> Result<Option<Time>, Box<Failure>> {
        if self.setting.hindsight {
            return Ok(None);
        }
        let tested = self.setting.tested(line.seat);
        if tested && line.trigger == Some(false) {
            return Ok(None);
        }
        if let Some(failure) = self.failed_poll(active, now)? {
            return Ok(Some(failure));
        }
        let round = *active.sight.round.get_or_insert(now);
        if now < round {
            return Ok(Some(round));
        }
        while let Some(path) = paths.get(active.sight.turn) {
            active.sight.turn += 1;
            if self.is_polled(line, path, now) {
                continue;
            }
            let read = read_of(line, path);
            if tested {
                // one after the other: a trigger may last as long as its exchange
                let command = Some(self.trigger(active, &read, now)?);
                active.asked = Some(Asked {
                    at: now,
                    command,
                    done: None,
                });
                return Ok(None);
            }
            self.perform(active, &read)?;
        }
        active.sight.turn = 0;
        active.sight.round = Some(now + REPEAT);
        Ok(Some(now + REPEAT))
    }

    /// Whether a poll of this path may still be answered.
    fn is_polled(&self, line: &Line, path: &Path, now: Time) -> bool {
        self.last_poll(line, path).is_some_and(|(index, sent)| {
            self.transfer.answer_to(index).is_none() && now.since(sent) < LOST
        })
    }

    /// The last Read of a path, and when it was sent.
    fn last_poll(&self, line: &Line, path: &Path) -> Option<(usize, Time)> {
        let mut events = self.transfer.events().iter().enumerate().rev();
        let poll = events.find(|(_, event)| {
            event.from == line.seat
                && matches!(event.operation(), Some(Operation::Read(read)) if read.path == *path)
        });
        poll.map(|(index, event)| (index, event.time))
    }

    /// When to come back for a poll that an implementation is told to make; an error if it cannot be told.
    fn failed_poll(
        &mut self,
        active: &mut Active,
        now: Time,
    ) -> Result<Option<Time>, Box<Failure>> {
        let Some(command) = active.asked.and_then(|asked| asked.command) else {
            return Ok(None);
        };
        let Some(done) = self.done_at([command].into_iter()) else {
            return Ok(Some(now + REPEAT));
        };
        let failure = self.failed_outcome(&[command], active);
        let never = matches!(
            self.outcome(command),
            Some(Outcome::Unsupported | Outcome::NobodyToAsk | Outcome::No(_))
        );
        match failure {
            Some(failure) if never => {
                let late = done + LATE_REQUEST;
                match now < late {
                    true => Ok(Some(late)),
                    false => Err(failure),
                }
            }
            // a client that is away cannot be read: that poll counts for nothing
            failure => {
                active.sight.refused = failure;
                active.asked = None;
                Ok(None)
            }
        }
    }

    /// The polls were sent, and the client never told all that was asked for.
    fn untold(
        &self,
        active: &Active,
        line: &Line,
        request: usize,
        limit: Duration,
    ) -> Box<Failure> {
        match answer_line(&active.step) {
            Some(answer) => self.unanswered(active, answer, request, limit),
            None => self.missing(active, line, active.began + limit),
        }
    }
}

/// The Read of one path that stands for a `follow`.
fn read_of(line: &Line, path: &Path) -> Line {
    let mut read = line.clone();
    read.word.value = Word::Read;
    let text = Text::literal(path.to_string(), line.span);
    let scalar = Scalar {
        kind: ScalarKind::Text(text),
        span: line.span,
    };
    let mut name = match line.fields.first() {
        Some(first) => first.name.clone(),
        None => return read,
    };
    name.value = FieldName::Path;
    read.fields = vec![Field {
        name,
        matcher: Matcher {
            span: line.span,
            form: Form::Scalar(scalar),
        },
    }];
    read
}

/// When a poll counts as lost, so that the next one is sent.
const LOST: Duration = Duration::from_secs(5);
