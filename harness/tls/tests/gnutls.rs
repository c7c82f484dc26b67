//! Against GnuTLS's `gnutls-serv` and `gnutls-cli` over sockets of 127.0.0.1: raw public keys, which OpenSSL 3.0 does not have.
//!
//! Skipped, and said so, only if they are not on PATH.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests"
)]

mod live;
mod net;

use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use live::{Foreign, Live, Socket, file, free_port, words};
use net::{address, client_of, server_of};
use tls::{Close, Endpoint, Event, Framing, KeyExchange, Settings, Shown, Suite};

fn has_gnutls() -> bool {
    let found = Command::new("gnutls-cli").arg("--version").output().is_ok();
    if !found {
        println!("SKIPPED: gnutls-cli is not on PATH");
    }
    found
}

fn priority(suite: Suite) -> &'static str {
    match suite {
        Suite::PSK_AES_128_CCM_8 => {
            "NONE:+VERS-DTLS1.2:+PSK:+AES-128-CCM-8:+AEAD:+SIGN-ALL:+COMP-NULL:+GROUP-ALL"
        }
        Suite::ECDHE_PSK_AES_128_CBC_SHA256 => {
            "NONE:+VERS-DTLS1.2:+ECDHE-PSK:+AES-128-CBC:+SHA256:+SIGN-ALL:+COMP-NULL:+GROUP-ALL"
        }
        _ => {
            "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+AES-128-CCM-8:+AEAD:+SIGN-ALL:+COMP-NULL:+GROUP-ALL:+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK"
        }
    }
}

fn settings(suite: Suite) -> Settings {
    Settings {
        suites: vec![suite],
        retransmission: Duration::from_millis(500),
        ..Settings::default()
    }
}

const SUITES: [Suite; 3] = [
    Suite::ECDHE_ECDSA_AES_128_CCM_8,
    Suite::PSK_AES_128_CCM_8,
    Suite::ECDHE_PSK_AES_128_CBC_SHA256,
];

fn exchange(suite: Suite) -> KeyExchange {
    suite.facts().unwrap().exchange
}

/// The arguments for one side's keys.
fn keys(suite: Suite, side: &str) -> Vec<String> {
    if exchange(suite).uses_certificate() {
        return words(&format!(
            "--rawpkkeyfile {} --rawpkfile {}",
            file(&format!("raw-{side}.key.pem")),
            file(&format!("raw-{side}.pem"))
        ));
    }
    match side {
        "client" => words("--pskusername client --pskkey 736563726574"),
        _ => words(&format!("--pskpasswd {}", psk_file())),
    }
}

fn psk_file() -> String {
    let path = std::env::temp_dir().join(format!("testfest-psk-{}", std::process::id()));
    std::fs::write(&path, "client:736563726574\n").unwrap();
    path.display().to_string()
}

#[test]
fn our_client_talks_to_gnutls_serv() {
    if !has_gnutls() {
        return;
    }
    for suite in SUITES {
        let port = free_port();
        let mut arguments = words(&format!(
            "--udp --echo --port {port} --require-client-cert --priority {}",
            priority(suite)
        ));
        arguments.extend(keys(suite, "server"));
        let foreign = Foreign::run("gnutls-serv", &arguments);
        foreign.wait_for("listening");
        let mut endpoint = Endpoint::new(Framing::Datagram, settings(suite), u64::from(port));
        let to = address(port);
        endpoint.connect(coap::Time::ZERO, to, client_of(exchange(suite), true));
        let mut live = Live::new(endpoint, Socket::Udp(UdpSocket::bind(address(0)).unwrap()));
        let (peer, session) = live.establish(&foreign);
        if exchange(suite).uses_certificate() {
            assert!(matches!(session.server, Some(Shown::RawKey(_))));
            assert!(matches!(session.client, Some(Shown::RawKey(_))));
        }
        assert_eq!(session.suite, suite);
        let now = live.now();
        live.endpoint.send(now, peer, b"hello\n").unwrap();
        let data = live.run_until("data", &foreign, |event| match event {
            Event::Data { bytes, .. } => Some(bytes.clone()),
            _ => None,
        });
        assert_eq!(data, b"hello\n");
        live.endpoint.close(now, peer, Close::Notify);
        live.step();
    }
}

#[test]
fn gnutls_cli_talks_to_our_server() {
    if !has_gnutls() {
        return;
    }
    // gnutls-cli 3.7.9 crashes after a handshake of ECDHE_PSK, with gnutls-serv too
    for suite in [SUITES[0], SUITES[1]] {
        let socket = UdpSocket::bind(address(0)).unwrap();
        let port = socket.local_addr().unwrap().port();
        let mut endpoint = Endpoint::new(Framing::Datagram, settings(suite), 7);
        endpoint.accept(server_of(exchange(suite), true));
        let mut arguments = words(&format!(
            "--udp --insecure --port {port} --priority {}",
            priority(suite)
        ));
        arguments.extend(keys(suite, "client"));
        arguments.push("127.0.0.1".to_owned());
        let mut foreign = Foreign::run("gnutls-cli", &arguments);
        let mut live = Live::new(endpoint, Socket::Udp(socket));
        let (peer, session) = live.establish(&foreign);
        if exchange(suite).uses_certificate() {
            assert!(matches!(session.client, Some(Shown::RawKey(_))));
        }
        let now = live.now();
        live.endpoint
            .send(now, peer, b"hello from testfest\n")
            .unwrap();
        foreign.say("hello from the other side");
        let data = live.run_until("data", &foreign, |event| match event {
            Event::Data { bytes, .. } => Some(bytes.clone()),
            _ => None,
        });
        assert_eq!(data, b"hello from the other side\n");
        // it writes what it has read when it ends
        live.endpoint.close(now, peer, Close::Notify);
        live.step();
        foreign.wait_for("hello from testfest");
    }
}
