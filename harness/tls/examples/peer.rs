//! A client or server of DTLS on UDP, for trying out a foreign implementation by hand:
//! `peer client|server ADDRESS psk|raw|certificate [SUITE] [cid=LENGTH]`. Echoes as a server, says hello as a client, and prints a
//! key log and what happens. Uses the public test credentials, and the PSK "secret" of "client".
#![allow(clippy::print_stdout, reason = "a tool for the command line")]

use std::error::Error;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use coap::Time;
use credentials::fixtures::{Identity, RawKey, identity, raw_key};
use credentials::{Association, Matching, Usage};
use tls::{
    ClientCredentials, ConnectionId, Endpoint, Event, Framing, OwnKey, ServerCredentials, Settings,
    Suite, TrustedClients, key_log,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [role, address, kind, more @ ..] = arguments.as_slice() else {
        return Err(
            "usage: peer client|server ADDRESS psk|raw|certificate [SUITE] [cid=LENGTH]".into(),
        );
    };
    let address: SocketAddr = address.parse()?;
    let is_server = role == "server";
    let mut endpoint = Endpoint::new(
        Framing::Datagram,
        settings(more)?,
        u64::from(std::process::id()),
    );
    let socket = if is_server {
        endpoint.accept(server(kind)?);
        UdpSocket::bind(address)?
    } else {
        endpoint.connect(Time::ZERO, address, client(kind)?);
        endpoint.send(Time::ZERO, address, b"hello from testfest")?;
        UdpSocket::bind(("127.0.0.1", 0))?
    };
    run(&mut endpoint, &socket, is_server)
}

fn settings(words: &[String]) -> Result<Settings> {
    let mut settings = Settings::default();
    for word in words {
        if let Some(length) = word.strip_prefix("cid=") {
            settings.connection_id = ConnectionId::Length(length.parse()?);
        } else {
            settings.suites = vec![Suite::from_word(word).ok_or("an unknown suite")?];
        }
    }
    Ok(settings)
}

fn raw(name: &str) -> Result<&'static RawKey> {
    Ok(raw_key(name).ok_or("no such key")?)
}

fn named(name: &str) -> Result<&'static Identity> {
    Ok(identity(name).ok_or("no such certificate")?)
}

fn client(kind: &str) -> Result<ClientCredentials> {
    let server = raw("raw-server")?.spki;
    Ok(match kind {
        "psk" => ClientCredentials::psk(b"client", b"secret"),
        "raw" => ClientCredentials {
            own: Some(OwnKey::raw(raw("raw-client")?.key()?)),
            server_raw: true,
            association: Some(Association::with_key(
                server,
                Usage::DomainIssued,
                Matching::Exact,
            )),
            ..ClientCredentials::default()
        },
        _ => ClientCredentials {
            own: Some(chain("client")?),
            roots: vec![named("root-ca")?.certificate()?],
            ..ClientCredentials::default()
        },
    })
}

fn server(kind: &str) -> Result<ServerCredentials> {
    let (own, trusted) = match kind {
        "psk" => return Ok(ServerCredentials::psk(&[(b"client", b"secret")])),
        "raw" => {
            let keys = vec![raw("raw-client")?.spki.to_vec()];
            let trusted = TrustedClients {
                keys,
                ..TrustedClients::default()
            };
            (OwnKey::raw(raw("raw-server")?.key()?), trusted)
        }
        _ => {
            let roots = vec![named("root-ca")?.certificate()?];
            let trusted = TrustedClients {
                roots,
                ..TrustedClients::default()
            };
            (chain("server")?, trusted)
        }
    };
    Ok(ServerCredentials {
        own: vec![own],
        trusted,
        ..ServerCredentials::default()
    })
}

fn chain(name: &str) -> Result<OwnKey> {
    let identity = named(name)?;
    Ok(OwnKey::chain(identity.key()?, &identity.chain()?))
}

fn run(endpoint: &mut Endpoint, socket: &UdpSocket, echoes: bool) -> Result<()> {
    socket.set_read_timeout(Some(Duration::from_millis(10)))?;
    let start = Instant::now();
    let mut buffer = [0; 65_536];
    loop {
        let now = Time::ZERO + start.elapsed();
        endpoint.handle_timeout(now);
        if let Ok((count, from)) = socket.recv_from(&mut buffer) {
            endpoint.receive(now, from, &buffer[..count]);
        }
        while let Some(event) = endpoint.poll_event() {
            match &event {
                Event::Secret(secret) => println!("{}", key_log(secret)),
                event => println!("{now:?} {event:?}"),
            }
            match event {
                Event::Data { peer, bytes } if echoes => endpoint.send(now, peer, &bytes)?,
                Event::Data { peer, .. } => endpoint.close(now, peer, tls::Close::Notify),
                Event::Closed { .. } if !echoes => {
                    flush(endpoint, socket);
                    return Ok(());
                }
                _ => {}
            }
        }
        flush(endpoint, socket);
    }
}

fn flush(endpoint: &mut Endpoint, socket: &UdpSocket) {
    while let Some(transmit) = endpoint.poll_transmit() {
        if let Err(error) = socket.send_to(&transmit.bytes, transmit.to) {
            println!("cannot send to {}: {error}", transmit.to);
        }
    }
}
