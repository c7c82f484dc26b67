//! SenML CBOR records of the plain form, which nearly all are: base name if any, name, one value, each head in a short form.
//!
//! Reads them in one pass, without gathering fields. What is not of this form is left to the reader of all records, so nothing
//! is decided here: no error, no remark of its own.

use super::senml::Pack;
use super::{ValueRef, Visitor};
use crate::Type;

/// Reads the record at `start` and adds its node; the offset behind it, or `None` if it is not plain.
#[inline(always)]
pub(super) fn push_plain<'p, V: Visitor<'p>>(
    pack: &mut Pack<'p, '_, V>,
    payload: &'p [u8],
    start: usize,
) -> Option<usize> {
    let mut cursor = Cursor(payload.get(start..)?);
    match cursor.0 {
        [MAP_OF_TWO, NAME, rest @ ..] => cursor.0 = rest,
        [MAP_OF_THREE, BASE_NAME, rest @ ..] => {
            cursor.0 = rest;
            let base_name = cursor.text()?;
            pack.set_base_name(base_name.into());
            cursor.expect(NAME)?;
        }
        _ => return None,
    }
    let (name, word) = cursor.name()?;
    let place = pack.plain_place(name, word)?;
    let assembly = &mut pack.assembly;
    let definition = assembly.definition(&place.path());
    let value = cursor.value(definition.map(|known| known.value_type))?;
    assembly.push_below((place.path(), place.order()), value, definition, start);
    Some(payload.len() - cursor.0.len())
}

/// What is left of the payload.
struct Cursor<'p>(&'p [u8]);

impl<'p> Cursor<'p> {
    /// The value of a record, where it has the type that is wanted.
    #[inline(always)]
    fn value(&mut self, wanted: Option<Type>) -> Option<ValueRef<'p>> {
        Some(match (self.byte()?, wanted) {
            (VALUE, None | Some(Type::Integer)) => ValueRef::Integer(self.integer()?),
            (VALUE, Some(Type::Time)) => ValueRef::Time(self.integer()?),
            (VALUE, Some(Type::Float)) => ValueRef::Float(self.integer()? as f64),
            (STRING_VALUE, None | Some(Type::String)) => ValueRef::String(self.text()?),
            (BOOLEAN_VALUE, None | Some(Type::Boolean)) => match self.byte()? {
                FALSE => ValueRef::Boolean(false),
                TRUE => ValueRef::Boolean(true),
                _ => return None,
            },
            (DATA_VALUE, None | Some(Type::Opaque)) => ValueRef::Opaque(self.string(BYTES)?),
            _ => return None,
        })
    }

    #[inline(always)]
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    #[inline(always)]
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
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
            25 => i64::from(u16::from_be_bytes(self.bytes()?)),
            26 => i64::from(u32::from_be_bytes(self.bytes()?)),
            _ => return None,
        };
        match head >> 5 {
            0 => Some(magnitude),
            1 => Some(-1 - magnitude),
            _ => None,
        }
    }

    /// A name of up to 23 bytes, and the first eight bytes from its beginning on as one number.
    #[inline(always)]
    fn name(&mut self) -> Option<(&'p [u8], u64)> {
        let length = usize::from(self.byte()?.wrapping_sub(TEXT));
        let word = u64::from_le_bytes(*self.0.first_chunk()?);
        let (name, rest) = self.0.split_at_checked(length).filter(|_| length < 24)?;
        self.0 = rest;
        Some((name, word))
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
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
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
