//! Values in CBOR (Core TS, Appendix C): from an item to a value and back.

use minicbor::Encoder;

use super::cbor_item::{Item, Items};
use super::date::parse_date;
use super::payload::unrepresentable;
use super::{CodecError, CodecErrorKind};
use crate::{Node, Value};

/// Turns the item that was just read into a value of the type that it has on the wire.
#[inline]
pub(super) fn read_value<'p>(
    items: &mut Items<'p>,
    offset: usize,
    item: Item<'p>,
) -> Result<Value, CodecError> {
    Ok(match item {
        Item::Unsigned(number) => match i64::try_from(number) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::UnsignedInteger(number),
        },
        Item::Negative(number) => Value::Integer(negative(items, offset, number)?),
        Item::Text(text) => Value::String(text.into_owned()),
        Item::Bytes(bytes) => Value::Opaque(bytes.into_owned()),
        Item::Float(number) => Value::Float(number),
        Item::Boolean(truth) => Value::Boolean(truth),
        Item::Null => Value::Nothing,
        Item::Tag(tag) => read_tagged(items, offset, tag)?,
        Item::Array(_) | Item::Map(_) | Item::Simple(_) | Item::Break => {
            return Err(items.unexpected(offset, &item, "a value"));
        }
    })
}

/// Writes a value; integers and floats in their shortest form (RFC 8949, 4.2.1).
pub(super) fn write_value(payload: &mut Vec<u8>, node: &Node) {
    let mut encoder = Encoder::new(payload);
    // Writing to a vector cannot fail.
    let _ = match &node.value {
        Value::String(text) | Value::CoreLink(text) => encoder.str(text),
        Value::Integer(number) | Value::Time(number) => encoder.i64(*number),
        Value::UnsignedInteger(number) => encoder.u64(*number),
        Value::Float(number) => write_float(&mut encoder, *number),
        Value::Boolean(truth) => encoder.bool(*truth),
        Value::Opaque(bytes) | Value::Untyped(bytes) => encoder.bytes(bytes),
        Value::ObjectLink { object, instance } => encoder.str(&format!("{object}:{instance}")),
        Value::Nothing => encoder.null(),
    };
}

/// Refuses a node without value where the format wants one.
pub(super) fn check_value(format: coap::ContentFormat, node: &Node) -> Result<(), CodecError> {
    match node.value {
        Value::Nothing => Err(unrepresentable(format, node)),
        _ => Ok(()),
    }
}

/// Writes a float in the fewest bytes that lose nothing.
pub(super) fn write_float<W: minicbor::encode::Write>(
    encoder: &mut Encoder<W>,
    number: f64,
) -> Result<&mut Encoder<W>, minicbor::encode::Error<W::Error>> {
    let single = number as f32;
    if f64::from(single).to_bits() != number.to_bits() && !number.is_nan() {
        return encoder.f64(number);
    }
    if is_half(single) {
        return encoder.f16(single);
    }
    encoder.f32(single)
}

/// Reads a date of tag 0 or 1, or a decimal fraction of tag 4 (RFC 8949, 3.4).
fn read_tagged(items: &mut Items<'_>, offset: usize, tag: u64) -> Result<Value, CodecError> {
    let start = items.offset();
    let item = items.next()?;
    match (tag, item) {
        (TAG_DATE_TEXT, Item::Text(text)) => match parse_date(&text) {
            Some(seconds) => Ok(Value::Time(seconds)),
            None => Err(items.error(
                start,
                CodecErrorKind::Syntax {
                    found: format!("{text:?}"),
                    wanted: "a date as in RFC 3339",
                },
            )),
        },
        (TAG_EPOCH, Item::Unsigned(seconds)) => match i64::try_from(seconds) {
            Ok(seconds) => Ok(Value::Time(seconds)),
            Err(_) => Ok(Value::UnsignedInteger(seconds)),
        },
        (TAG_EPOCH, Item::Negative(number)) => Ok(Value::Time(negative(items, start, number)?)),
        (TAG_EPOCH, Item::Float(seconds)) => Ok(Value::Float(seconds)),
        (TAG_DECIMAL, Item::Array(Some(2))) => {
            let exponent = read_integer(items)?;
            let mantissa = read_integer(items)?;
            let exponent = exponent.clamp(-1000, 1000) as i32;
            Ok(Value::Float(mantissa as f64 * 10f64.powi(exponent)))
        }
        (TAG_DATE_TEXT | TAG_EPOCH | TAG_DECIMAL, item) => {
            Err(items.unexpected(start, &item, "the content of this tag"))
        }
        _ => {
            let kind = CodecErrorKind::Syntax {
                found: format!("tag {tag}"),
                wanted: "a date (tag 0, 1) or a decimal fraction (tag 4)",
            };
            Err(items.error(offset, kind))
        }
    }
}

fn read_integer(items: &mut Items<'_>) -> Result<i64, CodecError> {
    let offset = items.offset();
    match items.next()? {
        Item::Unsigned(number) => i64::try_from(number).map_err(|_| too_large(items, offset)),
        Item::Negative(number) => negative(items, offset, number),
        item => Err(items.unexpected(offset, &item, "an integer")),
    }
}

fn negative(items: &Items<'_>, offset: usize, number: u64) -> Result<i64, CodecError> {
    match i64::try_from(number) {
        Ok(number) => Ok(-1 - number),
        Err(_) => Err(too_large(items, offset)),
    }
}

fn too_large(items: &Items<'_>, offset: usize) -> CodecError {
    let kind = CodecErrorKind::Syntax {
        found: "an integer beyond 64 bits".to_owned(),
        wanted: "an integer of 64 bits",
    };
    items.error(offset, kind)
}

/// Whether half precision holds `number` without loss.
fn is_half(number: f32) -> bool {
    if !number.is_finite() || number == 0.0 {
        return true;
    }
    let bits = number.to_bits();
    let exponent = (bits >> 23 & 0xff) as i32 - 127;
    let mantissa = bits & 0x7f_ffff;
    match exponent {
        -14..=15 => mantissa.trailing_zeros() >= 13,
        // Below 2^-14 the mantissa of half precision loses one bit for each step.
        -24..=-15 => (mantissa | 0x80_0000).trailing_zeros() as i32 >= -1 - exponent,
        _ => false,
    }
}

/// Date as text (RFC 8949, 3.4.1).
const TAG_DATE_TEXT: u64 = 0;
/// Seconds since the epoch (RFC 8949, 3.4.2).
const TAG_EPOCH: u64 = 1;
/// Decimal fraction (RFC 8949, 3.4.4), which SenML allows (RFC 8428, 6).
const TAG_DECIMAL: u64 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_used_exactly_where_it_loses_nothing() {
        for bits in 0..=u16::MAX {
            let half = minicbor::Decoder::new(&[0xf9, (bits >> 8) as u8, bits as u8])
                .f16()
                .unwrap();
            assert!(is_half(half), "{bits:04x}");
        }
        for number in [65536.0, 0.1, 65505.0, 2f32.powi(-25), 1.0 + 2f32.powi(-11)] {
            assert!(!is_half(number), "{number}");
        }
    }
}
