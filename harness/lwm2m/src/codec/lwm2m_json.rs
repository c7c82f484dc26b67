//! `application/vnd.oma.lwm2m+json` of LwM2M 1.0 (Core TS, 7.5.6.1): an object with base name, base time and entries.

use std::borrow::Cow;

use coap::ContentFormat;

use super::assembly::{Assembly, Order, Rules};
use super::base64::{self, Form};
use super::json_text::{JsonText, Scalar};
use super::payload::unrepresentable;
use super::senml::{Names, Pack, Purpose, Record, recorded};
use super::senml_json::{self, quote, to_float, write_number};
use super::{CodecError, CodecErrorKind, RemarkKind, Visitor};
use crate::{Node, Path, Types, Value};

/// Reads the nodes of a payload that answers, or was written to, `base`.
///
/// Without a base name the names stand below the target.
pub(super) fn read<'p, V: Visitor<'p>>(
    payload: &'p [u8],
    base: &Path,
    types: &dyn Types,
    visitor: &mut V,
) -> Result<Order, CodecError> {
    let mut json = JsonText::new(FORMAT, payload)?;
    let mut members = Members::default();
    members.read(&mut json)?;
    json.end()?;
    let assembly = Assembly::new(FORMAT, *base, types, RULES, visitor);
    let mut pack = Pack::new(assembly, Purpose::Values);
    for kind in members.remarks {
        pack.assembly.remark(kind, 0, *base);
    }
    for mut entry in members.entries {
        let named = entry.name.as_ref().is_some_and(|name| !name.is_empty());
        let default = || match (base.depth(), named) {
            (0, _) | (_, false) => base.to_string(),
            _ => format!("{base}/"),
        };
        entry.base_name = Some(
            members
                .base_name
                .clone()
                .unwrap_or_else(|| default().into()),
        );
        entry.base_time = members.base_time;
        pack.push(entry)?;
    }
    Ok(pack.finish())
}

/// Writes an object with the base name of the target.
pub(super) fn encode(nodes: &[Node], base: &Path) -> Result<Vec<u8>, CodecError> {
    let nodes = recorded(FORMAT, nodes, base)?;
    let names = Names::new(&nodes, base);
    let mut entries = Vec::with_capacity(nodes.len());
    for node in &nodes {
        let mut fields = Vec::new();
        if let Some(name) = names.name(&node.path) {
            fields.push(format!("\"n\":{}", quote(&name)));
        }
        if let Some(time) = node.time {
            fields.push(format!("\"t\":{}", write_number(time)));
        }
        fields.push(write_value(node)?);
        entries.push(format!("{{{}}}", fields.join(",")));
    }
    let (base_name, entries) = (quote(&names.base), entries.join(","));
    Ok(format!("{{\"bn\":{base_name},\"e\":[{entries}]}}").into_bytes())
}

/// The members of the outermost object; entries wait, since the base name may come last.
#[derive(Default)]
struct Members<'p> {
    base_name: Option<Cow<'p, str>>,
    base_time: Option<f64>,
    entries: Vec<Record<'p>>,
    remarks: Vec<RemarkKind>,
}

impl<'p> Members<'p> {
    fn read(&mut self, json: &mut JsonText<'p>) -> Result<(), CodecError> {
        json.expect(b'{', "an object")?;
        let mut seen = Vec::new();
        while json.more(b'}', seen.is_empty())? {
            let offset = json.offset();
            let label = json.key()?;
            check_new(json, &seen, &label, offset)?;
            let start = json.offset();
            match &*label {
                "bn" => match json.scalar()? {
                    Scalar::Text(text) => self.base_name = Some(text),
                    other => return Err(wrong(json, start, &other, "a string")),
                },
                "bt" => match json.scalar()? {
                    Scalar::Number(number) => self.base_time = Some(to_float(&number)),
                    other => return Err(wrong(json, start, &other, "a number")),
                },
                "e" => self.read_entries(json)?,
                _ => {
                    self.remarks
                        .push(RemarkKind::UnknownLabel(label.to_string()));
                    json.pass(0)?;
                }
            }
            seen.push(label);
        }
        if seen.iter().all(|label| label != "e") {
            return Err(json.unexpected(json.offset(), "entries \"e\""));
        }
        Ok(())
    }

    fn read_entries(&mut self, json: &mut JsonText<'p>) -> Result<(), CodecError> {
        json.expect(b'[', "an array of entries")?;
        let mut first = true;
        while json.more(b']', first)? {
            self.entries.push(read_entry(json)?);
            first = false;
        }
        Ok(())
    }
}

fn read_entry<'p>(json: &mut JsonText<'p>) -> Result<Record<'p>, CodecError> {
    let mut entry = Record {
        offset: json.offset(),
        ..Record::default()
    };
    json.expect(b'{', "an entry, which is an object")?;
    let mut seen = Vec::new();
    while json.more(b'}', seen.is_empty())? {
        let offset = json.offset();
        let label = json.key()?;
        check_new(json, &seen, &label, offset)?;
        read_field(json, &label, &mut entry)?;
        seen.push(label);
    }
    Ok(entry)
}

fn read_field<'p>(
    json: &mut JsonText<'p>,
    label: &str,
    entry: &mut Record<'p>,
) -> Result<(), CodecError> {
    let start = json.offset();
    if !matches!(label, "n" | "t" | "v" | "bv" | "sv" | "ov") {
        entry.remark = Some(RemarkKind::UnknownLabel(label.to_owned()));
        return json.pass(0);
    }
    match (label, json.scalar()?) {
        ("n", Scalar::Text(text)) => entry.name = Some(text),
        ("t", Scalar::Number(number)) => entry.time = Some(to_float(&number)),
        ("v", Scalar::Number(number)) => entry.set_value(number),
        ("bv", Scalar::Boolean(truth)) => entry.set_value(Value::Boolean(truth)),
        ("sv", Scalar::Text(text)) => entry.set_value(Value::String(text.into_owned())),
        ("ov", Scalar::Text(text)) => entry.set_link(text),
        ("t" | "v", other) => return Err(wrong(json, start, &other, "a number")),
        ("bv", other) => return Err(wrong(json, start, &other, "a Boolean")),
        (_, other) => return Err(wrong(json, start, &other, "a string")),
    }
    Ok(())
}

fn write_value(node: &Node) -> Result<String, CodecError> {
    Ok(match &node.value {
        Value::String(text) | Value::CoreLink(text) => format!("\"sv\":{}", quote(text)),
        Value::Integer(number) | Value::Time(number) => format!("\"v\":{number}"),
        Value::UnsignedInteger(number) => format!("\"v\":{number}"),
        Value::Float(number) if number.is_finite() => format!("\"v\":{number:?}"),
        Value::Boolean(truth) => format!("\"bv\":{truth}"),
        Value::Opaque(bytes) | Value::Untyped(bytes) => {
            format!("\"sv\":\"{}\"", base64::encode(bytes, Form::Padded))
        }
        Value::ObjectLink { object, instance } => format!("\"ov\":\"{object}:{instance}\""),
        // RFC 8259, 6 has no infinity and no not-a-number.
        Value::Float(_) | Value::Nothing => return Err(unrepresentable(FORMAT, node)),
    })
}

fn check_new(
    json: &JsonText<'_>,
    seen: &[Cow<'_, str>],
    label: &str,
    offset: usize,
) -> Result<(), CodecError> {
    if seen.iter().any(|known| known == label) {
        let kind = CodecErrorKind::DuplicateKey(format!("{label:?}"));
        return Err(json.error(offset, kind));
    }
    Ok(())
}

fn wrong(
    json: &JsonText<'_>,
    offset: usize,
    found: &Scalar<'_>,
    wanted: &'static str,
) -> CodecError {
    let found = found.name().to_owned();
    json.error(offset, CodecErrorKind::Syntax { found, wanted })
}

const FORMAT: ContentFormat = ContentFormat::LWM2M_JSON;
const RULES: Rules = Rules {
    text_is_base64: true,
    ..senml_json::RULES
};
