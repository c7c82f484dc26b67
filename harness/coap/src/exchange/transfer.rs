//! Own requests in blocks: bodies out in Block1, bodies in by Block2 (RFC 7959, 2.4, 2.5 and 3.4).

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use super::messaging::Messaging;
use super::{Event, ExchangeId, Sending};
use crate::{
    Assembler, Assembly, Block, BlockError, Code, EncodeError, Message, Slicer, Time, option,
};

/// The transfers of an endpoint, each by the exchange that the caller knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Transfers {
    running: BTreeMap<ExchangeId, Transfer>,
    /// Exchanges of requests for later blocks, with the caller's exchange.
    steps: BTreeMap<ExchangeId, ExchangeId>,
}

/// One request of the caller, as long as blocks may follow.
#[derive(Clone, Debug)]
struct Transfer {
    peer: SocketAddr,
    /// The request without its payload.
    request: Message,
    sending: Sending,
    body: Slicer,
    /// Exponent of the block size that was preferred when the request was sent.
    szx: u8,
    /// The block on its way out; `None` when the request needs or needed no Block1.
    upload: Option<Block>,
    download: Option<Download>,
}

/// A response or notification whose later blocks are fetched.
#[derive(Clone, Debug)]
struct Download {
    assembler: Assembler,
    /// The message that had the first block.
    first: Message,
    /// Freshness, if it is a notification.
    notification: Option<bool>,
    step: Option<ExchangeId>,
    szx: u8,
}

/// What the rest of the endpoint lends to a transfer.
pub(super) struct Context<'a> {
    pub(super) now: Time,
    pub(super) messaging: &'a mut Messaging,
    pub(super) events: &'a mut VecDeque<Event>,
}

impl Transfers {
    /// Sends the first block of a request, or all of it if it fits one.
    pub(super) fn request(
        &mut self,
        now: Time,
        messaging: &mut Messaging,
        peer: SocketAddr,
        mut message: Message,
        sending: &Sending,
    ) -> Result<ExchangeId, EncodeError> {
        let exchange = messaging.new_exchange();
        let body = Slicer::new(std::mem::take(&mut message.payload));
        let szx = Block::exponent(messaging.parameters.block_size);
        let first = body.slice(0, szx).map(|(block, _)| block);
        let upload = first.filter(|block| block.more);
        let sending = sending.clone();
        let transfer = Transfer {
            peer,
            request: message,
            sending,
            body,
            szx,
            upload,
            download: None,
        };
        let message = transfer.upload_message(transfer.upload);
        messaging.request(now, peer, message, &transfer.sending, exchange)?;
        self.running.insert(exchange, transfer);
        Ok(exchange)
    }

    /// Forgets the caller's exchange and returns the exchange of the step under way.
    pub(super) fn cancel(&mut self, exchange: ExchangeId) -> Option<ExchangeId> {
        let step = self.running.remove(&exchange)?.download?.step?;
        self.steps.remove(&step);
        Some(step)
    }

    pub(super) fn forget_peer(&mut self, peer: SocketAddr) {
        self.running.retain(|_, transfer| transfer.peer != peer);
        let running = &self.running;
        self.steps
            .retain(|_, exchange| running.contains_key(exchange));
    }

    /// Takes a response; the caller hears of it when its body is complete.
    pub(super) fn take_response(
        &mut self,
        mut context: Context<'_>,
        exchange: ExchangeId,
        message: Message,
    ) {
        if let Some(parent) = self.steps.remove(&exchange) {
            self.take_step(&mut context, parent, message);
            return;
        }
        let Some(transfer) = self.running.get_mut(&exchange) else {
            return;
        };
        match transfer.next_upload(&message) {
            Ok(Some(block)) => {
                transfer.upload = Some(block);
                let (peer, message) = (transfer.peer, transfer.upload_message(Some(block)));
                let sending = Sending {
                    id: None,
                    ..transfer.sending.clone()
                };
                let Context { now, messaging, .. } = &mut context;
                if messaging
                    .request(*now, peer, message, &sending, exchange)
                    .is_err()
                {
                    self.fail(
                        &mut context,
                        exchange,
                        BlockError::Abandoned {
                            offset: block.offset(),
                        },
                    );
                }
            }
            Ok(None) => self.begin_download(&mut context, exchange, message, None),
            Err(error) => self.fail(&mut context, exchange, error),
        }
    }

    /// Takes a notification; the caller hears of it when its body is complete.
    pub(super) fn take_notification(
        &mut self,
        mut context: Context<'_>,
        exchange: ExchangeId,
        message: Message,
        fresh: bool,
    ) {
        self.begin_download(&mut context, exchange, message, Some(fresh));
    }

    /// Whether `exchange` is one of those that are handled here.
    pub(super) fn knows(&self, exchange: ExchangeId) -> bool {
        self.running.contains_key(&exchange) || self.steps.contains_key(&exchange)
    }

    /// Takes the end of an exchange without a response: names the caller's exchange in the event.
    pub(super) fn take_end(
        &mut self,
        mut context: Context<'_>,
        exchange: ExchangeId,
        event: Event,
    ) {
        let Some(parent) = self.steps.remove(&exchange) else {
            self.running.remove(&exchange);
            context.events.push_back(event);
            return;
        };
        let Some(transfer) = self.running.get_mut(&parent) else {
            return;
        };
        let download = transfer.download.take();
        let offset = download
            .as_ref()
            .map_or(0, |download| download.assembler.next_offset());
        // The caller's exchange lives on if it is an observation.
        if download.is_some_and(|download| download.notification.is_some()) {
            self.fail(&mut context, parent, BlockError::Abandoned { offset });
            return;
        }
        self.running.remove(&parent);
        context.messaging.cancel(parent);
        context.events.push_back(match event {
            Event::TimedOut {
                peer, acknowledged, ..
            } => Event::TimedOut {
                exchange: parent,
                peer,
                acknowledged,
            },
            Event::Reset { peer, .. } => Event::Reset {
                exchange: parent,
                peer,
            },
            other => other,
        });
    }

    /// Whether the caller hears of an Acknowledgement: only of that of the first block.
    pub(super) fn hides_acknowledgement(&self, exchange: ExchangeId) -> bool {
        let later = |transfer: &Transfer| transfer.upload.is_some_and(|block| block.number > 0);
        self.steps.contains_key(&exchange) || self.running.get(&exchange).is_some_and(later)
    }

    /// Fetches the rest of a response, or hands it over if there is no rest.
    fn begin_download(
        &mut self,
        context: &mut Context<'_>,
        exchange: ExchangeId,
        message: Message,
        notification: Option<bool>,
    ) {
        let Some(transfer) = self.running.get_mut(&exchange) else {
            return;
        };
        // A newer notification replaces the one that is being fetched (RFC 7959, 3.4).
        if let Some(step) = transfer.download.take().and_then(|old| old.step) {
            self.steps.remove(&step);
            context.messaging.cancel(step);
        }
        let block = match Block::of(&message, option::BLOCK2) {
            Some(Ok(block)) if block.more && block.number == 0 => block,
            Some(Err(error)) => {
                self.fail(context, exchange, error);
                return;
            }
            _ => {
                self.deliver(context, exchange, message, notification);
                return;
            }
        };
        let limit = context.messaging.parameters.max_body;
        let own = transfer.szx;
        transfer.download = Some(Download {
            assembler: Assembler::new(limit),
            first: message.clone(),
            notification,
            step: None,
            szx: block.szx.min(own),
        });
        self.assemble(context, exchange, block, &message);
    }

    /// Takes the response to a request for a later block.
    fn take_step(&mut self, context: &mut Context<'_>, exchange: ExchangeId, message: Message) {
        let download = self
            .running
            .get(&exchange)
            .and_then(|transfer| transfer.download.as_ref());
        let Some(download) = download else {
            return;
        };
        let offset = download.assembler.next_offset();
        if !message.code.is_success() {
            match download.notification {
                Some(_) => self.fail(context, exchange, BlockError::Abandoned { offset }),
                None => self.deliver(context, exchange, message, None),
            }
            return;
        }
        match Block::of(&message, option::BLOCK2) {
            Some(Ok(block)) => self.assemble(context, exchange, block, &message),
            Some(Err(error)) => self.fail(context, exchange, error),
            None => self.fail(context, exchange, BlockError::OptionMissing { offset }),
        }
    }

    /// Adds a block to the body and asks for the next one.
    fn assemble(
        &mut self,
        context: &mut Context<'_>,
        exchange: ExchangeId,
        block: Block,
        message: &Message,
    ) {
        let Some(transfer) = self.running.get_mut(&exchange) else {
            return;
        };
        let Some(download) = transfer.download.as_mut() else {
            return;
        };
        let next = download.assembler.next_offset();
        // Block 0 would start the body over; here it is not the block that was asked for.
        let misplaced = block.offset() != next;
        if misplaced {
            let error = BlockError::OutOfOrder {
                found: block.offset(),
                expected: next,
            };
            self.fail(context, exchange, error);
            return;
        }
        if message.content_format() != download.first.content_format() {
            self.fail(
                context,
                exchange,
                BlockError::FormatChanged { offset: next },
            );
            return;
        }
        let etag = message.option_values(option::ETAG).next();
        match download.assembler.push(block, etag, &message.payload) {
            Ok(Assembly::Continue(next)) => {
                download.szx = download.szx.min(block.szx);
                self.fetch(context, exchange, next);
            }
            Ok(Assembly::Complete(body)) => {
                let mut first = download.first.clone();
                let notification = download.notification;
                first.payload = body;
                first
                    .options
                    .retain(|option| option.number != option::BLOCK2);
                self.deliver(context, exchange, first, notification);
            }
            Err(error) => self.fail(context, exchange, error),
        }
    }

    /// Asks for the block at body byte `offset`.
    fn fetch(&mut self, context: &mut Context<'_>, exchange: ExchangeId, offset: u64) {
        let Some(transfer) = self.running.get_mut(&exchange) else {
            return;
        };
        let szx = transfer
            .download
            .as_ref()
            .map_or(0, |download| download.szx);
        let block = Block::at(offset, false, szx);
        let message = block.and_then(|block| transfer.fetch_message(block).ok());
        let step = context.messaging.new_exchange();
        let sent = message.map(|message| {
            let sending = Sending::default();
            context
                .messaging
                .request(context.now, transfer.peer, message, &sending, step)
        });
        if let Some(Ok(())) = sent {
            if let Some(download) = transfer.download.as_mut() {
                download.step = Some(step);
            }
            self.steps.insert(step, exchange);
        } else {
            self.fail(context, exchange, BlockError::Abandoned { offset });
        }
    }

    /// Hands a whole response or notification over.
    fn deliver(
        &mut self,
        context: &mut Context<'_>,
        exchange: ExchangeId,
        message: Message,
        notification: Option<bool>,
    ) {
        let Some(transfer) = self.running.get_mut(&exchange) else {
            return;
        };
        let peer = transfer.peer;
        transfer.download = None;
        transfer.upload = None;
        // The messages of an observation go on under the same exchange.
        if !context.messaging.awaited.contains_key(&exchange) {
            self.running.remove(&exchange);
        }
        context.events.push_back(match notification {
            Some(fresh) => Event::Notification {
                exchange,
                peer,
                message,
                fresh,
            },
            None => Event::Response {
                exchange,
                peer,
                message,
            },
        });
    }

    /// Gives a transfer up; an observation stays.
    fn fail(&mut self, context: &mut Context<'_>, exchange: ExchangeId, error: BlockError) {
        let Some(transfer) = self.running.get_mut(&exchange) else {
            return;
        };
        let peer = transfer.peer;
        transfer.download = None;
        transfer.upload = None;
        if !context.messaging.awaited.contains_key(&exchange) {
            self.running.remove(&exchange);
        }
        context.events.push_back(Event::Broken {
            exchange,
            peer,
            error,
        });
    }
}

impl Transfer {
    /// The request with block `block` of its body, or with all of it.
    fn upload_message(&self, block: Option<Block>) -> Message {
        let mut message = self.request.clone();
        let Some((block, bytes)) =
            block.and_then(|block| self.body.slice(block.offset(), block.szx))
        else {
            message.payload = self.body.body().to_vec();
            return message;
        };
        message.payload = bytes.to_vec();
        message.push_option(option::BLOCK1, block.encode().unwrap_or_default());
        if block.number == 0 && message.uint_option(option::SIZE1).is_none() {
            message.push_uint_option(option::SIZE1, self.body.length() as u64);
        }
        message
    }

    /// The block that follows a response to a block; `None` if the response is the final one.
    fn next_upload(&self, response: &Message) -> Result<Option<Block>, BlockError> {
        let Some(sent) = self.upload else {
            return Ok(None);
        };
        let Some(answer) = Block::of(response, option::BLOCK1).transpose()? else {
            return Ok(None);
        };
        let szx = answer.szx.min(sent.szx);
        // The hint of a 4.13 to the first block: the same again in smaller blocks (RFC 7959, 2.9.3).
        if response.code == Code::REQUEST_ENTITY_TOO_LARGE && sent.number == 0 && szx < sent.szx {
            return Ok(self.body.slice(0, szx).map(|(block, _)| block));
        }
        if !response.code.is_success() || !sent.more {
            return Ok(None);
        }
        if answer.number != sent.number {
            let (found, expected) = (answer.offset(), sent.offset());
            return Err(BlockError::OutOfOrder { found, expected });
        }
        // The size shrinks, the offset stays: the number is rescaled (RFC 7959, 2.3).
        let offset = sent.offset() + sent.size() as u64;
        Ok(self.body.slice(offset, szx).map(|(block, _)| block))
    }

    /// The request for a later block of the response (RFC 7959, 2.4 and 3.4): no Observe, no Block1.
    fn fetch_message(&self, block: Block) -> Result<Message, BlockError> {
        let mut message = self.request.clone();
        let own = [
            option::OBSERVE,
            option::BLOCK1,
            option::SIZE1,
            option::BLOCK2,
            option::SIZE2,
        ];
        message
            .options
            .retain(|option| !own.contains(&option.number));
        message.push_option(option::BLOCK2, block.encode()?);
        // The payload of a FETCH says what is asked for (RFC 8132, 2); one that needed blocks is not sent again.
        let fits = self.body.length() <= block.size();
        if message.code == Code::FETCH && fits {
            message.payload = self.body.body().to_vec();
        }
        Ok(message)
    }
}

/// Whether the caller wants the blocks of this request for itself.
pub(super) fn is_by_hand(message: &Message) -> bool {
    let block1 = message.option_values(option::BLOCK1).next().is_some();
    let block2 = Block::of(message, option::BLOCK2);
    block1 || block2.is_some_and(|block| !block.is_ok_and(|block| block.number == 0))
}
