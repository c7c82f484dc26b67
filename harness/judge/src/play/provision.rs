//! What a seat that acts of its own accord is provisioned with before the case: the requests and values that its lines say.
//!
//! A Bootstrap-Server is not told what to send while a bootstrap goes on; it holds its sequence by then (Core TS, 6.1).

use coap::{ContentFormat, Time};
use lwm2m::operation::BootstrapFinish;
use lwm2m::{Operation, Path};
use testcase::{Line, Seat, Step, Word, WordKind};

use super::Play;
use super::placeholders::base64;
use super::sequence::Stage;
use crate::command::{Command, CommandId, Outcome, Request, Stimulus};
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

    /// Hands a Bootstrap-Server under test its sequence; `None` if there is none.
    pub(super) fn provision(&mut self, now: Time) -> Option<CommandId> {
        let seat = Seat::BOOTSTRAP_SERVER;
        let tested = self.setting.tested(seat) && !self.setting.hindsight;
        if !tested || self.words_of(seat).is_empty() {
            return None;
        }
        let sequence = self.requests_of(seat);
        let told: Vec<String> = sequence.iter().map(Operation::label).collect();
        let mut placeholders = self.told_fillings();
        placeholders.push(("sequence".to_owned(), listed(&sequence)));
        let stimulus = Box::new(Stimulus {
            word: PROVISION,
            placeholders,
            request: Some(nothing()),
            to: Seat::CLIENT,
            sentence: format!(
                "Give the {seat} these operations for the next bootstrap: {}",
                told.join(", ")
            ),
        });
        let id = self.command(now, |id| Command::Trigger { id, seat, stimulus });
        self.log_control(now, id, seat, format!("trigger {PROVISION}"));
        Some(id)
    }

    /// Goes on once the Bootstrap-Server has its sequence; without one the case decides nothing.
    pub(super) fn provisioned(&mut self, id: CommandId, now: Time) -> bool {
        match self.outcome(id).cloned() {
            None => {
                self.wake = None;
                self.stage = Stage::Provisioning(id);
                return false;
            }
            Some(Outcome::Done(_)) => self.begin_states(),
            Some(outcome) => {
                let seat = Seat::BOOTSTRAP_SERVER;
                let reason = format!("the {seat} was not provisioned: {}", outcome.reason());
                self.stage = Stage::Dialogue(0);
                self.give_up(&reason, now);
            }
        }
        true
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

/// A stimulus that is no operation.
fn nothing() -> Request {
    Request {
        operation: BootstrapFinish::default().into(),
        kind: None,
        token: None,
        options: Vec::new(),
        datagram: None,
        block_size: None,
        forgets: false,
    }
}

/// Operations as a JSON list, for the interface of a Bootstrap-Server.
fn listed(sequence: &[Operation]) -> String {
    let members = sequence.iter().map(|operation| {
        let mut member = format!("{{\"operation\":\"{}\"", operation.word());
        if let Some(path) = operation.path() {
            member.push_str(&format!(",\"path\":\"{path}\""));
        }
        if let Operation::BootstrapRead(read) = operation
            && let Some(accept) = read.accept
        {
            member.push_str(&format!(",\"accept\":\"{accept}\""));
        }
        if let Some(format) = operation.content_format() {
            let payload = base64(operation.payload());
            member.push_str(&format!(
                ",\"content-format\":\"{format}\",\"payload\":\"{payload}\""
            ));
        }
        member + "}"
    });
    format!("[{}]", members.collect::<Vec<_>>().join(","))
}

/// The word under `control.trigger` of a Bootstrap-Server's profile.
const PROVISION: &str = "provision";

#[cfg(test)]
mod tests {
    use lwm2m::operation::{BootstrapDiscover, BootstrapRead, BootstrapWrite};

    use super::*;

    #[test]
    fn operations_are_listed_with_what_each_needs() {
        let path = |text: &str| text.parse().unwrap();
        let sequence = [
            BootstrapWrite::new(path("/1/0/1"), ContentFormat::TEXT, b"60".to_vec()).into(),
            BootstrapDiscover::new(Path::ROOT).into(),
            BootstrapRead::new(path("/1"), Some(ContentFormat::TLV)).into(),
            BootstrapFinish::default().into(),
        ];
        let wanted = concat!(
            r#"[{"operation":"bootstrap-write","path":"/1/0/1","content-format":"text","payload":"NjA="},"#,
            r#"{"operation":"bootstrap-discover","path":"/"},"#,
            r#"{"operation":"bootstrap-read","path":"/1","accept":"tlv"},"#,
            r#"{"operation":"bootstrap-finish"}]"#
        );
        assert_eq!(listed(&sequence), wanted);
        assert_eq!(listed(&[]), "[]");
    }
}
