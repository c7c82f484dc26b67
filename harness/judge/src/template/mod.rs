//! A line as a template: the operation or answer that a seat of the harness sends, or that an implementation is told to send.
//!
//! What the line leaves open is filled in by the standard's default or by the emulator.

mod operation;
mod shape;
mod text;
mod values;

use coap::{Code, ContentFormat, Token};
use lwm2m::operation::ObserveComposite;
use lwm2m::{Path, Registry};
use testcase::{Form, Line, Matcher, Scalar, Test, Word};

use crate::command::{OptionChange, Reply, Request};
use crate::pattern::Scope;

pub use values::typed;

/// What a template may lean on.
pub(crate) struct Surroundings<'a> {
    /// Variables.
    pub(crate) scope: &'a dyn Scope,
    /// Types of Resources.
    pub(crate) types: &'a Registry,
    /// Content-Formats that the receiver claims, for payloads whose format the line leaves open.
    pub(crate) formats: &'a [ContentFormat],
    /// What is known of the registration in force: endpoint, lifetime, version, location and object list.
    pub(crate) registration: Known,
    /// The observation that a line names with `of`.
    pub(crate) observation: Option<Observed>,
}

/// An observation, as lines about it need it.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    /// The observed path; the root of a composite observation.
    pub(crate) path: Path,
    /// Its token.
    pub(crate) token: Token,
    /// The request that began it, if several paths are observed.
    pub(crate) composite: Option<ObserveComposite>,
}

/// The registration in force, as a client's own messages need it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Endpoint Client Name.
    pub(crate) endpoint: Option<String>,
    /// Lifetime in seconds.
    pub(crate) lifetime: Option<u32>,
    /// Enabler version.
    pub(crate) version: String,
    /// Location path segments.
    pub(crate) location: Vec<String>,
    /// Object list, as link format.
    pub(crate) objects: String,
}

/// Why a template cannot be written: an author's mistake that the loader could not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unwritable(pub(crate) String);

impl Surroundings<'_> {
    /// The request that `line` says.
    pub(crate) fn request(&self, line: &Line) -> Result<Request, Unwritable> {
        Ok(Request {
            operation: self.operation(line)?,
            kind: line.kind,
            token: self.token(line)?.or_else(|| self.observed_token(line)),
            options: self.options(line)?,
            datagram: self.datagram(line)?,
            block_size: line
                .blocks
                .as_ref()
                .and_then(|blocks| blocks.size.as_ref())
                .map(|size| size.value),
            forgets: self.optional(line, "by")?.as_deref() == Some("reset"),
        })
    }

    /// The token of the observation that `line` ends (RFC 7641, 3.6).
    fn observed_token(&self, line: &Line) -> Option<Token> {
        let observed = self.observation.as_ref()?;
        (line.word.value == Word::CancelObservation).then(|| observed.token.clone())
    }

    /// The answer that `line` insists on; `None` if the emulator's own answer is what the line means.
    pub(crate) fn reply(
        &self,
        line: &Line,
        request_path: Option<Path>,
    ) -> Result<Option<Reply>, Unwritable> {
        let mut reply = Reply {
            kind: line.kind,
            token: self.token(line)?,
            options: self.options(line)?,
            datagram: self.datagram(line)?,
            ..Reply::default()
        };
        match line.word.value {
            Word::Reset => reply.reset = true,
            Word::NoAnswer => reply.nothing = true,
            Word::Content => self.content(line, request_path, &mut reply)?,
            Word::Created => {
                reply.code = Some(Code::CREATED);
                reply.options.extend(self.location_of(line)?);
            }
            word => reply.code = word.code(),
        }
        let plain_success = matches!(
            line.word.value,
            Word::Changed | Word::Created | Word::Deleted | Word::Content
        );
        let open = reply.kind.is_none()
            && reply.token.is_none()
            && reply.options.is_empty()
            && reply.datagram.is_none()
            && reply.values.is_empty()
            && reply.payload.is_none();
        if plain_success && open {
            return Ok(None);
        }
        Ok(Some(reply))
    }

    /// The location that an answer insists on, a segment an option.
    fn location_of(&self, line: &Line) -> Result<Option<OptionChange>, Unwritable> {
        let location = self.optional(line, "location")?;
        Ok(location.map(|location| {
            let segments = location.split('/').filter(|segment| !segment.is_empty());
            OptionChange {
                number: coap::option::LOCATION_PATH,
                values: segments
                    .map(|segment| segment.as_bytes().to_vec())
                    .collect(),
            }
        }))
    }

    fn content(
        &self,
        line: &Line,
        path: Option<Path>,
        reply: &mut Reply,
    ) -> Result<(), Unwritable> {
        if let Some(bytes) = self.bytes(line, "payload")? {
            reply.code = Some(Code::CONTENT);
            reply.payload = Some((self.format(line, "content-format")?, bytes));
        }
        if let (Some(path), Some(scalar)) = (path, scalar_of(line, "value")) {
            reply.values.push((path, self.value(&path, scalar)?));
        }
        if let Some(Form::Map(entries)) = field(line, "node").map(|matcher| &matcher.form) {
            for entry in entries {
                let Some(scalar) = own_value(&entry.matcher) else {
                    continue;
                };
                let path = parse_path(&self.text(&entry.key)?)?;
                reply.values.push((path, self.value(&path, scalar)?));
            }
        }
        Ok(())
    }
}

/// The matcher of a field.
pub(crate) fn field<'l>(line: &'l Line, name: &str) -> Option<&'l Matcher> {
    line.fields
        .iter()
        .find(|field| field.name.value.name() == name)
        .map(|field| &field.matcher)
}

/// The value that a template takes from a matcher: a scalar, or what `is` says.
pub(crate) fn own_value(matcher: &Matcher) -> Option<&Scalar> {
    match &matcher.form {
        Form::Scalar(scalar) => Some(scalar),
        Form::Tests(tests) => tests.iter().find_map(|test| match test {
            Test::Is(scalar) => Some(scalar),
            _ => None,
        }),
        _ => None,
    }
}

/// Whether a matcher says what is to be sent, and not only how it has to be.
pub(crate) fn says_a_value(matcher: &Matcher) -> bool {
    match &matcher.form {
        Form::Map(entries) => entries.iter().any(|entry| says_a_value(&entry.matcher)),
        Form::Absent => true,
        _ => own_value(matcher).is_some(),
    }
}

fn scalar_of<'l>(line: &'l Line, name: &str) -> Option<&'l Scalar> {
    field(line, name).and_then(own_value)
}

fn is_absent(line: &Line, name: &str) -> bool {
    field(line, name).is_some_and(|matcher| matcher.form == Form::Absent)
}

fn parse_path(text: &str) -> Result<Path, Unwritable> {
    text.parse()
        .map_err(|error| Unwritable(format!("\"{text}\" is no path: {error}")))
}
