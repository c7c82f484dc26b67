//! What a layer knows of one peer: parameters, address, contexts, and challenges under way.

use std::collections::VecDeque;
use std::net::SocketAddr;

use coap::Time;

use super::ContextId;
use crate::Parameters;
use crate::memory::EXCHANGE_LIFETIME;

/// A peer with which a Master Secret is shared.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) parameters: Parameters,
    pub(super) address: Option<SocketAddr>,
    /// The context in use.
    pub(super) context: ContextId,
    /// Whether a request of the peer showed that it is fresh (RFC 8613, B.1.2).
    pub(super) proven: bool,
    /// Echo values that may come back.
    pub(super) challenges: Outstanding,
    /// Whether the next request starts RFC 8613, B.2.
    pub(super) rederives: bool,
    /// The first context of RFC 8613, B.2, until a third one is there.
    pub(super) first: Option<ContextId>,
    /// The context that the one in use came out of (RFC 8613, B.2).
    pub(super) superseded: Option<ContextId>,
    /// Values of R2 that may come back (RFC 8613, B.2, step 2).
    pub(super) offers: Outstanding,
}

/// Random values that were given out and may come back once.
#[derive(Clone, Debug, Default)]
pub(super) struct Outstanding(VecDeque<(Time, Vec<u8>)>);

impl Peer {
    pub(super) fn new(
        parameters: Parameters,
        address: Option<SocketAddr>,
        context: ContextId,
        rederives: bool,
    ) -> Self {
        Self {
            parameters,
            address,
            context,
            proven: false,
            challenges: Outstanding::default(),
            rederives,
            first: None,
            superseded: None,
            offers: Outstanding::default(),
        }
    }

    /// Puts another context in the place of all that were in use.
    pub(super) fn replace_context(&mut self, context: ContextId) {
        self.superseded = Some(self.first.unwrap_or(self.context));
        self.context = context;
        self.proven = false;
        self.challenges.clear();
        self.rederives = false;
        self.first = None;
        self.offers.clear();
    }

    /// The contexts that are in use with this peer.
    pub(super) fn contexts(&self) -> impl Iterator<Item = ContextId> + use<> {
        std::iter::once(self.context).chain(self.first)
    }
}

impl Outstanding {
    /// Gives out a value.
    pub(super) fn push(&mut self, now: Time, value: Vec<u8>) {
        if self.0.len() >= MAX_OUTSTANDING {
            self.0.pop_front();
        }
        self.0.push_back((now, value));
    }

    /// Whether a value that fits was given out lately.
    pub(super) fn contains(&self, now: Time, fits: impl Fn(&[u8]) -> bool) -> bool {
        let lately = |at: Time| now.since(at) < EXCHANGE_LIFETIME;
        self.0.iter().any(|(at, value)| lately(*at) && fits(value))
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Values that may come back; the oldest is forgotten for a new one (RFC 8613, B.2.1).
const MAX_OUTSTANDING: usize = 8;
