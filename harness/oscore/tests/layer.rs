//! Two layers against each other: Echo, retransmission, Observe, Block, and both roles at once (RFC 8613, 8; RFC 9175, 2).

#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod pair;

use std::time::Duration;

use coap::{Code, Event, Kind, Message, RawMessage, Sending, Time, Token, option, read};
use oscore::{
    Cause, Conduct, Context, Fault, Incoming, Layer, MAX_SEQUENCE, ProtectError, Protection,
};
use pair::{Pair, client, content, get, message, parameters, server};
use proptest::prelude::*;

/// RFC 8613, B.1.2; Transport TS, 5.4.3.
#[test]
fn the_first_request_is_challenged_and_the_emulators_do_not_notice() {
    let mut pair = Pair::new();
    let (asked, answer) = pair.exchange(get("3/0"), content("first"));
    assert_eq!(asked.text_options(option::URI_PATH), ["3", "0"]);
    assert_eq!(asked.option_values(option::ECHO).count(), 0);
    assert_eq!(answer.payload, b"first");
    assert_eq!(pair.outer(), ["CON POST", "ACK 2.04 Changed"].repeat(2));
    let inner = [
        "CON GET",
        "ACK 4.01 Unauthorized",
        "CON GET",
        "ACK 2.05 Content",
    ];
    assert_eq!(pair.inner(), inner);
    assert_eq!(pair.causes, [Cause::Challenged, Cause::Repeated]);
    pair.exchange(get("3/1"), content("second"));
    assert_eq!(pair.sent.len(), 6);
    assert!(pair.findings().is_empty(), "{:?}", pair.findings());
    assert!(pair.faults.is_empty());
}

/// RFC 8613, B.1.2: the challenge has a Partial IV and Echo, and nothing else.
#[test]
fn a_challenge_says_what_it_has_to() {
    let mut pair = Pair::new();
    pair.exchange(get("3"), content("x"));
    let (_, _, seen) = &pair.sent[1];
    let Protection::Opened(facts) = &seen.protection else {
        panic!("{seen:?}");
    };
    assert_eq!(
        facts
            .header
            .partial_iv
            .map(|partial_iv| partial_iv.sequence()),
        Some(0)
    );
    assert_eq!(
        (&facts.header.kid, &facts.header.kid_context),
        (&None, &None)
    );
    let challenge = read(&seen.datagram).message.unwrap();
    assert_eq!(challenge.options.len(), 1);
    let echo = challenge.option_values(option::ECHO).next().unwrap();
    assert!(challenge.payload.is_empty());
    let repeated = read(&pair.sent[2].2.datagram).message.unwrap();
    assert_eq!(repeated.option_values(option::ECHO).next(), Some(echo));
    assert_eq!(repeated.token, challenge.token);
    assert_ne!(repeated.id, challenge.id);
}

#[test]
fn a_non_is_challenged_by_a_non() {
    let mut pair = Pair::new();
    let request = Message {
        kind: Kind::Non,
        ..get("3")
    };
    pair.request(request);
    let (exchange, _) = pair.asked(false);
    pair.respond(
        exchange,
        Message {
            kind: Kind::Non,
            ..content("x")
        },
    );
    assert_eq!(pair.answered(true).payload, b"x");
    assert_eq!(pair.outer(), ["NON POST", "NON 2.04 Changed"].repeat(2));
}

/// Transport TS, 5.4.6: the LwM2M Server asks in the context that the client opened.
#[test]
fn either_side_asks_in_one_context() {
    let mut pair = Pair::new();
    assert!(!pair.server.layer.has_context(client()));
    pair.exchange(get("rd"), content("x"));
    assert!(pair.server.layer.has_context(client()));
    let now = pair.now;
    pair.server
        .endpoint
        .request(now, client(), get("3/0/0"))
        .unwrap();
    let (exchange, asked) = pair.asked(true);
    assert_eq!(asked.text_options(option::URI_PATH), ["3", "0", "0"]);
    pair.client
        .endpoint
        .respond(now, exchange, content("y"))
        .unwrap();
    assert_eq!(pair.answered(false).payload, b"y");
    assert!(pair.findings().is_empty(), "{:?}", pair.findings());
}

#[test]
fn a_separate_response_is_protected() {
    let mut pair = Pair::new();
    pair.request(get("3"));
    let (exchange, _) = pair.asked(false);
    pair.server.endpoint.acknowledge(exchange).unwrap();
    pair.respond(
        exchange,
        Message {
            kind: Kind::Con,
            ..content("late")
        },
    );
    assert_eq!(pair.answered(true).payload, b"late");
    pair.run(Duration::from_secs(5));
    let lines = pair.inner();
    assert_eq!(lines[3..], ["ACK Empty", "CON 2.05 Content", "ACK Empty"]);
}

/// RFC 8613, 4.1.3.5 and 7.4.1.
#[test]
fn notifications_come_in_order_until_they_are_cancelled() {
    let mut pair = Pair::new();
    let observe = |value, token: Option<&Token>| {
        let mut request = get("3/0/9");
        request.push_uint_option(option::OBSERVE, value);
        let sending = Sending {
            token: token.cloned(),
            ..Sending::default()
        };
        (request, sending)
    };
    let (request, sending) = observe(0, None);
    pair.client
        .endpoint
        .request_with(pair.now, server(), request, &sending)
        .unwrap();
    let (exchange, asked) = pair.asked(false);
    assert_eq!(asked.observe(), Some(0));
    let notification = |sequence, kind| {
        let mut message = Message {
            kind,
            token: asked.token.clone(),
            ..content("n")
        };
        message.push_uint_option(option::OBSERVE, sequence);
        message
    };
    pair.respond(exchange, notification(7, Kind::Ack));
    assert_eq!(pair.answered(true).observe(), Some(0));
    for (sequence, kind) in [(8, Kind::Non), (9, Kind::Con), (10, Kind::Con)] {
        let now = pair.now;
        pair.server
            .endpoint
            .notify(now, client(), notification(sequence, kind))
            .unwrap();
        let event = pair.event(true);
        assert!(
            matches!(event, Some(Event::Notification { fresh: true, .. })),
            "{event:?}"
        );
        pair.run(Duration::from_secs(1));
    }
    let (request, sending) = observe(1, Some(&asked.token));
    pair.client
        .endpoint
        .request_with(pair.now, server(), request, &sending)
        .unwrap();
    while pair.server.endpoint.poll_event().is_some() {}
    let (exchange, _) = pair.asked(false);
    pair.respond(exchange, content("end"));
    assert_eq!(pair.answered(true).payload, b"end");
    assert!(
        pair.outer().iter().all(|line| {
            ["FETCH", "2.05", "Empty", "2.04"]
                .iter()
                .any(|seen| line.contains(seen))
        }),
        "{:?}",
        pair.outer()
    );
    assert!(pair.findings().is_empty(), "{:?}", pair.findings());
    let late = notification(11, Kind::Con);
    let now = pair.now;
    pair.server.endpoint.notify(now, client(), late).unwrap();
    pair.flush();
    let (_, _, seen) = pair.sent.last().unwrap();
    assert_eq!(
        seen.protection,
        Protection::Absent {
            answers_protected: true
        }
    );
}

/// RFC 8613, 4.1.3.4.1: blocks are protected one by one.
#[test]
fn bodies_travel_in_inner_blocks() {
    let mut pair = Pair::sized(Conduct::default(), Conduct::default(), 64);
    let body: Vec<u8> = (0..300_u16).map(|index| index as u8).collect();
    let mut request = Message {
        code: Code::PUT,
        ..get("5/0/0")
    };
    request.payload.clone_from(&body);
    let (asked, answer) = pair.exchange(request, content(body.clone()));
    assert_eq!((asked.payload, answer.payload), (body.clone(), body));
    let visible = |bytes: &[u8]| read(bytes).message.unwrap().options.len();
    assert!(pair.sent.iter().all(|(_, bytes, _)| visible(bytes) == 1));
    assert!(pair.sent.len() > 18);
    assert!(pair.findings().is_empty());
}

/// RFC 7252, 4.2: what goes again is the same, and needs no Partial IV.
#[test]
fn a_retransmission_has_the_same_bytes() {
    let mut pair = Pair::new();
    pair.exchange(get("3"), content("x"));
    let before = pair.client.layer.next_sequence(&parameters());
    let start = pair.sent.len();
    pair.lost = Box::new(move |number| (start..start + 3).contains(&number));
    pair.exchange(get("3"), content("y"));
    let sent: Vec<_> = pair.sent[start..]
        .iter()
        .filter(|(by_client, ..)| *by_client)
        .collect();
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|(_, bytes, _)| *bytes == sent[0].1));
    assert_eq!(sent.iter().filter(|(_, _, seen)| seen.repeated).count(), 3);
    let after = pair.client.layer.next_sequence(&parameters());
    assert_eq!(after, before.map(|sequence| sequence + 1));
}

/// A challenged request that is lost is retransmitted by the emulator, in its new form.
#[test]
fn a_lost_repetition_comes_again() {
    let mut pair = Pair::new();
    pair.lost = Box::new(|number| number == 2);
    pair.exchange(get("3"), content("x"));
    assert_eq!(pair.sent[2].1, pair.sent[3].1);
    assert_eq!(pair.causes, [Cause::Challenged, Cause::Repeated]);
}

/// RFC 8613, 7.4: the same OSCORE message in another CoAP message is a replay; a copy is none.
#[test]
fn replays_are_refused_and_copies_are_not() {
    let mut pair = Pair::new();
    pair.exchange(get("3"), content("x"));
    pair.exchange(get("3"), content("y"));
    let (_, bytes, _) = pair.sent[4].clone();
    let now = pair.now;
    let copy = pair.server.layer.incoming(now, client(), &bytes);
    assert!(matches!(copy, Incoming::Plain { .. }), "{copy:?}");
    let mut replay = bytes;
    replay[3] ^= 1;
    let Incoming::Answer { datagrams, cause } = pair.server.layer.incoming(now, client(), &replay)
    else {
        panic!("a replay was taken");
    };
    assert!(matches!(cause, Cause::Refused(Fault::Replay { .. })));
    let answer = read(&datagrams[0]).message.unwrap();
    assert_eq!(
        (answer.code, answer.payload),
        (Code::UNAUTHORIZED, b"Replay detected".to_vec())
    );
}

/// RFC 8613, B.1.2: the request that echoes is the lower limit of the Replay Window.
#[test]
fn what_came_before_the_challenge_stays_shut_out() {
    let mut pair = Pair::new();
    pair.exchange(get("3"), content("x"));
    for number in [0, 2] {
        let mut replay = pair.sent[number].1.clone();
        replay[3] ^= 0x55;
        let now = pair.now;
        let came = pair.server.layer.incoming(now, client(), &replay);
        let refused = matches!(
            &came,
            Incoming::Answer {
                cause: Cause::Refused(Fault::Replay { .. }),
                ..
            }
        );
        assert!(refused, "{number}: {came:?}");
    }
}

/// RFC 8613, 7.4 and 8.2, without a layer.
#[test]
fn a_context_takes_a_request_once() {
    let mut sender = Context::new(&parameters()).unwrap();
    let mut recipient = Context::new(&parameters().mirrored()).unwrap();
    let (outer, binding) = sender.protect_request(&get("3")).unwrap();
    assert!(recipient.unprotect_request(&outer).is_ok());
    let partial_iv = binding.partial_iv;
    assert_eq!(
        recipient.unprotect_request(&outer),
        Err(Fault::Replay { partial_iv })
    );
    let mut spoiled = sender.protect_request(&get("3")).unwrap().0;
    let sound = spoiled.clone();
    spoiled.payload[0] ^= 1;
    assert_eq!(
        recipient.unprotect_request(&spoiled),
        Err(Fault::Decryption)
    );
    // What fails does not count as received.
    assert!(recipient.unprotect_request(&sound).is_ok());
    let own = recipient.protect_request(&get("3")).unwrap().0;
    assert!(matches!(
        recipient.unprotect_request(&own),
        Err(Fault::ContextNotFound { .. })
    ));
}

/// RFC 8613, 8.2, the table of answers: value of the OSCORE option, payload, code, diagnostic payload.
#[test]
fn requests_that_cannot_be_verified_are_answered_by_the_book() {
    let rows: [(&[u8], &[u8], Code, &str); 8] = [
        (
            &[0x29, 1],
            b"12345678",
            Code::BAD_OPTION,
            "Failed to decode COSE",
        ),
        (
            &[0x0f, 1],
            b"12345678",
            Code::BAD_OPTION,
            "Failed to decode COSE",
        ),
        (&[], b"12345678", Code::BAD_OPTION, "Failed to decode COSE"),
        (
            &[0x01, 1],
            b"12345678",
            Code::BAD_OPTION,
            "Failed to decode COSE",
        ),
        (&[0x09, 1], b"", Code::BAD_OPTION, "Failed to decode COSE"),
        (
            &[0x09, 1, 9],
            b"123456789",
            Code::UNAUTHORIZED,
            "Security context not found",
        ),
        (
            &[0x19, 1, 1, 5],
            b"123456789",
            Code::UNAUTHORIZED,
            "Security context not found",
        ),
        (
            &[0x09, 1],
            b"123456789",
            Code::BAD_REQUEST,
            "Decryption failed",
        ),
    ];
    for (value, payload, code, diagnostic) in rows {
        for kind in [Kind::Con, Kind::Non] {
            let mut layer = Layer::new(Conduct::default(), 1);
            layer.add(parameters().mirrored(), None).unwrap();
            let mut request = Message {
                payload: payload.to_vec(),
                ..message(kind, Code::POST)
            };
            request.token = Token(vec![1, 2]);
            request.push_option(option::OSCORE, value);
            let bytes = RawMessage::from(&request).to_bytes();
            let Incoming::Answer { datagrams, .. } = layer.incoming(Time::ZERO, client(), &bytes)
            else {
                panic!("{value:02x?} was taken");
            };
            let answer = read(&datagrams[0]).message.unwrap();
            assert_eq!(
                (answer.code, answer.payload.as_slice()),
                (code, diagnostic.as_bytes()),
                "{value:02x?}"
            );
            assert_eq!(answer.uint_option(option::MAX_AGE), Some(0));
            assert_eq!(answer.token, request.token);
            let expected = if kind == Kind::Con {
                Kind::Ack
            } else {
                Kind::Non
            };
            assert_eq!(answer.kind, expected);
        }
    }
}

/// RFC 8613, 7.2.1.
#[test]
fn sequence_numbers_end() {
    let mut layer = Layer::new(Conduct::default(), 1);
    layer.add(parameters(), Some(server())).unwrap();
    layer.set_next_sequence(&parameters(), MAX_SEQUENCE);
    let datagram = |id: u8| [0x40, 1, 0, id];
    assert!(layer.outgoing(Time::ZERO, server(), &datagram(1)).is_ok());
    let refused = layer.outgoing(Time::ZERO, server(), &datagram(2));
    assert_eq!(refused, Err(ProtectError::SequenceExhausted));
    assert!(layer.outgoing(Time::ZERO, server(), &datagram(1)).is_ok());
}

/// RFC 8613, 7.5: what is added again goes on.
#[test]
fn the_same_parameters_do_not_start_over() {
    let mut layer = Layer::new(Conduct::default(), 1);
    layer.add(parameters(), Some(server())).unwrap();
    layer
        .outgoing(Time::ZERO, server(), &[0x40, 1, 0, 1])
        .unwrap();
    layer.add(parameters(), Some(client())).unwrap();
    assert_eq!(layer.next_sequence(&parameters()), Some(1));
    assert!(layer.has_context(client()) && !layer.has_context(server()));
}

/// RFC 8613, B.1.2: after a reboot of the server, a client that starts its numbers over is challenged, not refused.
#[test]
fn a_rebooted_server_challenges_again() {
    let mut pair = Pair::new();
    pair.exchange(get("3"), content("x"));
    pair.exchange(get("3"), content("y"));
    let recipient = parameters().mirrored();
    let before = pair.server.layer.next_sequence(&recipient);
    pair.client.layer.set_next_sequence(&parameters(), 0);
    pair.server.layer.reboot(&recipient);
    assert_eq!(pair.server.layer.next_sequence(&recipient), before);
    assert_eq!(pair.exchange(get("3"), content("z")).1.payload, b"z");
    let challenged = pair
        .causes
        .iter()
        .filter(|cause| **cause == Cause::Challenged);
    assert_eq!(challenged.count(), 2);
}

/// What an emulator sends malformed arrives malformed, by way of encryption.
#[test]
fn malformed_messages_are_protected_as_they_are() {
    let quiet = Conduct {
        challenges: false,
        ..Conduct::default()
    };
    let mut pair = Pair::with(quiet.clone(), quiet);
    let datagrams: [&[u8]; 3] = [
        &[0x41, 0x01, 0, 1, 7, 0xff],
        &[0x41, 0x01, 0, 2, 7, 0xf0],
        &[0x41, 0x02, 0, 3, 7, 0xb5, 1],
    ];
    for datagram in datagrams {
        let now = pair.now;
        let sent = pair.client.layer.outgoing(now, server(), datagram).unwrap();
        assert!(read(&sent).is_clean());
        let came = pair.server.layer.incoming(now, client(), &sent);
        assert_eq!(
            came,
            Incoming::Plain {
                datagram: datagram.to_vec()
            }
        );
    }
    let hopeless = [0x4f, 0x01, 0, 1];
    let sent = pair.client.layer.outgoing(Time::ZERO, server(), &hopeless);
    assert_eq!(sent.unwrap(), hopeless);
}

/// What has no context passes, and the caller learns that it was not protected.
#[test]
fn messages_without_a_context_pass() {
    let mut layer = Layer::new(Conduct::default(), 1);
    let datagram = [0x40, 1, 0, 1];
    assert_eq!(
        layer.outgoing(Time::ZERO, server(), &datagram).unwrap(),
        datagram
    );
    let came = layer.incoming(Time::ZERO, server(), &datagram);
    let expected = Incoming::Unprotected {
        datagram: datagram.to_vec(),
        answers_protected: false,
    };
    assert_eq!(came, expected);
    let refusal = read(&layer.refuse(&datagram).unwrap()).message.unwrap();
    assert_eq!(
        (refusal.kind, refusal.code),
        (Kind::Ack, Code::UNAUTHORIZED)
    );
    let reset = [0x70, 0, 0, 1];
    assert_eq!(
        layer.incoming(Time::ZERO, server(), &reset),
        Incoming::Plain {
            datagram: reset.to_vec()
        }
    );
}

/// A response that fails leaves a CON acknowledged and an emulator that waits no longer for its ACK (RFC 8613, 8.4).
#[test]
fn responses_that_cannot_be_verified_are_dropped() {
    let quiet = Conduct {
        challenges: false,
        ..Conduct::default()
    };
    for kind in [Kind::Ack, Kind::Con, Kind::Non] {
        let mut pair = Pair::with(quiet.clone(), quiet.clone());
        let now = pair.now;
        let request = [0x41, 0x01, 0, 1, 7];
        pair.client.layer.outgoing(now, server(), &request).unwrap();
        let mut response = Message {
            payload: vec![0; 9],
            ..message(kind, Code::CHANGED)
        };
        (response.id, response.token) = (coap::MessageId(1), Token(vec![7]));
        response.push_option(option::OSCORE, []);
        let bytes = RawMessage::from(&response).to_bytes();
        let expected = Incoming::Dropped {
            fault: Fault::Decryption,
            plain: (kind == Kind::Ack).then(|| vec![0x60, 0, 0, 1]),
            answer: (kind == Kind::Con).then(|| vec![0x60, 0, 0, 1]),
        };
        assert_eq!(pair.client.layer.incoming(now, server(), &bytes), expected);
    }
}

fn any_option() -> impl Strategy<Value = (u16, Vec<u8>)> {
    let numbers = prop::sample::select(vec![
        1, 3, 4, 7, 8, 11, 12, 14, 15, 16, 17, 20, 23, 27, 28, 39, 60, 252, 258, 292, 2049, 65001,
    ]);
    (numbers, prop::collection::vec(any::<u8>(), 0..20))
}

fn any_message(code: Code) -> impl Strategy<Value = Message> {
    let options = prop::collection::vec(any_option(), 0..8);
    let payload = prop::collection::vec(any::<u8>(), 0..40);
    let token = prop::collection::vec(any::<u8>(), 0..=8);
    (options, payload, token, any::<u16>()).prop_map(move |(options, payload, token, id)| {
        let mut message = Message {
            payload,
            ..message(Kind::Con, code)
        };
        (message.id, message.token) = (coap::MessageId(id), Token(token));
        options
            .into_iter()
            .for_each(|(number, value)| message.push_option(number, value));
        message
    })
}

proptest! {
    /// Whatever is protected comes out the same, with every option in its place.
    #[test]
    fn messages_survive_protection(request in any_message(Code::GET), response in any_message(Code::CONTENT)) {
        let mut client = Context::new(&parameters()).unwrap();
        let mut server = Context::new(&parameters().mirrored()).unwrap();
        let (outer, binding) = client.protect_request(&request).unwrap();
        let opened = server.unprotect_request(&outer).unwrap();
        prop_assert_eq!(&opened.datagram, &RawMessage::from(&request).to_bytes());
        for nonce in [oscore::Nonce::OfRequest, oscore::Nonce::New] {
            let outer = server.protect_response(&response, &opened.binding, nonce).unwrap();
            let opened = client.unprotect_response(&outer, &binding, None).unwrap();
            prop_assert_eq!(&opened.datagram, &RawMessage::from(&response).to_bytes());
        }
    }

    /// With loss anywhere, bodies arrive whole, and no Partial IV protects two messages.
    #[test]
    fn exchanges_survive_loss(
        losses in prop::collection::vec(any::<bool>(), 0..60),
        lengths in prop::collection::vec(0_usize..200, 1..4),
        rederives in any::<bool>(),
    ) {
        let conduct = Conduct { rederives, ..Conduct::default() };
        let mut pair = Pair::sized(conduct, Conduct::default(), 64);
        // Two of six are lost at most, so that no exchange times out.
        let lost = move |number: usize| {
            let said = |number: usize| losses.get(number).copied().unwrap_or(false);
            matches!(number % 6, 1 | 2) && said(number)
        };
        pair.lost = Box::new(lost);
        for length in lengths {
            let body: Vec<u8> = (0..length).map(|index| index as u8).collect();
            let mut request = Message { code: Code::PUT, ..get("5") };
            request.payload.clone_from(&body);
            let (asked, answer) = pair.exchange(request, content(body.clone()));
            prop_assert_eq!(&asked.payload, &body);
            prop_assert_eq!(&answer.payload, &body);
        }
        prop_assert_eq!(pair.findings(), Vec::<&str>::new());
        let absent = pair.sent.iter().filter(|(_, _, seen)| matches!(seen.protection, Protection::Absent { .. }));
        prop_assert!(absent.map(|(_, bytes, _)| bytes).all(|bytes| bytes.len() == 4));
    }
}
