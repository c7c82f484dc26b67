//! Trial of the rules about the channel: for each a sound passage without any finding, and one that breaks it alone.

use coap::{Code, Kind, Message, MessageId, Time, Token, option};
use lwm2m::{Registry, Value, Version};
use testcase::{Seat, Word};

use super::{Finding, RULES, Referee};
use crate::actual::Actual;
use crate::event::{Datagram, Fate, Note, Protection, Via};
use crate::transfer::Transfer;
use crate::watch::{Sight, StreamPart, Watch};

/// Something that passes.
#[derive(Clone)]
enum Bit {
    Note(Seat, Word, u64, Vec<(&'static str, Actual)>),
    Message(Seat, Message, Via),
}

struct Row {
    rule: &'static str,
    sound: Vec<Bit>,
    broken: Vec<Bit>,
    seat: Seat,
}

fn note(from: Seat, word: Word, fields: &[(&'static str, Actual)]) -> Bit {
    Bit::Note(from, word, 1, fields.to_vec())
}

fn texts(texts: &[&str]) -> Actual {
    let values = texts.iter().map(|text| Value::String((*text).to_owned()));
    Actual::List(values.collect())
}

fn in_session(session: u64) -> Via {
    Via {
        protection: Protection::Dtls,
        session: Some(session),
        ..Via::default()
    }
}

fn in_stream() -> Via {
    Via {
        stream: true,
        session: Some(1),
        ..Via::default()
    }
}

fn message(kind: Kind, code: Code, id: u16) -> Message {
    Message::new(kind, code, MessageId(id), Token(vec![0xa0, id as u8]))
}

fn register() -> Message {
    let mut message = message(Kind::Con, Code::POST, 1);
    message.push_option(option::URI_PATH, b"rd");
    message.push_uint_option(option::CONTENT_FORMAT, 40);
    for query in ["ep=urn:dev:1", "lt=60", "lwm2m=1.1", "b=U"] {
        message.push_option(option::URI_QUERY, query.as_bytes());
    }
    message.payload = b"</1/0>,</3/0>".to_vec();
    message
}

fn registered() -> Message {
    let mut message = message(Kind::Ack, Code::CREATED, 1);
    for segment in ["rd", "5"] {
        message.push_option(option::LOCATION_PATH, segment.as_bytes());
    }
    message
}

fn update() -> Message {
    let mut message = message(Kind::Con, Code::POST, 2);
    for segment in ["rd", "5"] {
        message.push_option(option::URI_PATH, segment.as_bytes());
    }
    message
}

fn rows() -> Vec<Row> {
    let suite = |name: &str| ("suite", Actual::text(name));
    let offer = |fields: &[(&'static str, Actual)]| {
        let mut all = vec![("suites", texts(&["TLS_PSK_WITH_AES_128_CCM_8"]))];
        all.extend(fields.iter().cloned());
        note(Seat::CLIENT, Word::ClientHello, &all)
    };
    let choice = |fields: &[(&'static str, Actual)]| {
        let mut all = vec![suite("TLS_PSK_WITH_AES_128_CCM_8")];
        all.extend(fields.iter().cloned());
        note(Seat::SERVER, Word::ServerHello, &all)
    };
    let truth = |truth| Actual::Value(Value::Boolean(truth));
    let asked = |session| Bit::Message(Seat::CLIENT, register(), in_session(session));
    let answered = |session| Bit::Message(Seat::SERVER, registered(), in_session(session));
    let updates = |session| Bit::Message(Seat::CLIENT, update(), in_session(session));
    vec![
        Row {
            rule: "unprotected-message",
            sound: vec![asked(1)],
            broken: vec![note(Seat::CLIENT, Word::Cleartext, &[])],
            seat: Seat::CLIENT,
        },
        Row {
            rule: "handshake-role",
            sound: vec![offer(&[])],
            broken: vec![note(Seat::SERVER, Word::ClientHello, &[])],
            seat: Seat::SERVER,
        },
        Row {
            rule: "cipher-suite-not-offered",
            sound: vec![offer(&[]), choice(&[])],
            broken: vec![
                offer(&[]),
                note(
                    Seat::SERVER,
                    Word::ServerHello,
                    &[suite("TLS_PSK_WITH_AES_128_CBC_SHA256")],
                ),
            ],
            seat: Seat::SERVER,
        },
        Row {
            rule: "extension-not-offered",
            sound: vec![
                offer(&[("extended-master-secret", truth(true))]),
                choice(&[("extended-master-secret", truth(true))]),
            ],
            broken: vec![
                offer(&[]),
                choice(&[("extended-master-secret", truth(true))]),
            ],
            seat: Seat::SERVER,
        },
        Row {
            rule: "group-too-small",
            sound: vec![offer(&[("groups", texts(&["secp256r1"]))])],
            broken: vec![offer(&[("groups", texts(&["secp256r1", "secp192r1"]))])],
            seat: Seat::CLIENT,
        },
        Row {
            rule: "response-in-other-session",
            sound: vec![asked(1), answered(1)],
            broken: vec![asked(1), answered(2)],
            seat: Seat::SERVER,
        },
        Row {
            rule: "response-in-other-session",
            sound: vec![asked(1), asked(2), answered(2)],
            broken: vec![asked(1), asked(2), answered(3)],
            seat: Seat::SERVER,
        },
        Row {
            rule: "session-without-register",
            sound: vec![asked(1), answered(1), updates(1)],
            broken: vec![asked(1), answered(1), updates(2)],
            seat: Seat::CLIENT,
        },
        Row {
            rule: "csm-first",
            sound: vec![
                note(Seat::CLIENT, Word::Csm, &[]),
                Bit::Message(Seat::CLIENT, register(), in_stream()),
            ],
            broken: vec![Bit::Message(Seat::CLIENT, register(), in_stream())],
            seat: Seat::CLIENT,
        },
    ]
}

/// Rules that this file provokes.
pub(super) fn provoked() -> Vec<&'static str> {
    let rows = rows();
    let own = rows.iter().map(|row| row.rule);
    own.chain(OF_THE_WATCH.iter().copied()).collect()
}

/// Rules whose breach the watch sees, in the words of the readers of streams and of OSCORE.
const OF_THE_WATCH: &[&str] = &[
    "stream-frame",
    "tls-record",
    "oscore-outer-code",
    "oscore-option-outside",
    "oscore-option-inside",
    "oscore-observe-differs",
    "oscore-observe-not-empty",
    "oscore-partial-iv-not-shortest",
    "oscore-partial-iv-reused",
    "oscore-nonce-reused",
    "oscore-unreadable",
];

fn findings(bits: &[Bit]) -> Vec<Finding> {
    let types = Registry::builtin(Version::V1_1);
    let mut referee = Referee::new(Version::V1_1);
    let mut transfer = Transfer::default();
    let mut findings = Vec::new();
    let peer = |from| match from {
        Seat::CLIENT => Seat::SERVER,
        _ => Seat::CLIENT,
    };
    for (frame, bit) in (1..).zip(bits) {
        let time = Time::from_nanos(u64::from(frame) * 1_000_000);
        let completed = match bit.clone() {
            Bit::Note(from, word, session, fields) => {
                let note = Note {
                    word,
                    fields,
                    session,
                };
                let index = transfer.handle_channel(time, vec![frame], (from, peer(from)), note);
                index..index + 1
            }
            Bit::Message(from, message, via) => {
                let bytes = ::coap::encode(&message).unwrap();
                let reading = ::coap::read(&bytes);
                transfer.handle(Datagram {
                    time,
                    frame,
                    from,
                    to: peer(from),
                    source: crate::script::socket(from),
                    bytes,
                    reading,
                    fate: Fate::Block,
                    via,
                })
            }
        };
        findings.extend(referee.look(&transfer, &types, completed));
    }
    findings
}

#[test]
fn sound_passages_have_no_finding() {
    for row in rows() {
        let found = findings(&row.sound);
        assert!(found.is_empty(), "{}: {found:?}", row.rule);
    }
}

#[test]
fn broken_passages_have_that_finding_and_no_other() {
    for row in rows() {
        let found = findings(&row.broken);
        let last = row.broken.len() as u32;
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.rule, one.seat, one.frame))
            .collect();
        assert_eq!(told, [(row.rule, row.seat, last)]);
        let rule = RULES.iter().find(|rule| rule.name == row.rule).unwrap();
        assert_eq!(found[0].level, rule.level);
    }
}

#[test]
fn what_the_watch_sees_broken_has_its_rule() {
    for name in OF_THE_WATCH {
        assert!(RULES.iter().any(|rule| rule.name == *name), "{name}");
    }
}

#[test]
fn a_stream_that_is_not_cut_into_frames_is_a_breach() {
    let ends = (
        crate::script::socket(Seat::CLIENT),
        crate::script::socket(Seat::SERVER),
    );
    let breaches = |bytes: &[u8]| {
        let mut watch = Watch::default();
        watch.stream(Time::from_nanos(0), 1, ends, StreamPart::Opened);
        watch.stream(Time::from_nanos(1), 2, ends, StreamPart::Bytes(bytes));
        let seen = std::iter::from_fn(|| watch.poll());
        seen.filter_map(|one| match one.what {
            Sight::Breach { rule, .. } => Some((rule, one.frame)),
            _ => None,
        })
        .collect::<Vec<_>>()
    };
    // a CSM without options, and a length of 4 GiB
    assert_eq!(breaches(&[0x00, 0xe1]), []);
    assert_eq!(
        breaches(&[0xf0, 0xff, 0xff, 0xff, 0xff, 0x01]),
        [("stream-frame", 2)]
    );
}

#[test]
fn what_no_context_opens_is_a_breach() {
    let ends = (
        crate::script::socket(Seat::CLIENT),
        crate::script::socket(Seat::SERVER),
    );
    let mut message = message(Kind::Con, Code::POST, 7);
    // a Partial IV of one byte and the kid 0x42 (RFC 8613, 6.1)
    message.push_option(9, [0x09, 0x01, 0x42]);
    message.payload = vec![0; 12];
    let bytes = ::coap::encode(&message).unwrap();
    let mut watch = Watch::default();
    let context = oscore::Parameters::new(b"0123456789abcdef", b"\x01", b"\x02");
    watch.context(&context).unwrap();
    watch.datagram(Time::from_nanos(0), 1, ends, &bytes);
    let seen = std::iter::from_fn(|| watch.poll());
    let breaches: Vec<_> = seen
        .filter_map(|one| match one.what {
            Sight::Breach { rule, .. } => Some(rule),
            _ => None,
        })
        .collect();
    assert_eq!(breaches, ["oscore-unreadable"]);
}
