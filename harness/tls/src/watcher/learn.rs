//! What a watcher learns of a session from its handshake messages, and the keys that it makes of that.

use super::keyring::{Keyring, PskHandshake, Remembered};
use super::watched::Watched;
use crate::crypto::{Randoms, Sender, digest, protections, verify_data};
use crate::message::{Context, ExtensionType, HandshakeBody, ServerHello};
use crate::suite::{KeyExchange, SuiteFacts};

impl Watched {
    pub(super) fn context(&self, sender: Sender) -> Context {
        let kind = match sender {
            Sender::Client => ExtensionType::CLIENT_CERTIFICATE_TYPE,
            Sender::Server => ExtensionType::SERVER_CERTIFICATE_TYPE,
        };
        let hello = self.facts.server_hello.as_ref();
        let chosen = hello.and_then(|hello| hello.extensions().chosen_certificate_type(kind).ok());
        Context {
            framing: self.framing,
            exchange: self.suite().map(|suite| suite.exchange),
            // RawPublicKey (RFC 7250, 3)
            raw_key: chosen.flatten() == Some(2),
        }
    }

    fn suite(&self) -> Option<&'static SuiteFacts> {
        self.facts.suite.and_then(|suite| suite.facts())
    }

    /// Takes over what a message says.
    pub(super) fn learn(
        &mut self,
        ring: &mut Keyring,
        sender: Sender,
        body: &HandshakeBody,
        verified: Option<bool>,
    ) {
        let facts = &mut self.facts;
        match (sender, body) {
            (Sender::Client, HandshakeBody::ClientHello(hello)) => {
                if hello.cookie.is_empty() {
                    facts.handshakes += 1;
                }
                facts.server_name = hello.extensions().server_name().ok().flatten();
                facts.client_hello = Some(hello.clone());
            }
            (Sender::Server, HandshakeBody::ServerHello(hello)) => self.learn_hello(ring, hello),
            (Sender::Client, HandshakeBody::Certificate(shown)) => {
                facts.client_shown = Some(shown.clone());
            }
            (Sender::Server, HandshakeBody::Certificate(shown)) => {
                facts.server_shown = Some(shown.clone());
            }
            (Sender::Server, HandshakeBody::ServerKeyExchange(exchange)) => {
                facts.hint.clone_from(&exchange.hint);
            }
            (Sender::Client, HandshakeBody::ClientKeyExchange(exchange)) => {
                facts.identity.clone_from(&exchange.identity);
                self.note_psk();
                self.find_keys(ring);
            }
            (_, HandshakeBody::Finished(_)) => self.learn_finished(ring, sender, verified),
            _ => {}
        }
    }

    fn learn_hello(&mut self, ring: &mut Keyring, hello: &ServerHello) {
        let extensions = hello.extensions();
        let facts = &mut self.facts;
        facts.version = Some(hello.version);
        facts.suite = Some(hello.suite);
        facts.extended_master_secret = extensions.has(ExtensionType::EXTENDED_MASTER_SECRET);
        let cbc = hello
            .suite
            .facts()
            .is_some_and(|suite| !suite.bulk.is_aead());
        facts.encrypt_then_mac = cbc && extensions.has(ExtensionType::ENCRYPT_THEN_MAC);
        let offered = facts.client_hello.as_ref();
        let own = offered.and_then(|hello| hello.extensions().connection_id().ok().flatten());
        let theirs = extensions.connection_id().ok().flatten();
        if let (Some(own), Some(theirs)) = (own, theirs) {
            facts.cid_to_client = Some(own);
            facts.cid_to_server = Some(theirs);
        }
        let offered = facts.client_hello.as_ref().map(|hello| &hello.session_id);
        facts.resumed = !hello.session_id.is_empty() && offered == Some(&hello.session_id);
        if facts.resumed
            && let Some(session) = ring.recall(&hello.session_id)
        {
            facts.identity.clone_from(&session.identity);
            facts.hint.clone_from(&session.hint);
            facts.client_shown.clone_from(&session.client_shown);
            facts.server_shown.clone_from(&session.server_shown);
        }
        facts.server_hello = Some(hello.clone());
        if facts.resumed {
            self.find_keys(ring);
        }
    }

    fn randoms(&self) -> Option<Randoms> {
        Some(Randoms {
            client: self.client_random()?,
            server: self.facts.server_hello.as_ref()?.random,
        })
    }

    /// Notes what a plain PSK session's master secret is made from; the transcript ends with ClientKeyExchange.
    fn note_psk(&mut self) {
        let (Some(suite), Some(randoms)) = (self.suite(), self.randoms()) else {
            return;
        };
        let Some(identity) = self.facts.identity.clone() else {
            return;
        };
        if suite.exchange == KeyExchange::Psk {
            let extended = self.facts.extended_master_secret;
            let session_hash = extended.then(|| digest(suite.hash, &self.transcript));
            self.psk = Some(PskHandshake {
                suite,
                identity,
                randoms,
                session_hash,
            });
        }
    }

    /// Makes the keys, if everything for them is known.
    pub(super) fn find_keys(&mut self, ring: &mut Keyring) {
        if self.keyed {
            return;
        }
        let (Some(suite), Some(randoms)) = (self.suite(), self.randoms()) else {
            return;
        };
        let hello = self.facts.server_hello.as_ref();
        let earlier = || {
            let id = hello.filter(|_| self.facts.resumed)?;
            ring.recall(&id.session_id)?.master
        };
        let psk = || ring.psk_master(self.psk.as_ref()?);
        let known = ring.secret(&randoms.client).or_else(earlier).or_else(psk);
        let Some(master) = known else { return };
        let mac_outside = self.facts.encrypt_then_mac;
        let Some((client, server)) = protections(suite, &master, &randoms, mac_outside) else {
            return;
        };
        self.master = Some(master);
        self.keyed = true;
        self.facts.decrypted = true;
        let to_server = self.cid(Sender::Client).cloned().unwrap_or_default();
        let to_client = self.cid(Sender::Server).cloned().unwrap_or_default();
        self.client.prepare(client, to_server);
        self.server.prepare(server, to_client);
        self.remember(ring);
    }

    /// Keeps what a later handshake may resume.
    fn remember(&self, ring: &mut Keyring) {
        let id = self
            .facts
            .server_hello
            .as_ref()
            .map(|hello| &hello.session_id);
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            let session = Remembered {
                master: self.master,
                identity: self.facts.identity.clone(),
                hint: self.facts.hint.clone(),
                client_shown: self.facts.client_shown.clone(),
                server_shown: self.facts.server_shown.clone(),
            };
            ring.remember(id.clone(), session);
        }
    }

    pub(super) fn check_finished(&self, sender: Sender, found: &[u8]) -> Option<bool> {
        let (suite, master) = (self.suite()?, self.master.as_ref()?);
        if self.transcript.len() >= LONGEST_TRANSCRIPT || self.facts.client_hello.is_none() {
            return None;
        }
        Some(verify_data(suite.hash, master, sender, &self.transcript) == found)
    }

    /// Goes on to the new epoch, and lets the transcript go when it is complete.
    fn learn_finished(&mut self, ring: &mut Keyring, sender: Sender, verified: Option<bool>) {
        let finished = Some(verified.unwrap_or(false));
        match sender {
            Sender::Client => self.facts.client_finished = finished,
            Sender::Server => self.facts.server_finished = finished,
        }
        if self.framing.is_datagram() {
            self.direction_mut(sender).inbound.advance();
        }
        self.remember(ring);
        if self.is_over() {
            self.transcript = Vec::new();
        }
    }

    /// Whether both Finished have been seen.
    pub(super) const fn is_over(&self) -> bool {
        self.facts.client_finished.is_some() && self.facts.server_finished.is_some()
    }
}

/// From here on a transcript is not complete any more.
pub(super) const LONGEST_TRANSCRIPT: usize = 256 * 1024;
