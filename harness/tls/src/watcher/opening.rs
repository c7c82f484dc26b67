//! The keys of a session: from a master secret that was told or remembered, or on trial from pre-shared keys.
//!
//! A pre-shared key may be the wrong one. What it gives is on trial until a record has opened with it, whose tag or MAC no
//! other key gives; until then the other keys told for the same identity are tried on every record that does not open.

use super::Unread;
use super::keyring::{Keyring, PskHandshake, Remembered};
use super::watched::{Stage, Watched};
use crate::crypto::{Master, Protection, Randoms, Sender, digest, protections};
use crate::message::ExtensionType;
use crate::record::Record;
use crate::suite::KeyExchange;

impl Watched {
    fn randoms(&self) -> Option<Randoms> {
        Some(Randoms {
            client: self.client_random()?,
            server: self.facts.server_hello.as_ref()?.random,
        })
    }

    /// Notes what a plain PSK session's master secret is made from; the transcript ends with ClientKeyExchange.
    pub(super) fn note_psk(&mut self) {
        let (Some(suite), Some(randoms)) = (self.suite(), self.randoms()) else {
            return;
        };
        let Some(identity) = self.facts.identity.clone() else {
            return;
        };
        let extended = self.facts.extended_master_secret;
        // a hash over less than everything would give another secret
        if suite.exchange == KeyExchange::Psk && (self.server_done || !extended) {
            let session_hash = extended.then(|| digest(suite.hash, &self.transcript));
            self.psk = Some(PskHandshake {
                suite,
                identity,
                randoms,
                session_hash,
            });
        }
    }

    /// The session that this one resumes.
    pub(super) fn earlier<'a>(&self, ring: &'a Keyring) -> Option<&'a Remembered> {
        let hello = self.facts.server_hello.as_ref()?;
        let offered = self.facts.client_hello.as_ref()?;
        // with a ticket the session ID is one that the client made up (RFC 5077, 3.4)
        let ticket = offered.extensions().find(ExtensionType::SESSION_TICKET);
        let by_ticket = ticket.and_then(|ticket| ring.recall(&by_ticket(ticket)));
        by_ticket.or_else(|| ring.recall(&by_id(&hello.session_id)))
    }

    /// Makes the keys, if everything for them is known.
    pub(super) fn find_keys(&mut self, ring: &mut Keyring) {
        let settled = self.keyed && self.trial.is_none();
        if settled || !matches!(self.stage, Stage::Answered | Stage::Over) {
            return;
        }
        let Some(randoms) = self.randoms() else {
            return;
        };
        let earlier = || {
            let session = self.facts.resumed.then(|| self.earlier(ring))?;
            session?.master
        };
        if let Some(master) = ring.secret(&randoms.client).or_else(earlier) {
            self.install(&master);
            self.trial = None;
            self.facts.decrypted = self.keyed;
            return self.remember(ring);
        }
        let Some(psk) = &self.psk else { return };
        let masters = ring.psk_masters(psk);
        if let Some(first) = masters.first().filter(|_| !self.keyed) {
            self.install(first);
        }
        if self.keyed {
            self.trial = Some(masters);
        }
    }

    fn protections(&self, master: &Master) -> Option<(Protection, Protection)> {
        let mac_outside = self.facts.encrypt_then_mac;
        protections(self.suite()?, master, &self.randoms()?, mac_outside)
    }

    /// Puts keys in place, or others in their place.
    fn install(&mut self, master: &Master) {
        let Some((client, server)) = self.protections(master) else {
            return;
        };
        self.master = Some(*master);
        if self.keyed {
            self.client.inbound.exchange(client);
            self.server.inbound.exchange(server);
            return;
        }
        self.keyed = true;
        let to_server = self.cid(Sender::Client).cloned().unwrap_or_default();
        let to_client = self.cid(Sender::Server).cloned().unwrap_or_default();
        self.client.prepare(client, to_server);
        self.server.prepare(server, to_client);
    }

    /// Tries the keys on trial on a record that does not open; whether one opens it, which then is in place.
    pub(super) fn try_others(&mut self, sender: Sender, record: &Record<'_>) -> bool {
        let masters = self.trial.clone().unwrap_or_default();
        let tried = self.master;
        for master in masters.iter().filter(|master| Some(**master) != tried) {
            self.install(master);
            if self.direction(sender).inbound.open(record).is_ok() {
                return true;
            }
        }
        if let Some(master) = tried {
            self.install(&master);
        }
        false
    }

    /// Takes a record of the newest epoch to have opened.
    pub(super) fn prove(&mut self, ring: &mut Keyring) {
        self.facts.unread = None;
        if self.trial.take().is_some() {
            self.facts.decrypted = true;
            if let (Some(random), Some(master)) = (self.client_random(), self.master) {
                ring.add_derived(random, master);
            }
            self.remember(ring);
        }
    }

    /// Why a protected record stays unread.
    pub(super) fn why_unread(&self) -> Unread {
        let facts = &self.facts;
        let identity = || facts.identity.clone().unwrap_or_default();
        if self.trial.is_some() {
            let identity = identity();
            return Unread::WrongKey { identity };
        }
        if facts.client_hello.is_none() {
            return Unread::Unseen;
        }
        let Some(suite) = facts.suite else {
            return Unread::Incomplete;
        };
        match suite.facts().map(|suite| suite.exchange) {
            _ if facts.resumed => Unread::ResumesUnknown,
            None => Unread::Suite(suite),
            Some(KeyExchange::Psk) if self.psk.is_some() => Unread::NoKey {
                identity: identity(),
            },
            Some(KeyExchange::Psk) => Unread::Incomplete,
            Some(_) => Unread::Master(suite),
        }
    }

    /// Keeps what a later handshake may resume.
    pub(super) fn remember(&self, ring: &mut Keyring) {
        let hello = self.facts.server_hello.as_ref();
        let id = hello.map(|hello| &hello.session_id);
        let id = id.filter(|id| !id.is_empty()).map(|id| by_id(id));
        let ticket = self.ticket.as_ref().filter(|ticket| !ticket.is_empty());
        let ticket = ticket.map(|ticket| by_ticket(ticket));
        for name in id.into_iter().chain(ticket) {
            let session = Remembered {
                master: self.master.filter(|_| self.trial.is_none()),
                identity: self.facts.identity.clone(),
                hint: self.facts.hint.clone(),
                client_shown: self.facts.client_shown.clone(),
                server_shown: self.facts.server_shown.clone(),
            };
            ring.remember(name, session);
        }
    }
}

fn by_id(id: &[u8]) -> Vec<u8> {
    [b"i", id].concat()
}

fn by_ticket(ticket: &[u8]) -> Vec<u8> {
    [b"t", ticket].concat()
}
