//! Lines outside of a case: mutants have no variables, and look at one message at a time.
//!
//! Nothing is claimed and nothing judged here; the same patterns and templates are used as in a play.

use std::sync::Arc;

use coap::{Message, Time, option};
use lwm2m::{Operation, Path, Registry, Value};
use testcase::{CoapName, Expression, Line, Scalar, Seat, Text, Word};

use crate::actual::Actual;
use crate::command::{Reply, Request};
use crate::event::{Event, Sort};
use crate::fields::Fields;
use crate::pattern::{Scope, Unknown, compare};
use crate::play::{option_content, wrong_code};
use crate::template::{Known, Surroundings};
use crate::transfer::Transfer;

/// Lines whose values are written out.
#[derive(Clone, Debug)]
pub struct Literal {
    /// Types of Resources.
    pub types: Arc<Registry>,
}

impl Literal {
    /// Whether `message` is what `line` says: its word, and every field and option that is written.
    ///
    /// `operation` is what the message is, or what it answers. Fields named in `known` have been looked at already.
    pub fn fits(
        &self,
        line: &Line,
        message: &Message,
        operation: Option<&Operation>,
        known: &[&str],
    ) -> bool {
        let (transfer, index) = transfer_of(message, operation);
        let Some(event) = transfer.event(index) else {
            return false;
        };
        let raw = |one: &testcase::CoapField| one.name.value == CoapName::Option(option::URI_PATH);
        // a path that is written raw may make it no operation at all
        let unnamed = line.coap.iter().any(raw) && message.code.is_request();
        if !unnamed && !is_word(line.word.value, event, message, operation) {
            return false;
        }
        let fields = Fields {
            transfer: &transfer,
            types: &self.types,
        };
        let fits =
            |name: &str, matcher, actual: &Actual| compare(name, matcher, actual, self).is_ok();
        let all_fields = line.fields.iter().all(|one| {
            let name = one.name.value.name();
            known.contains(&name) || fits(name, &one.matcher, &fields.field(index, name))
        });
        let all_options = line.coap.iter().all(|one| match one.name.value {
            CoapName::Option(number) => {
                let actual = option_content(message, number, &one.matcher);
                fits("option", &one.matcher, &actual)
            }
            CoapName::Code => fits(
                "code",
                &one.matcher,
                &Actual::text(message.code.to_string()),
            ),
            _ => true,
        });
        let kind = line.kind.is_none_or(|kind| kind == message.kind);
        all_fields && all_options && kind
    }

    /// The answer that a line says, to a request at `path`; the reason if it says none.
    pub fn reply(&self, line: &Line, path: Option<Path>) -> Result<Reply, String> {
        let reply = self.surroundings().reply(line, path).map_err(|why| why.0)?;
        let natural = || Reply {
            code: line.word.value.code(),
            ..Reply::default()
        };
        let mut reply = reply.unwrap_or_else(natural);
        if reply.code.is_none() && !reply.reset && !reply.nothing {
            reply.code = line.word.value.code();
        }
        Ok(reply)
    }

    /// The request that a line says; what it leaves open is left to whoever sends it.
    pub fn request(&self, line: &Line) -> Result<Request, String> {
        self.surroundings().request(line).map_err(|why| why.0)
    }

    /// A scalar as a value of the type that stands at `path`.
    pub fn value(&self, path: &Path, scalar: &Scalar) -> Result<Value, String> {
        self.surroundings().value(path, scalar).map_err(|why| why.0)
    }

    /// The bytes of an option.
    pub fn option_value(&self, scalar: &Scalar) -> Result<Vec<u8>, String> {
        self.surroundings()
            .option_value(scalar)
            .map_err(|why| why.0)
    }

    fn surroundings(&self) -> Surroundings<'_> {
        Surroundings {
            scope: self,
            types: &self.types,
            formats: &[],
            registration: Known::default(),
            observation: None,
        }
    }
}

impl Scope for Literal {
    fn resolve(&self, text: &Text) -> Result<Actual, Unknown> {
        text.resolve(|_| None)
            .map(Actual::text)
            .map_err(|name| Unknown(name.to_owned()))
    }

    fn holds(&self, _expression: &Expression) -> bool {
        true
    }

    fn bind(&self, _variable: &str, _seen: &Actual) -> bool {
        false
    }
}

/// The message as the transfer layer would keep it: behind its request if it answers one.
fn transfer_of(message: &Message, operation: Option<&Operation>) -> (Transfer, usize) {
    let event = |message: Option<&Message>, sort| Event {
        time: Time::ZERO,
        completed: Time::ZERO,
        frames: Vec::new(),
        from: Seat::CLIENT,
        to: Seat::SERVER,
        message: message.cloned(),
        sort,
        blocks: None,
        claimed: false,
    };
    let request = Sort::Request(operation.cloned().map(Box::new));
    let mut transfer = Transfer::default();
    let index = if message.code.is_request() {
        transfer.inherit(event(Some(message), request))
    } else {
        let of = transfer.inherit(event(None, request));
        let sort = match message.kind {
            coap::Kind::Rst => Sort::Reset(Some(of)),
            _ if matches!(operation, Some(Operation::Notify(_))) => Sort::Notification(of),
            _ => Sort::Response(of),
        };
        transfer.inherit(event(Some(message), sort))
    };
    (transfer, index)
}

fn is_word(word: Word, event: &Event, message: &Message, operation: Option<&Operation>) -> bool {
    if word == Word::Notify {
        // the answer to an Observe carries the option too, and is none
        let observed = match operation {
            Some(Operation::Notify(_)) => true,
            Some(Operation::Observe(_) | Operation::ObserveComposite(_)) => {
                message.kind != coap::Kind::Ack
            }
            _ => false,
        };
        return observed && message.code.is_response() && message.observe().is_some();
    }
    if word.sender().is_some() {
        let same = operation.is_some_and(|operation| word.names(operation.word()));
        return same && message.code.is_request();
    }
    !message.code.is_request() && wrong_code(word, event).is_none()
}
