//! RFC 8613, B.2: both sides derive new keys from random ID Contexts, with loss and replays.

#![allow(clippy::unwrap_used, reason = "a test that panics fails")]

mod pair;

use std::collections::BTreeSet;

use coap::{Code, RawMessage, Time, option, read};
use oscore::{Cause, Conduct, Context, Fault, Header, Incoming, Parameters, Protection, Watcher};
use pair::{Pair, client, content, get};

/// A client that starts with request #1, a server that does not challenge on top.
fn pair() -> Pair {
    let rederives = Conduct {
        rederives: true,
        ..Conduct::default()
    };
    let server = Conduct {
        challenges: false,
        ..Conduct::default()
    };
    Pair::with(rederives, server)
}

/// 'kid context' of the n-th datagram, without the CBOR head.
fn kid_context(pair: &Pair, number: usize) -> Option<Vec<u8>> {
    match &pair.sent[number].2.protection {
        Protection::Opened(facts) => {
            let kid_context = facts.header.kid_context.clone()?;
            assert_eq!(usize::from(kid_context[0]), 0x40 + kid_context.len() - 1);
            Some(kid_context[1..].to_vec())
        }
        other => panic!("{other:?}"),
    }
}

/// Figure 14.
#[test]
fn the_four_messages() {
    let mut pair = pair();
    let (_, answer) = pair.exchange(get("3"), content("x"));
    assert_eq!(answer.payload, b"x");
    assert_eq!(pair.causes, [Cause::Rederiving, Cause::Rederived]);
    let inner = [
        "CON GET",
        "ACK 4.01 Unauthorized",
        "CON GET",
        "ACK 2.05 Content",
    ];
    assert_eq!(pair.inner(), inner);
    let r1 = kid_context(&pair, 0).unwrap();
    let r2 = kid_context(&pair, 1).unwrap();
    let id3 = kid_context(&pair, 2).unwrap();
    assert_eq!((r1.len(), r2.len(), id3.len()), (8, 8, 16));
    assert!(id3.starts_with(&r2) && !id3.ends_with(&r1));
    assert_eq!(kid_context(&pair, 3), None);
    pair.exchange(get("3"), content("y"));
    assert_eq!(pair.sent.len(), 6);
    let now = pair.now;
    pair.server
        .endpoint
        .request(now, client(), get("4"))
        .unwrap();
    // The client challenges the server in its turn.
    let (exchange, _) = pair.asked(true);
    let now = pair.now;
    pair.client
        .endpoint
        .respond(now, exchange, content("z"))
        .unwrap();
    assert_eq!(pair.answered(false).payload, b"z");
    assert!(pair.findings().is_empty(), "{:?}", pair.findings());
}

/// Transport TS, 5.4.3: Echo on top of it.
#[test]
fn a_challenge_may_follow() {
    let rederives = Conduct {
        rederives: true,
        ..Conduct::default()
    };
    let mut pair = Pair::with(rederives, Conduct::default());
    pair.exchange(get("3"), content("x"));
    let causes = [
        Cause::Rederiving,
        Cause::Rederived,
        Cause::Challenged,
        Cause::Repeated,
    ];
    assert_eq!(pair.causes, causes);
    assert!(pair.findings().is_empty());
}

#[test]
fn each_message_may_be_lost() {
    for lost in 0..4 {
        let mut pair = pair();
        pair.lost = Box::new(move |number| number == lost);
        let (_, answer) = pair.exchange(get("3"), content("x"));
        assert_eq!(answer.payload, b"x", "{lost}");
        pair.exchange(get("3"), content("y"));
        assert!(pair.findings().is_empty(), "{lost}: {:?}", pair.findings());
    }
}

/// Step 4: request #2 is taken once; request #1 leads to another R2 each time.
#[test]
fn replays_lead_nowhere() {
    let mut pair = pair();
    pair.exchange(get("3"), content("x"));
    let now = pair.now;
    let mut again = |number: usize| {
        let mut bytes = pair.sent[number].1.clone();
        bytes[3] ^= 0x55;
        pair.server.layer.incoming(now, client(), &bytes)
    };
    let second = again(2);
    let refused = matches!(
        &second,
        Incoming::Answer {
            cause: Cause::Refused(Fault::Replay { .. }),
            ..
        }
    );
    assert!(refused, "{second:?}");
    let first = again(0);
    let offered = matches!(
        &first,
        Incoming::Answer {
            cause: Cause::Rederiving,
            ..
        }
    );
    assert!(offered, "{first:?}");
    assert_eq!(pair.exchange(get("3"), content("y")).1.payload, b"y");
}

/// Requests that leave before response #1 share R1, and all are repeated under one third context.
#[test]
fn requests_at_the_same_time_share_a_run() {
    let mut pair = pair();
    pair.request(get("3"));
    pair.request(get("4"));
    for _ in 0..2 {
        let (exchange, _) = pair.asked(false);
        pair.respond(exchange, content("x"));
    }
    for _ in 0..2 {
        assert_eq!(pair.answered(true).payload, b"x");
    }
    let said: BTreeSet<_> = [0, 1, 4, 5].map(|number| kid_context(&pair, number)).into();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(pair.findings().is_empty(), "{:?}", pair.findings());
}

/// A request in the context of RFC 8613, B.2 whose ID Context is `id`, with or without 'kid context'.
fn request_in(id: &[u8], says: bool, number: u16) -> Vec<u8> {
    let parameters = Parameters {
        id_context: Some(id.to_vec()),
        ..pair::parameters()
    };
    let mut context = Context::new(&parameters).unwrap();
    context.set_next_sequence(u64::from(number));
    let mut request = get("3");
    request.id = coap::MessageId(number);
    let (mut outer, _) = context.protect_request(&request).unwrap();
    for field in &mut outer.options {
        if says && field.number == option::OSCORE {
            let mut header = Header::decode(&field.value).unwrap();
            let wrapped = [&[0x40 + id.len() as u8], id].concat();
            header.kid_context = Some(wrapped);
            field.value = header.encode().unwrap();
        }
    }
    RawMessage::from(&outer).to_bytes()
}

/// Step 4: only what starts with an R2 that was sent is a request #2.
#[test]
fn a_context_that_was_not_offered_is_not_taken() {
    let mut pair = pair();
    let now = pair.now;
    for number in 0..2 {
        let long = request_in(&[7; 16], true, number);
        let came = pair.server.layer.incoming(now, client(), &long);
        let offered = matches!(
            &came,
            Incoming::Answer {
                cause: Cause::Rederiving,
                ..
            }
        );
        assert!(offered, "{came:?}");
    }
}

/// RFC 8613, B.2: 'kid context' may be left out once both know the context.
#[test]
fn a_watcher_remembers_derived_contexts() {
    let mut watcher = Watcher::new();
    watcher.add(&pair::parameters()).unwrap();
    let mut open = |says, number| {
        let bytes = request_in(&[7; 8], says, number);
        let seen = watcher.observe(Time::ZERO, client(), pair::server(), &bytes);
        matches!(seen.protection, Protection::Opened(_))
    };
    assert_eq!(
        [open(false, 1), open(true, 2), open(false, 3)],
        [false, true, true]
    );
}

/// Step 4: what was offered is forgotten once a run has ended, so an old request #2 cannot come back.
#[test]
fn a_run_that_is_over_cannot_be_replayed() {
    let mut pair = pair();
    pair.exchange(get("3"), content("x"));
    let request = pair.sent[2].1.clone();
    let mut client_layer = oscore::Layer::new(
        Conduct {
            rederives: true,
            ..Conduct::default()
        },
        77,
    );
    client_layer
        .add(pair::parameters(), Some(pair::server()))
        .unwrap();
    pair.client.layer = client_layer;
    pair.exchange(get("3"), content("y"));
    let mut replay = request;
    replay[3] ^= 0x55;
    let now = pair.now;
    let came = pair.server.layer.incoming(now, client(), &replay);
    // It reads as request #1 of a new run, which no old request can finish.
    let offered = matches!(
        &came,
        Incoming::Answer {
            cause: Cause::Rederiving,
            ..
        }
    );
    assert!(offered, "{came:?}");
    assert!(pair.findings().is_empty(), "{:?}", pair.findings());
}

/// RFC 8613, 8.2: whoever does not take part does not know the context.
#[test]
fn a_server_without_it_finds_no_context() {
    let rederives = Conduct {
        rederives: true,
        ..Conduct::default()
    };
    let server = Conduct {
        accepts_rederivation: false,
        ..Conduct::default()
    };
    let mut pair = Pair::with(rederives, server);
    pair.request(get("3"));
    let answer = pair.answered(true);
    assert_eq!(answer.code, Code::UNAUTHORIZED);
    assert_eq!(answer.payload, b"Security context not found");
    assert!(read(&pair.sent[1].1).is_clean());
}
