//! Block-wise transfer between two endpoints in virtual time (RFC 7959).

#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod pair;

use std::time::Duration;

use coap::{Block, BlockError, Code, Event, Kind, Message, Sending, option};
use pair::{Pair, blocks, body, client, content, get, message, put, server, sized};
use proptest::prelude::*;

/// Code and block options of everything that was sent.
fn ladder(pair: &Pair) -> Vec<String> {
    let line = |message: &Message| {
        format!("{} {}", message.code, blocks(message))
            .trim()
            .to_owned()
    };
    pair.sent.iter().map(|sent| line(&sent.message)).collect()
}

#[test]
fn a_large_request_goes_out_in_blocks() {
    let mut pair = Pair::with(sized(128), sized(128));
    pair.request(put(300));
    let (exchange, asked) = pair.server_request();
    assert_eq!(asked.payload, body(300));
    assert_eq!(asked.content_format().map(|format| format.0), Some(42));
    assert_eq!(asked.option_values(option::BLOCK1).count(), 0);
    pair.respond(exchange, message(Kind::Ack, Code::CHANGED));
    assert_eq!(pair.client_response().code, Code::CHANGED);
    let wanted = [
        "PUT 1:0/1/128",
        "2.31 Continue 1:0/1/128",
        "PUT 1:1/1/128",
        "2.31 Continue 1:1/1/128",
        "PUT 1:2/0/128",
        "2.04 Changed 1:2/0/128",
    ];
    assert_eq!(ladder(&pair), wanted);
    assert_eq!(pair.sent[0].message.uint_option(option::SIZE1), Some(300));
    assert_eq!(pair.client_event(), None);
}

/// RFC 7959, Figure 8: the server wants smaller blocks, the number is rescaled.
#[test]
fn the_server_shrinks_the_blocks_of_a_request() {
    let mut pair = Pair::with(sized(128), sized(32));
    pair.request(put(200));
    let (exchange, asked) = pair.server_request();
    assert_eq!(asked.payload, body(200));
    pair.respond(exchange, message(Kind::Ack, Code::CHANGED));
    pair.client_response();
    let wanted = [
        "PUT 1:0/1/128",
        "2.31 Continue 1:0/1/32",
        "PUT 1:4/1/32",
        "2.31 Continue 1:4/1/32",
        "PUT 1:5/1/32",
        "2.31 Continue 1:5/1/32",
        "PUT 1:6/0/32",
        "2.04 Changed 1:6/0/32",
    ];
    assert_eq!(ladder(&pair), wanted);
}

#[test]
fn a_large_response_is_fetched_in_blocks() {
    let mut pair = Pair::with(sized(64), sized(1024));
    let mut request = get("3");
    request.push_option(option::SIZE2, []);
    pair.request(request);
    let (exchange, _) = pair.server_request();
    pair.respond(exchange, content(body(1200)));
    let response = pair.client_response();
    assert_eq!(response.payload, body(1200));
    assert_eq!(response.option_values(option::BLOCK2).count(), 0);
    // The first block comes in the server's size, the client asks for its own from there on.
    let wanted = [
        "GET",
        "2.05 Content 2:0/1/1024",
        "GET 2:16/0/64",
        "2.05 Content 2:16/1/64",
    ];
    assert_eq!(ladder(&pair)[..4], wanted);
    assert_eq!(pair.sent[1].message.uint_option(option::SIZE2), Some(1200));
    assert_eq!(pair.server_event(), None);
}

/// RFC 7959, Figure 3: the client proposes a size in its first request.
#[test]
fn the_client_proposes_a_size_early() {
    let mut pair = Pair::new();
    let mut request = get("3");
    request.push_option(
        option::BLOCK2,
        Block {
            number: 0,
            more: false,
            szx: 2,
        }
        .encode()
        .unwrap(),
    );
    pair.request(request);
    let (exchange, _) = pair.server_request();
    pair.respond(exchange, content(body(130)));
    assert_eq!(pair.client_response().payload, body(130));
    let wanted = [
        "GET 2:0/0/64",
        "2.05 Content 2:0/1/64",
        "GET 2:1/0/64",
        "2.05 Content 2:1/1/64",
        "GET 2:2/0/64",
        "2.05 Content 2:2/0/64",
    ];
    assert_eq!(ladder(&pair), wanted);
}

/// RFC 7959, Figure 11: blocks in both directions.
#[test]
fn request_and_response_may_both_be_large() {
    let mut pair = Pair::with(sized(128), sized(128));
    let mut request = Message {
        code: Code::FETCH,
        ..put(200)
    };
    request.push_uint_option(option::ACCEPT, 112);
    pair.request(request);
    let (exchange, asked) = pair.server_request();
    assert_eq!(asked.payload, body(200));
    pair.respond(exchange, content(body(260)));
    assert_eq!(pair.client_response().payload, body(260));
    let wanted = [
        "FETCH 1:0/1/128",
        "2.31 Continue 1:0/1/128",
        "FETCH 1:1/0/128",
        "2.05 Content 1:1/0/128 2:0/1/128",
        "FETCH 2:1/0/128",
        "2.05 Content 2:1/1/128",
        "FETCH 2:2/0/128",
        "2.05 Content 2:2/0/128",
    ];
    assert_eq!(ladder(&pair), wanted);
}

#[test]
fn a_large_notification_is_fetched_without_observe() {
    let mut pair = Pair::with(sized(64), sized(64));
    let mut request = get("3");
    request.push_uint_option(option::OBSERVE, 0);
    let observation = pair.request(request);
    let (exchange, asked) = pair.server_request();
    let large = |sequence: u64, length: usize| {
        let mut message = Message {
            token: asked.token.clone(),
            ..content(body(length))
        };
        message.push_uint_option(option::OBSERVE, sequence);
        message
    };
    pair.respond(exchange, large(2, 100));
    assert_eq!(pair.client_response().payload, body(100));
    pair.server
        .notify(
            pair.now,
            client(),
            Message {
                kind: Kind::Con,
                ..large(3, 130)
            },
        )
        .unwrap();
    match pair.client_event() {
        Some(Event::Notification {
            exchange,
            message,
            fresh,
            ..
        }) => {
            assert_eq!((exchange, fresh), (observation, true));
            assert_eq!(
                (message.payload.clone(), message.observe()),
                (body(130), Some(3))
            );
        }
        other => panic!("{other:?}"),
    }
    for sent in &pair.sent {
        let later =
            matches!(Block::of(&sent.message, option::BLOCK2), Some(Ok(block)) if block.number > 0);
        assert!(!later || (sent.message.observe().is_none() && sent.message.token != asked.token));
    }
    // A notification that fits one block needs no fetching.
    pair.server
        .notify(
            pair.now,
            client(),
            Message {
                kind: Kind::Non,
                ..large(4, 9)
            },
        )
        .unwrap();
    assert!(matches!(
        pair.client_event(),
        Some(Event::Notification { .. })
    ));
}

#[test]
fn a_lost_fetch_breaks_the_notification_but_not_the_observation() {
    let mut pair = Pair::with(sized(64), sized(64));
    let mut request = get("3");
    request.push_uint_option(option::OBSERVE, 0);
    let observation = pair.request(request);
    let (exchange, asked) = pair.server_request();
    let mut response = content("now");
    response.push_uint_option(option::OBSERVE, 2);
    pair.respond(exchange, response);
    pair.client_response();
    let mut large = Message {
        kind: Kind::Non,
        token: asked.token,
        ..content(body(100))
    };
    large.push_uint_option(option::OBSERVE, 3);
    pair.lost = Box::new(|_, reading| reading.code() == Some(Code::GET));
    pair.server
        .notify(pair.now, client(), large.clone())
        .unwrap();
    let error = BlockError::Abandoned { offset: 64 };
    let broken = Event::Broken {
        exchange: observation,
        peer: server(),
        error,
    };
    assert_eq!(pair.client_event(), Some(broken));
    let small = Message {
        payload: vec![1],
        ..large
    };
    pair.server.notify(pair.now, client(), small).unwrap();
    assert!(matches!(
        pair.client_event(),
        Some(Event::Notification { .. })
    ));
}

#[test]
fn blocks_may_be_done_by_hand() {
    let mut pair = Pair::with(sized(64), sized(64));
    let sending = Sending {
        single: true,
        ..Sending::default()
    };
    pair.client
        .request_with(pair.now, server(), get("3"), &sending)
        .unwrap();
    let (exchange, _) = pair.server_request();
    pair.respond(exchange, content(body(100)));
    assert_eq!(blocks(&pair.client_response()), "2:0/1/64");
    pair.server.parameters_mut().block_wise = false;
    pair.request(put(100));
    let (_, asked) = pair.server_request();
    assert_eq!(blocks(&asked), "1:0/1/64");
}

#[test]
fn the_size_preferred_at_the_request_holds_for_its_response() {
    let mut pair = Pair::new();
    pair.client.parameters_mut().block_size = 512;
    pair.request(get("3"));
    pair.client.parameters_mut().block_size = 1024;
    let (exchange, _) = pair.server_request();
    pair.respond(exchange, content(body(1500)));
    assert_eq!(pair.client_response().payload, body(1500));
    assert_eq!(ladder(&pair)[2], "GET 2:2/0/512");
}

#[test]
fn cancelling_stops_a_transfer() {
    let mut pair = Pair::with(sized(64), sized(64));
    let exchange = pair.request(get("3"));
    let (incoming, _) = pair.server_request();
    pair.respond(incoming, content(body(1000)));
    pair.run(Duration::from_millis(35));
    pair.client.cancel(exchange);
    assert_eq!(pair.client.poll_timeout(), None);
    let ended = std::iter::from_fn(|| pair.client_event());
    assert!(
        ended
            .into_iter()
            .all(|event| matches!(event, Event::Unmatched { .. }))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any sizes, any losses that retransmission can make good: both bodies arrive whole, once.
    #[test]
    fn bodies_arrive_whole(
        sizes in (0..=6_u32, 0..=6_u32),
        lengths in (0..700_usize, 0..700_usize),
        losses in prop::collection::vec(any::<bool>(), 0..200),
        late in any::<bool>(),
    ) {
        let mut pair = Pair::with(sized(16 << sizes.0), sized(16 << sizes.1));
        // Never two in a row, so that no transmission fails for good.
        pair.lost = Box::new(move |number, _| number % 3 == 0 && losses.get(number).copied().unwrap_or(false));
        pair.request(Message { code: Code::POST, ..put(lengths.0) });
        let (exchange, asked) = loop {
            match pair.server_event() {
                Some(Event::Request { exchange, message, .. }) => break (exchange, message),
                Some(Event::Duplicate { .. }) => {}
                other => panic!("{other:?}"),
            }
        };
        prop_assert_eq!(asked.payload, body(lengths.0));
        if late {
            pair.server.acknowledge(exchange).unwrap();
        }
        pair.respond(exchange, content(body(lengths.1)));
        let response = loop {
            match pair.client_event() {
                Some(Event::Response { message, .. }) => break message,
                Some(Event::Duplicate { .. } | Event::Acknowledged { .. } | Event::Unmatched { .. }) => {}
                other => panic!("{other:?}"),
            }
        };
        prop_assert_eq!(response.payload, body(lengths.1));
    }
}
