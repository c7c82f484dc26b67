//! Block-wise transfer over UDP (RFC 7959): the option value, bodies cut ([`Slicer`]) and assembled ([`Assembler`]).
//!
//! Sends nothing; [`crate::Exchanges`] drives both. BERT (RFC 8323, 6) belongs to a stream and is refused elsewhere.

use thiserror::Error;

use crate::{Code, Message};

/// Value of a Block1 or Block2 option (RFC 7959, 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// Block number (NUM), 20 bits.
    pub number: u32,
    /// Whether blocks follow (M); in a Block1 response, whether the response is not the final one.
    pub more: bool,
    /// Size exponent (SZX), 0 to 6: the size is 2 to the power of SZX + 4; 7 on a stream ([`Self::BERT`]).
    pub szx: u8,
}

/// Why a block or a transfer of blocks cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BlockError {
    /// The option value is longer than 3 bytes (RFC 7959, 2.1).
    #[error("block option of {length} bytes is longer than 3")]
    OptionTooLong {
        /// Length of the value.
        length: usize,
    },
    /// The size exponent is 7, at the value's last byte (RFC 7959, 2.2).
    #[error("size exponent 7 at byte {offset} of the block option is reserved")]
    SizeReserved {
        /// Offset in the option value.
        offset: usize,
    },
    /// A block number needs more than 20 bits (RFC 7959, 2.2).
    #[error("block number {number} is above 1048575")]
    NumberTooLarge {
        /// The number.
        number: u64,
    },
    /// A block does not start where the one before it ended (RFC 7959, 2.5 and 2.9.2).
    #[error("block at body byte {found} came, byte {expected} is next")]
    OutOfOrder {
        /// Offset in the body of the block that came.
        found: u64,
        /// Offset in the body that was due.
        expected: u64,
    },
    /// The payload does not have the block's size, or the last one exceeds it (RFC 7959, 2.2).
    #[error("block at body byte {offset} has {found} bytes, its size is {expected}")]
    WrongLength {
        /// Offset of the block in the body.
        offset: u64,
        /// Length of the payload.
        found: usize,
        /// Size of the block.
        expected: usize,
    },
    /// The body exceeds what the receiver assembles (RFC 7959, 2.9.3).
    #[error("body of at least {found} bytes is longer than {limit}")]
    TooLarge {
        /// Bytes that the body has at least.
        found: u64,
        /// What the receiver assembles.
        limit: usize,
    },
    /// The blocks belong to different representations (RFC 7959, 2.4).
    #[error("ETag changed at body byte {offset}")]
    EtagChanged {
        /// Offset of the block in the body.
        offset: u64,
    },
    /// The blocks of a response have different Content-Formats (RFC 7959, 2.3).
    #[error("Content-Format changed at body byte {offset}")]
    FormatChanged {
        /// Offset of the block in the body.
        offset: u64,
    },
    /// A response to a request for a later block has no Block2 option, so it is not that block (RFC 7959, 2.4).
    #[error("response for body byte {offset} has no Block2 option")]
    OptionMissing {
        /// Offset in the body that was asked for.
        offset: u64,
    },
    /// The peer rejected a request for a later block, or did not answer it.
    #[error("peer stopped at body byte {offset}")]
    Abandoned {
        /// Offset in the body that was asked for.
        offset: u64,
    },
}

impl Block {
    /// Largest size exponent on UDP: 1024 bytes (RFC 7959, 2.2).
    pub const MAX_SZX: u8 = 6;
    /// Size exponent of several blocks of 1024 bytes in one message (RFC 8323, 6).
    pub const BERT: u8 = 7;
    /// Largest block number: 20 bits (RFC 7959, 2.2).
    pub const MAX_NUMBER: u32 = (1 << 20) - 1;

    /// Decodes an option value that came in a datagram, where size exponent 7 is reserved.
    pub fn decode(value: &[u8]) -> Result<Self, BlockError> {
        let block = Self::decode_on_stream(value)?;
        if block.is_bert() {
            return Err(BlockError::SizeReserved {
                offset: value.len().saturating_sub(1),
            });
        }
        Ok(block)
    }

    /// Decodes an option value that came over a stream, where size exponent 7 is BERT (RFC 8323, 6).
    pub fn decode_on_stream(value: &[u8]) -> Result<Self, BlockError> {
        let length = value.len();
        if length > 3 {
            return Err(BlockError::OptionTooLong { length });
        }
        let bits = value
            .iter()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        Ok(Self {
            number: bits >> 4,
            more: bits & 8 != 0,
            szx: (bits & 7) as u8,
        })
    }

    /// Encodes the option value in its shortest form (RFC 7252, 3.2), for a datagram.
    pub fn encode(self) -> Result<Vec<u8>, BlockError> {
        if self.szx > Self::MAX_SZX && self.number <= Self::MAX_NUMBER {
            return Err(BlockError::SizeReserved { offset: 0 });
        }
        self.encode_on_stream()
    }

    /// Encodes the option value in its shortest form, BERT included (RFC 8323, 6).
    pub fn encode_on_stream(self) -> Result<Vec<u8>, BlockError> {
        if self.number > Self::MAX_NUMBER {
            let number = u64::from(self.number);
            return Err(BlockError::NumberTooLarge { number });
        }
        if self.szx > Self::BERT {
            return Err(BlockError::SizeReserved { offset: 0 });
        }
        let bits = self.number << 4 | u32::from(self.more) << 3 | u32::from(self.szx);
        let bytes = bits.to_be_bytes();
        let start = bytes
            .iter()
            .position(|byte| *byte != 0)
            .unwrap_or(bytes.len());
        Ok(bytes.get(start..).unwrap_or_default().to_vec())
    }

    /// The first instance of block option `option` in `message`.
    pub fn of(message: &Message, option: u16) -> Option<Result<Self, BlockError>> {
        message.option_values(option).next().map(Self::decode)
    }

    /// The first instance of block option `option` in a message that came over a stream.
    pub fn of_on_stream(message: &Message, option: u16) -> Option<Result<Self, BlockError>> {
        let mut values = message.option_values(option);
        values.next().map(Self::decode_on_stream)
    }

    /// Whether the payload may be several blocks of 1024 bytes (RFC 8323, 6).
    pub const fn is_bert(self) -> bool {
        self.szx == Self::BERT
    }

    /// Size of a block with this exponent, in bytes; a BERT block is counted in blocks of 1024.
    pub const fn size(self) -> usize {
        16 << if self.szx > Self::MAX_SZX {
            Self::MAX_SZX
        } else {
            self.szx
        }
    }

    /// Offset in the body at which the block starts.
    pub const fn offset(self) -> u64 {
        self.number as u64 * self.size() as u64
    }

    /// The block of size exponent `szx` that starts at body byte `offset`; `None` if none does or the number is too large.
    pub fn at(offset: u64, more: bool, szx: u8) -> Option<Self> {
        let block = Self {
            number: 0,
            more,
            szx,
        };
        let size = block.size() as u64;
        let number = u32::try_from(offset / size).ok()?;
        (offset.is_multiple_of(size) && number <= Self::MAX_NUMBER)
            .then_some(Self { number, ..block })
    }

    /// The exponent of the largest block size that is not above `size`; 0 below 16 bytes.
    pub const fn exponent(size: u16) -> u8 {
        let szx = (size >> 4 | 1).ilog2() as u8;
        if szx > Self::MAX_SZX {
            Self::MAX_SZX
        } else {
            szx
        }
    }
}

impl BlockError {
    /// The response that a server gives to the block (RFC 7959, 2.2, 2.9.2 and 2.9.3).
    pub const fn code(&self) -> Code {
        match self {
            Self::OutOfOrder { .. } => Code::REQUEST_ENTITY_INCOMPLETE,
            Self::TooLarge { .. } => Code::REQUEST_ENTITY_TOO_LARGE,
            _ => Code::BAD_REQUEST,
        }
    }
}

/// A body on its way out, cut into blocks of any size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slicer {
    body: Vec<u8>,
}

impl Slicer {
    /// A slicer of `body`.
    pub const fn new(body: Vec<u8>) -> Self {
        Self { body }
    }

    /// Length of the body.
    pub const fn length(&self) -> usize {
        self.body.len()
    }

    /// The whole body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The block that starts at `offset` with exponent `szx`, and its bytes; `None` beyond the end.
    ///
    /// An empty body has one block, the empty one.
    pub fn slice(&self, offset: u64, szx: u8) -> Option<(Block, &[u8])> {
        let start = usize::try_from(offset).ok()?;
        if start >= self.body.len() && start > 0 {
            return None;
        }
        let block = Block::at(offset, false, szx)?;
        let end = start.saturating_add(block.size()).min(self.body.len());
        let more = end < self.body.len();
        Some((Block { more, ..block }, self.body.get(start..end)?))
    }
}

/// A body on its way in, block by block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembler {
    body: Vec<u8>,
    limit: usize,
    etag: Option<Vec<u8>>,
    /// Where the newest block started, so that its repetition is known.
    newest: Option<u64>,
}

/// What a block led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assembly {
    /// The body goes on at this byte.
    Continue(u64),
    /// The body is complete.
    Complete(Vec<u8>),
}

impl Assembler {
    /// An assembler of bodies up to `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self {
            body: Vec::new(),
            limit,
            etag: None,
            newest: None,
        }
    }

    /// Offset in the body at which the next block must start.
    pub const fn next_offset(&self) -> u64 {
        self.body.len() as u64
    }

    /// Takes a block; block 0 starts over, the newest block may come again.
    ///
    /// `etag` is that of the response that carried the block; requests have none.
    pub fn push(
        &mut self,
        block: Block,
        etag: Option<&[u8]>,
        payload: &[u8],
    ) -> Result<Assembly, BlockError> {
        let offset = block.offset();
        if offset == 0 {
            self.body.clear();
            self.etag = etag.map(<[u8]>::to_vec);
        } else if self.newest == Some(offset) {
            self.body
                .truncate(usize::try_from(offset).unwrap_or(usize::MAX));
        }
        let expected = self.next_offset();
        if offset != expected {
            return Err(BlockError::OutOfOrder {
                found: offset,
                expected,
            });
        }
        if self.etag.as_deref() != etag {
            return Err(BlockError::EtagChanged { offset });
        }
        let (found, expected) = (payload.len(), block.size());
        if found > expected || (block.more && found < expected) {
            return Err(BlockError::WrongLength {
                offset,
                found,
                expected,
            });
        }
        let found = offset + payload.len() as u64;
        let limit = self.limit;
        if found > limit as u64 {
            return Err(BlockError::TooLarge { found, limit });
        }
        self.newest = Some(offset);
        self.body.extend_from_slice(payload);
        if block.more {
            return Ok(Assembly::Continue(self.next_offset()));
        }
        self.newest = None;
        Ok(Assembly::Complete(std::mem::take(&mut self.body)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 7959, 2.2 and the notation of 2.1 (number/more/size) with the value's bytes.
    #[test]
    fn option_values() {
        let rows: [(u32, bool, u8, &[u8]); 7] = [
            (0, false, 0, &[]),
            (0, true, 6, &[0x0e]),
            (1, false, 6, &[0x16]),
            (15, true, 2, &[0xfa]),
            (16, false, 2, &[0x01, 0x02]),
            (5000, true, 6, &[0x01, 0x38, 0x8e]),
            (1_048_575, true, 6, &[0xff, 0xff, 0xfe]),
        ];
        for (number, more, szx, value) in rows {
            let block = Block { number, more, szx };
            assert_eq!(block.encode().as_deref(), Ok(value));
            assert_eq!(Block::decode(value), Ok(block));
        }
        assert_eq!(
            Block::decode(&[0x07]),
            Err(BlockError::SizeReserved { offset: 0 })
        );
        assert_eq!(
            Block::decode(&[0, 0x1f]),
            Err(BlockError::SizeReserved { offset: 1 })
        );
        assert_eq!(
            Block::decode(&[0; 4]),
            Err(BlockError::OptionTooLong { length: 4 })
        );
        let number = 1 << 20;
        let error = BlockError::NumberTooLarge {
            number: u64::from(number),
        };
        assert_eq!(
            Block {
                number,
                more: false,
                szx: 0
            }
            .encode(),
            Err(error)
        );
    }

    #[test]
    fn sizes_and_exponents() {
        let rows = [
            (0, 0),
            (16, 0),
            (31, 0),
            (32, 1),
            (64, 2),
            (512, 5),
            (1024, 6),
            (1152, 6),
            (u16::MAX, 6),
        ];
        for (size, szx) in rows {
            assert_eq!(Block::exponent(size), szx, "size {size}");
        }
        assert_eq!(
            Block {
                number: 3,
                more: false,
                szx: 6
            }
            .offset(),
            3072
        );
        // RFC 7959, Figure 8: 128 bytes were taken, blocks of 32 bytes go on at number 4.
        assert_eq!(
            Block::at(128, true, 1),
            Some(Block {
                number: 4,
                more: true,
                szx: 1
            })
        );
        assert_eq!(Block::at(32, true, 2), None);
    }

    #[test]
    fn what_breaks_an_assembly() {
        let block = |number, more| Block {
            number,
            more,
            szx: 0,
        };
        let start =
            |assembler: &mut Assembler| assembler.push(block(0, true), Some(b"a"), &[0; 16]);
        let rows = [
            (
                block(2, true),
                &b"a"[..],
                16,
                BlockError::OutOfOrder {
                    found: 32,
                    expected: 16,
                },
            ),
            (
                block(1, true),
                b"b",
                16,
                BlockError::EtagChanged { offset: 16 },
            ),
            (
                block(1, true),
                b"a",
                15,
                BlockError::WrongLength {
                    offset: 16,
                    found: 15,
                    expected: 16,
                },
            ),
            (
                block(1, false),
                b"a",
                17,
                BlockError::WrongLength {
                    offset: 16,
                    found: 17,
                    expected: 16,
                },
            ),
            (
                block(1, false),
                b"a",
                5,
                BlockError::TooLarge {
                    found: 21,
                    limit: 20,
                },
            ),
        ];
        for (next, etag, length, error) in rows {
            let mut assembler = Assembler::new(20);
            assert_eq!(start(&mut assembler), Ok(Assembly::Continue(16)));
            assert_eq!(
                assembler.push(next, Some(etag), &vec![0; length]),
                Err(error)
            );
        }
    }

    #[test]
    fn block_zero_starts_over_and_the_newest_block_may_repeat() {
        let block = |number, more| Block {
            number,
            more,
            szx: 0,
        };
        let mut assembler = Assembler::new(100);
        for byte in [1, 2] {
            assert_eq!(
                assembler.push(block(0, true), None, &[byte; 16]),
                Ok(Assembly::Continue(16))
            );
        }
        for _ in 0..2 {
            assert_eq!(
                assembler.push(block(1, true), None, &[3; 16]),
                Ok(Assembly::Continue(32))
            );
        }
        let body = [&[2; 16][..], &[3; 16], &[4]].concat();
        assert_eq!(
            assembler.push(block(2, false), None, &[4]),
            Ok(Assembly::Complete(body))
        );
    }

    proptest! {
        #[test]
        fn a_sliced_body_is_assembled_again(
            body in prop::collection::vec(any::<u8>(), 0..3000),
            first in 0..=6_u8,
            shrink in 0..=6_u8,
        ) {
            let slicer = Slicer::new(body.clone());
            let mut assembler = Assembler::new(3000);
            let mut szx = first;
            loop {
                let (block, bytes) = slicer.slice(assembler.next_offset(), szx).unwrap();
                match assembler.push(Block::decode(&block.encode().unwrap()).unwrap(), None, bytes) {
                    Ok(Assembly::Continue(next)) => prop_assert_eq!(next, assembler.next_offset()),
                    Ok(Assembly::Complete(found)) => {
                        prop_assert_eq!(found, body);
                        break;
                    }
                    Err(error) => prop_assert!(false, "{error}"),
                }
                szx = szx.min(shrink);
            }
        }

        #[test]
        fn any_option_value_is_decoded_or_refused(value in prop::collection::vec(any::<u8>(), 0..5)) {
            if let Ok(block) = Block::decode(&value) {
                prop_assert_eq!(Block::decode(&block.encode().unwrap()), Ok(block));
            }
        }
    }
}
