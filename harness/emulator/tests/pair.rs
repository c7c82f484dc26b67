//! A client against a server in virtual time: registration, reporting, sleep, reboot, loss.
#![allow(clippy::unwrap_used, reason = "a test that breaks shall say where")]

mod network;

use std::time::Duration;

use coap::{Code, ContentFormat, Kind, Time, option};
use emulator::{Endpoint, Event, Outcome, Perform, Source};
use lwm2m::operation::{
    CancelObservation, Discover, Execute, Observe, Read, Write, WriteAttributes, WriteMode,
};
use lwm2m::{Value, Version};
use network::{Pair, Side, configuration, path};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn registers_in_every_version() {
    for version in Version::ALL {
        let pair = Pair::registered(version);
        let registration = &pair.server.registrations()[0];
        assert_eq!(registration.endpoint, "urn:dev:ops:pair");
        assert_eq!(registration.version, version.as_str());
        assert_eq!(registration.lifetime, 86_400);
        let objects: Vec<String> = registration.paths().map(|path| path.to_string()).collect();
        assert!(
            objects.contains(&"/1/0".into()) && objects.contains(&"/3/0".into()),
            "{objects:?}"
        );
        assert!(
            !objects.iter().any(|object| object.starts_with("/0")),
            "{objects:?}"
        );
        assert_eq!(
            pair.client.registrations()[0].location,
            registration.location
        );
    }
}

#[test]
fn updates_before_the_lifetime_ends_for_a_day() {
    let mut pair = Pair::registered_with(configuration(Version::V1_1, 60));
    pair.run(24 * 3600 * SECOND);
    let updates = pair.sent(Side::Client, Code::POST, Time::ZERO + SECOND);
    assert!((2870..=2890).contains(&updates.len()), "{}", updates.len());
    let gaps = updates.windows(2).map(|two| two[1].0.since(two[0].0));
    assert!(gaps.clone().all(|gap| gap < 60 * SECOND));
    assert!(
        !pair
            .server_events
            .iter()
            .any(|(_, event)| matches!(event, Event::Expired(_)))
    );
    assert_eq!(pair.server.registrations().len(), 1);
}

#[test]
fn a_silent_client_expires() {
    let mut pair = Pair::registered_with(configuration(Version::V1_0, 60));
    pair.client.stop(pair.time);
    pair.run(58 * SECOND);
    assert_eq!(pair.server.registrations().len(), 1);
    pair.run(2 * SECOND);
    assert!(pair.server.registrations().is_empty());
    let expired = pair
        .server_events
        .iter()
        .find(|(_, event)| matches!(event, Event::Expired(_)));
    assert_eq!(expired.unwrap().0, Time::from_nanos(60_010_000_000));
}

#[test]
fn an_unlimited_lifetime_needs_no_update() {
    let mut pair = Pair::registered_with(configuration(Version::V1_1, 0));
    pair.run(100 * 24 * 3600 * SECOND);
    assert_eq!(pair.server.registrations().len(), 1);
    assert!(
        pair.sent(Side::Client, Code::POST, Time::ZERO + SECOND)
            .is_empty()
    );
}

#[test]
fn a_written_lifetime_is_told_by_an_update() {
    let mut pair = Pair::registered(Version::V1_1);
    let write = Write::new(
        path("/1/0/1"),
        WriteMode::Replace,
        ContentFormat::TEXT,
        b"240".to_vec(),
    );
    assert_eq!(pair.ask(write).code, Code::CHANGED);
    assert_eq!(pair.server.registrations()[0].lifetime, 240);
    let updates = pair.sent(Side::Client, Code::POST, Time::ZERO + SECOND);
    assert_eq!(updates.len(), 1);
    assert_eq!(updates[0].1.text_options(option::URI_QUERY), ["lt=240"]);
    assert!(updates[0].1.payload.is_empty());
}

#[test]
fn reads_and_discovers() {
    let mut pair = Pair::registered(Version::V1_1);
    let text = pair.ask(Read::new(path("/3/0/0"), None));
    assert_eq!(text.content_format(), Some(ContentFormat::TEXT));
    assert_eq!(text.payload, b"Open Mobile Alliance");
    let tlv = pair.ask(Read::new(path("/3/0"), Some(ContentFormat::TLV)));
    assert_eq!(
        (tlv.code, tlv.content_format()),
        (Code::CONTENT, Some(ContentFormat::TLV))
    );
    let values = pair.server.values("urn:dev:ops:pair");
    assert_eq!(values[&path("/3/0/7/1")].value, Value::Integer(5000));
    assert_eq!(values[&path("/3/0/7/1")].source, Source::Answer);
    let links = pair.ask(Discover::new(path("/3/0/7")));
    assert_eq!(links.payload, b"</3/0/7>;dim=2,</3/0/7/0>,</3/0/7/1>");
}

#[test]
fn notifies_between_pmin_and_pmax() {
    let mut configuration = configuration(Version::V1_1, 86_400);
    configuration.varying = vec![path("/3/0/7")];
    let mut pair = Pair::registered_with(configuration);
    let queries = |text: &str| text.split('&').map(str::to_owned).collect();
    let voltage = WriteAttributes::new(path("/3/0/7"), queries("pmin=5&pmax=15"));
    assert_eq!(pair.ask(voltage).code, Code::CHANGED);
    let steady = WriteAttributes::new(path("/3/0/8"), queries("pmin=10&pmax=20"));
    assert_eq!(pair.ask(steady).code, Code::CHANGED);
    let begun = pair.time;
    for at in ["/3/0/7", "/3/0/8"] {
        let answer = pair.ask(Observe::new(path(at), None));
        assert!(answer.observe().is_some(), "{at}");
    }
    pair.run(61 * SECOND);
    let times = |at: &str| -> Vec<Duration> {
        let wanted = path(at);
        let events = pair
            .server_events
            .iter()
            .filter_map(|(when, event)| match event {
                Event::Notified {
                    paths, fresh: true, ..
                } if paths == &[wanted] => Some(*when),
                _ => None,
            });
        events.map(|when| when.since(begun)).collect()
    };
    // The values move every second, so the voltage is told every 5 s; the current stands still and is told every 20 s.
    let gaps = |times: &[Duration]| -> Vec<Duration> {
        times.windows(2).map(|two| two[1] - two[0]).collect()
    };
    let voltage = times("/3/0/7");
    assert!(voltage.len() >= 10, "{voltage:?}");
    assert!(
        gaps(&voltage).iter().all(|gap| *gap == 5 * SECOND),
        "{voltage:?}"
    );
    let current = times("/3/0/8");
    let wanted = [20, 40, 60].map(|second| second * SECOND + Duration::from_millis(220));
    assert_eq!(current, wanted);
}

#[test]
fn both_ways_of_cancelling_end_the_notifications() {
    for by_reset in [false, true] {
        let mut configuration = configuration(Version::V1_0, 86_400);
        configuration.varying = vec![path("/3/0/7")];
        let mut pair = Pair::registered_with(configuration);
        pair.ask(Observe::new(path("/3/0/7"), None));
        pair.run(5 * SECOND);
        let before = pair
            .server_events
            .iter()
            .filter(|(_, event)| is_notification(event))
            .count();
        assert!(before >= 4, "{before}");
        if by_reset {
            assert!(pair.server.forget_observation(path("/3/0/7")));
        } else {
            let answer = pair.ask(CancelObservation::new(path("/3/0/7"), None));
            assert_eq!((answer.code, answer.observe()), (Code::CONTENT, None));
        }
        pair.run(3 * SECOND);
        let since = pair.time;
        pair.run(10 * SECOND);
        assert!(pair.sent(Side::Client, Code::CONTENT, since).is_empty());
        assert!(!pair.client.is_observed(path("/3/0/7")));
    }
}

#[test]
fn one_notification_a_day_is_confirmable() {
    let mut pair = Pair::registered(Version::V1_1);
    let attributes = WriteAttributes::new(path("/3/0/9"), vec!["pmax=3600".into()]);
    pair.ask(attributes);
    pair.ask(Observe::new(path("/3/0/9"), None));
    let since = pair.time;
    pair.run(49 * 3600 * SECOND);
    let sent = pair.sent(Side::Client, Code::CONTENT, since);
    let confirmable = sent
        .iter()
        .filter(|(_, message)| message.kind == Kind::Con)
        .count();
    assert_eq!((sent.len(), confirmable), (49, 2));
}

#[test]
fn a_duplicate_execute_is_executed_once() {
    let mut pair = Pair::registered(Version::V1_1);
    let mut perform = Perform::new(Execute::new(path("/1/0/8")));
    perform.copies = 2;
    perform.copy_gap = Duration::from_millis(100);
    let since = pair.time;
    assert_eq!(pair.ask_with(perform).code, Code::CHANGED);
    pair.run(10 * SECOND);
    assert_eq!(pair.sent(Side::Server, Code::POST, since).len(), 2);
    let executed = |(_, event): &&(Time, Event)| matches!(event, Event::Executed { .. });
    assert_eq!(pair.client_events.iter().filter(executed).count(), 1);
    let answers = pair.sent(Side::Client, Code::CHANGED, since);
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0].1, answers[1].1);
    assert_eq!(
        pair.sent(Side::Client, Code::POST, since).len(),
        1,
        "one Update"
    );
}

#[test]
fn a_reboot_is_silent_and_ends_in_a_register() {
    let mut pair = Pair::registered(Version::V1_1);
    pair.ask(Observe::new(path("/3/0/7"), None));
    let since = pair.time;
    assert_eq!(pair.ask(Execute::new(path("/3/0/4"))).code, Code::CHANGED);
    pair.run(5 * SECOND);
    let registers = pair.sent(Side::Client, Code::POST, since);
    assert_eq!(registers.len(), 1);
    assert_eq!(
        registers[0].0.since(since),
        SECOND + Duration::from_millis(10)
    );
    assert_eq!(registers[0].1.text_options(option::URI_PATH), ["rd"]);
    assert!(pair.server.observations("urn:dev:ops:pair").is_empty());
    assert_eq!(pair.server.registrations().len(), 1);
}

#[test]
fn a_disabled_server_is_left_alone() {
    let mut configuration = configuration(Version::V1_1, 86_400);
    configuration
        .data
        .push((path("/1/0/5"), Value::Integer(60)));
    let mut pair = Pair::registered_with(configuration);
    let since = pair.time;
    assert_eq!(pair.ask(Execute::new(path("/1/0/4"))).code, Code::CHANGED);
    assert!(pair.server.registrations().is_empty());
    assert_eq!(pair.sent(Side::Client, Code::DELETE, since).len(), 1);
    pair.run(59 * SECOND);
    assert!(pair.sent(Side::Client, Code::POST, since).is_empty());
    pair.run(2 * SECOND);
    assert_eq!(pair.server.registrations().len(), 1);
}

#[test]
fn a_forgetful_server_is_registered_with_anew() {
    let mut pair = Pair::registered_with(configuration(Version::V1_1, 60));
    pair.server.forget_registrations();
    pair.run(40 * SECOND);
    assert_eq!(pair.server.registrations().len(), 1);
    let refused = pair.sent(Side::Server, Code::NOT_FOUND, Time::ZERO);
    assert_eq!(refused.len(), 1);
}

#[test]
fn a_sleeping_client_gets_its_requests_after_its_update() {
    let mut configuration = configuration(Version::V1_1, 240);
    configuration.queue_mode = true;
    let mut pair = Pair::registered_with(configuration);
    assert!(pair.server.registrations()[0].queue_mode);
    pair.run(100 * SECOND);
    assert!(
        pair.client_events
            .iter()
            .any(|(_, event)| *event == Event::Asleep)
    );
    let since = pair.time;
    let reads: Vec<_> = ["/3/0/0", "/3/0/1"]
        .into_iter()
        .map(|at| {
            pair.server
                .perform(since, Perform::new(Read::new(path(at), None)))
                .unwrap()
        })
        .collect();
    pair.run(30 * SECOND);
    assert_eq!(pair.server.queued(), 2);
    assert!(pair.sent(Side::Server, Code::GET, since).is_empty());
    pair.run(60 * SECOND);
    for read in reads {
        assert!(matches!(pair.outcome(read), Some(Outcome::Answered(_))));
    }
    let update = pair.sent(Side::Client, Code::POST, since)[0].0;
    let sent = pair.sent(Side::Server, Code::GET, since);
    assert!(sent.iter().all(|(at, _)| *at > update));
    assert!(sent[1].0 > sent[0].0, "one at a time");
}

#[test]
fn a_lossy_network_slows_down_and_breaks_nothing() {
    let mut configuration = configuration(Version::V1_1, 120);
    configuration.confirmable = true;
    configuration.varying = vec![path("/3/0/7")];
    let mut pair = Pair::new(configuration);
    pair.loss = 20;
    pair.duplicate = 10;
    pair.client.start(pair.time);
    pair.run(200 * SECOND);
    assert_eq!(pair.server.registrations().len(), 1);
    let mut answered = 0;
    for _ in 0..50 {
        let read = Perform::new(Read::new(path("/3/0"), None));
        let exchange = pair.server.perform(pair.time, read).unwrap();
        pair.run(100 * SECOND);
        answered += usize::from(matches!(pair.outcome(exchange), Some(Outcome::Answered(_))));
    }
    assert!(answered >= 48, "{answered}");
    assert_eq!(pair.server.registrations().len(), 1);
}

#[test]
fn long_bodies_go_in_blocks() {
    let mut configuration = configuration(Version::V1_1, 86_400);
    configuration
        .data
        .extend((0..236).map(|id| (path(&format!("/33000/{id}/0")), Value::Integer(id))));
    let mut pair = Pair::registered_with(configuration);
    let blocks = pair.sent(Side::Client, Code::POST, Time::ZERO);
    assert!(blocks.len() >= 3, "{}", blocks.len());
    assert_eq!(
        pair.server.registrations()[0]
            .paths()
            .filter(|path| path.object() == Some(33000))
            .count(),
        236
    );
    let answer = pair.ask(Read::new(path("/33000"), Some(ContentFormat::TLV)));
    assert_eq!(answer.code, Code::CONTENT);
    assert!(answer.payload.len() > 1024);
    let values = pair.server.values("urn:dev:ops:pair");
    assert_eq!(
        values
            .keys()
            .filter(|path| path.object() == Some(33000))
            .count(),
        236
    );
}

fn is_notification(event: &Event) -> bool {
    matches!(event, Event::Notified { .. })
}

#[test]
fn a_request_that_came_too_early_is_heard_when_it_comes_again() {
    let mut pair = Pair::new(configuration(Version::V1_1, 600));
    // The server asks at once, and its first answer to the Register is lost.
    pair.server.prepare(
        Box::new(|seen| matches!(seen.operation, Some(lwm2m::Operation::Register(_)))),
        emulator::Answer {
            delay: SECOND,
            ..emulator::Answer::default()
        },
    );
    pair.client.start(pair.time);
    pair.run(SECOND / 2);
    let exchange = pair
        .server
        .perform(pair.time, Perform::new(Read::new(path("/3/0/0"), None)))
        .unwrap();
    pair.run(10 * SECOND);
    assert!(matches!(pair.outcome(exchange), Some(Outcome::Answered(_))));
}
