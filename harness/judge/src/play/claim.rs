//! Which message a line may take: by word, addressee and target (notation, 3.3).

use coap::option;
use testcase::{CoapName, Form, Line, Step, Word};

use super::Play;
use super::active::Active;
use super::advance::{addressee, rejects, request_line};
use super::exchange::is_told;
use super::sequence::Stage;
use super::silence::forbids;
use crate::event::{Event, Sort, Stray};
use crate::pattern;
use crate::template::own_value;

impl Play {
    /// Takes the first unclaimed message of the step's window that its line means.
    pub(super) fn take_request(&mut self, active: &mut Active, line: &Line) -> Option<usize> {
        if rejects(&active.step) {
            return self.take_rejected(active, line);
        }
        let found = self.find_request(active, line);
        if line.word.value == Word::Notify && self.observation_start(active, line).is_some() {
            // what is no notification of this stream will not become one
            let count = self.transfer.events().len();
            active.looked = found.map_or(count, |index| index + 1);
        }
        if self.is_foreign() && found.is_none() {
            // a capture may be long, and what does not fit now will not fit later
            active.looked = self.transfer.events().len();
        }
        self.take(active, found?);
        found
    }

    /// The first unclaimed message of the step's window that its line means.
    pub(super) fn find_request(&self, active: &Active, line: &Line) -> Option<usize> {
        let first = match line.word.value {
            // a stream counts from its Observe (notation, 3.6)
            Word::Notify => self.stream_start(active, line).unwrap_or(active.window),
            _ => active.window,
        };
        let count = self.transfer.events().len();
        let first = first.max(active.looked);
        let mut meant = (first..count).filter(|index| self.is_meant(active, line, *index));
        if self.is_foreign() && is_told(line) {
            // another request to the same target is no attempt at this case
            return meant.find(|index| self.says(active, line, *index));
        }
        match line.word.value {
            // a client may send of its own accord too; what it was asked for is told by what it carries
            Word::Send if line.trigger == Some(true) => {
                meant.find(|index| self.carries_what_was_asked(active, line, *index))
            }
            _ => meant.next(),
        }
    }

    /// Whether a Send has every value that its line names, whatever they are.
    fn carries_what_was_asked(&self, active: &Active, line: &Line, index: usize) -> bool {
        let Some(Form::Map(entries)) = line
            .fields
            .iter()
            .find(|one| one.name.value.name() == "node")
            .map(|one| &one.matcher.form)
        else {
            return true;
        };
        let view = self.view(&active.own, false);
        let crate::actual::Actual::Nodes(nodes) = view.fields.field(index, "node") else {
            return false;
        };
        entries.iter().all(|entry| {
            let path = match pattern::Scope::resolve(&view, &entry.key) {
                Ok(crate::actual::Actual::Value(path)) => pattern::plain(&path),
                _ => return false,
            };
            let path = path.parse::<lwm2m::Path>();
            path.is_ok_and(|path| nodes.iter().any(|node| path.contains(&node.path)))
        })
    }

    /// Takes the notification that was rejected since the step began.
    ///
    /// One that was accepted has crossed the cancellation; the rejected one may have been on its way when the step before took it.
    fn take_rejected(&mut self, active: &Active, line: &Line) -> Option<usize> {
        let events = self.transfer.events().get(active.window..)?;
        let found = events.iter().find_map(|event| match event.sort {
            Sort::Reset(Some(of)) if self.is_about(active, line, of) => Some(of),
            _ => None,
        })?;
        self.take(active, found);
        Some(found)
    }

    /// Takes the first notification since the step began, when none was rejected in time.
    pub(super) fn take_unrejected(&mut self, active: &Active, line: &Line) -> Option<usize> {
        let count = self.transfer.events().len();
        let found = (active.window..count).find(|index| self.is_meant(active, line, *index))?;
        self.take(active, found);
        Some(found)
    }

    /// An unclaimed match of this case from before the step's window.
    pub(super) fn look_back(&mut self, active: &mut Active, line: &Line) -> Option<usize> {
        let exact = self.is_foreign();
        let found = (0..active.window).rev().find(|index| {
            let says = || self.says(active, line, *index);
            self.is_meant(active, line, *index) && (!exact || says())
        })?;
        self.take(active, found);
        Some(found)
    }

    fn take(&mut self, active: &Active, index: usize) {
        self.transfer.claim(index);
        let frames = self
            .transfer
            .event(index)
            .map(|event| event.frames.clone())
            .unwrap_or_default();
        let record = active.record;
        if let Some(step) = self.step_record(record) {
            step.frames.extend(frames);
        }
    }

    fn is_meant(&self, active: &Active, line: &Line, index: usize) -> bool {
        let claimed = self.transfer.event(index).is_none_or(|event| event.claimed);
        !claimed && self.is_about(active, line, index)
    }

    /// Whether a line may speak of this message, by what no variable can change.
    pub(super) fn may_be(&self, active: &Active, line: &Line, index: usize) -> bool {
        self.transfer.event(index).is_some_and(|event| {
            let raw = line.datagram.is_some() || !line.coap.is_empty();
            event.from == line.seat
                && event.to == addressee(line, &active.step)
                && (raw || self.is_word(event, line))
        })
    }

    /// Whether a line speaks of this message, whoever has taken it.
    fn is_about(&self, active: &Active, line: &Line, index: usize) -> bool {
        let Some(event) = self.transfer.event(index) else {
            return false;
        };
        if event.from != line.seat || event.to != addressee(line, &active.step) {
            return false;
        }
        if line.datagram.is_some() {
            return self.is_datagram(event, line);
        }
        if let Some(segments) = forced_path(line) {
            let sent = event.message.as_ref();
            return matches!(event.sort, Sort::Request(_))
                && sent.is_some_and(|sent| sent.text_options(option::URI_PATH) == segments);
        }
        self.is_word(event, line) && self.hits_target(active, line, index, event)
    }

    fn is_datagram(&self, event: &Event, line: &Line) -> bool {
        let sent = self
            .transfer
            .datagram(event.frame())
            .map(|datagram| &datagram.bytes);
        sent.is_some()
            && sent
                == match line.datagram.as_ref().map(|scalar| &scalar.kind) {
                    Some(testcase::ScalarKind::Bytes(bytes)) => Some(bytes),
                    _ => None,
                }
    }

    fn is_word(&self, event: &Event, line: &Line) -> bool {
        let word = line.word.value;
        let observation = line.fields.iter().any(|one| one.name.value.name() == "of");
        match (&event.sort, word) {
            (Sort::Notification(_), Word::Notify) => true,
            // an emulator made to notify what nobody observes any more
            (Sort::Stray(Stray::UnknownToken), Word::Notify) => observation,
            (Sort::Request(Some(operation)), _) => word.names(operation.word()),
            (Sort::Channel(note), _) => note.word == word,
            _ => false,
        }
    }

    fn hits_target(&self, active: &Active, line: &Line, index: usize, event: &Event) -> bool {
        line.fields
            .iter()
            .filter(|one| line.word.value.is_target_field(one.name.value))
            .all(|one| {
                if one.name.value.name() == "of" {
                    return self.is_of(active, line, event);
                }
                let listed =
                    one.name.value.name() == "paths" && forces(line, option::CONTENT_FORMAT);
                // a list in a format that nobody has can be read by nobody
                if listed || line.word.value == Word::Update && one.matcher.form == Form::Present {
                    return true;
                }
                let view = self.view(&active.own, false);
                let actual = view.fields.field(index, one.name.value.name());
                pattern::compare(one.name.value.name(), &one.matcher, &actual, &view).is_ok()
            })
    }

    fn is_of(&self, active: &Active, line: &Line, event: &Event) -> bool {
        let Some(start) = self.observation_start(active, line) else {
            return false;
        };
        match event.sort {
            Sort::Notification(of) => of == start,
            _ => {
                let token = |index| {
                    self.transfer
                        .event(index)
                        .and_then(|found: &Event| found.message.as_ref())
                        .map(|message| message.token.clone())
                };
                event.message.as_ref().map(|message| message.token.clone()) == token(start)
            }
        }
    }

    /// The Observe request that a line's `of` names.
    pub(super) fn observation_start(&self, active: &Active, line: &Line) -> Option<usize> {
        let of = line
            .fields
            .iter()
            .find(|one| one.name.value.name() == "of")?;
        let testcase::ScalarKind::Text(text) = &own_value(&of.matcher)?.kind else {
            return None;
        };
        let view = self.view(&active.own, false);
        match pattern::Scope::resolve(&view, text) {
            Ok(crate::actual::Actual::Value(name)) => {
                self.variables.captured(&pattern::plain(&name))
            }
            _ => None,
        }
    }

    fn stream_start(&self, active: &Active, line: &Line) -> Option<usize> {
        let request = self.observation_start(active, line)?;
        Some(self.transfer.answer_to(request).unwrap_or(request))
    }

    /// When the last notification of a line's stream before event `index` was sent, else when the stream began.
    pub(super) fn stream_before(
        &self,
        active: &Active,
        line: &Line,
        index: Option<usize>,
    ) -> coap::Time {
        let Some(start) = self.observation_start(active, line) else {
            return active.last.unwrap_or(active.began);
        };
        let events = self.transfer.events();
        let before = events.get(..index.unwrap_or(events.len())).unwrap_or(&[]);
        let last = before
            .iter()
            .rfind(|event| matches!(event.sort, Sort::Notification(of) if of == start));
        last.map_or_else(|| self.stream_began(active, line), |event| event.time)
    }

    /// A variable of a line's target that has no value, so that nobody can tell which message is meant.
    pub(super) fn unknown_target(&self, active: &Active, line: &Line) -> Option<String> {
        let view = self.view(&active.own, false);
        let targets = line
            .fields
            .iter()
            .filter(|one| line.word.value.is_target_field(one.name.value));
        targets.into_iter().find_map(|one| {
            let scalar = own_value(&one.matcher)?;
            let testcase::ScalarKind::Text(text) = &scalar.kind else {
                return None;
            };
            match pattern::Scope::resolve(&view, text) {
                Ok(crate::actual::Actual::Absent) | Err(_) => Some(text.to_string()),
                Ok(_) => None,
            }
        })
    }

    /// When the stream of a line began: at the answer to its Observe.
    pub(super) fn stream_began(&self, active: &Active, line: &Line) -> coap::Time {
        let start = self
            .stream_start(active, line)
            .and_then(|index| self.transfer.event(index));
        start.map_or(active.began, |event| event.completed)
    }

    /// Lets the lines of `meanwhile` take what no step in play wants.
    pub(super) fn take_meanwhile(&mut self) {
        let steps = self.setting.case.meanwhile.clone();
        if steps.is_empty() || !self.in_dialogue() {
            return;
        }
        for index in self.dialogue_window()..self.transfer.events().len() {
            let Some(event) = self.transfer.event(index) else {
                continue;
            };
            if event.claimed || event.operation().is_none() || self.is_wanted(index) {
                continue;
            }
            if self.breaks_silence(index) {
                continue;
            }
            if steps.iter().any(|step| self.fits_meanwhile(step, index)) {
                self.transfer.claim(index);
            }
        }
    }

    /// Whether a silence that goes on, or begins before its seat speaks again, forbids this message.
    fn breaks_silence(&self, index: usize) -> bool {
        let (Some(event), Stage::Dialogue(first)) = (self.transfer.event(index), &self.stage)
        else {
            return false;
        };
        let rest = (*first..).map_while(|step| self.dialogue_step(step));
        let to_come = rest.filter(|step| {
            let holds = |when| pattern::Scope::holds(&self.view(&[], false), when);
            step.when.as_ref().is_none_or(holds)
        });
        let now = self.active.iter().map(|active| active.step.clone());
        for step in now.chain(to_come) {
            let mut lines = step.group.iter().chain([&step]).flat_map(|one| &one.lines);
            if let Some(line) = lines.find(|line| line.seat == event.from) {
                return line.word.value == Word::Silence && forbids(line, event);
            }
        }
        false
    }

    /// Whether a step in play means this message.
    fn is_wanted(&self, index: usize) -> bool {
        self.active.iter().any(|active| {
            request_line(&active.step)
                .is_some_and(|line| active.request.is_none() && self.is_meant(active, line, index))
        })
    }

    fn fits_meanwhile(&self, step: &Step, index: usize) -> bool {
        let Some(line) = request_line(step) else {
            return false;
        };
        let active = Active::new(step.clone(), Vec::new(), usize::MAX, coap::Time::ZERO, 0);
        self.is_meant(&active, line, index)
    }
}

/// Whether a line writes an option raw.
fn forces(line: &Line, number: u16) -> bool {
    let mut raw = line.coap.iter();
    raw.any(|one| one.name.value == CoapName::Option(number))
}

/// The path segments that a line writes raw: with them it may be no operation at all.
fn forced_path(line: &Line) -> Option<Vec<String>> {
    let forced = line
        .coap
        .iter()
        .find(|one| one.name.value == CoapName::Option(option::URI_PATH))?;
    let Form::List(list) = &forced.matcher.form else {
        return None;
    };
    let texts = list
        .iter()
        .map(|one| own_value(one).map(ToString::to_string));
    texts.collect()
}
