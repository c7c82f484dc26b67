//! Requests to a registered client, and the codes that must answer them (Transport TS, 6.7).
#![allow(clippy::unwrap_used, reason = "a test that breaks shall say where")]

mod network;

use coap::{Code, Kind, Message, MessageId, Token, option};
use emulator::{Endpoint, Perform};
use lwm2m::operation::Read;
use lwm2m::{Value, Version};
use network::{Pair, configuration, path};

const NONE: Option<u16> = None;
const TEXT: Option<u16> = Some(0);
const OPAQUE: Option<u16> = Some(42);
const TLV: Option<u16> = Some(11542);
const JSON: Option<u16> = Some(110);

/// A request, as a person writes it down: method, target with queries, Content-Format, payload.
struct Asked(Code, &'static str, Option<u16>, &'static [u8]);

impl Asked {
    fn message(&self) -> Message {
        let mut message = Message::new(Kind::Con, self.0, MessageId(0), Token::default());
        let (target, queries) = self.1.split_once('?').unwrap_or((self.1, ""));
        for segment in target.split('/').filter(|segment| !segment.is_empty()) {
            message.push_option(option::URI_PATH, segment);
        }
        for query in queries.split('&').filter(|query| !query.is_empty()) {
            match query.split_once('=') {
                Some(("accept", number)) => {
                    message.push_uint_option(option::ACCEPT, number.parse().unwrap());
                }
                Some(("observe", number)) => {
                    message.push_uint_option(option::OBSERVE, number.parse().unwrap());
                }
                _ => message.push_option(option::URI_QUERY, query),
            }
        }
        if let Some(format) = self.2 {
            message.push_uint_option(option::CONTENT_FORMAT, format.into());
        }
        message.payload = self.3.to_vec();
        message
    }
}

fn pair(version: Version) -> Pair {
    let mut configuration = configuration(version, 86_400);
    let rows = [
        ("/1/0/2", Value::Integer(0)),
        ("/16/0/0/0", Value::String("one".into())),
        ("/16/0/0/1", Value::String("two".into())),
        ("/16/1/0/0", Value::String("three".into())),
    ];
    configuration
        .data
        .extend(rows.map(|(at, value)| (path(at), value)));
    configuration.objects = vec![9];
    Pair::registered_with(configuration)
}

/// Asks a fresh client each time, and then whether it is still well.
fn check(version: Version, asked: &Asked, wanted: Code) -> Option<String> {
    let mut pair = pair(version);
    let mut message = asked.message();
    message.token = Token(vec![7]);
    message.id = MessageId(0x7777);
    let mut perform = Perform::new(Read::new(path("/3/0"), None));
    perform.datagram = Some(coap::encode(&message).unwrap());
    let before = format!("{:?}", pair.client.store());
    let answer = pair.ask_with(perform);
    let name = format!(
        "{version}: {} {} {:?} {:?}",
        asked.0, asked.1, asked.2, asked.3
    );
    if answer.code != wanted {
        return Some(format!("{name}: {}, wanted {wanted}", answer.code));
    }
    if !wanted.is_success() {
        assert_eq!(
            format!("{:?}", pair.client.store()),
            before,
            "{name} changed something"
        );
    }
    assert_eq!(
        pair.ask(Read::new(path("/1/0/0"), None)).code,
        Code::CONTENT,
        "{name}"
    );
    None
}

fn check_all(table: impl IntoIterator<Item = (Version, Asked, Code)>) {
    let table = table.into_iter();
    let wrong: Vec<String> = table
        .filter_map(|(version, asked, wanted)| check(version, &asked, wanted))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn answers_every_operation_with_the_right_code() {
    let table = [
        // Read
        (Asked(Code::GET, "/3", NONE, b""), Code::CONTENT),
        (Asked(Code::GET, "/3/0", NONE, b""), Code::CONTENT),
        (Asked(Code::GET, "/3/0/0", NONE, b""), Code::CONTENT),
        (Asked(Code::GET, "/3/0/7/1", NONE, b""), Code::CONTENT),
        (Asked(Code::GET, "/9", NONE, b""), Code::CONTENT),
        (
            Asked(Code::GET, "/3/0?accept=11542", NONE, b""),
            Code::CONTENT,
        ),
        (
            Asked(Code::GET, "/3/0/0?accept=0", NONE, b""),
            Code::CONTENT,
        ),
        (
            Asked(Code::GET, "/3/0?accept=0", NONE, b""),
            Code::NOT_ACCEPTABLE,
        ),
        (
            Asked(Code::GET, "/3/0?accept=65000", NONE, b""),
            Code::NOT_ACCEPTABLE,
        ),
        (
            Asked(Code::GET, "/3/0/4", NONE, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (Asked(Code::GET, "/3/0/99", NONE, b""), Code::NOT_FOUND),
        (Asked(Code::GET, "/3/1", NONE, b""), Code::NOT_FOUND),
        (Asked(Code::GET, "/3/0/0/0", NONE, b""), Code::NOT_FOUND),
        (Asked(Code::GET, "/4711", NONE, b""), Code::NOT_FOUND),
        (Asked(Code::GET, "/70000", NONE, b""), Code::NOT_FOUND),
        (Asked(Code::GET, "/three", NONE, b""), Code::NOT_FOUND),
        (
            Asked(Code::GET, "/3/0/7/1/0", NONE, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (Asked(Code::GET, "/", NONE, b""), Code::METHOD_NOT_ALLOWED),
        (Asked(Code::GET, "/0", NONE, b""), Code::UNAUTHORIZED),
        (Asked(Code::GET, "/0/0/0", NONE, b""), Code::UNAUTHORIZED),
        (Asked(Code::GET, "/21", NONE, b""), Code::UNAUTHORIZED),
        // Discover
        (Asked(Code::GET, "/3?accept=40", NONE, b""), Code::CONTENT),
        (
            Asked(Code::GET, "/3/0/7?accept=40", NONE, b""),
            Code::CONTENT,
        ),
        (
            Asked(Code::GET, "/?accept=40", NONE, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(Code::GET, "/0?accept=40", NONE, b""),
            Code::UNAUTHORIZED,
        ),
        (Asked(Code::GET, "/5?accept=40", NONE, b""), Code::NOT_FOUND),
        // Write
        (Asked(Code::PUT, "/1/0/1", TEXT, b"240"), Code::CHANGED),
        (Asked(Code::PUT, "/3/0/14", TEXT, b"+01:00"), Code::CHANGED),
        (Asked(Code::PUT, "/1/0/1", TEXT, b"soon"), Code::BAD_REQUEST),
        (Asked(Code::PUT, "/1/0/1", TEXT, b""), Code::BAD_REQUEST),
        (Asked(Code::PUT, "/1/0/6", TEXT, b"2"), Code::BAD_REQUEST),
        (Asked(Code::PUT, "/1/0/7", TEXT, b"X"), Code::BAD_REQUEST),
        (
            Asked(Code::PUT, "/3/0/0", TEXT, b"me"),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(Code::PUT, "/3/0/4", TEXT, b"1"),
            Code::METHOD_NOT_ALLOWED,
        ),
        (Asked(Code::PUT, "/3/0/99", TEXT, b"1"), Code::NOT_FOUND),
        (Asked(Code::PUT, "/3/1/0", TEXT, b"1"), Code::NOT_FOUND),
        (
            Asked(Code::PUT, "/3", TLV, b"\xc1\x0eU"),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(Code::PUT, "/3/0/14", Some(65000), b"1"),
            Code::UNSUPPORTED_CONTENT_FORMAT,
        ),
        (
            Asked(Code::PUT, "/3/0/14", NONE, b"1"),
            Code::UNSUPPORTED_CONTENT_FORMAT,
        ),
        (
            Asked(Code::PUT, "/1/0/1", TLV, b"\xc1\x01\x3c"),
            Code::CHANGED,
        ),
        (
            Asked(Code::PUT, "/1/0/1", TLV, b"\xc4\x01\x3c"),
            Code::BAD_REQUEST,
        ),
        (
            Asked(Code::PUT, "/1/0/1", TLV, b"\xc1\x02\x3c"),
            Code::BAD_REQUEST,
        ),
        (
            Asked(Code::POST, "/1/0", TLV, b"\xc1\x01\x3c\xc1\x02\x05"),
            Code::CHANGED,
        ),
        (
            Asked(Code::POST, "/1/0", TLV, b"\xc1\x01\x3c\xc4\x02\x05"),
            Code::BAD_REQUEST,
        ),
        (
            Asked(Code::POST, "/1/0", TLV, b"\xc1\x01\x3c\xc1\x00\x05"),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(Code::POST, "/1/0", TLV, b"\xc1\x01\x3c\xc1\x63\x05"),
            Code::CHANGED,
        ),
        (
            Asked(Code::PUT, "/1/0", TLV, b"\xc1\x01\x3c\xc1\x06\x01\xc1\x07U"),
            Code::CHANGED,
        ),
        (Asked(Code::PUT, "/1/0", TEXT, b"1"), Code::BAD_REQUEST),
        (Asked(Code::PUT, "/0/0/1", TEXT, b"1"), Code::UNAUTHORIZED),
        // Write-Attributes
        (
            Asked(Code::PUT, "/3/0/7?pmin=5&pmax=15", NONE, b""),
            Code::CHANGED,
        ),
        (Asked(Code::PUT, "/3?pmin=5", NONE, b""), Code::CHANGED),
        (
            Asked(Code::PUT, "/3/0/9?gt=50&lt=10&st=5", NONE, b""),
            Code::CHANGED,
        ),
        (
            Asked(Code::PUT, "/3/0/9?gt=10&lt=50", NONE, b""),
            Code::BAD_REQUEST,
        ),
        (
            Asked(Code::PUT, "/3/0/9?pmin=soon", NONE, b""),
            Code::BAD_REQUEST,
        ),
        (
            Asked(Code::PUT, "/3/0/9?colour=red", NONE, b""),
            Code::BAD_REQUEST,
        ),
        (
            Asked(Code::PUT, "/3/0/0?gt=1", NONE, b""),
            Code::BAD_REQUEST,
        ),
        (
            Asked(Code::PUT, "/3/0/99?pmin=1", NONE, b""),
            Code::NOT_FOUND,
        ),
        (
            Asked(Code::PUT, "/3/0/4?pmin=1", NONE, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(Code::PUT, "/0/0?pmin=1", NONE, b""),
            Code::UNAUTHORIZED,
        ),
        // Execute
        (Asked(Code::POST, "/1/0/8", NONE, b""), Code::CHANGED),
        (Asked(Code::POST, "/1/0/8", TEXT, b"0='U'"), Code::CHANGED),
        (
            Asked(Code::POST, "/1/0/8", NONE, b"0='U"),
            Code::BAD_REQUEST,
        ),
        (Asked(Code::POST, "/1/0/8", OPAQUE, b"0"), Code::BAD_REQUEST),
        (
            Asked(Code::POST, "/3/0/0", NONE, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (Asked(Code::POST, "/3/0/99", NONE, b""), Code::NOT_FOUND),
        (
            Asked(Code::POST, "/3/0/7/0", NONE, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (Asked(Code::POST, "/0/0/1", NONE, b""), Code::UNAUTHORIZED),
        // Create
        (
            Asked(Code::POST, "/16", TLV, b"\x00\x02"),
            Code::BAD_REQUEST,
        ),
        (
            Asked(Code::POST, "/16", TLV, b"\x05\x02\x83\x00\x42\x00a"),
            Code::BAD_REQUEST,
        ),
        (
            Asked(Code::POST, "/16", TLV, b"\x05\x02\x83\x00\x41\x00a"),
            Code::CREATED,
        ),
        (
            Asked(Code::POST, "/16", TLV, b"\x83\x00\x41\x00a"),
            Code::CREATED,
        ),
        (
            Asked(Code::POST, "/16", TLV, b"\x05\x01\x83\x00\x41\x00a"),
            Code::BAD_REQUEST,
        ),
        (
            Asked(Code::POST, "/16", JSON, br#"[{"n":"/16/7/0/0","vs":"a"}]"#),
            Code::CREATED,
        ),
        (
            Asked(Code::POST, "/16", TEXT, b"a"),
            Code::UNSUPPORTED_CONTENT_FORMAT,
        ),
        (
            Asked(Code::POST, "/16", Some(65000), b"a"),
            Code::UNSUPPORTED_CONTENT_FORMAT,
        ),
        (
            Asked(Code::POST, "/3", TLV, b"\xc1\x0eU"),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(Code::POST, "/1", TLV, b"\xc1\x01\x3c"),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(Code::POST, "/0", TLV, b"\xc1\x01\x3c"),
            Code::UNAUTHORIZED,
        ),
        (
            Asked(Code::POST, "/4711", TLV, b"\xc1\x01\x3c"),
            Code::NOT_FOUND,
        ),
        // Delete
        (Asked(Code::DELETE, "/16/1", NONE, b""), Code::DELETED),
        (Asked(Code::DELETE, "/16/5", NONE, b""), Code::NOT_FOUND),
        (
            Asked(Code::DELETE, "/16", NONE, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(Code::DELETE, "/16/0/0", NONE, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(Code::DELETE, "/3/0", NONE, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(Code::DELETE, "/1/0", NONE, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (Asked(Code::DELETE, "/0/0", NONE, b""), Code::UNAUTHORIZED),
        // Observe
        (
            Asked(Code::GET, "/3/0/7?observe=0", NONE, b""),
            Code::CONTENT,
        ),
        (
            Asked(Code::GET, "/3/0/4?observe=0", NONE, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(Code::GET, "/3/0/99?observe=0", NONE, b""),
            Code::NOT_FOUND,
        ),
        (
            Asked(Code::GET, "/0?observe=0", NONE, b""),
            Code::UNAUTHORIZED,
        ),
        (
            Asked(Code::GET, "/3/0/7?observe=1", NONE, b""),
            Code::CONTENT,
        ),
        // Others
        (
            Asked(Code::PATCH, "/3/0", TLV, b""),
            Code::METHOD_NOT_ALLOWED,
        ),
        (Asked(Code::POST, "/", TLV, b""), Code::METHOD_NOT_ALLOWED),
    ];
    check_all(table.map(|(asked, wanted)| (Version::V1_1, asked, wanted)));
}

#[test]
fn answers_composites_with_the_right_code() {
    let table = [
        (
            Asked(Code::FETCH, "/", JSON, br#"[{"n":"/3/0/0"},{"n":"/1/0"}]"#),
            Code::CONTENT,
        ),
        (
            Asked(
                Code::FETCH,
                "/",
                JSON,
                br#"[{"n":"/3/0/0"},{"n":"/4711/0"}]"#,
            ),
            Code::CONTENT,
        ),
        (
            Asked(Code::FETCH, "/", JSON, br#"[{"n":"/3/0"},{"n":"/3/0/0"}]"#),
            Code::CONTENT,
        ),
        (
            Asked(Code::FETCH, "/", JSON, br#"[{"n":"/0"}]"#),
            Code::UNAUTHORIZED,
        ),
        (Asked(Code::FETCH, "/", JSON, b"["), Code::BAD_REQUEST),
        (
            Asked(Code::FETCH, "/", TLV, b"\xc1\x00U"),
            Code::UNSUPPORTED_CONTENT_FORMAT,
        ),
        (
            Asked(Code::FETCH, "/?accept=11542", JSON, br#"[{"n":"/3/0/0"}]"#),
            Code::NOT_ACCEPTABLE,
        ),
        (
            Asked(Code::FETCH, "/?observe=0", JSON, br#"[{"n":"/3/0/0"}]"#),
            Code::CONTENT,
        ),
        (
            Asked(Code::FETCH, "/?observe=1", JSON, br#"[{"n":"/3/0/0"}]"#),
            Code::CONTENT,
        ),
        (
            Asked(Code::FETCH, "/3", JSON, br#"[{"n":"/3/0/0"}]"#),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(
                Code::IPATCH,
                "/",
                JSON,
                br#"[{"n":"/1/0/1","v":60},{"n":"/3/0/14","vs":"+02:00"}]"#,
            ),
            Code::CHANGED,
        ),
        (
            Asked(
                Code::IPATCH,
                "/",
                JSON,
                br#"[{"n":"/1/0/1","v":60},{"n":"/3/0/0","vs":"x"}]"#,
            ),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Asked(
                Code::IPATCH,
                "/",
                JSON,
                br#"[{"n":"/1/0/1","v":60},{"n":"/3/0/99","vs":"x"}]"#,
            ),
            Code::NOT_FOUND,
        ),
        (
            Asked(
                Code::IPATCH,
                "/",
                JSON,
                br#"[{"n":"/1/0/1","v":60},{"n":"/0/0/1","vb":true}]"#,
            ),
            Code::UNAUTHORIZED,
        ),
        (
            Asked(Code::IPATCH, "/", JSON, br#"[{"n":"/1/0/1","vs":"soon"}]"#),
            Code::BAD_REQUEST,
        ),
        (Asked(Code::IPATCH, "/", JSON, b"[]"), Code::BAD_REQUEST),
        (
            Asked(Code::IPATCH, "/", TLV, b""),
            Code::UNSUPPORTED_CONTENT_FORMAT,
        ),
    ];
    check_all(table.map(|(asked, wanted)| (Version::V1_1, asked, wanted)));
}

#[test]
fn answers_by_version() {
    let table = [
        (
            Version::V1_0,
            Asked(Code::FETCH, "/", JSON, b"[]"),
            Code::METHOD_NOT_ALLOWED,
        ),
        (
            Version::V1_0,
            Asked(Code::GET, "/3/0?accept=110", NONE, b""),
            Code::NOT_ACCEPTABLE,
        ),
        (
            Version::V1_0,
            Asked(Code::GET, "/3/0?accept=11542", NONE, b""),
            Code::CONTENT,
        ),
        (
            Version::V1_0,
            Asked(Code::PUT, "/3/0/9?epmin=1", NONE, b""),
            Code::BAD_REQUEST,
        ),
        (
            Version::V1_1,
            Asked(Code::PUT, "/3/0/9?epmin=1", NONE, b""),
            Code::CHANGED,
        ),
        (
            Version::V1_1,
            Asked(Code::PUT, "/3/0/9?con=1", NONE, b""),
            Code::BAD_REQUEST,
        ),
        (
            Version::V1_2,
            Asked(Code::PUT, "/3/0/9?con=1", NONE, b""),
            Code::CHANGED,
        ),
        (
            Version::V1_1,
            Asked(Code::GET, "/3/0/9?observe=0&pmin=1", NONE, b""),
            Code::BAD_REQUEST,
        ),
        (
            Version::V1_2,
            Asked(Code::GET, "/3/0/9?observe=0&pmin=1", NONE, b""),
            Code::CONTENT,
        ),
        (
            Version::V1_2,
            Asked(Code::GET, "/3/0/9?observe=0&lt=9&gt=1", NONE, b""),
            Code::BAD_REQUEST,
        ),
        (
            Version::V1_2,
            Asked(Code::GET, "/3/0?accept=11544", NONE, b""),
            Code::CONTENT,
        ),
        (
            Version::V1_1,
            Asked(Code::GET, "/3/0?accept=11544", NONE, b""),
            Code::NOT_ACCEPTABLE,
        ),
        (
            Version::V1_2,
            Asked(Code::GET, "/3?accept=40&depth=0", NONE, b""),
            Code::CONTENT,
        ),
        (
            Version::V1_2,
            Asked(Code::GET, "/3?accept=40&depth=9", NONE, b""),
            Code::BAD_REQUEST,
        ),
        (
            Version::V1_1,
            Asked(Code::GET, "/3?accept=40&depth=9", NONE, b""),
            Code::CONTENT,
        ),
    ];
    check_all(table);
}

#[test]
fn an_unregistered_server_is_not_heard() {
    let mut pair = pair(Version::V1_1);
    pair.client.stop(pair.time);
    let read = Perform::new(Read::new(path("/3/0"), None));
    let exchange = pair.server.perform(pair.time, read).unwrap();
    pair.run(std::time::Duration::from_secs(100));
    assert_eq!(pair.outcome(exchange), Some(emulator::Outcome::TimedOut));
}
