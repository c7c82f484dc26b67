//! The byte order of a file or section.

/// Which byte of a number stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The most significant.
    Big,
    /// The least significant.
    Little,
}

impl Order {
    /// The number of 16 bits at `at`; zero where there are no bytes.
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let field = bytes.get(at..).and_then(<[u8]>::first_chunk);
        let field = field.copied().unwrap_or_default();
        match self {
            Self::Big => u16::from_be_bytes(field),
            Self::Little => u16::from_le_bytes(field),
        }
    }

    /// The number of 32 bits at `at`; zero where there are no bytes.
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let field = bytes.get(at..).and_then(<[u8]>::first_chunk);
        let field = field.copied().unwrap_or_default();
        match self {
            Self::Big => u32::from_be_bytes(field),
            Self::Little => u32::from_le_bytes(field),
        }
    }

    /// The number of 64 bits with a sign at `at`; zero where there are no bytes.
    pub(crate) fn i64(self, bytes: &[u8], at: usize) -> i64 {
        let field = bytes.get(at..).and_then(<[u8]>::first_chunk);
        let field = field.copied().unwrap_or_default();
        match self {
            Self::Big => i64::from_be_bytes(field),
            Self::Little => i64::from_le_bytes(field),
        }
    }
}
