use super::*;
use crate::script::{Sent as Datum, script};

fn watch(all: &[Datum]) -> Transfer {
    let mut transfer = Transfer::default();
    for (frame, one) in (1..).zip(all) {
        feed(&mut transfer, frame, one);
    }
    transfer
}

fn feed(transfer: &mut Transfer, frame: u32, one: &Datum) {
    transfer.handle(Datagram {
        time: one.time,
        frame,
        from: one.from,
        to: one.to,
        source: crate::script::socket(one.from),
        bytes: one.bytes.clone(),
        reading: coap::read(&one.bytes),
        fate: Fate::Block,
        via: crate::Via::default(),
    });
}

/// Every event in a line: what it is, its frames, how it was cut, its payload.
fn told(transfer: &Transfer) -> Vec<String> {
    transfer.events().iter().map(line).collect()
}

fn line(event: &Event) -> String {
    let sort = match &event.sort {
        Sort::Request(Some(operation)) => operation.word().to_owned(),
        Sort::Request(None) => "no operation".to_owned(),
        Sort::Response(of) => format!("answer to {of}"),
        Sort::Notification(of) => format!("notification of {of}"),
        Sort::Reset(of) => format!("reset of {of:?}"),
        Sort::Stray(stray) => format!("{stray:?}"),
        Sort::Channel(note) => note.word.name().to_owned(),
    };
    let frames: Vec<String> = event.frames.iter().map(ToString::to_string).collect();
    let cut = event
        .blocks
        .map_or_else(String::new, |cut| format!(" {}x{}", cut.count, cut.size));
    let body = event.message.as_ref().map_or_else(String::new, |message| {
        let code = format!("{}.{:02}", message.code.class(), message.code.0 & 31);
        let payload = String::from_utf8_lossy(&message.payload);
        format!(" {code} {payload}").trim_end().to_owned()
    });
    format!("{sort} [{}]{cut}{body}", frames.join(" "))
}

#[test]
fn datagrams_become_events() {
    let a16 = "a".repeat(16);
    let b16 = "b".repeat(16);
    let a32 = "a".repeat(32);
    let rows: Vec<(&str, String, Vec<String>)> = vec![
        (
            "a notification in blocks, after an answer whose rest had another token",
            format!(
                "0 server con 1 a1 GET /3/0/0 obs=0\n5 client ack 1 a1 2.05 obs=1 ct=0 b2=0/1/16 ={a16}\n6 server con 2 a2 GET /3/0/0 b2=1/0/16\n7 client ack 2 a2 2.05 ct=0 b2=1/0/16 =x\n10 client non 9 a1 2.05 obs=2 ct=0 b2=0/1/16 ={b16}\n11 server con 3 a3 GET /3/0/0 b2=1/0/16\n12 client ack 3 a3 2.05 ct=0 b2=1/0/16 =y"
            ),
            vec![
                "observe [1] 0.01".into(),
                format!("answer to 0 [2 4] 2x16 2.05 {a16}x"),
                format!("notification of 0 [5 7] 2x16 2.05 {b16}y"),
            ],
        ),
        (
            "piggybacked",
            "0 server con 1 a1 GET /3/0/0\n5 client ack 1 a1 2.05 ct=0 =x".into(),
            vec!["read [1] 0.01".into(), "answer to 0 [2] 2.05 x".into()],
        ),
        (
            "separate, acknowledged first or not",
            "0 server con 1 a1 GET /3/0/0\n5 client ack 1 - 0.00\n9 client con 7 a1 2.05 ct=0 =x\n10 server ack 7 - 0.00".into(),
            vec!["read [1] 0.01".into(), "answer to 0 [3] 2.05 x".into()],
        ),
        (
            "retransmitted request, repeated answer",
            "0 server con 1 a1 GET /3/0/0\n2000 server con 1 a1 GET /3/0/0\n2005 client ack 1 a1 2.05 ct=0 =x\n2006 client ack 1 a1 2.05 ct=0 =x".into(),
            vec!["read [1] 0.01".into(), "answer to 0 [3] 2.05 x".into()],
        ),
        (
            "NON",
            "0 server non 1 a1 GET /3/0/0\n5 client non 7 a1 2.05 ct=0 =x".into(),
            vec!["read [1] 0.01".into(), "answer to 0 [2] 2.05 x".into()],
        ),
        (
            "one Message ID, two messages",
            "0 server con 1 a1 GET /3/0/0\n10 server con 1 a2 GET /3/0/1".into(),
            vec!["read [1] 0.01".into(), "read [2] 0.01".into()],
        ),
        (
            "a Message ID that comes round after EXCHANGE_LIFETIME",
            "0 client con 1 a1 POST /rd ?ep=a\n248000 client con 1 a1 POST /rd ?ep=a".into(),
            vec!["register [1] 0.02".into(), "register [2] 0.02".into()],
        ),
        (
            "a token that no request has",
            "0 server con 1 a1 GET /3/0/0\n5 client con 7 b1 2.05 ct=0 =x".into(),
            vec!["read [1] 0.01".into(), "UnknownToken [2] 2.05 x".into()],
        ),
        (
            "an Acknowledgement with another token",
            "0 server con 1 a1 GET /3/0/0\n5 client ack 1 b1 2.05 ct=0 =x".into(),
            vec!["read [1] 0.01".into(), "WrongToken(0) [2] 2.05 x".into()],
        ),
        (
            "an Acknowledgement with the token of another request",
            "0 server con 1 a1 GET /3/0/0\n1 server con 2 a2 GET /3/0/1\n5 client ack 2 a1 2.05 ct=0 =x".into(),
            vec!["read [1] 0.01".into(), "read [2] 0.01".into(), "WrongToken(1) [3] 2.05 x".into()],
        ),
        (
            "a Reset of a request",
            "0 server con 1 a1 GET /3/0/0\n5 client rst 1 - 0.00".into(),
            vec!["read [1] 0.01".into(), "reset of Some(0) [2] 0.00".into()],
        ),
        (
            "nothing that is CoAP",
            "0 server hex:81017a015ab1\n5 client hex:00".into(),
            vec!["Unreadable [1]".into(), "Unreadable [2]".into()],
        ),
        (
            "a ping",
            "0 client con 9 - 0.00".into(),
            vec!["no operation [1] 0.00".into()],
        ),
        (
            "Block1 with a size that shrinks on the way",
            format!(
                "0 client con 1 a1 POST /rd ?ep=a b1=0/1/32 ={a32}\n1 server ack 1 a1 2.31 b1=0/1/16\n\
                 2 client con 2 a1 POST /rd ?ep=a b1=2/1/16 ={b16}\n3 server ack 2 a1 2.31 b1=2/1/16\n\
                 4 client con 3 a1 POST /rd ?ep=a b1=3/0/16 =end\n5 server ack 3 a1 2.01 b1=3/0/16"
            ),
            vec![
                format!("register [1 3 5] 3x32 0.02 {a32}{b16}end"),
                "answer to 0 [6] 2.01".into(),
            ],
        ),
        (
            "Block1 with a token of its own for each block",
            format!(
                "0 client con 1 a1 POST /rd ?ep=a b1=0/1/16 ={a16}\n1 server ack 1 a1 2.31 b1=0/1/16\n\
                 2 client con 2 a2 POST /rd ?ep=a b1=1/0/16 =end\n3 server ack 2 a2 2.01 b1=1/0/16"
            ),
            vec![
                format!("register [1 3] 2x16 0.02 {a16}end"),
                "answer to 0 [4] 2.01".into(),
            ],
        ),
        (
            "Block1 cut short",
            format!(
                "0 client con 1 a1 POST /rd ?ep=a b1=0/1/16 ={a16}\n1 server ack 1 a1 4.13"
            ),
            vec![
                format!("register [1] 1x16 0.02 {a16}"),
                "answer to 0 [2] 4.13".into(),
            ],
        ),
        (
            "Block1 cut short, where every message has the empty token",
            format!(
                "0 client con 1 - POST /rd ?ep=a\n1 server ack 1 - 2.01 loc=/rd/1\n\
                 2 client con 2 - POST /rd ?ep=b b1=0/1/16 ={a16}\n3 server ack 2 - 4.13"
            ),
            vec![
                "register [1] 0.02".into(),
                "answer to 0 [2] 2.01".into(),
                format!("register [3] 1x16 0.02 {a16}"),
                "answer to 2 [4] 4.13".into(),
            ],
        ),
        (
            "Block2 with a token of its own for each block",
            format!(
                "0 server con 1 a1 GET /3/0\n1 client ack 1 a1 2.05 ct=0 b2=0/1/16 ={a16}\n\
                 2 server con 2 a2 GET /3/0 b2=1/0/16\n3 client ack 2 a2 2.05 b2=1/0/16 =end"
            ),
            vec![
                "read [1] 0.01".into(),
                format!("answer to 0 [2 4] 2x16 2.05 {a16}end"),
            ],
        ),
        (
            "Block2 that ends in an error",
            format!(
                "0 server con 1 a1 GET /3/0\n1 client ack 1 a1 2.05 ct=0 b2=0/1/16 ={a16}\n\
                 2 server con 2 a2 GET /3/0 b2=1/0/16\n3 client ack 2 a2 4.04"
            ),
            vec!["read [1] 0.01".into(), "answer to 0 [4] 4.04".into()],
        ),
        (
            "Block2 of a notification, though the same path was read since",
            format!(
                "0 server con 1 a1 GET /3/0 obs=0\n1 client ack 1 a1 2.05 ct=0 obs=1 =x\n\
                 2 server con 2 a2 GET /3/0\n3 client ack 2 a2 2.05 ct=0 =y\n\
                 4 client non 7 a1 2.05 ct=0 obs=2 b2=0/1/16 ={a16}\n\
                 5 server con 3 a3 GET /3/0 b2=1/0/16\n6 client ack 3 a3 2.05 b2=1/0/16 =end\n\
                 7 client non 8 a1 2.05 ct=0 obs=3 =z"
            ),
            vec![
                "observe [1] 0.01".into(),
                "answer to 0 [2] 2.05 x".into(),
                "read [3] 0.01".into(),
                "answer to 2 [4] 2.05 y".into(),
                format!("notification of 0 [5 7] 2x16 2.05 {a16}end"),
                "notification of 0 [8] 2.05 z".into(),
            ],
        ),
        (
            "a notification that crosses the cancellation",
            "0 server con 1 a1 GET /3/0 obs=0\n1 client ack 1 a1 2.05 ct=0 obs=1 =x\n\
             2 client non 7 a1 2.05 ct=0 obs=2 =y\n3 server con 2 a1 GET /3/0 obs=1\n\
             4 client non 8 a1 2.05 ct=0 obs=3 =z\n5 client ack 2 a1 2.05 ct=0 =v\n\
             6 client non 9 a1 2.05 ct=0 obs=4 =w"
                .into(),
            vec![
                "observe [1] 0.01".into(),
                "answer to 0 [2] 2.05 x".into(),
                "notification of 0 [3] 2.05 y".into(),
                "cancel-observation [4] 0.01".into(),
                "notification of 0 [5] 2.05 z".into(),
                "answer to 3 [6] 2.05 v".into(),
                "notification of 0 [7] 2.05 w".into(),
            ],
        ),
        (
            "a notification that is rejected",
            "0 server con 1 a1 GET /3/0 obs=0\n1 client ack 1 a1 2.05 ct=0 obs=1 =x\n\
             2 client con 7 a1 2.05 ct=0 obs=2 =y\n3 server rst 7 - 0.00"
                .into(),
            vec![
                "observe [1] 0.01".into(),
                "answer to 0 [2] 2.05 x".into(),
                "notification of 0 [3] 2.05 y".into(),
                "reset of Some(2) [4] 0.00".into(),
            ],
        ),
        (
            "a device that counts Message IDs anew after it was told to reboot",
            "0 client con 1 a1 POST /rd ?ep=a\n1 server ack 1 a1 2.01 loc=/rd/1\n\
             2 server con 5 b1 POST /3/0/4\n3 client ack 5 b1 2.04\n\
             4000 client con 1 a1 POST /rd ?ep=a"
                .into(),
            vec![
                "register [1] 0.02".into(),
                "answer to 0 [2] 2.01".into(),
                "execute [3] 0.02".into(),
                "answer to 2 [4] 2.04".into(),
                "register [5] 0.02".into(),
            ],
        ),
    ];
    for (what, text, wanted) in rows {
        assert_eq!(told(&watch(&script(&text))), wanted, "{what}");
    }
}

#[test]
fn a_seat_that_starts_anew_repeats_nothing() {
    let all = script("0 client con 1 a1 POST /rd ?ep=a\n9000 client con 1 a1 POST /rd ?ep=a");
    let mut transfer = Transfer::default();
    feed(&mut transfer, 1, &all[0]);
    transfer.restarted(Seat::CLIENT);
    feed(&mut transfer, 2, &all[1]);
    assert_eq!(told(&transfer).len(), 2);
}

#[test]
fn what_is_under_way_is_known_until_it_is_complete() {
    let text = "0 server con 1 a1 GET /3/0
        10 client ack 1 a1 2.05 ct=0 b2=0/1/16 =aaaaaaaaaaaaaaaa
        20 server con 2 a2 GET /3/0 b2=1/0/16
        30 client ack 2 a2 2.05 b2=1/0/16 =end";
    let all = script(text);
    let at = |count: usize| watch(&all[..count]).under_way(Seat::SERVER, Seat::CLIENT);
    assert_eq!(at(1), None);
    assert_eq!(at(2), Some(all[1].time));
    assert_eq!(at(4), None);
}

#[test]
fn answers_and_reactions_are_found() {
    let all = script(
        "0 server con 1 a1 GET /3/0/0
        1 server con 2 a2 GET /3/0/1
        2 client ack 1 - 0.00
        3 client ack 2 a2 2.05 ct=0 =x
        4 server hex:81017a015ab1
        5 client hex:70007a01",
    );
    let transfer = watch(&all);
    assert_eq!(transfer.answer_to(0), None);
    assert_eq!(transfer.answer_to(1), Some(2));
    let reaction = |of| transfer.reaction_to(of).map(|found| found.frame);
    assert_eq!(
        (reaction(0), reaction(1), reaction(3)),
        (Some(3), Some(4), Some(6))
    );
}

#[test]
fn ten_thousand_datagrams_are_answered_each() {
    let mut transfer = Transfer::default();
    for number in 0..5_000_u32 {
        let (id, token) = (number % 65_536, format!("{number:04x}"));
        let time = number * 100;
        let read = format!("{time} server con {id} {token} GET /3/0/0");
        let answer = format!("{time} client ack {id} {token} 2.05 ct=0 =x");
        for (offset, one) in script(&format!("{read}\n{answer}")).iter().enumerate() {
            feed(&mut transfer, number * 2 + 1 + offset as u32, one);
        }
    }
    let requests = (0..10_000).step_by(2);
    assert!(
        requests
            .into_iter()
            .all(|of| transfer.answer_to(of) == Some(of + 1))
    );
}

#[test]
fn the_same_bytes_from_another_socket_repeat_nothing() {
    let register = "0 client con 7 a1 POST /rd ?ep=a\n";
    let told = |port: u16| {
        let mut transfer = Transfer::default();
        for (frame, one) in (1..).zip(script(&register.repeat(2))) {
            let mut source = crate::script::socket(one.from);
            if frame == 2 {
                source.set_port(port);
            }
            transfer.handle(Datagram {
                time: one.time,
                frame,
                from: one.from,
                to: one.to,
                source,
                bytes: one.bytes.clone(),
                reading: coap::read(&one.bytes),
                fate: Fate::Block,
                via: crate::Via::default(),
            });
        }
        transfer.events().len()
    };
    assert_eq!(told(40_001), 1);
    assert_eq!(told(40_002), 2);
}
