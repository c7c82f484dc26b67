//! `application/senml+cbor` and its ETCH sibling (RFC 8428, 6; RFC 8790; Core TS, 7.5.7), since 1.1.
//!
//! Labels are integers, but `vlo` is text in CBOR too.

use std::borrow::Cow;

use coap::ContentFormat;
use minicbor::Encoder;

use super::assembly::{Assembly, Order, Rules};
use super::cbor_item::{Item, Items};
use super::cbor_value::{read_value, write_float, write_value};
use super::senml::{Names, Pack, Purpose, Record, purpose, recorded};
use super::senml_plain::push_plain;
use super::{CodecError, CodecErrorKind, RemarkKind, Visitor};
use crate::{Node, Path, Types, Value};

/// Reads the nodes of a pack that answers, or was written to, `base`.
pub(super) fn read<'p, V: Visitor<'p>>(
    format: ContentFormat,
    payload: &'p [u8],
    base: &Path,
    types: &dyn Types,
    visitor: &mut V,
) -> Result<Order, CodecError> {
    read_pack(format, payload, *base, types, purpose(format), visitor)
}

/// Reads the names of a pack, as nodes without value.
pub(super) fn read_paths<'p, V: Visitor<'p>>(
    format: ContentFormat,
    payload: &'p [u8],
    visitor: &mut V,
) -> Result<Order, CodecError> {
    read_pack(format, payload, Path::ROOT, &(), Purpose::Paths, visitor)
}

/// Writes a pack whose first record has the base name.
pub(super) fn encode(
    format: ContentFormat,
    nodes: &[Node],
    base: &Path,
) -> Result<Vec<u8>, CodecError> {
    let nodes = recorded(format, nodes, base)?;
    let names = Names::new(&nodes, base);
    let mut payload = Vec::new();
    // Writing to a vector cannot fail.
    let _ = Encoder::new(&mut payload).array(nodes.len() as u64);
    for (index, node) in nodes.iter().enumerate() {
        let base_name = (index == 0).then_some(names.base.as_str());
        write_record(
            base_name,
            names.name(&node.path).as_deref(),
            node,
            &mut payload,
        );
    }
    Ok(payload)
}

/// Writes a pack of names.
pub(super) fn encode_paths(paths: &[Path]) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut encoder = Encoder::new(&mut payload);
    let _ = encoder.array(paths.len() as u64);
    for path in paths {
        let _ = encoder
            .map(1)
            .and_then(|encoder| encoder.i8(NAME))
            .and_then(|encoder| encoder.str(&path.to_string()));
    }
    payload
}

fn read_pack<'p, V: Visitor<'p>>(
    format: ContentFormat,
    payload: &'p [u8],
    base: Path,
    types: &dyn Types,
    purpose: Purpose,
    visitor: &mut V,
) -> Result<Order, CodecError> {
    let mut items = Items::new(format, payload);
    let length = match items.next()? {
        Item::Array(length) => length,
        item => return Err(items.unexpected(0, &item, "an array of records")),
    };
    let assembly = Assembly::new(format, base, types, RULES, visitor);
    let mut pack = Pack::new(assembly, purpose);
    let mut rest = items.rest(length)?;
    while items.more(&mut rest) {
        if let Some(end) = push_plain(&mut pack, payload, items.offset()) {
            items.resume(end);
        } else {
            let record = read_record(&mut items)?;
            pack.push(record)?;
        }
    }
    items.end()?;
    Ok(pack.finish())
}

fn read_record<'p>(items: &mut Items<'p>) -> Result<Record<'p>, CodecError> {
    let mut record = Record {
        offset: items.offset(),
        ..Record::default()
    };
    let length = match items.next()? {
        Item::Map(length) => length,
        item => return Err(items.unexpected(record.offset, &item, "a record, which is a map")),
    };
    let mut seen = Seen::default();
    let mut rest = items.rest(length)?;
    while items.more(&mut rest) {
        let offset = items.offset();
        let label = match items.next()? {
            Item::Unsigned(number) => Label::Number(i64::try_from(number).unwrap_or(i64::MAX)),
            Item::Negative(number) => {
                Label::Number(i64::try_from(number).map_or(i64::MIN, |number| -1 - number))
            }
            Item::Text(text) => Label::Text(text),
            item => return Err(items.unexpected(offset, &item, "a label")),
        };
        if let Some(repeated) = seen.add(&label) {
            return Err(items.error(offset, CodecErrorKind::DuplicateKey(repeated)));
        }
        let start = items.offset();
        let item = items.next()?;
        match label {
            Label::Number(label) => read_field(items, label, start, item, &mut record)?,
            Label::Text(label) => read_text_field(items, label, offset, start, item, &mut record)?,
        }
    }
    Ok(record)
}

#[inline]
fn read_field<'p>(
    items: &mut Items<'p>,
    label: i64,
    start: usize,
    item: Item<'p>,
    record: &mut Record<'p>,
) -> Result<(), CodecError> {
    match i8::try_from(label).unwrap_or(i8::MAX) {
        BASE_NAME => record.base_name = Some(text(items, start, item, record)?),
        NAME => record.name = Some(text(items, start, item, record)?),
        BASE_TIME => record.base_time = Some(number(items, start, item)?),
        TIME => record.time = Some(number(items, start, item)?),
        BASE_VALUE => record.base_value = Some(number(items, start, item)?),
        VALUE => match item {
            Item::Null => record.set_value(Value::Nothing),
            item => {
                let value = read_value(items, start, item)?;
                if !matches!(
                    value,
                    Value::Integer(_)
                        | Value::UnsignedInteger(_)
                        | Value::Float(_)
                        | Value::Time(_)
                ) {
                    return Err(wrong(items, start, "a number as \"v\""));
                }
                record.set_value(value);
            }
        },
        STRING_VALUE => {
            let value = text(items, start, item, record)?.into_owned();
            record.set_value(Value::String(value));
        }
        BOOLEAN_VALUE => match item {
            Item::Boolean(truth) => record.set_value(Value::Boolean(truth)),
            item => return Err(items.unexpected(start, &item, "a Boolean as \"vb\"")),
        },
        DATA_VALUE => match item {
            Item::Bytes(bytes) => {
                if matches!(bytes, Cow::Owned(_)) {
                    record.remark = Some(RemarkKind::IndefiniteString);
                }
                record.set_value(Value::Opaque(bytes.into_owned()));
            }
            item => return Err(items.unexpected(start, &item, "a byte string as \"vd\"")),
        },
        BASE_VERSION => match item {
            Item::Unsigned(0..=10) => {}
            Item::Unsigned(version) => {
                let kind = CodecErrorKind::SenmlVersion(version.to_string());
                return Err(items.error(start, kind));
            }
            item => return Err(items.unexpected(start, &item, "a version")),
        },
        BASE_UNIT | BASE_SUM | UNIT | SUM | UPDATE_TIME => items.pass(&item, 0)?,
        _ => {
            record.remark = Some(RemarkKind::UnknownLabel(label.to_string()));
            items.pass(&item, 0)?;
        }
    }
    Ok(())
}

fn read_text_field<'p>(
    items: &mut Items<'p>,
    label: Cow<'p, str>,
    offset: usize,
    start: usize,
    item: Item<'p>,
    record: &mut Record<'p>,
) -> Result<(), CodecError> {
    if label == OBJECT_LINK_VALUE {
        let link = text(items, start, item, record)?;
        record.set_link(link);
        return Ok(());
    }
    if label.ends_with('_') {
        let kind = CodecErrorKind::MustUnderstand(label.into_owned());
        return Err(items.error(offset, kind));
    }
    let numbered = TEXT_LABELS.contains(&&*label) || label.parse::<i64>().is_ok();
    let label = label.into_owned();
    record.remark = Some(if numbered {
        RemarkKind::TextLabel(label)
    } else {
        RemarkKind::UnknownLabel(label)
    });
    items.pass(&item, 0)
}

fn write_record(base: Option<&str>, name: Option<&str>, node: &Node, payload: &mut Vec<u8>) {
    let fields = 1 + [base.is_some(), name.is_some(), node.time.is_some()]
        .iter()
        .filter(|present| **present)
        .count();
    let mut encoder = Encoder::new(&mut *payload);
    let _ = encoder.map(fields as u64);
    for (label, text) in [(BASE_NAME, base), (NAME, name)] {
        if let Some(text) = text {
            let _ = encoder.i8(label).and_then(|encoder| encoder.str(text));
        }
    }
    if let Some(time) = node.time {
        let _ = encoder
            .i8(TIME)
            .and_then(|encoder| write_time(encoder, time));
    }
    let _ = match node.value {
        Value::String(_) | Value::CoreLink(_) => encoder.i8(STRING_VALUE),
        Value::Boolean(_) => encoder.i8(BOOLEAN_VALUE),
        Value::Opaque(_) | Value::Untyped(_) => encoder.i8(DATA_VALUE),
        Value::ObjectLink { .. } => encoder.str(OBJECT_LINK_VALUE),
        _ => encoder.i8(VALUE),
    };
    write_value(payload, node);
}

/// Writes a time as an integer where that loses nothing.
fn write_time<W: minicbor::encode::Write>(
    encoder: &mut Encoder<W>,
    time: f64,
) -> Result<&mut Encoder<W>, minicbor::encode::Error<W::Error>> {
    if time.fract() == 0.0 && time.abs() < 2f64.powi(53) && (time != 0.0 || time.is_sign_positive())
    {
        encoder.i64(time as i64)
    } else {
        write_float(encoder, time)
    }
}

enum Label<'p> {
    Number(i64),
    Text(Cow<'p, str>),
}

/// The labels of a record so far: one bit for each that RFC 8428 numbers, and the others by name.
#[derive(Default)]
struct Seen {
    numbered: u16,
    others: Vec<String>,
}

impl Seen {
    /// Notes a label; tells its name if it was there before.
    #[inline]
    fn add(&mut self, label: &Label<'_>) -> Option<String> {
        let name = match label {
            Label::Number(number @ -6..=8) => {
                let bit = 1 << (number + 6);
                let repeated = self.numbered & bit != 0;
                self.numbered |= bit;
                return repeated.then(|| number.to_string());
            }
            Label::Number(number) => number.to_string(),
            Label::Text(text) => format!("{text:?}"),
        };
        if self.others.contains(&name) {
            return Some(name);
        }
        self.others.push(name);
        None
    }
}

#[inline]
fn text<'p>(
    items: &Items<'p>,
    start: usize,
    item: Item<'p>,
    record: &mut Record<'p>,
) -> Result<Cow<'p, str>, CodecError> {
    match item {
        Item::Text(text) => {
            if matches!(text, Cow::Owned(_)) {
                record.remark = Some(RemarkKind::IndefiniteString);
            }
            Ok(text)
        }
        item => Err(items.unexpected(start, &item, "a text string")),
    }
}

fn number<'p>(items: &mut Items<'p>, start: usize, item: Item<'p>) -> Result<f64, CodecError> {
    match read_value(items, start, item)? {
        Value::Integer(number) => Ok(number as f64),
        Value::UnsignedInteger(number) => Ok(number as f64),
        Value::Float(number) => Ok(number),
        _ => Err(wrong(items, start, "a number")),
    }
}

fn wrong(items: &Items<'_>, start: usize, wanted: &'static str) -> CodecError {
    let kind = CodecErrorKind::Syntax {
        found: "another value".to_owned(),
        wanted,
    };
    items.error(start, kind)
}

// RFC 8428, table 4.
const BASE_SUM: i8 = -6;
const BASE_VALUE: i8 = -5;
const BASE_UNIT: i8 = -4;
const BASE_TIME: i8 = -3;
const BASE_NAME: i8 = -2;
const BASE_VERSION: i8 = -1;
const NAME: i8 = 0;
const UNIT: i8 = 1;
const VALUE: i8 = 2;
const STRING_VALUE: i8 = 3;
const BOOLEAN_VALUE: i8 = 4;
const SUM: i8 = 5;
const TIME: i8 = 6;
const UPDATE_TIME: i8 = 7;
const DATA_VALUE: i8 = 8;
/// Core TS, 7.5.7.
const OBJECT_LINK_VALUE: &str = "vlo";
/// The labels of RFC 8428, table 4, as JSON has them.
const TEXT_LABELS: &[&str] = &[
    "bver", "bn", "bt", "bu", "bv", "bs", "n", "u", "v", "vs", "vb", "s", "t", "ut", "vd",
];
/// RFC 8428, 6: a JSON number may be an integer or a float; Core TS, Appendix C: an Integer is an integer.
const RULES: Rules = Rules {
    integer_is_float: true,
    float_may_be_integer: false,
    text_is_link: false,
    text_is_base64: false,
};
