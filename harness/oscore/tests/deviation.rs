//! Every deviation of [`Conduct`], what the honest side does about it, and what a watcher finds.

#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod pair;

use coap::{Code, Event, Kind, Message, option, read};
use oscore::{Cause, Conduct, Deviation, Fault, Protection};
use pair::{Pair, client, content, get, server};

/// A conduct with one deviation; nobody is challenged, so that a request is what it seems.
fn quiet() -> Conduct {
    Conduct {
        challenges: false,
        ..Conduct::default()
    }
}

fn client_with(deviation: Deviation) -> Pair {
    Pair::with(quiet().with(deviation), quiet())
}

fn server_with(deviation: Deviation) -> Pair {
    Pair::with(quiet(), quiet().with(deviation))
}

/// Sends a GET and gives the unprotected code and diagnostic payload of the refusal.
fn refusal(pair: &mut Pair) -> (Code, String) {
    pair.request(get("3"));
    let answer = pair.answered(true);
    assert!(matches!(pair.causes.as_slice(), [.., Cause::Refused(_)]));
    assert_eq!(pair.unprotected, [(answer.code, true)]);
    (answer.code, String::from_utf8(answer.payload).unwrap())
}

/// RFC 8613, 8.2.
#[test]
fn requests_that_are_refused() {
    let rows = [
        (
            Deviation::WrongKid,
            Code::UNAUTHORIZED,
            "Security context not found",
        ),
        (Deviation::WrongTag, Code::BAD_REQUEST, "Decryption failed"),
        (
            Deviation::ReservedFlag,
            Code::BAD_OPTION,
            "Failed to decode COSE",
        ),
    ];
    for (deviation, code, diagnostic) in rows {
        let mut pair = client_with(deviation);
        assert_eq!(refusal(&mut pair), (code, diagnostic.to_owned()));
        let (_, _, seen) = &pair.sent[0];
        assert!(
            matches!(seen.protection, Protection::Closed { .. }),
            "{seen:?}"
        );
    }
}

/// RFC 8613, 7.4.
#[test]
fn a_partial_iv_that_is_used_again_is_a_replay() {
    let mut pair = client_with(Deviation::ReusesPartialIv);
    pair.exchange(get("3"), content("x"));
    let refused = (Code::UNAUTHORIZED, "Replay detected".to_owned());
    assert_eq!(refusal(&mut pair), refused);
    assert_eq!(pair.findings(), ["oscore-partial-iv-reused"]);
    let mut pair = Pair::with(
        quiet().with(Deviation::ReusesPartialIv),
        quiet().with(Deviation::AcceptsReplays),
    );
    pair.exchange(get("3"), content("x"));
    pair.exchange(get("3"), content("y"));
    assert!(pair.causes.is_empty());
}

/// RFC 7252, 4.2: to the server, a retransmission with a new Partial IV is no copy.
#[test]
fn a_retransmission_that_is_protected_anew_is_another_message() {
    let mut pair = client_with(Deviation::RetransmitsAnew);
    pair.lost = Box::new(|number| number == 0);
    pair.exchange(get("3"), content("x"));
    let [(_, first, _), (_, second, seen), ..] = pair.sent.as_slice() else {
        panic!("nothing was sent again");
    };
    assert_eq!(first[..4], second[..4]);
    assert_ne!(first, second);
    assert!(!seen.repeated);
}

/// RFC 8613, 8.2, step 1: what stands outside is discarded; only a watcher sees that it was there.
#[test]
fn what_is_visible_is_named() {
    let rows = [
        (Deviation::ShowsCode, "oscore-outer-code"),
        (Deviation::ShowsPath, "oscore-option-outside"),
    ];
    for (deviation, finding) in rows {
        let mut pair = client_with(deviation);
        let (asked, _) = pair.exchange(get("3/0"), content("x"));
        assert_eq!(
            (asked.code, asked.text_options(option::URI_PATH).len()),
            (Code::GET, 2)
        );
        assert_eq!(pair.findings(), [finding]);
    }
}

#[test]
fn requests_without_an_oscore_option_are_unprotected() {
    let rows = [
        (Deviation::ForgetsOption, Code::POST),
        (Deviation::ProtectsNothing, Code::GET),
    ];
    for (deviation, code) in rows {
        let mut pair = client_with(deviation);
        pair.request(get("3"));
        assert_eq!(pair.answered(true).code, Code::UNAUTHORIZED);
        assert_eq!(pair.unprotected[0], (code, false));
        let absent = Protection::Absent {
            answers_protected: false,
        };
        assert_eq!(pair.sent[0].2.protection, absent);
    }
}

/// RFC 8613, 2: a successful response to a protected request is protected.
#[test]
fn an_unprotected_answer_is_known_as_one() {
    let mut pair = server_with(Deviation::AnswersUnprotected);
    pair.exchange(get("3"), content("x"));
    assert_eq!(pair.unprotected, [(Code::CONTENT, true)]);
    let absent = Protection::Absent {
        answers_protected: true,
    };
    assert_eq!(pair.sent[1].2.protection, absent);
}

/// RFC 8613, 8.4.
#[test]
fn responses_that_fail_are_dropped() {
    let rows = [
        (Deviation::WrongTag, "decryption failed"),
        (
            Deviation::ReservedFlag,
            "flag byte 0x80 at byte 0 of the OSCORE option has reserved bits",
        ),
    ];
    for (deviation, fault) in rows {
        let mut pair = server_with(deviation);
        pair.request(get("3"));
        let (exchange, _) = pair.asked(false);
        pair.respond(exchange, content("x"));
        let event = pair.event(true);
        assert!(
            matches!(
                event,
                Some(Event::TimedOut {
                    acknowledged: true,
                    ..
                })
            ),
            "{event:?}"
        );
        assert_eq!(pair.faults[0].to_string(), fault);
    }
}

/// RFC 8613, 8.4.2.
#[test]
fn notifications_have_to_have_partial_ivs() {
    let mut pair = server_with(Deviation::NotifiesWithoutPartialIv);
    let mut request = get("3");
    request.push_uint_option(option::OBSERVE, 0);
    pair.request(request);
    let (exchange, asked) = pair.asked(false);
    let notification = |kind| {
        let mut message = Message {
            kind,
            token: asked.token.clone(),
            ..content("n")
        };
        message.push_uint_option(option::OBSERVE, 1);
        message
    };
    pair.respond(exchange, notification(Kind::Ack));
    pair.answered(true);
    let now = pair.now;
    pair.server
        .endpoint
        .notify(now, client(), notification(Kind::Con))
        .unwrap();
    assert_eq!(pair.event(true), None);
    let repeated = Fault::NotificationRepeated { partial_iv: None };
    assert_eq!(pair.faults, [repeated]);
    assert_eq!(pair.findings(), ["oscore-nonce-reused"]);
}

/// RFC 9175, 2.3; RFC 8613, B.1.2.
#[test]
fn whoever_does_not_echo_is_not_served() {
    let rows = [(Deviation::IgnoresEcho, 1), (Deviation::WrongEcho, 4)];
    for (deviation, challenges) in rows {
        let mut pair = Pair::with(quiet().with(deviation), Conduct::default());
        pair.request(get("3"));
        let answer = pair.answered(true);
        assert_eq!(answer.code, Code::UNAUTHORIZED);
        assert_eq!(answer.option_values(option::ECHO).count(), 1);
        let challenged = pair
            .causes
            .iter()
            .filter(|cause| **cause == Cause::Challenged);
        assert_eq!(challenged.count(), challenges);
        assert_eq!(pair.server.endpoint.poll_event(), None);
        assert!(!pair.server.layer.has_context(client()));
    }
}

/// Transport TS, 5.4.3: a server that does not challenge shows no Echo.
#[test]
fn a_server_that_does_not_challenge_is_seen() {
    for (challenges, echoes) in [(true, 2), (false, 0)] {
        let conduct = Conduct {
            challenges,
            ..Conduct::default()
        };
        let mut pair = Pair::with(quiet(), conduct);
        pair.exchange(get("3"), content("x"));
        let has_echo = |bytes: &[u8]| {
            let message = read(bytes).message.unwrap();
            message.option_values(option::ECHO).count()
        };
        let seen: usize = pair
            .sent
            .iter()
            .map(|(_, _, seen)| has_echo(&seen.datagram))
            .sum();
        assert_eq!(seen, echoes);
    }
}

/// Transport TS, 5.4.5.
#[test]
fn another_endpoint_name_stands_inside() {
    let mut pair = client_with(Deviation::OtherEndpointName);
    let mut register = Message {
        code: Code::POST,
        ..get("rd")
    };
    register.push_option(option::URI_QUERY, "lt=60");
    register.push_option(option::URI_QUERY, "ep=urn:a");
    let (asked, _) = pair.exchange(register, content(""));
    assert_eq!(
        asked.text_options(option::URI_QUERY),
        ["lt=60", "ep=urn:a-other"]
    );
    assert!(pair.client.layer.has_context(server()));
}
