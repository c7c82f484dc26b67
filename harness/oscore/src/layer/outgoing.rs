//! What the emulator sends, on its way out (RFC 8613, 8.1 and 8.3).

use std::net::SocketAddr;

use coap::{Code, Kind, Message, Reading, option};

use super::{ContextId, Layer, Request};
use crate::conduct::Deviation;
use crate::envelope::Envelope;
use crate::{Binding, Nonce, Observation, ProtectError};

impl Layer {
    /// Whether a message with this code is protected anew each time it is sent.
    pub(super) fn sends_anew(&self, code: Code) -> bool {
        code.is_request() && self.conduct.has(Deviation::RetransmitsAnew)
    }

    /// Protects a request; `None` if there is no context for its peer.
    pub(super) fn protect_request(
        &mut self,
        to: SocketAddr,
        reading: &Reading,
        datagram: &[u8],
    ) -> Result<Option<Vec<u8>>, ProtectError> {
        let (Some(peer), Some(message)) = (self.peer_at(to), &reading.message) else {
            return Ok(None);
        };
        if self.conduct.has(Deviation::ProtectsNothing) {
            return Ok(None);
        }
        let context = self.context_for_request(peer);
        let (bytes, binding) = self.seal_request(context, reading, datagram)?;
        let observe = message.observe();
        self.requests.open(Request {
            peer: to,
            token: message.token.clone(),
            id: message.id,
            context,
            binding,
            plain: datagram.to_vec(),
            observation: (observe == Some(REGISTER)).then(Observation::default),
            cancels: observe == Some(CANCEL),
            repeats: 0,
        });
        Ok(Some(bytes))
    }

    /// Protects a request by one context and writes it as the conduct has it.
    pub(super) fn seal_request(
        &mut self,
        context: ContextId,
        reading: &Reading,
        datagram: &[u8],
    ) -> Result<(Vec<u8>, Binding), ProtectError> {
        let gone = ProtectError::ContextGone;
        let mut plain = reading.message.clone().ok_or(gone.clone())?;
        self.conduct.prepare(&mut plain);
        let envelope = envelope(reading, &plain, datagram)?;
        let context = self.contexts.get_mut(&context).ok_or(gone)?;
        if self.conduct.has(Deviation::ReusesPartialIv) {
            context.set_next_sequence(context.next_sequence().saturating_sub(1));
        }
        let (outer, binding) = context.seal_request(envelope)?;
        Ok((self.conduct.write(outer, &plain), binding))
    }

    /// Protects a response; `None` if its request was not protected.
    pub(super) fn protect_response(
        &mut self,
        to: SocketAddr,
        reading: &Reading,
        datagram: &[u8],
    ) -> Result<Option<Vec<u8>>, ProtectError> {
        let Some(message) = &reading.message else {
            return Ok(None);
        };
        let Some(index) = self.service_of(to, message) else {
            return Ok(None);
        };
        let Some(service) = self.services.get_mut(index) else {
            return Ok(None);
        };
        let notifies = service.observes && has_observe(message);
        let reuses = notifies && self.conduct.has(Deviation::NotifiesWithoutPartialIv);
        let nonce = match service.answered && !reuses {
            true => Nonce::New,
            false => Nonce::OfRequest,
        };
        service.answered = true;
        let (binding, cancels) = (service.binding.clone(), service.cancels);
        let context = self.contexts.get_mut(&service.context);
        if !notifies {
            self.services.close(index, cancels);
        }
        if self.conduct.has(Deviation::AnswersUnprotected) {
            return Ok(None);
        }
        let context = context.ok_or(ProtectError::ContextGone)?;
        let envelope = envelope(reading, message, datagram)?;
        let outer = context.seal_response(envelope, &binding, nonce, None)?;
        Ok(Some(self.conduct.write(outer, message)))
    }

    /// The request that a response answers: by Message ID in an ACK, else the registration for a
    /// notification, else the newest with the token.
    fn service_of(&self, to: SocketAddr, response: &Message) -> Option<usize> {
        let mut matching = self.services.matching(to, &response.token).into_iter();
        let services = &self.services;
        matching.find(|index| {
            services
                .get(*index)
                .is_some_and(|service| match response.kind {
                    Kind::Ack => service.id == response.id,
                    _ => service.observes || !has_observe(response),
                })
        })
    }
}

/// Whether an Observe option is there.
pub(super) fn has_observe(message: &Message) -> bool {
    message.option_values(option::OBSERVE).next().is_some()
}

/// The message split by class, or as it is if its options cannot be read.
fn envelope(reading: &Reading, plain: &Message, datagram: &[u8]) -> Result<Envelope, ProtectError> {
    if reading.is_well_formed() {
        return Envelope::split(plain);
    }
    Envelope::raw(reading, datagram).ok_or(ProtectError::ContextGone)
}

/// Observe of a registration (RFC 7641, 2).
pub(super) const REGISTER: u32 = 0;
/// Observe of a cancellation (RFC 7641, 2).
pub(super) const CANCEL: u32 = 1;
