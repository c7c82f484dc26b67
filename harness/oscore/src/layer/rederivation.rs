//! New keys from one Master Secret by random ID Contexts, both sides (RFC 8613, B.2, Figure 14).
//!
//! R1, R2 and R3 have eight bytes. 'kid context' carries them wrapped in a CBOR byte string.

use std::net::SocketAddr;

use coap::{Code, Message, Time};
use minicbor::{Decoder, Encoder};

use super::incoming::Found;
use super::{Cause, ContextId, Incoming, Layer};
use crate::context::{decode_header, open_response};
use crate::envelope::Envelope;
use crate::fault::reply;
use crate::{Binding, Context, Fault, Header, Keys, Nonce, Parameters};

impl Layer {
    /// The context for a request to a peer; the first one of step 1 if keys have to be derived anew.
    pub(super) fn context_for_request(&mut self, peer: usize) -> ContextId {
        let Some(known) = self.peers.get(peer) else {
            return ContextId::MAX;
        };
        if !known.rederives {
            return known.context;
        }
        if let Some(first) = known.first {
            return first;
        }
        let r1 = self.random.bytes();
        let Some(context) = derive(&known.parameters, r1) else {
            return known.context;
        };
        let first = self.keep(context);
        if let Some(known) = self.peers.get_mut(peer) {
            known.first = Some(first);
        }
        first
    }

    /// Takes a request whose 'kid context' is not known: request #2 (step 4) or request #1 (step 2).
    pub(super) fn open_rederived(
        &mut self,
        now: Time,
        outer: &Message,
        header: &Header,
        binding: &Binding,
    ) -> Result<Found, Fault> {
        let mut fault = Fault::ContextNotFound {
            header: Box::new(header.clone()),
        };
        let received = header.kid_context.as_deref().and_then(unwrapped);
        let Some(received) = received.filter(|_| self.conduct.accepts_rederivation) else {
            return Err(fault);
        };
        for index in (0..self.peers.len()).rev() {
            let Some(peer) = self.peers.get(index) else {
                continue;
            };
            if peer.parameters.recipient_id != binding.kid {
                continue;
            }
            let Some(context) = derive(&peer.parameters, received.clone()) else {
                continue;
            };
            let opened = match context.open_request(outer, header.clone(), binding.clone()) {
                Ok(opened) => opened,
                Err(other) => {
                    fault = other;
                    continue;
                }
            };
            let offered = |r2: &[u8]| received.len() > r2.len() && received.starts_with(r2);
            if !peer.offers.contains(now, offered) {
                return self.offer(now, outer, (index, received), binding);
            }
            self.establish(index, context);
            return Ok(Found::Request(index, opened));
        }
        Err(fault)
    }

    /// Response #1: 4.01 under the second context, with R2 as 'kid context' (step 2).
    fn offer(
        &mut self,
        now: Time,
        outer: &Message,
        (index, id1): (usize, Vec<u8>),
        binding: &Binding,
    ) -> Result<Found, Fault> {
        let r2 = self.random.bytes();
        let response = reply(outer, Code::UNAUTHORIZED, self.message_id());
        let peer = self.peers.get_mut(index).ok_or(Fault::Decryption)?;
        peer.offers.push(now, r2.clone());
        let id2 = [r2.as_slice(), &id1].concat();
        let mut second = derive(&peer.parameters, id2).ok_or(Fault::Decryption)?;
        let sealed = Envelope::split(&response).and_then(|envelope| {
            second.seal_response(envelope, binding, Nonce::OfRequest, Some(wrapped(&r2)))
        });
        let sealed = sealed.map_err(Fault::Unanswerable)?;
        Ok(Found::Answer(Incoming::Answer {
            datagrams: vec![self.conduct.write(sealed, &response)],
            cause: Cause::Rederiving,
        }))
    }

    /// Request #2: repeats a request under a third context, if `outer` is response #1 (step 3).
    pub(super) fn repeat_rederived(
        &mut self,
        now: Time,
        from: SocketAddr,
        outer: &Message,
    ) -> Option<Incoming> {
        let header = decode_header(outer).ok()?;
        let r2 = unwrapped(header.kid_context.as_deref()?)?;
        let peer = self.peer_at(from)?;
        let parameters = self.peers.get(peer)?.parameters.clone();
        for index in self.requests.matching(from, &outer.token) {
            let request = self.requests.get(index)?;
            let first = self.contexts.get(&request.context)?.keys();
            let id1 = first.id_context.clone().unwrap_or_default();
            let id2 = [r2.as_slice(), &id1].concat();
            let second = Keys::derive(&parameters.with_id_context(id2)).ok()?;
            if open_response(&second, outer, header.clone(), &request.binding).is_err() {
                continue;
            }
            let known = self.peers.get(peer)?;
            // Requests that left in the same run all go on in the context that it led to.
            let third = if known.superseded == Some(request.context) {
                known.context
            } else {
                let r3 = self.random.bytes();
                let third = derive(&parameters, [r2.as_slice(), &r3].concat())?;
                self.establish(peer, third)
            };
            return self.repeat(now, from, outer, index, (None, third, Cause::Rederived));
        }
        None
    }

    /// Puts the third context in the place of the others (steps 4 and 5).
    fn establish(&mut self, peer: usize, context: Context) -> ContextId {
        let third = self.keep(context);
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.replace_context(third);
        }
        self.forget_unused();
        third
    }
}

/// A context whose ID Context is `id`, and whose requests say so.
fn derive(parameters: &Parameters, id: Vec<u8>) -> Option<Context> {
    let kid_context = wrapped(&id);
    let context = Context::new(&parameters.with_id_context(id)).ok()?;
    Some(context.saying(kid_context))
}

/// The CBOR byte string of `id` (RFC 8613, B.2).
pub(crate) fn wrapped(id: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a vector cannot fail.
    let _ = Encoder::new(&mut bytes).bytes(id);
    bytes
}

/// What a CBOR byte string holds; `None` unless there is exactly one.
pub(crate) fn unwrapped(kid_context: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = Decoder::new(kid_context);
    let id = decoder.bytes().ok()?.to_vec();
    (decoder.position() == kid_context.len()).then_some(id)
}
