//! One direction of a connection: where its stream is, and what waits for bytes before it (RFC 9293, 3.4 and 3.10.7.4).

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use coap::Time;

use super::event::{Lost, Segment, WhyLost};
use crate::octets::Octets;
use crate::{Item, Note, Remark};

/// Where items of one direction go.
pub(super) struct Sink<'a> {
    pub(super) out: &'a mut VecDeque<Item>,
    /// The frame that makes them come to light, and its time.
    pub(super) place: (u64, Time),
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
}

impl Sink<'_> {
    pub(super) fn note(&mut self, remark: Remark) {
        let (frame, time) = self.place;
        self.out.push_back(Item::Note(Note {
            frame,
            time,
            remark,
        }));
    }
}

/// One direction.
#[derive(Default)]
pub(super) struct Side {
    /// Sequence number of the SYN, if it was captured.
    pub(super) initial: Option<u32>,
    /// Sequence number of the byte that comes next, once it is known.
    pub(super) next: Option<u32>,
    /// Where in the stream that is.
    pub(super) offset: u64,
    /// Parts that wait, by place; none overlaps another.
    waiting: BTreeMap<u64, Waiting>,
    waiting_bytes: usize,
    /// Where the stream ends, once its FIN was captured.
    end: Option<u64>,
    /// The last places that were given up.
    lost: VecDeque<(u64, u64)>,
}

struct Waiting {
    frame: u64,
    bytes: Vec<u8>,
}

impl Side {
    /// Memory that waits, about.
    pub(super) fn taken(&self) -> usize {
        self.waiting_bytes + self.waiting.len() * OVERHEAD
    }

    /// Whether the stream has come to its end.
    pub(super) fn is_finished(&self) -> bool {
        self.end == Some(self.offset)
    }

    /// How far a sequence number is from the next one; `None` if that is further than any window reaches.
    fn distance(&self, number: u32) -> Option<i64> {
        let next = self.next?;
        let distance = i64::from(number.wrapping_sub(next).cast_signed());
        (distance.abs() < FURTHEST).then_some(distance)
    }

    /// Whether an acknowledgement covers bytes that were not captured.
    pub(super) fn lacks(&self, acknowledgement: u32) -> bool {
        self.distance(acknowledgement)
            .is_some_and(|distance| distance > 0)
            && !self.is_finished()
    }

    /// Takes an acknowledgement of the other end: what it covers will not come any more.
    pub(super) fn acknowledged(&mut self, number: u32, sink: &mut Sink<'_>) {
        let Some(next) = self.next else {
            self.next = Some(number);
            return;
        };
        match self.distance(number) {
            Some(distance) if distance > 0 => {
                let to = self.offset.saturating_add(distance.unsigned_abs());
                self.release(to, WhyLost::Acknowledged, sink);
            }
            Some(_) => {}
            None => sink.note(Remark::FarOff { number, next }),
        }
    }

    /// Takes bytes and whether a FIN follows them; `false` if there was nothing new.
    pub(super) fn take(
        &mut self,
        first: u32,
        payload: Octets<'_>,
        fin: bool,
        sink: &mut Sink<'_>,
    ) -> bool {
        let next = *self.next.get_or_insert(first);
        let Some(distance) = self.distance(first) else {
            sink.note(Remark::FarOff {
                number: first,
                next,
            });
            return true;
        };
        let start = self.offset.cast_signed() + distance;
        let end = start + payload.length as i64;
        if fin && self.end.is_none() && end >= self.offset.cast_signed() {
            self.end = Some(end.max(0).unsigned_abs());
            self.cut_off(sink);
        }
        if payload.missing_bytes() > 0 && end > self.offset.cast_signed() {
            let missing = payload.missing_bytes();
            sink.note(Remark::SegmentCut { missing });
        }
        let (start, bytes) = self.new_part(start, payload.bytes, sink);
        let is_new = !bytes.is_empty();
        if is_new && start == self.offset && self.waiting.is_empty() {
            self.deliver(sink.place.0, bytes.to_vec(), sink);
        } else if is_new {
            self.wait(start, bytes, sink);
            self.drain(sink);
            while self.taken() > MOST_WAITING_BYTES || self.waiting.len() > MOST_WAITING {
                self.release_one(WhyLost::TooMuchWaits, sink);
            }
        }
        is_new || fin || payload.length == 0
    }

    /// Gives up what the first waiting part waits for.
    pub(super) fn release_one(&mut self, why: WhyLost, sink: &mut Sink<'_>) {
        if let Some(to) = self.waiting.keys().next().copied() {
            self.release(to, why, sink);
        }
    }

    /// Gives up everything that is waited for.
    pub(super) fn release_all(&mut self, why: WhyLost, sink: &mut Sink<'_>) {
        while !self.waiting.is_empty() {
            self.release_one(why, sink);
        }
    }

    /// The bytes that were not delivered, given up or refused, and their place.
    fn new_part<'a>(&self, start: i64, bytes: &'a [u8], sink: &mut Sink<'_>) -> (u64, &'a [u8]) {
        let mut bytes = bytes;
        let before = start.min(0).unsigned_abs().min(bytes.len() as u64) as usize;
        if before > 0 && self.initial.is_none() {
            sink.note(Remark::BeforeBeginning { bytes: before });
        }
        bytes = bytes.get(before..).unwrap_or_default();
        let mut start = start.max(0).unsigned_abs();
        let old = self.offset.saturating_sub(start).min(bytes.len() as u64);
        if old > 0 {
            let late = self
                .lost
                .iter()
                .find(|(from, to)| *from < start + old && start < *to);
            if let Some((from, to)) = late {
                let (from, to) = (start.max(*from), (start + old).min(*to));
                sink.note(Remark::Late {
                    offset: from,
                    bytes: (to - from) as usize,
                });
            }
            bytes = bytes.get(old as usize..).unwrap_or_default();
            start += old;
        }
        let room = self.end.map_or(u64::MAX, |end| end.saturating_sub(start));
        if (bytes.len() as u64) > room {
            let behind = bytes.len() - room as usize;
            sink.note(Remark::BehindEnd { bytes: behind });
            bytes = bytes.get(..room as usize).unwrap_or_default();
        }
        (start, bytes)
    }

    /// Keeps the parts of these bytes that nobody has brought before.
    fn wait(&mut self, start: u64, bytes: &[u8], sink: &mut Sink<'_>) {
        let mut said = false;
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let here = start + at as u64;
            let before = self.waiting.range(..=here).next_back();
            let known = before.and_then(|(from, part)| part.bytes.get((here - from) as usize..));
            if let Some(known) = known.filter(|known| !known.is_empty()) {
                let both = known.len().min(rest.len());
                if !said && known.get(..both) != rest.get(..both) {
                    said = true;
                    sink.note(Remark::OtherBytes { offset: here });
                }
                at += both;
                continue;
            }
            let behind = self.waiting.range(here..).next();
            let room = behind.map_or(u64::MAX, |(from, _)| from - here);
            let part = rest.get(..room.min(rest.len() as u64) as usize);
            let bytes = part.unwrap_or_default().to_vec();
            at += bytes.len();
            self.waiting_bytes += bytes.len();
            let frame = sink.place.0;
            self.waiting.insert(here, Waiting { frame, bytes });
        }
    }

    fn drain(&mut self, sink: &mut Sink<'_>) {
        while let Some(first) = self.waiting.first_entry() {
            if *first.key() != self.offset {
                break;
            }
            let part = first.remove();
            self.waiting_bytes -= part.bytes.len();
            self.deliver(part.frame, part.bytes, sink);
        }
    }

    fn deliver(&mut self, frame: u64, bytes: Vec<u8>, sink: &mut Sink<'_>) {
        let offset = self.offset;
        self.advance(bytes.len() as u64);
        sink.out.push_back(Item::Segment(Segment {
            frame,
            time: sink.place.1,
            from: sink.from,
            to: sink.to,
            offset,
            bytes,
        }));
    }

    /// Goes on to a place of the stream, or to its end; what is not there is lost.
    fn release(&mut self, to: u64, why: WhyLost, sink: &mut Sink<'_>) {
        let to = self.end.map_or(to, |end| to.min(end));
        loop {
            self.drain(sink);
            let next = self.waiting.keys().next();
            let until = next.map_or(to, |next| to.min(*next));
            if until <= self.offset {
                break;
            }
            let (frame, time) = sink.place;
            let (offset, length) = (self.offset, until - self.offset);
            self.advance(length);
            self.lost.push_back((offset, until));
            if self.lost.len() > MOST_LOST {
                self.lost.pop_front();
            }
            sink.out.push_back(Item::Lost(Lost {
                frame,
                time,
                from: sink.from,
                to: sink.to,
                offset,
                length,
                why,
            }));
        }
    }

    /// Drops what waits behind the end of the stream.
    fn cut_off(&mut self, sink: &mut Sink<'_>) {
        let Some(end) = self.end else { return };
        let mut dropped = 0;
        for (from, part) in &mut self.waiting {
            let room = end.saturating_sub(*from).min(part.bytes.len() as u64) as usize;
            dropped += part.bytes.len() - room;
            part.bytes.truncate(room);
        }
        if dropped > 0 {
            self.waiting.retain(|_, part| !part.bytes.is_empty());
            self.waiting_bytes -= dropped;
            sink.note(Remark::BehindEnd { bytes: dropped });
        }
    }

    fn advance(&mut self, by: u64) {
        self.offset += by;
        // sequence numbers wrap (RFC 9293, 3.4)
        self.next = self.next.map(|next| next.wrapping_add(by as u32));
    }
}

/// Largest window: 2^30 bytes (RFC 7323, 2.3).
const FURTHEST: i64 = 1 << 30;
/// Memory that waits in one direction, in bytes.
const MOST_WAITING_BYTES: usize = 1 << 20;
/// Parts that wait in one direction.
const MOST_WAITING: usize = 1024;
/// Places that are remembered as lost.
const MOST_LOST: usize = 16;
/// Memory that a part takes besides its bytes, about.
const OVERHEAD: usize = 96;
