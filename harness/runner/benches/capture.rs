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
    let (file, frames) = file();
    let library = Arc::new(Library::embedded().0);
    let bench = Bench {
        cases: library.cases.values().cloned().map(Arc::new).collect(),
        library,
        asked: false,
        version: None,
        as_printed: false,
    };
    let mut group = criterion.benchmark_group("capture");
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::from(frames)));
    group.bench_function("read", |bencher| {
        bencher.iter(|| black_box(Gathered::read(file.as_slice(), &Hints::default())));
    });
    group.bench_function("read and judge", |bencher| {
        bencher.iter(|| {
            let gathered = Gathered::read(file.as_slice(), &Hints::default());
            assert_eq!(gathered.talks.len(), CLIENTS);
            for talk in &gathered.talks {
                black_box(bench.judge(talk, ""));
            }
        });
    });
    group.finish();
}

/// A capture of clients that register, are read, and are observed.
fn file() -> (Vec<u8>, u32) {
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
    for number in 0..CLIENTS {
        let client = SocketAddr::from(([10, 0, 1, number as u8], 50_000));
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
        for round in 0..ROUNDS {
            let mut read = request(Code::GET, &mut sent, &["3", "0", "9"]);
            if round == 0 {
                read.push_uint_option(option::OBSERVE, 0);
            }
            send(server, client, &read);
            let mut content = answer(&read, Code::CONTENT);
            if round == 0 {
                content.push_uint_option(option::OBSERVE, 1);
            }
            content.push_uint_option(option::CONTENT_FORMAT, ContentFormat::TEXT.0.into());
            content.payload = b"95".to_vec();
            send(client, server, &content);
        }
    }
    let frames = tap.frames();
    (
        tap.finish_in_memory(&[], &[]).expect("memory is there"),
        frames,
    )
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

const CLIENTS: usize = 50;
const ROUNDS: usize = 500;

criterion_group!(benches, capture);
criterion_main!(benches);
