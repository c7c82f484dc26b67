//! Where the parts of a frame stand (RFC 8323, 3.2): length field, code, token, then options and payload.
//!
//! Token lengths 13 and 14 are followed as RFC 8974, 2.1 says, so that the end of such a frame is found; whether they may be
//! used is not decided here.

/// The header of a frame, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Where the code stands.
    pub(super) code: usize,
    /// Where the token starts, behind its extended length.
    pub(super) token: usize,
    /// Length of the token.
    pub(super) token_length: usize,
    /// Length of options, payload marker and payload.
    pub(super) body_length: u64,
}

/// What the first bytes of a frame tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The header goes on.
    Incomplete,
    /// The length of the frame is known.
    Complete(Layout),
    /// The token length is reserved, so that the frame has no end.
    ReservedToken(u8),
}

impl Layout {
    /// Takes the header off the start of `bytes`.
    pub(super) fn of(bytes: &[u8]) -> Start {
        let Some(first) = bytes.first() else {
            return Start::Incomplete;
        };
        let nibble = first & 15;
        if matches!(nibble, 9..=12 | 15) {
            return Start::ReservedToken(nibble);
        }
        let found = || {
            let (body_length, code) = body_length(bytes, first >> 4)?;
            bytes.get(code)?;
            let (token_length, token) = token_length(bytes, nibble, code + 1)?;
            Some(Self {
                code,
                token,
                token_length,
                body_length,
            })
        };
        found().map_or(Start::Incomplete, Start::Complete)
    }

    /// Where options and payload start.
    pub(super) const fn body(self) -> usize {
        self.token + self.token_length
    }

    /// Length of the whole frame.
    pub(super) const fn length(self) -> u64 {
        self.body_length.saturating_add(self.body() as u64)
    }
}

/// The least length that a frame has by its first bytes, as soon as its length field is there.
pub(super) fn least_length(bytes: &[u8]) -> Option<u64> {
    let first = bytes.first()?;
    let (body_length, code) = body_length(bytes, first >> 4)?;
    let token = u64::from(first & 15);
    Some(body_length + code as u64 + 1 + if token < 9 { token } else { 0 })
}

/// The length field and its extension: the value, and where the code stands behind it.
fn body_length(bytes: &[u8], nibble: u8) -> Option<(u64, usize)> {
    match nibble {
        13 => Some((u64::from(*bytes.get(1)?) + BASE_8, 2)),
        14 => match bytes.get(1..3)? {
            [high, low] => Some((u64::from(u16::from_be_bytes([*high, *low])) + BASE_16, 3)),
            _ => None,
        },
        15 => {
            let extension = <[u8; 4]>::try_from(bytes.get(1..5)?).ok()?;
            Some((u64::from(u32::from_be_bytes(extension)) + BASE_32, 5))
        }
        _ => Some((u64::from(nibble), 1)),
    }
}

/// The token length field and its extension at `at`: the value, and where the token starts (RFC 8974, 2.1).
fn token_length(bytes: &[u8], nibble: u8, at: usize) -> Option<(usize, usize)> {
    match nibble {
        13 => Some((usize::from(*bytes.get(at)?) + 13, at + 1)),
        14 => match bytes.get(at..at + 2)? {
            [high, low] => Some((usize::from(u16::from_be_bytes([*high, *low])) + 269, at + 2)),
            _ => None,
        },
        _ => Some((usize::from(nibble), at)),
    }
}

/// The shortest length field for `length` bytes of options and payload, with its extension; too long a one is capped.
pub(super) fn length_field(length: u64) -> (u8, Vec<u8>) {
    match length {
        0..BASE_8 => (length as u8, Vec::new()),
        BASE_8..BASE_16 => (13, vec![(length - BASE_8) as u8]),
        BASE_16..BASE_32 => (14, ((length - BASE_16) as u16).to_be_bytes().to_vec()),
        _ => {
            let rest = u32::try_from(length - BASE_32).unwrap_or(u32::MAX);
            (15, rest.to_be_bytes().to_vec())
        }
    }
}

/// Least length that an extension of 8 bits tells (RFC 8323, 3.2).
const BASE_8: u64 = 13;
/// Least length that an extension of 16 bits tells (RFC 8323, 3.2).
const BASE_16: u64 = 269;
/// Least length that an extension of 32 bits tells (RFC 8323, 3.2).
const BASE_32: u64 = 65_805;

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8323, 3.2: the values on both sides of each change of form.
    #[test]
    fn lengths_are_written_in_the_form_that_the_standard_gives() {
        let rows: [(u64, u8, &[u8]); 10] = [
            (0, 0, &[]),
            (1, 1, &[]),
            (12, 12, &[]),
            (13, 13, &[0]),
            (268, 13, &[255]),
            (269, 14, &[0, 0]),
            (65_804, 14, &[255, 255]),
            (65_805, 15, &[0, 0, 0, 0]),
            (65_806, 15, &[0, 0, 0, 1]),
            (u32::MAX as u64 + 65_805, 15, &[255, 255, 255, 255]),
        ];
        for (length, nibble, extension) in rows {
            assert_eq!(length_field(length), (nibble, extension.to_vec()));
            let mut bytes = vec![nibble << 4];
            bytes.extend(extension);
            assert_eq!(least_length(&bytes), Some(length + bytes.len() as u64 + 1));
            assert_eq!(Layout::of(&bytes), Start::Incomplete);
            bytes.push(0x45);
            let wanted = Layout {
                code: bytes.len() - 1,
                token: bytes.len(),
                token_length: 0,
                body_length: length,
            };
            assert_eq!(Layout::of(&bytes), Start::Complete(wanted));
        }
    }

    /// RFC 8974, 2.1: the extended length stands behind the code and counts for no length.
    #[test]
    fn extended_token_lengths_are_followed() {
        let rows: [(&[u8], usize, usize); 2] =
            [(&[0x1d, 1, 0], 3, 13), (&[0x1e, 1, 1, 0], 4, 269 + 256)];
        for (bytes, token, token_length) in rows {
            let Start::Complete(layout) = Layout::of(bytes) else {
                panic!("{bytes:?}");
            };
            assert_eq!((layout.token, layout.token_length), (token, token_length));
            assert_eq!(layout.length(), (token + token_length + 1) as u64);
        }
    }
}
