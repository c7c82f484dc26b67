//! Against libcoap's programs over sockets of 127.0.0.1, with whichever of its DTLS libraries is there (Debian's libcoap3-bin has
//! OpenSSL and GnuTLS); skipped, and said so, only if none is on PATH.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests"
)]

mod live;
mod net;

use std::net::UdpSocket;
use std::process::{Command, Stdio};

use coap::{Code, Kind, Message, MessageId, Time, Token, option};
use live::{Foreign, Live, Socket, free_port, words};
use net::{address, client_of, server_of};
use tls::{Endpoint, Event, Framing, KeyExchange, Settings, Suite};

/// libcoap's `name` with each of its DTLS libraries.
fn programs(name: &str) -> Vec<String> {
    let built = ["openssl", "gnutls"].map(|library| format!("coap-{name}-{library}"));
    let is_there = |program: &String| {
        let mut command = Command::new(program);
        command
            .arg("-h")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok()
    };
    let found: Vec<String> = built.into_iter().filter(is_there).collect();
    if found.is_empty() {
        println!("SKIPPED: coap-{name}-openssl and coap-{name}-gnutls are not on PATH");
    }
    found
}

fn settings() -> Settings {
    Settings {
        suites: vec![
            Suite::PSK_AES_128_CCM_8,
            Suite::PSK_AES_128_GCM_SHA256,
            Suite::PSK_AES_128_CBC_SHA256,
        ],
        ..Settings::default()
    }
}

fn data(event: &Event) -> Option<Vec<u8>> {
    match event {
        Event::Data { bytes, .. } => Some(bytes.clone()),
        _ => None,
    }
}

#[test]
fn coap_client_reads_from_our_server() {
    for program in programs("client") {
        let mut endpoint = Endpoint::new(Framing::Datagram, settings(), 11);
        endpoint.accept(server_of(KeyExchange::Psk, false));
        let socket = UdpSocket::bind(address(0)).unwrap();
        let to = socket.local_addr().unwrap();
        let arguments = words(&format!(
            "-m get -B 10 -u client -k secret coaps://{to}/3/0"
        ));
        let client = Foreign::run(&program, &arguments);
        let mut live = Live::new(endpoint, Socket::Udp(socket));
        let (peer, session) = live.establish(&client);
        assert!(session.extended_master_secret, "{program}");
        let bytes = live.run_until("request", &client, data);
        let request = coap::read(&bytes).message.unwrap();
        assert_eq!((request.kind, request.code), (Kind::Con, Code::GET));
        let path = request
            .options
            .iter()
            .filter(|one| one.number == option::URI_PATH);
        let path: Vec<&[u8]> = path.map(|one| one.value.as_slice()).collect();
        assert_eq!(path, [&b"3"[..], b"0"]);
        let mut answer = Message::new(Kind::Ack, Code::CONTENT, request.id, request.token);
        answer.payload = b"hello from testfest".to_vec();
        let now = live.now();
        let bytes = coap::encode(&answer).unwrap();
        live.endpoint.send(now, peer, &bytes).unwrap();
        live.step();
        client.wait_for("hello from testfest");
    }
}

#[test]
fn our_client_reads_from_coap_server() {
    for program in programs("server") {
        // CoAP at this port, CoAP over DTLS at the next one
        let port = free_port();
        let server = Foreign::run(
            &program,
            &words(&format!("-A 127.0.0.1 -p {port} -k secret")),
        );
        let to = address(port + 1);
        let mut endpoint = Endpoint::new(Framing::Datagram, settings(), 12);
        endpoint.connect(Time::ZERO, to, client_of(KeyExchange::Psk, false));
        let socket = Socket::Udp(UdpSocket::bind(address(0)).unwrap());
        let mut live = Live::new(endpoint, socket);
        let (peer, session) = live.establish(&server);
        assert!(session.extended_master_secret, "{program}");
        let token = Token(vec![0x7e, 0x57]);
        let request = Message::new(Kind::Con, Code::GET, MessageId(7), token.clone());
        let now = live.now();
        let bytes = coap::encode(&request).unwrap();
        live.endpoint.send(now, peer, &bytes).unwrap();
        let bytes = live.run_until("answer", &server, data);
        let answer = coap::read(&bytes).message.unwrap();
        assert_eq!((answer.code, answer.token), (Code::CONTENT, token));
        let text = String::from_utf8_lossy(&answer.payload);
        assert!(text.contains("libcoap"), "{text}");
    }
}
