//! Which request a response belongs to: token, context, 'kid' and Partial IV, for both directions (RFC 8613, 8).

use std::net::SocketAddr;

use coap::{MessageId, Token};

use super::ContextId;
use crate::{Binding, Observation};

/// A request that the emulator sent.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) peer: SocketAddr,
    pub(super) token: Token,
    /// The Message ID that the emulator knows.
    pub(super) id: MessageId,
    pub(super) context: ContextId,
    pub(super) binding: Binding,
    /// What the emulator sent, to be repeated with Echo or with other keys.
    pub(super) plain: Vec<u8>,
    /// There if the request registered an observation.
    pub(super) observation: Option<Observation>,
    /// Whether the request cancels one.
    pub(super) cancels: bool,
    /// How often it was repeated.
    pub(super) repeats: u8,
}

/// A request that the emulator has to answer.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) peer: SocketAddr,
    pub(super) token: Token,
    pub(super) id: MessageId,
    pub(super) context: ContextId,
    pub(super) binding: Binding,
    /// Whether it registered an observation.
    pub(super) observes: bool,
    /// Whether it cancels one.
    pub(super) cancels: bool,
    /// Whether the nonce of the request is used up.
    pub(super) answered: bool,
}

/// What both have in common.
pub(super) trait Association {
    /// Who it is with, and its token.
    fn key(&self) -> (SocketAddr, &Token);
    /// Whether it goes on after a response.
    fn lasts(&self) -> bool;
}

/// Open exchanges, the newest last.
#[derive(Clone, Debug)]
pub(super) struct Associations<T>(Vec<T>);

impl<T> Default for Associations<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Association> Associations<T> {
    /// Opens one; beyond the bound the oldest goes, observations last.
    pub(super) fn open(&mut self, association: T) {
        if self.0.len() >= MAX_OPEN {
            let oldest = self.0.iter().position(|open| !open.lasts()).unwrap_or(0);
            self.0.remove(oldest);
        }
        self.0.push(association);
    }

    /// The indices of those with this peer and token, the newest first.
    pub(super) fn matching(&self, peer: SocketAddr, token: &Token) -> Vec<usize> {
        let matches = |index: &usize| {
            self.0
                .get(*index)
                .is_some_and(|open| open.key() == (peer, token))
        };
        (0..self.0.len()).rev().filter(matches).collect()
    }

    /// The newest with this peer and token.
    pub(super) fn newest(&self, peer: SocketAddr, token: &Token) -> Option<&T> {
        self.0.iter().rev().find(|open| open.key() == (peer, token))
    }

    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.0.get(index)
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.0.get_mut(index)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// Closes one; with `all`, everything of the same peer and token.
    pub(super) fn close(&mut self, index: usize, all: bool) {
        if index >= self.0.len() {
            return;
        }
        let closed = self.0.remove(index);
        if all {
            self.0.retain(|open| open.key() != closed.key());
        }
    }
}

impl Associations<Service> {
    /// Closes what an unprotected request with the same token replaces; observations stay.
    pub(super) fn close_plain(&mut self, peer: SocketAddr, token: &Token) {
        self.0
            .retain(|open| open.lasts() || open.key() != (peer, token));
    }
}

impl Association for Request {
    fn key(&self) -> (SocketAddr, &Token) {
        (self.peer, &self.token)
    }

    fn lasts(&self) -> bool {
        self.observation.is_some()
    }
}

impl Association for Service {
    fn key(&self) -> (SocketAddr, &Token) {
        (self.peer, &self.token)
    }

    fn lasts(&self) -> bool {
        self.observes
    }
}

/// Open exchanges in one direction.
const MAX_OPEN: usize = 256;
