//! A client and a server in one thread and in virtual time, with a network between them that may lose, delay and duplicate.
#![allow(unreachable_pub, reason = "part of a test binary")]
#![allow(clippy::unwrap_used, reason = "a test that breaks shall say where")]
#![allow(dead_code, reason = "every test binary uses its own part")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use coap::{Code, Message, Time};
use emulator::{
    Client, ClientConfiguration, Endpoint, Event, ExchangeId, Outcome, Perform, Server,
    ServerConfiguration,
};
use lwm2m::{Operation, Path, Value, Version};

/// Everything between two emulators.
pub struct Pair {
    pub client: Client,
    pub server: Server,
    pub time: Time,
    pub latency: Duration,
    /// Out of a hundred datagrams so many are lost.
    pub loss: u64,
    /// Out of a hundred datagrams so many come twice.
    pub duplicate: u64,
    pub client_events: Vec<(Time, Event)>,
    pub server_events: Vec<(Time, Event)>,
    /// Every datagram: when it was sent, by whom, and what it was.
    pub log: Vec<(Time, Side, Message)>,
    flying: BTreeMap<(Time, u64), (Side, Vec<u8>)>,
    counter: u64,
    random: u64,
}

/// Who sent a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

pub fn client_address() -> SocketAddr {
    "127.0.0.1:40000".parse().unwrap()
}

pub fn server_address() -> SocketAddr {
    "127.0.0.1:5683".parse().unwrap()
}

pub fn path(text: &str) -> Path {
    text.parse().unwrap()
}

/// ETS configuration C.4 with one server.
pub fn configuration(version: Version, lifetime: u32) -> ClientConfiguration {
    let mut configuration = ClientConfiguration::new("urn:dev:ops:pair", version)
        .with_account(server_address(), lifetime);
    let rows = [
        ("/3/0/6/0", Value::Integer(1)),
        ("/3/0/6/1", Value::Integer(2)),
        ("/3/0/7/0", Value::Integer(3800)),
        ("/3/0/7/1", Value::Integer(5000)),
        ("/3/0/8/0", Value::Integer(125)),
        ("/3/0/8/1", Value::Integer(900)),
        ("/3/0/9", Value::Integer(100)),
        ("/3/0/13", Value::Time(1_700_000_000)),
        ("/3/0/14", Value::String("+00:00".into())),
        ("/3/0/15", Value::String("Europe/Berlin".into())),
    ];
    configuration
        .data
        .extend(rows.map(|(at, value)| (path(at), value)));
    configuration
}

impl Pair {
    pub fn new(configuration: ClientConfiguration) -> Self {
        let server = ServerConfiguration::new(configuration.version);
        Self::with_server(configuration, server)
    }

    pub fn with_server(client: ClientConfiguration, server: ServerConfiguration) -> Self {
        Self {
            client: Client::new(client),
            server: Server::new(server),
            time: Time::ZERO,
            latency: Duration::from_millis(10),
            loss: 0,
            duplicate: 0,
            client_events: Vec::new(),
            server_events: Vec::new(),
            log: Vec::new(),
            flying: BTreeMap::new(),
            counter: 0,
            random: 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// A client of `version` that is registered.
    pub fn registered(version: Version) -> Self {
        Self::registered_with(configuration(version, 86_400))
    }

    pub fn registered_with(configuration: ClientConfiguration) -> Self {
        let mut pair = Self::new(configuration);
        pair.client.start(pair.time);
        pair.run(Duration::from_secs(1));
        assert_eq!(pair.server.registrations().len(), 1, "{:?}", pair.log);
        pair
    }

    /// Lets virtual time pass.
    pub fn run(&mut self, duration: Duration) {
        let end = self.time + duration;
        loop {
            self.collect();
            let next = [
                self.client.poll_timeout(),
                self.server.poll_timeout(),
                self.flying.keys().next().map(|(at, _)| *at),
            ];
            let Some(next) = next.into_iter().flatten().min().filter(|next| *next <= end) else {
                break;
            };
            self.time = self.time.max(next);
            self.step();
        }
        self.time = end;
    }

    /// Asks the client something and waits for the answer.
    pub fn ask(&mut self, operation: impl Into<Operation>) -> Message {
        self.ask_with(Perform::new(operation))
    }

    pub fn ask_with(&mut self, perform: Perform) -> Message {
        let exchange = self
            .server
            .perform(self.time, perform)
            .expect("it can be sent");
        self.run(Duration::from_millis(200));
        match self.outcome(exchange) {
            Some(Outcome::Answered(message)) => *message,
            other => panic!("no answer: {other:?}"),
        }
    }

    pub fn outcome(&self, exchange: ExchangeId) -> Option<Outcome> {
        let events = self.server_events.iter().chain(&self.client_events);
        events.rev().find_map(|(_, event)| match event {
            Event::Ended {
                exchange: ended,
                outcome,
            } if *ended == exchange => Some(outcome.clone()),
            _ => None,
        })
    }

    /// The requests of one side from `since` on, by method.
    pub fn sent(&self, side: Side, code: Code, since: Time) -> Vec<(Time, Message)> {
        let log = self
            .log
            .iter()
            .filter(|(at, by, message)| *at >= since && *by == side && message.code == code);
        log.map(|(at, _, message)| (*at, message.clone())).collect()
    }

    fn step(&mut self) {
        while let Some(key) = self
            .flying
            .keys()
            .next()
            .copied()
            .filter(|(at, _)| *at <= self.time)
        {
            let (by, bytes) = self.flying.remove(&key).unwrap();
            match by {
                Side::Client => self
                    .server
                    .handle_datagram(self.time, client_address(), &bytes),
                Side::Server => self
                    .client
                    .handle_datagram(self.time, server_address(), &bytes),
            }
        }
        let due = |at: Option<Time>, now: Time| at.is_some_and(|at| at <= now);
        if due(self.client.poll_timeout(), self.time) {
            self.client.handle_timeout(self.time);
            assert!(
                !due(self.client.poll_timeout(), self.time),
                "the client makes no progress"
            );
        }
        if due(self.server.poll_timeout(), self.time) {
            self.server.handle_timeout(self.time);
            assert!(
                !due(self.server.poll_timeout(), self.time),
                "the server makes no progress"
            );
        }
    }

    fn collect(&mut self) {
        while let Some(transmit) = self.client.poll_transmit() {
            assert_eq!(transmit.to, server_address());
            self.fly(Side::Client, transmit.bytes);
        }
        while let Some(transmit) = self.server.poll_transmit() {
            assert_eq!(transmit.to, client_address());
            self.fly(Side::Server, transmit.bytes);
        }
        while let Some(event) = self.client.poll_event() {
            self.client_events.push((self.time, event));
        }
        while let Some(event) = self.server.poll_event() {
            self.server_events.push((self.time, event));
        }
    }

    fn fly(&mut self, by: Side, bytes: Vec<u8>) {
        if let Some(message) = coap::read(&bytes).message {
            self.log.push((self.time, by, message));
        }
        if self.chance(self.loss) {
            return;
        }
        let copies = if self.chance(self.duplicate) { 2 } else { 1 };
        for copy in 0..copies {
            self.counter += 1;
            let at = self.time + self.latency + Duration::from_millis(50) * copy;
            self.flying.insert((at, self.counter), (by, bytes.clone()));
        }
    }

    fn chance(&mut self, of_hundred: u64) -> bool {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % 100 < of_hundred
    }
}
