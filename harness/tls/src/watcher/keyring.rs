//! The secrets that a watcher was given or has worked out. Bounded: the oldest go first.

use std::collections::{HashMap, VecDeque};

use crate::crypto::Randoms;
use crate::crypto::{Master, extended_master_secret, master_secret, psk_premaster};
use crate::message::Shown;
use crate::session::Secret;
use crate::suite::SuiteFacts;

/// Every secret that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Keyring {
    secrets: Bounded<[u8; 32], Master>,
    psks: Vec<(Vec<u8>, Vec<u8>)>,
    resumable: Bounded<Vec<u8>, Remembered>,
    /// What keys that have proved right gave, until somebody takes it.
    derived: VecDeque<Secret>,
}

/// What is remembered of a session that may be resumed.
#[derive(Clone, Debug)]
pub(super) struct Remembered {
    pub(super) master: Option<Master>,
    pub(super) identity: Option<Vec<u8>>,
    pub(super) hint: Option<Vec<u8>>,
    pub(super) client_shown: Option<Shown>,
    pub(super) server_shown: Option<Shown>,
}

/// What the master secret of a plain PSK session is made from, besides the key (RFC 4279, 2; RFC 7627, 4).
#[derive(Clone, Debug)]
pub(super) struct PskHandshake {
    pub(super) suite: &'static SuiteFacts,
    pub(super) identity: Vec<u8>,
    pub(super) randoms: Randoms,
    /// The hash up to ClientKeyExchange, if the master secret is extended.
    pub(super) session_hash: Option<Vec<u8>>,
}

impl Keyring {
    pub(super) fn add_secret(&mut self, client_random: [u8; 32], master: Master) {
        self.secrets.insert(client_random, master);
    }

    pub(super) fn add_psk(&mut self, identity: Vec<u8>, key: Vec<u8>) {
        let psk = (identity, key);
        if !self.psks.contains(&psk) {
            self.psks.push(psk);
        }
    }

    pub(super) fn secret(&self, client_random: &[u8; 32]) -> Option<Master> {
        self.secrets.map.get(client_random).copied()
    }

    /// The master secrets that the keys told for its identity give.
    pub(super) fn psk_masters(&self, handshake: &PskHandshake) -> Vec<Master> {
        let hash = handshake.suite.hash;
        let known = self.psks.iter();
        let known = known.filter(|(identity, _)| *identity == handshake.identity);
        let masters = known.map(|(_, key)| {
            let premaster = psk_premaster(key, None);
            match &handshake.session_hash {
                Some(session_hash) => extended_master_secret(hash, &premaster, session_hash),
                None => master_secret(hash, &premaster, &handshake.randoms),
            }
        });
        masters.collect()
    }

    pub(super) fn add_derived(&mut self, client_random: [u8; 32], master: Master) {
        self.add_secret(client_random, master);
        self.derived.push_back(Secret {
            client_random,
            master,
        });
        if self.derived.len() > MOST_KEPT {
            self.derived.pop_front();
        }
    }

    pub(super) fn pop_derived(&mut self) -> Option<Secret> {
        self.derived.pop_front()
    }

    pub(super) fn remember(&mut self, session_id: Vec<u8>, session: Remembered) {
        self.resumable.insert(session_id, session);
    }

    pub(super) fn recall(&self, session_id: &[u8]) -> Option<&Remembered> {
        self.resumable.map.get(session_id)
    }
}

/// A map of bounded size.
#[derive(Clone, Debug)]
struct Bounded<K, V> {
    map: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Self {
            map: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<K: Clone + Eq + std::hash::Hash, V> Bounded<K, V> {
    fn insert(&mut self, key: K, value: V) {
        if self.map.insert(key.clone(), value).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > MOST_KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.map.remove(&oldest);
        }
    }
}

// more than the sessions that are followed at a time
const MOST_KEPT: usize = 1 << 17;
