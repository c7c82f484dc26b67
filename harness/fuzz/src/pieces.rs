//! An input taken apart: small numbers and runs of bytes, so that a mutation of the input is a mutation of what happens.

/// What is left of an input.
#[derive(Clone, Copy, Debug)]
pub struct Pieces<'a>(&'a [u8]);

impl<'a> Pieces<'a> {
    /// Everything of an input.
    pub const fn new(input: &'a [u8]) -> Self {
        Self(input)
    }

    /// The next byte; `None` at the end.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// The next number of two bytes; `None` at the end.
    pub fn number(&mut self) -> Option<usize> {
        let (first, rest) = self.0.split_first_chunk::<2>()?;
        self.0 = rest;
        Some(usize::from(u16::from_be_bytes(*first)))
    }

    /// The next run of bytes, behind its length in two bytes; shorter at the end.
    pub fn run(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?.min(self.0.len());
        let (run, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(run)
    }

    /// Everything that is left.
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }
}
