//! The forms of values in TLV (Core TS, Appendix C): big-endian numbers, raw text and bytes.

use crate::codec::RemarkKind;
use crate::{Type, Value};

/// Reads `bytes` as a value of type `wanted`; what does not fit stays [`Value::Untyped`], with a remark.
pub(super) fn read_value(bytes: &[u8], wanted: Type) -> (Value, Option<RemarkKind>) {
    let value = match wanted {
        Type::Integer => read_signed(bytes).map(Value::Integer),
        Type::Time => read_signed(bytes).map(Value::Time),
        Type::UnsignedInteger => read_unsigned(bytes).map(Value::UnsignedInteger),
        Type::Float => read_float(bytes).map(Value::Float),
        Type::ObjectLink => read_object_link(bytes),
        Type::Boolean => match bytes {
            [0] => Some(Value::Boolean(false)),
            [1] => Some(Value::Boolean(true)),
            [_] => return (untyped(bytes), Some(RemarkKind::BooleanValue)),
            _ => None,
        },
        Type::Opaque => Some(Value::Opaque(bytes.to_vec())),
        Type::None => Some(untyped(bytes)),
        Type::String | Type::CoreLink => return read_text(bytes, wanted),
    };
    value.map_or_else(
        || {
            let found = bytes.len();
            (untyped(bytes), Some(RemarkKind::Size { found, wanted }))
        },
        |value| (value, None),
    )
}

/// Writes a value; integers take the fewest of 1, 2, 4 or 8 bytes, floats 4 bytes if these lose nothing.
pub(super) fn write_value(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) | Value::CoreLink(text) => text.as_bytes().to_vec(),
        Value::Integer(number) | Value::Time(number) => write_signed(*number),
        Value::UnsignedInteger(number) => write_unsigned(*number),
        Value::Float(number) => {
            let narrow = *number as f32;
            if f64::from(narrow).to_bits() == number.to_bits() {
                narrow.to_be_bytes().to_vec()
            } else {
                number.to_be_bytes().to_vec()
            }
        }
        Value::Boolean(truth) => vec![u8::from(*truth)],
        Value::Opaque(bytes) | Value::Untyped(bytes) => bytes.clone(),
        Value::ObjectLink { object, instance } => {
            [object.to_be_bytes(), instance.to_be_bytes()].concat()
        }
        Value::Nothing => Vec::new(),
    }
}

/// Reads an Integer or a Time of 1, 2, 4 or 8 bytes.
#[inline(always)]
pub(super) fn read_signed(bytes: &[u8]) -> Option<i64> {
    match *bytes {
        [a] => Some(i64::from(a as i8)),
        [a, b] => Some(i64::from(i16::from_be_bytes([a, b]))),
        _ => read_long(bytes),
    }
}

#[inline(never)]
const fn read_long(bytes: &[u8]) -> Option<i64> {
    Some(match *bytes {
        [a, b, c, d] => i32::from_be_bytes([a, b, c, d]) as i64,
        [a, b, c, d, e, f, g, h] => i64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => return None,
    })
}

fn read_unsigned(bytes: &[u8]) -> Option<u64> {
    matches!(bytes.len(), 1 | 2 | 4 | 8).then(|| {
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    })
}

fn read_float(bytes: &[u8]) -> Option<f64> {
    match bytes.len() {
        4 => Some(f64::from(f32::from_be_bytes(bytes.try_into().ok()?))),
        8 => Some(f64::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

fn read_object_link(bytes: &[u8]) -> Option<Value> {
    let &[a, b, c, d] = bytes else { return None };
    Some(Value::ObjectLink {
        object: u16::from_be_bytes([a, b]),
        instance: u16::from_be_bytes([c, d]),
    })
}

fn read_text(bytes: &[u8], wanted: Type) -> (Value, Option<RemarkKind>) {
    match std::str::from_utf8(bytes) {
        Ok(text) if wanted == Type::CoreLink => (Value::CoreLink(text.to_owned()), None),
        Ok(text) => (Value::String(text.to_owned()), None),
        Err(_) => (untyped(bytes), Some(RemarkKind::NotUtf8)),
    }
}

fn untyped(bytes: &[u8]) -> Value {
    Value::Untyped(bytes.to_vec())
}

fn write_signed(number: i64) -> Vec<u8> {
    if let Ok(number) = i8::try_from(number) {
        number.to_be_bytes().to_vec()
    } else if let Ok(number) = i16::try_from(number) {
        number.to_be_bytes().to_vec()
    } else if let Ok(number) = i32::try_from(number) {
        number.to_be_bytes().to_vec()
    } else {
        number.to_be_bytes().to_vec()
    }
}

fn write_unsigned(number: u64) -> Vec<u8> {
    if let Ok(number) = u8::try_from(number) {
        number.to_be_bytes().to_vec()
    } else if let Ok(number) = u16::try_from(number) {
        number.to_be_bytes().to_vec()
    } else if let Ok(number) = u32::try_from(number) {
        number.to_be_bytes().to_vec()
    } else {
        number.to_be_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_fewest_bytes() {
        for (value, bytes) in [
            (Value::Integer(-128), &[0x80][..]),
            (Value::Integer(129), &[0x00, 0x81]),
            (Value::Integer(-32769), &[0xff, 0xff, 0x7f, 0xff]),
            (Value::Time(1_367_491_215), &[0x51, 0x82, 0x42, 0x8f]),
            (Value::UnsignedInteger(129), &[0x81]),
            (Value::UnsignedInteger(u64::MAX), &[0xff; 8]),
            (Value::Float(-0.5), &[0xbf, 0, 0, 0]),
            (
                Value::ObjectLink {
                    object: 66,
                    instance: 0,
                },
                &[0, 66, 0, 0],
            ),
        ] {
            assert_eq!(write_value(&value), bytes, "{value}");
            assert_eq!(read_value(bytes, value.value_type()), (value, None));
        }
    }

    #[test]
    fn sizes_that_no_type_has_are_told() {
        for (bytes, wanted, kind) in [
            (
                &[0, 1, 2][..],
                Type::Integer,
                RemarkKind::Size {
                    found: 3,
                    wanted: Type::Integer,
                },
            ),
            (
                &[],
                Type::Time,
                RemarkKind::Size {
                    found: 0,
                    wanted: Type::Time,
                },
            ),
            (
                &[0, 1],
                Type::Float,
                RemarkKind::Size {
                    found: 2,
                    wanted: Type::Float,
                },
            ),
            (&[2], Type::Boolean, RemarkKind::BooleanValue),
            (&[0xff], Type::String, RemarkKind::NotUtf8),
        ] {
            let told = (Value::Untyped(bytes.to_vec()), Some(kind));
            assert_eq!(read_value(bytes, wanted), told);
        }
    }
}
