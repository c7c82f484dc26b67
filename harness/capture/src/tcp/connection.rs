//! One connection: both directions, and how it begins and ends.

use std::collections::VecDeque;
use std::net::SocketAddr;

use coap::Time;

use super::event::{Closed, Closing, Opened, Opening, WhyLost};
use super::header::Header;
use super::side::{Side, Sink};
use crate::{Item, Remark, Skip};

/// A connection between two ends.
pub(super) struct Connection {
    /// Its ends; the sides have the same order.
    ends: [SocketAddr; 2],
    sides: [Side; 2],
    /// The end that began it, and the frame of its SYN.
    opener: Option<usize>,
    syn: Option<u64>,
    opened: bool,
    /// Directions whose end was told.
    finished: [bool; 2],
    over: bool,
}

impl Connection {
    pub(super) fn new(ends: [SocketAddr; 2]) -> Self {
        Self {
            ends,
            sides: [Side::default(), Side::default()],
            opener: None,
            syn: None,
            opened: false,
            finished: [false; 2],
            over: false,
        }
    }

    /// Memory that waits, about.
    pub(super) fn taken(&self) -> usize {
        self.sides.iter().map(Side::taken).sum()
    }

    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// Takes a segment of the end `from`, 0 or 1.
    pub(super) fn take(
        &mut self,
        place: (u64, Time),
        from: usize,
        header: &Header<'_>,
        out: &mut VecDeque<Item>,
    ) -> Result<(), Skip> {
        if header.rst {
            self.reset(place, from, out);
            return Ok(());
        }
        if header.syn {
            self.synchronize(place, from, header, out);
        }
        if self.over {
            return self.behind_end(place, from, header, out);
        }
        self.acknowledge(place, from, header, out);
        let length = header.payload.length;
        let mut is_new = true;
        if length > 0 || header.fin {
            self.open(place, from, out);
            let (side, mut sink) = self.side(place, from, out);
            is_new = side.take(header.first_byte(), header.payload, header.fin, &mut sink);
        }
        self.finish(place, out);
        if is_new {
            Ok(())
        } else {
            Err(Skip::Retransmission)
        }
    }

    /// Gives up everything that is waited for.
    pub(super) fn release(&mut self, place: (u64, Time), why: WhyLost, out: &mut VecDeque<Item>) {
        for from in 0..2 {
            let (side, mut sink) = self.side(place, from, out);
            side.release_all(why, &mut sink);
        }
        self.finish(place, out);
    }

    /// Takes a SYN, with or without ACK (RFC 9293, 3.5).
    fn synchronize(
        &mut self,
        place: (u64, Time),
        from: usize,
        header: &Header<'_>,
        out: &mut VecDeque<Item>,
    ) {
        let first = header.first_byte();
        let side = &self.sides[from];
        if side.initial == Some(header.sequence) {
            return;
        }
        let answers = header.acknowledgement.is_some();
        let fits = side.initial.is_none() && side.next.is_none_or(|next| next == first);
        let begun = side.offset > 0 || self.over || self.opened && !answers;
        if !fits || begun {
            self.supersede(place, from, out);
        }
        self.sides[from].initial = Some(header.sequence);
        self.sides[from].next = Some(first);
        if answers {
            self.opener = Some(1 - from);
            self.open(place, from, out);
        } else {
            self.opener = self.opener.or(Some(from));
            self.syn = self.syn.or(Some(place.0));
        }
    }

    /// Makes room for a new connection between the same ends.
    fn supersede(&mut self, place: (u64, Time), from: usize, out: &mut VecDeque<Item>) {
        self.release(place, WhyLost::Closed, out);
        if self.opened && !self.over {
            self.tell_closed(place, from, Closing::Superseded, out);
        }
        *self = Self::new(self.ends);
    }

    fn reset(&mut self, place: (u64, Time), from: usize, out: &mut VecDeque<Item>) {
        if self.over {
            return;
        }
        self.release(place, WhyLost::Closed, out);
        let refused = !self.opened && self.opener == Some(1 - from);
        if self.opened && !self.over {
            self.tell_closed(place, from, Closing::Reset, out);
        } else if refused {
            self.tell_closed(place, from, Closing::Refused, out);
        }
        self.over = true;
    }

    fn acknowledge(
        &mut self,
        place: (u64, Time),
        from: usize,
        header: &Header<'_>,
        out: &mut VecDeque<Item>,
    ) {
        let Some(number) = header.acknowledgement else {
            return;
        };
        if self.sides[1 - from].lacks(number) {
            self.open(place, from, out);
        }
        let (side, mut sink) = self.side(place, 1 - from, out);
        side.acknowledged(number, &mut sink);
    }

    /// Bytes that come when the connection is over.
    fn behind_end(
        &mut self,
        place: (u64, Time),
        from: usize,
        header: &Header<'_>,
        out: &mut VecDeque<Item>,
    ) -> Result<(), Skip> {
        let bytes = header.payload.length;
        let (side, mut sink) = self.side(place, from, out);
        let next = side.next.unwrap_or_else(|| header.first_byte());
        let end = header.first_byte().wrapping_add(bytes as u32);
        if bytes == 0 || next.wrapping_sub(end).cast_signed() >= 0 {
            return Err(Skip::Retransmission);
        }
        sink.note(Remark::BehindEnd { bytes });
        Ok(())
    }

    /// Tells that the connection stands, once.
    fn open(&mut self, (frame, time): (u64, Time), from: usize, out: &mut VecDeque<Item>) {
        if self.opened {
            return;
        }
        self.opened = true;
        let opener = self.opener.unwrap_or(from);
        let how = match self.opener {
            Some(_) => Opening::Handshake,
            None => Opening::Middle,
        };
        out.push_back(Item::Opened(Opened {
            frame,
            syn: self.syn,
            time,
            from: self.ends[opener],
            to: self.ends[1 - opener],
            how,
        }));
    }

    /// Tells of directions that have come to their end.
    fn finish(&mut self, place: (u64, Time), out: &mut VecDeque<Item>) {
        for from in 0..2 {
            if self.over || self.finished[from] || !self.sides[from].is_finished() {
                continue;
            }
            self.finished[from] = true;
            self.over = self.finished[1 - from];
            let how = if self.over {
                Closing::Finished
            } else {
                Closing::Half
            };
            self.tell_closed(place, from, how, out);
        }
    }

    fn tell_closed(
        &self,
        (frame, time): (u64, Time),
        from: usize,
        how: Closing,
        out: &mut VecDeque<Item>,
    ) {
        out.push_back(Item::Closed(Closed {
            frame,
            time,
            from: self.ends[from],
            to: self.ends[1 - from],
            how,
        }));
    }

    fn side<'a>(
        &'a mut self,
        place: (u64, Time),
        from: usize,
        out: &'a mut VecDeque<Item>,
    ) -> (&'a mut Side, Sink<'a>) {
        let sink = Sink {
            out,
            place,
            from: self.ends[from],
            to: self.ends[1 - from],
        };
        (&mut self.sides[from], sink)
    }
}
