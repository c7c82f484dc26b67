//! `application/senml+json` and its ETCH sibling (RFC 8428, 5; RFC 8790; Core TS, 7.5.6), since 1.1.

use coap::ContentFormat;

use super::assembly::{Assembly, Order, Rules};
use super::base64::{self, Form};
use super::json_text::{JsonText, Scalar};
use super::payload::unrepresentable;
use super::senml::{Names, Pack, Purpose, Record, purpose, recorded};
use super::{CodecError, CodecErrorKind, RemarkKind, Visitor};
use crate::{Node, Path, Type, Types, Value};

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
    let mut records = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        let mut fields = Vec::new();
        if index == 0 {
            fields.push(format!("\"bn\":{}", quote(&names.base)));
        }
        if let Some(name) = names.name(&node.path) {
            fields.push(format!("\"n\":{}", quote(&name)));
        }
        if let Some(time) = node.time {
            fields.push(format!("\"t\":{}", write_number(time)));
        }
        fields.push(write_value(format, node)?);
        records.push(format!("{{{}}}", fields.join(",")));
    }
    Ok(format!("[{}]", records.join(",")).into_bytes())
}

/// Writes a pack of names.
pub(super) fn encode_paths(paths: &[Path]) -> Vec<u8> {
    let records: Vec<String> = paths
        .iter()
        .map(|path| format!("{{\"n\":\"{path}\"}}"))
        .collect();
    format!("[{}]", records.join(",")).into_bytes()
}

fn read_pack<'p, V: Visitor<'p>>(
    format: ContentFormat,
    payload: &'p [u8],
    base: Path,
    types: &dyn Types,
    purpose: Purpose,
    visitor: &mut V,
) -> Result<Order, CodecError> {
    let mut json = JsonText::new(format, payload)?;
    json.expect(b'[', "an array of records")?;
    let assembly = Assembly::new(format, base, types, RULES, visitor);
    let mut pack = Pack::new(assembly, purpose);
    let mut first = true;
    while json.more(b']', first)? {
        let record = read_record(&mut json)?;
        pack.push(record)?;
        first = false;
    }
    json.end()?;
    Ok(pack.finish())
}

fn read_record<'p>(json: &mut JsonText<'p>) -> Result<Record<'p>, CodecError> {
    let mut record = Record {
        offset: json.offset(),
        ..Record::default()
    };
    json.expect(b'{', "a record, which is an object")?;
    let mut seen = Vec::new();
    while json.more(b'}', seen.is_empty())? {
        let offset = json.offset();
        let label = json.key()?;
        if seen.contains(&label) {
            let kind = CodecErrorKind::DuplicateKey(format!("{label:?}"));
            return Err(json.error(offset, kind));
        }
        read_field(json, &label, offset, &mut record)?;
        seen.push(label);
    }
    Ok(record)
}

fn read_field<'p>(
    json: &mut JsonText<'p>,
    label: &str,
    offset: usize,
    record: &mut Record<'p>,
) -> Result<(), CodecError> {
    let start = json.offset();
    match label {
        "bu" | "u" | "bs" | "s" | "ut" => return json.pass(0),
        "bn" | "n" | "bt" | "t" | "bv" | "v" | "vs" | "vb" | "vd" | "vlo" | "bver" => {}
        _ if label.ends_with('_') => {
            let kind = CodecErrorKind::MustUnderstand(label.to_owned());
            return Err(json.error(offset, kind));
        }
        _ => {
            record.remark = Some(RemarkKind::UnknownLabel(label.to_owned()));
            return json.pass(0);
        }
    }
    match (label, json.scalar()?) {
        ("bn", Scalar::Text(text)) => record.base_name = Some(text),
        ("n", Scalar::Text(text)) => record.name = Some(text),
        ("bt", Scalar::Number(number)) => record.base_time = Some(to_float(&number)),
        ("t", Scalar::Number(number)) => record.time = Some(to_float(&number)),
        ("bv", Scalar::Number(number)) => record.base_value = Some(to_float(&number)),
        ("v", Scalar::Number(number)) => record.set_value(number),
        ("v", Scalar::Null) => record.set_value(Value::Nothing),
        ("vs", Scalar::Text(text)) => record.set_value(Value::String(text.into_owned())),
        ("vb", Scalar::Boolean(truth)) => record.set_value(Value::Boolean(truth)),
        ("vd", Scalar::Text(text)) => set_data(&text, record),
        ("vlo", Scalar::Text(text)) => record.set_link(text),
        ("bver", Scalar::Number(Value::Integer(0..=10))) => {}
        ("bver", Scalar::Number(version)) => {
            let kind = CodecErrorKind::SenmlVersion(version.to_string());
            return Err(json.error(start, kind));
        }
        (_, scalar) => {
            let kind = CodecErrorKind::Syntax {
                found: scalar.name().to_owned(),
                wanted: wanted(label),
            };
            return Err(json.error(start, kind));
        }
    }
    Ok(())
}

fn set_data(text: &str, record: &mut Record<'_>) {
    match base64::decode(text, Form::UrlUnpadded) {
        Some((bytes, kept)) => {
            record.set_value(Value::Opaque(bytes));
            if !kept {
                record.remark = Some(RemarkKind::Base64Form);
            }
        }
        None => {
            record.set_value(Value::String(text.to_owned()));
            record.remark = Some(RemarkKind::TypeMismatch {
                found: Type::String,
                wanted: Type::Opaque,
            });
        }
    }
}

fn write_value(format: ContentFormat, node: &Node) -> Result<String, CodecError> {
    Ok(match &node.value {
        Value::String(text) | Value::CoreLink(text) => format!("\"vs\":{}", quote(text)),
        Value::Integer(number) | Value::Time(number) => format!("\"v\":{number}"),
        Value::UnsignedInteger(number) => format!("\"v\":{number}"),
        Value::Float(number) if number.is_finite() => format!("\"v\":{number:?}"),
        // RFC 8259, 6 has no infinity and no not-a-number.
        Value::Float(_) => return Err(unrepresentable(format, node)),
        Value::Boolean(truth) => format!("\"vb\":{truth}"),
        Value::Opaque(bytes) | Value::Untyped(bytes) => {
            format!("\"vd\":\"{}\"", base64::encode(bytes, Form::UrlUnpadded))
        }
        Value::ObjectLink { object, instance } => format!("\"vlo\":\"{object}:{instance}\""),
        Value::Nothing => "\"v\":null".to_owned(),
    })
}

/// Writes text as a JSON string.
pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a time: an integer without fraction.
pub(super) fn write_number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 2f64.powi(53) {
        number.to_string()
    } else {
        format!("{number:?}")
    }
}

/// A number as a double.
pub(super) const fn to_float(number: &Value) -> f64 {
    match number {
        Value::Integer(number) => *number as f64,
        Value::UnsignedInteger(number) => *number as f64,
        Value::Float(number) => *number,
        _ => 0.0,
    }
}

fn wanted(label: &str) -> &'static str {
    match label {
        "bt" | "t" | "bv" | "v" => "a number",
        "vb" => "a Boolean",
        "bver" => "a version",
        _ => "a string",
    }
}

/// RFC 8259, 6: JSON has numbers; only their spelling tells an integer.
pub(super) const RULES: Rules = Rules {
    integer_is_float: true,
    float_may_be_integer: true,
    text_is_link: false,
    text_is_base64: false,
};
