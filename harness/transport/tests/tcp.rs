//! TCP endpoints over real loopback sockets: who is who, order, ends, refusals, slow peers.

#![allow(clippy::unwrap_used)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use coap::Time;
use tokio::time::timeout;
use transport::{Arrival, Clock, Closing, LOOPBACK_V4, LOOPBACK_V6, TcpEndpoint};

/// A clock that counts its readings.
fn counting() -> Clock {
    let readings = AtomicU64::new(0);
    Arc::new(move || Time::from_nanos(readings.fetch_add(1, Ordering::Relaxed)))
}

fn bind(address: SocketAddr) -> TcpEndpoint {
    TcpEndpoint::bind(address, counting()).unwrap()
}

async fn next(endpoint: &TcpEndpoint) -> Arrival {
    let arrival = timeout(Duration::from_secs(10), endpoint.receive()).await;
    arrival.expect("something comes").unwrap()
}

/// Both ends of the next connection: who began it, who accepted it, whether that was this endpoint.
async fn opened(endpoint: &TcpEndpoint) -> (SocketAddr, SocketAddr, bool) {
    match next(endpoint).await {
        Arrival::Opened {
            from,
            to,
            initiator,
            ..
        } => (from, to, initiator),
        other => panic!("{other:?}"),
    }
}

async fn closed(endpoint: &TcpEndpoint) -> (SocketAddr, SocketAddr, Closing) {
    loop {
        match next(endpoint).await {
            Arrival::Closed {
                from, to, reason, ..
            } => return (from, to, reason),
            Arrival::Bytes { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Reads until so many bytes have come; their sender has to be `from`.
async fn bytes(endpoint: &TcpEndpoint, from: SocketAddr, length: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < length {
        match next(endpoint).await {
            Arrival::Bytes {
                from: sender,
                bytes,
                ..
            } => {
                assert_eq!(sender, from);
                all.extend(bytes);
            }
            other => panic!("{other:?}"),
        }
    }
    all
}

#[tokio::test]
async fn both_ends_agree_on_who_is_who() {
    for address in [LOOPBACK_V4, LOOPBACK_V6] {
        let (server, client) = (bind(address), bind(address));
        client.connect(server.local());
        let (from, to, initiator) = opened(&client).await;
        assert_eq!((to, initiator), (server.local(), true));
        assert_ne!(from, client.local(), "a port of its own");
        assert_eq!(opened(&server).await, (from, to, false));
        assert_eq!(client.local_towards(to), Some(from));

        let sent: Vec<u8> = (0..300_000).map(|at| at as u8).collect();
        client.send(Some(from), to, &sent).unwrap();
        assert_eq!(bytes(&server, from, sent.len()).await, sent);
        server.send(None, from, b"and back").unwrap();
        assert_eq!(bytes(&client, to, 8).await, b"and back");

        assert!(client.close(None, to));
        let end = (from, to, Closing::Finished);
        assert_eq!(closed(&server).await, end);
        assert_eq!(closed(&client).await, end);
        assert!(!client.close(None, to));
        let error = client.send(None, to, b"x").unwrap_err().to_string();
        let local = client.local();
        assert_eq!(
            error,
            format!("cannot send 1 bytes from {local} to {to}: no connection")
        );
    }
}

#[tokio::test]
async fn what_is_queued_goes_before_the_end() {
    let (server, client) = (bind(LOOPBACK_V4), bind(LOOPBACK_V4));
    client.connect(server.local());
    let (from, to, _) = opened(&client).await;
    opened(&server).await;
    let sent = vec![5; 900_000];
    client.send(None, to, &sent).unwrap();
    client.close(None, to);
    assert_eq!(bytes(&server, from, sent.len()).await, sent);
    assert_eq!(closed(&server).await, (from, to, Closing::Finished));
    assert_eq!(server.try_receive().unwrap(), None);
}

/// A peer that closes its side first still gets what waits for it.
#[tokio::test]
async fn the_port_of_a_connection_can_be_listened_on() {
    let (client, server) = (bind(LOOPBACK_V4), bind(LOOPBACK_V4));
    client.connect(server.local());
    let (from, to, _) = opened(&server).await;
    let (own, _, _) = opened(&client).await;
    assert_eq!((from, to), (own, server.local()));
    // while it is open, and when it is over: who ends it first keeps its port for a minute
    drop(bind(own));
    client.close(None, server.local());
    closed(&server).await;
    drop(bind(own));
}

#[tokio::test]
async fn a_peer_that_has_closed_may_still_read() {
    let server = bind(LOOPBACK_V4);
    let mut peer = TcpStream::connect(server.local()).unwrap();
    let (from, to, _) = opened(&server).await;
    server.send(None, from, b"late").unwrap();
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(closed(&server).await, (from, to, Closing::Finished));
    let read = tokio::task::spawn_blocking(move || {
        let mut text = Vec::new();
        peer.read_to_end(&mut text).unwrap();
        text
    });
    assert_eq!(read.await.unwrap(), b"late");
}

#[tokio::test]
async fn a_refusal_names_the_peer_and_ends_nothing() {
    let (server, client) = (bind(LOOPBACK_V4), bind(LOOPBACK_V4));
    let gone = TcpListener::bind(LOOPBACK_V4)
        .unwrap()
        .local_addr()
        .unwrap();
    client.connect(gone);
    let Arrival::Unreachable { peer, reason, .. } = next(&client).await else {
        panic!("it is not refused");
    };
    assert_eq!((peer, reason.as_str()), (Some(gone), "connection refused"));
    client.connect(server.local());
    assert!(opened(&client).await.2);
}

#[tokio::test]
async fn a_reset_is_told_apart_from_an_end() {
    let server = bind(LOOPBACK_V4);
    let peer = tokio::net::TcpStream::connect(server.local())
        .await
        .unwrap();
    let (from, to, _) = opened(&server).await;
    server.send(None, from, b"unread").unwrap();
    // closing with unread bytes resets the connection (RFC 9293, 3.10.4)
    peer.readable().await.unwrap();
    drop(peer);
    let broken = Closing::Broken("connection reset by peer".to_owned());
    assert_eq!(closed(&server).await, (from, to, broken));
}

#[tokio::test]
async fn one_slow_peer_keeps_nobody_waiting() {
    let server = bind(LOOPBACK_V4);
    let slow = TcpStream::connect(server.local()).unwrap();
    let (slow_address, ..) = opened(&server).await;
    let mut quick = TcpStream::connect(server.local()).unwrap();
    let (quick_address, ..) = opened(&server).await;
    assert_eq!(slow_address, slow.local_addr().unwrap());
    let piece = vec![0; 256 * 1024];
    let mut taken = 0;
    let error = loop {
        match server.send(None, slow_address, &piece) {
            Ok(_) => taken += piece.len(),
            Err(error) => break error.to_string(),
        }
        assert!(taken < 1 << 28, "the queue has no bound");
        tokio::task::yield_now().await;
    };
    assert!(
        error.ends_with("bytes wait for the peer already"),
        "{error}"
    );
    server.send(None, quick_address, b"quick").unwrap();
    let read = tokio::task::spawn_blocking(move || {
        let mut read = [0; 5];
        quick.read_exact(&mut read).unwrap();
        quick.write_all(b"thanks").unwrap();
        read
    });
    assert_eq!(read.await.unwrap(), *b"quick");
    assert_eq!(bytes(&server, quick_address, 6).await, b"thanks");
    drop(slow);
}

/// An endpoint that is not asked reads no more than it has room for.
#[tokio::test]
async fn a_flood_is_held_back() {
    let server = bind(LOOPBACK_V4);
    let mut peer = TcpStream::connect(server.local()).unwrap();
    peer.set_write_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let flood = tokio::task::spawn_blocking(move || {
        let piece = vec![0; 1 << 20];
        let mut written = 0_u64;
        while written < 1 << 30 {
            match peer.write(&piece) {
                Ok(length) => written += length as u64,
                Err(error) => return (written, Some(error.kind())),
            }
        }
        (written, None)
    });
    let (written, error) = flood.await.unwrap();
    assert_eq!(error, Some(ErrorKind::WouldBlock), "{written}");
    assert!(written < 1 << 26, "{written}");
}

#[tokio::test]
async fn connections_with_one_peer_are_told_apart() {
    let (server, client) = (bind(LOOPBACK_V4), bind(LOOPBACK_V4));
    let mut own = Vec::new();
    for _ in 0..2 {
        client.connect(server.local());
        own.push(opened(&client).await.0);
        opened(&server).await;
    }
    for local in own {
        client.send(Some(local), server.local(), b"me").unwrap();
        assert_eq!(bytes(&server, local, 2).await, b"me");
    }
}

#[tokio::test]
async fn a_dropped_endpoint_closes_everything() {
    let server = bind(LOOPBACK_V4);
    let address = server.local();
    let mut peer = TcpStream::connect(address).unwrap();
    opened(&server).await;
    drop(server);
    let read = tokio::task::spawn_blocking(move || peer.read(&mut [0; 8]));
    let read = timeout(Duration::from_secs(10), read)
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    // the port is free again at once
    drop(bind(address));
}

#[tokio::test]
async fn errors_name_the_address() {
    let first = bind(LOOPBACK_V4);
    let taken = first.local();
    let error = TcpEndpoint::bind(taken, counting()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {taken} for connections: address in use")
    );
    assert!(error.help().unwrap().contains("TCP port"));
    assert_eq!(first.uri("coap+tcp"), format!("coap+tcp://{taken}"));
    assert_eq!(first.try_receive().unwrap(), None);
}

#[test]
fn outside_a_runtime_it_says_so() {
    let error = TcpEndpoint::bind(LOOPBACK_V4, counting()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("cannot listen on 127.0.0.1:0 for connections: "),
        "{text}"
    );
}
