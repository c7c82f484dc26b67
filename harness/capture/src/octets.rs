//! Bytes of a frame that may have been cut when it was captured.

/// The bytes that were captured of something, and how long it was on the wire.
///
/// Never shorter on the wire than captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Octets<'a> {
    /// What was captured: the beginning.
    pub(crate) bytes: &'a [u8],
    /// Length on the wire in bytes.
    pub(crate) length: usize,
}

/// Why a header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It was on the wire, but not captured.
    Cut,
    /// It was not on the wire: so many bytes were.
    Short(usize),
}

impl<'a> Octets<'a> {
    /// Captured bytes of something that had `length` bytes on the wire.
    pub(crate) const fn new(bytes: &'a [u8], length: usize) -> Self {
        let length = if length < bytes.len() {
            bytes.len()
        } else {
            length
        };
        Self { bytes, length }
    }

    /// The first `N` bytes.
    pub(crate) fn head<const N: usize>(&self) -> Result<&'a [u8; N], Missing> {
        self.bytes.first_chunk().ok_or_else(|| self.missing(N))
    }

    /// What stands behind the first `count` bytes, which have to be captured.
    pub(crate) fn behind(&self, count: usize) -> Result<Self, Missing> {
        match self.bytes.get(count..) {
            Some(bytes) => Ok(Self {
                bytes,
                length: self.length - count,
            }),
            None => Err(self.missing(count)),
        }
    }

    /// The first `length` bytes on the wire, as far as they were captured; all if there are not so many.
    pub(crate) fn up_to(&self, length: usize) -> Self {
        let captured = self.bytes.len().min(length);
        Self {
            bytes: self.bytes.get(..captured).unwrap_or_default(),
            length: self.length.min(length),
        }
    }

    /// How many bytes were not captured.
    pub(crate) const fn missing_bytes(&self) -> usize {
        self.length - self.bytes.len()
    }

    const fn missing(&self, wanted: usize) -> Missing {
        if self.length >= wanted {
            Missing::Cut
        } else {
            Missing::Short(self.length)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_told_from_an_end() {
        let cut = Octets::new(&[1, 2, 3], 10);
        assert_eq!(cut.head::<2>(), Ok(&[1, 2]));
        assert_eq!(cut.head::<4>(), Err(Missing::Cut));
        assert_eq!(cut.head::<11>(), Err(Missing::Short(10)));
        assert_eq!(cut.behind(3).map(|rest| rest.missing_bytes()), Ok(7));
        assert_eq!(cut.behind(4), Err(Missing::Cut));
        assert_eq!(cut.up_to(5), Octets::new(&[1, 2, 3], 5));
        assert_eq!(cut.up_to(2), Octets::new(&[1, 2], 2));
        assert_eq!(Octets::new(&[1, 2], 1).length, 2);
    }
}
