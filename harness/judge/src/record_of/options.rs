//! Options of a frame as named fields: numbers as numbers, formats by word, text as text, bytes in hexadecimal.

use coap::option::{self, Format};
use coap::{Block, ContentFormat, RawOption};
use record::Field;

use super::frame::{cut, hex};
use crate::event::Datagram;

/// The options of a datagram, in the order of the wire.
pub(super) fn of(datagram: &Datagram) -> Vec<Field> {
    let Some(message) = &datagram.reading.message else {
        return Vec::new();
    };
    let mut fields: Vec<Field> = message.options.iter().take(OPTIONS).map(field).collect();
    let rest = message.options.len().saturating_sub(OPTIONS);
    if rest > 0 {
        fields.push(Field::new("...", format!("{rest} more")));
    }
    fields
}

fn field(found: &RawOption) -> Field {
    let definition = option::definition(found.number);
    let name = definition.map_or_else(
        || format!("option {}", found.number),
        |known| known.name.to_owned(),
    );
    let value = match definition.map(|known| known.format) {
        Some(Format::Uint) => number(found),
        Some(Format::String) => cut(&String::from_utf8_lossy(&found.value), TEXT),
        Some(Format::Empty) | Some(Format::Opaque) | None => bytes(&found.value),
    };
    Field::new(name, value)
}

fn number(found: &RawOption) -> String {
    if matches!(found.number, option::BLOCK1 | option::BLOCK2) {
        return Block::decode(&found.value).map_or_else(
            |_| bytes(&found.value),
            |block| {
                let more = if block.more { "more" } else { "last" };
                format!("{}, {more}, {} bytes", block.number, block.size())
            },
        );
    }
    if found.value.len() > 8 {
        return bytes(&found.value);
    }
    let number = found
        .value
        .iter()
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    match (found.number, u16::try_from(number)) {
        (option::CONTENT_FORMAT | option::ACCEPT, Ok(format)) => ContentFormat(format).to_string(),
        _ => number.to_string(),
    }
}

fn bytes(value: &[u8]) -> String {
    let text = hex(value, TEXT);
    if value.len() > TEXT {
        format!("{text}...")
    } else {
        text
    }
}

/// Options of one message that the record keeps.
const OPTIONS: usize = 200;
/// Characters, or bytes, of an option value that the record keeps.
const TEXT: usize = 255;
