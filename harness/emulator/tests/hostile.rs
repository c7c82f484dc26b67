//! Whatever comes, the emulators neither panic nor stand still nor grow without bound.
#![allow(clippy::unwrap_used, reason = "a test that breaks shall say where")]

mod network;

use std::time::Duration;

use coap::{Code, Kind, Message, MessageId, Time, Token, option};
use emulator::{
    BootstrapServer, BootstrapServerConfiguration, Client, Endpoint, Server, ServerConfiguration,
};
use lwm2m::Version;
use network::{client_address, configuration, server_address};
use proptest::prelude::*;

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("3".to_owned()),
        Just("0".to_owned()),
        Just("1".to_owned()),
        Just("rd".to_owned()),
        Just("bs".to_owned()),
        Just("dp".to_owned()),
        (0..70_000_u32).prop_map(|number| number.to_string()),
        "[a-z/]{0,3}",
    ]
}

fn query() -> impl Strategy<Value = String> {
    prop_oneof![
        "(ep|lt|lwm2m|b|Q|pct|pmin|pmax|gt|lt|st|con|depth)(=[0-9.a-z-]{0,5})?",
        Just("lwm2m=1.1".to_owned()),
        Just("ep=a".to_owned()),
        Just("lt=60".to_owned()),
    ]
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        Just(b"</1/0>,</3/0>".to_vec()),
        Just(b"[{\"n\":\"/3/0/0\"}]".to_vec()),
        Just(vec![0xc1, 1, 60]),
    ]
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let header = (
        0..4_u8,
        any::<u8>(),
        any::<u16>(),
        proptest::collection::vec(any::<u8>(), 0..9),
    );
    let format = prop_oneof![
        Just(None),
        proptest::sample::select(vec![
            0_u16, 40, 42, 60, 110, 112, 320, 322, 11542, 11543, 11544
        ])
        .prop_map(Some)
    ];
    let parts = (
        proptest::collection::vec(segment(), 0..6),
        proptest::collection::vec(query(), 0..5),
        format.clone(),
        format,
        proptest::option::of(0..3_u32),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..4)),
        payload(),
    );
    (header, parts).prop_map(|((kind, code, id, token), parts)| {
        let (segments, queries, format, accept, observe, block, payload) = parts;
        let kind = [Kind::Con, Kind::Non, Kind::Ack, Kind::Rst][usize::from(kind)];
        let code = if code < 200 {
            Code(code % 8)
        } else {
            Code(code)
        };
        let mut message = Message::new(kind, code, MessageId(id), Token(token));
        segments
            .iter()
            .for_each(|each| message.push_option(option::URI_PATH, each.as_bytes()));
        queries
            .iter()
            .for_each(|each| message.push_option(option::URI_QUERY, each.as_bytes()));
        if let Some(format) = format {
            message.push_uint_option(option::CONTENT_FORMAT, format.into());
        }
        if let Some(accept) = accept {
            message.push_uint_option(option::ACCEPT, accept.into());
        }
        if let Some(observe) = observe {
            message.push_uint_option(option::OBSERVE, observe.into());
        }
        if let Some(block) = block {
            message.push_option(option::BLOCK1, block);
        }
        message.payload = payload;
        coap::encode(&message).unwrap_or_default()
    })
}

fn datagram() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => message(), 1 => proptest::collection::vec(any::<u8>(), 0..64)]
}

/// Feeds datagrams a second apart and does what is due in between.
fn feed(endpoint: &mut impl Endpoint, from: std::net::SocketAddr, datagrams: &[Vec<u8>]) {
    let mut now = Time::ZERO + Duration::from_secs(2);
    for bytes in datagrams {
        endpoint.handle_datagram(now, from, bytes);
        now += Duration::from_secs(1);
        let mut rounds = 0;
        while let Some(due) = endpoint.poll_timeout().filter(|due| *due <= now) {
            endpoint.handle_timeout(due.max(now));
            rounds += 1;
            assert!(rounds < 100, "no progress");
        }
        let sent = std::iter::from_fn(|| endpoint.poll_transmit()).count();
        assert!(sent < 400, "{sent} datagrams for one");
        while endpoint.poll_event().is_some() {}
    }
}

/// A client that believes to be registered.
fn registered_client() -> Client {
    let mut client = Client::new(configuration(Version::V1_2, 600));
    client.start(Time::ZERO);
    let register = coap::read(&client.poll_transmit().unwrap().bytes)
        .message
        .unwrap();
    let mut created = Message::new(Kind::Ack, Code::CREATED, register.id, register.token);
    created.push_option(option::LOCATION_PATH, *b"rd");
    created.push_option(option::LOCATION_PATH, *b"1");
    client.handle_datagram(
        Time::ZERO,
        server_address(),
        &coap::encode(&created).unwrap(),
    );
    assert_eq!(client.registrations().len(), 1);
    client
}

/// A client that believes to be bootstrapped.
fn bootstrapping_client() -> Client {
    let mut configuration = configuration(Version::V1_2, 600);
    configuration
        .data
        .retain(|(path, _)| path.object() == Some(3));
    let rows = [
        (
            "/0/0/0",
            lwm2m::Value::String(format!("coap://{}", server_address())),
        ),
        ("/0/0/1", lwm2m::Value::Boolean(true)),
    ];
    configuration
        .data
        .extend(rows.map(|(at, value)| (network::path(at), value)));
    configuration.servers.clear();
    let mut client = Client::new(configuration);
    client.start(Time::ZERO);
    let request = coap::read(&client.poll_transmit().unwrap().bytes)
        .message
        .unwrap();
    let changed = Message::new(Kind::Ack, Code::CHANGED, request.id, request.token);
    client.handle_datagram(
        Time::ZERO,
        server_address(),
        &coap::encode(&changed).unwrap(),
    );
    client
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_client_stands_anything(datagrams in proptest::collection::vec(datagram(), 1..30)) {
        feed(&mut registered_client(), server_address(), &datagrams);
    }

    #[test]
    fn a_client_stands_any_bootstrap(datagrams in proptest::collection::vec(datagram(), 1..30)) {
        feed(&mut bootstrapping_client(), server_address(), &datagrams);
    }

    #[test]
    fn a_server_stands_anything(datagrams in proptest::collection::vec(datagram(), 1..30)) {
        feed(&mut Server::new(ServerConfiguration::new(Version::V1_2)), client_address(), &datagrams);
    }

    #[test]
    fn a_bootstrap_server_stands_anything(datagrams in proptest::collection::vec(datagram(), 1..30)) {
        let configuration = BootstrapServerConfiguration::new(Version::V1_2);
        feed(&mut BootstrapServer::new(configuration), client_address(), &datagrams);
    }
}

#[test]
fn observations_are_bounded() {
    let mut client = registered_client();
    for id in 0..2000_u16 {
        let token = Token(id.to_be_bytes().to_vec());
        let mut message = Message::new(Kind::Non, Code::GET, MessageId(id), token);
        message.push_uint_option(option::OBSERVE, 0);
        message.push_option(option::URI_PATH, *b"3");
        message.push_option(option::URI_PATH, *b"0");
        client.handle_datagram(
            Time::ZERO,
            server_address(),
            &coap::encode(&message).unwrap(),
        );
    }
    let answers: Vec<Message> = std::iter::from_fn(|| client.poll_transmit())
        .filter_map(|transmit| coap::read(&transmit.bytes).message)
        .collect();
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.observe().is_some())
            .count(),
        256
    );
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.code == Code::CONTENT)
            .count(),
        2000
    );
}
