//! Two endpoints and the path between them, in virtual time.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "tests, of which each uses another part"
)]

mod outcome;

use std::net::SocketAddr;
use std::time::Duration;

use coap::Time;
use credentials::{Association, Matching, Usage, fixtures};
use tls::{
    ClientCredentials, Close, End, Endpoint, Event, Framing, KeyExchange, Observed, OwnKey, Secret,
    ServerCredentials, Session, Settings, Transmit, TrustedClients, Watcher,
};

#[allow(unused_imports, reason = "tests, of which each uses another part")]
pub(crate) use outcome::*;

pub(crate) const CLIENT: SocketAddr = address(40_000);
pub(crate) const SERVER: SocketAddr = address(5684);

pub(crate) const fn address(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// What happens between the two.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Path {
    pub(crate) loss: f64,
    pub(crate) duplication: f64,
    pub(crate) disorder: Duration,
    /// The largest piece that a stream comes in; 0 for any.
    pub(crate) piece: usize,
}

/// Bytes on the wire: when they arrive, where from and where to.
pub(crate) type Flying = (Time, SocketAddr, SocketAddr, Vec<u8>);

pub(crate) struct Net {
    pub(crate) now: Time,
    pub(crate) client: Endpoint,
    pub(crate) server: Endpoint,
    /// Where the client's datagrams come from.
    pub(crate) client_at: SocketAddr,
    pub(crate) path: Path,
    pub(crate) events: Vec<(Side, Event)>,
    /// Everything that was sent, also what was lost.
    pub(crate) wire: Vec<Flying>,
    pub(crate) secrets: Vec<Secret>,
    framing: Framing,
    flying: Vec<Flying>,
    random: u64,
}

impl Net {
    pub(crate) fn new(framing: Framing, client: Settings, server: Settings, seed: u64) -> Self {
        Self {
            now: Time::from_nanos(1_000_000_000),
            client: Endpoint::new(framing, client, seed.wrapping_mul(2) + 1),
            server: Endpoint::new(framing, server, seed.wrapping_mul(2) + 2),
            client_at: CLIENT,
            path: Path::default(),
            events: Vec::new(),
            wire: Vec::new(),
            secrets: Vec::new(),
            framing,
            flying: Vec::new(),
            random: seed ^ 0x9e37_79b9_7f4a_7c15,
        }
    }

    pub(crate) fn start(&mut self, client: ClientCredentials, server: ServerCredentials) {
        self.server.accept(server);
        self.connect(client);
    }

    pub(crate) fn connect(&mut self, client: ClientCredentials) {
        self.client.connect(self.now, SERVER, client);
    }

    fn chance(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    fn launch(&mut self, from: SocketAddr, transmit: Transmit) {
        let Transmit { to, bytes } = transmit;
        let due = self.now + Duration::from_millis(5);
        if self.framing == Framing::Stream {
            let most = if self.path.piece == 0 {
                bytes.len()
            } else {
                self.path.piece
            };
            for piece in bytes.chunks(most.max(1)) {
                self.wire.push((due, from, to, piece.to_vec()));
                self.flying.push((due, from, to, piece.to_vec()));
            }
            return;
        }
        self.wire.push((due, from, to, bytes.clone()));
        let copies = if self.chance() < self.path.duplication {
            2
        } else {
            1
        };
        for _ in 0..copies {
            if self.chance() < self.path.loss {
                continue;
            }
            let late = self.path.disorder.mul_f64(self.chance());
            self.flying.push((due + late, from, to, bytes.clone()));
        }
    }

    fn collect(&mut self) {
        while let Some(transmit) = self.client.poll_transmit() {
            self.launch(self.client_at, transmit);
        }
        while let Some(transmit) = self.server.poll_transmit() {
            self.launch(SERVER, transmit);
        }
        while let Some(event) = self.client.poll_event() {
            self.keep(Side::Client, event);
        }
        while let Some(event) = self.server.poll_event() {
            self.keep(Side::Server, event);
        }
    }

    fn keep(&mut self, side: Side, event: Event) {
        if let Event::Secret(secret) = &event {
            self.secrets.push(secret.clone());
        }
        self.events.push((side, event));
    }

    /// What a watcher with every secret tells of the wire so far.
    pub(crate) fn watch(&self) -> (Watcher, Vec<Observed>) {
        let mut watcher = Watcher::new(self.framing);
        for secret in &self.secrets {
            watcher.add_secret(secret.client_random, secret.master);
        }
        let observed = self.show(&mut watcher);
        (watcher, observed)
    }

    /// Shows a watcher the wire so far; frames count from 1.
    pub(crate) fn show(&self, watcher: &mut Watcher) -> Vec<Observed> {
        for (frame, (time, from, to, bytes)) in (1..).zip(&self.wire) {
            watcher.observe(*time, frame, *from, *to, bytes);
        }
        std::iter::from_fn(|| watcher.poll()).collect()
    }

    /// Runs until nothing flies and nothing waits.
    pub(crate) fn run(&mut self) {
        for _ in 0..20_000 {
            if !self.step() {
                return;
            }
        }
        panic!("the endpoints never come to rest");
    }

    /// Does the next thing, if there is any.
    pub(crate) fn step(&mut self) -> bool {
        self.collect();
        let arrival = self.flying.iter().map(|flying| flying.0).min();
        let timeouts = [self.client.poll_timeout(), self.server.poll_timeout()];
        let next = timeouts.into_iter().flatten().chain(arrival).min();
        let Some(next) = next else { return false };
        self.now = self.now.max(next);
        let index = self.flying.iter().position(|flying| flying.0 == next);
        if let Some(index) = index {
            let (_, from, to, bytes) = self.flying.remove(index);
            if to == SERVER {
                self.server.receive(self.now, from, &bytes);
            } else if to == self.client_at {
                self.client.receive(self.now, from, &bytes);
            }
        } else {
            self.client.handle_timeout(self.now);
            self.server.handle_timeout(self.now);
        }
        true
    }

    /// The sessions that were established, the client's first.
    pub(crate) fn sessions(&self) -> Vec<Session> {
        let of = |wanted: Side| {
            self.events
                .iter()
                .filter_map(move |(side, event)| match event {
                    Event::Established { session, .. } if *side == wanted => {
                        Some(session.as_ref().clone())
                    }
                    _ => None,
                })
        };
        of(Side::Client).chain(of(Side::Server)).collect()
    }

    /// Why associations ended, the client's first.
    pub(crate) fn ends(&self) -> Vec<End> {
        let of = |wanted: Side| {
            self.events
                .iter()
                .filter_map(move |(side, event)| match event {
                    Event::Closed { reason, .. } if *side == wanted => Some(reason.clone()),
                    _ => None,
                })
        };
        of(Side::Client).chain(of(Side::Server)).collect()
    }

    /// The description of the first alert that either side received.
    pub(crate) fn alert_received(&self) -> Option<u8> {
        self.events.iter().find_map(|(_, event)| match event {
            Event::Alert {
                sent: false, alert, ..
            } => Some(alert.description.0),
            _ => None,
        })
    }

    pub(crate) fn data(&self, wanted: Side) -> Vec<Vec<u8>> {
        let events = self.events.iter();
        let data = events.filter_map(|(side, event)| match event {
            Event::Data { bytes, .. } if *side == wanted => Some(bytes.clone()),
            _ => None,
        });
        data.collect()
    }

    /// Sends data both ways and checks that it comes.
    pub(crate) fn exchange_data(&mut self) {
        self.events.clear();
        self.client.send(self.now, SERVER, b"up").unwrap();
        self.run();
        let peer = self.client_at;
        self.server.send(self.now, peer, b"down").unwrap();
        self.run();
        assert_eq!(self.data(Side::Server), [b"up"], "{:?}", self.events);
        assert_eq!(self.data(Side::Client), [b"down"], "{:?}", self.events);
    }

    pub(crate) fn hang_up(&mut self) {
        self.client.close(self.now, SERVER, Close::Notify);
        self.run();
        self.server.close(self.now, self.client_at, Close::Silent);
        self.run();
    }
}

/// The credentials of a client that fits [`server_of`].
pub(crate) fn client_of(exchange: KeyExchange, raw: bool) -> ClientCredentials {
    if exchange.uses_psk() {
        return ClientCredentials::psk(b"client", b"secret");
    }
    if raw {
        let own = fixtures::raw_key("raw-client").unwrap();
        let server = fixtures::raw_key("raw-server").unwrap();
        return ClientCredentials {
            own: Some(OwnKey::raw(own.key().unwrap())),
            server_raw: true,
            association: Some(Association::with_key(
                server.spki,
                Usage::DomainIssued,
                Matching::Exact,
            )),
            ..ClientCredentials::default()
        };
    }
    let own = fixtures::identity("client").unwrap();
    ClientCredentials {
        own: Some(OwnKey::chain(own.key().unwrap(), &own.chain().unwrap())),
        roots: vec![root()],
        reference: Some(credentials::Reference::Dns("server.example.com".to_owned())),
        server_name: Some("server.example.com".to_owned()),
        now: Some(NOW),
        ..ClientCredentials::default()
    }
}

/// The credentials of a server that fits [`client_of`].
pub(crate) fn server_of(exchange: KeyExchange, raw: bool) -> ServerCredentials {
    if exchange.uses_psk() {
        return ServerCredentials::psk(&[(b"other", b"other"), (b"client", b"secret")]);
    }
    if raw {
        let own = fixtures::raw_key("raw-server").unwrap();
        let client = fixtures::raw_key("raw-client").unwrap();
        return ServerCredentials {
            own: vec![OwnKey::raw(own.key().unwrap())],
            trusted: TrustedClients {
                keys: vec![client.spki.to_vec()],
                ..TrustedClients::default()
            },
            ..ServerCredentials::default()
        };
    }
    ServerCredentials {
        own: vec![chain_of("server")],
        trusted: TrustedClients {
            roots: vec![root()],
            ..TrustedClients::default()
        },
        now: Some(NOW),
        ..ServerCredentials::default()
    }
}

pub(crate) fn chain_of(name: &str) -> OwnKey {
    let own = fixtures::identity(name).unwrap();
    OwnKey::chain(own.key().unwrap(), &own.chain().unwrap())
}

pub(crate) fn root() -> credentials::Certificate {
    fixtures::identity("root-ca")
        .unwrap()
        .certificate()
        .unwrap()
}

/// 2026-11-01.
pub(crate) const NOW: i64 = 1_793_491_200;
