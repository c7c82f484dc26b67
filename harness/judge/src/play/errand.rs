//! The set-up of a client beside a server that is an implementation too: the server is made to read and write.
//!
//! What the server sends is its own, so that only the wire says what was read and written.

use coap::Time;
use lwm2m::{Operation, Path, Value};
use testcase::Seat;

use super::Play;
use super::active::LATE_REQUEST;
use crate::command::{Command, CommandId, Outcome, Request, Stimulus};
use crate::equality::same_value;
use crate::event::{Event, Sort};
use crate::fields::Fields;

impl Play {
    /// Makes a server under test send a request of the set-up; an operator is not bothered with it.
    pub(super) fn trigger_set_up(&mut self, request: Request, now: Time) -> CommandId {
        let mut placeholders = self.operation_fillings(&request.operation);
        if let Operation::Read(_) = request.operation {
            placeholders.push(("accept".to_owned(), self.setup_format().to_string()));
        }
        let label = request.operation.label();
        let stimulus = Box::new(Stimulus {
            word: request.operation.word(),
            placeholders,
            request: Some(request),
            to: Seat::CLIENT,
            sentence: String::new(),
        });
        let seat = Seat::SERVER;
        let id = self.command(now, |id| Command::Trigger { id, seat, stimulus });
        self.log_control(now, id, seat, format!("trigger {label} (set-up)"));
        id
    }

    /// Whether the trigger of a task failed, and nothing more can come of it.
    pub(super) fn has_no_stimulus(&self, told: Option<CommandId>, now: Time) -> Result<bool, Time> {
        let failed = told.and_then(|id| {
            let found = self.outcomes.iter().find(|(known, ..)| *known == id)?;
            (!matches!(found.2, Outcome::Done(_))).then_some(found.1)
        });
        match failed {
            // what an adapter says of an exchange is no evidence, the exchange is
            Some(at) if now < at + LATE_REQUEST => Err(at + LATE_REQUEST),
            failed => Ok(failed.is_some()),
        }
    }

    /// Whether the Write that `answer` answers wrote what it should; what a server under test sends is its own.
    pub(super) fn was_written(&self, answer: &Event, path: &Path, value: &Value) -> bool {
        if !self.setting.tested(Seat::SERVER) {
            return true;
        }
        let Sort::Response(of) = answer.sort else {
            return false;
        };
        let fields = Fields {
            transfer: &self.transfer,
            types: &self.setting.types,
        };
        let request = self.transfer.event(of);
        let nodes = request.and_then(|event| fields.nodes(event, event.message.as_ref()?).ok());
        nodes.is_some_and(|nodes| {
            let mut nodes = nodes.iter();
            nodes.any(|node| node.path == *path && same_value(&node.value, value))
        })
    }
}
