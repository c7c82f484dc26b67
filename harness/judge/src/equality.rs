//! Equality of contents across the types that formats use for the same thing.
//!
//! Numbers are compared exactly, whatever type carries them; text is never a number.

use std::cmp::Ordering;

use lwm2m::Value;

use crate::actual::Actual;
use crate::pattern::plain;
use crate::sets::{members, texts};

/// Whether two contents are the same.
pub(crate) fn same(expected: &Actual, actual: &Actual) -> bool {
    match (expected, actual) {
        (Actual::Value(left), Actual::Value(right)) => same_value(left, right),
        (Actual::Value(_), Actual::Nodes(nodes)) => {
            !nodes.is_empty()
                && nodes
                    .iter()
                    .all(|node| same(expected, &Actual::Value(node.value.clone())))
        }
        (Actual::Value(value), Actual::List(values)) => {
            matches!(values.as_slice(), [only] if same_value(value, only))
        }
        (Actual::Nodes(left), Actual::Value(right)) => {
            matches!(left.as_slice(), [only] if same_value(&only.value, right))
        }
        (Actual::Nodes(left), Actual::Nodes(right)) => {
            left.len() == right.len()
                && left.iter().all(|node| {
                    right.iter().any(|other| {
                        other.path == node.path && same_value(&node.value, &other.value)
                    })
                })
        }
        (Actual::Links(_), _) | (_, Actual::Links(_)) | (Actual::List(_), _) => {
            let sorted = |actual: &Actual| {
                let mut all = match actual {
                    Actual::Links(_) => members(actual),
                    _ => texts(actual),
                };
                // the root link of a registration is no Object, and may be shown or not
                all.retain(|member| member != "/" && !member.is_empty());
                all.sort();
                all
            };
            sorted(expected) == sorted(actual)
        }
        _ => expected == actual,
    }
}

/// Whether two values are the same.
pub(crate) fn same_value(left: &Value, right: &Value) -> bool {
    if left == right {
        return true;
    }
    // a period is a duration in the notation and whole seconds on the wire
    let left = &as_period(left, right);
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => same_float(*left, *right),
        (Value::Boolean(_), _) | (_, Value::Boolean(_)) => false,
        (
            Value::Opaque(bytes) | Value::Untyped(bytes),
            Value::Opaque(other) | Value::Untyped(other),
        ) => bytes == other,
        // text of a Resource that no definition knows
        (Value::Untyped(bytes), other) | (other, Value::Untyped(bytes)) => {
            plain(other).as_bytes() == bytes.as_slice()
        }
        // a payload written as text
        (Value::String(text), Value::Opaque(bytes)) => text.as_bytes() == bytes.as_slice(),
        (
            Value::String(_) | Value::CoreLink(_) | Value::ObjectLink { .. },
            Value::String(_) | Value::CoreLink(_) | Value::ObjectLink { .. },
        ) => plain(left) == plain(right),
        _ => order(left, right) == Some(Ordering::Equal),
    }
}

/// How two numbers are ordered, exactly; `None` if one of them is none.
pub(crate) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        (Some(left), None) => with_float(left, float(right)?),
        (None, Some(right)) => with_float(right, float(left)?).map(Ordering::reverse),
        (None, None) => float(left)?.partial_cmp(&float(right)?),
    }
}

/// The seconds of a duration that is compared with a number; any other value as it is.
pub(crate) fn as_period(value: &Value, other: &Value) -> Value {
    let number = integer(other).is_some() || float(other).is_some();
    match value {
        Value::String(text) if number => {
            testcase::duration::parse(text).map_or_else(|| value.clone(), seconds)
        }
        _ => value.clone(),
    }
}

fn seconds(period: std::time::Duration) -> Value {
    match i64::try_from(period.as_secs()) {
        Ok(whole) if period.subsec_nanos() == 0 => Value::Integer(whole),
        _ => Value::Float(period.as_secs_f64()),
    }
}

/// A Float has 32 or 64 bits on the wire (Core TS, Appendix C): the nearest 32-bit number to a value is that value.
fn same_float(left: f64, right: f64) -> bool {
    let short = |number: f64| f64::from(number as f32);
    left == right || short(left) == right || left == short(right)
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(number) | Value::Time(number) => Some(i128::from(*number)),
        Value::UnsignedInteger(number) => Some(i128::from(*number)),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// An integer of 64 bits against a float, without rounding the integer.
fn with_float(integer: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // saturates far beyond 64 bits, where the order is plain
    let whole = float.trunc() as i128;
    let rest = 0.0_f64.partial_cmp(&float.fract())?;
    Some(integer.cmp(&whole).then(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_whatever_carries_them_and_exactly() {
        let big = 9_007_199_254_740_993; // 2^53 + 1, which no float is
        let text = |text: &str| Value::String(text.to_owned());
        let rows = [
            (Value::Integer(5), Value::Float(5.0), true),
            (Value::Integer(5), Value::Float(5.5), false),
            (Value::Integer(-5), Value::Float(-5.5), false),
            (Value::Integer(5), Value::Time(5), true),
            (Value::Integer(5), Value::UnsignedInteger(5), true),
            (Value::Integer(-1), Value::UnsignedInteger(u64::MAX), false),
            (Value::Integer(big), Value::Integer(big - 1), false),
            (
                Value::Integer(big),
                Value::Float(9_007_199_254_740_992.0),
                false,
            ),
            (
                Value::UnsignedInteger(u64::MAX),
                Value::Float(u64::MAX as f64),
                false,
            ),
            (Value::Integer(5), Value::Float(f64::NAN), false),
            (Value::Integer(5), Value::Float(f64::INFINITY), false),
            (Value::Float(3.7), Value::Float(f64::from(3.7_f32)), true),
            (Value::Float(3.7), Value::Float(3.700_001), false),
            (text("5"), Value::Integer(5), false),
            (text("5s"), Value::Integer(5), true),
            (text("1.5s"), Value::Float(1.5), true),
            (text("5s"), text("5"), false),
            (Value::Boolean(true), Value::Integer(1), false),
            (text("abc"), Value::Opaque(b"abc".to_vec()), true),
            (text("abc"), Value::Untyped(b"abc".to_vec()), true),
            (Value::Integer(5), Value::Untyped(b"5".to_vec()), true),
            (Value::Opaque(vec![1]), Value::Untyped(vec![1]), true),
            (
                text("3:0"),
                Value::ObjectLink {
                    object: 3,
                    instance: 0,
                },
                true,
            ),
            (text("a"), Value::CoreLink("a".to_owned()), true),
        ];
        for (left, right, equal) in rows {
            assert_eq!(same_value(&left, &right), equal, "{left:?} {right:?}");
        }
    }

    #[test]
    fn numbers_are_ordered_exactly() {
        let big = 9_007_199_254_740_993;
        let rows = [
            (
                Value::Integer(big),
                Value::Float(9_007_199_254_740_992.0),
                Some(Ordering::Greater),
            ),
            (Value::Integer(5), Value::Float(5.5), Some(Ordering::Less)),
            (
                Value::Integer(-5),
                Value::Float(-5.5),
                Some(Ordering::Greater),
            ),
            (
                Value::Float(5.5),
                Value::Integer(5),
                Some(Ordering::Greater),
            ),
            (
                Value::Float(1e300),
                Value::Integer(i64::MAX),
                Some(Ordering::Greater),
            ),
            (Value::Float(f64::NAN), Value::Integer(1), None),
            (Value::String("6".to_owned()), Value::Integer(5), None),
        ];
        for (left, right, wanted) in rows {
            assert_eq!(order(&left, &right), wanted, "{left:?} {right:?}");
        }
    }
}
