//! `text/plain`: one value as text (Core TS, 7.5.1 and Appendix C). The text carries no type; the definition does.

use coap::ContentFormat;

use super::assembly::{Assembly, Order, Rules};
use super::base64::{self, Form};
use super::payload::{single_node, single_target, unrepresentable};
use super::{CodecError, CodecErrorKind, RemarkKind, Visitor};
use crate::{Node, Path, Type, Types, Value};

/// Reads one value at `base`; [`Value::Untyped`] if no definition tells its type.
pub(super) fn read<'p, V: Visitor<'p>>(
    payload: &'p [u8],
    base: &Path,
    types: &dyn Types,
    visitor: &mut V,
) -> Result<Order, CodecError> {
    single_target(FORMAT, base)?;
    let mut assembly = Assembly::new(FORMAT, *base, types, RULES, visitor);
    let text = std::str::from_utf8(payload)
        .map_err(|error| assembly.error(error.valid_up_to(), CodecErrorKind::NotUtf8))?;
    let definition = assembly.definition(base);
    let (value, kind) = match definition {
        None => (Value::Untyped(payload.to_vec()), None),
        Some(known) => typed(text, known.value_type),
    };
    if let Some(kind) = kind {
        assembly.remark(kind, 0, *base);
    }
    assembly.push_owned(*base, value, definition, None, 0);
    Ok(assembly.finish())
}

/// Writes one value.
pub(super) fn encode(nodes: &[Node], base: &Path) -> Result<Vec<u8>, CodecError> {
    let node = single_node(FORMAT, nodes, base)?;
    let text = match &node.value {
        Value::String(text) | Value::CoreLink(text) => text.clone(),
        Value::Integer(number) | Value::Time(number) => number.to_string(),
        Value::UnsignedInteger(number) => number.to_string(),
        // Appendix C knows no exponent, and no text for infinity and not-a-number.
        Value::Float(number) if number.is_finite() => number.to_string(),
        Value::Boolean(truth) => u8::from(*truth).to_string(),
        Value::Opaque(bytes) => base64::encode(bytes, Form::Padded),
        Value::ObjectLink { object, instance } => format!("{object}:{instance}"),
        Value::Untyped(bytes) => return Ok(bytes.clone()),
        Value::Float(_) | Value::Nothing => return Err(unrepresentable(FORMAT, node)),
    };
    Ok(text.into_bytes())
}

/// The value that `text` writes in type `wanted`; the text itself, with a remark, if it does not.
fn typed(text: &str, wanted: Type) -> (Value, Option<RemarkKind>) {
    let value = match wanted {
        Type::String | Type::None => Some(Value::String(text.to_owned())),
        Type::CoreLink => Some(Value::CoreLink(text.to_owned())),
        Type::Integer => integer(text).map(Value::Integer),
        Type::Time => integer(text).map(Value::Time),
        Type::UnsignedInteger => integer(text).map(Value::UnsignedInteger),
        Type::Boolean => match text {
            "0" => Some(Value::Boolean(false)),
            "1" => Some(Value::Boolean(true)),
            _ => {
                return (
                    Value::String(text.to_owned()),
                    Some(RemarkKind::BooleanValue),
                );
            }
        },
        Type::ObjectLink => Value::parse_object_link(text),
        Type::Float => return float(text),
        Type::Opaque => return opaque(text),
    };
    value.map_or_else(|| mismatch(text, wanted), |value| (value, None))
}

fn integer<T: std::str::FromStr>(text: &str) -> Option<T> {
    (!text.starts_with('+')).then(|| text.parse().ok())?
}

fn float(text: &str) -> (Value, Option<RemarkKind>) {
    let plain = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    let number_like = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    match text.parse() {
        Ok(number) if plain => (Value::Float(number), None),
        Ok(number) if number_like => (Value::Float(number), Some(RemarkKind::NumberForm)),
        _ => mismatch(text, Type::Float),
    }
}

fn opaque(text: &str) -> (Value, Option<RemarkKind>) {
    match base64::decode(text, Form::Padded) {
        Some((bytes, kept)) => (
            Value::Opaque(bytes),
            (!kept).then_some(RemarkKind::Base64Form),
        ),
        None => mismatch(text, Type::Opaque),
    }
}

fn mismatch(text: &str, wanted: Type) -> (Value, Option<RemarkKind>) {
    let kind = RemarkKind::TypeMismatch {
        found: Type::String,
        wanted,
    };
    (Value::String(text.to_owned()), Some(kind))
}

const FORMAT: ContentFormat = ContentFormat::TEXT;
const RULES: Rules = Rules {
    integer_is_float: false,
    float_may_be_integer: false,
    text_is_link: true,
    text_is_base64: false,
};
