//! Whether an incoming value fits a Resource, and the value as the Resource keeps it (Core TS, Appendix C).
//!
//! Formats tell numbers apart less finely than definitions do, so a whole float may be an integer here.

use coap::Code;
use lwm2m::{ResourceDefinition, Type, Value};

use super::reply::Refusal;

/// The value as a Resource of `kind` keeps it; `None` if it does not fit.
pub(crate) fn convert(value: Value, kind: Type) -> Option<Value> {
    match (kind, value) {
        (Type::Integer, value) => signed(&value).map(Value::Integer),
        (Type::Time, value) => signed(&value).map(Value::Time),
        (Type::UnsignedInteger, value) => unsigned(&value).map(Value::UnsignedInteger),
        (Type::Float, value) => float(&value).map(Value::Float),
        (Type::CoreLink, Value::String(text)) => Some(Value::CoreLink(text)),
        (Type::String, Value::CoreLink(text)) => Some(Value::String(text)),
        (Type::Opaque, Value::Untyped(bytes)) => Some(Value::Opaque(bytes)),
        (kind, value) if value.value_type() == kind && kind != Type::None => Some(value),
        _ => None,
    }
}

/// The value as the defined Resource keeps it; 4.00 if its type or range does not fit.
pub(crate) fn fit(value: Value, definition: &ResourceDefinition) -> Result<Value, Refusal> {
    let kind = match definition.value_type {
        Type::None => return Ok(value),
        kind => kind,
    };
    let value = convert(value, kind).ok_or(Code::BAD_REQUEST)?;
    match definition.range.contains(&value) {
        Some(false) => Err(Code::BAD_REQUEST),
        _ => Ok(value),
    }
}

fn signed(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) | Value::Time(number) => Some(*number),
        Value::UnsignedInteger(number) => i64::try_from(*number).ok(),
        Value::Float(number) => whole(*number),
        _ => None,
    }
}

fn unsigned(value: &Value) -> Option<u64> {
    match value {
        Value::UnsignedInteger(number) => Some(*number),
        other => signed(other).and_then(|number| u64::try_from(number).ok()),
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Integer(number) => Some(*number as f64),
        Value::UnsignedInteger(number) => Some(*number as f64),
        _ => None,
    }
}

fn whole(number: f64) -> Option<i64> {
    let fits = number.fract() == 0.0 && number.abs() < EXACT;
    fits.then_some(number as i64)
}

/// 2^53, up to which a double tells every integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_what_fits() {
        let cases = [
            (Value::Float(5.0), Type::Integer, Some(Value::Integer(5))),
            (Value::Float(5.5), Type::Integer, None),
            (Value::Float(1e300), Type::Integer, None),
            (Value::Integer(5), Type::Float, Some(Value::Float(5.0))),
            (Value::Integer(-1), Type::UnsignedInteger, None),
            (Value::Integer(7), Type::Time, Some(Value::Time(7))),
            (Value::String("a".into()), Type::Integer, None),
            (Value::Integer(1), Type::String, None),
            (Value::Integer(1), Type::Boolean, None),
            (Value::Nothing, Type::Opaque, None),
            (
                Value::Untyped(vec![1]),
                Type::Opaque,
                Some(Value::Opaque(vec![1])),
            ),
        ];
        for (value, kind, wanted) in cases {
            assert_eq!(convert(value.clone(), kind), wanted, "{value} as {kind:?}");
        }
    }
}
