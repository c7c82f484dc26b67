//! Against OpenSSL's `s_server` and `s_client` over sockets of 127.0.0.1; skipped, and said so, only if `openssl` is not on PATH.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests"
)]

mod net;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use coap::Time;
use net::{address, client_of, server_of};
use tls::{
    ClientCredentials, Close, Endpoint, Event, Framing, KeyExchange, Session, Settings, Suite,
};

/// Suites with OpenSSL's names for them; it has none for the ECDHE_PSK suites with CCM.
const SUITES: &[(Suite, &str)] = &[
    (Suite::PSK_AES_128_CCM_8, "PSK-AES128-CCM8"),
    (Suite::PSK_AES_256_CCM_8, "PSK-AES256-CCM8"),
    (Suite::PSK_AES_128_CCM, "PSK-AES128-CCM"),
    (Suite::PSK_AES_256_CCM, "PSK-AES256-CCM"),
    (Suite::PSK_AES_128_GCM_SHA256, "PSK-AES128-GCM-SHA256"),
    (Suite::PSK_AES_256_GCM_SHA384, "PSK-AES256-GCM-SHA384"),
    (Suite::PSK_AES_128_CBC_SHA256, "PSK-AES128-CBC-SHA256"),
    (
        Suite::ECDHE_PSK_AES_128_CBC_SHA256,
        "ECDHE-PSK-AES128-CBC-SHA256",
    ),
    (Suite::ECDHE_ECDSA_AES_128_CCM_8, "ECDHE-ECDSA-AES128-CCM8"),
    (Suite::ECDHE_ECDSA_AES_256_CCM_8, "ECDHE-ECDSA-AES256-CCM8"),
    (Suite::ECDHE_ECDSA_AES_128_CCM, "ECDHE-ECDSA-AES128-CCM"),
    (Suite::ECDHE_ECDSA_AES_256_CCM, "ECDHE-ECDSA-AES256-CCM"),
    (
        Suite::ECDHE_ECDSA_AES_128_GCM_SHA256,
        "ECDHE-ECDSA-AES128-GCM-SHA256",
    ),
    (
        Suite::ECDHE_ECDSA_AES_256_GCM_SHA384,
        "ECDHE-ECDSA-AES256-GCM-SHA384",
    ),
    (
        Suite::ECDHE_ECDSA_AES_128_CBC_SHA256,
        "ECDHE-ECDSA-AES128-SHA256",
    ),
];

fn has_openssl() -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok();
    if !found {
        println!("SKIPPED: openssl is not on PATH");
    }
    found
}

/// A process of OpenSSL that is killed in the end.
struct OpenSsl {
    child: Child,
    stdin: ChildStdin,
    output: Arc<Mutex<Vec<u8>>>,
}

impl OpenSsl {
    fn run(arguments: &[String]) -> Self {
        let mut child = Command::new("openssl")
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

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().unwrap()).into_owned()
    }

    fn wait_for(&self, words: &str) {
        let start = Instant::now();
        while !self.text().contains(words) {
            let text = self.text();
            assert!(start.elapsed() < PATIENCE, "no {words:?} in {text}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn say(&mut self, line: &str) {
        self.stdin
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
        self.stdin.flush().unwrap();
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut from: impl Read + Send + 'static, output: Arc<Mutex<Vec<u8>>>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            output.lock().unwrap().extend_from_slice(&buffer[..count]);
        }
    });
}

enum Socket {
    Udp(UdpSocket),
    Tcp(TcpStream, SocketAddr),
}

/// An endpoint on a socket.
struct Live {
    endpoint: Endpoint,
    socket: Socket,
    start: Instant,
    events: Vec<Event>,
}

impl Live {
    fn new(endpoint: Endpoint, socket: Socket) -> Self {
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

    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    fn step(&mut self) {
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

    fn run_until<T>(
        &mut self,
        what: &str,
        openssl: &OpenSsl,
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
                "no {what} but {events:?}; openssl says {}",
                openssl.text()
            );
            self.step();
        }
    }

    fn establish(&mut self, openssl: &OpenSsl) -> (SocketAddr, Session) {
        self.run_until("session", openssl, |event| match event {
            Event::Established { peer, session } => Some((*peer, session.as_ref().clone())),
            _ => None,
        })
    }

    /// Data both ways, and close_notify from us.
    fn talk(&mut self, openssl: &mut OpenSsl, peer: SocketAddr) {
        let now = self.now();
        self.endpoint
            .send(now, peer, b"hello from testfest\n")
            .unwrap();
        self.step();
        openssl.wait_for("hello from testfest");
        openssl.say("hello from openssl");
        let data = self.run_until("data", openssl, |event| match event {
            Event::Data { bytes, .. } => Some(bytes.clone()),
            _ => None,
        });
        assert_eq!(data, b"hello from openssl\n");
    }
}

fn free_port() -> u16 {
    let socket = UdpSocket::bind(address(0)).unwrap();
    socket.local_addr().unwrap().port()
}

fn file(name: &str) -> String {
    format!("{}/../../fixtures/keys/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn protocol(framing: Framing) -> &'static str {
    match framing {
        Framing::Datagram => "-dtls1_2",
        Framing::Stream => "-tls1_2",
    }
}

fn exchange(suite: Suite) -> KeyExchange {
    suite.facts().unwrap().exchange
}

fn server_arguments(
    framing: Framing,
    suite: Suite,
    name: &str,
    port: u16,
    more: &str,
) -> Vec<String> {
    let mut arguments = words(&format!(
        "s_server {} -cipher {name}:@SECLEVEL=0 -accept 127.0.0.1:{port} {more}",
        protocol(framing)
    ));
    arguments.extend(if exchange(suite).uses_psk() {
        words("-nocert -psk 736563726574 -psk_identity client")
    } else {
        words(&format!(
            "-cert {} -key {} -CAfile {} -Verify 2 -verify_return_error",
            file("server.pem"),
            file("server.key.pem"),
            file("root-ca.pem")
        ))
    });
    arguments
}

fn client_arguments(
    framing: Framing,
    suite: Suite,
    name: &str,
    to: SocketAddr,
    more: &str,
) -> Vec<String> {
    let mut arguments = words(&format!(
        "s_client {} -cipher {name}:@SECLEVEL=0 -connect {to} {more}",
        protocol(framing)
    ));
    arguments.extend(if exchange(suite).uses_psk() {
        words("-psk 736563726574 -psk_identity client")
    } else {
        words(&format!(
            "-cert {} -key {} -CAfile {} -verify_return_error -verify 2",
            file("client.pem"),
            file("client.key.pem"),
            file("root-ca.pem")
        ))
    });
    arguments
}

fn settings(suite: Suite) -> Settings {
    Settings {
        suites: vec![suite],
        retransmission: Duration::from_millis(500),
        ..Settings::default()
    }
}

fn connect(
    framing: Framing,
    settings: Settings,
    port: u16,
    credentials: &ClientCredentials,
) -> Live {
    let to = address(port);
    let mut endpoint = Endpoint::new(framing, settings, u64::from(port));
    endpoint.connect(Time::ZERO, to, credentials.clone());
    let socket = match framing {
        Framing::Datagram => Socket::Udp(UdpSocket::bind(address(0)).unwrap()),
        Framing::Stream => Socket::Tcp(TcpStream::connect(to).unwrap(), to),
    };
    Live::new(endpoint, socket)
}

fn our_client(framing: Framing, suite: Suite, name: &str, more: &str) {
    let port = free_port();
    let mut openssl = OpenSsl::run(&server_arguments(framing, suite, name, port, more));
    openssl.wait_for("ACCEPT");
    let credentials = client_of(exchange(suite), false);
    let mut live = connect(framing, settings(suite), port, &credentials);
    let (peer, session) = live.establish(&openssl);
    assert_eq!(session.suite, suite);
    assert!(session.extended_master_secret);
    let cbc = !suite.facts().unwrap().bulk.is_aead();
    assert_eq!(session.encrypt_then_mac, cbc, "{name}");
    live.talk(&mut openssl, peer);
    let now = live.now();
    live.endpoint.close(now, peer, Close::Notify);
    live.step();
    openssl.wait_for("DONE");
}

fn our_server(framing: Framing, suite: Suite, name: &str, more: &str) -> (Session, String) {
    let mut endpoint = Endpoint::new(framing, settings(suite), 7);
    endpoint.accept(server_of(exchange(suite), false));
    let (mut openssl, socket) = match framing {
        Framing::Datagram => {
            let socket = UdpSocket::bind(address(0)).unwrap();
            let to = socket.local_addr().unwrap();
            let openssl = OpenSsl::run(&client_arguments(framing, suite, name, to, more));
            (openssl, Socket::Udp(socket))
        }
        Framing::Stream => {
            let listener = TcpListener::bind(address(0)).unwrap();
            let to = listener.local_addr().unwrap();
            let openssl = OpenSsl::run(&client_arguments(framing, suite, name, to, more));
            let (stream, peer) = listener.accept().unwrap();
            (openssl, Socket::Tcp(stream, peer))
        }
    };
    let mut live = Live::new(endpoint, socket);
    let (peer, session) = live.establish(&openssl);
    live.talk(&mut openssl, peer);
    // Q at the start of a line ends s_client with a close_notify
    openssl.say("Q");
    live.run_until("close", &openssl, |event| match event {
        Event::Closed { reason, .. } => Some(assert_eq!(*reason, tls::End::Notified)),
        _ => None,
    });
    (session, openssl.text())
}

#[test]
fn our_client_talks_to_s_server_in_every_suite() {
    if !has_openssl() {
        return;
    }
    for framing in [Framing::Datagram, Framing::Stream] {
        for (suite, name) in SUITES {
            our_client(framing, *suite, name, "");
        }
    }
}

#[test]
fn our_client_brings_the_cookie_of_s_server_back() {
    if !has_openssl() {
        return;
    }
    our_client(
        Framing::Datagram,
        Suite::PSK_AES_128_CCM_8,
        "PSK-AES128-CCM8",
        "-listen",
    );
    let (suite, name) = SUITES[8];
    our_client(Framing::Datagram, suite, name, "-listen -mtu 400");
}

#[test]
fn s_client_talks_to_our_server_in_every_suite() {
    if !has_openssl() {
        return;
    }
    for framing in [Framing::Datagram, Framing::Stream] {
        for (suite, name) in SUITES {
            let (session, _) = our_server(framing, *suite, name, "");
            assert_eq!(session.suite, *suite);
            assert!(session.extended_master_secret);
            let facts = suite.facts().unwrap();
            assert_eq!(session.encrypt_then_mac, !facts.bulk.is_aead(), "{name}");
            assert_eq!(session.client.is_some(), !facts.exchange.uses_psk());
        }
    }
}

#[test]
fn s_client_asks_for_small_fragments() {
    if !has_openssl() {
        return;
    }
    let (suite, name) = SUITES[8];
    for framing in [Framing::Datagram, Framing::Stream] {
        let (session, text) = our_server(framing, suite, name, "-maxfraglen 512");
        assert_eq!(session.max_fragment, 512);
        assert!(text.contains("Verification: OK"), "{text}");
    }
}

#[test]
fn s_server_resumes_our_session() {
    if !has_openssl() {
        return;
    }
    for framing in [Framing::Datagram, Framing::Stream] {
        for index in [0, 7, 8] {
            let (suite, name) = SUITES[index];
            let port = free_port();
            let more = "-no_ticket -naccept 2";
            let openssl = OpenSsl::run(&server_arguments(framing, suite, name, port, more));
            openssl.wait_for("ACCEPT");
            let credentials = client_of(exchange(suite), false);
            let mut live = connect(framing, settings(suite), port, &credentials);
            let (peer, first) = live.establish(&openssl);
            assert!(!first.resumed);
            let now = live.now();
            live.endpoint.close(now, peer, Close::Notify);
            live.step();
            openssl.wait_for("DONE");
            live.events.clear();
            let socket = match framing {
                Framing::Datagram => Socket::Udp(UdpSocket::bind(address(0)).unwrap()),
                Framing::Stream => Socket::Tcp(TcpStream::connect(peer).unwrap(), peer),
            };
            let mut live = Live::new(live.endpoint, socket);
            live.endpoint.connect(Time::ZERO, peer, credentials);
            let (_, second) = live.establish(&openssl);
            assert!(second.resumed, "{framing:?} {name} {}", openssl.text());
        }
    }
}

#[test]
fn our_server_resumes_the_session_of_s_client() {
    if !has_openssl() {
        return;
    }
    let (suite, name) = SUITES[8];
    let directory = std::env::temp_dir().join(format!("testfest-tls-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let stored = directory.join("session.pem");
    let mut endpoint = Endpoint::new(Framing::Datagram, settings(suite), 7);
    endpoint.accept(server_of(exchange(suite), false));
    let socket = UdpSocket::bind(address(0)).unwrap();
    let to = socket.local_addr().unwrap();
    let mut live = Live::new(endpoint, Socket::Udp(socket));
    for (resumed, flag) in [(false, "-sess_out"), (true, "-sess_in")] {
        let more = format!("{flag} {} -no_ticket", stored.display());
        let arguments = client_arguments(Framing::Datagram, suite, name, to, &more);
        let mut openssl = OpenSsl::run(&arguments);
        live.events.clear();
        let (_, session) = live.establish(&openssl);
        assert_eq!(session.resumed, resumed, "{}", openssl.text());
        assert!(session.client.is_some());
        openssl.say("Q");
        live.run_until("close", &openssl, |event| {
            matches!(event, Event::Closed { .. }).then_some(())
        });
        openssl.wait_for("DONE");
        let start = Instant::now();
        while !stored.exists() && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(5));
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn openssl_refuses_what_is_false() {
    if !has_openssl() {
        return;
    }
    let (suite, name) = SUITES[8];
    let mut bent = settings(suite);
    bent.misbehaviour.proof = tls::Proof::False;
    assert_eq!(refusal(suite, name, bent), 51);
    let mut bent = settings(SUITES[0].0);
    bent.misbehaviour.wrong_finished = true;
    let (suite, name) = SUITES[0];
    assert_eq!(refusal(suite, name, bent), 51);
}

/// The alert with which `s_server` over TLS refuses a client.
fn refusal(suite: Suite, name: &str, settings: Settings) -> u8 {
    let framing = Framing::Stream;
    let port = free_port();
    let openssl = OpenSsl::run(&server_arguments(framing, suite, name, port, ""));
    openssl.wait_for("ACCEPT");
    let mut live = connect(framing, settings, port, &client_of(exchange(suite), false));
    live.run_until("alert", &openssl, |event| match event {
        Event::Alert {
            sent: false, alert, ..
        } => Some(alert.description.0),
        _ => None,
    })
}

const PATIENCE: Duration = Duration::from_secs(10);
