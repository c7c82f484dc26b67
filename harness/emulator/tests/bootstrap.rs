//! A client and a Bootstrap-Server in virtual time.
#![allow(clippy::unwrap_used, reason = "a test that breaks shall say where")]

mod network;

use std::net::SocketAddr;
use std::time::Duration;

use coap::{Code, ContentFormat, Message, Time};
use emulator::{
    BootstrapServer, BootstrapServerConfiguration, Client, ClientConfiguration, Endpoint, Event,
    Outcome, Perform,
};
use lwm2m::operation::{
    BootstrapDelete, BootstrapDiscover, BootstrapFinish, BootstrapRead, BootstrapWrite,
};
use lwm2m::{Node, Operation, Path, Registry, Value, Version};
use network::{client_address, path};

const SECOND: Duration = Duration::from_secs(1);

fn bootstrap_address() -> SocketAddr {
    "127.0.0.1:5693".parse().unwrap()
}

/// A client that knows its Bootstrap-Server and no server.
fn configuration(version: Version) -> ClientConfiguration {
    let mut configuration = ClientConfiguration::new("urn:dev:ops:bare", version);
    let rows = [
        ("/0/0/0", Value::String("coap://127.0.0.1:5693".into())),
        ("/0/0/1", Value::Boolean(true)),
        ("/0/0/2", Value::Integer(3)),
        ("/3/0/0", Value::String("Open Mobile Alliance".into())),
        ("/3/0/11/0", Value::Integer(0)),
        ("/3/0/16", Value::String("U".into())),
    ];
    configuration
        .data
        .extend(rows.map(|(at, value)| (path(at), value)));
    configuration.objects = vec![1];
    configuration
}

fn account() -> (Vec<Node>, Vec<Node>) {
    let node = |at: &str, value| Node::new(path(at), value);
    let security = vec![
        node("/0/1/0", Value::String("coap://127.0.0.1:5683".into())),
        node("/0/1/1", Value::Boolean(false)),
        node("/0/1/2", Value::Integer(3)),
        node("/0/1/10", Value::Integer(1)),
    ];
    let server = vec![
        node("/1/0/0", Value::Integer(1)),
        node("/1/0/1", Value::Integer(300)),
        node("/1/0/6", Value::Boolean(true)),
        node("/1/0/7", Value::String("U".into())),
    ];
    (security, server)
}

fn write(at: &str, nodes: &[Node]) -> Operation {
    let registry = Registry::builtin(Version::V1_1);
    BootstrapWrite::of_nodes(path(at), ContentFormat::TLV, nodes, &registry)
        .unwrap()
        .into()
}

struct Pair {
    client: Client,
    server: BootstrapServer,
    time: Time,
    client_events: Vec<Event>,
    server_events: Vec<Event>,
    registered: Vec<Message>,
}

impl Pair {
    fn new(client: ClientConfiguration, server: BootstrapServerConfiguration) -> Self {
        Self {
            client: Client::new(client),
            server: BootstrapServer::new(server),
            time: Time::ZERO,
            client_events: Vec::new(),
            server_events: Vec::new(),
            registered: Vec::new(),
        }
    }

    /// Delivers at once; lets time pass when nothing is on its way.
    fn run(&mut self, duration: Duration) {
        let end = self.time + duration;
        loop {
            self.exchange();
            let next = [self.client.poll_timeout(), self.server.poll_timeout()];
            let Some(next) = next.into_iter().flatten().min().filter(|next| *next <= end) else {
                break;
            };
            self.time = self.time.max(next);
            self.client.handle_timeout(self.time);
            self.server.handle_timeout(self.time);
        }
        self.time = end;
    }

    fn exchange(&mut self) {
        loop {
            let mut moved = false;
            while let Some(transmit) = self.client.poll_transmit() {
                moved = true;
                if transmit.to == bootstrap_address() {
                    self.server
                        .handle_datagram(self.time, client_address(), &transmit.bytes);
                } else {
                    self.registered.extend(coap::read(&transmit.bytes).message);
                }
            }
            while let Some(transmit) = self.server.poll_transmit() {
                moved = true;
                self.client
                    .handle_datagram(self.time, bootstrap_address(), &transmit.bytes);
            }
            self.client_events
                .extend(std::iter::from_fn(|| self.client.poll_event()));
            self.server_events
                .extend(std::iter::from_fn(|| self.server.poll_event()));
            if !moved {
                return;
            }
        }
    }

    fn ask(&mut self, operation: impl Into<Operation>) -> Message {
        let exchange = self
            .server
            .perform(self.time, Perform::new(operation))
            .unwrap();
        self.run(SECOND / 10);
        let ended = self.server_events.iter().find_map(|event| match event {
            Event::Ended {
                exchange: ended,
                outcome: Outcome::Answered(message),
            } if *ended == exchange => Some((**message).clone()),
            _ => None,
        });
        ended.expect("an answer")
    }
}

#[test]
fn a_sequence_ends_in_a_register() {
    for version in Version::ALL {
        let (security, server) = account();
        let mut bootstrap = BootstrapServerConfiguration::new(version);
        bootstrap.sequence = vec![
            write("/0", &security),
            write("/1", &server),
            BootstrapDiscover::new(Path::ROOT).into(),
            BootstrapFinish::default().into(),
        ];
        let mut pair = Pair::new(configuration(version), bootstrap);
        pair.client.start(pair.time);
        pair.run(SECOND);
        assert!(
            pair.server_events
                .iter()
                .any(|event| matches!(event, Event::Bootstrapped { .. })),
            "{version}: {:?}",
            pair.server_events
        );
        assert_eq!(pair.registered.len(), 1, "{version}");
        assert!(
            pair.registered[0]
                .text_options(coap::option::URI_QUERY)
                .contains(&"lt=300".into())
        );
    }
}

#[test]
fn every_bootstrap_operation_has_its_answer() {
    let (security, server) = account();
    let mut pair = Pair::new(
        configuration(Version::V1_1),
        BootstrapServerConfiguration::new(Version::V1_1),
    );
    pair.client.start(pair.time);
    pair.run(SECOND);
    assert!(
        pair.client_events
            .iter()
            .any(|event| matches!(event, Event::BootstrapRequested { .. }))
    );
    assert_eq!(
        pair.ask(BootstrapFinish::default()).code,
        Code::NOT_ACCEPTABLE,
        "no account yet"
    );
    assert_eq!(
        pair.ask(BootstrapDelete::new(Path::ROOT)).code,
        Code::DELETED
    );
    assert!(
        pair.client.store().contains(path("/0/0")),
        "the Bootstrap-Server's account stays"
    );
    assert!(
        pair.client.store().contains(path("/3/0/0")),
        "the Device Object stays"
    );
    assert_eq!(pair.ask(write("/0/1", &security)).code, Code::CHANGED);
    assert_eq!(pair.ask(write("/1/0", &server)).code, Code::CHANGED);
    let broken = BootstrapWrite::new(path("/1/0"), ContentFormat::TLV, vec![0xc8, 1]);
    assert_eq!(pair.ask(broken).code, Code::BAD_REQUEST);
    let strange = BootstrapWrite::new(path("/1/0"), ContentFormat(65000), vec![1]);
    assert_eq!(pair.ask(strange).code, Code::UNSUPPORTED_CONTENT_FORMAT);
    let links = pair.ask(BootstrapDiscover::new(Path::ROOT));
    let wanted =
        "</>;lwm2m=1.1,</0/0>,</0/1>;ssid=1;uri=\"coap://127.0.0.1:5683\",</1/0>;ssid=1,</3/0>";
    assert_eq!(String::from_utf8_lossy(&links.payload), wanted);
    let values = pair.ask(BootstrapRead::new(path("/1"), Some(ContentFormat::TLV)));
    assert_eq!(values.code, Code::CONTENT);
    assert_eq!(
        pair.ask(BootstrapRead::new(path("/3"), None)).code,
        Code::METHOD_NOT_ALLOWED
    );
    assert_eq!(pair.ask(BootstrapFinish::default()).code, Code::CHANGED);
    pair.run(SECOND);
    assert_eq!(pair.registered.len(), 1);
}

#[test]
fn a_bootstrap_without_finish_leaves_everything_as_it_was() {
    let (security, _) = account();
    let mut bootstrap = BootstrapServerConfiguration::new(Version::V1_1);
    bootstrap.sequence = vec![write("/0/1", &security)];
    let mut pair = Pair::new(configuration(Version::V1_1), bootstrap);
    pair.client.start(pair.time);
    pair.run(246 * SECOND);
    assert!(pair.client.store().contains(path("/0/1")));
    pair.run(2 * SECOND);
    assert!(pair.client_events.contains(&Event::BootstrapFailed));
    assert!(!pair.client.store().contains(path("/0/1")));
    pair.run(60 * SECOND);
    let requests = pair
        .server_events
        .iter()
        .filter(|event| matches!(event, Event::BootstrapRequested { .. }));
    assert_eq!(requests.count(), 2, "it asks again");
}

#[test]
fn a_pack_holds_everything() {
    let (security, server) = account();
    let nodes: Vec<Node> = security.into_iter().chain(server).collect();
    let registry = Registry::builtin(Version::V1_2);
    let format = ContentFormat::SENML_JSON;
    let payload = lwm2m::codec::encode(format, &nodes, &Path::ROOT, &registry).unwrap();
    let mut client = configuration(Version::V1_2);
    client.bootstrap_pack = true;
    let mut bootstrap = BootstrapServerConfiguration::new(Version::V1_2);
    bootstrap.pack = Some((format, payload));
    let mut pair = Pair::new(client.clone(), bootstrap);
    pair.client.start(pair.time);
    pair.run(SECOND);
    assert_eq!(pair.registered.len(), 1);
    assert!(
        pair.client.store().contains(path("/0/0")),
        "the Bootstrap-Server's account stays"
    );

    // Without a pack the client asks in the old way.
    let mut pair = Pair::new(client, BootstrapServerConfiguration::new(Version::V1_2));
    pair.client.start(pair.time);
    pair.run(SECOND);
    assert!(
        pair.server_events
            .iter()
            .any(|event| matches!(event, Event::BootstrapRequested { .. }))
    );
}
