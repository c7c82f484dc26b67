//! Two endpoints and the network between them, in virtual time.
#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use coap::{
    Block, Code, Event, ExchangeId, Exchanges, Kind, Message, MessageId, Parameters, Purpose,
    Reading, Time, Token, option, read,
};

/// Says of the n-th datagram whether it is lost.
type Loss = Box<dyn FnMut(usize, &Reading) -> bool>;

/// A client, a server, and what travels between them.
pub(crate) struct Pair {
    pub(crate) now: Time,
    pub(crate) client: Exchanges,
    pub(crate) server: Exchanges,
    /// Time that a datagram travels.
    pub(crate) latency: Duration,
    pub(crate) lost: Loss,
    /// Every datagram that was sent: when, by the client or not, what for, and what it was.
    pub(crate) sent: Vec<Sent>,
    flying: BTreeMap<(Time, usize), (bool, Vec<u8>)>,
}

/// A datagram that was sent.
pub(crate) struct Sent {
    pub(crate) at: Time,
    pub(crate) by_client: bool,
    pub(crate) purpose: Purpose,
    pub(crate) retransmission: u32,
    pub(crate) message: Message,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with(Parameters::default(), Parameters::default())
    }

    pub(crate) fn with(client: Parameters, server: Parameters) -> Self {
        Self {
            now: Time::ZERO,
            client: Exchanges::new(client, 1),
            server: Exchanges::new(server, 2),
            latency: Duration::from_millis(10),
            lost: Box::new(|_, _| false),
            sent: Vec::new(),
            flying: BTreeMap::new(),
        }
    }

    /// Puts everything that waits to be sent on the network.
    pub(crate) fn flush(&mut self) {
        for by_client in [true, false] {
            let endpoint = if by_client {
                &mut self.client
            } else {
                &mut self.server
            };
            while let Some(transmit) = endpoint.poll_transmit() {
                assert_eq!(transmit.to, if by_client { server() } else { client() });
                let reading = read(&transmit.bytes);
                let number = self.sent.len();
                if !(self.lost)(number, &reading) {
                    self.flying.insert(
                        (self.now + self.latency, number),
                        (by_client, transmit.bytes),
                    );
                }
                self.sent.push(Sent {
                    at: self.now,
                    by_client,
                    purpose: transmit.purpose,
                    retransmission: transmit.retransmission,
                    message: reading.message.unwrap(),
                });
            }
        }
    }

    /// Goes to the next moment at which something happens; `false` if nothing ever will.
    pub(crate) fn step(&mut self, until: Time) -> bool {
        self.flush();
        let arrival = self.flying.keys().next().map(|(at, _)| *at);
        let timeouts = [self.client.poll_timeout(), self.server.poll_timeout()];
        let next = timeouts.into_iter().flatten().chain(arrival).min();
        let Some(next) = next.filter(|next| *next <= until) else {
            return false;
        };
        self.now = self.now.max(next);
        while let Some(entry) = self
            .flying
            .first_entry()
            .filter(|entry| entry.key().0 <= self.now)
        {
            let (by_client, bytes) = entry.remove();
            if by_client {
                self.server.handle(self.now, client(), &bytes);
            } else {
                self.client.handle(self.now, server(), &bytes);
            }
        }
        self.client.handle_timeout(self.now);
        self.server.handle_timeout(self.now);
        true
    }

    /// Lets time pass until an event comes to one side; `None` if none does within an hour.
    pub(crate) fn client_event(&mut self) -> Option<Event> {
        let until = self.now + Duration::from_secs(3600);
        loop {
            if let Some(event) = self.client.poll_event() {
                return Some(event);
            }
            if !self.step(until) {
                return None;
            }
        }
    }

    pub(crate) fn server_event(&mut self) -> Option<Event> {
        let until = self.now + Duration::from_secs(3600);
        loop {
            if let Some(event) = self.server.poll_event() {
                return Some(event);
            }
            if !self.step(until) {
                return None;
            }
        }
    }

    /// The next event at the server, which must be a request.
    pub(crate) fn server_request(&mut self) -> (ExchangeId, Message) {
        match self.server_event() {
            Some(Event::Request {
                exchange, message, ..
            }) => (exchange, message),
            other => panic!("no request: {other:?}"),
        }
    }

    /// The next event at the client, which must be a response.
    pub(crate) fn client_response(&mut self) -> Message {
        match self.client_event() {
            Some(Event::Response { message, .. }) => message,
            other => panic!("no response: {other:?}"),
        }
    }

    /// Lets `time` pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while self.step(until) {}
        self.now = until;
    }

    pub(crate) fn request(&mut self, message: Message) -> ExchangeId {
        self.client.request(self.now, server(), message).unwrap()
    }

    pub(crate) fn respond(&mut self, exchange: ExchangeId, message: Message) {
        self.server.respond(self.now, exchange, message).unwrap();
    }

    /// Messages sent, by kind and code, in order: `CON GET`, `ACK 2.05 Content`.
    pub(crate) fn ladder(&self) -> Vec<String> {
        let line = |sent: &Sent| format!("{} {}", sent.message.kind, sent.message.code);
        self.sent.iter().map(line).collect()
    }
}

pub(crate) fn client() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 40000))
}

pub(crate) fn server() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 5683))
}

/// A message that an endpoint completes.
pub(crate) fn message(kind: Kind, code: Code) -> Message {
    Message::new(kind, code, MessageId(0), Token::default())
}

pub(crate) fn get(path: &str) -> Message {
    let mut message = message(Kind::Con, Code::GET);
    path.split('/')
        .for_each(|segment| message.push_option(option::URI_PATH, segment));
    message
}

pub(crate) fn content(payload: impl Into<Vec<u8>>) -> Message {
    Message {
        payload: payload.into(),
        ..message(Kind::Ack, Code::CONTENT)
    }
}

/// A body of `length` bytes that does not repeat itself.
pub(crate) fn body(length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| (index * 7 + index / 251) as u8)
        .collect()
}

/// A PUT of such a body.
pub(crate) fn put(length: usize) -> Message {
    let mut request = Message {
        payload: body(length),
        ..message(Kind::Con, Code::PUT)
    };
    request.push_option(option::URI_PATH, "5");
    request.push_uint_option(option::CONTENT_FORMAT, 42);
    request
}

/// Parameters with a preferred block size.
pub(crate) fn sized(block_size: u16) -> Parameters {
    Parameters {
        block_size,
        ..Parameters::default()
    }
}

/// A block option as RFC 7959 writes it: `1:3/1/128`.
pub(crate) fn blocks(message: &Message) -> String {
    let mut parts = Vec::new();
    for (name, number) in [("1", option::BLOCK1), ("2", option::BLOCK2)] {
        if let Some(Ok(block)) = Block::of(message, number) {
            parts.push(format!(
                "{name}:{}/{}/{}",
                block.number,
                u8::from(block.more),
                block.size()
            ));
        }
    }
    parts.join(" ")
}
