//! Requests of others in blocks: bodies in by Block1, bodies out in Block2 (RFC 7959, 2.4, 2.5 and 2.9).

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::messaging::{Messaging, RespondError};
use super::{Event, ExchangeId};
use crate::{
    Assembler, Assembly, Block, BlockError, Code, Kind, Message, MessageId, RawOption, Slicer,
    Time, Token, option,
};

/// Bodies on their way in and out, and what was asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Serving {
    uploads: Vec<Upload>,
    bodies: Vec<Body>,
    asked: BTreeMap<ExchangeId, Asked>,
    /// Which request registered an observation, so that the rest of a notification can be fetched.
    observed: BTreeMap<(SocketAddr, Token), Key>,
}

/// What makes two requests parts of the same transfer (RFC 7959, 2.5; the cache key of RFC 7252, 5.6).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    peer: SocketAddr,
    code: Code,
    options: Vec<RawOption>,
}

/// A request body that is not complete.
#[derive(Clone, Debug)]
struct Upload {
    key: Key,
    assembler: Assembler,
    expires: Time,
}

/// A response body whose later blocks may be asked for.
#[derive(Clone, Debug)]
struct Body {
    key: Key,
    /// Payload of the request, which is part of what a FETCH asks (RFC 8132, 2).
    request: Vec<u8>,
    /// The response without payload and Observe.
    response: Message,
    slicer: Slicer,
    expires: Time,
}

/// A request that waits for the caller's answer.
#[derive(Clone, Debug)]
struct Asked {
    key: Key,
    request: Vec<u8>,
    block1: Option<Block>,
    block2: Option<Block>,
    wants_size: bool,
}

impl Serving {
    /// Takes a request; returns the event for the caller unless the request was answered here.
    pub(super) fn take_request(
        &mut self,
        now: Time,
        messaging: &mut Messaging,
        exchange: ExchangeId,
        peer: SocketAddr,
        mut message: Message,
    ) -> Option<Event> {
        self.expire(now);
        let key = Key::of(peer, &message);
        let blocks =
            [option::BLOCK1, option::BLOCK2].map(|number| Block::of(&message, number).transpose());
        let [block1, block2] = match blocks {
            [Ok(block1), Ok(block2)] => [block1, block2],
            [Err(error), _] | [_, Err(error)] => {
                answer(now, messaging, exchange, refusal(&error));
                return None;
            }
        };
        if let Some(block) = block1 {
            message.payload = self.take_block(now, messaging, exchange, &key, block, &message)?;
            let own = [option::BLOCK1, option::SIZE1];
            message
                .options
                .retain(|option| !own.contains(&option.number));
        }
        if let Some(block) = block2.filter(|block| block.number > 0)
            && self.send_later_block(now, messaging, exchange, &key, block, &message.payload)
        {
            return None;
        }
        match message.observe() {
            Some(0) => drop(
                self.observed
                    .insert((peer, message.token.clone()), key.clone()),
            ),
            Some(_) => drop(self.observed.remove(&(peer, message.token.clone()))),
            None => {}
        }
        let request = if message.code == Code::FETCH {
            message.payload.clone()
        } else {
            Vec::new()
        };
        let wants_size = message.option_values(option::SIZE2).next().is_some();
        self.asked.insert(
            exchange,
            Asked {
                key,
                request,
                block1,
                block2,
                wants_size,
            },
        );
        Some(Event::Request {
            exchange,
            peer,
            message,
        })
    }

    /// Adds to a request body; returns it when it is complete, answers the block otherwise.
    fn take_block(
        &mut self,
        now: Time,
        messaging: &mut Messaging,
        exchange: ExchangeId,
        key: &Key,
        block: Block,
        message: &Message,
    ) -> Option<Vec<u8>> {
        let limit = messaging.parameters.max_body;
        let own = Block::exponent(messaging.parameters.block_size);
        let expires = now + messaging.parameters.exchange_lifetime();
        let mut assembler = match self.uploads.iter().position(|upload| upload.key == *key) {
            Some(index) => self.uploads.swap_remove(index).assembler,
            None => Assembler::new(limit),
        };
        let announced = message.uint_option(option::SIZE1).unwrap_or(0);
        let taken = if announced > limit as u64 {
            Err(BlockError::TooLarge {
                found: announced,
                limit,
            })
        } else {
            assembler.push(block, None, &message.payload)
        };
        let mut response = match taken {
            Ok(Assembly::Complete(body)) => return Some(body),
            Ok(Assembly::Continue(_)) => {
                self.uploads.push(Upload {
                    key: key.clone(),
                    assembler,
                    expires,
                });
                empty_response(Code::CONTINUE)
            }
            Err(error) => refusal(&error),
        };
        if response.code == Code::REQUEST_ENTITY_TOO_LARGE {
            response.push_uint_option(option::SIZE1, limit as u64);
        }
        let more = response.code == Code::CONTINUE;
        let echo = Block {
            more,
            szx: block.szx.min(own),
            ..block
        };
        // The number stays that of the block that is answered (RFC 7959, 2.3).
        response.push_option(option::BLOCK1, echo.encode().unwrap_or_default());
        answer(now, messaging, exchange, response);
        None
    }

    /// Sends a later block of a body that is kept; `false` if none is.
    fn send_later_block(
        &mut self,
        now: Time,
        messaging: &mut Messaging,
        exchange: ExchangeId,
        key: &Key,
        block: Block,
        payload: &[u8],
    ) -> bool {
        let own = Block::exponent(messaging.parameters.block_size);
        let matching =
            |body: &&mut Body| body.key == *key && (payload.is_empty() || body.request == payload);
        let Some(body) = self.bodies.iter_mut().rev().find(matching) else {
            return false;
        };
        body.expires = now + messaging.parameters.exchange_lifetime();
        let mut response = body.response.clone();
        match body.slicer.slice(block.offset(), block.szx.min(own)) {
            Some((block, bytes)) => {
                response.payload = bytes.to_vec();
                response.push_option(option::BLOCK2, block.encode().unwrap_or_default());
            }
            None => response = beyond_end(block),
        }
        answer(now, messaging, exchange, response);
        true
    }

    /// Answers for the caller: cuts the body to the block that was asked for.
    pub(super) fn respond(
        &mut self,
        now: Time,
        messaging: &mut Messaging,
        exchange: ExchangeId,
        mut message: Message,
    ) -> Result<(), RespondError> {
        if let Some(asked) = self.asked.get(&exchange).cloned() {
            if let Some(block) = asked.block1
                && message.option_values(option::BLOCK1).next().is_none()
            {
                let last = Block {
                    more: false,
                    ..block
                };
                message.push_option(option::BLOCK1, last.encode().unwrap_or_default());
            }
            self.cut(now, messaging, &asked, &mut message);
        }
        messaging.respond(now, exchange, message)?;
        self.asked.remove(&exchange);
        Ok(())
    }

    /// Cuts a notification to its first block and keeps the body.
    pub(super) fn cut_notification(
        &mut self,
        now: Time,
        messaging: &Messaging,
        peer: SocketAddr,
        message: &mut Message,
    ) {
        if let Some(key) = self.observed.get(&(peer, message.token.clone())).cloned() {
            let request = Vec::new();
            let asked = Asked {
                key,
                request,
                block1: None,
                block2: None,
                wants_size: false,
            };
            self.cut(now, messaging, &asked, message);
        }
    }

    pub(super) fn forget(&mut self, exchange: ExchangeId) {
        self.asked.remove(&exchange);
    }

    pub(super) fn forget_peer(&mut self, peer: SocketAddr) {
        self.uploads.retain(|upload| upload.key.peer != peer);
        self.bodies.retain(|body| body.key.peer != peer);
        self.asked.retain(|_, asked| asked.key.peer != peer);
        self.observed.retain(|(observer, _), _| *observer != peer);
    }

    /// Replaces the payload by the block that was asked for, if it needs more than one (RFC 7959, 2.4).
    fn cut(&mut self, now: Time, messaging: &Messaging, asked: &Asked, message: &mut Message) {
        let own = Block::exponent(messaging.parameters.block_size);
        let block = asked.block2.unwrap_or(Block {
            number: 0,
            more: false,
            szx: own,
        });
        let szx = block.szx.min(own);
        let size = Block { szx, ..block }.size();
        let by_hand = message.option_values(option::BLOCK2).next().is_some();
        if by_hand || (message.payload.len() <= size && block.number == 0) {
            return;
        }
        let slicer = Slicer::new(std::mem::take(&mut message.payload));
        let Some((first, bytes)) = slicer.slice(block.offset(), szx) else {
            let beyond = beyond_end(block);
            (message.code, message.options, message.payload) =
                (beyond.code, beyond.options, beyond.payload);
            return;
        };
        let mut response = message.clone();
        response
            .options
            .retain(|option| !FIRST_ONLY.contains(&option.number));
        message.payload = bytes.to_vec();
        message.push_option(option::BLOCK2, first.encode().unwrap_or_default());
        if asked.wants_size && message.uint_option(option::SIZE2).is_none() {
            message.push_uint_option(option::SIZE2, slicer.length() as u64);
        }
        let (key, request) = (asked.key.clone(), asked.request.clone());
        self.bodies
            .retain(|body| body.key != key || body.request != request);
        let expires = now + messaging.parameters.exchange_lifetime();
        self.bodies.push(Body {
            key,
            request,
            response,
            slicer,
            expires,
        });
    }

    fn expire(&mut self, now: Time) {
        self.uploads.retain(|upload| upload.expires > now);
        self.bodies.retain(|body| body.expires > now);
    }
}

impl Key {
    fn of(peer: SocketAddr, message: &Message) -> Self {
        let mut options = message.options.clone();
        options.retain(|option| !OUTSIDE_KEY.contains(&option.number));
        Self {
            peer,
            code: message.code,
            options,
        }
    }
}

/// Answers without the caller.
fn answer(now: Time, messaging: &mut Messaging, exchange: ExchangeId, response: Message) {
    // Only options of the caller's own that fill a datagram can be refused here; then there is no answer to give.
    let _ = messaging.respond(now, exchange, response);
}

/// A response; type, Message ID and token are set when it is sent.
fn empty_response(code: Code) -> Message {
    Message::new(Kind::Ack, code, MessageId(0), Token::default())
}

/// A response that says why a block is refused, with a diagnostic payload (RFC 7252, 5.5.2).
fn refusal(error: &BlockError) -> Message {
    let mut message = empty_response(error.code());
    message.payload = error.to_string().into_bytes();
    message
}

fn beyond_end(block: Block) -> Message {
    let mut message = empty_response(Code::BAD_REQUEST);
    message.payload = format!("body ends before byte {}", block.offset()).into_bytes();
    message
}

/// Options in which the requests of one transfer differ.
const OUTSIDE_KEY: [u16; 5] = [
    option::OBSERVE,
    option::BLOCK1,
    option::BLOCK2,
    option::SIZE1,
    option::SIZE2,
];
/// Options of a first block that later ones do not repeat (RFC 7959, 2.4, 3.4 and 4).
const FIRST_ONLY: [u16; 4] = [
    option::OBSERVE,
    option::BLOCK1,
    option::SIZE1,
    option::SIZE2,
];
