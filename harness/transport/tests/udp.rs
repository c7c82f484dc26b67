//! Endpoints over real loopback sockets: whole datagrams, refusals, errors with their address.

#![allow(clippy::unwrap_used)]

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use coap::Time;
use transport::{
    Arrival, Clock, LOOPBACK_V4, LOOPBACK_V6, MAX_PAYLOAD_V4, MAX_PAYLOAD_V6, UdpEndpoint,
};

/// A clock that counts its readings.
fn counting() -> Clock {
    let readings = AtomicU64::new(0);
    Arc::new(move || Time::from_nanos(readings.fetch_add(1, Ordering::Relaxed)))
}

fn pair(address: SocketAddr) -> (UdpEndpoint, UdpEndpoint) {
    let bind = || UdpEndpoint::bind(address, counting()).unwrap();
    (bind(), bind())
}

#[tokio::test]
async fn carries_the_longest_and_the_shortest_datagram() {
    for (address, longest) in [(LOOPBACK_V4, MAX_PAYLOAD_V4), (LOOPBACK_V6, MAX_PAYLOAD_V6)] {
        let (server, client) = pair(address);
        for length in [0, 1, 1280, longest] {
            let sent: Vec<u8> = (0..length).map(|at| at as u8).collect();
            client.send(server.local(), &sent).await.unwrap();
            let Arrival::Datagram {
                from, to, bytes, ..
            } = server.receive().await.unwrap()
            else {
                panic!("no datagram of {length} bytes");
            };
            assert_eq!((from, to), (client.local(), server.local()));
            assert_eq!(bytes, sent);
        }
    }
}

#[tokio::test]
async fn sees_at_once_what_lies_in_the_socket() {
    let (server, client) = pair(LOOPBACK_V4);
    assert_eq!(server.try_receive().unwrap(), None);
    let sent = client.send(server.local(), b"1").await.unwrap();
    assert_eq!(sent, Time::ZERO);
    let Some(Arrival::Datagram { time, bytes, .. }) = server.try_receive().unwrap() else {
        panic!("nothing in the socket");
    };
    assert_eq!((time, bytes.as_slice()), (Time::ZERO, b"1".as_slice()));
    client.send(server.local(), b"2").await.unwrap();
    let Arrival::Datagram { time, bytes, .. } = server.receive().await.unwrap() else {
        panic!("no second datagram");
    };
    assert_eq!(
        (time, bytes.as_slice()),
        (Time::from_nanos(1), b"2".as_slice())
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_refusal_names_the_peer_and_ends_nothing() {
    for address in [LOOPBACK_V4, LOOPBACK_V6] {
        let (server, client) = pair(address);
        let gone = UdpSocket::bind(address).unwrap().local_addr().unwrap();
        for _ in 0..3 {
            client.send(gone, b"anyone?").await.unwrap();
        }
        client.send(server.local(), b"still here").await.unwrap();
        server.send(client.local(), b"so am I").await.unwrap();
        let mut refusals = 0;
        let bytes = loop {
            match client.receive().await.unwrap() {
                Arrival::Unreachable { peer, reason, .. } => {
                    assert_eq!((peer, reason.as_str()), (Some(gone), "connection refused"));
                    refusals += 1;
                }
                Arrival::Datagram { bytes, .. } => break bytes,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((refusals, bytes.as_slice()), (3, b"so am I".as_slice()));
        assert!(matches!(
            server.receive().await.unwrap(),
            Arrival::Datagram { .. }
        ));
    }
}

#[tokio::test]
async fn a_wildcard_socket_knows_where_it_was_reached() {
    let server = UdpEndpoint::bind("0.0.0.0:0".parse().unwrap(), counting()).unwrap();
    let client = UdpEndpoint::bind(LOOPBACK_V4, counting()).unwrap();
    let reached = SocketAddr::new(LOOPBACK_V4.ip(), server.local().port());
    client.send(reached, b"x").await.unwrap();
    let Arrival::Datagram { to, .. } = server.receive().await.unwrap() else {
        panic!("no datagram");
    };
    assert_eq!(to, reached);
    assert_eq!(server.uri("coap"), format!("coap://{reached}"));
}

#[tokio::test]
async fn errors_name_both_addresses() {
    let first = UdpEndpoint::bind(LOOPBACK_V4, counting()).unwrap();
    let taken = first.local();
    let error = UdpEndpoint::bind(taken, counting()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {taken}: address in use")
    );
    assert!(error.help().unwrap().contains("--listen 127.0.0.1:0"));

    let error = UdpEndpoint::bind("192.0.2.1:5683".parse().unwrap(), counting()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot listen on 192.0.2.1:5683: address not available on this machine"
    );

    let error = first.send(taken, &vec![0; 65_508]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot send 65508 bytes from {taken} to {taken}: message too long")
    );
}

#[test]
fn outside_a_runtime_it_says_so() {
    let error = UdpEndpoint::bind(LOOPBACK_V4, counting()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot listen on 127.0.0.1:0: "),
        "{error}"
    );
}
