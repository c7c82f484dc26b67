//! What comes for the emulator, on its way in (RFC 8613, 8.2 and 8.4), with Echo on both sides (B.1.2; RFC 9175, 2.3).

use std::net::SocketAddr;

use coap::{Code, Kind, Message, MessageId, RawMessage, Time, option, read};

use super::outgoing::{CANCEL, REGISTER};
use super::{Cause, ContextId, Incoming, Layer, Service, empty_ack};
use crate::conduct::Deviation;
use crate::context::{check_observation, decode_header, open_response, request_header};
use crate::envelope::Envelope;
use crate::fault::reply;
use crate::window::ReplayWindow;
use crate::{Binding, Fault, Header, Nonce, Opened};

impl Layer {
    /// Unprotects a request, or answers it.
    pub(super) fn take_request(
        &mut self,
        now: Time,
        from: SocketAddr,
        outer: &Message,
    ) -> Incoming {
        let opened = request_header(outer).and_then(|(header, binding)| {
            self.open_request(outer, &header, &binding)
                .or_else(|fault| match fault {
                    Fault::ContextNotFound { .. } => {
                        self.open_rederived(now, outer, &header, &binding)
                    }
                    fault => Err(fault),
                })
        });
        match opened {
            Ok(Found::Request(peer, opened)) => self.serve(now, from, outer, peer, opened),
            Ok(Found::Answer(incoming)) => incoming,
            Err(fault) => self.refuse_by(outer, fault),
        }
    }

    fn refuse_by(&mut self, outer: &Message, fault: Fault) -> Incoming {
        let answer = fault.answer(outer, self.message_id());
        Incoming::Answer {
            datagrams: vec![RawMessage::from(&answer).to_bytes()],
            cause: Cause::Refused(fault),
        }
    }

    /// Decrypts a request by the contexts that 'kid' and 'kid context' name (RFC 8613, 8.2, steps 2 to 6).
    fn open_request(
        &self,
        outer: &Message,
        header: &Header,
        binding: &Binding,
    ) -> Result<Found, Fault> {
        let mut fault = Fault::ContextNotFound {
            header: Box::new(header.clone()),
        };
        for (index, peer) in self.peers.iter().enumerate().rev() {
            let Some(context) = self.contexts.get(&peer.context) else {
                continue;
            };
            if !context.is_named_by(header) {
                continue;
            }
            let partial_iv = binding.partial_iv;
            let checks = !self.conduct.has(Deviation::AcceptsReplays)
                && (peer.proven || !self.conduct.challenges);
            if checks && !context.window.is_new(partial_iv.sequence()) {
                fault = Fault::Replay { partial_iv };
                continue;
            }
            match context.open_request(outer, header.clone(), binding.clone()) {
                Ok(opened) => return Ok(Found::Request(index, opened)),
                Err(other) => fault = other,
            }
        }
        Err(fault)
    }

    /// Hands a verified request to the emulator, or challenges it first.
    fn serve(
        &mut self,
        now: Time,
        from: SocketAddr,
        outer: &Message,
        index: usize,
        mut opened: Opened,
    ) -> Incoming {
        let challenges = self.conduct.challenges;
        let sequence = opened.binding.partial_iv.sequence();
        let Some(peer) = self.peers.get_mut(index) else {
            return self.refuse_by(outer, Fault::Decryption);
        };
        let id = peer.context;
        if challenges && !peer.proven {
            let mut echoes = opened.inner_values(option::ECHO);
            if !echoes.any(|echo| peer.challenges.contains(now, |value| value == echo)) {
                return self.challenge(now, outer, index, &opened.binding);
            }
            peer.proven = true;
            peer.challenges.clear();
            opened.datagram = without_echo(&opened.datagram);
            if let Some(context) = self.contexts.get_mut(&id) {
                context.window = ReplayWindow::starting_behind(sequence);
            }
        } else if let Some(context) = self.contexts.get_mut(&id) {
            context.window.accept(sequence);
        }
        peer.address = Some(from);
        self.open_service(from, outer, id, &opened);
        Incoming::Plain {
            datagram: opened.datagram,
        }
    }

    fn open_service(
        &mut self,
        from: SocketAddr,
        outer: &Message,
        context: ContextId,
        opened: &Opened,
    ) {
        let message = read(&opened.datagram).message;
        let observe = message.as_ref().and_then(Message::observe);
        self.services.open(Service {
            peer: from,
            token: outer.token.clone(),
            id: outer.id,
            context,
            binding: opened.binding.clone(),
            observes: observe == Some(REGISTER),
            cancels: observe == Some(CANCEL),
            answered: false,
        });
    }

    /// Answers a request by a protected 4.01 with Echo and a Partial IV of its own (RFC 8613, B.1.2).
    fn challenge(
        &mut self,
        now: Time,
        outer: &Message,
        index: usize,
        binding: &Binding,
    ) -> Incoming {
        let value = self.random.bytes();
        let mut response = reply(outer, Code::UNAUTHORIZED, self.message_id());
        response.push_option(option::ECHO, value.clone());
        let context = self.peers.get_mut(index).map(|peer| {
            peer.challenges.push(now, value);
            peer.context
        });
        let context = context.and_then(|context| self.contexts.get_mut(&context));
        let sealed = Envelope::split(&response).and_then(|envelope| match context {
            Some(context) => context.seal_response(envelope, binding, Nonce::New, None),
            None => Err(crate::ProtectError::ContextGone),
        });
        match sealed {
            Ok(sealed) => Incoming::Answer {
                datagrams: vec![self.conduct.write(sealed, &response)],
                cause: Cause::Challenged,
            },
            Err(error) => Incoming::Dropped {
                fault: Fault::Unanswerable(error),
                plain: None,
                answer: None,
            },
        }
    }

    /// Unprotects a response, drops it, or repeats its request.
    pub(super) fn take_response(
        &mut self,
        now: Time,
        from: SocketAddr,
        outer: &Message,
    ) -> Incoming {
        match self.open_response(outer, from) {
            Ok((index, opened)) => self.hand_over(now, from, outer, index, opened),
            Err(fault) => match self.repeat_rederived(now, from, outer) {
                Some(incoming) => incoming,
                None => self.drop_response(from, outer, fault),
            },
        }
    }

    /// Decrypts a response by the requests that its token names (RFC 8613, 8.4).
    fn open_response(
        &mut self,
        outer: &Message,
        from: SocketAddr,
    ) -> Result<(usize, Opened), Fault> {
        let header = decode_header(outer)?;
        let token = &outer.token;
        let mut fault = Fault::RequestUnknown {
            token: token.clone(),
        };
        for index in self.requests.matching(from, token) {
            let Some(request) = self.requests.get_mut(index) else {
                continue;
            };
            let Some(context) = self.contexts.get(&request.context) else {
                continue;
            };
            match open_response(context.keys(), outer, header.clone(), &request.binding) {
                Ok(opened) => {
                    check_observation(&opened, request.observation.as_mut())?;
                    return Ok((index, opened));
                }
                Err(other) => fault = other,
            }
        }
        Err(fault)
    }

    /// Hands a verified response to the emulator, unless it is a challenge.
    fn hand_over(
        &mut self,
        now: Time,
        from: SocketAddr,
        outer: &Message,
        index: usize,
        opened: Opened,
    ) -> Incoming {
        if let Some(incoming) = self.repeat_with_echo(now, from, outer, index, &opened) {
            return incoming;
        }
        if !opened.is_notification() {
            let cancels = self
                .requests
                .get(index)
                .is_some_and(|request| request.cancels);
            self.requests.close(index, cancels);
        }
        Incoming::Plain {
            datagram: self.restored(from, &opened.datagram),
        }
    }

    fn drop_response(&self, from: SocketAddr, outer: &Message, fault: Fault) -> Incoming {
        let ack = empty_ack(outer.id);
        Incoming::Dropped {
            fault,
            plain: (outer.kind == Kind::Ack).then(|| self.restored(from, &ack)),
            answer: (outer.kind == Kind::Con).then_some(ack),
        }
    }

    /// Repeats a request with the Echo value of a challenge (RFC 9175, 2.3); `None` if the response is none.
    fn repeat_with_echo(
        &mut self,
        now: Time,
        from: SocketAddr,
        outer: &Message,
        index: usize,
        opened: &Opened,
    ) -> Option<Incoming> {
        let code = opened.plaintext.first().copied();
        if code != Some(Code::UNAUTHORIZED.0) || self.conduct.has(Deviation::IgnoresEcho) {
            return None;
        }
        let mut echo = opened.inner_values(option::ECHO).next()?;
        if self.conduct.has(Deviation::WrongEcho) {
            echo.iter_mut().for_each(|byte| *byte = !*byte);
        }
        let context = self.requests.get(index)?.context;
        self.repeat(
            now,
            from,
            outer,
            index,
            (Some(echo), context, Cause::Repeated),
        )
    }

    /// Sends a request again, with a new Partial IV and Message ID, under the same token.
    ///
    /// `None` if it was repeated too often or cannot take another option.
    pub(super) fn repeat(
        &mut self,
        now: Time,
        from: SocketAddr,
        outer: &Message,
        index: usize,
        (echo, context, cause): (Option<Vec<u8>>, ContextId, Cause),
    ) -> Option<Incoming> {
        let request = self.requests.get(index)?;
        let mut reading = read(&request.plain);
        if request.repeats >= MAX_REPEATS || !reading.is_well_formed() {
            return None;
        }
        let (known, plain) = (request.id, request.plain.clone());
        let ahead = REPEATED_ID + u16::from(request.repeats) * REPEATED_STEP;
        let repeated = MessageId(known.0.wrapping_add(ahead));
        let message = reading.message.as_mut()?;
        message.id = repeated;
        if let Some(echo) = echo {
            message.options.retain(|field| field.number != option::ECHO);
            message.push_option(option::ECHO, echo);
        }
        let (bytes, binding) = self.seal_request(context, &reading, &[]).ok()?;
        let request = self.requests.get_mut(index)?;
        request.repeats += 1;
        request.context = context;
        request.binding = binding;
        request.observation = request.observation.map(|_| Default::default());
        self.identifiers.push_back((from, repeated, known));
        if self.identifiers.len() > MAX_IDENTIFIERS {
            self.identifiers.pop_front();
        }
        // From now on a retransmission by the emulator is one of the repeated request.
        self.sent.insert(now, from, &plain, bytes.clone());
        let mut datagrams = Vec::from_iter((outer.kind == Kind::Con).then(|| empty_ack(outer.id)));
        datagrams.push(bytes);
        Some(Incoming::Answer { datagrams, cause })
    }
}

/// What a request turned out to be.
pub(super) enum Found {
    /// A request that verified, and the index of its peer.
    Request(usize, Opened),
    /// A step of RFC 8613, B.2.
    Answer(Incoming),
}

/// The datagram without its Echo options, which were meant for the layer.
fn without_echo(datagram: &[u8]) -> Vec<u8> {
    let reading = read(datagram);
    let well_formed = reading.is_well_formed();
    match reading.message {
        Some(mut message) if well_formed => {
            message.options.retain(|field| field.number != option::ECHO);
            RawMessage::from(&message).to_bytes()
        }
        _ => datagram.to_vec(),
    }
}

/// How often one request is repeated: once for RFC 8613, B.2, once for Echo, and once more.
const MAX_REPEATS: u8 = 3;
/// How far the Message ID of a repeated request is from the emulator's, which counts up.
const REPEATED_ID: u16 = 0x8000;
/// How far the next repetition's is from that.
const REPEATED_STEP: u16 = 0x1000;
/// Repeated requests whose acknowledgements are awaited.
const MAX_IDENTIFIERS: usize = 64;
