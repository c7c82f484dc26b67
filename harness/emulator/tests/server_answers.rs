//! Requests to a server and a Bootstrap-Server, and the codes that must answer them (Transport TS, 6.7).
#![allow(clippy::unwrap_used, reason = "a test that breaks shall say where")]

mod network;

use coap::{Code, Kind, Message, MessageId, Time, Token, option};
use emulator::{
    BootstrapServer, BootstrapServerConfiguration, Endpoint, Server, ServerConfiguration,
};
use lwm2m::Version;
use network::client_address;

/// Method, target, Content-Format, payload, and the code that answers.
type Asked<'a> = (Code, &'a str, Option<u16>, &'a [u8], Code);

const LINKS: &str = "</1/0>,</3/0>";

/// Sends a request and takes the answer.
fn ask(
    endpoint: &mut impl Endpoint,
    id: u16,
    method: Code,
    target: &str,
    format: Option<u16>,
    payload: &[u8],
) -> Message {
    let mut message = Message::new(Kind::Con, method, MessageId(id), Token(vec![1]));
    let (path, queries) = target.split_once('?').unwrap_or((target, ""));
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        message.push_option(option::URI_PATH, segment);
    }
    for query in queries.split('&').filter(|query| !query.is_empty()) {
        message.push_option(option::URI_QUERY, query);
    }
    if let Some(format) = format {
        message.push_uint_option(option::CONTENT_FORMAT, format.into());
    }
    message.payload = payload.to_vec();
    let bytes = coap::encode(&message).unwrap();
    endpoint.handle_datagram(Time::ZERO, client_address(), &bytes);
    let answer = endpoint.poll_transmit().expect("an answer");
    coap::read(&answer.bytes).message.unwrap()
}

#[test]
fn answers_register() {
    let table = [
        (
            "/rd?ep=a&lt=60&lwm2m=1.1&b=U",
            Some(40),
            LINKS,
            Code::CREATED,
        ),
        ("/rd?ep=a&lt=60&lwm2m=1.0", None, LINKS, Code::CREATED),
        ("/rd?ep=a&lt=60&lwm2m=1.1&Q", Some(40), LINKS, Code::CREATED),
        (
            "/rd?ep=a&lt=60&lwm2m=1.1",
            Some(40),
            "</>;ct=\"60 110\",</3/0>;x=1",
            Code::CREATED,
        ),
        (
            "/rd?ep=a&lt=60&lwm2m=1.1",
            Some(40),
            "</1/0>,</33000>",
            Code::CREATED,
        ),
        ("/rd?lt=60&lwm2m=1.1", Some(40), LINKS, Code::BAD_REQUEST),
        (
            "/rd?ep=&lt=60&lwm2m=1.1",
            Some(40),
            LINKS,
            Code::BAD_REQUEST,
        ),
        ("/rd?ep=a&lwm2m=1.1", Some(40), LINKS, Code::BAD_REQUEST),
        (
            "/rd?ep=a&lt=soon&lwm2m=1.1",
            Some(40),
            LINKS,
            Code::BAD_REQUEST,
        ),
        ("/rd?ep=a&lt=60", Some(40), LINKS, Code::BAD_REQUEST),
        (
            "/rd?ep=a&lt=60&lwm2m=1.1&colour=red",
            Some(40),
            LINKS,
            Code::BAD_REQUEST,
        ),
        ("/rd?ep=a&lt=60&lwm2m=1.1", Some(40), "", Code::BAD_REQUEST),
        (
            "/rd?ep=a&lt=60&lwm2m=1.1",
            Some(40),
            "</1/0>,<",
            Code::BAD_REQUEST,
        ),
        (
            "/rd?ep=a&lt=60&lwm2m=1.1",
            Some(0),
            LINKS,
            Code::BAD_REQUEST,
        ),
        (
            "/rd?ep=a&lt=60&lwm2m=1.2",
            Some(40),
            LINKS,
            Code::PRECONDITION_FAILED,
        ),
        (
            "/rd?ep=a&lt=60&lwm2m=9.9",
            Some(40),
            LINKS,
            Code::PRECONDITION_FAILED,
        ),
    ];
    for (target, format, links, wanted) in table {
        let mut server = Server::new(ServerConfiguration::new(Version::V1_1));
        let answer = ask(&mut server, 1, Code::POST, target, format, links.as_bytes());
        assert_eq!(answer.code, wanted, "{target} {links}");
        assert_eq!(
            server.registrations().len(),
            usize::from(wanted.is_success())
        );
        if wanted.is_success() {
            let location = answer.text_options(option::LOCATION_PATH);
            assert_eq!(location[0], "rd", "{target}");
        }
    }
}

#[test]
fn answers_what_follows_a_register() {
    let senml = br#"[{"bn":"/3/0/","n":"9","v":100}]"#;
    let stranger = br#"[{"bn":"/4/0/","n":"9","v":100}]"#;
    let table: [Asked<'_>; 14] = [
        (Code::POST, "LOC", None, b"", Code::CHANGED),
        (Code::POST, "LOC?lt=120", None, b"", Code::CHANGED),
        (
            Code::POST,
            "LOC",
            Some(40),
            b"</1/0>,</3/0>,</4/0>",
            Code::CHANGED,
        ),
        (Code::POST, "LOC?lt=soon", None, b"", Code::BAD_REQUEST),
        (Code::POST, "LOC?colour=red", None, b"", Code::BAD_REQUEST),
        (Code::POST, "LOC", Some(40), b"<", Code::BAD_REQUEST),
        (Code::POST, "/rd/999", None, b"", Code::NOT_FOUND),
        (Code::DELETE, "LOC", None, b"", Code::DELETED),
        (Code::DELETE, "/rd/999", None, b"", Code::NOT_FOUND),
        (Code::POST, "/dp", Some(110), senml, Code::CHANGED),
        (Code::POST, "/dp", Some(110), stranger, Code::NOT_FOUND),
        (Code::POST, "/dp", Some(110), b"[", Code::BAD_REQUEST),
        (Code::POST, "/dp", Some(0), b"1", Code::BAD_REQUEST),
        (Code::GET, "/3/0", None, b"", Code::NOT_FOUND),
    ];
    for (method, target, format, payload, wanted) in table {
        let mut server = Server::new(ServerConfiguration::new(Version::V1_1));
        let register = "/rd?ep=a&lt=60&lwm2m=1.1";
        ask(
            &mut server,
            1,
            Code::POST,
            register,
            Some(40),
            LINKS.as_bytes(),
        );
        let target = target.replace("LOC", &server.registrations()[0].location);
        let answer = ask(&mut server, 2, method, &target, format, payload);
        assert_eq!(answer.code, wanted, "{method} {target} {format:?}");
    }
}

#[test]
fn a_send_of_a_stranger_is_refused() {
    let mut server = Server::new(ServerConfiguration::new(Version::V1_1));
    let payload = br#"[{"n":"/3/0/9","v":100}]"#;
    assert_eq!(
        ask(&mut server, 1, Code::POST, "/dp", Some(110), payload).code,
        Code::NOT_FOUND
    );
}

#[test]
fn answers_bootstrap_requests() {
    let table = [
        (Code::POST, "/bs?ep=a", Code::CHANGED),
        (Code::POST, "/bs?ep=a&pct=112", Code::CHANGED),
        (
            Code::POST,
            "/bs?ep=a&pct=60",
            Code::UNSUPPORTED_CONTENT_FORMAT,
        ),
        (Code::POST, "/bs?ep=a&pct=soon", Code::BAD_REQUEST),
        (Code::POST, "/bs", Code::BAD_REQUEST),
        (Code::GET, "/bspack?ep=a", Code::NOT_IMPLEMENTED),
        (Code::POST, "/rd?ep=a&lt=60&lwm2m=1.1", Code::NOT_FOUND),
    ];
    for (method, target, wanted) in table {
        let mut server = BootstrapServer::new(BootstrapServerConfiguration::new(Version::V1_2));
        let answer = ask(&mut server, 1, method, target, None, b"");
        assert_eq!(answer.code, wanted, "{target}");
    }
}
