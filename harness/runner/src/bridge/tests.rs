//! A client and a server with a bridge between them, in virtual time.

use std::collections::VecDeque;
use std::net::SocketAddr;

use testcase::Conduct;
use tls::{ClientCredentials, Framing, ServerCredentials, Settings};
use transport::OwnStack;

use super::*;

/// Both ends with a bridge between them.
struct Table {
    client: OwnStack,
    server: OwnStack,
    bridge: Bridge,
    /// Whether datagrams to the server get there.
    reaches: bool,
    /// What each end was told, and what ended.
    heard: Vec<(&'static str, Vec<u8>)>,
    ended: Vec<&'static str>,
    /// Handshakes that the server ended well.
    sessions: u32,
}

impl Table {
    /// The client shows this identity; everybody else knows [`IDENTITY`].
    fn with(identity: &[u8]) -> Self {
        let settings = || crate::conduct::settings(&Conduct::default(), false);
        let stack = |seed, server| OwnStack::new(Framing::Datagram, settings(), seed, server);
        let shown = ServerCredentials::psk(&[(IDENTITY, KEY)]);
        let make: MakeClient = Box::new(move |number| {
            let settings: Settings = crate::conduct::settings(&Conduct::default(), false);
            Box::new(OwnStack::new(Framing::Datagram, settings, number, None))
        });
        let account = Security {
            instance: 0,
            bootstraps: false,
            mode: 0,
            uri: String::new(),
            identity: IDENTITY.to_vec(),
            server: Vec::new(),
            key: KEY.to_vec(),
            matching: None,
            server_name: None,
            usage: None,
            suites: Vec::new(),
            context: None,
        };
        let mut table = Self {
            client: stack(1, None),
            server: stack(2, Some(shown.clone())),
            bridge: Bridge::new(
                server(),
                Box::new(stack(3, Some(shown))),
                make,
                vec![account],
            ),
            reaches: true,
            heard: Vec::new(),
            ended: Vec::new(),
            sessions: 0,
        };
        table.connect(identity);
        table
    }

    fn connect(&mut self, identity: &[u8]) {
        let credentials = ClientCredentials::psk(identity, KEY);
        self.client.connect(at(0), front(), credentials);
    }

    /// Moves everything that can be moved.
    fn settle(&mut self, now: Time) {
        let mut messages = VecDeque::new();
        loop {
            let mut idle = true;
            while let Some((_, bytes)) = self.client.poll_transmit() {
                idle = false;
                self.bridge.receive(now, client(), true, &bytes);
            }
            while let Some((_, bytes)) = self.server.poll_transmit() {
                idle = false;
                self.bridge.receive(now, client(), false, &bytes);
            }
            while let Some(passing) = self.bridge.poll_transmit() {
                idle = false;
                match passing.to_server {
                    true if self.reaches => self.server.receive(now, back(), &passing.bytes),
                    true => {}
                    false => self.client.receive(now, front(), &passing.bytes),
                }
            }
            messages.extend(std::iter::from_fn(|| self.bridge.poll_message()));
            while let Some(message) = messages.pop_front() {
                idle = false;
                self.bridge.send(now, &message);
            }
            for (name, stack) in [("client", &mut self.client), ("server", &mut self.server)] {
                while let Some(event) = stack.poll_event() {
                    match event {
                        SecureEvent::Data { bytes, .. } => self.heard.push((name, bytes)),
                        SecureEvent::Ended { .. } => self.ended.push(name),
                        SecureEvent::Established { .. } if name == "server" => self.sessions += 1,
                        _ => {}
                    }
                }
            }
            if idle {
                return;
            }
        }
    }
}

#[test]
fn messages_go_on_unchanged_both_ways() {
    let mut table = Table::with(IDENTITY);
    table.settle(at(0));
    table.client.send(at(0), front(), b"to the server");
    table.settle(at(0));
    table.server.send(at(0), back(), b"to the client");
    table.settle(at(0));
    let heard = [
        ("server", b"to the server".to_vec()),
        ("client", b"to the client".to_vec()),
    ];
    assert_eq!(table.heard, heard);
    assert_eq!(table.bridge.trouble(at(60)), None);
    let secrets = std::iter::from_fn(|| table.bridge.poll_secret());
    assert_eq!(secrets.count(), 2, "one for each leg");
}

#[test]
fn what_ends_on_one_side_ends_on_the_other() {
    for (who, other) in [("client", "server"), ("server", "client")] {
        let mut table = Table::with(IDENTITY);
        table.settle(at(0));
        match who {
            "client" => table.client.close(at(0), front(), None),
            _ => table.server.close(at(0), back(), None),
        }
        table.settle(at(0));
        assert!(table.ended.contains(&other), "{who}: {:?}", table.ended);
        assert_eq!(table.bridge.trouble(at(60)), None, "{who}");
    }
}

#[test]
fn a_client_that_begins_anew_does_so_with_its_server() {
    let mut table = Table::with(IDENTITY);
    table.settle(at(0));
    table.client.begin_anew(at(1), false);
    table.connect(IDENTITY);
    table.settle(at(1));
    table.client.send(at(1), front(), b"again");
    table.settle(at(1));
    assert_eq!(table.sessions, 2);
    assert_eq!(table.heard, [("server", b"again".to_vec())]);
    assert_eq!(table.bridge.trouble(at(60)), None);
}

#[test]
fn a_server_that_says_nothing_is_said() {
    let mut table = Table::with(IDENTITY);
    table.reaches = false;
    table.settle(at(0));
    assert_eq!(
        table.bridge.trouble(at(0)),
        None,
        "a handshake takes a moment"
    );
    let wanted =
        "the server at 192.0.2.9:5684 has not ended its handshake with the harness (--terminate)";
    assert_eq!(table.bridge.trouble(at(1)).as_deref(), Some(wanted));
    // its answer comes late
    table.reaches = true;
    for second in 1..10 {
        table.bridge.handle_timeout(at(second));
        table.settle(at(second));
    }
    assert_eq!(table.bridge.trouble(at(60)), None);
}

#[test]
fn a_client_that_nobody_knows_is_said() {
    let mut table = Table::with(b"somebody else");
    table.settle(at(0));
    let wanted = "the client at 192.0.2.1:1000 and the harness found no session with each other (--terminate)";
    assert_eq!(table.bridge.trouble(at(0)).as_deref(), Some(wanted));
    // it comes back with the right name
    table.connect(IDENTITY);
    table.settle(at(1));
    assert_eq!(table.bridge.trouble(at(60)), None);
}

fn at(seconds: u64) -> Time {
    Time::ZERO + Duration::from_secs(seconds)
}

fn client() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 1_000))
}

fn front() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 8], 5_684))
}

fn back() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 8], 1_001))
}

fn server() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 9], 5_684))
}

const IDENTITY: &[u8] = b"somebody";
const KEY: &[u8] = b"sixteen byte key";
