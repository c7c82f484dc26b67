//! TLV entries: type byte, identifier, length, value (Core TS, 7.5.5, table 7.5.5-1).
//!
//! Keeps how the header was written. Knows no paths and no data types.

use std::ops::Range;

use super::FORMAT;
use crate::codec::{CodecError, CodecErrorKind};

/// Kind of an entry: bits 7 and 6 of the type byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An Object Instance with its Resources.
    ObjectInstance,
    /// One value of a multiple Resource.
    ResourceInstance,
    /// A multiple Resource with its instances.
    MultipleResource,
    /// The value of a single Resource.
    Resource,
}

/// Where an entry keeps its length: bits 4 and 3 of the type byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LengthForm {
    /// In bits 2 to 0 of the type byte.
    Inline,
    /// In a field of 8 bits.
    Bits8,
    /// In a field of 16 bits.
    Bits16,
    /// In a field of 24 bits.
    Bits24,
}

/// One entry of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Kind.
    pub kind: Kind,
    /// Identifier.
    pub id: u16,
    /// Whether the identifier takes 16 bits.
    pub wide_id: bool,
    /// Offset of the type byte in the payload.
    pub offset: usize,
    /// Bytes before the value: 2 to 6.
    pub header_length: usize,
    /// Where the length was kept.
    pub length_form: LengthForm,
    /// Where the value stands in the payload.
    pub value: Range<usize>,
    /// Entries inside an Object Instance or a multiple Resource.
    pub children: Vec<Self>,
}

/// Reads the tree of entries of a payload.
pub fn parse(payload: &[u8]) -> Result<Vec<Entry>, CodecError> {
    parse_range(payload, 0..payload.len(), 0)
}

fn parse_range(
    payload: &[u8],
    range: Range<usize>,
    depth: usize,
) -> Result<Vec<Entry>, CodecError> {
    let mut entries = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let rest = payload.get(at..range.end).unwrap_or_default();
        let header = read_header(rest, at)?;
        at = header.value.end;
        let children = if header.kind.holds_entries() {
            check_depth(depth, header.offset)?;
            parse_range(payload, header.value.clone(), depth + 1)?
        } else {
            Vec::new()
        };
        entries.push(header.into_entry(children));
    }
    Ok(entries)
}

impl Kind {
    /// The word of cases and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ObjectInstance => "object-instance",
            Self::ResourceInstance => "resource-instance",
            Self::MultipleResource => "multiple-resource",
            Self::Resource => "resource",
        }
    }

    /// Whether the value is a sequence of entries.
    pub const fn holds_entries(self) -> bool {
        matches!(self, Self::ObjectInstance | Self::MultipleResource)
    }

    /// Number of identifiers above an entry of this kind: 1 below an Object, 2 below an instance, 3 below a Resource.
    pub(super) const fn depth_above(self) -> usize {
        match self {
            Self::ObjectInstance => 1,
            Self::MultipleResource | Self::Resource => 2,
            Self::ResourceInstance => 3,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Entry {
    /// The bytes of the value in the payload that the entry was read from.
    pub fn bytes<'p>(&self, payload: &'p [u8]) -> &'p [u8] {
        payload.get(self.value.clone()).unwrap_or_default()
    }
}

/// An entry without its children.
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) id: u16,
    pub(super) wide_id: bool,
    pub(super) offset: usize,
    pub(super) length_form: LengthForm,
    pub(super) value: Range<usize>,
}

/// An entry with a short header, about which there is nothing to remark.
pub(super) struct Short<'p> {
    pub(super) kind: Kind,
    pub(super) id: u16,
    pub(super) value: &'p [u8],
}

impl Header {
    /// Whether the length would fit a narrower form.
    #[inline]
    pub(super) const fn length_is_wide(&self) -> bool {
        let length = self.value.end - self.value.start;
        match self.length_form {
            LengthForm::Inline => false,
            LengthForm::Bits8 => length < 8,
            LengthForm::Bits16 => length < 1 << 8,
            LengthForm::Bits24 => length < 1 << 16,
        }
    }

    /// Whether the identifier would fit 8 bits.
    #[inline]
    pub(super) const fn id_is_wide(&self) -> bool {
        self.wide_id && self.id < 256
    }

    fn into_entry(self, children: Vec<Entry>) -> Entry {
        Entry {
            kind: self.kind,
            id: self.id,
            wide_id: self.wide_id,
            offset: self.offset,
            header_length: self.value.start - self.offset,
            length_form: self.length_form,
            value: self.value,
            children,
        }
    }
}

/// Splits off an entry whose header has the form that nearly all have: 8 bits for the identifier, at most 8 for the length, none
/// of them needless. `None` for any other, and where the payload ends too early.
#[inline(always)]
pub(super) fn split_short(bytes: &[u8]) -> Option<(Short<'_>, &[u8])> {
    let (&[type_byte, id], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match type_byte & 0b11_1000 {
        0b00_0000 => (type_byte & 0b111, rest),
        0b00_1000 => {
            let (&length @ 8.., rest) = rest.split_first()? else {
                return None;
            };
            (length, rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(usize::from(length))?;
    let kind = match type_byte >> 6 {
        0 => Kind::ObjectInstance,
        1 => Kind::ResourceInstance,
        2 => Kind::MultipleResource,
        _ => Kind::Resource,
    };
    let id = u16::from(id);
    Some((Short { kind, id, value }, rest))
}

/// Reads the header at the start of `bytes`, which are all that is left of what holds the entry and begin at `offset`.
pub(super) fn read_header(bytes: &[u8], offset: usize) -> Result<Header, CodecError> {
    let end = offset + bytes.len();
    let Some((&type_byte, rest)) = bytes.split_first() else {
        return Err(truncated(offset, 0, 1));
    };
    let wide_id = type_byte & 0b10_0000 != 0;
    let id_size = 1 + usize::from(wide_id);
    let length_size = usize::from(type_byte >> 3 & 0b11);
    let Some(fields) = rest.get(..id_size + length_size) else {
        return Err(truncated(offset, bytes.len(), 1 + id_size + length_size));
    };
    let (id, length) = fields.split_at(id_size);
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let (length_form, length) = match length_size {
        0 => (LengthForm::Inline, usize::from(type_byte & 0b111)),
        1 => (LengthForm::Bits8, number(length)),
        2 => (LengthForm::Bits16, number(length)),
        _ => (LengthForm::Bits24, number(length)),
    };
    let start = offset + 1 + id_size + length_size;
    if length > end - start {
        return Err(truncated(start, end - start, length));
    }
    Ok(Header {
        kind: KINDS[usize::from(type_byte >> 6)],
        id: number(id) as u16,
        wide_id,
        offset,
        length_form,
        value: start..start + length,
    })
}

/// Refuses entries that nest deeper than the three levels of the data model.
pub(super) const fn check_depth(depth: usize, offset: usize) -> Result<(), CodecError> {
    if depth + 1 >= MAX_DEPTH {
        let kind = CodecErrorKind::TooDeep(MAX_DEPTH);
        return Err(CodecError::new(FORMAT, offset, kind));
    }
    Ok(())
}

const fn truncated(offset: usize, found: usize, wanted: usize) -> CodecError {
    let kind = CodecErrorKind::Truncated {
        found,
        wanted: wanted as u64,
    };
    CodecError::new(FORMAT, offset, kind)
}

/// Core TS, table 7.5.5-1, bits 7 and 6.
const KINDS: [Kind; 4] = [
    Kind::ObjectInstance,
    Kind::ResourceInstance,
    Kind::MultipleResource,
    Kind::Resource,
];

/// Object Instance, multiple Resource, Resource Instance (Core TS, 7.5.5).
const MAX_DEPTH: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_forms_are_kept() {
        for (bytes, id, form, header_length) in [
            (&[0xc1, 2, 101][..], 2, LengthForm::Inline, 2),
            (&[0xc8, 2, 1, 101], 2, LengthForm::Bits8, 3),
            (&[0xd0, 2, 0, 1, 101], 2, LengthForm::Bits16, 4),
            (&[0xf8, 1, 2, 0, 0, 1, 101], 258, LengthForm::Bits24, 6),
            (&[0xcf, 2, 1, 101], 2, LengthForm::Bits8, 3),
        ] {
            let entries = parse(bytes).unwrap();
            let [entry] = entries.as_slice() else {
                panic!("{} entries", entries.len());
            };
            assert_eq!((entry.id, entry.length_form), (id, form));
            assert_eq!(entry.header_length, header_length);
            assert_eq!(entry.bytes(bytes), [101]);
        }
    }

    #[test]
    fn entries_end_inside_what_holds_them() {
        let error = parse(&[0x83, 11, 0x42, 0, 5]).unwrap_err();
        let kind = CodecErrorKind::Truncated {
            found: 1,
            wanted: 2,
        };
        assert_eq!((error.offset, error.kind), (4, kind));
    }

    #[test]
    fn nesting_ends_at_three_levels() {
        let three = [0x05, 0, 0x83, 1, 0x41, 0, 7];
        assert!(parse(&three).is_ok());
        let four = [0x07, 0, 0x05, 0, 0x83, 1, 0x41, 0, 7];
        assert_eq!(parse(&four).unwrap_err().kind, CodecErrorKind::TooDeep(3));
    }
}
