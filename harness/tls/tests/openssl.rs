//! Against OpenSSL's `s_server` and `s_client` over sockets of 127.0.0.1; skipped, and said so, only if `openssl` is not on PATH.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests"
)]

mod live;
mod net;

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use coap::Time;
use live::{Foreign, Live, PATIENCE, Socket, file, free_port, words};
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
    let mut openssl = Foreign::run(
        "openssl",
        &server_arguments(framing, suite, name, port, more),
    );
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
            let openssl =
                Foreign::run("openssl", &client_arguments(framing, suite, name, to, more));
            (openssl, Socket::Udp(socket))
        }
        Framing::Stream => {
            let listener = TcpListener::bind(address(0)).unwrap();
            let to = listener.local_addr().unwrap();
            let openssl =
                Foreign::run("openssl", &client_arguments(framing, suite, name, to, more));
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
        Event::Closed { reason, .. } => {
            assert_eq!(*reason, tls::End::Notified);
            Some(())
        }
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
            let openssl = Foreign::run(
                "openssl",
                &server_arguments(framing, suite, name, port, more),
            );
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
        let mut openssl = Foreign::run("openssl", &arguments);
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
    let openssl = Foreign::run("openssl", &server_arguments(framing, suite, name, port, ""));
    openssl.wait_for("ACCEPT");
    let mut live = connect(framing, settings, port, &client_of(exchange(suite), false));
    live.run_until("alert", &openssl, |event| match event {
        Event::Alert {
            sent: false, alert, ..
        } => Some(alert.description.0),
        _ => None,
    })
}
