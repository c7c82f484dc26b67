//! Interface Description Blocks (draft-ietf-opsawg-pcapng, 4.2).

use super::clock::Clock;
use super::order::Order;
use crate::{CaptureErrorKind, LinkType};

/// An interface as a section describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interface {
    /// What the first header of its frames is.
    pub(crate) link: LinkType,
    /// Most bytes that are captured of a frame; 0 is no limit.
    pub(crate) snap_length: u32,
    /// What its times mean.
    pub(crate) clock: Clock,
}

/// What is wrong within the body of a block, and at which of its bytes.
pub(crate) type Flaw = (usize, CaptureErrorKind);

impl Interface {
    /// Reads the body of a block, which has its eight fixed bytes.
    pub(crate) fn read(order: Order, body: &[u8]) -> Result<Self, Flaw> {
        let mut interface = Self {
            link: LinkType(order.u16(body, 0)),
            snap_length: order.u32(body, 4),
            clock: Clock::default(),
        };
        let mut at = FIXED;
        while let Some(head) = body.get(at..at + 4) {
            let (code, length) = (order.u16(head, 0), order.u16(head, 2));
            if code == END_OF_OPTIONS {
                break;
            }
            let value = at + 4..at + 4 + usize::from(length);
            let Some(value) = body.get(value) else {
                let kind = CaptureErrorKind::Overrun {
                    what: "option",
                    length: u32::from(length),
                    room: (body.len() - at - 4) as u32,
                };
                return Err((at + 2, kind));
            };
            interface
                .option(order, code, value)
                .map_err(|kind| (at + 2, kind))?;
            at += 4 + value.len().next_multiple_of(4);
        }
        Ok(interface)
    }

    fn option(&mut self, order: Order, code: u16, value: &[u8]) -> Result<(), CaptureErrorKind> {
        match code {
            TIME_RESOLUTION => match value {
                [resolution] => self.clock.resolution = *resolution,
                _ => return Err(wrong_length("if_tsresol", value, 1)),
            },
            TIME_OFFSET => match value.len() {
                8 => self.clock.offset = order.i64(value, 0),
                _ => return Err(wrong_length("if_tsoffset", value, 8)),
            },
            _ => {}
        }
        Ok(())
    }
}

const fn wrong_length(option: &'static str, value: &[u8], wanted: u16) -> CaptureErrorKind {
    CaptureErrorKind::OptionLength {
        option,
        length: value.len() as u16,
        wanted,
    }
}

/// LinkType, a reserved field and SnapLen.
const FIXED: usize = 8;
/// opt_endofopt (draft-ietf-opsawg-pcapng, 3.5).
const END_OF_OPTIONS: u16 = 0;
/// if_tsresol (draft-ietf-opsawg-pcapng, 4.2).
const TIME_RESOLUTION: u16 = 9;
/// if_tsoffset (draft-ietf-opsawg-pcapng, 4.2).
const TIME_OFFSET: u16 = 14;

#[cfg(test)]
mod tests {
    use super::*;

    fn body(options: &[u8]) -> Vec<u8> {
        [&[0, 101, 0, 0, 0, 4, 0, 0], options].concat()
    }

    #[test]
    fn options_set_the_clock() {
        let options = [
            0, 2, 0, 3, b'e', b't', b'h', 0, 0, 9, 0, 1, 9, 0, 0, 0, 0, 14, 0, 8, 255, 255, 255,
            255, 255, 255, 255, 254, 0, 0, 0, 0, 0, 9, 0, 1, 3, 0, 0, 0,
        ];
        let read = Interface::read(Order::Big, &body(&options)).unwrap();
        assert_eq!((read.link, read.snap_length), (LinkType(101), 0x40000));
        let clock = Clock {
            resolution: 9,
            offset: -2,
        };
        assert_eq!(read.clock, clock);
        let none = Interface::read(Order::Big, &body(&[])).unwrap();
        assert_eq!(none.clock, Clock::default());
    }

    #[test]
    fn options_that_lie_are_named() {
        let rows: [(&[u8], &str); 3] = [
            (&[0, 2, 0, 9, 1, 2, 3, 4], "option of 9 bytes in 4 bytes"),
            (
                &[0, 9, 0, 2, 9, 9, 0, 0],
                "if_tsresol of 2 bytes, 1 wanted,",
            ),
            (
                &[0, 14, 0, 4, 0, 0, 0, 0],
                "if_tsoffset of 4 bytes, 8 wanted,",
            ),
        ];
        for (options, text) in rows {
            let (at, kind) = Interface::read(Order::Big, &body(options)).unwrap_err();
            assert_eq!((at, kind.to_string().as_str()), (10, text));
        }
    }
}
