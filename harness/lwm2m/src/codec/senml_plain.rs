//! SenML CBOR records of the plain form, which nearly all are: base name if any, name, one value, each head in a short form.
//!
//! Reads them in one pass, without gathering fields. What is not of this form is left to the reader of all records, so nothing
//! is decided here: no error, no remark of its own.

use super::senml::Pack;
use crate::{Type, Value};

/// Reads the record at `start` and adds its node; the offset behind it, or `None` if it is not plain.
///
/// The values are built in place, one arm for each type: moving them costs more than reading them.
#[inline]
pub(super) fn push_plain<'p>(
    pack: &mut Pack<'p, '_>,
    payload: &'p [u8],
    start: usize,
) -> Option<usize> {
    let mut cursor = Cursor { payload, at: start };
    match cursor.byte()? {
        MAP_OF_TWO => {}
        MAP_OF_THREE => {
            cursor.expect(BASE_NAME)?;
            let base_name = cursor.text()?;
            pack.set_base_name(base_name.into());
        }
        _ => return None,
    }
    cursor.expect(NAME)?;
    let path = pack.plain_path(cursor.text()?)?;
    let assembly = &mut pack.assembly;
    let definition = assembly.definition(&path);
    let wanted = definition.map(|known| known.value_type);
    match (cursor.byte()?, wanted) {
        (VALUE, None | Some(Type::Integer)) => {
            let number = cursor.integer()?;
            assembly.push_typed(path, Value::Integer(number), definition, None, start);
        }
        (VALUE, Some(Type::Time)) => {
            let number = cursor.integer()?;
            assembly.push_typed(path, Value::Time(number), definition, None, start);
        }
        (VALUE, Some(Type::Float)) => {
            let number = cursor.integer()? as f64;
            assembly.push_typed(path, Value::Float(number), definition, None, start);
        }
        (STRING_VALUE, None | Some(Type::String)) => {
            let text = cursor.text()?.to_owned();
            assembly.push_typed(path, Value::String(text), definition, None, start);
        }
        (BOOLEAN_VALUE, None | Some(Type::Boolean)) => {
            let truth = match cursor.byte()? {
                FALSE => false,
                TRUE => true,
                _ => return None,
            };
            assembly.push_typed(path, Value::Boolean(truth), definition, None, start);
        }
        (DATA_VALUE, None | Some(Type::Opaque)) => {
            let bytes = cursor.string(BYTES)?.to_vec();
            assembly.push_typed(path, Value::Opaque(bytes), definition, None, start);
        }
        _ => return None,
    }
    Some(cursor.at)
}

struct Cursor<'p> {
    payload: &'p [u8],
    at: usize,
}

impl<'p> Cursor<'p> {
    #[inline(always)]
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.payload.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    #[inline(always)]
    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.byte()? == wanted).then_some(())
    }

    /// A number of up to 32 bits.
    #[inline(always)]
    fn integer(&mut self) -> Option<i64> {
        let head = self.byte()?;
        let magnitude = match head & 31 {
            small @ 0..24 => i64::from(small),
            24 => i64::from(self.byte()?),
            25 => i64::from(u16::from_be_bytes([self.byte()?, self.byte()?])),
            26 => {
                let bytes = [self.byte()?, self.byte()?, self.byte()?, self.byte()?];
                i64::from(u32::from_be_bytes(bytes))
            }
            _ => return None,
        };
        match head >> 5 {
            0 => Some(magnitude),
            1 => Some(-1 - magnitude),
            _ => None,
        }
    }

    /// A text of up to 255 bytes.
    #[inline(always)]
    fn text(&mut self) -> Option<&'p str> {
        std::str::from_utf8(self.string(TEXT)?).ok()
    }

    /// A string of up to 255 bytes whose heads begin at `major`.
    #[inline(always)]
    fn string(&mut self, major: u8) -> Option<&'p [u8]> {
        let length = match self.byte()?.wrapping_sub(major) {
            small @ 0..24 => usize::from(small),
            24 => usize::from(self.byte()?),
            _ => return None,
        };
        let bytes = self.payload.get(self.at..self.at + length)?;
        self.at += length;
        Some(bytes)
    }
}

// Heads and simple values as single bytes (RFC 8949, 3).
const MAP_OF_TWO: u8 = 0xa2;
const MAP_OF_THREE: u8 = 0xa3;
const BYTES: u8 = 0x40;
const TEXT: u8 = 0x60;
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;

// Labels as single bytes (RFC 8428, table 4).
const BASE_NAME: u8 = 0x21;
const NAME: u8 = 0x00;
const VALUE: u8 = 0x02;
const STRING_VALUE: u8 = 0x03;
const BOOLEAN_VALUE: u8 = 0x04;
const DATA_VALUE: u8 = 0x08;
