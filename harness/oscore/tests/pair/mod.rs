//! Two endpoints with a layer each, the network between them, and a watcher, in virtual time.
#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use coap::{
    Code, Event, ExchangeId, Exchanges, Kind, Message, MessageId, Time, Token, option, read,
};
use oscore::{
    Cause, Conduct, Fault, Finding, Incoming, Layer, Parameters, Protection, Seen, Watcher,
};

/// One end.
pub(crate) struct End {
    pub(crate) endpoint: Exchanges,
    pub(crate) layer: Layer,
    address: SocketAddr,
}

/// A client, a server, and what travels between them.
pub(crate) struct Pair {
    pub(crate) now: Time,
    pub(crate) client: End,
    pub(crate) server: End,
    pub(crate) watcher: Watcher,
    /// Says of the n-th datagram whether it is lost.
    pub(crate) lost: Box<dyn FnMut(usize) -> bool>,
    /// Every datagram: whether the client sent it, its bytes, what the watcher saw.
    pub(crate) sent: Vec<(bool, Vec<u8>, Seen)>,
    /// Why layers answered by themselves.
    pub(crate) causes: Vec<Cause>,
    /// What layers dropped.
    pub(crate) faults: Vec<Fault>,
    /// Datagrams that came unprotected, and whether they answered protected ones.
    pub(crate) unprotected: Vec<(Code, bool)>,
    flying: BTreeMap<(Time, usize), (bool, Vec<u8>)>,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with(Conduct::default(), Conduct::default())
    }

    pub(crate) fn with(client_conduct: Conduct, server_conduct: Conduct) -> Self {
        Self::sized(client_conduct, server_conduct, 1024)
    }

    pub(crate) fn sized(client_conduct: Conduct, server_conduct: Conduct, block_size: u16) -> Self {
        let coap = coap::Parameters {
            block_size,
            // One transmission more than usual: a challenge takes two round trips of one budget.
            max_retransmit: 5,
            ..coap::Parameters::default()
        };
        let mut pair = Self {
            now: Time::ZERO,
            client: End {
                endpoint: Exchanges::new(coap.clone(), 1),
                layer: Layer::new(client_conduct, 11),
                address: client(),
            },
            server: End {
                endpoint: Exchanges::new(coap, 2),
                layer: Layer::new(server_conduct, 12),
                address: server(),
            },
            watcher: Watcher::new(),
            lost: Box::new(|_| false),
            sent: Vec::new(),
            causes: Vec::new(),
            faults: Vec::new(),
            unprotected: Vec::new(),
            flying: BTreeMap::new(),
        };
        let parameters = parameters();
        let mirrored = parameters.mirrored();
        pair.watcher.add(&parameters).unwrap();
        pair.client.layer.add(parameters, Some(server())).unwrap();
        pair.server.layer.add(mirrored, None).unwrap();
        pair
    }

    fn end(&mut self, is_client: bool) -> &mut End {
        match is_client {
            true => &mut self.client,
            false => &mut self.server,
        }
    }

    /// Puts a datagram on the network.
    pub(crate) fn send(&mut self, by_client: bool, bytes: Vec<u8>) {
        let (from, to) = match by_client {
            true => (client(), server()),
            false => (server(), client()),
        };
        let seen = self.watcher.observe(self.now, from, to, &bytes);
        let number = self.sent.len();
        self.sent.push((by_client, bytes.clone(), seen));
        if !(self.lost)(number) {
            self.flying
                .insert((self.now + LATENCY, number), (by_client, bytes));
        }
    }

    /// Protects and sends everything that waits.
    pub(crate) fn flush(&mut self) {
        for by_client in [true, false] {
            let now = self.now;
            while let Some(transmit) = self.end(by_client).endpoint.poll_transmit() {
                let layer = &mut self.end(by_client).layer;
                let bytes = layer.outgoing(now, transmit.to, &transmit.bytes).unwrap();
                self.send(by_client, bytes);
            }
        }
    }

    /// Lets one end have what came for it.
    fn deliver(&mut self, to_client: bool, bytes: &[u8]) {
        let now = self.now;
        let from = self.end(!to_client).address;
        match self.end(to_client).layer.incoming(now, from, bytes) {
            Incoming::Plain { datagram } => {
                self.end(to_client).endpoint.handle(now, from, &datagram)
            }
            Incoming::Answer { datagrams, cause } => {
                self.causes.push(cause);
                datagrams
                    .into_iter()
                    .for_each(|bytes| self.send(to_client, bytes));
            }
            Incoming::Dropped {
                fault,
                plain,
                answer,
            } => {
                self.faults.push(fault);
                if let Some(plain) = plain {
                    self.end(to_client).endpoint.handle(now, from, &plain);
                }
                answer
                    .into_iter()
                    .for_each(|bytes| self.send(to_client, bytes));
            }
            Incoming::Unprotected {
                datagram,
                answers_protected,
            } => {
                let code = read(&datagram).code().unwrap();
                self.unprotected.push((code, answers_protected));
                match self.end(to_client).layer.refuse(&datagram) {
                    Some(refusal) => self.send(to_client, refusal),
                    None => self.end(to_client).endpoint.handle(now, from, &datagram),
                }
            }
        }
    }

    /// Goes to the next moment at which something happens; `false` if nothing ever will.
    pub(crate) fn step(&mut self, until: Time) -> bool {
        self.flush();
        let arrival = self.flying.keys().next().map(|(at, _)| *at);
        let ends = [&self.client, &self.server];
        let timeouts = ends.map(|end| end.endpoint.poll_timeout());
        let next = timeouts.into_iter().flatten().chain(arrival).min();
        let Some(next) = next.filter(|next| *next <= until) else {
            return false;
        };
        self.now = self.now.max(next);
        while let Some(entry) = self.flying.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let (by_client, bytes) = entry.remove();
            self.deliver(!by_client, &bytes);
        }
        let now = self.now;
        self.client.endpoint.handle_timeout(now);
        self.server.endpoint.handle_timeout(now);
        true
    }

    /// Lets time pass until an event comes to one side; `None` if none does within an hour.
    pub(crate) fn event(&mut self, of_client: bool) -> Option<Event> {
        let until = self.now + Duration::from_secs(3600);
        loop {
            match self.end(of_client).endpoint.poll_event() {
                Some(Event::Duplicate { .. } | Event::Acknowledged { .. }) => continue,
                Some(event) => return Some(event),
                None => {}
            }
            if !self.step(until) {
                return None;
            }
        }
    }

    /// The next event at one side, which must be a request.
    pub(crate) fn asked(&mut self, of_client: bool) -> (ExchangeId, Message) {
        match self.event(of_client) {
            Some(Event::Request {
                exchange, message, ..
            }) => (exchange, message),
            other => panic!("no request: {other:?}; {:?} {:?}", self.causes, self.faults),
        }
    }

    /// The next event at one side, which must be a response.
    pub(crate) fn answered(&mut self, of_client: bool) -> Message {
        match self.event(of_client) {
            Some(Event::Response { message, .. }) => message,
            other => panic!(
                "no response: {other:?}; {:?} {:?}",
                self.causes, self.faults
            ),
        }
    }

    /// The client asks, the server answers with `answer`; gives what either side saw.
    pub(crate) fn exchange(&mut self, request: Message, answer: Message) -> (Message, Message) {
        self.request(request);
        let (exchange, asked) = self.asked(false);
        self.respond(exchange, answer);
        (asked, self.answered(true))
    }

    pub(crate) fn request(&mut self, request: Message) -> ExchangeId {
        let now = self.now;
        self.client
            .endpoint
            .request(now, server(), request)
            .unwrap()
    }

    pub(crate) fn respond(&mut self, exchange: ExchangeId, answer: Message) {
        let now = self.now;
        self.server.endpoint.respond(now, exchange, answer).unwrap();
    }

    /// Lets `time` pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while self.step(until) {}
        self.now = until;
    }

    /// What everybody sees, retransmissions left out: `CON POST`.
    pub(crate) fn outer(&self) -> Vec<String> {
        let fresh = self.sent.iter().filter(|(_, _, seen)| !seen.repeated);
        fresh.map(|(_, bytes, _)| line(bytes)).collect()
    }

    /// What the watcher sees, retransmissions left out: `CON GET`.
    pub(crate) fn inner(&self) -> Vec<String> {
        let fresh = self.sent.iter().filter(|(_, _, seen)| !seen.repeated);
        fresh.map(|(_, _, seen)| line(&seen.datagram)).collect()
    }

    /// What the watcher finds wrong, each kind once.
    pub(crate) fn findings(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self
            .sent
            .iter()
            .filter_map(|(_, _, seen)| match &seen.protection {
                Protection::Opened(facts) | Protection::Closed { facts, .. } => {
                    Some(&facts.findings)
                }
                Protection::Absent { .. } => None,
            })
            .flatten()
            .map(Finding::name)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn line(bytes: &[u8]) -> String {
    let message = read(bytes).message.unwrap();
    format!("{} {}", message.kind, message.code)
}

pub(crate) fn client() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 40000))
}

pub(crate) fn server() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 5683))
}

/// The client's view of the context of RFC 8613, C.1.
pub(crate) fn parameters() -> Parameters {
    let secret: Vec<u8> = (1..=16).collect();
    let salt = vec![0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40];
    Parameters {
        master_salt: salt,
        ..Parameters::new(secret, [], [1])
    }
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

/// Time that a datagram travels.
const LATENCY: Duration = Duration::from_millis(10);
