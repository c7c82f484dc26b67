//! Abilities of the client that need more than one exchange: access rights, firmware, alternate path, Send, several servers.

#![allow(clippy::unwrap_used, reason = "a test that breaks shall say where")]

mod network;

use std::time::Duration;

use coap::{Code, ContentFormat, Kind, Message, MessageId, Time, Token, option};
use emulator::firmware::Image;
use emulator::{Client, Endpoint, Event, Profile, ServerConfiguration, Source};
use lwm2m::operation::{
    Create, Delete, Discover, Execute, Observe, ObserveComposite, Read, ReadComposite, Write,
    WriteAttributes, WriteComposite, WriteMode,
};
use lwm2m::{Node, Registry, Value, Version};
use network::{Pair, Side, configuration, path};

const SECOND: Duration = Duration::from_secs(1);
const NAME: &str = "urn:dev:ops:pair";

fn text(at: &str, value: &str) -> Write {
    Write::new(
        path(at),
        WriteMode::Replace,
        ContentFormat::TEXT,
        value.into(),
    )
}

#[test]
fn a_created_instance_is_told_by_an_update() {
    let mut configuration = configuration(Version::V1_1, 86_400);
    configuration
        .data
        .push((path("/16/0/0/0"), Value::String("one".into())));
    let mut pair = Pair::registered_with(configuration);
    let nodes = [Node::new(path("/16/5/0/0"), Value::String("two".into()))];
    let registry = Registry::builtin(Version::V1_1);
    let create =
        Create::of_nodes(path("/16"), ContentFormat::SENML_CBOR, &nodes, &registry).unwrap();
    let answer = pair.ask(create);
    assert_eq!(answer.text_options(option::LOCATION_PATH), ["16", "5"]);
    assert!(
        pair.server
            .registration(NAME)
            .unwrap()
            .paths()
            .any(|at| at == path("/16/5"))
    );
    assert_eq!(pair.ask(Delete::new(path("/16/5"))).code, Code::DELETED);
    assert!(
        !pair
            .server
            .registration(NAME)
            .unwrap()
            .paths()
            .any(|at| at == path("/16/5"))
    );
}

#[test]
fn a_firmware_is_pushed_and_installed() {
    let mut configuration = configuration(Version::V1_1, 86_400);
    let number = |at: &str| (path(at), Value::Integer(0));
    configuration.data.extend(["/5/0/3", "/5/0/5"].map(number));
    configuration
        .data
        .push((path("/5/0/0"), Value::Opaque(Vec::new())));
    configuration
        .data
        .push((path("/5/0/1"), Value::String(String::new())));
    let mut pair = Pair::registered_with(configuration);
    let push = |bytes: &[u8]| {
        Write::new(
            path("/5/0/0"),
            WriteMode::Replace,
            ContentFormat::OPAQUE,
            bytes.to_vec(),
        )
    };
    assert_eq!(
        pair.ask(Execute::new(path("/5/0/2"))).code,
        Code::METHOD_NOT_ALLOWED
    );
    assert_eq!(pair.ask(push(&[0])).code, Code::CHANGED);
    assert_eq!(pair.ask(Read::new(path("/5/0/3"), None)).payload, b"0");
    assert_eq!(
        pair.ask(push(&Image::new("2.0").encode(5000))).code,
        Code::CHANGED
    );
    assert_eq!(pair.ask(Read::new(path("/5/0/3"), None)).payload, b"2");
    assert_eq!(pair.ask(Execute::new(path("/5/0/2"))).code, Code::CHANGED);
    pair.run(3 * SECOND);
    for (at, wanted) in [("/5/0/3", &b"0"[..]), ("/5/0/5", b"1"), ("/3/0/3", b"2.0")] {
        assert_eq!(pair.ask(Read::new(path(at), None)).payload, wanted, "{at}");
    }
    assert_eq!(pair.ask(text("/5/0/1", "nonsense")).code, Code::CHANGED);
    assert_eq!(pair.ask(Read::new(path("/5/0/5"), None)).payload, b"7");
}

#[test]
fn an_alternate_path_stands_before_every_path() {
    let mut configuration = configuration(Version::V1_1, 86_400);
    configuration.alternate_path = Some("/lwm2m".into());
    configuration.announced_formats = vec![ContentFormat::SENML_JSON, ContentFormat::SENML_CBOR];
    let mut pair = Pair::registered_with(configuration);
    let links = pair.sent(Side::Client, Code::POST, Time::ZERO)[0]
        .1
        .payload
        .clone();
    assert!(links.starts_with(b"</lwm2m>;rt=\"oma.lwm2m\";ct=\"110 112\","));
    assert_eq!(
        pair.ask(Read::new(path("/3/0/0"), None)).payload,
        b"Open Mobile Alliance"
    );
    let read = pair.sent(Side::Server, Code::GET, Time::ZERO);
    assert_eq!(
        read[0].1.text_options(option::URI_PATH),
        ["lwm2m", "3", "0", "0"]
    );
}

#[test]
fn a_send_goes_out_unless_it_is_muted() {
    let mut configuration = configuration(Version::V1_1, 86_400);
    configuration
        .data
        .push((path("/1/0/23"), Value::Boolean(true)));
    configuration.send = Some((vec![path("/3/0/9")], 10 * SECOND));
    let mut pair = Pair::registered_with(configuration);
    pair.run(60 * SECOND);
    let sent = |pair: &Pair| {
        pair.server_events
            .iter()
            .filter(|(_, event)| matches!(event, Event::Sent { .. }))
            .count()
    };
    assert_eq!(sent(&pair), 0);
    assert_eq!(pair.ask(text("/1/0/23", "0")).code, Code::CHANGED);
    pair.run(60 * SECOND);
    assert_eq!(sent(&pair), 6);
    let values = pair.server.values(NAME);
    assert_eq!(
        (
            values[&path("/3/0/9")].source,
            &values[&path("/3/0/9")].value
        ),
        (Source::Send, &Value::Integer(100))
    );
}

#[test]
fn composites_read_write_and_observe() {
    for version in [Version::V1_1, Version::V1_2] {
        let mut pair = Pair::registered(version);
        let registry = Registry::builtin(version);
        let format = ContentFormat::SENML_CBOR;
        let paths = [path("/3/0/9"), path("/1/0"), path("/4711/0")];
        let read = ReadComposite::of_paths(&paths, format, Some(format)).unwrap();
        assert_eq!(pair.ask(read).code, Code::CONTENT);
        assert_eq!(
            pair.server.values(NAME)[&path("/1/0/1")].value.to_string(),
            "86400"
        );
        let observe = ReadComposite::of_paths(&paths[..1], format, Some(format)).unwrap();
        let observe = ObserveComposite {
            content_format: observe.content_format,
            payload: observe.payload,
            accept: observe.accept,
            ..ObserveComposite::default()
        };
        assert!(pair.ask(observe).observe().is_some());
        pair.client
            .set_value(pair.time, path("/3/0/9"), Value::Integer(50));
        pair.run(SECOND);
        assert_eq!(
            pair.server.values(NAME)[&path("/3/0/9")].value,
            Value::Integer(50)
        );
        let nodes = [
            Node::new(path("/3/0/14"), Value::String("+02:00".into())),
            Node::new(path("/3/0/15"), Value::String("Europe/Rome".into())),
        ];
        let write = WriteComposite::of_nodes(format, &nodes, &registry).unwrap();
        assert_eq!(pair.ask(write).code, Code::CHANGED);
        assert_eq!(
            pair.ask(Read::new(path("/3/0/15"), None)).payload,
            b"Europe/Rome"
        );
    }
}

#[test]
fn thresholds_decide_what_is_told() {
    let mut pair = Pair::registered(Version::V1_1);
    let attributes = ["gt=50", "lt=20"].map(str::to_owned).to_vec();
    assert_eq!(
        pair.ask(WriteAttributes::new(path("/3/0/9"), attributes))
            .code,
        Code::CHANGED
    );
    pair.ask(Observe::new(path("/3/0/9"), None));
    let mut told = Vec::new();
    for value in [90, 60, 49, 30, 21, 19, 10, 30, 55] {
        let since = pair.time;
        pair.client
            .set_value(since, path("/3/0/9"), Value::Integer(value));
        pair.run(SECOND);
        if !pair.sent(Side::Client, Code::CONTENT, since).is_empty() {
            told.push(value);
        }
    }
    assert_eq!(told, [49, 19, 30, 55]);
}

#[test]
fn a_deleted_target_ends_its_observation() {
    let mut configuration = configuration(Version::V1_1, 86_400);
    configuration
        .data
        .push((path("/16/0/0/0"), Value::String("one".into())));
    let mut pair = Pair::registered_with(configuration);
    pair.ask(Observe::new(path("/16/0"), None));
    let since = pair.time;
    pair.ask(Delete::new(path("/16/0")));
    assert_eq!(pair.sent(Side::Client, Code::NOT_FOUND, since).len(), 1);
    assert!(!pair.client.is_observed(path("/16/0/0")));
    assert!(pair.server.observations(NAME).is_empty());
}

#[test]
fn attributes_show_in_discover() {
    let mut pair = Pair::registered(Version::V1_1);
    pair.ask(WriteAttributes::new(
        path("/3"),
        vec!["pmin=10".into(), "pmax=200".into()],
    ));
    pair.ask(WriteAttributes::new(
        path("/3/0/7"),
        ["lt=1", "gt=6", "st=1"].map(str::to_owned).to_vec(),
    ));
    let links = String::from_utf8(pair.ask(Discover::new(path("/3"))).payload).unwrap();
    assert!(
        links.starts_with("</3>;pmin=10;pmax=200,</3/0>,</3/0/0>,"),
        "{links}"
    );
    assert!(links.contains("</3/0/7>;dim=2;gt=6;lt=1;st=1,"), "{links}");
    let links = pair.ask(Discover::new(path("/3/0/7"))).payload;
    let wanted = "</3/0/7>;dim=2;pmin=10;pmax=200;gt=6;lt=1;st=1,</3/0/7/0>,</3/0/7/1>";
    assert_eq!(String::from_utf8(links).unwrap(), wanted);
}

/// A client with two servers and the Access Control Object: server 1 owns /3/0, server 2 may only read it.
fn shared_client() -> Client {
    let mut configuration = configuration(Version::V1_1, 86_400);
    configuration.servers.insert(2, second_server());
    let integer = |at: &str, number: i64| (path(at), Value::Integer(number));
    configuration.data.extend([
        integer("/1/1/0", 2),
        integer("/1/1/1", 300),
        (path("/1/1/7"), Value::String("U".into())),
        integer("/2/0/0", 3),
        integer("/2/0/1", 0),
        integer("/2/0/2/2", 1),
        integer("/2/0/3", 1),
    ]);
    let mut client = Client::new(configuration);
    client.start(Time::ZERO);
    while let Some(transmit) = client.poll_transmit() {
        let register = coap::read(&transmit.bytes).message.unwrap();
        let mut created = Message::new(Kind::Ack, Code::CREATED, register.id, register.token);
        created.push_option(option::LOCATION_PATH, *b"rd");
        created.push_option(option::LOCATION_PATH, *b"1");
        client.handle_datagram(Time::ZERO, transmit.to, &coap::encode(&created).unwrap());
    }
    assert_eq!(client.registrations().len(), 2);
    client
}

#[test]
fn a_profile_stands_for_the_list_if_the_server_knows_it() {
    let profile = Profile {
        id: "6:27354b9a".to_owned(),
        objects: vec![path("/1/0"), path("/3/0")],
    };
    for (known, tries) in [(vec![profile.clone()], 1), (Vec::new(), 2)] {
        let mut client = configuration(Version::V1_2, 86_400);
        client.profile = Some(profile.clone());
        let mut server = ServerConfiguration::new(Version::V1_2);
        server.profiles = known;
        let mut pair = Pair::with_server(client, server);
        pair.client.start(pair.time);
        pair.run(SECOND);
        let registers: Vec<bool> = pair
            .sent(Side::Client, Code::POST, Time::ZERO)
            .iter()
            .map(|(_, register)| register.payload.is_empty())
            .collect();
        assert_eq!(registers, [true, false][..tries]);
        let listed: Vec<String> = pair
            .server
            .registration(NAME)
            .unwrap()
            .paths()
            .map(|path| path.to_string())
            .collect();
        assert_eq!(listed, ["/1/0", "/3/0"]);
    }
}

#[test]
fn servers_are_registered_with_in_their_order() {
    let mut configuration = configuration(Version::V1_1, 86_400);
    configuration.servers.insert(2, second_server());
    let integer = |at: &str, number: i64| (path(at), Value::Integer(number));
    configuration.data.extend([
        integer("/1/0/13", 2),
        integer("/1/1/0", 2),
        integer("/1/1/1", 300),
        integer("/1/1/13", 1),
        integer("/1/1/14", 7),
    ]);
    let mut client = Client::new(configuration);
    client.start(Time::ZERO);
    assert!(client.poll_transmit().is_none());
    let due = Time::ZERO + 7 * SECOND;
    assert_eq!(client.poll_timeout(), Some(due));
    client.handle_timeout(due);
    let transmit = client.poll_transmit().unwrap();
    assert_eq!(transmit.to, second_server());
    let register = coap::read(&transmit.bytes).message.unwrap();
    let mut created = Message::new(Kind::Ack, Code::CREATED, register.id, register.token);
    created.push_option(option::LOCATION_PATH, *b"rd");
    created.push_option(option::LOCATION_PATH, *b"1");
    client.handle_datagram(due, second_server(), &coap::encode(&created).unwrap());
    assert_eq!(
        client.poll_transmit().unwrap().to,
        network::server_address()
    );
}

fn second_server() -> std::net::SocketAddr {
    "127.0.0.1:5783".parse().unwrap()
}

#[test]
fn access_rights_hold() {
    let first = network::server_address();
    let second = second_server();
    let table = [
        (first, Code::GET, "3/0/0", Code::CONTENT),
        (second, Code::GET, "3/0/0", Code::CONTENT),
        (first, Code::PUT, "3/0/14", Code::CHANGED),
        (second, Code::PUT, "3/0/14", Code::UNAUTHORIZED),
        (first, Code::POST, "3/0/12", Code::CHANGED),
        (second, Code::POST, "3/0/12", Code::UNAUTHORIZED),
        (second, Code::GET, "1/0", Code::UNAUTHORIZED),
        (second, Code::PUT, "2/0/3", Code::UNAUTHORIZED),
        (first, Code::GET, "2/0/3", Code::CONTENT),
    ];
    for (index, (server, method, target, wanted)) in table.into_iter().enumerate() {
        let mut client = shared_client();
        let id = MessageId(index as u16);
        let mut message = Message::new(Kind::Con, method, id, Token(vec![1]));
        target
            .split('/')
            .for_each(|segment| message.push_option(option::URI_PATH, segment));
        if method == Code::PUT {
            message.push_option(option::CONTENT_FORMAT, []);
            message.payload = b"1".to_vec();
        }
        client.handle_datagram(Time::ZERO, server, &coap::encode(&message).unwrap());
        let answer = coap::read(&client.poll_transmit().unwrap().bytes)
            .message
            .unwrap();
        assert_eq!(answer.code, wanted, "{server} {method} {target}");
    }
}

#[test]
fn a_bootstrap_trigger_asks_the_bootstrap_server() {
    let mut configuration = configuration(Version::V1_1, 86_400);
    let bootstrap = "127.0.0.1:5999".parse().unwrap();
    configuration.bootstrap = Some(bootstrap);
    configuration
        .data
        .push((path("/0/5/1"), Value::Boolean(true)));
    let mut client = Client::new(configuration);
    client.start(Time::ZERO);
    let register = coap::read(&client.poll_transmit().unwrap().bytes)
        .message
        .unwrap();
    let created = Message::new(Kind::Ack, Code::CREATED, register.id, register.token);
    let server = network::server_address();
    client.handle_datagram(Time::ZERO, server, &coap::encode(&created).unwrap());
    let execute: lwm2m::Operation = Execute::new(path("/1/0/9")).into();
    let execute = execute.to_message(Kind::Con, MessageId(9), Token(vec![9]));
    client.handle_datagram(Time::ZERO, server, &coap::encode(&execute).unwrap());
    let sent: Vec<_> = std::iter::from_fn(|| client.poll_transmit()).collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1].to, bootstrap);
    let request = coap::read(&sent[1].bytes).message.unwrap();
    assert_eq!(request.text_options(option::URI_PATH), ["bs"]);
}

#[test]
fn the_test_object_lists_the_arguments_of_an_execute() {
    let mut configuration = configuration(Version::V1_1, 86_400);
    configuration
        .data
        .push((path("/3442/0/120"), Value::Integer(1)));
    let mut pair = Pair::registered_with(configuration);
    let execute = Execute::with_arguments(path("/3442/0/3"), "0='a=b,c',5");
    assert_eq!(pair.ask(execute).code, Code::CHANGED);
    pair.ask(Read::new(path("/3442/0/4"), Some(ContentFormat::TLV)));
    let values = pair.server.values(NAME);
    assert_eq!(
        values[&path("/3442/0/4/0")].value,
        Value::String("a=b,c".into())
    );
    assert_eq!(
        values[&path("/3442/0/4/5")].value,
        Value::String(String::new())
    );
}
