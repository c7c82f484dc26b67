//! What a watcher makes of datagrams that pass, by themselves and as dialogues (RFC 8613, 8).

#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod pair;

use coap::{Code, Kind, Message, RawMessage, Time, Token, option, read};
use oscore::{Context, Fault, Finding, Nonce, Observation, Parameters, Protection, Watcher};
use pair::{client, content, get, parameters, server};

/// A client's and a server's context, and a watcher that knows both.
fn parties() -> (Context, Context, Watcher) {
    let mut watcher = Watcher::new();
    watcher.add(&parameters()).unwrap();
    let client = Context::new(&parameters()).unwrap();
    let server = Context::new(&parameters().mirrored()).unwrap();
    (client, server, watcher)
}

fn bytes(message: &Message) -> Vec<u8> {
    RawMessage::from(message).to_bytes()
}

fn facts(protection: &Protection) -> &oscore::Facts {
    match protection {
        Protection::Opened(facts) => facts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_context_is_the_same_from_either_side() {
    let mut watcher = Watcher::new();
    assert_eq!(watcher.add(&parameters()), Ok(0));
    assert_eq!(watcher.add(&parameters().mirrored()), Ok(0));
    assert_eq!(watcher.add(&Parameters::new("other", [2], [3])), Ok(1));
}

#[test]
fn an_exchange_is_seen_as_it_was_meant() {
    let (mut client_context, mut server_context, mut watcher) = parties();
    let mut request = get("3/0");
    request.push_option(option::URI_HOST, "h");
    let (outer, binding) = client_context.protect_request(&request).unwrap();
    let seen = watcher.observe(Time::ZERO, client(), server(), &bytes(&outer));
    assert_eq!(seen.datagram, bytes(&request));
    let said = facts(&seen.protection);
    assert_eq!((said.context, said.outer_code), (Some(0), Code::POST));
    assert_eq!(said.header.kid, Some(vec![]));
    assert_eq!(said.header.partial_iv, Some(binding.partial_iv));
    let response = content("x");
    let outer = server_context.protect_response(&response, &binding, Nonce::OfRequest);
    let answer = bytes(&outer.unwrap());
    let seen = watcher.observe(Time::ZERO, server(), client(), &answer);
    assert_eq!(seen.datagram, bytes(&response));
    assert!(!seen.repeated);
    assert!(facts(&seen.protection).findings.is_empty());
    let again = watcher.observe(Time::ZERO, server(), client(), &answer);
    assert!(again.repeated);
    assert_eq!(again.protection, seen.protection);
}

/// RFC 8613, 4.1.3.5.2: Observe of a notification follows its Partial IV, in the client and for the watcher.
#[test]
fn notifications_are_ordered_by_partial_ivs() {
    let (mut client_context, mut server_context, mut watcher) = parties();
    let mut request = get("3");
    request.push_uint_option(option::OBSERVE, 0);
    let (outer, binding) = client_context.protect_request(&request).unwrap();
    watcher.observe(Time::ZERO, client(), server(), &bytes(&outer));
    let mut observation = Observation::default();
    for (id, nonce, sequence) in [
        (1, Nonce::OfRequest, 0),
        (2, Nonce::New, 1),
        (3, Nonce::New, 2),
    ] {
        let mut notification = Message {
            kind: Kind::Non,
            ..content("n")
        };
        notification.id = coap::MessageId(id);
        notification.push_uint_option(option::OBSERVE, 77);
        let outer = server_context
            .protect_response(&notification, &binding, nonce)
            .unwrap();
        assert_eq!((outer.code, outer.observe()), (Code::CONTENT, Some(77)));
        let opened = client_context.unprotect_response(&outer, &binding, Some(&mut observation));
        let opened = opened.unwrap();
        assert!(opened.is_notification());
        let seen = watcher.observe(Time::ZERO, server(), client(), &bytes(&outer));
        assert_eq!(seen.datagram, opened.datagram);
        assert_eq!(opened.reading().message.unwrap().observe(), Some(sequence));
        let repeated = client_context.unprotect_response(&outer, &binding, Some(&mut observation));
        assert!(matches!(repeated, Err(Fault::NotificationRepeated { .. })));
        let asked_for_nothing = client_context.unprotect_response(&outer, &binding, None);
        assert_eq!(asked_for_nothing, Err(Fault::NotObserved));
    }
}

/// RFC 8613, 7.2: requests and responses of one sender share their numbers.
#[test]
fn a_partial_iv_is_used_once_by_each_side() {
    let (mut client_context, mut server_context, mut watcher) = parties();
    let (outer, binding) = client_context.protect_request(&get("3")).unwrap();
    watcher.observe(Time::ZERO, client(), server(), &bytes(&outer));
    let outer = server_context.protect_response(&content("x"), &binding, Nonce::New);
    let seen = watcher.observe(Time::ZERO, server(), client(), &bytes(&outer.unwrap()));
    assert!(facts(&seen.protection).findings.is_empty());
    server_context.set_next_sequence(0);
    let (outer, binding) = server_context.protect_request(&get("4")).unwrap();
    let seen = watcher.observe(Time::ZERO, server(), client(), &bytes(&outer));
    let reused = Finding::PartialIvReused {
        partial_iv: binding.partial_iv,
    };
    assert_eq!(facts(&seen.protection).findings, [reused]);
}

#[test]
fn what_cannot_be_decrypted_is_shown_as_it_is() {
    let (mut client_context, mut server_context, mut watcher) = parties();
    let (outer, binding) = client_context.protect_request(&get("3")).unwrap();
    let response = server_context.protect_response(&content("x"), &binding, Nonce::New);
    let closed = |protection: Protection| match protection {
        Protection::Closed { fault, facts } => {
            assert_eq!(facts.context, None);
            fault
        }
        other => panic!("{other:?}"),
    };
    let orphan = bytes(&response.unwrap());
    let seen = watcher.observe(Time::ZERO, server(), client(), &orphan);
    assert_eq!(seen.datagram, orphan);
    let token = Token::default();
    assert_eq!(closed(seen.protection), Fault::RequestUnknown { token });
    let seen = Watcher::new().observe(Time::ZERO, client(), server(), &bytes(&outer));
    assert!(matches!(
        closed(seen.protection),
        Fault::ContextNotFound { .. }
    ));
    let mut spoiled = bytes(&outer);
    *spoiled.last_mut().unwrap() ^= 1;
    let seen = watcher.observe(Time::ZERO, client(), server(), &spoiled);
    assert_eq!(closed(seen.protection), Fault::Decryption);
}

#[test]
fn what_is_not_protected_passes() {
    let (mut client_context, _, mut watcher) = parties();
    let absent = |answers_protected| Protection::Absent { answers_protected };
    for datagram in [bytes(&get("3")), vec![0x60, 0, 0, 1], vec![0xff], vec![]] {
        let seen = watcher.observe(Time::ZERO, client(), server(), &datagram);
        assert_eq!((seen.datagram, seen.protection), (datagram, absent(false)));
    }
    let (outer, _) = client_context.protect_request(&get("3")).unwrap();
    watcher.observe(Time::ZERO, client(), server(), &bytes(&outer));
    let answer = bytes(&content("x"));
    let seen = watcher.observe(Time::ZERO, server(), client(), &answer);
    assert_eq!(seen.protection, absent(true));
    assert_eq!(read(&seen.datagram).code(), Some(Code::CONTENT));
}
