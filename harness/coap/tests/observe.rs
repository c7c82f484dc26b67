//! Observations between two endpoints in virtual time (RFC 7641, 3 and 4).

#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod pair;

use std::time::Duration;

use coap::{Code, Event, ExchangeId, Kind, Message, Sending, Token, option};
use pair::{Pair, client, content, get, message, server};

/// Registers an observation of /3 and returns its exchange and token.
fn observe(pair: &mut Pair) -> (ExchangeId, Token) {
    let mut request = get("3");
    request.push_uint_option(option::OBSERVE, 0);
    let observation = pair.request(request);
    let (exchange, asked) = pair.server_request();
    pair.respond(exchange, notification(&asked.token, Kind::Ack, 2));
    assert_eq!(pair.client_response().observe(), Some(2));
    (observation, asked.token)
}

fn notification(token: &Token, kind: Kind, sequence: u64) -> Message {
    let mut message = Message {
        kind,
        token: token.clone(),
        ..content("n")
    };
    message.push_uint_option(option::OBSERVE, sequence);
    message
}

#[test]
fn notifications_come_until_the_observation_is_cancelled() {
    let mut pair = Pair::new();
    let (observation, token) = observe(&mut pair);
    for (sequence, kind, wanted) in [
        (3, Kind::Non, true),
        (5, Kind::Con, true),
        (4, Kind::Con, false),
    ] {
        let notification = notification(&token, kind, sequence);
        pair.server
            .notify(pair.now, client(), notification)
            .unwrap();
        match pair.client_event() {
            Some(Event::Notification {
                exchange, fresh, ..
            }) => {
                assert_eq!((exchange, fresh), (observation, wanted), "{sequence}");
            }
            other => panic!("{other:?}"),
        }
    }
    pair.run(Duration::from_secs(1));
    while pair.server.poll_event().is_some() {}
    pair.client.cancel(observation);
    for kind in [Kind::Non, Kind::Con] {
        let sent = pair
            .server
            .notify(pair.now, client(), notification(&token, kind, 6))
            .unwrap();
        assert!(matches!(pair.client_event(), Some(Event::Unmatched { .. })));
        let reset = Event::Reset {
            exchange: sent,
            peer: client(),
        };
        assert_eq!(pair.server_event(), Some(reset));
    }
}

#[test]
fn an_observation_outlives_the_wait_for_its_response() {
    let mut pair = Pair::new();
    let mut request = Message {
        kind: Kind::Non,
        ..get("3")
    };
    request.push_uint_option(option::OBSERVE, 0);
    pair.request(request);
    let (exchange, asked) = pair.server_request();
    pair.respond(exchange, notification(&asked.token, Kind::Non, 2));
    pair.client_response();
    pair.run(Duration::from_secs(24 * 60 * 60));
    pair.server
        .notify(pair.now, client(), notification(&asked.token, Kind::Con, 1))
        .unwrap();
    let late = pair.client_event();
    assert!(
        matches!(late, Some(Event::Notification { fresh: true, .. })),
        "{late:?}"
    );
}

#[test]
fn an_error_ends_the_observation() {
    let mut pair = Pair::new();
    let (observation, token) = observe(&mut pair);
    let gone = Message {
        kind: Kind::Con,
        token: token.clone(),
        ..message(Kind::Con, Code::NOT_FOUND)
    };
    pair.server.notify(pair.now, client(), gone).unwrap();
    match pair.client_event() {
        Some(Event::Notification {
            exchange, message, ..
        }) => {
            assert_eq!((exchange, message.code), (observation, Code::NOT_FOUND));
        }
        other => panic!("{other:?}"),
    }
    pair.server
        .notify(pair.now, client(), notification(&token, Kind::Con, 9))
        .unwrap();
    assert!(matches!(pair.client_event(), Some(Event::Unmatched { .. })));
}

#[test]
fn a_cancelling_request_shares_the_token_of_the_observation() {
    let mut pair = Pair::new();
    let (observation, token) = observe(&mut pair);
    let mut request = get("3");
    request.push_uint_option(option::OBSERVE, 1);
    let sending = Sending {
        token: Some(token.clone()),
        ..Sending::default()
    };
    let cancelling = pair
        .client
        .request_with(pair.now, server(), request, &sending)
        .unwrap();
    let (exchange, _) = pair.server_request();
    // A notification that crosses the request still belongs to the observation.
    pair.server
        .notify(pair.now, client(), notification(&token, Kind::Con, 3))
        .unwrap();
    let crossing = pair.client_event();
    assert!(
        matches!(crossing, Some(Event::Notification { exchange, .. }) if exchange == observation)
    );
    pair.respond(exchange, content("last"));
    let last = pair.client_event();
    assert!(matches!(last, Some(Event::Response { exchange, .. }) if exchange == cancelling));
    pair.server
        .notify(pair.now, client(), notification(&token, Kind::Con, 4))
        .unwrap();
    assert!(matches!(pair.client_event(), Some(Event::Unmatched { .. })));
}

#[test]
fn a_newer_notification_goes_on_with_the_back_off_of_the_older() {
    let mut pair = Pair::new();
    let (_, token) = observe(&mut pair);
    pair.lost = Box::new(|_, _| true);
    let sent = pair.sent.len();
    pair.server
        .notify(pair.now, client(), notification(&token, Kind::Con, 3))
        .unwrap();
    pair.run(Duration::from_secs(4));
    let newer = pair
        .server
        .notify(pair.now, client(), notification(&token, Kind::Con, 4))
        .unwrap();
    let gone = Event::TimedOut {
        exchange: newer,
        peer: client(),
        acknowledged: false,
    };
    assert_eq!(pair.server_event(), Some(gone));
    let sequences: Vec<_> = pair.sent[sent..]
        .iter()
        .map(|sent| sent.message.observe())
        .collect();
    assert_eq!(sequences, [Some(3), Some(3), Some(4), Some(4), Some(4)]);
}
