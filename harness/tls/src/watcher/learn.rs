//! What a watcher learns of a session from its handshake messages.

use super::keyring::Keyring;
use super::watched::{Stage, Watched};
use crate::crypto::{Sender, verify_data};
use crate::message::{Context, ExtensionType, HandshakeBody, ServerHello};
use crate::suite::SuiteFacts;

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

    pub(super) fn suite(&self) -> Option<&'static SuiteFacts> {
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
            (Sender::Server, HandshakeBody::ServerHelloDone) => self.server_done = true,
            (Sender::Server, HandshakeBody::NewSessionTicket { ticket, .. }) => {
                self.ticket = Some(ticket.clone());
                self.remember(ring);
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
        self.stage = Stage::Answered;
        let extensions = hello.extensions();
        let facts = &mut self.facts;
        facts.client_finished = None;
        facts.server_finished = None;
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
        facts.server_hello = Some(hello.clone());
        if self.facts.resumed {
            if let Some(session) = self.earlier(ring).cloned() {
                let facts = &mut self.facts;
                facts.identity = session.identity;
                facts.hint = session.hint;
                facts.client_shown = session.client_shown;
                facts.server_shown = session.server_shown;
            }
            self.find_keys(ring);
        }
    }

    pub(super) fn check_finished(&self, sender: Sender, found: &[u8]) -> Option<bool> {
        let (suite, master) = (self.suite()?, self.master.as_ref()?);
        // who speaks last vouches for the other's Finished too (RFC 5246, 7.4.9)
        let seen = match (sender, self.facts.resumed) {
            (Sender::Client, false) => self.server_done,
            (Sender::Server, false) => self.server_done && self.facts.client_finished.is_some(),
            (Sender::Client, true) => self.facts.server_finished.is_some(),
            (Sender::Server, true) => true,
        };
        if !seen {
            return None;
        }
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
        if self.facts.client_finished.is_some() && self.facts.server_finished.is_some() {
            self.stage = Stage::Over;
            self.transcript = Vec::new();
        }
    }

    /// Whether both Finished have been seen.
    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }
}

/// From here on a transcript is not complete any more.
pub(super) const LONGEST_TRANSCRIPT: usize = 256 * 1024;
