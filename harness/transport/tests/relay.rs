//! The relay over real loopback sockets: what passes, under which addresses it is told, and what waits.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use coap::Time;
use tokio::sync::mpsc;
use transport::{Arrival, Clock, LOOPBACK_V4, LOOPBACK_V6, Relay, Relayed, UdpEndpoint};

fn clock() -> Clock {
    let began = Instant::now();
    Arc::new(move || Time::from_nanos(u64::try_from(began.elapsed().as_nanos()).unwrap()))
}

struct Table {
    server: UdpEndpoint,
    relay: Relay,
    relayed: mpsc::Receiver<Relayed>,
}

impl Table {
    fn lay(address: SocketAddr) -> Self {
        let server = UdpEndpoint::bind(address, clock()).unwrap();
        let (sender, relayed) = mpsc::channel(64);
        let relay = Relay::open(address, server.local(), clock(), sender).unwrap();
        Self {
            server,
            relay,
            relayed,
        }
    }

    /// What the relay tells next: ends, bytes, whether it is held.
    async fn told(&mut self) -> (SocketAddr, SocketAddr, Vec<u8>, bool) {
        let relayed = soon(self.relayed.recv()).await.unwrap();
        let Arrival::Datagram {
            from, to, bytes, ..
        } = relayed.arrival
        else {
            panic!("no datagram: {relayed:?}");
        };
        (from, to, bytes, relayed.held)
    }
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(5), future)
        .await
        .unwrap()
}

/// Sender and bytes of the next datagram.
async fn received(endpoint: &UdpEndpoint) -> (SocketAddr, Vec<u8>) {
    match soon(endpoint.receive()).await.unwrap() {
        Arrival::Datagram { from, bytes, .. } => (from, bytes),
        other => panic!("no datagram: {other:?}"),
    }
}

fn client(address: SocketAddr) -> UdpEndpoint {
    UdpEndpoint::bind(address, clock()).unwrap()
}

#[tokio::test]
async fn each_client_has_a_way_of_its_own_and_both_ends_are_told_by_their_addresses() {
    for address in [LOOPBACK_V4, LOOPBACK_V6] {
        let mut table = Table::lay(address);
        let clients = [client(address), client(address)];
        let mut seen = Vec::new();
        for (number, client) in clients.iter().enumerate() {
            let bytes = vec![u8::try_from(number).unwrap(); 1 + 600 * number];
            client.send(table.relay.local(), &bytes).await.unwrap();
            let (from, got) = received(&table.server).await;
            assert_eq!(got, bytes);
            let ends = (client.local(), table.server.local());
            assert_eq!(table.told().await, (ends.0, ends.1, bytes, false));
            assert_eq!(table.relay.seen_at(client.local()), Some(from));
            seen.push(from);
        }
        assert_ne!(seen[0], seen[1]);
        // the server begins, and the second client is the first to hear
        for number in [1, 0] {
            let asked = b"from the server".to_vec();
            table.server.send(seen[number], &asked).await.unwrap();
            let heard = received(&clients[number]).await;
            assert_eq!(heard, (table.relay.local(), asked.clone()));
            let ends = (table.server.local(), clients[number].local());
            assert_eq!(table.told().await, (ends.0, ends.1, asked, false));
        }
    }
}

#[tokio::test]
async fn what_is_held_waits_and_what_is_dropped_never_comes() {
    let mut table = Table::lay(LOOPBACK_V4);
    let client = client(LOOPBACK_V4);
    table.relay.hold(true);
    for bytes in [b"lost", b"kept"] {
        client.send(table.relay.local(), bytes).await.unwrap();
        let (from, _, got, held) = table.told().await;
        assert_eq!(
            (from, got.as_slice(), held),
            (client.local(), &bytes[..], true)
        );
    }
    table.relay.forward(client.local(), true, b"kept").unwrap();
    let (back, got) = received(&table.server).await;
    assert_eq!(got, b"kept");
    table.server.send(back, b"answer").await.unwrap();
    assert!(table.told().await.3);
    assert_eq!(client.try_receive().unwrap(), None);
    table
        .relay
        .forward(client.local(), false, b"answer")
        .unwrap();
    assert_eq!(received(&client).await.1, b"answer");
    table.relay.hold(false);
    client.send(table.relay.local(), b"open").await.unwrap();
    assert_eq!(received(&table.server).await, (back, b"open".to_vec()));
}

#[tokio::test]
async fn a_flow_that_is_rebound_comes_from_elsewhere_and_the_old_way_is_closed() {
    let mut table = Table::lay(LOOPBACK_V4);
    let client = client(LOOPBACK_V4);
    client.send(table.relay.local(), b"1").await.unwrap();
    let (old, _) = received(&table.server).await;
    assert!(table.relay.rebind(client.local()));
    assert!(!table.relay.rebind(client.local()));
    client.send(table.relay.local(), b"2").await.unwrap();
    let (new, _) = received(&table.server).await;
    assert_ne!(old, new);
    table.told().await;
    // the capture still shows one conversation
    assert_eq!(table.told().await.0, client.local());
    table.server.send(new, b"3").await.unwrap();
    assert_eq!(received(&client).await.1, b"3");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told() {
    let (sender, mut relayed) = mpsc::channel(64);
    let gone = client(LOOPBACK_V4).local();
    let relay = Relay::open(LOOPBACK_V4, gone, clock(), sender).unwrap();
    let client = client(LOOPBACK_V4);
    client.send(relay.local(), b"1").await.unwrap();
    let first = soon(relayed.recv()).await.unwrap();
    assert!(matches!(first.arrival, Arrival::Datagram { .. }));
    let second = soon(relayed.recv()).await.unwrap();
    let Arrival::Unreachable { peer, reason, .. } = second.arrival else {
        panic!("{second:?}");
    };
    assert_eq!((peer, reason.as_str()), (Some(gone), "connection refused"));
}

#[tokio::test]
async fn strangers_at_the_back_are_not_let_in() {
    let table = Table::lay(LOOPBACK_V4);
    let (client, stranger) = (client(LOOPBACK_V4), client(LOOPBACK_V4));
    client.send(table.relay.local(), b"1").await.unwrap();
    let (back, _) = received(&table.server).await;
    stranger.send(back, b"forged").await.unwrap();
    table.server.send(back, b"true").await.unwrap();
    assert_eq!(received(&client).await.1, b"true");
}
