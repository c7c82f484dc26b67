//! What a message says, field by field, in the words of the notation.
//!
//! One shape for every source: an event of the wire, what an implementation shows, a value that was bound.

use coap::Link;
use lwm2m::codec::tlv;
use lwm2m::{Node, Path, Value};

/// The content of one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Actual {
    /// The field is not there.
    Absent,
    /// One value.
    Value(Value),
    /// A plain list: paths of a composite, formats, shown objects.
    List(Vec<Value>),
    /// Values at paths.
    Nodes(Vec<Node>),
    /// Links of a registration or a Discover.
    Links(Vec<Link>),
    /// The tree of a TLV payload.
    Tlv(Vec<Entry>),
    /// Named fields: what an implementation shows.
    Map(Vec<(String, Self)>),
    /// Several of them: registrations that are shown.
    Several(Vec<Self>),
    /// It is there and cannot be read, with the reason.
    Unreadable(String),
}

/// One entry of a TLV payload with the path it stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Path, absolute.
    pub path: Path,
    /// Kind of the entry.
    pub kind: tlv::Kind,
    /// Offset in the payload.
    pub offset: usize,
}

impl Actual {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Value(Value::String(text.into()))
    }

    /// An integer.
    pub fn integer(number: impl Into<i64>) -> Self {
        Self::Value(Value::Integer(number.into()))
    }

    /// Text, or absent.
    pub fn optional_text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Absent, Self::text)
    }

    /// As a person reads it.
    pub fn describe(&self) -> String {
        match self {
            Self::Absent => "absent".to_owned(),
            Self::Value(value) => value.to_string(),
            Self::List(values) => list(values.iter().map(ToString::to_string)),
            Self::Nodes(nodes) => list(
                nodes
                    .iter()
                    .map(|node| format!("{} = {}", node.path, node.value)),
            ),
            Self::Links(links) => list(links.iter().map(|link| format!("<{}>", link.target))),
            Self::Tlv(entries) => list(
                entries
                    .iter()
                    .map(|entry| format!("{} {}", entry.path, kind_word(entry.kind))),
            ),
            Self::Map(fields) => list(
                fields
                    .iter()
                    .map(|(name, field)| format!("{name}: {}", field.describe())),
            ),
            Self::Several(all) => list(all.iter().map(Self::describe)),
            Self::Unreadable(reason) => format!("unreadable: {reason}"),
        }
    }
}

/// The notation's word for a kind of TLV entry.
pub fn kind_word(kind: tlv::Kind) -> &'static str {
    match kind {
        tlv::Kind::ObjectInstance => "object-instance",
        tlv::Kind::Resource => "resource",
        tlv::Kind::MultipleResource => "multiple-resource",
        tlv::Kind::ResourceInstance => "resource-instance",
    }
}

/// Joins what a person reads, cut where it gets long.
fn list(parts: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<String> = parts.collect();
    let rest = parts.len().saturating_sub(LISTED);
    parts.truncate(LISTED);
    if parts.is_empty() {
        return "nothing".to_owned();
    }
    let mut text = parts.join(", ");
    if rest > 0 {
        text.push_str(&format!(" and {rest} more"));
    }
    text
}

/// How many parts of a list a person is shown.
const LISTED: usize = 12;
