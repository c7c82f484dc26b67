//! A relay of one client at a time on 127.0.0.1 that keeps what passes.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use coap::Time;
use tls::Framing;

/// Time, sender, receiver and bytes.
pub(crate) type Passed = (Time, SocketAddr, SocketAddr, Vec<u8>);

pub(crate) struct Relay {
    /// Where clients connect.
    pub(crate) address: SocketAddr,
    wire: Arc<Mutex<Vec<Passed>>>,
    stop: Arc<AtomicBool>,
}

struct Tap {
    wire: Arc<Mutex<Vec<Passed>>>,
    stop: Arc<AtomicBool>,
    start: Instant,
}

impl Tap {
    fn keep(&self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let time = Time::ZERO + self.start.elapsed();
        self.wire
            .lock()
            .unwrap()
            .push((time, from, to, bytes.to_vec()));
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }
}

impl Relay {
    /// Forwards to a port of 127.0.0.1.
    pub(crate) fn start(framing: Framing, port: u16) -> Self {
        let wire = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let tap = Tap {
            wire: wire.clone(),
            stop: stop.clone(),
            start: Instant::now(),
        };
        let server = local(port);
        let address = match framing {
            Framing::Datagram => {
                let front = UdpSocket::bind(local(0)).unwrap();
                let address = front.local_addr().unwrap();
                thread::spawn(move || datagrams(&tap, &front, server));
                address
            }
            Framing::Stream => {
                let front = TcpListener::bind(local(0)).unwrap();
                let address = front.local_addr().unwrap();
                front.set_nonblocking(true).unwrap();
                thread::spawn(move || streams(&tap, &front, server));
                address
            }
        };
        Self {
            address,
            wire,
            stop,
        }
    }

    /// What has passed so far, between the client's own address and the server's.
    pub(crate) fn wire(&self) -> Vec<Passed> {
        self.wire.lock().unwrap().clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

fn datagrams(tap: &Tap, front: &UdpSocket, server: SocketAddr) {
    front.set_read_timeout(Some(PAUSE)).unwrap();
    let mut back: Option<(SocketAddr, UdpSocket)> = None;
    let mut buffer = [0; 20_000];
    while tap.goes_on() {
        if let Ok((count, from)) = front.recv_from(&mut buffer) {
            if back.as_ref().is_none_or(|(client, _)| *client != from) {
                let socket = UdpSocket::bind(local(0)).unwrap();
                socket.connect(server).unwrap();
                socket.set_read_timeout(Some(PAUSE)).unwrap();
                back = Some((from, socket));
            }
            tap.keep(from, server, &buffer[..count]);
            if let Some((_, socket)) = &back {
                let _ = socket.send(&buffer[..count]);
            }
        }
        if let Some((client, socket)) = &back {
            while let Ok(count) = socket.recv(&mut buffer) {
                tap.keep(server, *client, &buffer[..count]);
                let _ = front.send_to(&buffer[..count], client);
            }
        }
    }
}

fn streams(tap: &Tap, front: &TcpListener, server: SocketAddr) {
    while tap.goes_on() {
        let Ok((mut front, client)) = front.accept() else {
            thread::sleep(PAUSE);
            continue;
        };
        let mut back = TcpStream::connect(server).unwrap();
        front.set_nonblocking(false).unwrap();
        for stream in [&front, &back] {
            stream.set_read_timeout(Some(PAUSE)).unwrap();
        }
        let mut open = [true; 2];
        while tap.goes_on() && open[0] {
            open[0] = pass(tap, (client, server), &mut front, &mut back);
            open[1] = open[1] && pass(tap, (server, client), &mut back, &mut front);
        }
    }
}

/// Passes on what is there; whether more may come.
fn pass(
    tap: &Tap,
    ends: (SocketAddr, SocketAddr),
    from: &mut TcpStream,
    to: &mut TcpStream,
) -> bool {
    let mut buffer = [0; 20_000];
    match from.read(&mut buffer) {
        Ok(0) => false,
        Ok(count) => {
            tap.keep(ends.0, ends.1, &buffer[..count]);
            to.write_all(&buffer[..count]).is_ok()
        }
        Err(error) => matches!(
            error.kind(),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
        ),
    }
}

const PAUSE: Duration = Duration::from_millis(2);
