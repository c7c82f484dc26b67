//! The fields of an event, by the names of the notation.
//!
//! The only place that knows where a field stands in a message.

use coap::{ContentFormat, Kind, Link, Links, Message, option};
use lwm2m::codec::{self, tlv};
use lwm2m::{Node, Operation, Path, Registry, Value};

use crate::actual::{Actual, Entry};
use crate::event::{Datagram, Event, Fate, Sort, Stray};
use crate::transfer::Transfer;

/// Reads fields out of what the transfer layer kept.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    /// The events.
    pub transfer: &'a Transfer,
    /// Types of Resources.
    pub types: &'a Registry,
}

impl Fields<'_> {
    /// The content of field `name` of the event with this index; [`Actual::Absent`] if it has none.
    pub fn field(&self, index: usize, name: &str) -> Actual {
        let Some(event) = self.transfer.event(index) else {
            return Actual::Absent;
        };
        match name {
            "session" | "protection" | "source" => return self.journey(event, name),
            _ => {}
        }
        if let Some(note) = event.note() {
            let found = note.fields.iter().find(|(known, _)| *known == name);
            return found.map_or(Actual::Absent, |(_, actual)| actual.clone());
        }
        let Some(message) = &event.message else {
            return Actual::Absent;
        };
        match name {
            "node" => self
                .nodes(event, message)
                .map_or_else(Actual::Unreadable, |nodes| {
                    if nodes.is_empty() {
                        Actual::Absent
                    } else {
                        Actual::Nodes(nodes)
                    }
                }),
            "value" => self.value(event, message),
            name if name.starts_with("node./") => self.node_at(event, message, name),
            "links" => links(message),
            "tlv" => self.tlv(event, message),
            "payload" => match message.payload.as_slice() {
                [] => Actual::Absent,
                bytes => Actual::Value(Value::Opaque(bytes.to_vec())),
            },
            "content-format" => match event.operation() {
                // the format that it prefers, `pct`
                Some(Operation::BootstrapRequest(request)) => request.preferred().map_or_else(
                    || Actual::optional_text(request.preferred_format.as_ref()),
                    |preferred| format(Some(preferred)),
                ),
                _ => format(message.content_format()),
            },
            "accept" => format(message.accept()),
            "observe" => message
                .observe()
                .map_or(Actual::Absent, |number| Actual::integer(i64::from(number))),
            "token" => Actual::Value(Value::Opaque(message.token.0.clone())),
            "code" => Actual::text(message.code.to_string()),
            "type" => Actual::text(match message.kind {
                Kind::Con => "con",
                Kind::Non => "non",
                Kind::Ack => "ack",
                Kind::Rst => "rst",
            }),
            "message-id" => Actual::integer(i64::from(message.id.0)),
            "location" => self.location(event, message),
            "challenged" => match event.sort {
                Sort::Response(of) => {
                    let challenged = self.transfer.was_challenged(of);
                    Actual::Value(Value::Boolean(challenged))
                }
                _ => Actual::Absent,
            },
            "transmissions" => Actual::integer(self.transmissions(event)),
            "path" if matches!(event.sort, Sort::Notification(_)) => {
                Actual::text(self.base(event).to_string())
            }
            _ => match name.strip_prefix("node.") {
                Some(path) => self.values_at(event, message, path),
                None => request_field(event.operation(), message, name),
            },
        }
    }

    /// How a message travelled: its session, its protection, the sender's socket.
    fn journey(&self, event: &Event, name: &str) -> Actual {
        let datagram = self.transfer.datagram(event.frame());
        match (name, event.note(), datagram) {
            ("session", Some(note), _) => Actual::integer(note.session.cast_signed()),
            ("session", _, Some(datagram)) => {
                datagram.via.session.map_or(Actual::Absent, |number| {
                    Actual::integer(number.cast_signed())
                })
            }
            ("protection", _, Some(datagram)) => {
                let words = datagram.via.protections();
                let words = words.into_iter().map(|word| Value::String(word.to_owned()));
                match words.collect::<Vec<_>>() {
                    words if words.len() == 1 => words
                        .into_iter()
                        .next()
                        .map_or(Actual::Absent, Actual::Value),
                    words => Actual::List(words),
                }
            }
            ("source", _, Some(datagram)) => Actual::text(datagram.source.to_string()),
            _ => Actual::Absent,
        }
    }

    /// The values at and below one path of `node`: one value alone, or all of them.
    fn values_at(&self, event: &Event, message: &Message, path: &str) -> Actual {
        let (Ok(path), Ok(nodes)) = (path.parse::<Path>(), self.nodes(event, message)) else {
            return Actual::Absent;
        };
        let below = |node: &Node| path.contains(&node.path);
        let nodes: Vec<Node> = nodes.into_iter().filter(below).collect();
        match nodes.as_slice() {
            [] => Actual::Absent,
            [node] if node.path == path => Actual::Value(node.value.clone()),
            _ => Actual::Nodes(nodes),
        }
    }

    /// Values in the payload, with absolute paths.
    pub fn nodes(&self, event: &Event, message: &Message) -> Result<Vec<Node>, String> {
        let Some(format) = message.content_format() else {
            return if message.payload.is_empty() {
                Ok(Vec::new())
            } else {
                Err("payload without Content-Format".to_owned())
            };
        };
        if format == ContentFormat::LINK_FORMAT {
            return Ok(Vec::new());
        }
        codec::decode(format, &message.payload, &self.base(event), self.types)
            .map(|decoded| decoded.nodes)
            .map_err(|error| error.to_string())
    }

    /// The path below which the payload's values stand: that of the request.
    pub fn base(&self, event: &Event) -> Path {
        let operation = match event.sort {
            Sort::Response(of) | Sort::Notification(of) | Sort::Stray(Stray::WrongToken(of)) => {
                self.transfer.event(of).and_then(Event::operation)
            }
            _ => event.operation(),
        };
        operation.and_then(Operation::path).unwrap_or(Path::ROOT)
    }

    /// What `node.PATH` names: the value there, or all below.
    fn node_at(&self, event: &Event, message: &Message, name: &str) -> Actual {
        let path = name
            .strip_prefix("node.")
            .and_then(|path| path.parse::<Path>().ok());
        let (Some(path), Ok(mut nodes)) = (path, self.nodes(event, message)) else {
            return Actual::Absent;
        };
        nodes.retain(|node| path.contains(&node.path));
        match nodes.as_slice() {
            [] => Actual::Absent,
            [only] if only.path == path => Actual::Value(only.value.clone()),
            _ => Actual::Nodes(nodes),
        }
    }

    fn value(&self, event: &Event, message: &Message) -> Actual {
        match self.nodes(event, message) {
            Err(reason) => Actual::Unreadable(reason),
            Ok(nodes) => match nodes.as_slice() {
                [] => Actual::Absent,
                [node] => Actual::Value(node.value.clone()),
                _ => Actual::Nodes(nodes),
            },
        }
    }

    fn tlv(&self, event: &Event, message: &Message) -> Actual {
        if message.content_format() != Some(ContentFormat::TLV) {
            return Actual::Absent;
        }
        match tlv::parse(&message.payload) {
            Err(error) => Actual::Unreadable(error.to_string()),
            Ok(entries) => {
                let paths = tlv::paths(&entries, &self.base(event));
                Actual::Tlv(
                    paths
                        .into_iter()
                        .map(|(path, found)| Entry {
                            path,
                            kind: found.kind,
                            offset: found.offset,
                        })
                        .collect(),
                )
            }
        }
    }

    /// The message itself and everything that repeats it.
    fn transmissions(&self, event: &Event) -> i64 {
        let frame = event.frame();
        let same =
            |datagram: &&Datagram| datagram.frame == frame || datagram.fate == Fate::Repeats(frame);
        let datagrams = self.transfer.datagrams().iter();
        i64::try_from(datagrams.filter(same).count()).unwrap_or(i64::MAX)
    }

    fn location(&self, event: &Event, message: &Message) -> Actual {
        let segments = match event.operation() {
            Some(Operation::Update(update)) => update.location.clone(),
            Some(Operation::Deregister(deregister)) => deregister.location.clone(),
            Some(_) => Vec::new(),
            None => message.text_options(option::LOCATION_PATH),
        };
        if segments.is_empty() {
            return Actual::Absent;
        }
        let mut text = String::new();
        for segment in segments {
            text.push('/');
            text.push_str(&segment);
        }
        Actual::text(text)
    }
}

fn request_field(operation: Option<&Operation>, message: &Message, name: &str) -> Actual {
    match (operation, name) {
        (Some(Operation::Register(register)), _) => match name {
            "endpoint" => Actual::optional_text(register.endpoint.as_ref()),
            "lifetime" => numeric(register.lifetime.as_ref()),
            "version" => Actual::optional_text(register.version.as_ref()),
            "binding" => Actual::optional_text(register.binding.as_ref()),
            "queue-mode" => queue_mode(register.queue_mode, register.binding.as_deref()),
            "sms" => Actual::optional_text(register.sms.as_ref()),
            "profile-id" => Actual::optional_text(register.profile_id.as_ref()),
            "objects" => object_list(&register.objects),
            _ => Actual::Absent,
        },
        (Some(Operation::Update(update)), _) => match name {
            "lifetime" => numeric(update.lifetime.as_ref()),
            "binding" => Actual::optional_text(update.binding.as_ref()),
            "queue-mode" => queue_mode(update.queue_mode, update.binding.as_deref()),
            "sms" => Actual::optional_text(update.sms.as_ref()),
            "profile-id" => Actual::optional_text(update.profile_id.as_ref()),
            "objects" => object_list(&update.objects),
            _ => Actual::Absent,
        },
        (Some(Operation::BootstrapRequest(request)), "endpoint") => {
            Actual::optional_text(request.endpoint.as_ref())
        }
        (Some(Operation::BootstrapPackRequest(request)), "endpoint") => {
            Actual::optional_text(request.endpoint.as_ref())
        }
        (Some(Operation::BootstrapPackRequest(request)), "paths") => account(&request.query),
        (Some(Operation::ReadComposite(read)), "paths") => {
            paths(read.content_format, &read.payload)
        }
        (Some(Operation::ObserveComposite(observe)), "paths") => {
            paths(observe.content_format, &observe.payload)
        }
        (Some(Operation::CancelObservationComposite(cancel)), "paths") => {
            paths(cancel.content_format, &cancel.payload)
        }
        (Some(Operation::Download(download)), "uri") => Actual::text(download.reference()),
        (Some(Operation::Write(write)), "mode") => Actual::text(write.mode.name()),
        (Some(Operation::Execute(execute)), "arguments") if !execute.payload.is_empty() => {
            Actual::text(String::from_utf8_lossy(&execute.payload))
        }
        (
            Some(Operation::CancelObservation(_) | Operation::CancelObservationComposite(_)),
            "by",
        ) => Actual::text("observe-1"),
        (Some(operation), "path") => operation
            .path()
            .map_or(Actual::Absent, |path| Actual::text(path.to_string())),
        (Some(_), _) => query(message, name),
        (None, _) => Actual::Absent,
    }
}

/// The Object Instances of the Bootstrap-Server's account that `acc` lists (Core TS 1.2, 6.1.7.7).
fn account(query: &[String]) -> Actual {
    let Some(list) = query.iter().find_map(|one| one.strip_prefix("acc=")) else {
        return Actual::Absent;
    };
    match Links::parse(list.as_bytes()) {
        Err(error) => Actual::Unreadable(error.to_string()),
        Ok(found) => Actual::List(
            found
                .links
                .into_iter()
                .map(|link| Value::String(link.target))
                .collect(),
        ),
    }
}

/// A notification attribute, `depth`, or any other `name=value` of the query.
fn query(message: &Message, name: &str) -> Actual {
    let found = message
        .text_options(option::URI_QUERY)
        .into_iter()
        .find_map(|query| {
            // a name alone has no value, which is how an attribute is removed (Core TS, 6.3.4)
            let (key, value) = query.split_once('=').unwrap_or((&query, ""));
            (key == name).then(|| value.to_owned())
        });
    let Some(text) = found else {
        return Actual::Absent;
    };
    if let Ok(number) = text.parse::<i64>() {
        return Actual::integer(number);
    }
    text.parse::<f64>().map_or_else(
        |_| Actual::text(text.clone()),
        |number| Actual::Value(Value::Float(number)),
    )
}

/// Queue Mode is a parameter from 1.1, a letter of the binding in 1.0 (Core TS, 6.2.1.2).
fn queue_mode(parameter: bool, binding: Option<&str>) -> Actual {
    let letter = binding.is_some_and(|binding| binding.contains('Q'));
    Actual::Value(Value::Boolean(parameter || letter))
}

fn numeric(text: Option<&String>) -> Actual {
    match text {
        None => Actual::Absent,
        Some(text) => text
            .parse::<i64>()
            .map_or_else(|_| Actual::text(text.clone()), Actual::integer),
    }
}

fn format(format: Option<ContentFormat>) -> Actual {
    format.map_or(Actual::Absent, |format| Actual::text(format.to_string()))
}

fn paths(format: Option<ContentFormat>, payload: &[u8]) -> Actual {
    let Some(format) = format else {
        return Actual::Unreadable("payload without Content-Format".to_owned());
    };
    match codec::decode_paths(format, payload) {
        Ok(decoded) => Actual::List(
            decoded
                .paths
                .iter()
                .map(|path| Value::String(path.to_string()))
                .collect(),
        ),
        Err(error) => Actual::Unreadable(error.to_string()),
    }
}

/// The object list, with the alternate path taken off its links (Transport TS, 6.4.1).
fn object_list(payload: &[u8]) -> Actual {
    if payload.is_empty() {
        return Actual::Absent;
    }
    match Links::parse(payload) {
        Err(error) => Actual::Unreadable(error.to_string()),
        Ok(found) => {
            let mut links = found.links;
            let root = links
                .iter()
                .find(|link| {
                    link.attributes
                        .iter()
                        .any(|one| one.name == "rt" && one.value.as_deref() == Some("oma.lwm2m"))
                })
                .map(|link| link.target.clone())
                .filter(|root| root != "/");
            if let Some(root) = root {
                for link in &mut links {
                    if let Some(rest) = link.target.strip_prefix(&root)
                        && rest.starts_with('/')
                    {
                        link.target = rest.to_owned();
                    }
                }
            }
            Actual::Links(links)
        }
    }
}

fn links(message: &Message) -> Actual {
    if message.content_format() != Some(ContentFormat::LINK_FORMAT) {
        return Actual::Absent;
    }
    match Links::parse_with_preamble(&message.payload) {
        Err(error) => Actual::Unreadable(error.to_string()),
        Ok(found) => {
            let mut links = found.links;
            if !found.preamble.is_empty() {
                // the enabler version of a Bootstrap-Discover before 1.1.1 stands without a target, later with this one
                links.insert(
                    0,
                    Link {
                        target: "/".to_owned(),
                        attributes: found.preamble,
                        offset: 0,
                    },
                );
            }
            Actual::Links(links)
        }
    }
}
