//! Our endpoints on sockets of 127.0.0.1, and a foreign program at the other end.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "tests, of which each uses another part"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use coap::Time;
use tls::{Endpoint, Event, Session};

/// A foreign process that is killed in the end.
pub(crate) struct Foreign {
    pub(crate) child: Child,
    pub(crate) stdin: ChildStdin,
    pub(crate) output: Arc<Mutex<Vec<u8>>>,
}

impl Foreign {
    pub(crate) fn run(program: &str, arguments: &[String]) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(Vec::new()));
        let stdin = child.stdin.take().unwrap();
        let stdout = child.stdout.take().unwrap();
        let stderr = child.stderr.take().unwrap();
        collect(stdout, output.clone());
        collect(stderr, output.clone());
        Self {
            child,
            stdin,
            output,
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().unwrap()).into_owned()
    }

    pub(crate) fn wait_for(&self, words: &str) {
        let start = Instant::now();
        while !self.text().contains(words) {
            let text = self.text();
            assert!(start.elapsed() < PATIENCE, "no {words:?} in {text}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn say(&mut self, line: &str) {
        self.stdin
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
        self.stdin.flush().unwrap();
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn collect(mut from: impl Read + Send + 'static, output: Arc<Mutex<Vec<u8>>>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            output.lock().unwrap().extend_from_slice(&buffer[..count]);
        }
    });
}

pub(crate) enum Socket {
    Udp(UdpSocket),
    Tcp(TcpStream, SocketAddr),
}

/// An endpoint on a socket.
pub(crate) struct Live {
    pub(crate) endpoint: Endpoint,
    pub(crate) socket: Socket,
    pub(crate) start: Instant,
    pub(crate) events: Vec<Event>,
}

impl Live {
    pub(crate) fn new(endpoint: Endpoint, socket: Socket) -> Self {
        let pause = Some(Duration::from_millis(5));
        match &socket {
            Socket::Udp(socket) => socket.set_read_timeout(pause).unwrap(),
            Socket::Tcp(stream, _) => stream.set_read_timeout(pause).unwrap(),
        }
        Self {
            endpoint,
            socket,
            start: Instant::now(),
            events: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    pub(crate) fn step(&mut self) {
        let now = self.now();
        self.endpoint.handle_timeout(now);
        while let Some(transmit) = self.endpoint.poll_transmit() {
            match &mut self.socket {
                Socket::Udp(socket) => drop(socket.send_to(&transmit.bytes, transmit.to)),
                Socket::Tcp(stream, _) => drop(stream.write_all(&transmit.bytes)),
            }
        }
        let mut buffer = [0; 20_000];
        let read = match &mut self.socket {
            Socket::Udp(socket) => socket.recv_from(&mut buffer),
            Socket::Tcp(stream, peer) => stream.read(&mut buffer).map(|count| (count, *peer)),
        };
        match read {
            Ok((0, _)) => thread::sleep(Duration::from_millis(5)),
            Ok((count, from)) => self.endpoint.receive(now, from, &buffer[..count]),
            Err(error) => assert!(
                matches!(
                    error.kind(),
                    ErrorKind::WouldBlock
                        | ErrorKind::TimedOut
                        | ErrorKind::ConnectionRefused
                        | ErrorKind::ConnectionReset
                ),
                "{error}"
            ),
        }
        while let Some(event) = self.endpoint.poll_event() {
            self.events.push(event);
        }
    }

    pub(crate) fn run_until<T>(
        &mut self,
        what: &str,
        foreign: &Foreign,
        found: impl Fn(&Event) -> Option<T>,
    ) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = self.events.iter().find_map(&found) {
                return found;
            }
            let events = &self.events;
            assert!(
                start.elapsed() < PATIENCE,
                "no {what} but {events:?}; foreign says {}",
                foreign.text()
            );
            self.step();
        }
    }

    pub(crate) fn establish(&mut self, foreign: &Foreign) -> (SocketAddr, Session) {
        self.run_until("session", foreign, |event| match event {
            Event::Established { peer, session } => Some((*peer, session.as_ref().clone())),
            _ => None,
        })
    }

    /// Data both ways, and close_notify from us.
    pub(crate) fn talk(&mut self, foreign: &mut Foreign, peer: SocketAddr) {
        let now = self.now();
        self.endpoint
            .send(now, peer, b"hello from testfest\n")
            .unwrap();
        self.step();
        foreign.wait_for("hello from testfest");
        foreign.say("hello from the other side");
        let data = self.run_until("data", foreign, |event| match event {
            Event::Data { bytes, .. } => Some(bytes.clone()),
            _ => None,
        });
        assert_eq!(data, b"hello from the other side\n");
    }
}

pub(crate) fn free_port() -> u16 {
    let socket = UdpSocket::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).unwrap();
    socket.local_addr().unwrap().port()
}

pub(crate) fn file(name: &str) -> String {
    format!("{}/../../fixtures/keys/{name}", env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// How long anything is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
