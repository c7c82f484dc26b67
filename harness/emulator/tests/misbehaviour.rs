//! Each deviation once: what the other side sees of it.
#![allow(clippy::unwrap_used, reason = "a test that breaks shall say where")]

mod network;

use std::time::Duration;

use coap::{Code, ContentFormat, Kind, MessageId, Time, Token, option};
use emulator::{
    Act, Answer, Direction, Edit, Endpoint, Event, Handle, Kept, Misbehaviour, OptionEdit, Outcome,
    Perform, Seen,
};
use lwm2m::operation::{
    CancelObservation, Deregister, Discover, Execute, Notify, Observe, Read, Register, Send,
    Update, Write, WriteAttributes, WriteMode,
};
use lwm2m::{Operation, Value, Version};
use network::{Pair, Side, configuration, path};

const SECOND: Duration = Duration::from_secs(1);

/// Fits incoming operations of this word.
fn upon(word: &'static str) -> impl Fn(&Seen<'_>) -> bool + std::marker::Send + 'static {
    move |seen| {
        let named = seen
            .operation
            .is_some_and(|operation| operation.word() == word);
        named && seen.direction == Direction::Incoming
    }
}

fn outgoing(word: &'static str) -> impl Fn(&Seen<'_>) -> bool + std::marker::Send + 'static {
    move |seen| {
        let named = seen
            .operation
            .is_some_and(|operation| operation.word() == word);
        named && seen.direction == Direction::Outgoing && seen.message.code.is_request()
    }
}

fn pair() -> Pair {
    Pair::registered(Version::V1_1)
}

fn read(at: &str) -> Read {
    Read::new(path(at), None)
}

fn write_lifetime(seconds: &str) -> Write {
    Write::new(
        path("/1/0/1"),
        WriteMode::Replace,
        ContentFormat::TEXT,
        seconds.into(),
    )
}

fn client_does(act: Act, word: &'static str) -> Pair {
    let mut pair = pair();
    pair.client.misbehave(Misbehaviour::new(upon(word), act));
    pair
}

#[test]
fn executes_a_duplicate_again() {
    let mut pair = pair();
    pair.client.misbehave(Misbehaviour {
        upon: Box::new(upon("execute")),
        copy: 2,
        act: Act::Handle(Handle::Again),
    });
    let mut perform = Perform::new(Execute::new(path("/1/0/8")));
    perform.copies = 2;
    perform.copy_gap = Duration::from_millis(100);
    pair.ask_with(perform);
    let executed = pair
        .client_events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Executed { .. }));
    assert_eq!(executed.count(), 2);
}

#[test]
fn answers_without_doing() {
    let mut pair = client_does(Act::Handle(Handle::Never), "write");
    assert_eq!(pair.ask(write_lifetime("240")).code, Code::CHANGED);
    assert_eq!(pair.ask(read("/1/0/1")).payload, b"86400");
    let mut pair = client_does(Act::Handle(Handle::Never), "execute");
    assert_eq!(pair.ask(Execute::new(path("/3/0/4"))).code, Code::CHANGED);
    assert!(pair.client.is_on() && pair.client.registrations().len() == 1);
}

#[test]
fn keeps_values_and_attributes() {
    let mut pair = client_does(Act::Keep(Kept::Value), "write");
    assert_eq!(pair.ask(write_lifetime("240")).code, Code::CHANGED);
    assert_eq!(pair.ask(read("/1/0/1")).payload, b"86400");
    let mut pair = client_does(Act::Keep(Kept::Attributes), "write-attributes");
    let attributes = WriteAttributes::new(path("/3/0/7"), vec!["pmin=5".into()]);
    assert_eq!(pair.ask(attributes).code, Code::CHANGED);
    assert_eq!(pair.ask(Discover::new(path("/3/0/9"))).payload, b"</3/0/9>");
}

#[test]
fn keeps_a_cancelled_observation() {
    let mut pair = client_does(Act::Keep(Kept::Observations), "cancel-observation");
    pair.ask(Observe::new(path("/3/0/9"), None));
    pair.ask(CancelObservation::new(path("/3/0/9"), None));
    assert!(pair.client.is_observed(path("/3/0/9")));
}

#[test]
fn a_server_keeps_observations_of_a_replaced_registration() {
    for keeps in [false, true] {
        let mut pair = pair();
        if keeps {
            let again = |seen: &Seen<'_>| {
                seen.known_endpoint && matches!(seen.operation, Some(Operation::Register(_)))
            };
            pair.server
                .misbehave(Misbehaviour::new(again, Act::Keep(Kept::Observations)));
        }
        let token = Token(vec![9, 9]);
        let mut observe = Perform::new(Observe::new(path("/3/0/13"), None));
        observe.token = Some(token.clone());
        pair.ask_with(observe);
        pair.client.stop(pair.time);
        pair.client.start(pair.time);
        pair.run(SECOND);
        assert_eq!(pair.server.registrations().len(), 1);
        let mut notify = Perform::new(Notify {
            content_format: Some(ContentFormat::TEXT),
            payload: b"1700000000".to_vec(),
            observe: Some(5),
            ..Notify::default()
        });
        notify.token = Some(token);
        notify.kind = Some(Kind::Con);
        let exchange = pair.client.perform(pair.time, notify).unwrap();
        pair.run(SECOND);
        let rejected = pair.outcome(exchange) == Some(Outcome::Reset);
        assert_eq!(rejected, !keeps);
    }
}

#[test]
fn a_server_keeps_a_registration() {
    let mut pair = pair();
    pair.server.misbehave(Misbehaviour::new(
        upon("deregister"),
        Act::Keep(Kept::Registration),
    ));
    let exchange = pair
        .client
        .perform(pair.time, Perform::new(Deregister::default()))
        .unwrap();
    pair.run(SECOND);
    assert!(
        matches!(pair.outcome(exchange), Some(Outcome::Answered(message)) if message.code == Code::DELETED)
    );
    assert_eq!(pair.server.registrations().len(), 1);
}

#[test]
fn a_server_keeps_a_lifetime() {
    let mut pair = pair();
    pair.server
        .misbehave(Misbehaviour::new(upon("update"), Act::Keep(Kept::Lifetime)));
    pair.client
        .set_value(pair.time, path("/1/0/1"), Value::Integer(60));
    pair.run(SECOND);
    assert_eq!(pair.server.registrations()[0].lifetime, 86_400);
}

#[test]
fn answers_what_it_is_told() {
    let mut pair = client_does(Act::Answer(Answer::code(Code::NOT_FOUND)), "write");
    assert_eq!(pair.ask(write_lifetime("240")).code, Code::NOT_FOUND);
    assert_eq!(
        pair.ask(read("/1/0/1")).payload,
        b"86400",
        "a refused request is not carried out"
    );
}

#[test]
fn a_prepared_answer_is_used_once() {
    let mut pair = pair();
    let answer = Answer {
        nodes: vec![(path("/3/0/0"), Value::String("Somebody else".into()))],
        delay: 3 * SECOND,
        ..Answer::default()
    };
    pair.client.prepare(Box::new(upon("read")), answer);
    let exchange = pair
        .server
        .perform(pair.time, Perform::new(read("/3/0/0")))
        .unwrap();
    pair.run(2 * SECOND);
    assert_eq!(pair.outcome(exchange), None);
    pair.run(2 * SECOND);
    let Some(Outcome::Answered(message)) = pair.outcome(exchange) else {
        panic!()
    };
    assert_eq!(
        (message.kind, message.payload.as_slice()),
        (Kind::Con, &b"Somebody else"[..])
    );
    assert_eq!(pair.ask(read("/3/0/0")).payload, b"Open Mobile Alliance");
}

#[test]
fn a_prepared_success_is_carried_out() {
    let mut pair = pair();
    pair.client
        .prepare(Box::new(upon("write")), Answer::code(Code::CHANGED));
    assert_eq!(pair.ask(write_lifetime("240")).code, Code::CHANGED);
    assert_eq!(pair.ask(read("/1/0/1")).payload, b"240");
}

#[test]
fn a_prepared_server_refuses() {
    let mut pair = Pair::new(configuration(Version::V1_1, 600));
    pair.server
        .prepare(Box::new(upon("register")), Answer::code(Code::FORBIDDEN));
    pair.client.start(pair.time);
    pair.run(SECOND);
    assert!(pair.server.registrations().is_empty());
    assert!(pair.client_events.iter().any(|(_, event)| matches!(
        event,
        Event::Refused {
            code: Code::FORBIDDEN,
            ..
        }
    )));
    pair.run(60 * SECOND);
    assert_eq!(
        pair.server.registrations().len(),
        1,
        "it tries again after the retry timer"
    );
}

#[test]
fn nothing_and_reset() {
    let nothing = Answer {
        nothing: true,
        ..Answer::default()
    };
    let mut pair = client_does(Act::Answer(nothing), "read");
    let exchange = pair
        .server
        .perform(pair.time, Perform::new(read("/3/0/0")))
        .unwrap();
    pair.run(100 * SECOND);
    assert_eq!(pair.outcome(exchange), Some(Outcome::TimedOut));
    let reset = Answer {
        reset: true,
        ..Answer::default()
    };
    let mut pair = client_does(Act::Answer(reset), "read");
    let exchange = pair
        .server
        .perform(pair.time, Perform::new(read("/3/0/0")))
        .unwrap();
    pair.run(SECOND);
    assert_eq!(pair.outcome(exchange), Some(Outcome::Reset));
}

#[test]
fn changes_the_answer() {
    let change = |edit| client_does(Act::Change(vec![edit]), "read");
    assert_eq!(
        change(Edit::Code(Code::VALID)).ask(read("/3/0/0")).code,
        Code::VALID
    );
    assert_eq!(
        change(Edit::Payload(b"x".to_vec()))
            .ask(read("/3/0/0"))
            .payload,
        b"x"
    );
    assert_eq!(
        change(Edit::Truncate(4)).ask(read("/3/0/0")).payload,
        b"Open"
    );
    let edit = Edit::Option(OptionEdit::Set(option::SIZE2, vec![5]));
    assert_eq!(
        change(edit).ask(read("/3/0/0")).uint_option(option::SIZE2),
        Some(5)
    );
    let edit = Edit::Option(OptionEdit::Remove(option::CONTENT_FORMAT));
    assert_eq!(change(edit).ask(read("/3/0/0")).content_format(), None);
    let node = Edit::Node {
        path: path("/3/0/0"),
        value: None,
    };
    change(node).ask(Read::new(path("/3/0"), Some(ContentFormat::TLV)));
    let mut pair = change(Edit::Node {
        path: path("/3/0/9"),
        value: Some(Value::Integer(-1)),
    });
    pair.ask(Read::new(path("/3/0"), Some(ContentFormat::SENML_JSON)));
    assert_eq!(
        pair.server.values("urn:dev:ops:pair")[&path("/3/0/9")].value,
        Value::Integer(-1)
    );
}

#[test]
fn changes_the_header_of_the_answer() {
    for edit in [Edit::Token(Token(vec![0xbb])), Edit::Id(MessageId(0xbeef))] {
        let mut pair = client_does(Act::Change(vec![edit.clone()]), "read");
        let exchange = pair
            .server
            .perform(pair.time, Perform::new(read("/3/0/0")))
            .unwrap();
        pair.run(SECOND);
        assert!(
            !matches!(pair.outcome(exchange), Some(Outcome::Answered(_))),
            "{edit:?}"
        );
        assert!(
            pair.server_events
                .iter()
                .any(|(_, event)| matches!(event, Event::Unmatched { .. })),
            "{edit:?}"
        );
    }
    let mut pair = client_does(Act::Change(vec![Edit::Kind(Kind::Non)]), "read");
    assert_eq!(pair.ask(read("/3/0/0")).kind, Kind::Non);
}

#[test]
fn changes_an_outgoing_register() {
    let mut pair = Pair::new(configuration(Version::V1_1, 600));
    let edits = vec![
        Edit::Query {
            key: "lt".into(),
            value: Some("77".into()),
        },
        Edit::Links {
            add: vec!["</0/0>".into()],
            remove: vec!["/3/0".into()],
        },
    ];
    pair.client
        .misbehave(Misbehaviour::new(outgoing("register"), Act::Change(edits)));
    pair.client.start(pair.time);
    pair.run(SECOND);
    let registration = &pair.server.registrations()[0];
    let objects: Vec<String> = registration.paths().map(|path| path.to_string()).collect();
    assert_eq!(
        (registration.lifetime, objects),
        (77, vec!["/1/0".into(), "/0/0".into()])
    );
}

#[test]
fn changes_the_location() {
    let mut pair = Pair::new(configuration(Version::V1_1, 600));
    let location = Edit::Location(Some("/elsewhere/1".into()));
    pair.server.misbehave(Misbehaviour::new(
        upon("register"),
        Act::Change(vec![location]),
    ));
    pair.client.start(pair.time);
    pair.run(SECOND);
    assert_eq!(pair.client.registrations()[0].location, "/elsewhere/1");
}

#[test]
fn drops_and_delays() {
    let mut pair = client_does(Act::Drop, "read");
    let exchange = pair
        .server
        .perform(pair.time, Perform::new(read("/3/0/0")))
        .unwrap();
    pair.run(SECOND);
    assert_eq!(pair.outcome(exchange), None, "the first copy is lost");
    pair.run(8 * SECOND);
    assert_eq!(pair.outcome(exchange), None, "those that follow are, too");
    pair.client.reset_case();
    pair.run(20 * SECOND);
    let answered = matches!(pair.outcome(exchange), Some(Outcome::Answered(_)));
    assert!(answered, "until the defect ends");
    let mut pair = pair_with_lost_updates();
    pair.client
        .perform(pair.time, Perform::new(Update::default()))
        .unwrap();
    pair.run(10 * SECOND);
    assert!(
        pair.sent(Side::Client, Code::POST, Time::ZERO + SECOND)
            .is_empty()
    );
    let mut pair = client_does(Act::Delay(SECOND), "read");
    let exchange = pair
        .server
        .perform(pair.time, Perform::new(read("/3/0/0")))
        .unwrap();
    pair.run(SECOND);
    assert_eq!(pair.outcome(exchange), None);
    pair.run(SECOND / 10);
    assert!(matches!(pair.outcome(exchange), Some(Outcome::Answered(_))));
}

fn pair_with_lost_updates() -> Pair {
    let mut pair = pair();
    pair.client
        .misbehave(Misbehaviour::new(outgoing("update"), Act::Drop));
    pair
}

#[test]
fn adds_a_message() {
    let added = Act::Add(Box::new(Perform::new(Update::default())));
    let mut pair = client_does(added, "read");
    let since = pair.time;
    pair.ask(read("/3/0/0"));
    assert_eq!(pair.sent(Side::Client, Code::POST, since).len(), 1);
}

#[test]
fn a_new_case_is_well_behaved_again() {
    let mut pair = client_does(Act::Drop, "read");
    pair.client.reset_case();
    assert_eq!(pair.ask(read("/3/0/0")).code, Code::CONTENT);
    pair.ask(Observe::new(path("/3/0/9"), None));
    pair.server.reset_case();
    assert_eq!(pair.server.registrations().len(), 1);
    assert!(pair.server.observations("urn:dev:ops:pair").is_empty());
}

#[test]
fn performs_raw_things() {
    let mut pair = pair();
    let mut perform = Perform::new(read("/3/0"));
    perform.options = vec![OptionEdit::Set(option::ACCEPT, vec![0xfd, 0xe8])];
    assert_eq!(pair.ask_with(perform).code, Code::NOT_ACCEPTABLE);
    let mut perform = Perform::new(read("/3/0/0"));
    perform.options = vec![OptionEdit::Add(2053, vec![1])];
    assert_eq!(pair.ask_with(perform).code, Code::BAD_OPTION);
    let mut perform = Perform::new(read("/3/0/0"));
    perform.token = Some(Token(vec![1, 2, 3, 4, 5, 6, 7, 8]));
    assert_eq!(
        pair.ask_with(perform).token,
        Token(vec![1, 2, 3, 4, 5, 6, 7, 8])
    );
    let mut perform = Perform::new(read("/3/0"));
    perform.datagram = Some(vec![0xff, 0xff, 0xff]);
    pair.server.perform(pair.time, perform).unwrap();
    pair.run(SECOND);
    assert_eq!(pair.ask(read("/3/0/0")).code, Code::CONTENT);
}

#[test]
fn misreads_a_request() {
    let edits = vec![Edit::Query {
        key: "pmin".into(),
        value: Some("60".into()),
    }];
    let mut pair = client_does(Act::Misread(edits), "write-attributes");
    let attributes = WriteAttributes::new(path("/3/0/9"), vec!["pmin=5".into()]);
    assert_eq!(pair.ask(attributes).code, Code::CHANGED);
    let links = pair.ask(Discover::new(path("/3/0/9"))).payload;
    let links = String::from_utf8(links).unwrap();
    assert!(links.contains("pmin=60"), "{links}");
}

#[test]
fn performs_every_uplink_operation() {
    let mut pair = pair();
    pair.ask(Observe::new(path("/3/0/9"), None));
    let words = ["send", "update", "register", "deregister"];
    for word in words {
        let operation = pair.client.natural(word).unwrap();
        let exchange = pair
            .client
            .perform(pair.time, Perform::new(operation))
            .unwrap();
        pair.run(SECOND);
        let outcome = pair.outcome(exchange);
        let Some(Outcome::Answered(message)) = outcome else {
            panic!("{word}: {outcome:?}")
        };
        assert!(message.code.is_success(), "{word}: {message:?}");
    }
    assert!(pair.server.registrations().is_empty());
    let notify = Perform::new(Notify::default());
    assert!(
        pair.client.perform(pair.time, notify).is_err(),
        "nothing is observed"
    );
    let _: Option<(Send, Register)> = None;
}

/// Paths of the POSTs of the client from `since` on.
fn posts(pair: &Pair, since: coap::Time) -> Vec<String> {
    let sent = pair.sent(Side::Client, Code::POST, since);
    let paths = sent
        .iter()
        .map(|(_, message)| message.text_options(option::URI_PATH));
    paths.map(|path| path.join("/")).collect()
}

#[test]
fn a_refused_update_says_nothing_about_the_registration() {
    let mut pair = pair();
    let location = pair.client.registrations()[0].location.clone();
    let own = location.trim_start_matches('/').to_owned();
    pair.server
        .prepare(Box::new(upon("update")), Answer::code(Code::BAD_OPTION));
    let since = pair.time;
    pair.ask(Write::new(
        path("/1/0/1"),
        WriteMode::Replace,
        ContentFormat::TEXT,
        "600".into(),
    ));
    pair.run(60 * SECOND);
    assert_eq!(
        posts(&pair, since),
        std::slice::from_ref(&own),
        "one Update, and no Register"
    );
    assert_eq!(pair.client.registrations()[0].location, location);
    let since = pair.time;
    pair.client
        .perform(pair.time, Perform::new(Update::default()))
        .unwrap();
    pair.run(SECOND);
    assert_eq!(posts(&pair, since), [own]);
}

#[test]
fn an_update_that_finds_nothing_ends_the_registration_it_is_about() {
    for (elsewhere, again) in [(true, false), (false, true)] {
        let mut pair = pair();
        let own = pair.client.registrations()[0].location.clone();
        if !elsewhere {
            pair.server
                .prepare(Box::new(upon("update")), Answer::code(Code::NOT_FOUND));
        }
        let location = if elsewhere {
            "/rd/nowhere"
        } else {
            own.as_str()
        };
        let since = pair.time;
        let segments = location.split('/').skip(1).map(str::to_owned).collect();
        pair.client
            .perform(pair.time, Perform::new(Update::new(segments)))
            .unwrap();
        pair.run(SECOND);
        let registers = posts(&pair, since).iter().any(|path| path == "rd");
        assert_eq!(registers, again, "an Update at {location}");
    }
}

#[test]
fn a_new_case_or_session_ends_what_nobody_has_answered() {
    for session in [true, false] {
        let mut pair = client_does(Act::Drop, "read");
        let exchange = pair
            .server
            .perform(pair.time, Perform::new(read("/3/0/0")))
            .unwrap();
        pair.run(SECOND);
        let since = pair.time;
        if session {
            let peer = pair.server.registrations()[0].address;
            pair.server.begin_anew_with(pair.time, peer);
        } else {
            pair.server.reset_case();
        }
        pair.run(100 * SECOND);
        assert_eq!(pair.sent(Side::Server, Code::GET, since).len(), 0);
        let told = pair.outcome(exchange).is_some();
        assert_eq!(told, session, "within a case it is told");
    }
}
