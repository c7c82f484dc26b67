//! What a seat that acts of its own accord is provisioned with before the case: the requests and values that its lines say.
//!
//! A Bootstrap-Server is not told what to send while a bootstrap goes on; it holds its sequence by then (Core TS, 6.1).

use coap::ContentFormat;
use lwm2m::{Operation, Path};
use testcase::{Line, Seat, Step, Word, WordKind};

use super::Play;
use crate::pattern::Scope as _;
use crate::template::field;

impl Play {
    /// The requests of `seat` in the dialogue, in their order; one that hangs on a message is left out.
    pub fn requests_of(&self, seat: Seat) -> Vec<Operation> {
        let lines = self.lines_of(seat).into_iter();
        lines
            .filter(|(_, line)| line.word.value.kind() == WordKind::Request)
            .flat_map(|(step, line)| {
                let entries = self.instances(&step.each).into_iter().flatten();
                entries.filter_map(|own| {
                    let view = self.view(&own, false);
                    let request = self.surroundings(&view, line).request(line).ok()?;
                    Some(request.operation)
                })
            })
            .collect()
    }

    /// The words of the lines of `seat` in the dialogue.
    pub fn words_of(&self, seat: Seat) -> Vec<Word> {
        let lines = self.lines_of(seat).into_iter();
        lines.map(|(_, line)| line.word.value).collect()
    }

    /// Format and payload of the first answer of `seat` that carries values of any Object.
    pub fn content_of(&self, seat: Seat) -> Option<(ContentFormat, Vec<u8>)> {
        let carries =
            |line: &Line| line.word.value == Word::Content && field(line, "node").is_some();
        let mut lines = self.lines_of(seat).into_iter();
        let (_, line) = lines.find(|(_, line)| carries(line))?;
        let view = self.view(&[], false);
        self.surroundings(&view, line).body(line, &Path::ROOT).ok()
    }

    /// The lines of `seat` in the steps that apply, each with its step.
    fn lines_of(&self, seat: Seat) -> Vec<(&Step, &Line)> {
        let applies = |step: &&Step| {
            let holds = |when| self.view(&[], false).holds(when);
            step.when.as_ref().is_none_or(holds)
        };
        let steps = self.setting.case.dialogue.iter().filter(applies);
        steps
            .flat_map(|step| step.group.iter().chain([step]))
            .flat_map(|step| step.lines.iter().map(move |line| (step, line)))
            .filter(|(_, line)| line.seat == seat)
            .collect()
    }
}
