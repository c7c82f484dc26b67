//! Silence: a seat sends none of these for so long (notation, 2 and 3.6).

use coap::Time;
use testcase::{Line, Word};

use super::Play;
use super::active::{Active, Failure, Phase, Progress};
use super::compare::letters;
use crate::command::Command;
use crate::event::{Event, Sort};
use crate::pattern::Discord;

impl Play {
    pub(super) fn silent(&mut self, active: &mut Active, now: Time) -> Progress {
        let line = active
            .step
            .lines
            .iter()
            .find(|line| line.word.value == Word::Silence)
            .cloned();
        let Some(line) = line else {
            active.phase = Phase::Checking;
            return Progress::Waits(None);
        };
        if !self.setting.tested(line.seat) && !active.hushed {
            active.hushed = true;
            self.hush(&line, true);
        }
        if let Some(failure) = self.unjudged_silence(&line) {
            return Progress::Failed(failure);
        }
        if let Some(index) = self.noise(&line) {
            return Progress::Failed(self.broken(&line, index));
        }
        let limit = line
            .within
            .as_ref()
            .map(|scalar| self.duration(active, scalar))
            .unwrap_or_default();
        let until = active.cause.max(active.began) + limit;
        if now < until {
            return Progress::Waits(Some(until));
        }
        if active.hushed {
            self.hush(&line, false);
        }
        active.phase = Phase::Checking;
        Progress::Waits(None)
    }

    /// Tells a seat of the harness to keep the silence that the line asks of it.
    fn hush(&mut self, line: &Line, begins: bool) {
        let words = line.silenced.iter().map(|one| one.value.name()).collect();
        let seat = line.seat;
        self.tell(Command::Hush {
            seat,
            words,
            begins,
        });
    }

    /// The first message that breaks the silence: after the silent seat's own last claimed message.
    pub(super) fn noise(&self, line: &Line) -> Option<usize> {
        let events = self.transfer.events();
        let own_last = events
            .iter()
            .rposition(|event| event.claimed && event.from == line.seat);
        let first = own_last.map_or(self.dialogue_window(), |index| index + 1);
        let words = forbidden_words(line);
        (first..events.len()).find(|index| {
            let event = &events[*index];
            event.from == line.seat && !event.claimed && is_noise(event, &words)
        })
    }

    pub(super) fn broken(&self, line: &Line, index: usize) -> Box<Failure> {
        let event = self.transfer.event(index);
        let actual = event.map(|event| match (&event.sort, event.operation()) {
            (Sort::Notification(_), _) => "a notification".to_owned(),
            (_, Some(operation)) => operation.label(),
            (Sort::Channel(note), _) => note.word.name().to_owned(),
            _ => "a request".to_owned(),
        });
        let actual = actual.unwrap_or_default();
        Box::new(Failure {
            blame: Some(line.seat),
            definite: true,
            message: format!("the {} sent {actual}", line.seat),
            discord: Discord {
                span: line.span,
                subject: "silence".to_owned(),
                expected: format!("no {}", forbidden_words(line).join(", ")),
                actual,
                offset: None,
                unknown: false,
            },
            frame: event.map(Event::frame),
            criteria: letters(line),
        })
    }
}

fn forbidden_words(line: &Line) -> Vec<String> {
    line.silenced
        .iter()
        .map(|one| one.value.name().to_owned())
        .collect()
}

/// Whether a line of silence forbids this message.
pub(super) fn forbids(line: &Line, event: &Event) -> bool {
    is_noise(event, &forbidden_words(line))
}

fn is_noise(event: &Event, words: &[String]) -> bool {
    let any = words.iter().any(|word| word == "any");
    match &event.sort {
        Sort::Notification(_) => any || words.iter().any(|word| word == "notify"),
        Sort::Request(Some(operation)) => any || words.iter().any(|word| word == operation.word()),
        Sort::Channel(note) => words.iter().any(|word| word == note.word.name()),
        // an Empty message asks for nothing (RFC 7252, 4.3)
        Sort::Request(None) => {
            let asks = |message: &coap::Message| message.code.is_request();
            any && event.message.as_ref().is_some_and(asks)
        }
        _ => false,
    }
}
