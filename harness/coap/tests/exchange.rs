//! Reliable messaging in virtual time (RFC 7252, 4 and 5).

#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod pair;

use std::time::Duration;

use coap::{
    Answer, Code, Event, Exchanges, Kind, Message, MessageId, Parameters, Purpose, RawMessage,
    RespondError, Sending, Time, Token, encode, option, read,
};
use pair::{Pair, client, content, get, message, server};
use proptest::prelude::*;

fn seconds(time: f64) -> Duration {
    Duration::from_secs_f64(time)
}

/// The datagrams that wait to be sent, as messages.
fn drain(endpoint: &mut Exchanges) -> Vec<Message> {
    std::iter::from_fn(|| endpoint.poll_transmit())
        .map(|transmit| read(&transmit.bytes).message.unwrap())
        .collect()
}

fn events(endpoint: &mut Exchanges) -> Vec<Event> {
    std::iter::from_fn(|| endpoint.poll_event()).collect()
}

#[test]
fn a_prompt_response_is_piggybacked() {
    let mut pair = Pair::new();
    let request = pair.request(get("3/0"));
    let (exchange, asked) = pair.server_request();
    assert_eq!(asked.text_options(option::URI_PATH), ["3", "0"]);
    pair.respond(exchange, content("a"));
    match pair.client_event() {
        Some(Event::Response {
            exchange,
            peer,
            message,
        }) => {
            assert_eq!(
                (exchange, peer, &message.payload[..]),
                (request, server(), &b"a"[..])
            );
            assert_eq!((message.id, &message.token), (asked.id, &asked.token));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(pair.client_event(), None);
    assert_eq!(pair.ladder(), ["CON GET", "ACK 2.05 Content"]);
    assert_eq!(
        pair.server.respond(pair.now, exchange, content("b")),
        Err(RespondError::NotWaiting { exchange })
    );
}

#[test]
fn a_late_response_is_separate() {
    let mut pair = Pair::new();
    let request = pair.request(get("3"));
    let (exchange, _) = pair.server_request();
    pair.run(seconds(5.0));
    pair.respond(exchange, content("late"));
    assert_eq!(
        pair.client_event(),
        Some(Event::Acknowledged {
            exchange: request,
            peer: server()
        })
    );
    assert_eq!(pair.client_response().payload, b"late");
    assert_eq!(
        pair.server_event(),
        Some(Event::Acknowledged {
            exchange,
            peer: client()
        })
    );
    let ladder = ["CON GET", "ACK Empty", "CON 2.05 Content", "ACK Empty"];
    assert_eq!(pair.ladder(), ladder);
    assert_eq!(pair.sent[1].at.since(pair.sent[0].at), seconds(1.01));
    assert_ne!(pair.sent[2].message.id, pair.sent[0].message.id);
}

#[test]
fn a_separate_response_may_be_forced_and_be_a_non() {
    let mut pair = Pair::new();
    pair.request(get("3"));
    let (exchange, _) = pair.server_request();
    pair.server.acknowledge(exchange).unwrap();
    pair.respond(
        exchange,
        Message {
            kind: Kind::Non,
            ..content("n")
        },
    );
    assert!(matches!(
        pair.client_event(),
        Some(Event::Acknowledged { .. })
    ));
    assert_eq!(pair.client_response().payload, b"n");
    assert_eq!(pair.ladder(), ["CON GET", "ACK Empty", "NON 2.05 Content"]);
}

#[test]
fn retransmission_backs_off_and_gives_up() {
    let mut pair = Pair::new();
    pair.lost = Box::new(|_, _| true);
    let exchange = pair.request(get("3"));
    let gone = Event::TimedOut {
        exchange,
        peer: server(),
        acknowledged: false,
    };
    assert_eq!(pair.client_event(), Some(gone));
    let times: Vec<_> = pair
        .sent
        .iter()
        .map(|sent| sent.at.since(Time::ZERO).as_secs_f64())
        .collect();
    assert_eq!(times.len(), 5);
    let first = times[1];
    assert!((2.0..=3.0).contains(&first), "{first}");
    for (attempt, time) in times.iter().enumerate() {
        let wanted = first * (f64::from(1 << attempt) - 1.0);
        assert!((time - wanted).abs() < 1e-6, "{time} {wanted}");
        assert_eq!(pair.sent[attempt].retransmission as usize, attempt);
        assert_eq!(pair.sent[attempt].message, pair.sent[0].message);
    }
    let end = pair.now.since(Time::ZERO).as_secs_f64();
    assert!((end - first * 31.0).abs() < 1e-6, "{end}");
}

#[test]
fn a_copy_of_a_request_gets_the_recorded_answer() {
    let mut pair = Pair::new();
    pair.lost = Box::new(|number, _| number == 1);
    pair.request(get("3"));
    let (exchange, asked) = pair.server_request();
    pair.respond(exchange, content("once"));
    assert_eq!(pair.client_response().payload, b"once");
    let duplicate = Event::Duplicate {
        peer: client(),
        id: asked.id,
        same: true,
    };
    assert_eq!(pair.server_event(), Some(duplicate));
    assert_eq!(pair.server_event(), None);
    assert_eq!(pair.sent[1].message, pair.sent[3].message);
}

#[test]
fn a_message_id_is_free_again_after_its_lifetime() {
    let parameters = Parameters::default();
    let rows = [
        (Kind::Con, parameters.exchange_lifetime()),
        (Kind::Non, parameters.non_lifetime()),
    ];
    for (kind, lifetime) in rows {
        let mut endpoint = Exchanges::new(parameters.clone(), 1);
        let bytes = encode(&Message { kind, ..get("3") }).unwrap();
        let moment = Duration::from_nanos(1);
        endpoint.handle(Time::ZERO, client(), &bytes);
        endpoint.handle(Time::ZERO + lifetime - moment, client(), &bytes);
        endpoint.handle(Time::ZERO + lifetime, client(), &bytes);
        let events = events(&mut endpoint);
        let wanted = |event: &Event| matches!(event, Event::Request { .. });
        assert_eq!(
            events.iter().map(wanted).collect::<Vec<_>>(),
            [true, false, true]
        );
    }
}

#[test]
fn a_copy_with_other_bytes_is_told_apart() {
    let mut endpoint = Exchanges::new(Parameters::default(), 1);
    endpoint.handle(Time::ZERO, client(), &encode(&get("3")).unwrap());
    endpoint.handle(Time::ZERO, client(), &encode(&get("4")).unwrap());
    endpoint.forget_peer(client());
    endpoint.handle(Time::ZERO, client(), &encode(&get("4")).unwrap());
    let events = events(&mut endpoint);
    assert_eq!(
        events[1],
        Event::Duplicate {
            peer: client(),
            id: MessageId(0),
            same: false
        }
    );
    assert!(matches!(events[2], Event::Request { .. }));
}

#[test]
fn a_wrong_token_is_never_the_answer() {
    let mut endpoint = Exchanges::new(Parameters::default(), 1);
    let exchange = endpoint.request(Time::ZERO, server(), get("3")).unwrap();
    let request = drain(&mut endpoint).remove(0);
    let wrong = Message {
        id: request.id,
        token: Token(vec![9]),
        ..content("wrong")
    };
    endpoint.handle(Time::ZERO, server(), &encode(&wrong).unwrap());
    assert_eq!(
        events(&mut endpoint),
        [Event::Unmatched {
            peer: server(),
            message: wrong
        }]
    );
    // From another peer, the right token does not help either.
    let right = Message {
        kind: Kind::Con,
        token: request.token,
        ..content("right")
    };
    endpoint.handle(Time::ZERO, client(), &encode(&right).unwrap());
    assert!(matches!(
        events(&mut endpoint)[..],
        [Event::Unmatched { .. }]
    ));
    endpoint.handle(Time::ZERO, server(), &encode(&right).unwrap());
    let response = Event::Response {
        exchange,
        peer: server(),
        message: right,
    };
    assert_eq!(events(&mut endpoint), [response]);
    let kinds: Vec<_> = drain(&mut endpoint)
        .iter()
        .map(|message| message.kind)
        .collect();
    assert_eq!(kinds, [Kind::Rst, Kind::Ack]);
}

#[test]
fn a_response_stops_the_retransmission_when_the_acknowledgement_is_lost() {
    let mut pair = Pair::new();
    pair.lost = Box::new(|_, reading| reading.code() == Some(Code::EMPTY));
    pair.request(get("3"));
    let (exchange, _) = pair.server_request();
    pair.server.acknowledge(exchange).unwrap();
    pair.respond(exchange, content("x"));
    assert_eq!(pair.client_response().payload, b"x");
    pair.run(seconds(300.0));
    let requests = pair
        .sent
        .iter()
        .filter(|sent| sent.purpose == Purpose::Request);
    assert_eq!(requests.count(), 1);
}

/// Kind and code of a message that fits nothing, with Observe or not, and what is answered.
#[test]
fn what_fits_nothing() {
    let rows = [
        (Kind::Con, Code::CONTENT, false, Some(Kind::Rst)),
        (Kind::Non, Code::CONTENT, false, None),
        (Kind::Non, Code::CONTENT, true, Some(Kind::Rst)),
        (Kind::Ack, Code::CONTENT, false, None),
        (Kind::Ack, Code::EMPTY, false, None),
        (Kind::Rst, Code::EMPTY, false, None),
    ];
    for (kind, code, observes, answer) in rows {
        let mut endpoint = Exchanges::new(Parameters::default(), 1);
        let mut stray = message(kind, code);
        if observes {
            stray.push_uint_option(option::OBSERVE, 12);
        }
        endpoint.handle(Time::ZERO, server(), &encode(&stray).unwrap());
        let kinds = drain(&mut endpoint)
            .into_iter()
            .map(|message| message.kind)
            .next();
        assert_eq!(kinds, answer, "{kind} {code}");
        assert_eq!(
            events(&mut endpoint),
            [Event::Unmatched {
                peer: server(),
                message: stray
            }]
        );
    }
}

#[test]
fn a_ping_is_answered_by_a_reset() {
    let mut endpoint = Exchanges::new(Parameters::default(), 1);
    endpoint.handle(Time::ZERO, client(), b"\x40\x00\x12\x34");
    assert_eq!(
        endpoint.poll_transmit().map(|transmit| transmit.bytes),
        Some(b"\x70\x00\x12\x34".to_vec())
    );
    assert_eq!(
        events(&mut endpoint),
        [Event::Ping {
            peer: client(),
            id: MessageId(0x1234)
        }]
    );
}

/// A malformed datagram and the bytes that answer it.
#[test]
fn malformed_datagrams_get_the_answer_of_their_clause() {
    let rows: [(&[u8], Answer, &[u8]); 7] = [
        (b"\x80\x01\x00\x07", Answer::Ignore, b""),
        (
            b"\x49\x01\x00\x07123456789",
            Answer::Reset,
            b"\x70\x00\x00\x07",
        ),
        (b"\x40\x01\x00\x07\xff", Answer::Reset, b"\x70\x00\x00\x07"),
        (b"\x50\x01\x00\x07\xff", Answer::Ignore, b""),
        (b"\x60\x45\x00\x07\xff", Answer::Ignore, b""),
        (b"\x40\xe1\x00\x07", Answer::Reset, b"\x70\x00\x00\x07"),
        (
            b"\x41\x01\x00\x07t\xe0\x06\xf6",
            Answer::BadOption,
            b"\x61\x82\x00\x07t\xffcritical option 2051 is unknown",
        ),
    ];
    for (bytes, wanted, sent) in rows {
        let mut endpoint = Exchanges::new(Parameters::default(), 1);
        endpoint.handle(Time::ZERO, client(), bytes);
        match endpoint.poll_event() {
            Some(Event::Malformed {
                answer, reading, ..
            }) => {
                assert_eq!((answer, *reading), (wanted, read(bytes)));
            }
            other => panic!("{bytes:02x?}: {other:?}"),
        }
        let answered = endpoint.poll_transmit().map(|transmit| transmit.bytes);
        assert_eq!(answered.unwrap_or_default(), sent, "{bytes:02x?}");
    }
}

#[test]
fn elective_options_out_of_range_are_left_out() {
    let mut endpoint = Exchanges::new(Parameters::default(), 1);
    let mut request = get("3");
    request.push_option(option::CONTENT_FORMAT, [1, 2, 3]);
    request.push_uint_option(option::MAX_AGE, 7);
    request.push_uint_option(option::MAX_AGE, 8);
    endpoint.handle(Time::ZERO, client(), &encode(&request).unwrap());
    let Some(Event::Request { message, .. }) = endpoint.poll_event() else {
        panic!("no request");
    };
    let numbers: Vec<_> = message.options.iter().map(|option| option.number).collect();
    assert_eq!(numbers, [option::URI_PATH, option::MAX_AGE]);
    assert_eq!(message.uint_option(option::MAX_AGE), Some(7));
}

#[test]
fn a_non_is_answered_by_a_non_or_not_at_all() {
    let mut pair = Pair::new();
    pair.request(Message {
        kind: Kind::Non,
        ..get("3")
    });
    let (exchange, _) = pair.server_request();
    pair.respond(exchange, content("n"));
    assert_eq!(pair.client_response().kind, Kind::Non);
    let silent = pair.request(Message {
        kind: Kind::Non,
        ..get("4")
    });
    let (exchange, _) = pair.server_request();
    pair.server.ignore(exchange);
    let start = pair.now;
    let gone = Event::TimedOut {
        exchange: silent,
        peer: server(),
        acknowledged: false,
    };
    assert_eq!(pair.client_event(), Some(gone));
    let wait = pair.client.parameters().response_timeout;
    assert_eq!(pair.now.since(start) + pair.latency, wait);
    assert_eq!(pair.ladder(), ["NON GET", "NON 2.05 Content", "NON GET"]);
}

#[test]
fn an_acknowledged_request_without_response_times_out() {
    let mut pair = Pair::new();
    let exchange = pair.request(get("3"));
    let (incoming, _) = pair.server_request();
    pair.server.acknowledge(incoming).unwrap();
    assert!(matches!(
        pair.client_event(),
        Some(Event::Acknowledged { .. })
    ));
    let gone = Event::TimedOut {
        exchange,
        peer: server(),
        acknowledged: true,
    };
    assert_eq!(pair.client_event(), Some(gone));
}

#[test]
fn a_request_may_be_rejected_or_cancelled() {
    let mut pair = Pair::new();
    let exchange = pair.request(get("3"));
    let (incoming, _) = pair.server_request();
    pair.server.reset(incoming).unwrap();
    assert_eq!(
        pair.client_event(),
        Some(Event::Reset {
            exchange,
            peer: server()
        })
    );
    let exchange = pair.request(get("4"));
    let (incoming, _) = pair.server_request();
    pair.client.cancel(exchange);
    assert_eq!(pair.client.poll_timeout(), None);
    pair.respond(incoming, content("x"));
    assert!(matches!(pair.client_event(), Some(Event::Unmatched { .. })));
}

#[test]
fn token_and_message_id_may_be_chosen() {
    let mut pair = Pair::new();
    let sending = Sending {
        token: Some(Token(vec![1, 2, 3])),
        id: Some(MessageId(0xffff)),
        single: false,
    };
    pair.client
        .request_with(pair.now, server(), get("3"), &sending)
        .unwrap();
    let (exchange, asked) = pair.server_request();
    assert_eq!(
        (asked.id, asked.token),
        (MessageId(0xffff), Token(vec![1, 2, 3]))
    );
    pair.respond(exchange, content("x"));
    assert_eq!(pair.client_response().payload, b"x");
}

#[test]
fn raw_requests_may_be_awaited_and_raw_responses_are_repeated() {
    let mut pair = Pair::new();
    let raw = RawMessage {
        token: vec![7],
        ..RawMessage::from(&get("3"))
    };
    let exchange = pair
        .client
        .expect(pair.now, server(), Token(vec![7]), Some(raw.id));
    for _ in 0..2 {
        pair.client.transmit_raw(server(), raw.to_bytes());
    }
    let (incoming, asked) = pair.server_request();
    let answer = Message {
        id: asked.id,
        token: asked.token,
        ..content("r")
    };
    pair.server
        .respond_raw(incoming, encode(&answer).unwrap())
        .unwrap();
    let response = Event::Response {
        exchange,
        peer: server(),
        message: answer,
    };
    assert_eq!(pair.client_event(), Some(response));
    assert!(matches!(
        pair.server_event(),
        Some(Event::Duplicate { same: true, .. })
    ));
}

#[test]
fn the_seed_decides_tokens_and_message_ids() {
    let first = |seed| {
        let mut endpoint = Exchanges::new(Parameters::default(), seed);
        endpoint.request(Time::ZERO, server(), get("3")).unwrap();
        (drain(&mut endpoint), endpoint.poll_timeout())
    };
    assert_eq!(first(7), first(7));
    assert_ne!(first(7), first(8));
    let mut endpoint = Exchanges::new(
        Parameters {
            token_length: 1,
            ..Parameters::default()
        },
        1,
    );
    let mut tokens = std::collections::BTreeSet::new();
    for _ in 0..200 {
        endpoint.request(Time::ZERO, server(), get("3")).unwrap();
        tokens.extend(
            drain(&mut endpoint)
                .into_iter()
                .map(|message| message.token),
        );
    }
    assert_eq!(tokens.len(), 200);
}

proptest! {
    /// Whatever is lost, a request reaches the server's user at most once and ends exactly once.
    #[test]
    fn loss_neither_doubles_nor_loses(losses in prop::collection::vec(any::<bool>(), 0..40), late in any::<bool>()) {
        let mut pair = Pair::new();
        pair.lost = Box::new(move |number, _| losses.get(number).copied().unwrap_or(false));
        pair.request(get("3"));
        let mut requests = 0;
        let mut ends = 0;
        let until = Time::ZERO + seconds(3600.0);
        loop {
            while let Some(event) = pair.server.poll_event() {
                if let Event::Request { exchange, .. } = event {
                    requests += 1;
                    if late {
                        pair.server.acknowledge(exchange).unwrap();
                    }
                    pair.respond(exchange, content("x"));
                }
            }
            while let Some(event) = pair.client.poll_event() {
                let end = matches!(event, Event::Response { .. } | Event::TimedOut { .. });
                ends += usize::from(end);
            }
            if !pair.step(until) {
                break;
            }
        }
        prop_assert!(requests <= 1);
        prop_assert_eq!(ends, 1);
    }

    #[test]
    fn any_datagrams_are_taken(datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20)) {
        let mut endpoint = Exchanges::new(Parameters::default(), 1);
        endpoint.request(Time::ZERO, server(), get("3")).unwrap();
        for datagram in datagrams {
            endpoint.handle(Time::ZERO, server(), &datagram);
            endpoint.handle_timeout(Time::ZERO);
        }
    }
}

/// RFC 7252, 5.2.2 and 5.2.3: the separate response to a CON may be a NON, which is how a stream's response is handed over.
#[test]
fn a_non_answers_a_request_that_was_acknowledged_empty() {
    let mut endpoint = Exchanges::new(Parameters::default(), 1);
    let exchange = endpoint.request(Time::ZERO, server(), get("a")).unwrap();
    let sent = endpoint.poll_transmit().unwrap();
    let request = read(&sent.bytes).message.unwrap();
    let empty = Message::new(Kind::Ack, Code::EMPTY, request.id, Token::default());
    endpoint.handle(Time::ZERO, server(), &encode(&empty).unwrap());
    let acknowledged = Event::Acknowledged {
        exchange,
        peer: server(),
    };
    assert_eq!(endpoint.poll_event(), Some(acknowledged));
    let response = Message::new(Kind::Non, Code::CONTENT, MessageId(9), request.token);
    endpoint.handle(Time::ZERO, server(), &encode(&response).unwrap());
    let answered = Event::Response {
        exchange,
        peer: server(),
        message: response,
    };
    assert_eq!(endpoint.poll_event(), Some(answered));
    assert_eq!(
        (endpoint.poll_transmit(), endpoint.poll_timeout()),
        (None, None)
    );
}
