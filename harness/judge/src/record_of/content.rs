//! Content of a frame as fields: values at paths, links, text, or the number of bytes.
//!
//! A body in blocks is decoded at the frame that completes it; a repetition carries nothing new.

use coap::{ContentFormat, Links, Message};
use lwm2m::{Node, Operation, Value, codec};
use record::Field;

use super::frame::{cut, hex};
use crate::event::{Datagram, Event, Fate, Sort};
use crate::fields::Fields;

/// What the datagram carries.
pub(crate) fn of(fields: Fields<'_>, datagram: &Datagram) -> Vec<Field> {
    let Some(part) = datagram.reading.message.as_ref() else {
        return Vec::new();
    };
    let event = match datagram.fate {
        Fate::Event(index) => fields.transfer.event(index),
        Fate::Repeats(_) => return Vec::new(),
        _ => None,
    };
    let whole = event.and_then(|event| Some((event, event.message.as_ref()?)));
    match whole {
        _ if part.payload.is_empty()
            && whole.is_none_or(|(_, message)| message.payload.is_empty()) =>
        {
            Vec::new()
        }
        Some((event, message)) => bounded(body(fields, event, message)),
        None => vec![size(part)],
    }
}

/// The fields of a body, of which no more are made than are kept.
struct Body {
    fields: Vec<Field>,
    count: usize,
}

fn body(fields: Fields<'_>, event: &Event, message: &Message) -> Body {
    let format = message.content_format();
    let paths = matches!(
        event.operation(),
        Some(
            Operation::ReadComposite(_)
                | Operation::ObserveComposite(_)
                | Operation::CancelObservationComposite(_)
        )
    );
    match format {
        // nobody knows the target of what belongs to nothing
        _ if matches!(event.sort, Sort::Stray(_)) => bare(message),
        None => bare(message),
        Some(ContentFormat::LINK_FORMAT) => links(message),
        Some(format) if paths => match codec::decode_paths(format, &message.payload) {
            Ok(decoded) => Body::of(&decoded.paths, |path| Field::new("path", path.to_string())),
            Err(error) => unreadable(message, &error.to_string()),
        },
        Some(_) => match fields.nodes(event, message) {
            Ok(nodes) => Body::of(&nodes, node),
            // a diagnostic message of an error needs no definition
            Err(_) if !message.code.is_request() && !message.code.is_success() => bare(message),
            Err(error) => unreadable(message, &error),
        },
    }
}

impl Body {
    fn of<T>(entries: &[T], field: impl Fn(&T) -> Field) -> Self {
        Self {
            fields: entries.iter().take(FIELDS).map(field).collect(),
            count: entries.len(),
        }
    }

    fn one(field: Field) -> Self {
        Self {
            fields: vec![field],
            count: 1,
        }
    }
}

fn bounded(body: Body) -> Vec<Field> {
    let mut fields = body.fields;
    let rest = body.count.saturating_sub(FIELDS);
    if rest > 0 {
        fields.push(Field::new("...", format!("{rest} more")));
    }
    fields
}

fn node(node: &Node) -> Field {
    let mut text = value(&node.value);
    let kind = node.value.value_type();
    if kind != lwm2m::Type::None {
        text.push_str(&format!(" ({})", kind.name()));
    }
    if let Some(time) = node.time {
        text.push_str(&format!(" at {time}"));
    }
    Field::new(node.path.to_string(), text)
}

/// A value that fits a line; of long ones the beginning.
fn value(value: &Value) -> String {
    match value {
        Value::Opaque(bytes) | Value::Untyped(bytes) if bytes.len() > BYTES => {
            format!("hex:{}... ({} bytes)", hex(bytes, BYTES), bytes.len())
        }
        value => cut(&value.to_string(), TEXT),
    }
}

fn links(message: &Message) -> Body {
    let links = match Links::parse_with_preamble(&message.payload) {
        Ok(links) => links,
        Err(error) => return unreadable(message, &error.to_string()),
    };
    let attributes = |found: &[coap::Attribute]| {
        let parts: Vec<String> = found
            .iter()
            .take(FIELDS)
            .map(|attribute| match &attribute.value {
                Some(value) => format!("{}={value}", attribute.name),
                None => attribute.name.clone(),
            })
            .collect();
        cut(&parts.join("; "), TEXT)
    };
    let mut body = Body::of(&links.links, |link| {
        Field::new(cut(&link.target, TEXT), attributes(&link.attributes))
    });
    if !links.preamble.is_empty() {
        let preamble = Field::new("before the links", attributes(&links.preamble));
        body.fields.insert(0, preamble);
    }
    body
}

/// A payload without Content-Format: the text of a diagnostic message (RFC 7252, 5.5.2), Execute arguments, or bytes.
fn bare(message: &Message) -> Body {
    let text = std::str::from_utf8(&message.payload).ok();
    Body::one(text.map_or_else(|| size(message), |text| Field::new("text", cut(text, TEXT))))
}

fn unreadable(message: &Message, reason: &str) -> Body {
    Body {
        fields: vec![Field::new("unreadable", cut(reason, TEXT)), size(message)],
        count: 2,
    }
}

fn size(message: &Message) -> Field {
    let length = message.payload.len();
    let unit = if length == 1 { "byte" } else { "bytes" };
    Field::new("payload", format!("{length} {unit}"))
}

/// Fields of one message that the record keeps.
const FIELDS: usize = 200;
/// Characters of a value that the record keeps.
const TEXT: usize = 255;
/// Bytes of a value that the record keeps.
const BYTES: usize = 64;
