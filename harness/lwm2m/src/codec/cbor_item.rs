//! CBOR data items as they stand on the wire (RFC 8949, 3), with offsets.
//!
//! Knows nothing of LwM2M. Accepts every well-formed item, shortest or not, definite or not. Allocates nothing but the joined
//! chunks of strings of indefinite length.

use std::borrow::Cow;

use coap::ContentFormat;

use super::{CodecError, CodecErrorKind};

/// The head of one data item; strings come whole.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item<'p> {
    /// Major type 0.
    Unsigned(u64),
    /// Major type 1: minus one minus this.
    Negative(u64),
    /// Major type 2; owned if it came in chunks.
    Bytes(Cow<'p, [u8]>),
    /// Major type 3; owned if it came in chunks.
    Text(Cow<'p, str>),
    /// Major type 4, with its number of elements if definite.
    Array(Option<u64>),
    /// Major type 5, with its number of pairs if definite.
    Map(Option<u64>),
    /// Major type 6.
    Tag(u64),
    /// Half, single or double precision.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// Null.
    Null,
    /// Undefined and the other simple values.
    Simple(u8),
    /// The end of an item of indefinite length.
    Break,
}

/// Reads items one after the other.
pub(super) struct Items<'p> {
    format: ContentFormat,
    payload: &'p [u8],
    at: usize,
}

/// How many elements of an array, or pairs of a map, are still to come.
#[derive(Clone, Copy)]
pub(super) struct Rest(Option<u64>);

impl<'p> Items<'p> {
    pub(super) const fn new(format: ContentFormat, payload: &'p [u8]) -> Self {
        Self {
            format,
            payload,
            at: 0,
        }
    }

    /// Offset of the next item.
    pub(super) const fn offset(&self) -> usize {
        self.at
    }

    /// Goes on at `offset`, up to which another reader has read.
    pub(super) const fn resume(&mut self, offset: usize) {
        self.at = offset;
    }

    pub(super) const fn error(&self, offset: usize, kind: CodecErrorKind) -> CodecError {
        CodecError::new(self.format, offset, kind)
    }

    /// An error that names what stands at `offset`.
    pub(super) fn unexpected(
        &self,
        offset: usize,
        found: &Item<'_>,
        wanted: &'static str,
    ) -> CodecError {
        let found = found.name().to_owned();
        self.error(offset, CodecErrorKind::Syntax { found, wanted })
    }

    /// Reads the next item; of arrays, maps and tags only the head.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Item<'p>, CodecError> {
        let offset = self.at;
        let Some(&first) = self.payload.get(offset) else {
            let kind = CodecErrorKind::Truncated {
                found: 0,
                wanted: 1,
            };
            return Err(self.error(offset, kind));
        };
        self.at += 1;
        let (major, info) = (first >> 5, first & 31);
        if major == 7 {
            return self.simple(offset, info);
        }
        if info == INDEFINITE {
            return self.indefinite(offset, major);
        }
        let argument = self.argument(offset, info)?;
        Ok(match major {
            0 => Item::Unsigned(argument),
            1 => Item::Negative(argument),
            2 => Item::Bytes(Cow::Borrowed(self.take(argument)?)),
            3 => {
                let start = self.at;
                let bytes = self.take(argument)?;
                Item::Text(Cow::Borrowed(self.text(start, bytes)?))
            }
            4 => Item::Array(Some(argument)),
            5 => Item::Map(Some(argument)),
            _ => Item::Tag(argument),
        })
    }

    /// The elements, or pairs, of an array or map whose head was just read.
    ///
    /// Refuses a number that the payload cannot hold, at one byte for each.
    #[inline]
    pub(super) fn rest(&self, length: Option<u64>) -> Result<Rest, CodecError> {
        let left = self.payload.len().saturating_sub(self.at);
        match length {
            Some(wanted) if wanted > left as u64 => Err(self.error(
                self.at,
                CodecErrorKind::Truncated {
                    found: left,
                    wanted,
                },
            )),
            _ => Ok(Rest(length)),
        }
    }

    /// Whether another element, or pair, follows; eats the break of an indefinite length.
    #[inline]
    pub(super) fn more(&mut self, rest: &mut Rest) -> bool {
        match &mut rest.0 {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => {
                let over = self.payload.get(self.at) == Some(&BREAK);
                self.at += usize::from(over);
                !over
            }
        }
    }

    /// Passes over the item whose head was just read.
    pub(super) fn pass(&mut self, item: &Item<'p>, depth: usize) -> Result<(), CodecError> {
        if depth >= MAX_DEPTH {
            return Err(self.error(self.at, CodecErrorKind::TooDeep(MAX_DEPTH)));
        }
        let (length, items_each) = match item {
            Item::Array(length) => (*length, 1),
            Item::Map(length) => (*length, 2),
            Item::Tag(_) => (Some(1), 1),
            Item::Break => return Err(self.unexpected(self.at - 1, item, "a data item")),
            _ => return Ok(()),
        };
        let mut rest = self.rest(length)?;
        while self.more(&mut rest) {
            for _ in 0..items_each {
                let inner = self.next()?;
                self.pass(&inner, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Checks that the payload ends here.
    pub(super) fn end(&self) -> Result<(), CodecError> {
        match self.payload.len().saturating_sub(self.at) {
            0 => Ok(()),
            left => Err(self.error(self.at, CodecErrorKind::Trailing(left))),
        }
    }

    fn simple(&mut self, offset: usize, info: u8) -> Result<Item<'p>, CodecError> {
        Ok(match info {
            20 => Item::Boolean(false),
            21 => Item::Boolean(true),
            22 => Item::Null,
            24 => Item::Simple(self.argument(offset, info)? as u8),
            25 => Item::Float(half(self.argument(offset, info)? as u16)),
            26 => Item::Float(f64::from(f32::from_bits(
                self.argument(offset, info)? as u32
            ))),
            27 => Item::Float(f64::from_bits(self.argument(offset, info)?)),
            28..=30 => return Err(self.reserved(offset, info)),
            INDEFINITE => Item::Break,
            _ => Item::Simple(info),
        })
    }

    fn indefinite(&mut self, offset: usize, major: u8) -> Result<Item<'p>, CodecError> {
        match major {
            2 => Ok(Item::Bytes(Cow::Owned(self.chunks(major)?))),
            3 => {
                let bytes = self.chunks(major)?;
                let text = String::from_utf8(bytes)
                    .map_err(|_| self.error(offset, CodecErrorKind::NotUtf8))?;
                Ok(Item::Text(Cow::Owned(text)))
            }
            4 => Ok(Item::Array(None)),
            5 => Ok(Item::Map(None)),
            _ => Err(self.reserved(offset, INDEFINITE)),
        }
    }

    /// Joins definite strings of the same major type up to the break (RFC 8949, 3.2.3).
    fn chunks(&mut self, major: u8) -> Result<Vec<u8>, CodecError> {
        let mut joined = Vec::new();
        loop {
            let offset = self.at;
            match self.payload.get(offset) {
                Some(&BREAK) => {
                    self.at += 1;
                    return Ok(joined);
                }
                Some(first) if first >> 5 == major && first & 31 != INDEFINITE => {}
                Some(_) => {
                    let item = self.next()?;
                    return Err(self.unexpected(offset, &item, "a chunk of the same string"));
                }
                None => {}
            }
            match self.next()? {
                Item::Bytes(bytes) => joined.extend_from_slice(&bytes),
                // Each chunk of text is UTF-8 by itself, which `next` has checked.
                Item::Text(text) => joined.extend_from_slice(text.as_bytes()),
                _ => {}
            }
        }
    }

    #[inline]
    fn argument(&mut self, offset: usize, info: u8) -> Result<u64, CodecError> {
        let size = match info {
            0..24 => return Ok(u64::from(info)),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return Err(self.reserved(offset, info)),
        };
        let bytes = self.take(size)?;
        Ok(bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    #[inline]
    fn take(&mut self, length: u64) -> Result<&'p [u8], CodecError> {
        let left = self.payload.get(self.at..).unwrap_or_default();
        let taken = usize::try_from(length)
            .ok()
            .and_then(|length| left.get(..length));
        let Some(bytes) = taken else {
            let kind = CodecErrorKind::Truncated {
                found: left.len(),
                wanted: length,
            };
            return Err(self.error(self.at, kind));
        };
        self.at += bytes.len();
        Ok(bytes)
    }

    #[inline]
    fn text(&self, offset: usize, bytes: &'p [u8]) -> Result<&'p str, CodecError> {
        std::str::from_utf8(bytes)
            .map_err(|error| self.error(offset + error.valid_up_to(), CodecErrorKind::NotUtf8))
    }

    fn reserved(&self, offset: usize, info: u8) -> CodecError {
        let kind = CodecErrorKind::Syntax {
            found: format!("additional information {info}"),
            wanted: "a value from 0 to 27",
        };
        self.error(offset, kind)
    }
}

impl Item<'_> {
    /// What the item is, for messages.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Unsigned(_) => "an unsigned integer",
            Self::Negative(_) => "a negative integer",
            Self::Bytes(_) => "a byte string",
            Self::Text(_) => "a text string",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
            Self::Tag(_) => "a tag",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "a Boolean",
            Self::Null => "null",
            Self::Simple(_) => "a simple value",
            Self::Break => "a break",
        }
    }
}

/// Widens a float of half precision (RFC 8949, appendix D).
fn half(bits: u16) -> f64 {
    let exponent = i32::from(bits >> 10 & 31);
    let mantissa = f64::from(bits & 0x3ff);
    let magnitude = match exponent {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// Additional information of an item of indefinite length (RFC 8949, 3.2).
const INDEFINITE: u8 = 31;
/// The break (RFC 8949, 3.2.1).
const BREAK: u8 = 0xff;
/// Nesting that is passed over at most; the data model needs four levels.
const MAX_DEPTH: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn items(bytes: &[u8]) -> Items<'_> {
        Items::new(ContentFormat::CBOR, bytes)
    }

    #[test]
    fn every_kind_of_item_is_read() {
        for (bytes, item) in [
            (&[0x17][..], Item::Unsigned(23)),
            (&[0x1b, 0, 0, 0, 0, 0, 0, 0, 5], Item::Unsigned(5)),
            (&[0x38, 0x18], Item::Negative(24)),
            (&[0x42, 1, 2], Item::Bytes(Cow::Borrowed(&[1, 2]))),
            (
                &[0x5f, 0x41, 1, 0x40, 0xff],
                Item::Bytes(Cow::Borrowed(&[1])),
            ),
            (&[0x61, b'U'], Item::Text("U".into())),
            (
                &[0x7f, 0x61, b'U', 0x61, b'Q', 0xff],
                Item::Text("UQ".into()),
            ),
            (&[0x9f], Item::Array(None)),
            (&[0xa2], Item::Map(Some(2))),
            (&[0xc1], Item::Tag(1)),
            (&[0xf9, 0x3e, 0x00], Item::Float(1.5)),
            (&[0xf9, 0x00, 0x01], Item::Float(5.960_464_477_539_063e-8)),
            (&[0xf9, 0xfc, 0x00], Item::Float(f64::NEG_INFINITY)),
            (&[0xfa, 0x47, 0xc3, 0x50, 0x00], Item::Float(100_000.0)),
            (&[0xf5], Item::Boolean(true)),
            (&[0xf6], Item::Null),
            (&[0xf7], Item::Simple(23)),
            (&[0xff], Item::Break),
        ] {
            let mut reader = items(bytes);
            assert_eq!(reader.next().unwrap(), item);
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused_with_its_offset() {
        for (bytes, offset) in [
            (&[][..], 0),
            (&[0x18], 1),
            (&[0x1c], 0),
            (&[0x1f], 0),
            (&[0x62, b'a'], 1),
            (&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 9),
            (&[0x62, b'a', 0xff], 2),
            (&[0x7f, 0x41, 1, 0xff], 1),
            (&[0x5f, 0x5f, 0xff, 0xff], 1),
            (&[0x5f, 0x41, 1], 3),
            (&[0xfe], 0),
        ] {
            assert_eq!(
                items(bytes).next().unwrap_err().offset,
                offset,
                "{bytes:02x?}"
            );
        }
    }

    #[test]
    fn passing_over_is_bounded() {
        let deep = [0x81; 64];
        let mut reader = items(&deep);
        let item = reader.next().unwrap();
        let error = reader.pass(&item, 0).unwrap_err();
        assert_eq!(error.kind, CodecErrorKind::TooDeep(16));
        let mut long = items(&[0x9b, 0, 0, 0, 1, 0, 0, 0, 0]);
        let item = long.next().unwrap();
        assert!(long.pass(&item, 0).is_err());
    }

    #[test]
    fn floats_agree_with_minicbor() {
        for bits in 0..=u16::MAX {
            let bytes = [0xf9, (bits >> 8) as u8, bits as u8];
            let Ok(Item::Float(found)) = items(&bytes).next() else {
                panic!("no float");
            };
            let wanted = f64::from(minicbor::Decoder::new(&bytes).f16().unwrap());
            assert!(
                found == wanted || found.is_nan() && wanted.is_nan(),
                "{bits:04x}"
            );
        }
    }
}
