//! One endpoint against a peer that does blocks wrong, or in its own way (RFC 7959).

#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod pair;

use coap::{
    Block, BlockError, Code, Event, Exchanges, Kind, Message, MessageId, Parameters, RawOption,
    Time, Token, encode, option, read,
};
use pair::{blocks, body, client, content, get, message, put, server, sized};

/// Handles one request from a client without state and returns the answer.
fn ask(endpoint: &mut Exchanges, id: u16, request: &Message) -> Option<Message> {
    let request = Message {
        id: MessageId(id),
        token: Token(vec![id as u8]),
        ..request.clone()
    };
    endpoint.handle(Time::ZERO, client(), &encode(&request).unwrap());
    endpoint
        .poll_transmit()
        .and_then(|transmit| read(&transmit.bytes).message)
}

fn with_block1(number: u32, more: bool, szx: u8, length: usize) -> Message {
    let mut request = Message {
        payload: body(length),
        ..put(0)
    };
    request.push_option(
        option::BLOCK1,
        Block { number, more, szx }.encode().unwrap(),
    );
    request
}

#[test]
fn what_a_server_answers_to_blocks_out_of_place() {
    let raw = |option: u16, value: u8| {
        let mut request = put(16);
        request.options.push(RawOption {
            number: option,
            value: vec![value],
        });
        request
    };
    let mut other_format = with_block1(1, false, 0, 16);
    other_format
        .options
        .retain(|option| option.number != option::CONTENT_FORMAT);
    let mut announced = with_block1(0, true, 0, 16);
    announced.push_uint_option(option::SIZE1, 101);
    // Requests in a row, and the code that answers the last of them.
    let start = with_block1(0, true, 0, 16);
    let rows = [
        (vec![start.clone()], Code::CONTINUE),
        (
            vec![
                start.clone(),
                with_block1(1, true, 0, 16),
                with_block1(3, true, 0, 16),
            ],
            Code::REQUEST_ENTITY_INCOMPLETE,
        ),
        (
            vec![with_block1(1, true, 0, 16)],
            Code::REQUEST_ENTITY_INCOMPLETE,
        ),
        (
            vec![start.clone(), other_format],
            Code::REQUEST_ENTITY_INCOMPLETE,
        ),
        (
            vec![
                start.clone(),
                with_block1(1, true, 0, 16),
                start.clone(),
                with_block1(1, true, 0, 16),
            ],
            Code::CONTINUE,
        ),
        (
            vec![start.clone(), with_block1(1, true, 0, 9)],
            Code::BAD_REQUEST,
        ),
        (
            vec![start.clone(), with_block1(1, false, 0, 17)],
            Code::BAD_REQUEST,
        ),
        (vec![raw(option::BLOCK1, 0x07)], Code::BAD_REQUEST),
        (vec![raw(option::BLOCK2, 0x17)], Code::BAD_REQUEST),
        (vec![announced], Code::REQUEST_ENTITY_TOO_LARGE),
        (
            vec![with_block1(0, true, 2, 64), with_block1(1, false, 2, 37)],
            Code::REQUEST_ENTITY_TOO_LARGE,
        ),
    ];
    for (requests, code) in rows {
        let parameters = Parameters {
            max_body: 100,
            ..Parameters::default()
        };
        let mut endpoint = Exchanges::new(parameters, 1);
        let mut last = None;
        for (id, request) in requests.iter().enumerate() {
            last = ask(&mut endpoint, id as u16, request);
        }
        let answer = last.unwrap();
        assert_eq!(answer.code, code, "{requests:?}");
        assert_eq!(endpoint.poll_event(), None);
        let hint = answer.uint_option(option::SIZE1);
        assert_eq!(
            hint,
            (code == Code::REQUEST_ENTITY_TOO_LARGE).then_some(100)
        );
    }
}

#[test]
fn a_body_that_stops_is_forgotten() {
    let mut endpoint = Exchanges::new(Parameters::default(), 1);
    ask(&mut endpoint, 0, &with_block1(0, true, 0, 16));
    let later = Time::ZERO + endpoint.parameters().exchange_lifetime();
    let rest = with_block1(1, false, 0, 16);
    endpoint.handle(
        later,
        client(),
        &encode(&Message {
            id: MessageId(1),
            ..rest
        })
        .unwrap(),
    );
    let answer = endpoint
        .poll_transmit()
        .and_then(|transmit| read(&transmit.bytes).message);
    assert_eq!(
        answer.map(|answer| answer.code),
        Some(Code::REQUEST_ENTITY_INCOMPLETE)
    );
}

/// A later block without an earlier one is cut from a fresh response; beyond the end there is nothing.
#[test]
fn a_block_may_be_asked_for_at_random() {
    let rows = [
        (1, Code::CONTENT, 36),
        (0, Code::CONTENT, 64),
        (2, Code::BAD_REQUEST, 25),
    ];
    for (number, code, length) in rows {
        let mut endpoint = Exchanges::new(Parameters::default(), 1);
        let mut request = get("3");
        let block = Block {
            number,
            more: false,
            szx: 2,
        };
        request.push_option(option::BLOCK2, block.encode().unwrap());
        assert_eq!(ask(&mut endpoint, 0, &request), None);
        let Some(Event::Request { exchange, .. }) = endpoint.poll_event() else {
            panic!("no request");
        };
        endpoint
            .respond(Time::ZERO, exchange, content(body(100)))
            .unwrap();
        let answer = endpoint
            .poll_transmit()
            .and_then(|transmit| read(&transmit.bytes).message)
            .unwrap();
        assert_eq!(
            (answer.code, answer.payload.len()),
            (code, length),
            "block {number}"
        );
    }
}

/// Answers a client's requests one after another; returns its events.
fn serve(
    parameters: Parameters,
    request: Message,
    answers: Vec<Message>,
) -> (Vec<String>, Vec<Event>) {
    let mut endpoint = Exchanges::new(parameters, 1);
    endpoint.request(Time::ZERO, server(), request).unwrap();
    let mut asked = Vec::new();
    for answer in answers {
        let Some(transmit) = endpoint.poll_transmit() else {
            break;
        };
        let request = read(&transmit.bytes).message.unwrap();
        asked.push(blocks(&request));
        let answer = Message {
            id: request.id,
            token: request.token,
            ..answer
        };
        endpoint.handle(Time::ZERO, server(), &encode(&answer).unwrap());
    }
    while let Some(transmit) = endpoint.poll_transmit() {
        asked.push(blocks(&read(&transmit.bytes).message.unwrap()));
    }
    (
        asked,
        std::iter::from_fn(|| endpoint.poll_event()).collect(),
    )
}

fn with_block(mut message: Message, option: u16, number: u32, more: bool, szx: u8) -> Message {
    message.push_option(option, Block { number, more, szx }.encode().unwrap());
    message
}

#[test]
fn what_breaks_a_response_in_blocks() {
    let part = |number, more, etag: &str| {
        let mut message = with_block(content(body(16)), option::BLOCK2, number, more, 0);
        message.push_option(option::ETAG, etag);
        message
    };
    let with_format = |mut message: Message| {
        message.push_uint_option(option::CONTENT_FORMAT, 42);
        message
    };
    let small = Parameters {
        max_body: 20,
        ..Parameters::default()
    };
    let rows = [
        (
            Parameters::default(),
            part(1, true, "b"),
            BlockError::EtagChanged { offset: 16 },
        ),
        (
            Parameters::default(),
            part(2, true, "a"),
            BlockError::OutOfOrder {
                found: 32,
                expected: 16,
            },
        ),
        (
            Parameters::default(),
            part(0, true, "a"),
            BlockError::OutOfOrder {
                found: 0,
                expected: 16,
            },
        ),
        (
            Parameters::default(),
            with_format(part(1, true, "a")),
            BlockError::FormatChanged { offset: 16 },
        ),
        (
            Parameters::default(),
            content("x"),
            BlockError::OptionMissing { offset: 16 },
        ),
        (
            small,
            part(1, false, "a"),
            BlockError::TooLarge {
                found: 32,
                limit: 20,
            },
        ),
    ];
    for (parameters, second, wanted) in rows {
        let (_, events) = serve(parameters, get("3"), vec![part(0, true, "a"), second]);
        assert!(
            matches!(&events[..], [Event::Broken { error, .. }] if *error == wanted),
            "{events:?}"
        );
    }
    let gone = message(Kind::Ack, Code::NOT_FOUND);
    let (_, events) = serve(
        Parameters::default(),
        get("3"),
        vec![part(0, true, "a"), gone],
    );
    assert!(
        matches!(&events[..], [Event::Response { message, .. }] if message.code == Code::NOT_FOUND)
    );
}

#[test]
fn what_a_client_makes_of_answers_to_its_blocks() {
    let answer = |code, number, more, szx| {
        with_block(message(Kind::Ack, code), option::BLOCK1, number, more, szx)
    };
    // A 4.13 with a smaller size: the same again in that size (RFC 7959, 2.9.3).
    let smaller = answer(Code::REQUEST_ENTITY_TOO_LARGE, 0, true, 2);
    let (asked, events) = serve(sized(128), put(150), vec![smaller]);
    assert_eq!(asked, ["1:0/1/128", "1:0/1/64"]);
    assert_eq!(events, []);
    // A 4.08 ends the request.
    let lost = answer(Code::REQUEST_ENTITY_INCOMPLETE, 0, false, 3);
    let (asked, events) = serve(sized(128), put(150), vec![lost]);
    assert_eq!((asked.len(), events.len()), (1, 1));
    // A server that takes the blocks one by one answers each with a class 2 code (RFC 7959, 2.3).
    let each = answer(Code::CHANGED, 0, false, 3);
    let (asked, _) = serve(sized(128), put(150), vec![each]);
    assert_eq!(asked, ["1:0/1/128", "1:1/0/128"]);
    // An answer to another block than the one that was sent.
    let other = answer(Code::CONTINUE, 1, true, 3);
    let (_, events) = serve(sized(128), put(150), vec![other]);
    let error = BlockError::OutOfOrder {
        found: 128,
        expected: 0,
    };
    assert!(matches!(&events[..], [Event::Broken { error: found, .. }] if *found == error));
}
