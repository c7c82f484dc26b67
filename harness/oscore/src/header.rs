//! The value of the OSCORE option: the compressed header of the COSE object (RFC 8613, 6.1).
//!
//! The decoder refuses reserved bits and what is left over; it knows nothing of contexts.

use thiserror::Error;

use crate::PartialIv;

/// What an OSCORE option says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Header {
    /// Partial IV; there in every request.
    pub partial_iv: Option<PartialIv>,
    /// 'kid context', the bytes as they travel.
    pub kid_context: Option<Vec<u8>>,
    /// 'kid', the Sender ID; there in every request.
    pub kid: Option<Vec<u8>>,
}

/// Why the value of an OSCORE option cannot be decompressed; offsets count from its first byte.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// One of the three upper flag bits is set.
    #[error("flag byte 0x{flags:02x} at byte 0 of the OSCORE option has reserved bits")]
    ReservedBits {
        /// The flag byte.
        flags: u8,
    },
    /// The Partial IV has a length of 6 or 7.
    #[error("Partial IV length {length} at byte 0 of the OSCORE option is reserved")]
    ReservedLength {
        /// The length.
        length: u8,
    },
    /// The flag byte is zero and nevertheless there (RFC 8613, 2).
    #[error("OSCORE option of {length} bytes has no flag set, it has to be empty")]
    NotEmpty {
        /// Length of the value.
        length: usize,
    },
    /// A field goes beyond the value.
    #[error("{field} at byte {offset} of the OSCORE option has {present} of {announced} bytes")]
    Truncated {
        /// The field.
        field: &'static str,
        /// Where it starts.
        offset: usize,
        /// Bytes that it has to have.
        announced: usize,
        /// Bytes that are there.
        present: usize,
    },
    /// Bytes follow that belong to no field, since there is no 'kid'.
    #[error("{length} bytes at byte {offset} of the OSCORE option belong to no field")]
    LeftOver {
        /// Where they start.
        offset: usize,
        /// How many.
        length: usize,
    },
}

impl Header {
    /// The shortest value that says this; `None` if 'kid context' is longer than its length byte can say.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut value = vec![0];
        let mut flags = 0;
        if let Some(partial_iv) = &self.partial_iv {
            let bytes = partial_iv.as_bytes();
            flags |= bytes.len() as u8;
            value.extend(bytes);
        }
        if let Some(kid_context) = &self.kid_context {
            flags |= KID_CONTEXT_FLAG;
            value.push(u8::try_from(kid_context.len()).ok()?);
            value.extend(kid_context);
        }
        if let Some(kid) = &self.kid {
            flags |= KID_FLAG;
            value.extend(kid);
        }
        if flags == 0 {
            return Some(Vec::new());
        }
        value[0] = flags;
        Some(value)
    }

    /// Decompresses the value of an OSCORE option.
    pub fn decode(value: &[u8]) -> Result<Self, HeaderError> {
        let Some((&flags, _)) = value.split_first() else {
            return Ok(Self::default());
        };
        if flags & RESERVED_FLAGS != 0 {
            return Err(HeaderError::ReservedBits { flags });
        }
        if flags == 0 {
            let length = value.len();
            return Err(HeaderError::NotEmpty { length });
        }
        let mut header = Self::default();
        let length = flags & LENGTH_FLAGS;
        let mut offset = 1;
        if length > 0 {
            if length > MAX_PARTIAL_IV {
                return Err(HeaderError::ReservedLength { length });
            }
            let bytes = take(value, &mut offset, usize::from(length), "Partial IV")?;
            header.partial_iv = PartialIv::from_bytes(bytes);
        }
        if flags & KID_CONTEXT_FLAG != 0 {
            let length = take(value, &mut offset, 1, "length of 'kid context'")?;
            let length = length.first().copied().map_or(0, usize::from);
            header.kid_context = Some(take(value, &mut offset, length, "'kid context'")?.to_vec());
        }
        let rest = value.get(offset..).unwrap_or_default();
        if flags & KID_FLAG != 0 {
            header.kid = Some(rest.to_vec());
        } else if !rest.is_empty() {
            let length = rest.len();
            return Err(HeaderError::LeftOver { offset, length });
        }
        Ok(header)
    }
}

/// Takes `length` bytes at `offset` and moves it behind them.
fn take<'a>(
    value: &'a [u8],
    offset: &mut usize,
    length: usize,
    field: &'static str,
) -> Result<&'a [u8], HeaderError> {
    let start = *offset;
    let taken = value.get(start..start + length);
    let taken = taken.ok_or(HeaderError::Truncated {
        field,
        offset: start,
        announced: length,
        present: value.len().saturating_sub(start),
    })?;
    *offset = start + length;
    Ok(taken)
}

/// Bits that have to be zero (RFC 8613, 6.1).
const RESERVED_FLAGS: u8 = 0b1110_0000;
/// 'kid context' is there (h; RFC 8613, 6.1).
const KID_CONTEXT_FLAG: u8 = 0b0001_0000;
/// 'kid' is there (k; RFC 8613, 6.1).
const KID_FLAG: u8 = 0b0000_1000;
/// Length of the Partial IV (n; RFC 8613, 6.1).
const LENGTH_FLAGS: u8 = 0b0000_0111;
/// Longest Partial IV; 6 and 7 are reserved (RFC 8613, 6.1).
const MAX_PARTIAL_IV: u8 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Partial IV, 'kid context', 'kid', value.
    type Example<'a> = (
        Option<PartialIv>,
        Option<Vec<u8>>,
        Option<Vec<u8>>,
        &'a [u8],
    );

    fn partial_iv(sequence: u64) -> Option<PartialIv> {
        PartialIv::from_sequence(sequence)
    }

    /// RFC 8613, 6.3, the five examples in their order.
    #[test]
    fn examples_are_compressed_and_decompressed() {
        let kid = |bytes: &[u8]| Some(bytes.to_vec());
        let rows: [Example<'_>; 5] = [
            (partial_iv(5), None, kid(&[0x25]), &[0x09, 0x05, 0x25]),
            (partial_iv(0), None, kid(&[]), &[0x09, 0x00]),
            (partial_iv(5), kid(b"Dalek"), kid(&[]), b"\x19\x05\x05Dalek"),
            (None, None, None, &[]),
            (partial_iv(7), None, None, &[0x01, 0x07]),
        ];
        for (partial_iv, kid_context, kid, value) in rows {
            let header = Header {
                partial_iv,
                kid_context,
                kid,
            };
            assert_eq!(header.encode().as_deref(), Some(value));
            assert_eq!(Header::decode(value), Ok(header));
        }
    }

    /// RFC 8613, 2 and 6.1.
    #[test]
    fn malformed_values_are_refused() {
        let truncated = |field, offset, announced, present| HeaderError::Truncated {
            field,
            offset,
            announced,
            present,
        };
        let rows: [(&[u8], HeaderError); 9] = [
            (&[0x29, 5, 1], HeaderError::ReservedBits { flags: 0x29 }),
            (&[0x80], HeaderError::ReservedBits { flags: 0x80 }),
            (&[0x0e], HeaderError::ReservedLength { length: 6 }),
            (
                &[0x0f, 1, 2, 3, 4, 5, 6, 7],
                HeaderError::ReservedLength { length: 7 },
            ),
            (&[0x00], HeaderError::NotEmpty { length: 1 }),
            (&[0x03, 1, 2], truncated("Partial IV", 1, 3, 2)),
            (&[0x11, 5], truncated("length of 'kid context'", 2, 1, 0)),
            (&[0x11, 5, 4, 1, 2], truncated("'kid context'", 3, 4, 2)),
            (
                &[0x01, 5, 6],
                HeaderError::LeftOver {
                    offset: 2,
                    length: 1,
                },
            ),
        ];
        for (value, error) in rows {
            assert_eq!(Header::decode(value), Err(error), "{value:02x?}");
        }
    }

    #[test]
    fn a_kid_context_that_is_too_long_has_no_value() {
        let header = Header {
            kid_context: Some(vec![0; 256]),
            ..Header::default()
        };
        assert_eq!(header.encode(), None);
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_to_the_same_bytes(value in prop::collection::vec(any::<u8>(), 0..20)) {
            if let Ok(header) = Header::decode(&value) {
                prop_assert_eq!(header.encode(), Some(value));
            }
        }
    }
}
