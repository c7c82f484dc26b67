//! OSCORE between an emulator and its socket: whole datagrams in and out, the emulator none the wiser (RFC 8613, 8).
//!
//! One layer serves one local address and all its peers. Retransmission stays with the emulator: the
//! same datagram leads to the same bytes. Outer block-wise transfer is not undone (RFC 8613, 4.1.3.4.2):
//! only proxies make it.

mod association;
mod incoming;
mod outgoing;
mod peer;
mod rederivation;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use coap::{Code, Kind, Message, MessageId, RawMessage, Time, read};

use crate::memory::Memory;
use crate::random::Random;
use crate::{Conduct, Context, Fault, Parameters, ParametersError, ProtectError, ReplayWindow};
use association::{Associations, Request, Service};
use peer::Peer;
pub(crate) use rederivation::{unwrapped, wrapped};

/// OSCORE for one local address.
#[derive(Clone, Debug)]
pub struct Layer {
    conduct: Conduct,
    random: Random,
    peers: Vec<Peer>,
    contexts: BTreeMap<ContextId, Context>,
    next_context: ContextId,
    /// Requests that the emulator sent.
    requests: Associations<Request>,
    /// Requests that the emulator has to answer.
    services: Associations<Service>,
    sent: Memory<Vec<u8>>,
    received: Memory<Incoming>,
    /// Message IDs of repeated requests, and those that the emulator knows instead.
    identifiers: VecDeque<(SocketAddr, MessageId, MessageId)>,
}

/// What a datagram that came amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A message for the emulator: unprotected, or Empty as it came.
    Plain {
        /// The message.
        datagram: Vec<u8>,
    },
    /// The layer deals with it: these go back to where it came from; the emulator hears nothing.
    Answer {
        /// What is to be sent, in this order.
        datagrams: Vec<Vec<u8>>,
        /// Why.
        cause: Cause,
    },
    /// A response that is no use (RFC 8613, 8.4, step 8), or a request that cannot even be refused.
    Dropped {
        /// Why.
        fault: Fault,
        /// The acknowledgement that the emulator is still owed, if the response was in one.
        plain: Option<Vec<u8>>,
        /// The acknowledgement that the peer is owed, if the response was a CON.
        answer: Option<Vec<u8>>,
    },
    /// There is no OSCORE option, or no message that could have one: the caller decides.
    Unprotected {
        /// The datagram, for the emulator.
        datagram: Vec<u8>,
        /// Whether it has the token of a protected request: OSCORE's own errors come so (RFC 8613, 8.3).
        answers_protected: bool,
    },
}

/// Why the layer answers by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A request was refused (RFC 8613, 8.2).
    Refused(Fault),
    /// A request has to be repeated with Echo (RFC 8613, B.1.2).
    Challenged,
    /// A request is repeated with Echo (RFC 9175, 2.3).
    Repeated,
    /// Response #1 of RFC 8613, B.2: a request has to be repeated with new keys.
    Rederiving,
    /// Request #2 of RFC 8613, B.2: a request is repeated with new keys.
    Rederived,
}

/// A security context of the layer.
type ContextId = u64;

impl Layer {
    /// A layer without contexts; `seed` makes Echo values, nonces of RFC 8613, B.2 and Message IDs.
    pub fn new(conduct: Conduct, seed: u64) -> Self {
        Self {
            conduct,
            random: Random::new(seed),
            peers: Vec::new(),
            contexts: BTreeMap::new(),
            next_context: 0,
            requests: Associations::default(),
            services: Associations::default(),
            sent: Memory::default(),
            received: Memory::default(),
            identifiers: VecDeque::new(),
        }
    }

    /// Adds a security context. Requests to `peer` use it; a server without `peer` learns it from the
    /// first request that verifies.
    ///
    /// Parameters that are there already keep their Sender Sequence Number and Replay Window: the same
    /// keys must not start over (RFC 8613, 7.5).
    pub fn add(
        &mut self,
        parameters: Parameters,
        peer: Option<SocketAddr>,
    ) -> Result<(), ParametersError> {
        let known = self
            .peers
            .iter()
            .position(|known| known.parameters == parameters);
        if let Some(index) = known {
            let mut known = self.peers.remove(index);
            known.address = peer.or(known.address);
            self.peers.push(known);
            return Ok(());
        }
        let context = self.keep(Context::new(&parameters)?);
        let rederives = self.conduct.rederives;
        self.peers
            .push(Peer::new(parameters, peer, context, rederives));
        Ok(())
    }

    /// Whether requests to `peer` are protected.
    pub fn has_context(&self, peer: SocketAddr) -> bool {
        self.peer_at(peer).is_some()
    }

    /// The Sender Sequence Number that comes next with these parameters.
    pub fn next_sequence(&self, parameters: &Parameters) -> Option<u64> {
        let peer = self
            .peers
            .iter()
            .find(|peer| peer.parameters == *parameters)?;
        self.contexts.get(&peer.context).map(Context::next_sequence)
    }

    /// Sets the Sender Sequence Number that comes next: a layer that takes over from another one with
    /// the same parameters goes on where that one stopped (RFC 8613, B.1.1).
    pub fn set_next_sequence(&mut self, parameters: &Parameters, sequence: u64) {
        let peer = self
            .peers
            .iter()
            .find(|peer| peer.parameters == *parameters);
        let context = peer.and_then(|peer| self.contexts.get_mut(&peer.context));
        if let Some(context) = context {
            context.set_next_sequence(sequence);
        }
    }

    /// Forgets the Replay Window as a reboot does, so that the next request is challenged; the Sender
    /// Sequence Number goes on (RFC 8613, B.1).
    pub fn reboot(&mut self, parameters: &Parameters) {
        let mut peers = self.peers.iter_mut();
        let peer = peers.find(|peer| peer.parameters == *parameters);
        let Some(peer) = peer else {
            return;
        };
        peer.proven = false;
        peer.challenges.clear();
        if let Some(context) = self.contexts.get_mut(&peer.context) {
            context.window = ReplayWindow::default();
        }
    }

    /// Protects what the emulator sends to `to`, if it has a context there; the rest passes as it is.
    pub fn outgoing(
        &mut self,
        now: Time,
        to: SocketAddr,
        datagram: &[u8],
    ) -> Result<Vec<u8>, ProtectError> {
        let reading = read(datagram);
        let code = reading
            .message
            .as_ref()
            .map_or(Code::EMPTY, |message| message.code);
        if let Some(bytes) = self.sent.find(now, to, datagram)
            && !self.sends_anew(code)
        {
            return Ok(bytes.clone());
        }
        let protected = if code.is_request() {
            self.protect_request(to, &reading, datagram)?
        } else if code.is_response() {
            self.protect_response(to, &reading, datagram)?
        } else {
            None
        };
        let Some(bytes) = protected else {
            return Ok(datagram.to_vec());
        };
        self.sent.insert(now, to, datagram, bytes.clone());
        Ok(bytes)
    }

    /// Unprotects what came from `from`.
    pub fn incoming(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) -> Incoming {
        if let Some(outcome) = self.received.find(now, from, datagram) {
            return outcome.clone();
        }
        let reading = read(datagram);
        let well_formed = reading.is_well_formed();
        let Some(outer) = reading.message.filter(|_| well_formed) else {
            return self.unprotected(from, datagram, None);
        };
        if outer.code == Code::EMPTY {
            let datagram = self.restored(from, datagram);
            return Incoming::Plain { datagram };
        }
        if outer.option_values(coap::option::OSCORE).next().is_none() {
            return self.unprotected(from, datagram, Some(&outer));
        }
        let outcome = if outer.code.is_request() {
            self.take_request(now, from, &outer)
        } else {
            self.take_response(now, from, &outer)
        };
        self.received.insert(now, from, datagram, outcome.clone());
        outcome
    }

    /// The 4.01 to an unprotected request, for a caller that refuses those; `None` if it is no request.
    pub fn refuse(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        let request = read(datagram).message?;
        if !request.code.is_request() {
            return None;
        }
        let refusal = crate::fault::reply(&request, Code::UNAUTHORIZED, self.message_id());
        Some(RawMessage::from(&refusal).to_bytes())
    }

    fn keep(&mut self, context: Context) -> ContextId {
        let id = self.next_context;
        self.next_context += 1;
        self.contexts.insert(id, context);
        id
    }

    /// Forgets contexts that no peer and no open exchange uses.
    fn forget_unused(&mut self) {
        let mut used: Vec<ContextId> = self.peers.iter().flat_map(Peer::contexts).collect();
        used.extend(self.requests.iter().map(|request| request.context));
        used.extend(self.services.iter().map(|service| service.context));
        self.contexts.retain(|id, _| used.contains(id));
    }

    /// The peer at an address; the newest context counts.
    fn peer_at(&self, address: SocketAddr) -> Option<usize> {
        self.peers
            .iter()
            .rposition(|peer| peer.address == Some(address))
    }

    const fn message_id(&mut self) -> MessageId {
        MessageId(self.random.next() as u16)
    }

    /// A datagram that passes as it is; `outer` is there if it could be read.
    fn unprotected(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        outer: Option<&Message>,
    ) -> Incoming {
        let mut answers_protected = false;
        if let Some(outer) = outer {
            if outer.code.is_request() {
                self.services.close_plain(from, &outer.token);
            }
            answers_protected =
                outer.code.is_response() && self.requests.newest(from, &outer.token).is_some();
        }
        Incoming::Unprotected {
            datagram: self.restored(from, datagram),
            answers_protected,
        }
    }

    /// The datagram with the Message ID that the emulator knows, if it acknowledges a repeated request.
    fn restored(&self, from: SocketAddr, datagram: &[u8]) -> Vec<u8> {
        let mut bytes = datagram.to_vec();
        let [first, _, high, low, ..] = bytes.as_mut_slice() else {
            return bytes;
        };
        if *first >> 5 & 1 == 0 {
            return bytes;
        }
        let id = MessageId(u16::from_be_bytes([*high, *low]));
        let mut known = self.identifiers.iter().rev();
        let known = known.find(|(peer, repeated, _)| *peer == from && *repeated == id);
        if let Some((_, _, id)) = known {
            [*high, *low] = id.0.to_be_bytes();
        }
        bytes
    }
}

/// The Empty ACK for Message ID `id` (RFC 7252, 4.2).
fn empty_ack(id: MessageId) -> Vec<u8> {
    RawMessage::new(Kind::Ack, Code::EMPTY, id).to_bytes()
}
