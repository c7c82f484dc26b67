//! What it takes to judge a foreign capture: frames a second, of many clients with everything that they say.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use coap::{Code, ContentFormat, Kind, Message, MessageId, Time, Token, option};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use runner::retrospect::{Bench, Gathered, Hints};
use testcase::Library;
use transport::{About, Tap};

fn capture(criterion: &mut Criterion) {
    let library = Arc::new(Library::embedded().0);
    let bench = Bench {
        cases: library.cases.values().cloned().map(Arc::new).collect(),
        library,
        asked: false,
        version: None,
        as_printed: false,
        profiles: Vec::new(),
    };
    let mut group = criterion.benchmark_group("capture");
    group.sample_size(10);
    for (name, clients, rounds) in [("50 clients", 50, 250), ("one client", 1, 4_500)] {
        let (file, frames) = file(clients, rounds);
        group.throughput(Throughput::Elements(u64::from(frames)));
        group.bench_function(format!("read, {name}"), |bencher| {
            bencher.iter(|| black_box(Gathered::read(file.as_slice(), &Hints::default())));
        });
        group.bench_function(format!("read and judge, {name}"), |bencher| {
            bencher.iter(|| {
                let gathered = Gathered::read(file.as_slice(), &Hints::default());
                assert_eq!(gathered.talks.len(), usize::from(clients));
                for talk in &gathered.talks {
                    assert!(!talk.is_too_long());
                    black_box(bench.judge(talk, ""));
                }
            });
        });
    }
    group.finish();
}

/// A capture of clients that register, and are read and notify so many times.
fn file(clients: u8, rounds: u16) -> (Vec<u8>, u32) {
    let about = About {
        hardware: String::new(),
        system: String::new(),
        application: String::new(),
        comment: String::new(),
        started: SystemTime::UNIX_EPOCH,
    };
    let mut tap = Tap::in_memory(about).expect("memory is there");
    let server = SocketAddr::from(([10, 0, 0, 1], 5683));
    let mut now = Time::ZERO;
    for number in 0..clients {
        let client = SocketAddr::from(([10, 0, 1, number], 50_000));
        let mut sent = 0_u16;
        let mut send = |from, to, message: &Message| {
            now += Duration::from_millis(10);
            let bytes = coap::encode(message).expect("it can be encoded");
            tap.record(now, from, to, &bytes);
        };
        let mut register = request(Code::POST, &mut sent, &["rd"]);
        for query in [
            &format!("ep=client-{number}"),
            "lt=86400",
            "lwm2m=1.1",
            "b=U",
        ] {
            register.push_option(option::URI_QUERY, query.as_bytes().to_vec());
        }
        register.push_uint_option(option::CONTENT_FORMAT, ContentFormat::LINK_FORMAT.0.into());
        register.payload = b"</1/0>,</3/0>".to_vec();
        send(client, server, &register);
        let mut created = answer(&register, Code::CREATED);
        for segment in ["rd", "1"] {
            created.push_option(option::LOCATION_PATH, segment.as_bytes().to_vec());
        }
        send(server, client, &created);
        let mut observe = request(Code::GET, &mut sent, &["3", "0", "9"]);
        observe.push_uint_option(option::OBSERVE, 0);
        send(server, client, &observe);
        send(
            client,
            server,
            &content(answer(&observe, Code::CONTENT), Some(0)),
        );
        for round in 1..=rounds {
            let read = request(Code::GET, &mut sent, &["3", "0", "9"]);
            send(server, client, &read);
            send(client, server, &content(answer(&read, Code::CONTENT), None));
            let token = observe.token.clone();
            let notify = Message::new(Kind::Con, Code::CONTENT, MessageId(round), token);
            let notify = content(notify, Some(round));
            send(client, server, &notify);
            let received = Message::new(Kind::Ack, Code::EMPTY, notify.id, Token::default());
            send(server, client, &received);
        }
    }
    let frames = tap.frames();
    (
        tap.finish_in_memory(&[], &[]).expect("memory is there"),
        frames,
    )
}

/// The same message with a battery level, and a place in a series of notifications.
fn content(mut message: Message, number: Option<u16>) -> Message {
    if let Some(number) = number {
        message.push_uint_option(option::OBSERVE, number.into());
    }
    message.push_uint_option(option::CONTENT_FORMAT, ContentFormat::TEXT.0.into());
    message.payload = b"95".to_vec();
    message
}

fn request(code: Code, sent: &mut u16, path: &[&str]) -> Message {
    *sent += 1;
    let token = Token(sent.to_be_bytes().to_vec());
    let mut message = Message::new(Kind::Con, code, MessageId(*sent), token);
    for segment in path {
        message.push_option(option::URI_PATH, segment.as_bytes().to_vec());
    }
    message
}

fn answer(request: &Message, code: Code) -> Message {
    Message::new(Kind::Ack, code, request.id, request.token.clone())
}

criterion_group!(benches, capture);
criterion_main!(benches);
