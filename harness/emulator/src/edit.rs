//! Edits of messages, before they are bytes.

use coap::{ContentFormat, Message, RawOption, option};
use lwm2m::{Node, Path, Types, Value};

use crate::{Edit, OptionEdit};

/// Applies `edits` to `message`, whose payload tells values below `base`.
///
/// A payload that cannot be read stays as it is.
pub(crate) fn apply(message: &mut Message, edits: &[Edit], base: Path, types: &dyn Types) {
    for edit in edits {
        match edit {
            Edit::Code(code) => message.code = *code,
            Edit::Kind(kind) => message.kind = *kind,
            Edit::Id(id) => message.id = *id,
            Edit::Token(token) => message.token.clone_from(token),
            Edit::Option(edit) => apply_option(message, edit),
            Edit::Payload(payload) => message.payload.clone_from(payload),
            Edit::Truncate(length) => message.payload.truncate(*length),
            Edit::Node { path, value } => edit_node(message, *path, value.as_ref(), base, types),
            Edit::Query { key, value } => edit_query(message, key, value.as_deref()),
            Edit::Links { add, remove } => edit_links(message, add, remove),
            Edit::Location(location) => edit_location(message, location.as_deref()),
            Edit::Paths(paths) => edit_paths(message, paths),
            // these come upon the bytes
            Edit::Version(_) | Edit::TokenLength(_) | Edit::Datagram(_) => {}
        }
    }
}

/// Applies one edit of the options.
pub(crate) fn apply_option(message: &mut Message, edit: &OptionEdit) {
    match edit {
        OptionEdit::Set(number, value) => {
            remove_option(message, *number);
            message.push_option(*number, value.clone());
        }
        OptionEdit::Add(number, value) => message.push_option(*number, value.clone()),
        OptionEdit::Remove(number) => remove_option(message, *number),
    }
}

/// Whether an edit touches what the exchange layer would set itself.
pub(crate) const fn touches_header(edit: &Edit) -> bool {
    matches!(edit, Edit::Kind(_) | Edit::Id(_) | Edit::Token(_))
}

/// Whether an edit touches what no honest encoding has.
pub(crate) const fn touches_bytes(edit: &Edit) -> bool {
    matches!(
        edit,
        Edit::Version(_) | Edit::TokenLength(_) | Edit::Datagram(_)
    )
}

/// Applies the edits of bytes to a datagram (RFC 7252, 3).
pub(crate) fn patch(datagram: &mut Vec<u8>, edits: &[Edit]) {
    for edit in edits {
        match (edit, datagram.first_mut()) {
            (Edit::Version(version), Some(first)) => *first = *first & 0x3f | version << 6,
            (Edit::TokenLength(length), Some(first)) => *first = *first & 0xf0 | length & 0x0f,
            (Edit::Datagram(bytes), _) => {
                let id = datagram.get(ID).map(<[u8]>::to_vec);
                datagram.clone_from(bytes);
                if let (Some(place), Some(id)) = (datagram.get_mut(ID), id) {
                    place.copy_from_slice(&id);
                }
            }
            _ => {}
        }
    }
}

fn remove_option(message: &mut Message, number: u16) {
    message.options.retain(|option| option.number != number);
}

fn edit_node(
    message: &mut Message,
    path: Path,
    value: Option<&Value>,
    base: Path,
    types: &dyn Types,
) {
    let Some(format) = message.content_format() else {
        return;
    };
    let Ok(decoded) = lwm2m::codec::decode(format, &message.payload, &base, types) else {
        return;
    };
    let mut nodes: Vec<Node> = decoded.nodes;
    match value {
        None => nodes.retain(|node| !path.contains(&node.path)),
        Some(value) => match nodes.iter_mut().find(|node| node.path == path) {
            Some(node) => node.value = value.clone(),
            None => nodes.push(Node::new(path, value.clone())),
        },
    }
    if let Ok(payload) = lwm2m::codec::encode(format, &nodes, &base, types) {
        message.payload = payload;
    }
}

fn edit_query(message: &mut Message, key: &str, value: Option<&str>) {
    let named = |query: &[u8]| {
        let query = String::from_utf8_lossy(query);
        query
            .split_once('=')
            .map_or(query.as_ref(), |(name, _)| name)
            == key
    };
    message
        .options
        .retain(|option| option.number != option::URI_QUERY || !named(&option.value));
    match value {
        None => {}
        Some("") => message.push_option(option::URI_QUERY, key.as_bytes()),
        Some(value) => message.push_option(option::URI_QUERY, format!("{key}={value}")),
    }
}

fn edit_links(message: &mut Message, add: &[String], remove: &[String]) {
    if message.content_format() != Some(ContentFormat::LINK_FORMAT) {
        return;
    }
    let text = String::from_utf8_lossy(&message.payload).into_owned();
    let removed = |link: &str| {
        let target = link
            .trim()
            .strip_prefix('<')
            .and_then(|rest| rest.split_once('>'));
        target.is_some_and(|(target, _)| remove.iter().any(|gone| gone == target))
    };
    let mut links: Vec<String> = split_links(&text)
        .into_iter()
        .filter(|link| !removed(link))
        .map(str::to_owned)
        .collect();
    links.extend_from_slice(add);
    message.payload = links.join(",").into_bytes();
}

/// Cuts a list of links at the commas that separate them (RFC 6690, 2).
pub(crate) fn split_links(text: &str) -> Vec<&str> {
    let (mut quoted, mut bracketed, mut start) = (false, false, 0);
    let mut links = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            '"' if !bracketed => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            ',' if !quoted && !bracketed => {
                links.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    links.push(text.get(start..).unwrap_or_default());
    links.retain(|link| !link.trim().is_empty());
    links
}

fn edit_paths(message: &mut Message, paths: &[Path]) {
    let encoded = message
        .content_format()
        .map(|format| lwm2m::codec::encode_paths(format, paths));
    if let Some(Ok(payload)) = encoded {
        message.payload = payload;
    }
}

fn edit_location(message: &mut Message, location: Option<&str>) {
    remove_option(message, option::LOCATION_PATH);
    let segments = location
        .unwrap_or_default()
        .split('/')
        .filter(|segment| !segment.is_empty());
    let options = segments.map(|segment| RawOption {
        number: option::LOCATION_PATH,
        value: segment.as_bytes().to_vec(),
    });
    message.options.extend(options);
}

/// Where the Message ID stands in a datagram.
const ID: std::ops::Range<usize> = 2..4;

#[cfg(test)]
mod tests {
    use super::*;
    use coap::{Code, Kind, MessageId, Token};

    fn message(format: ContentFormat, payload: &[u8]) -> Message {
        let mut message = Message::new(Kind::Ack, Code::CONTENT, MessageId(1), Token::default());
        message.push_uint_option(option::CONTENT_FORMAT, format.0.into());
        message.payload = payload.to_vec();
        message
    }

    #[test]
    fn edits_links() {
        let mut message = message(
            ContentFormat::LINK_FORMAT,
            b"</>;ct=\"60,110\",</1/0>,</3/0>",
        );
        let edit = Edit::Links {
            add: vec!["</0/0>".into()],
            remove: vec!["/1/0".into()],
        };
        apply(&mut message, &[edit], Path::ROOT, &());
        assert_eq!(message.payload, b"</>;ct=\"60,110\",</3/0>,</0/0>");
    }

    #[test]
    fn edits_bytes() {
        let mut datagram = vec![0x61, 0x45, 0x12, 0x34, 0xaa];
        patch(&mut datagram, &[Edit::Version(2), Edit::TokenLength(9)]);
        assert_eq!(datagram, [0xa9, 0x45, 0x12, 0x34, 0xaa]);
        patch(&mut datagram, &[Edit::Datagram(vec![0x70, 0, 0, 0, 0xff])]);
        assert_eq!(datagram, [0x70, 0, 0x12, 0x34, 0xff]);
        patch(&mut datagram, &[Edit::Datagram(vec![0x70])]);
        assert_eq!(datagram, [0x70]);
    }

    #[test]
    fn edits_values() {
        let base = "/3/0".parse().unwrap();
        let mut message = message(ContentFormat::TLV, &[0xc1, 16, b'U', 0xc1, 9, 100]);
        let edits = [
            Edit::Node {
                path: "/3/0/16".parse().unwrap(),
                value: Some(Value::String("UQ".into())),
            },
            Edit::Node {
                path: "/3/0/9".parse().unwrap(),
                value: None,
            },
        ];
        apply(&mut message, &edits, base, &());
        assert_eq!(message.payload, [0xc2, 16, b'U', b'Q']);
    }

    #[test]
    fn edits_queries_and_locations() {
        let mut message = message(ContentFormat::TEXT, b"");
        message.push_option(option::URI_QUERY, *b"lt=60");
        message.push_option(option::URI_QUERY, *b"Q");
        let edits = [
            Edit::Query {
                key: "lt".into(),
                value: Some("0".into()),
            },
            Edit::Query {
                key: "Q".into(),
                value: None,
            },
            Edit::Location(Some("/rd/7".into())),
            Edit::Truncate(0),
        ];
        apply(&mut message, &edits, Path::ROOT, &());
        assert_eq!(message.text_options(option::URI_QUERY), ["lt=0"]);
        assert_eq!(message.text_options(option::LOCATION_PATH), ["rd", "7"]);
    }
}
