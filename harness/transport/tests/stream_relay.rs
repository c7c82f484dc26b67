//! The relay of connections over real loopback sockets: what passes, in which order, under which addresses, and how it ends.

#![allow(clippy::unwrap_used)]

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use coap::Time;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use transport::{Arrival, Clock, Closing, LOOPBACK_V4, LOOPBACK_V6, Relayed, StreamRelay};

fn clock() -> Clock {
    let began = Instant::now();
    Arc::new(move || Time::from_nanos(u64::try_from(began.elapsed().as_nanos()).unwrap()))
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(10), future).await;
    done.expect("it happens")
}

/// What a relay told, without times.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Opened(SocketAddr, SocketAddr),
    Bytes(SocketAddr, SocketAddr, Vec<u8>),
    Closed(SocketAddr, SocketAddr, Closing),
    Unreachable(Option<SocketAddr>, String),
}

struct Table {
    server: TcpListener,
    relay: StreamRelay,
    relayed: mpsc::Receiver<Relayed>,
}

/// A connection through the relay.
struct Talk {
    /// The client's socket.
    client: TcpStream,
    /// The server's.
    server: TcpStream,
    /// The client's own address.
    from: SocketAddr,
    /// The server's own address.
    to: SocketAddr,
}

impl Table {
    async fn lay(address: SocketAddr) -> Self {
        Self::with_room(address, 64).await
    }

    async fn with_room(address: SocketAddr, room: usize) -> Self {
        let server = TcpListener::bind(address).await.unwrap();
        let (sender, relayed) = mpsc::channel(room);
        let at = server.local_addr().unwrap();
        let relay = StreamRelay::open(address, at, clock(), sender).unwrap();
        Self {
            server,
            relay,
            relayed,
        }
    }

    async fn talk(&mut self) -> Talk {
        let client = TcpStream::connect(self.relay.local()).await.unwrap();
        let (server, seen_at) = soon(self.server.accept()).await.unwrap();
        let (from, to) = (client.local_addr().unwrap(), self.relay.server());
        assert_eq!(self.told().await, (Told::Opened(from, to), false));
        assert_eq!(self.relay.seen_at(from), Some(seen_at));
        assert_eq!(self.relay.client_at(seen_at), Some(from));
        Talk {
            client,
            server,
            from,
            to,
        }
    }

    /// What is told next, and whether it is held.
    async fn told(&mut self) -> (Told, bool) {
        let relayed = soon(self.relayed.recv()).await.unwrap();
        let told = match relayed.arrival {
            Arrival::Opened {
                from,
                to,
                initiator,
                ..
            } => {
                assert!(!initiator);
                Told::Opened(from, to)
            }
            Arrival::Bytes {
                from, to, bytes, ..
            } => Told::Bytes(from, to, bytes),
            Arrival::Closed {
                from, to, reason, ..
            } => Told::Closed(from, to, reason),
            Arrival::Unreachable { peer, reason, .. } => Told::Unreachable(peer, reason),
            Arrival::Datagram { .. } => panic!("a datagram"),
        };
        (told, relayed.held)
    }

    /// Nothing more is told, and the connection of `client` is forgotten.
    async fn is_over(&mut self, client: SocketAddr) {
        let gone = async {
            while self.relay.seen_at(client).is_some() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        soon(gone).await;
        assert!(self.relayed.try_recv().is_err());
    }
}

impl Talk {
    /// Sender and receiver of one way with their sockets.
    fn way(&mut self, to_server: bool) -> (SocketAddr, &mut TcpStream, SocketAddr, &mut TcpStream) {
        match to_server {
            true => (self.from, &mut self.client, self.to, &mut self.server),
            false => (self.to, &mut self.server, self.from, &mut self.client),
        }
    }

    fn drop_one(self, client: bool) -> TcpStream {
        match client {
            true => self.server,
            false => self.client,
        }
    }
}

async fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    soon(stream.read_exact(&mut bytes)).await.unwrap();
    bytes
}

/// How a stream ends that has nothing left to give.
async fn end(stream: &mut TcpStream) -> Result<usize, ErrorKind> {
    let read = soon(stream.read(&mut [0; 8])).await;
    read.map_err(|error| error.kind())
}

fn broken() -> Closing {
    Closing::Broken("connection reset by peer".to_owned())
}

#[tokio::test]
async fn each_client_has_a_connection_of_its_own_and_both_ends_are_told_by_their_addresses() {
    for address in [LOOPBACK_V4, LOOPBACK_V6] {
        let mut table = Table::lay(address).await;
        let mut talks = [table.talk().await, table.talk().await];
        for (number, to_server) in [(0, true), (1, true), (1, false), (0, false)] {
            let text = format!("{number}, {to_server}");
            let (from, sender, to, receiver) = talks[number].way(to_server);
            sender.write_all(text.as_bytes()).await.unwrap();
            let told = Told::Bytes(from, to, text.clone().into_bytes());
            assert_eq!(table.told().await, (told, false));
            assert_eq!(read(receiver, text.len()).await, text.as_bytes());
        }
        let [one, other] = talks;
        assert_ne!(
            table.relay.seen_at(one.from),
            table.relay.seen_at(other.from)
        );
    }
}

/// Two writes are two pieces, as soon as they are written: nothing waits to be joined.
#[tokio::test]
async fn pieces_pass_promptly_and_are_told_first() {
    let mut table = Table::lay(LOOPBACK_V4).await;
    let mut talk = table.talk().await;
    for number in 0..200_u8 {
        let (from, sender, to, receiver) = talk.way(number % 2 == 0);
        sender.set_nodelay(true).unwrap();
        sender.write_all(&[number]).await.unwrap();
        assert_eq!(read(receiver, 1).await, [number]);
        // it is there, so it has been told
        let told = table.relayed.try_recv().unwrap();
        let Arrival::Bytes {
            from: sender,
            to: receiver,
            bytes,
            ..
        } = told.arrival
        else {
            panic!("{told:?}");
        };
        assert_eq!((sender, receiver, bytes), (from, to, vec![number]));
    }
}

/// The receiver takes nothing at first: then the sender is held up, and afterwards nothing is missing.
#[tokio::test]
async fn an_end_that_does_not_read_holds_the_other_up() {
    for to_server in [true, false] {
        let mut table = Table::lay(LOOPBACK_V4).await;
        let mut talk = table.talk().await;
        let (_, sender, _, receiver) = talk.way(to_server);
        let mut relayed = std::mem::replace(&mut table.relayed, mpsc::channel(1).1);
        let count = tokio::spawn(async move {
            let mut told = Vec::new();
            while let Some(one) = relayed.recv().await {
                match one.arrival {
                    Arrival::Bytes { bytes, .. } => told.extend(bytes),
                    Arrival::Closed { .. } => return told,
                    other => panic!("{other:?}"),
                }
            }
            panic!("no end is told");
        });
        let piece: Vec<u8> = (0..1 << 16).map(|at: u32| (at % 251) as u8).collect();
        let mut written = 0_usize;
        let stalled = loop {
            let at = written % piece.len();
            let write = sender.write(&piece[at..]);
            match tokio::time::timeout(Duration::from_millis(500), write).await {
                Ok(length) => written += length.unwrap(),
                Err(_) => break true,
            }
            if written > 1 << 26 {
                break false;
            }
        };
        assert!(stalled, "{written} bytes found room somewhere");
        // more than the systems' buffers are read by the receiver, who learns the end
        let rest = 20_000_000;
        let (mut all, pattern) = (Vec::new(), piece.clone());
        let writes = async {
            let mut left = rest;
            while left > 0 {
                let at = written % pattern.len();
                let most = (pattern.len() - at).min(left);
                let length = sender.write(&pattern[at..at + most]).await.unwrap();
                written += length;
                left -= length;
            }
            sender.shutdown().await.unwrap();
        };
        let reads = receiver.read_to_end(&mut all);
        let (_, read) = soon(async { tokio::join!(writes, reads) }).await;
        assert_eq!(read.unwrap(), written);
        let expected = |(at, byte): (usize, &u8)| *byte == pattern[at % pattern.len()];
        assert!(all.iter().enumerate().all(expected));
        assert!(soon(count).await.unwrap() == all);
    }
}

/// Whoever hears of it does not take what is told: then nothing passes, and nobody's bytes pile up.
#[tokio::test]
async fn nothing_passes_untold() {
    let mut table = Table::with_room(LOOPBACK_V4, 1).await;
    let mut talk = table.talk().await;
    for piece in [[1], [2]] {
        talk.client.write_all(&piece).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(read(&mut talk.server, 1).await, [1]);
    assert_eq!(
        talk.server.try_read(&mut [0]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    assert_eq!(
        table.told().await.0,
        Told::Bytes(talk.from, talk.to, vec![1])
    );
    assert_eq!(read(&mut talk.server, 1).await, [2]);
}

#[tokio::test]
async fn an_end_is_an_end_behind_what_was_sent_and_the_other_way_stays_open() {
    for to_server in [true, false] {
        let mut table = Table::lay(LOOPBACK_V4).await;
        let mut talk = table.talk().await;
        let (from, sender, to, receiver) = talk.way(to_server);
        sender.write_all(b"last").await.unwrap();
        sender.shutdown().await.unwrap();
        assert_eq!(read(receiver, 4).await, b"last");
        assert_eq!(end(receiver).await, Ok(0));
        receiver.write_all(b"not yet").await.unwrap();
        assert_eq!(read(sender, 7).await, b"not yet");
        receiver.shutdown().await.unwrap();
        assert_eq!(end(sender).await, Ok(0));
        for expected in [
            Told::Bytes(from, to, b"last".to_vec()),
            Told::Closed(from, to, Closing::Finished),
            Told::Bytes(to, from, b"not yet".to_vec()),
            Told::Closed(to, from, Closing::Finished),
        ] {
            assert_eq!(table.told().await, (expected, false));
        }
        let client = talk.from;
        table.is_over(client).await;
    }
}

#[tokio::test]
async fn a_reset_is_a_reset_behind_what_was_sent() {
    for by_client in [true, false] {
        let mut table = Table::lay(LOOPBACK_V4).await;
        let mut talk = table.talk().await;
        let client = talk.from;
        let (from, sender, to, _) = talk.way(by_client);
        sender.write_all(b"last").await.unwrap();
        sender.set_zero_linger().unwrap();
        let mut other = talk.drop_one(by_client);
        assert_eq!(read(&mut other, 4).await, b"last");
        assert_eq!(end(&mut other).await, Err(ErrorKind::ConnectionReset));
        let bytes = Told::Bytes(from, to, b"last".to_vec());
        assert_eq!(table.told().await, (bytes, false));
        let closed = Told::Closed(from, to, broken());
        assert_eq!(table.told().await, (closed, false));
        table.is_over(client).await;
    }
}

/// It is noticed by writing to it, too, while its own way has ended already.
#[tokio::test]
async fn a_reset_behind_an_end_is_a_reset() {
    let mut table = Table::lay(LOOPBACK_V4).await;
    let mut talk = table.talk().await;
    talk.client.shutdown().await.unwrap();
    assert_eq!(end(&mut talk.server).await, Ok(0));
    let closed = Told::Closed(talk.from, talk.to, Closing::Finished);
    assert_eq!(table.told().await.0, closed);
    // a client that is gone rejects what still comes
    drop(talk.client);
    let writes = async {
        while talk.server.write_all(b"more").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    soon(writes).await;
    loop {
        match table.told().await.0 {
            Told::Bytes(..) => {}
            other => {
                let Told::Closed(from, _, Closing::Broken(_)) = other else {
                    panic!("{other:?}");
                };
                assert_eq!(from, talk.from);
                break;
            }
        }
    }
    table.is_over(talk.from).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_and_the_client_is_reset() {
    let gone = TcpListener::bind(LOOPBACK_V4).await.unwrap();
    let at = gone.local_addr().unwrap();
    drop(gone);
    let (sender, mut relayed) = mpsc::channel(64);
    let relay = StreamRelay::open(LOOPBACK_V4, at, clock(), sender).unwrap();
    let mut client = TcpStream::connect(relay.local()).await.unwrap();
    assert_eq!(end(&mut client).await, Err(ErrorKind::ConnectionReset));
    let told = soon(relayed.recv()).await.unwrap();
    let Arrival::Unreachable { peer, reason, .. } = told.arrival else {
        panic!("{told:?}");
    };
    assert_eq!((peer, reason.as_str()), (Some(at), "connection refused"));
    assert_eq!(relay.seen_at(client.local_addr().unwrap()), None);
}

/// A caller who holds everything says what each end gets, and when it ends.
#[tokio::test]
async fn what_is_held_goes_no_further_than_its_caller_has_it() {
    let mut table = Table::lay(LOOPBACK_V4).await;
    let mut talk = table.talk().await;
    table.relay.hold(true);
    let client = talk.from;
    for to_server in [true, false] {
        let (from, sender, to, receiver) = talk.way(to_server);
        sender.write_all(b"hidden").await.unwrap();
        let told = Told::Bytes(from, to, b"hidden".to_vec());
        assert_eq!(table.told().await, (told, true));
        table.relay.send(client, to_server, b"instead").unwrap();
        assert_eq!(read(receiver, 7).await, b"instead");
        // both ways are the caller's
        table.relay.send(client, !to_server, b"answer").unwrap();
        assert_eq!(read(sender, 6).await, b"answer");
    }
    for to_server in [true, false] {
        let (from, sender, to, receiver) = talk.way(to_server);
        sender.shutdown().await.unwrap();
        let closed = Told::Closed(from, to, Closing::Finished);
        assert_eq!(table.told().await, (closed, true));
        table.relay.send(client, to_server, b"behind it").unwrap();
        assert!(table.relay.close(client, to_server));
        assert_eq!(read(receiver, 9).await, b"behind it");
        assert_eq!(end(receiver).await, Ok(0));
    }
    table.is_over(client).await;
    assert!(!table.relay.close(client, true));
    let error = table.relay.send(client, true, b"x").unwrap_err();
    let to = talk.to;
    assert_eq!(
        error.to_string(),
        format!("cannot send 1 bytes from {client} to {to}: no connection")
    );
}

#[tokio::test]
async fn a_held_reset_waits_for_its_caller() {
    for by_client in [true, false] {
        let mut table = Table::lay(LOOPBACK_V4).await;
        let mut talk = table.talk().await;
        table.relay.hold(true);
        let client = talk.from;
        let (from, sender, to, _) = talk.way(by_client);
        sender.set_zero_linger().unwrap();
        let mut other = talk.drop_one(by_client);
        let closed = Told::Closed(from, to, broken());
        assert_eq!(table.told().await, (closed, true));
        let error = table.relay.send(client, !by_client, b"x").unwrap_err();
        assert!(error.to_string().ends_with(": the connection is over"));
        table.relay.send(client, by_client, b"last").unwrap();
        assert!(table.relay.close(client, by_client));
        assert_eq!(read(&mut other, 4).await, b"last");
        assert_eq!(end(&mut other).await, Err(ErrorKind::ConnectionReset));
        table.is_over(client).await;
    }
}

#[tokio::test]
async fn what_is_forgotten_is_reset_without_a_word_and_a_dropped_relay_closes_everything() {
    let mut table = Table::lay(LOOPBACK_V4).await;
    let mut talk = table.talk().await;
    table.relay.forget();
    for stream in [&mut talk.client, &mut talk.server] {
        assert_eq!(end(stream).await, Err(ErrorKind::ConnectionReset));
    }
    table.is_over(talk.from).await;
    let mut talk = table.talk().await;
    let address = table.relay.local();
    drop(table.relay);
    for stream in [&mut talk.client, &mut talk.server] {
        let ended = end(stream).await;
        assert!(matches!(ended, Ok(0) | Err(ErrorKind::ConnectionReset)));
    }
    drop(StreamRelay::open(address, talk.to, clock(), mpsc::channel(1).0).unwrap());
}

#[tokio::test]
async fn so_many_connections_stand_at_a_time_and_no_more() {
    let mut table = Table::with_room(LOOPBACK_V4, 1024).await;
    let mut talks = Vec::new();
    for _ in 0..256 {
        talks.push(table.talk().await);
    }
    let mut late = TcpStream::connect(table.relay.local()).await.unwrap();
    assert!(matches!(end(&mut late).await, Ok(0) | Err(_)));
    let first = talks.remove(0);
    let from = first.from;
    let server = first.drop_one(true);
    let closed = Told::Closed(from, table.relay.server(), Closing::Finished);
    assert_eq!(table.told().await.0, closed);
    drop(server);
    table.told().await;
    table.is_over(from).await;
    table.talk().await;
}
