//! A message against its line: every field that is written is judged, none that is not.

use std::time::Duration;

use coap::{Code, Kind};
use lwm2m::{Node, Value};
use testcase::{Check, Form, Line, Matcher, Role, ScalarKind, Seat, Word};

use super::Play;
use super::active::{Active, EARLY, Failure};
use crate::actual::Actual;
use crate::event::{Event, Sort, Stray};
use crate::pattern::{self, Discord, Scope};
use crate::variables::View;

impl Play {
    /// Judges the fields of a request that its target has selected.
    pub(super) fn judge_request(
        &mut self,
        active: &mut Active,
        line: &Line,
        index: usize,
    ) -> Result<(), Box<Failure>> {
        let fields: Vec<(String, Matcher)> = line
            .fields
            .iter()
            .filter(|one| !line.word.value.is_target_field(one.name.value))
            .map(|one| (one.name.value.name().to_owned(), one.matcher.clone()))
            .collect();
        self.judge_fields(active, line, index, &fields)?;
        self.judge_shape(active, line, index)?;
        self.judge_gap(active, line, index)
    }

    /// Whether a request says all that its line says, as far as that is known.
    pub(super) fn says(&self, active: &Active, line: &Line, index: usize) -> bool {
        let view = self.view(&active.own, false);
        let agrees = |name: &str, matcher: &Matcher, actual: Actual| {
            let compared = pattern::compare(name, matcher, &actual, &view);
            compared.is_ok() || compared.is_err_and(|discord| discord.unknown)
        };
        let mut fields = line
            .fields
            .iter()
            .filter(|one| !line.word.value.is_target_field(one.name.value));
        let fields = fields.all(|one| {
            let name = one.name.value.name();
            let actual = absolute(name, view.fields.field(index, name), &view);
            agrees(name, &one.matcher, actual)
        });
        let event = self.transfer.event(index);
        let sent = event.and_then(|event| Some((event, event.message.as_ref()?)));
        let mut raw = line.coap.iter();
        fields
            && raw.all(|one| {
                sent.is_some_and(|(event, message)| {
                    let (subject, actual) = self.raw(event, message, one);
                    agrees(&subject, &one.matcher, actual)
                })
            })
    }

    /// Judges an answer: its code, then its fields; gives the line that it is, of alternatives the first that fits.
    pub(super) fn judge_answer(
        &mut self,
        active: &mut Active,
        line: &Line,
        index: usize,
    ) -> Result<Line, Box<Failure>> {
        if line.alternatives.is_empty() {
            self.judge_answer_line(active, line, index)?;
            self.say_remark(active, line, index);
            return Ok(line.clone());
        }
        let mut first: Option<Box<Failure>> = None;
        let mut told = Vec::new();
        for one in &line.alternatives {
            match self.judge_answer_line(active, one, index) {
                Ok(()) => {
                    self.say_remark(active, one, index);
                    let mut one = one.clone();
                    one.as_name = one.as_name.or_else(|| line.as_name.clone());
                    return Ok(one);
                }
                Err(failure) => {
                    told.push(one.word.value.name().to_owned());
                    let code_fits = failure.discord.subject != CODE;
                    if code_fits || first.is_none() {
                        first = Some(failure);
                    }
                }
            }
        }
        let Some(mut failure) = first else {
            return Ok(line.clone());
        };
        if failure.discord.subject == CODE {
            failure.discord.expected = format!("one of {}", told.join(", "));
            failure.discord.span = line.span;
        }
        if failure.criteria.is_empty() {
            failure.criteria = letters(line);
        }
        Err(failure)
    }

    fn say_remark(&mut self, active: &Active, line: &Line, index: usize) {
        if let Some(remark) = line.remark.clone() {
            let frame = self.transfer.event(index).map(Event::frame);
            self.remark(active.record, remark, Some(line.seat), frame);
        }
    }

    fn judge_answer_line(
        &mut self,
        active: &mut Active,
        line: &Line,
        index: usize,
    ) -> Result<(), Box<Failure>> {
        let Some(event) = self.transfer.event(index) else {
            return Ok(());
        };
        if let Some(actual) = wrong_code(line.word.value, event) {
            let expected = line.word.value.code().map_or_else(
                || line.word.value.name().to_owned(),
                |code| code.to_string(),
            );
            let discord = Discord {
                span: line.word.span,
                subject: CODE.to_owned(),
                expected,
                actual,
                offset: None,
                unknown: false,
            };
            return Err(self.contradiction(active, line, index, discord));
        }
        let fields: Vec<(String, Matcher)> = line
            .fields
            .iter()
            .map(|one| (one.name.value.name().to_owned(), one.matcher.clone()))
            .collect();
        self.judge_fields(active, line, index, &fields)?;
        self.judge_shape(active, line, index)
    }

    fn judge_fields(
        &mut self,
        active: &mut Active,
        line: &Line,
        index: usize,
        fields: &[(String, Matcher)],
    ) -> Result<(), Box<Failure>> {
        for (name, matcher) in fields {
            let result = {
                let view = self.view(&active.own, self.setting.tested(line.seat));
                let mut actual = absolute(name, view.fields.field(index, name), &view);
                if line.seat.role == Role::BootstrapServer {
                    actual = minimum(matcher, actual, &view);
                }
                pattern::compare(name, matcher, &actual, &view)
            };
            self.say_taken(active, Some(line.seat));
            if let Err(discord) = result {
                return Err(self.contradiction(active, line, index, discord));
            }
        }
        Ok(())
    }

    fn say_taken(&mut self, active: &mut Active, seat: Option<Seat>) {
        for name in self.variables.taken() {
            let text = format!("{name} was not told and is taken as seen");
            self.remark(active.record, text, seat, None);
            active.taken.push(name);
        }
    }

    /// The time between this message and the one before it on the same stream.
    fn judge_gap(
        &mut self,
        active: &mut Active,
        line: &Line,
        index: usize,
    ) -> Result<(), Box<Failure>> {
        let (Some(gap), Some(event)) = (&line.gap, self.transfer.event(index)) else {
            return Ok(());
        };
        let since = self.stream_before(active, line, Some(index));
        let passed = event.time.since(since);
        let latency = self.lateness(line.seat);
        let least = gap
            .at_least
            .as_ref()
            .map(|scalar| self.duration(active, scalar));
        let most = gap
            .at_most
            .as_ref()
            .map(|scalar| self.duration(active, scalar));
        let expected = match (least, most) {
            (Some(least), _) if passed + EARLY < least => {
                format!("at least {least:?} after the one before")
            }
            (_, Some(most)) if passed > most + latency => {
                format!("at most {most:?} after the one before")
            }
            _ => return Ok(()),
        };
        let discord = shape_discord(
            line,
            "gap",
            expected,
            format!("{:.3} s", passed.as_secs_f64()),
        );
        Err(self.contradiction(active, line, index, discord))
    }

    /// A `check`: looks again at what was captured, sends nothing.
    pub(super) fn check(&mut self, active: &mut Active, check: &Check) -> Result<(), Box<Failure>> {
        let name = self.subject(active, check);
        let event = self.view(&active.own, false).source(&name);
        let result = {
            let view = self.view(&active.own, true);
            match view.lookup(&name) {
                Some(actual) => pattern::compare(&name, &check.matcher, &actual, &view),
                None => Err(Discord {
                    span: check.subject.span,
                    subject: name.clone(),
                    expected: "a message that was captured".to_owned(),
                    actual: "none".to_owned(),
                    offset: None,
                    unknown: true,
                }),
            }
        };
        let seat = event
            .and_then(|index| self.transfer.event(index))
            .map(|found| found.from);
        self.say_taken(active, seat);
        let Err(discord) = result else { return Ok(()) };
        let frame = event
            .and_then(|index| self.transfer.event(index))
            .map(Event::frame)
            .filter(|frame| *frame > 0);
        let message = match seat {
            Some(seat) => format!("the {seat} sent {}", discord.actual),
            None => format!("{name} was not captured"),
        };
        Err(Box::new(Failure {
            blame: seat,
            definite: !discord.unknown,
            message,
            discord,
            frame,
            criteria: Vec::new(),
        }))
    }

    /// What a `check` or `until` looks at, its variables filled in.
    pub(super) fn subject(&self, active: &Active, check: &Check) -> String {
        match pattern::Scope::resolve(&self.view(&active.own, false), &check.subject) {
            Ok(Actual::Value(value)) => pattern::plain(&value),
            _ => check.subject.to_string(),
        }
    }

    pub(super) fn holds_until(&self, active: &Active, condition: &Check) -> bool {
        let view = self.view(&active.own, false);
        let name = &self.subject(active, condition);
        let follows = super::advance::request_line(&active.step)
            .is_some_and(|line| line.word.value == Word::Follow);
        let actual = match (name.parse::<lwm2m::Path>(), active.request) {
            (Ok(path), _) if follows => self.sighted(active, &path),
            (Ok(path), Some(request)) => {
                let answer = self.transfer.answer_to(request);
                match answer.map(|index| view.fields.field(index, "node")) {
                    Some(Actual::Nodes(nodes)) => {
                        let inside: Vec<_> = nodes
                            .into_iter()
                            .filter(|node| path.contains(&node.path))
                            .collect();
                        if inside.is_empty() {
                            Actual::Absent
                        } else {
                            Actual::Nodes(inside)
                        }
                    }
                    _ => Actual::Absent,
                }
            }
            _ => view.lookup(name).unwrap_or(Actual::Absent),
        };
        pattern::compare(name, &condition.matcher, &actual, &view).is_ok()
    }

    pub(super) fn never_so(&self, active: &Active) -> Box<Failure> {
        let condition = active
            .step
            .until
            .iter()
            .find(|condition| !self.holds_until(active, condition));
        let (span, name) = condition.map_or((active.step.span, String::new()), |condition| {
            (condition.subject.span, condition.subject.to_string())
        });
        // what comes of itself answers nothing
        let blame = super::advance::answer_line(&active.step)
            .or_else(|| super::advance::request_line(&active.step))
            .map(|line| line.seat);
        let discord = Discord {
            span,
            subject: name.clone(),
            expected: "to come true within the time".to_owned(),
            actual: "never".to_owned(),
            offset: None,
            unknown: false,
        };
        Box::new(Failure {
            blame,
            definite: true,
            message: format!("{name} never became what the step waits for"),
            discord,
            frame: None,
            criteria: Vec::new(),
        })
    }

    /// A message that contradicts its line, blamed on its sender.
    pub(super) fn contradiction(
        &self,
        active: &Active,
        line: &Line,
        index: usize,
        discord: Discord,
    ) -> Box<Failure> {
        let frame = self.transfer.event(index).map(Event::frame);
        let verb = match line.word.value.kind() {
            testcase::WordKind::Answer => "answered",
            _ => "sent",
        };
        let message = match discord.subject.as_str() {
            CODE => format!("the {} {verb} {}", line.seat, discord.actual),
            subject => format!("the {} {verb} {subject} {}", line.seat, discord.actual),
        };
        let ours_for_theirs = !self.setting.tested(line.seat)
            && line.word.value.kind() == testcase::WordKind::Answer
            && self
                .seat_of_request(active)
                .is_some_and(|seat| self.setting.tested(seat));
        Box::new(Failure {
            blame: (!ours_for_theirs).then_some(line.seat),
            definite: !discord.unknown && !ours_for_theirs,
            message,
            discord,
            frame,
            criteria: letters(line),
        })
    }

    /// A message that had to come did not.
    pub(super) fn missing(&self, active: &Active, line: &Line, now: coap::Time) -> Box<Failure> {
        let waited = now.since(active.last.unwrap_or(active.cause));
        let word = line.word.value.name();
        let stray = self.stray_of(line);
        let actual = match &stray {
            Some((text, _)) => text.clone(),
            None if active.count > 0 => format!("{} of {} in time", active.count, line.count),
            None => format!("none within {:.1} s", waited.as_secs_f64()),
        };
        let discord = Discord {
            span: line.word.span,
            subject: word.to_owned(),
            expected: match line.count {
                1 => format!("{word} from the {}", line.seat),
                count => format!("{count} of {word} from the {}", line.seat),
            },
            actual: actual.clone(),
            offset: None,
            unknown: false,
        };
        Box::new(Failure {
            blame: Some(line.seat),
            definite: true,
            message: format!("the {} sent no {word} that fits: {actual}", line.seat),
            discord,
            frame: stray.map(|(_, frame)| frame),
            criteria: letters(line),
        })
    }

    /// The nearest thing to a missing request: the same word with another target.
    pub(super) fn stray_of(&self, line: &Line) -> Option<(String, u32)> {
        self.transfer
            .events()
            .iter()
            .rev()
            .take(16)
            .find_map(|event| {
                let operation = event.operation()?;
                let same = event.from == line.seat
                    && line.word.value.names(operation.word())
                    && !event.claimed;
                same.then(|| (operation.label(), event.frame()))
            })
    }

    pub(super) fn unanswered(
        &self,
        active: &Active,
        line: &Line,
        request: usize,
        limit: Duration,
    ) -> Box<Failure> {
        let frame = self.transfer.event(request).map(Event::frame);
        let first = line.alternatives.first().unwrap_or(line);
        let expected = first.word.value.code().map_or_else(
            || first.word.value.name().to_owned(),
            |code| code.to_string(),
        );
        let wrong = self.transfer.events().iter().find(
            |event| matches!(event.sort, Sort::Stray(Stray::WrongToken(of)) if of == request),
        );
        let (actual, frame) =
            match wrong.and_then(|event| Some((event.message.as_ref()?, event.frame()))) {
                Some((message, wrong)) => (
                    format!("{} with token {}", message.code, message.token),
                    Some(wrong),
                ),
                None => (
                    format!("no answer within {:.1} s", limit.as_secs_f64()),
                    frame,
                ),
            };
        let ours = !self.setting.tested(line.seat);
        let _ = active;
        Box::new(Failure {
            blame: (!ours).then_some(line.seat),
            definite: !ours,
            message: format!("the {} gave {actual}", line.seat),
            discord: Discord {
                span: line.span,
                subject: "answer".to_owned(),
                expected,
                actual,
                offset: None,
                unknown: false,
            },
            frame,
            criteria: letters(line),
        })
    }

    /// A reaction where the line wants none at all; a notification is acknowledged all the same.
    pub(super) fn forbidden_reaction(&self, line: &Line, request: usize) -> Option<Box<Failure>> {
        let event = self.transfer.event(request)?;
        let asks = event
            .message
            .as_ref()
            .is_none_or(|message| message.code.is_request());
        let none = line.word.value == Word::NoAnswer && asks;
        let reaction = self.transfer.reaction_to(request).filter(|_| none)?;
        let header = reaction.reading.header?;
        let discord = Discord {
            span: line.word.span,
            subject: "answer".to_owned(),
            expected: "none".to_owned(),
            actual: format!("{} {}", header.kind, header.code),
            offset: None,
            unknown: false,
        };
        Some(Box::new(Failure {
            blame: Some(line.seat),
            definite: true,
            message: format!("the {} reacted with {}", line.seat, discord.actual),
            frame: Some(reaction.frame),
            discord,
            criteria: letters(line),
        }))
    }
}

/// What a Bootstrap-Server wrote of a set of values: a configuration is a minimum, and it may write more.
fn minimum(matcher: &Matcher, actual: Actual, scope: &dyn Scope) -> Actual {
    let Form::Scalar(scalar) = &matcher.form else {
        return actual;
    };
    let ScalarKind::Text(text) = &scalar.kind else {
        return actual;
    };
    match (scope.resolve(text), actual) {
        (Ok(Actual::Nodes(wanted)), Actual::Nodes(mut nodes)) => {
            nodes.retain(|node| wanted.iter().any(|one| one.path == node.path));
            // an empty value says as much as none
            let left_out = |one: &&Node| {
                let empty = one.value == Value::Opaque(Vec::new());
                empty && !nodes.iter().any(|node| node.path == one.path)
            };
            let left_out: Vec<Node> = wanted.iter().filter(left_out).cloned().collect();
            nodes.extend(left_out);
            Actual::Nodes(nodes)
        }
        (_, actual) => actual,
    }
}

/// A URI of which a message carries only path and query, with the file server's address before it.
fn absolute(name: &str, actual: Actual, view: &View<'_>) -> Actual {
    let base = (name == "uri")
        .then(|| view.lookup("file-server.uri"))
        .flatten();
    match (base, &actual) {
        (Some(Actual::Value(base)), Actual::Value(lwm2m::Value::String(reference))) => {
            let base = pattern::plain(&base);
            let authority = base.split('/').take(3).collect::<Vec<_>>().join("/");
            Actual::text(format!("{authority}{reference}"))
        }
        _ => actual,
    }
}

/// Letters of a line.
pub(super) fn letters(line: &Line) -> Vec<String> {
    line.criteria
        .iter()
        .map(|letter| letter.value.clone())
        .collect()
}

/// What was there instead of the code that a word means; `None` if it fits.
pub(crate) fn wrong_code(word: Word, event: &Event) -> Option<String> {
    if let Sort::Channel(note) = &event.sort {
        let description = note.fields.iter().find(|(name, _)| *name == "description");
        let told = description.map(|(_, actual)| format!(" {}", actual.describe()));
        let found = format!("{}{}", note.word, told.unwrap_or_default());
        return (note.word != word).then_some(found);
    }
    let message = event.message.as_ref()?;
    if let Sort::Reset(_) = event.sort {
        return (word != Word::Reset).then(|| "a Reset".to_owned());
    }
    let fits = match word {
        Word::Reset => message.kind == Kind::Rst,
        Word::NoAnswer => false,
        Word::AnyClientError => message.code.class() == 4,
        Word::AnyServerError => message.code.class() == 5,
        Word::AnyError => matches!(message.code.class(), 4 | 5),
        _ => word.code() == Some(message.code),
    };
    (!fits).then(|| code_text(message.code))
}

fn code_text(code: Code) -> String {
    code.to_string()
}

pub(super) fn shape_discord(
    line: &Line,
    subject: &str,
    expected: String,
    actual: String,
) -> Discord {
    Discord {
        span: line.span,
        subject: subject.to_owned(),
        expected,
        actual,
        offset: None,
        unknown: false,
    }
}

/// Subject of a mismatch of response codes.
pub(super) const CODE: &str = "code";
