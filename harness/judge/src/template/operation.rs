//! The operation that a line says, one function for each that takes more than a path.

use coap::ContentFormat;
use lwm2m::operation::{
    BootstrapDelete, BootstrapDiscover, BootstrapFinish, BootstrapPackRequest, BootstrapRead,
    BootstrapRequest, BootstrapWrite, CancelObservation, CancelObservationComposite, Create,
    Delete, Deregister, Discover, Download, Execute, Notify, Observe, ObserveComposite, Read,
    ReadComposite, Register, Send, Update, Write, WriteAttributes, WriteComposite, WriteMode,
};
use lwm2m::{Node, Operation, Path};
use testcase::{Form, Line, Word};

use super::values::SENML;
use super::{Surroundings, Unwritable, field, is_absent, parse_path, scalar_of};

impl Surroundings<'_> {
    pub(super) fn operation(&self, line: &Line) -> Result<Operation, Unwritable> {
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
            Word::Observe => {
                let mut observe = Observe::new(path()?, accept()?);
                observe.query = self.attributes(line)?;
                observe.into()
            }
            Word::Discover => {
                let mut discover = Discover::new(path()?);
                discover.query = self.depth(line)?;
                discover.into()
            }
            Word::CancelObservation => self.cancellation(line)?,
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
            Word::Download => self.download(line)?.into(),
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
            queue_mode: self.flag(line, "queue-mode")?,
            sms: self.optional(line, "sms")?,
            profile_id: self.optional(line, "profile-id")?,
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
        if let Some((format, payload)) = self.object_list(line)? {
            (register.content_format, register.objects) = (format, payload);
        }
        Ok(register)
    }

    fn update(&self, line: &Line) -> Result<Update, Unwritable> {
        let mut update = Update::new(self.location(line)?);
        update.lifetime = self.optional(line, "lifetime")?;
        update.binding = self.optional(line, "binding")?;
        update.queue_mode = self.flag(line, "queue-mode")?;
        update.sms = self.optional(line, "sms")?;
        update.profile_id = self.optional(line, "profile-id")?;
        if let Some((format, payload)) = self.object_list(line)? {
            (update.content_format, update.objects) = (format, payload);
        }
        Ok(update)
    }

    /// The object list that `payload` gives, in the format that the line says, else link format.
    fn object_list(&self, line: &Line) -> Result<Option<ObjectPayload>, Unwritable> {
        let Some(payload) = self.bytes(line, "payload")? else {
            return Ok(None);
        };
        let format = match is_absent(line, "content-format") {
            true => None,
            false => Some(
                self.format(line, "content-format")?
                    .unwrap_or(ContentFormat::LINK_FORMAT),
            ),
        };
        Ok(Some((format, payload)))
    }

    fn flag(&self, line: &Line, name: &str) -> Result<bool, Unwritable> {
        Ok(self.optional(line, name)?.as_deref() == Some("true"))
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
            Some(observed) => observed.path,
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

    /// The request that ends an observation: that of a composite one lists the same paths (Core TS, 6.4.5).
    fn cancellation(&self, line: &Line) -> Result<Operation, Unwritable> {
        let accept = self.format(line, "accept")?;
        let composite = self
            .observation
            .as_ref()
            .and_then(|observed| observed.composite.clone());
        if let Some(began) = composite {
            return Ok(CancelObservationComposite {
                prefix: began.prefix,
                content_format: began.content_format,
                payload: began.payload,
                accept: accept.or(began.accept),
                ..CancelObservationComposite::default()
            }
            .into());
        }
        let target = match &self.observation {
            Some(observed) => observed.path,
            None => self.path(line)?,
        };
        Ok(CancelObservation::new(target, accept).into())
    }

    fn send(&self, line: &Line) -> Result<Send, Unwritable> {
        let format = self
            .format(line, "content-format")?
            .unwrap_or(ContentFormat::SENML_CBOR);
        if let Some(payload) = self.bytes(line, "payload")? {
            return Ok(Send {
                content_format: (!is_absent(line, "content-format")).then_some(format),
                payload,
                ..Send::default()
            });
        }
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
            .unwrap_or_else(|| self.list_format());
        let accept = self.format(line, "accept")?;
        let unwritable = |error: lwm2m::codec::CodecError| Unwritable(error.to_string());
        if line.word.value == Word::ObserveComposite {
            return self.observe_composite(line, &paths, format, accept);
        }
        let read = ReadComposite::of_paths(&paths, format, accept);
        Ok(read.map_err(unwritable)?.into())
    }

    /// A client of 1.2 that has SenML-ETCH may take lists of paths in it alone (Transport TS 1.2, 6.4.4).
    fn list_format(&self) -> ContentFormat {
        let etch = ETCH.iter().find(|format| self.formats.contains(format));
        match etch {
            Some(format) if self.registration.version.as_str() >= "1.2" => *format,
            _ => self.first_of(&SENML),
        }
    }

    fn observe_composite(
        &self,
        line: &Line,
        paths: &[Path],
        format: ContentFormat,
        accept: Option<ContentFormat>,
    ) -> Result<Operation, Unwritable> {
        let payload = match self.bytes(line, "payload")? {
            Some(payload) => payload,
            None => lwm2m::codec::encode_paths(format, paths)
                .map_err(|error| Unwritable(error.to_string()))?,
        };
        Ok(ObserveComposite {
            content_format: Some(format),
            payload,
            accept,
            query: self.attributes(line)?,
            ..ObserveComposite::default()
        }
        .into())
    }

    fn download(&self, line: &Line) -> Result<Download, Unwritable> {
        let uri = self.optional(line, "uri")?.unwrap_or_default();
        let rest = uri.split_once("://").map_or(&*uri, |(_, rest)| rest);
        let reference = rest.find('/').and_then(|at| rest.get(at..));
        Ok(Download::of_reference(reference.unwrap_or_default()))
    }

    fn depth(&self, line: &Line) -> Result<Vec<String>, Unwritable> {
        let depth = self.optional(line, "depth")?;
        Ok(depth
            .map(|depth| format!("depth={depth}"))
            .into_iter()
            .collect())
    }
}

/// Content-Format and payload of an object list.
type ObjectPayload = (Option<ContentFormat>, Vec<u8>);

/// Formats of the lists that only 1.2 has.
const ETCH: [ContentFormat; 2] = [
    ContentFormat::SENML_ETCH_CBOR,
    ContentFormat::SENML_ETCH_JSON,
];
