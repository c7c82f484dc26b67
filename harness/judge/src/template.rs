//! A line as a template: the operation or answer that a seat of the harness sends, or that an implementation is told to send.
//!
//! What the line leaves open is filled in by the standard's default or by the emulator.

use coap::{Code, ContentFormat, Token};
use lwm2m::operation::{
    BootstrapDelete, BootstrapDiscover, BootstrapFinish, BootstrapPackRequest, BootstrapRead,
    BootstrapRequest, BootstrapWrite, CancelObservation, Create, Delete, Deregister, Discover,
    Execute, Notify, Observe, ObserveComposite, Read, ReadComposite, Register, Send, Update, Write,
    WriteAttributes, WriteComposite, WriteMode,
};
use lwm2m::{Node, Operation, Path, Registry, Type, Value};
use testcase::{CoapName, Form, Line, Matcher, Scalar, ScalarKind, Test, Text, Word};

use crate::actual::Actual;
use crate::command::{OptionChange, Reply, Request};
use crate::pattern::{Scope, plain};

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
    /// Path and token of the observation that a line names with `of`.
    pub(crate) observation: Option<(Path, Token)>,
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
            token: self.token(line)?,
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

    fn operation(&self, line: &Line) -> Result<Operation, Unwritable> {
        let path = || self.path(line);
        let accept = || self.format(line, "accept");
        Ok(match line.word.value {
            Word::Register => self.register(line)?.into(),
            Word::Update => self.update(line)?.into(),
            Word::Deregister => Deregister::new(self.location(line)?).into(),
            Word::Notify => self.notify(line)?.into(),
            Word::Send => self.send(line)?.into(),
            Word::BootstrapRequest => {
                let endpoint = self
                    .optional(line, "endpoint")?
                    .or_else(|| self.registration.endpoint.clone());
                BootstrapRequest::new(
                    &endpoint.unwrap_or_default(),
                    self.format(line, "content-format")?,
                )
                .into()
            }
            Word::BootstrapPackRequest => BootstrapPackRequest {
                endpoint: self
                    .optional(line, "endpoint")?
                    .or_else(|| self.registration.endpoint.clone()),
                accept: accept()?,
                ..BootstrapPackRequest::default()
            }
            .into(),
            Word::Read => {
                let mut read = Read::new(path()?, accept()?);
                read.query = self.depth(line)?;
                read.into()
            }
            Word::Observe => Observe::new(path()?, accept()?).into(),
            Word::Discover => {
                let mut discover = Discover::new(path()?);
                discover.query = self.depth(line)?;
                discover.into()
            }
            Word::CancelObservation => {
                let target = match &self.observation {
                    Some((path, _)) => *path,
                    None => path()?,
                };
                CancelObservation::new(target, accept()?).into()
            }
            Word::Write => self.write(line)?.into(),
            Word::WriteAttributes => WriteAttributes::new(path()?, self.attributes(line)?).into(),
            Word::Execute => match self.optional(line, "arguments")? {
                Some(arguments) => Execute::with_arguments(path()?, &arguments).into(),
                None => Execute::new(path()?).into(),
            },
            Word::Delete => Delete::new(path()?).into(),
            Word::Create => {
                let (format, payload) = self.body(line, &path()?)?;
                Create::new(path()?, format, payload).into()
            }
            Word::ReadComposite | Word::ObserveComposite => self.composite_read(line)?,
            Word::WriteComposite => {
                let (format, payload) = self.body(line, &Path::ROOT)?;
                WriteComposite {
                    content_format: Some(format),
                    payload,
                    ..WriteComposite::default()
                }
                .into()
            }
            Word::BootstrapWrite => {
                let (format, payload) = self.body(line, &path()?)?;
                BootstrapWrite::new(path()?, format, payload).into()
            }
            Word::BootstrapRead => BootstrapRead::new(path()?, accept()?).into(),
            Word::BootstrapDiscover => BootstrapDiscover::new(path()?).into(),
            Word::BootstrapDelete => BootstrapDelete::new(path()?).into(),
            Word::BootstrapFinish => BootstrapFinish::default().into(),
            other => {
                return Err(Unwritable(format!(
                    "\"{}\" is nothing that this harness can send",
                    other.name()
                )));
            }
        })
    }

    fn register(&self, line: &Line) -> Result<Register, Unwritable> {
        let known = &self.registration;
        let lifetime = self
            .optional(line, "lifetime")?
            .or_else(|| known.lifetime.map(|seconds| seconds.to_string()));
        let mut register = Register {
            endpoint: self
                .optional(line, "endpoint")?
                .or_else(|| known.endpoint.clone()),
            lifetime,
            version: self
                .optional(line, "version")?
                .or_else(|| Some(known.version.clone())),
            binding: self.optional(line, "binding")?,
            content_format: Some(ContentFormat::LINK_FORMAT),
            objects: known.objects.clone().into_bytes(),
            ..Register::default()
        };
        for (name, target) in [
            ("endpoint", &mut register.endpoint),
            ("lifetime", &mut register.lifetime),
            ("version", &mut register.version),
        ] {
            if is_absent(line, name) {
                *target = None;
            }
        }
        if is_absent(line, "objects") {
            register.objects.clear();
            register.content_format = None;
        }
        Ok(register)
    }

    fn update(&self, line: &Line) -> Result<Update, Unwritable> {
        let mut update = Update::new(self.location(line)?);
        update.lifetime = self.optional(line, "lifetime")?;
        update.binding = self.optional(line, "binding")?;
        Ok(update)
    }

    fn location(&self, line: &Line) -> Result<Vec<String>, Unwritable> {
        let text = self.optional(line, "location")?;
        Ok(text.map_or_else(
            || self.registration.location.clone(),
            |text| {
                text.trim_start_matches('/')
                    .split('/')
                    .map(str::to_owned)
                    .collect()
            },
        ))
    }

    fn notify(&self, line: &Line) -> Result<Notify, Unwritable> {
        let path = match &self.observation {
            Some((path, _)) => *path,
            None => self.path(line)?,
        };
        let format = self
            .format(line, "content-format")?
            .unwrap_or_else(|| self.own_format(&path));
        let nodes = match scalar_of(line, "value") {
            Some(scalar) => vec![Node::new(path, self.value(&path, scalar)?)],
            None => self.nodes(line)?,
        };
        if nodes.is_empty() {
            // the emulator fills in its current value
            return Ok(Notify {
                content_format: Some(format),
                ..Notify::default()
            });
        }
        Notify::of_nodes(0, format, &nodes, &path, self.types)
            .map_err(|error| Unwritable(error.to_string()))
    }

    fn send(&self, line: &Line) -> Result<Send, Unwritable> {
        let format = self
            .format(line, "content-format")?
            .unwrap_or(ContentFormat::SENML_CBOR);
        let nodes = self.nodes(line)?;
        if nodes.is_empty() {
            return Ok(Send {
                content_format: Some(format),
                ..Send::default()
            });
        }
        Send::of_nodes(format, &nodes, self.types).map_err(|error| Unwritable(error.to_string()))
    }

    fn write(&self, line: &Line) -> Result<Write, Unwritable> {
        let path = self.path(line)?;
        let mode = match self.optional(line, "mode")? {
            None => WriteMode::Replace,
            Some(word) => WriteMode::from_name(&word)
                .ok_or_else(|| Unwritable(format!("\"{word}\" is no mode of Write")))?,
        };
        let (format, payload) = self.body(line, &path)?;
        Ok(Write::new(path, mode, format, payload))
    }

    fn composite_read(&self, line: &Line) -> Result<Operation, Unwritable> {
        let mut paths = Vec::new();
        if let Some(Form::List(list)) = field(line, "paths").map(|matcher| &matcher.form) {
            for item in list {
                if let Form::Scalar(scalar) = &item.form {
                    paths.push(parse_path(&self.scalar_text(scalar)?)?);
                }
            }
        }
        let format = self
            .format(line, "content-format")?
            .unwrap_or_else(|| self.first_of(&SENML));
        let accept = self.format(line, "accept")?;
        let unwritable = |error: lwm2m::codec::CodecError| Unwritable(error.to_string());
        Ok(match line.word.value {
            Word::ObserveComposite => ObserveComposite::of_paths(&paths, format, accept)
                .map_err(unwritable)?
                .into(),
            _ => ReadComposite::of_paths(&paths, format, accept)
                .map_err(unwritable)?
                .into(),
        })
    }

    /// Format and payload of a line that carries values.
    fn body(&self, line: &Line, path: &Path) -> Result<(ContentFormat, Vec<u8>), Unwritable> {
        let format = self.format(line, "content-format")?;
        if let Some(bytes) = self.bytes(line, "payload")? {
            return Ok((format.unwrap_or(ContentFormat::OPAQUE), bytes));
        }
        let nodes = match scalar_of(line, "value") {
            Some(scalar) => vec![Node::new(*path, self.value(path, scalar)?)],
            None => self.nodes(line)?,
        };
        let format = format.unwrap_or_else(|| self.own_format(path));
        let payload = lwm2m::codec::encode(format, &nodes, path, self.types)
            .map_err(|error| Unwritable(error.to_string()))?;
        Ok((format, payload))
    }

    /// A format that the receiver claims and that can carry what stands at `path`.
    fn own_format(&self, path: &Path) -> ContentFormat {
        match path.depth() {
            3 | 4 if self.single(path) => self.first_of(&[
                ContentFormat::TEXT,
                ContentFormat::TLV,
                ContentFormat::SENML_JSON,
                ContentFormat::SENML_CBOR,
            ]),
            0 => self.first_of(&SENML),
            _ => self.first_of(&[
                ContentFormat::TLV,
                ContentFormat::SENML_JSON,
                ContentFormat::SENML_CBOR,
                ContentFormat::LWM2M_JSON,
                ContentFormat::LWM2M_CBOR,
            ]),
        }
    }

    fn single(&self, path: &Path) -> bool {
        let definition = self.types.resource_at(path);
        path.depth() == 4 || definition.is_none_or(|definition| !definition.multiple)
    }

    fn first_of(&self, wanted: &[ContentFormat]) -> ContentFormat {
        let found = wanted.iter().find(|format| self.formats.contains(format));
        found
            .or_else(|| wanted.first())
            .copied()
            .unwrap_or(ContentFormat::TEXT)
    }

    /// Values under `node`, with the types that the definitions give them.
    fn nodes(&self, line: &Line) -> Result<Vec<Node>, Unwritable> {
        let Some(matcher) = field(line, "node") else {
            return Ok(Vec::new());
        };
        let mut nodes = Vec::new();
        match &matcher.form {
            Form::Map(entries) => {
                for entry in entries {
                    let path = parse_path(&self.text(&entry.key)?)?;
                    self.node(path, &entry.matcher, &mut nodes)?;
                }
            }
            Form::Scalar(Scalar {
                kind: ScalarKind::Text(text),
                ..
            }) => match self.scope.resolve(text) {
                Ok(Actual::Nodes(found)) => nodes = found,
                Ok(other) => {
                    return Err(Unwritable(format!(
                        "values wanted, found {}",
                        other.describe()
                    )));
                }
                Err(unknown) => return Err(Unwritable(format!("\"{}\" has no value", unknown.0))),
            },
            _ => {}
        }
        Ok(nodes)
    }

    fn node(&self, path: Path, matcher: &Matcher, nodes: &mut Vec<Node>) -> Result<(), Unwritable> {
        if let Form::Map(entries) = &matcher.form {
            for entry in entries {
                let key = self.text(&entry.key)?;
                let id = key
                    .parse()
                    .map_err(|_| Unwritable(format!("\"{key}\" is no identifier")))?;
                let child = path
                    .child(id)
                    .ok_or_else(|| Unwritable(format!("{path}/{id} is too deep")))?;
                self.node(child, &entry.matcher, nodes)?;
            }
        } else if let Some(scalar) = own_value(matcher) {
            nodes.push(Node::new(path, self.value(&path, scalar)?));
        }
        Ok(())
    }

    /// A scalar as a value of the type that stands at `path`.
    pub(crate) fn value(&self, path: &Path, scalar: &Scalar) -> Result<Value, Unwritable> {
        let raw = match &scalar.kind {
            ScalarKind::Integer(number) => Value::Integer(*number),
            ScalarKind::Float(number) => Value::Float(*number),
            ScalarKind::Boolean(truth) => Value::Boolean(*truth),
            ScalarKind::Bytes(bytes) => Value::Opaque(bytes.clone()),
            ScalarKind::Text(text) => match self.scope.resolve(text) {
                Ok(Actual::Value(value)) => value,
                Ok(Actual::Nodes(nodes)) if nodes.len() == 1 => nodes[0].value.clone(),
                Ok(other) => {
                    return Err(Unwritable(format!(
                        "one value wanted for {path}, found {}",
                        other.describe()
                    )));
                }
                Err(unknown) => return Err(Unwritable(format!("\"{}\" has no value", unknown.0))),
            },
        };
        let declared = self
            .types
            .resource_at(path)
            .map(|definition| definition.value_type);
        Ok(declared.map_or_else(|| raw.clone(), |declared| typed(&raw, declared)))
    }

    fn attributes(&self, line: &Line) -> Result<Vec<String>, Unwritable> {
        let mut query = Vec::new();
        for field in &line.fields {
            let name = field.name.value.name();
            if name == "path" {
                continue;
            }
            let Some(scalar) = own_value(&field.matcher) else {
                continue;
            };
            let text = self.scalar_text(scalar)?;
            // periods are durations in the notation and whole seconds on the wire (Core TS, 5.1.2)
            let text = match testcase::duration::parse(&text) {
                Some(duration) if PERIODS.contains(&name) => duration.as_secs().to_string(),
                _ => text,
            };
            query.push(if text.is_empty() {
                name.to_owned()
            } else {
                format!("{name}={text}")
            });
        }
        Ok(query)
    }

    fn depth(&self, line: &Line) -> Result<Vec<String>, Unwritable> {
        let depth = self.optional(line, "depth")?;
        Ok(depth
            .map(|depth| format!("depth={depth}"))
            .into_iter()
            .collect())
    }

    fn path(&self, line: &Line) -> Result<Path, Unwritable> {
        let text = self.optional(line, "path")?;
        let text = text.ok_or_else(|| {
            Unwritable(format!(
                "\"{}\" needs a path to be sent",
                line.word.value.name()
            ))
        })?;
        parse_path(&text)
    }

    fn format(&self, line: &Line, name: &str) -> Result<Option<ContentFormat>, Unwritable> {
        let Some(word) = self.optional(line, name)? else {
            return Ok(None);
        };
        if let Ok(number) = word.parse() {
            return Ok(Some(ContentFormat(number)));
        }
        ContentFormat::from_name(&word)
            .map(Some)
            .ok_or_else(|| Unwritable(format!("\"{word}\" is no Content-Format")))
    }

    fn token(&self, line: &Line) -> Result<Option<Token>, Unwritable> {
        let from_coap = line
            .coap
            .iter()
            .find(|one| one.name.value == CoapName::Token)
            .map(|one| &one.matcher);
        let Some(matcher) = from_coap.or_else(|| field(line, "token")) else {
            return Ok(None);
        };
        match own_value(matcher).map(|scalar| &scalar.kind) {
            Some(ScalarKind::Bytes(bytes)) => Ok(Some(Token(bytes.clone()))),
            _ => Ok(None),
        }
    }

    fn options(&self, line: &Line) -> Result<Vec<OptionChange>, Unwritable> {
        let mut changes = Vec::new();
        for one in &line.coap {
            let CoapName::Option(number) = one.name.value else {
                continue;
            };
            let values = match &one.matcher.form {
                Form::Absent => Vec::new(),
                Form::List(list) => list
                    .iter()
                    .filter_map(own_value)
                    .map(|scalar| self.option_value(scalar))
                    .collect::<Result<_, _>>()?,
                _ => own_value(&one.matcher)
                    .map(|scalar| self.option_value(scalar))
                    .transpose()?
                    .into_iter()
                    .collect(),
            };
            changes.push(OptionChange { number, values });
        }
        Ok(changes)
    }

    pub(crate) fn option_value(&self, scalar: &Scalar) -> Result<Vec<u8>, Unwritable> {
        Ok(match &scalar.kind {
            ScalarKind::Bytes(bytes) => bytes.clone(),
            ScalarKind::Integer(number) => {
                let bytes = number.to_be_bytes();
                let start = bytes
                    .iter()
                    .position(|byte| *byte != 0)
                    .unwrap_or(bytes.len());
                bytes[start..].to_vec()
            }
            _ => self.scalar_text(scalar)?.into_bytes(),
        })
    }

    fn datagram(&self, line: &Line) -> Result<Option<Vec<u8>>, Unwritable> {
        Ok(line
            .datagram
            .as_ref()
            .and_then(|scalar| match &scalar.kind {
                ScalarKind::Bytes(bytes) => Some(bytes.clone()),
                _ => None,
            }))
    }

    fn bytes(&self, line: &Line, name: &str) -> Result<Option<Vec<u8>>, Unwritable> {
        let Some(scalar) = scalar_of(line, name) else {
            return Ok(None);
        };
        Ok(Some(match &scalar.kind {
            ScalarKind::Bytes(bytes) => bytes.clone(),
            ScalarKind::Text(text) => match self.scope.resolve(text) {
                Ok(Actual::Value(Value::Opaque(bytes) | Value::Untyped(bytes))) => bytes,
                Ok(Actual::Value(value)) => plain(&value).into_bytes(),
                Ok(other) => {
                    return Err(Unwritable(format!(
                        "bytes wanted, found {}",
                        other.describe()
                    )));
                }
                Err(unknown) => return Err(Unwritable(format!("\"{}\" has no value", unknown.0))),
            },
            _ => self.scalar_text(scalar)?.into_bytes(),
        }))
    }

    fn optional(&self, line: &Line, name: &str) -> Result<Option<String>, Unwritable> {
        scalar_of(line, name)
            .map(|scalar| self.scalar_text(scalar))
            .transpose()
    }

    fn scalar_text(&self, scalar: &Scalar) -> Result<String, Unwritable> {
        Ok(match &scalar.kind {
            ScalarKind::Integer(number) => number.to_string(),
            ScalarKind::Float(number) => number.to_string(),
            ScalarKind::Boolean(truth) => truth.to_string(),
            ScalarKind::Bytes(bytes) => Value::Opaque(bytes.clone()).to_string(),
            ScalarKind::Text(text) => self.text(text)?,
        })
    }

    fn text(&self, text: &Text) -> Result<String, Unwritable> {
        match self.scope.resolve(text) {
            Ok(Actual::Value(value)) => Ok(plain(&value)),
            Ok(other) => Ok(other.describe()),
            Err(unknown) => Err(Unwritable(format!("\"{}\" has no value", unknown.0))),
        }
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

/// The same value in the type that a definition wants, where that loses nothing.
pub(crate) fn typed(value: &Value, declared: Type) -> Value {
    match (value, declared) {
        (Value::Integer(number), Type::Time) => Value::Time(*number),
        (Value::Integer(number), Type::Float) => Value::Float(*number as f64),
        (Value::Integer(number), Type::UnsignedInteger) => {
            u64::try_from(*number).map_or_else(|_| value.clone(), Value::UnsignedInteger)
        }
        (Value::Integer(number), Type::String) => Value::String(number.to_string()),
        (Value::Float(number), Type::String) => Value::String(number.to_string()),
        (Value::String(text), Type::CoreLink) => Value::CoreLink(text.clone()),
        (Value::String(text), Type::Opaque) => Value::Opaque(text.clone().into_bytes()),
        (Value::String(text), Type::ObjectLink) => text
            .split_once(':')
            .and_then(|(object, instance)| {
                Some(Value::ObjectLink {
                    object: object.parse().ok()?,
                    instance: instance.parse().ok()?,
                })
            })
            .unwrap_or_else(|| value.clone()),
        (Value::Opaque(bytes), Type::String) => {
            String::from_utf8(bytes.clone()).map_or_else(|_| value.clone(), Value::String)
        }
        _ => value.clone(),
    }
}

/// Formats of composite operations (Core TS, 6.3.8).
const SENML: [ContentFormat; 3] = [
    ContentFormat::SENML_CBOR,
    ContentFormat::SENML_JSON,
    ContentFormat::LWM2M_CBOR,
];

/// Attributes that are periods in whole seconds (Core TS, 5.1.2).
const PERIODS: [&str; 4] = ["pmin", "pmax", "epmin", "epmax"];
