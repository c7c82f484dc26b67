//! The stack of our own behind the interface: DTLS 1.2 and TLS 1.2 of the crate `tls`.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;

use coap::Time;
use tls::{
    Alert, AlertDescription, ClientCredentials, Close, Endpoint, Event, Framing, ServerCredentials,
    Settings, Shown,
};

use super::{Secure, SecureEvent, Session};

/// One end of sessions by the crate `tls`.
pub struct OwnStack {
    endpoint: Endpoint,
    framing: Framing,
    /// Peers with a session or a handshake under way.
    peers: BTreeSet<SocketAddr>,
    /// What the next ClientHello is answered with.
    refusal: Option<AlertDescription>,
    out: VecDeque<(SocketAddr, Vec<u8>)>,
}

impl OwnStack {
    /// A client, or a server with these credentials; datagrams are DTLS, a stream is TLS.
    pub fn new(
        framing: Framing,
        settings: Settings,
        seed: u64,
        server: Option<ServerCredentials>,
    ) -> Self {
        let mut endpoint = Endpoint::new(framing, settings, seed);
        if let Some(credentials) = server {
            endpoint.accept(credentials);
        }
        Self {
            endpoint,
            framing,
            peers: BTreeSet::new(),
            refusal: None,
            out: VecDeque::new(),
        }
    }

    /// Whether these bytes begin with a ClientHello in the clear.
    fn is_client_hello(&self, bytes: &[u8]) -> bool {
        let header = match self.framing {
            Framing::Datagram => DTLS_HEADER,
            Framing::Stream => TLS_HEADER,
        };
        bytes.first() == Some(&HANDSHAKE) && bytes.get(header) == Some(&CLIENT_HELLO)
    }

    /// A fatal alert in the clear (RFC 5246, 7.2), as an answer to a first message.
    fn refuse(&mut self, to: SocketAddr, description: AlertDescription) {
        let mut record = vec![ALERT];
        match self.framing {
            Framing::Datagram => {
                record.extend([0xfe, 0xfd]);
                record.extend([0; 8]);
            }
            Framing::Stream => record.extend([3, 3]),
        }
        record.extend([0, 2, FATAL, description.0]);
        self.out.push_back((to, record));
    }

    fn alert(description: Option<&str>, otherwise: AlertDescription) -> AlertDescription {
        let named = description.and_then(AlertDescription::from_name);
        named.unwrap_or(otherwise)
    }
}

impl Secure for OwnStack {
    fn offer(&mut self, suites: Vec<tls::Suite>) {
        self.endpoint.settings_mut().suites = suites;
    }

    fn connect(&mut self, now: Time, to: SocketAddr, credentials: ClientCredentials) {
        self.peers.insert(to);
        self.endpoint.connect(now, to, credentials);
    }

    fn is_known(&self, peer: SocketAddr) -> bool {
        self.peers.contains(&peer)
    }

    fn has_connection_id(&self, peer: SocketAddr) -> bool {
        let session = self.endpoint.session(peer);
        let id = session.and_then(|session| session.cid_out.as_ref());
        id.is_some_and(|id| !id.is_empty())
    }

    fn send(&mut self, now: Time, to: SocketAddr, data: &[u8]) {
        // an emulator that speaks to nobody is not heard, as on any network
        let _ = self.endpoint.send(now, to, data);
    }

    fn receive(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        if self.refusal.is_some() && self.is_client_hello(bytes) {
            if let Some(description) = self.refusal.take() {
                self.refuse(from, description);
            }
            return;
        }
        self.endpoint.receive(now, from, bytes);
    }

    fn close(&mut self, now: Time, peer: SocketAddr, description: Option<&str>) {
        let description = Self::alert(description, AlertDescription::CLOSE_NOTIFY);
        let how = match description {
            AlertDescription::CLOSE_NOTIFY => Close::Notify,
            other => Close::Alert(Alert::fatal(other)),
        };
        self.endpoint.close(now, peer, how);
    }

    fn close_all(&mut self, now: Time) {
        for peer in std::mem::take(&mut self.peers) {
            self.endpoint.close(now, peer, Close::Notify);
        }
    }

    fn refuse_next(&mut self, description: Option<&str>) {
        let otherwise = AlertDescription::HANDSHAKE_FAILURE;
        self.refusal = Some(Self::alert(description, otherwise));
    }

    fn renegotiate(&mut self, now: Time, peer: SocketAddr) {
        self.endpoint.renegotiate(now, peer);
    }

    fn begin_anew(&mut self, now: Time, resumes: bool) {
        for peer in std::mem::take(&mut self.peers) {
            self.endpoint.close(now, peer, Close::Silent);
        }
        if !resumes {
            self.endpoint.forget_sessions();
        }
    }

    fn forget(&mut self, now: Time, peer: SocketAddr) {
        self.peers.remove(&peer);
        self.endpoint.close(now, peer, Close::Silent);
    }

    fn handle_timeout(&mut self, now: Time) {
        self.endpoint.handle_timeout(now);
    }

    fn poll_timeout(&self) -> Option<Time> {
        self.endpoint.poll_timeout()
    }

    fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        if let Some(refusal) = self.out.pop_front() {
            return Some(refusal);
        }
        let transmit = self.endpoint.poll_transmit()?;
        Some((transmit.to, transmit.bytes))
    }

    fn poll_event(&mut self) -> Option<SecureEvent> {
        loop {
            return Some(match self.endpoint.poll_event()? {
                Event::Established { peer, session } => {
                    self.peers.insert(peer);
                    SecureEvent::Established {
                        peer,
                        session: Box::new(Session::from(*session)),
                    }
                }
                Event::Data { peer, bytes } => SecureEvent::Data { peer, bytes },
                Event::Moved { from, to } => {
                    self.peers.remove(&from);
                    self.peers.insert(to);
                    SecureEvent::Moved { from, to }
                }
                Event::Closed { peer, .. } => {
                    if self.endpoint.session(peer).is_none() {
                        self.peers.remove(&peer);
                    }
                    SecureEvent::Ended { peer }
                }
                Event::Secret(secret) => SecureEvent::Secret {
                    client_random: secret.client_random,
                    master: secret.master,
                },
                Event::Alert { .. } => continue,
            });
        }
    }
}

impl From<tls::Session> for Session {
    fn from(session: tls::Session) -> Self {
        let (client_name, client_key) = match &session.client {
            Some(Shown::RawKey(key)) => (None, Some(key.clone())),
            Some(Shown::Chain(chain)) => (chain.first().and_then(|der| common_name(der)), None),
            None => (None, None),
        };
        let suite = session.suite;
        Self {
            version: session.version.to_string().to_lowercase().replace(' ', "-"),
            suite: suite
                .word()
                .map_or_else(|| suite.to_string(), str::to_owned),
            identity: session.identity,
            client_name,
            client_key,
            connection_id: session.cid_in,
            extended_master_secret: session.extended_master_secret,
            resumed: session.resumed,
        }
    }
}

fn common_name(der: &[u8]) -> Option<String> {
    let certificate = credentials::Certificate::from_der(der).ok()?;
    certificate.subject_common_name().map(str::to_owned)
}

/// Content types and a handshake type (RFC 5246, 6.2.1 and 7.4).
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
/// Level of a fatal alert (RFC 5246, 7.2).
const FATAL: u8 = 2;
/// Lengths of record headers (RFC 6347, 4.1; RFC 5246, 6.2.1).
const DTLS_HEADER: usize = 13;
const TLS_HEADER: usize = 5;
