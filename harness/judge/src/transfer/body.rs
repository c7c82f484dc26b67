//! Bodies cut into blocks (RFC 7959), joined by watching.
//!
//! Places each block where its number and size say, so a size that shrinks on the way joins right.

use std::collections::HashMap;

use coap::{Block, Code, ContentFormat, Message, Time, option};
use testcase::Seat;

use crate::event::{Cut, Event};

/// What a message is to a body.
pub(super) enum Part {
    /// The last piece, or a message that was never cut.
    Whole(Option<Joined>),
    /// A piece; more is to come.
    Piece,
    /// Asks for a further block of the answer to the request with this index.
    Continues(usize),
}

/// A body that is complete.
pub(super) struct Joined {
    pub(super) payload: Vec<u8>,
    pub(super) datagrams: Vec<usize>,
    pub(super) cut: Cut,
    /// Whether its first block came in a notification.
    pub(super) notification: bool,
    /// Content-Format that one of its blocks told.
    format: Option<ContentFormat>,
}

impl Joined {
    /// Gives a message the whole body, and the Content-Format if only an earlier block told it.
    pub(super) fn complete(&self, message: &mut Message) {
        message.payload.clone_from(&self.payload);
        if let (None, Some(format)) = (message.content_format(), self.format) {
            message.push_uint_option(option::CONTENT_FORMAT, u64::from(format.0));
        }
    }
}

/// Bodies under way.
#[derive(Default)]
pub(super) struct Bodies {
    up: HashMap<(Seat, Seat, Vec<Vec<u8>>), Body>,
    down: HashMap<(Seat, Seat, usize), Body>,
    asked: HashMap<(Seat, Seat, Vec<Vec<u8>>), usize>,
    /// Target of each request whose answer has begun to come in blocks.
    targets: HashMap<usize, Vec<Vec<u8>>>,
    /// When the newest block of an incomplete body was seen, by sender and receiver of the body.
    moved: HashMap<(Seat, Seat), Time>,
}

#[derive(Default)]
struct Body {
    payload: Vec<u8>,
    datagrams: Vec<usize>,
    size: u16,
    count: u32,
    notification: bool,
    format: Option<ContentFormat>,
}

impl Bodies {
    /// Takes a request.
    pub(super) fn request(
        &mut self,
        from: Seat,
        to: Seat,
        index: usize,
        message: &Message,
    ) -> Part {
        if let Some(block) = block_of(message, option::BLOCK2)
            && block.number > 0
            && let Some(request) = self.continued(from, to, block, message)
        {
            return Part::Continues(request);
        }
        let Some(block) = block_of(message, option::BLOCK1) else {
            return Part::Whole(None);
        };
        let key = (from, to, target(message));
        if block.number == 0 {
            self.up.remove(&key);
        }
        let body = self.up.entry(key.clone()).or_default();
        body.place(block, index, message);
        if block.more {
            return Part::Piece;
        }
        Part::Whole(self.up.remove(&key).map(Body::join))
    }

    /// The request whose answer a further block is asked of: the one that has come just so far, else the last one.
    fn continued(&self, from: Seat, to: Seat, block: Block, message: &Message) -> Option<usize> {
        let target = target(message);
        let so_far = self
            .down
            .iter()
            .find(|((sender, receiver, request), body)| {
                (*sender, *receiver) == (to, from)
                    && self.targets.get(request) == Some(&target)
                    && u64::try_from(body.payload.len()) == Ok(block.offset())
            });
        let last = || self.asked.get(&(from, to, target.clone())).copied();
        so_far.map(|((_, _, request), _)| *request).or_else(last)
    }

    /// When the newest block of a body that is not complete was seen, in either direction.
    pub(super) fn moved(&self, one: Seat, other: Seat) -> Option<Time> {
        let ways = [(one, other), (other, one)];
        ways.iter()
            .filter_map(|way| self.moved.get(way))
            .max()
            .copied()
    }

    /// Remembers that a block of a body came, or that the body is complete.
    pub(super) fn note(&mut self, from: Seat, to: Seat, piece: Option<Time>) {
        match piece {
            Some(time) => self.moved.insert((from, to), time),
            None => self.moved.remove(&(from, to)),
        };
    }

    /// Gives up a request's body; what came of it.
    pub(super) fn abandon(&mut self, from: Seat, to: Seat, message: &Message) -> Option<Joined> {
        self.up.remove(&(from, to, target(message))).map(Body::join)
    }

    /// Remembers a request whose answer may come in blocks.
    pub(super) fn asked(&mut self, from: Seat, to: Seat, request: usize, event: &Event) {
        if let Some(message) = &event.message {
            self.asked.insert((from, to, target(message)), request);
        }
    }

    /// Remembers that the answer to a request comes in blocks.
    pub(super) fn answered_in_blocks(&mut self, request: usize, event: &Event) {
        if let Some(message) = &event.message {
            self.targets
                .entry(request)
                .or_insert_with(|| target(message));
        }
    }

    /// Takes a response to `request`; `notifies` if it is a notification of it.
    pub(super) fn response(
        &mut self,
        from: Seat,
        to: Seat,
        index: usize,
        request: usize,
        message: &Message,
        notifies: bool,
    ) -> Part {
        if message.code == Code::CONTINUE {
            return Part::Piece;
        }
        let key = (from, to, request);
        let Some(block) = block_of(message, option::BLOCK2) else {
            self.down.remove(&key);
            return Part::Whole(None);
        };
        if block.number == 0 || notifies {
            self.down.remove(&key);
        }
        let body = self.down.entry(key).or_default();
        body.place(block, index, message);
        body.notification |= notifies;
        if block.more {
            return Part::Piece;
        }
        self.targets.remove(&request);
        let joined = self.down.remove(&key).map(Body::join);
        Part::Whole(joined.filter(|joined| joined.cut.count > 1))
    }
}

impl Body {
    fn place(&mut self, block: Block, index: usize, message: &Message) {
        let start = usize::try_from(block.offset()).unwrap_or(usize::MAX);
        // a number far beyond what came is a gap, never an allocation
        if start <= self.payload.len() {
            self.payload.truncate(start);
            self.payload.extend_from_slice(&message.payload);
        }
        self.format = self.format.or(message.content_format());
        self.datagrams.push(index);
        self.size = self
            .size
            .max(u16::try_from(block.size()).unwrap_or(u16::MAX));
        self.count += 1;
    }

    fn join(self) -> Joined {
        Joined {
            payload: self.payload,
            datagrams: self.datagrams,
            cut: Cut {
                size: self.size,
                count: self.count,
            },
            notification: self.notification,
            format: self.format,
        }
    }
}

fn block_of(message: &Message, number: u16) -> Option<Block> {
    Block::of(message, number)?.ok()
}

/// What tells one body from another: path and query (RFC 7959, 2.5).
fn target(message: &Message) -> Vec<Vec<u8>> {
    message
        .options
        .iter()
        .filter(|found| matches!(found.number, option::URI_PATH | option::URI_QUERY))
        .map(|found| found.value.clone())
        .collect()
}
