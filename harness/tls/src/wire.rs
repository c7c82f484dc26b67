//! Reading and writing the presentation language of TLS (RFC 5246, 4): big-endian numbers and vectors with a length before them.
//!
//! The reader never panics and names the offset where it ended; the writer cuts nothing and checks nothing but lengths that
//! cannot be written.

/// Bytes that are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} at byte {offset}, wanted {wanted}")]
pub struct DecodeError {
    /// Where, counted from the start of the message or record.
    pub offset: usize,
    /// What was there.
    pub found: String,
    /// What was wanted.
    pub wanted: &'static str,
}

/// A place in bytes that are read from front to back.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// Reads on in a part of a message that begins at `offset` of it.
    const fn within(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }

    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn take(
        &mut self,
        length: usize,
        wanted: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            return Err(self.error(format!("{} bytes left", self.bytes.len()), wanted));
        };
        self.bytes = rest;
        self.offset += length;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(
        &mut self,
        wanted: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, wanted)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self, wanted: &'static str) -> Result<u8, DecodeError> {
        self.array::<1>(wanted).map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self, wanted: &'static str) -> Result<u16, DecodeError> {
        self.array(wanted).map(u16::from_be_bytes)
    }

    pub(crate) fn u24(&mut self, wanted: &'static str) -> Result<usize, DecodeError> {
        let [high, middle, low] = self.array(wanted)?;
        Ok(usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low))
    }

    pub(crate) fn vec8(&mut self, wanted: &'static str) -> Result<Self, DecodeError> {
        let length = self.u8(wanted)?;
        self.part(usize::from(length), wanted)
    }

    pub(crate) fn vec16(&mut self, wanted: &'static str) -> Result<Self, DecodeError> {
        let length = self.u16(wanted)?;
        self.part(usize::from(length), wanted)
    }

    pub(crate) fn vec24(&mut self, wanted: &'static str) -> Result<Self, DecodeError> {
        let length = self.u24(wanted)?;
        self.part(length, wanted)
    }

    fn part(&mut self, length: usize, wanted: &'static str) -> Result<Self, DecodeError> {
        let offset = self.offset;
        Ok(Self::within(self.take(length, wanted)?, offset))
    }

    /// Everything that is left.
    pub(crate) const fn rest(&mut self) -> &'a [u8] {
        let rest = self.bytes;
        self.offset += rest.len();
        self.bytes = &[];
        rest
    }

    /// Numbers of two bytes up to the end.
    pub(crate) fn numbers(&mut self, wanted: &'static str) -> Result<Vec<u16>, DecodeError> {
        let mut numbers = Vec::with_capacity(self.bytes.len() / 2);
        while !self.is_empty() {
            numbers.push(self.u16(wanted)?);
        }
        Ok(numbers)
    }

    /// Checks that nothing is left.
    pub(crate) fn finish(&self, wanted: &'static str) -> Result<(), DecodeError> {
        if self.is_empty() {
            return Ok(());
        }
        Err(self.error(format!("{} bytes too many", self.bytes.len()), wanted))
    }

    pub(crate) fn error(&self, found: impl Into<String>, wanted: &'static str) -> DecodeError {
        DecodeError {
            offset: self.offset,
            found: found.into(),
            wanted,
        }
    }
}

/// Writes what [`Reader`] reads.
pub(crate) trait Write {
    fn put_u8(&mut self, number: u8);
    fn put_u16(&mut self, number: u16);
    fn put_u24(&mut self, number: usize);
    fn put_vec8(&mut self, bytes: &[u8]);
    fn put_vec16(&mut self, bytes: &[u8]);
    fn put_vec24(&mut self, bytes: &[u8]);
}

impl Write for Vec<u8> {
    fn put_u8(&mut self, number: u8) {
        self.push(number);
    }

    fn put_u16(&mut self, number: u16) {
        self.extend_from_slice(&number.to_be_bytes());
    }

    fn put_u24(&mut self, number: usize) {
        let [.., high, middle, low] = number.to_be_bytes();
        self.extend_from_slice(&[high, middle, low]);
    }

    fn put_vec8(&mut self, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(0xff)];
        self.push(bytes.len() as u8);
        self.extend_from_slice(bytes);
    }

    fn put_vec16(&mut self, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(0xffff)];
        self.put_u16(bytes.len() as u16);
        self.extend_from_slice(bytes);
    }

    fn put_vec24(&mut self, bytes: &[u8]) {
        self.put_u24(bytes.len());
        self.extend_from_slice(bytes);
    }
}

/// Numbers of two bytes, one after another.
pub(crate) fn numbers(numbers: &[u16]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_be_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_read_as_they_are_written_and_name_where_they_end() {
        let mut bytes = Vec::new();
        bytes.put_vec8(b"ab");
        bytes.put_vec16(&numbers(&[1, 0x0203]));
        bytes.put_vec24(b"c");
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.vec8("a").unwrap().rest(), b"ab");
        assert_eq!(
            reader.vec16("b").unwrap().numbers("n").unwrap(),
            [1, 0x0203]
        );
        let mut last = reader.vec24("c").unwrap();
        assert_eq!(last.offset(), 12);
        assert_eq!(last.rest(), b"c");
        assert!(reader.finish("nothing").is_ok());
        let error = Reader::new(&[0, 3, 1]).vec16("a list").unwrap_err();
        assert_eq!(error.to_string(), "1 bytes left at byte 2, wanted a list");
    }
}
