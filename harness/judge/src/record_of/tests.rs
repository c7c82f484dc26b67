//! Frames of short dialogues, and the record of a case that was cut short.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use coap::{Code, Kind, Message, MessageId, Time, Token, option};
use lwm2m::{Registry, Version};
use proptest::prelude::*;
use record::{
    Fact, FrameRecord, LiveMessage, Location, Mismatch, Remark, StepRecord, Verdict, Wait, WaitKind,
};
use testcase::{Facts, Library, Seat};

use super::frame::Frames;
use super::{CaseFacts, Follower, case_record, stated};
use crate::event::{Datagram, Fate};
use crate::transfer::Transfer;
use crate::{Holder, Play, Setting};

fn message(kind: Kind, code: Code, id: u16, options: &[(u16, &[u8])], payload: &[u8]) -> Vec<u8> {
    let token = if code == Code::EMPTY {
        vec![]
    } else {
        vec![0x5f]
    };
    let mut message = Message::new(kind, code, MessageId(id), Token(token));
    for (number, value) in options {
        message.push_option(*number, *value);
    }
    message.payload = payload.to_vec();
    coap::encode(&message).unwrap()
}

fn read(id: u16) -> Vec<u8> {
    let path: [(u16, &[u8]); 4] = [
        (option::URI_PATH, b"3"),
        (option::URI_PATH, b"0"),
        (option::ACCEPT, &[0x2d, 0x16]),
        (option::OBSERVE, &[]),
    ];
    message(Kind::Con, Code::GET, id, &path, b"")
}

fn frames(sent: &[(Seat, Vec<u8>)], steps: &[StepRecord], remarks: &[Remark]) -> Vec<FrameRecord> {
    let (mut transfer, mut follower) = (Transfer::default(), Follower::default());
    let (began, mut passed) = (Time::from_nanos(1000), Vec::new());
    for (number, (from, bytes)) in (1..).zip(sent) {
        let to = if *from == Seat::CLIENT {
            Seat::SERVER
        } else {
            Seat::CLIENT
        };
        transfer.handle(Datagram {
            time: Time::from_nanos(u64::from(number) * 1000),
            frame: number,
            from: *from,
            to,
            source: crate::script::socket(*from),
            bytes: bytes.clone(),
            reading: coap::read(bytes),
            fate: Fate::Block,
            via: crate::Via::default(),
        });
        let frames = follower.of(&transfer, began).into_iter();
        passed.extend(frames.map(|(_, message)| message));
    }
    let types = Registry::builtin(Version::V1_1);
    let records = Frames::new(&transfer, &types, steps, remarks).records(began, |_| true);
    assert_eq!(passed, records.iter().map(as_it_passed).collect::<Vec<_>>());
    records
}

/// What those who watch were shown of a frame.
fn as_it_passed(frame: &FrameRecord) -> LiveMessage {
    LiveMessage {
        time: frame.time,
        from: frame.from.clone(),
        to: frame.to.clone(),
        label: frame.label.clone(),
    }
}

fn view(frame: &FrameRecord) -> String {
    let fields = |fields: &[record::Field]| {
        let parts: Vec<String> = fields
            .iter()
            .map(|field| format!("{}={}", field.name, field.value))
            .collect();
        parts.join("; ")
    };
    format!(
        "{} | {} | {} | {} | {}",
        frame.label,
        frame.coap,
        fields(&frame.options),
        fields(&frame.content),
        frame.notes.join("; ")
    )
}

#[test]
fn frames_say_what_they_are() {
    let tlv: &[(u16, &[u8])] = &[
        (option::OBSERVE, &[7]),
        (option::CONTENT_FORMAT, &[0x2d, 0x16]),
    ];
    let newer: &[(u16, &[u8])] = &[
        (option::OBSERVE, &[8]),
        (option::CONTENT_FORMAT, &[0x2d, 0x16]),
    ];
    let values = [0xc1, 9, 7, 0xc1, 16, b'U'];
    let sent = [
        (Seat::SERVER, read(1)),
        (Seat::SERVER, read(1)),
        (
            Seat::CLIENT,
            message(Kind::Ack, Code::CONTENT, 1, tlv, &values),
        ),
        (
            Seat::CLIENT,
            message(Kind::Con, Code::CONTENT, 9, newer, &values),
        ),
        (Seat::SERVER, message(Kind::Ack, Code::EMPTY, 9, &[], b"")),
        (
            Seat::CLIENT,
            message(Kind::Con, Code::CONTENT, 10, newer, b"\xff"),
        ),
        (Seat::SERVER, message(Kind::Rst, Code::EMPTY, 10, &[], b"")),
        (Seat::SERVER, vec![0x49, 1, 0, 1]),
        (Seat::SERVER, vec![7]),
        (Seat::SERVER, message(Kind::Con, Code::EMPTY, 11, &[], b"")),
    ];
    let wanted = [
        "Observe /3/0 (accept tlv) | CON GET, MID 0x0001, token 5f | Observe=0; Uri-Path=3; Uri-Path=0; Accept=tlv |  | ",
        "Observe /3/0 (accept tlv) | CON GET, MID 0x0001, token 5f | Observe=0; Uri-Path=3; Uri-Path=0; Accept=tlv |  | retransmission of frame 1",
        "2.05 Content | ACK 2.05 Content, MID 0x0001, token 5f | Observe=7; Content-Format=tlv | /3/0/9=7 (integer); /3/0/16=\"U\" (string) | ",
        "2.05 Content (notification) | CON 2.05 Content, MID 0x0009, token 5f | Observe=8; Content-Format=tlv | /3/0/9=7 (integer); /3/0/16=\"U\" (string) | ",
        "ACK | ACK Empty, MID 0x0009 |  |  | acknowledges frame 4",
        "2.05 Content (notification) | CON 2.05 Content, MID 0x000a, token 5f | Observe=8; Content-Format=tlv | unreadable=tlv payload, byte 0: 1 byte left, 6 wanted; payload=1 byte | ",
        "Reset | RST Empty, MID 0x000a |  |  | rejects frame 6",
        "unreadable: token length 9 is reserved | CON GET, MID 0x0001 |  |  | malformed: token length 9 is reserved at byte 0 (RFC 7252, 3)",
        "unreadable: 1 bytes are fewer than the header's 4 | 1 bytes |  |  | malformed: 1 bytes are fewer than the header's 4 at byte 1 (RFC 7252, 3)",
        "Ping | CON Empty, MID 0x000b |  |  | ",
    ];
    for (frame, wanted) in frames(&sent, &[], &[]).iter().zip(wanted) {
        assert_eq!(view(frame), wanted, "frame {}", frame.number);
    }
}

#[test]
fn blocks_are_numbered_and_their_body_stands_at_the_last() {
    let options = |block: &'static [u8]| -> Vec<(u16, &'static [u8])> {
        vec![
            (option::URI_PATH, b"rd"),
            (option::CONTENT_FORMAT, &[40]),
            (option::URI_QUERY, b"ep=a"),
            (option::BLOCK1, block),
        ]
    };
    let sent = [
        (
            Seat::CLIENT,
            message(
                Kind::Con,
                Code::POST,
                1,
                &options(&[0x08]),
                b"</1/0>,</3/0>;ve",
            ),
        ),
        (
            Seat::SERVER,
            message(
                Kind::Ack,
                Code::CONTINUE,
                1,
                &[(option::BLOCK1, &[0x08])],
                b"",
            ),
        ),
        (
            Seat::CLIENT,
            message(Kind::Con, Code::POST, 2, &options(&[0x10]), b"r=1.1"),
        ),
        (
            Seat::SERVER,
            message(Kind::Ack, Code::BAD_REQUEST, 2, &[], b"no lifetime"),
        ),
        (
            Seat::CLIENT,
            message(
                Kind::Con,
                Code::POST,
                3,
                &options(&[0x18]),
                b"</1/0>,</3/0>,</",
            ),
        ),
    ];
    let frames = frames(&sent, &[], &[]);
    let views: Vec<String> = frames.iter().map(view).collect();
    assert!(
        views[0].ends_with("Block1=0, more, 16 bytes | payload=16 bytes | block 1/2"),
        "{}",
        views[0]
    );
    assert!(
        views[1].ends_with("Block1=0, more, 16 bytes |  | answers block 0"),
        "{}",
        views[1]
    );
    assert!(
        views[2].ends_with("| /1/0=; /3/0=ver=1.1 | block 2/2"),
        "{}",
        views[2]
    );
    assert!(views[3].ends_with("| text=no lifetime | "), "{}", views[3]);
    assert!(
        views[4].ends_with("| payload=16 bytes | Block1 1, more follow"),
        "{}",
        views[4]
    );
}

fn step(frames: &[u32], frame: Option<u32>) -> StepRecord {
    StepRecord {
        sentence: "The client answers.".to_owned(),
        state: None,
        criteria: vec!["A".to_owned()],
        verdict: Some(Verdict::Fail),
        blame: None,
        mismatch: frame.map(|frame| Mismatch {
            message: "the client answered".to_owned(),
            expected: Fact::new("code", "2.05"),
            actual: Fact::new("code", "4.04"),
            frame: Some(frame),
            location: Location::default(),
            rule: None,
            clause: None,
            requirements: Vec::new(),
        }),
        remarks: vec![remark("a remark of the step", 2)],
        frames: frames.to_vec(),
        started: 0,
        ended: 0,
        location: Location::default(),
    }
}

#[test]
fn a_failure_states_the_requirements_it_breaks() {
    let mut failed = step(&[2], Some(2));
    if let Some(mismatch) = &mut failed.mismatch {
        mismatch.requirements = vec!["GEN-06a".to_owned(), "OWN-01".to_owned()];
    }
    let told = stated(&[step(&[1], None), failed]);
    let requirements = &told[1].mismatch.as_ref().unwrap().requirements;
    let statement = testcase::requirements::find("GEN-06a").unwrap();
    assert_eq!(
        requirements,
        &[
            format!("GEN-06a: {} ({})", statement.statement, statement.clause),
            "OWN-01".to_owned()
        ]
    );
    assert!(told[0].mismatch.is_none());
}

fn remark(text: &str, frame: u32) -> Remark {
    Remark {
        text: text.to_owned(),
        seat: None,
        frame: Some(frame),
        rule: None,
        clause: None,
    }
}

#[test]
fn frames_know_their_step_their_failure_and_their_remarks() {
    let sent = [
        (Seat::SERVER, read(1)),
        (
            Seat::CLIENT,
            message(Kind::Ack, Code::NOT_FOUND, 1, &[], b""),
        ),
    ];
    let steps = [step(&[], None), step(&[1, 2], Some(2))];
    let frames = frames(&sent, &steps, &[remark("a remark of the case", 1)]);
    let facts: Vec<_> = frames
        .iter()
        .map(|frame| (frame.time, frame.step, frame.failing, frame.notes.len()))
        .collect();
    assert_eq!(facts, [(0, Some(1), false, 1), (1000, Some(1), true, 2)]);
}

#[test]
fn large_content_is_cut() {
    let mut payload = Vec::new();
    for id in 0..=250_u8 {
        payload.extend([0xc1, id, 1]);
    }
    payload.extend([0xd0, 5, 0x10, 0]);
    payload.extend([7; 4096]);
    let tlv: &[(u16, &[u8])] = &[(option::CONTENT_FORMAT, &[0x2d, 0x16])];
    let sent = [
        (
            Seat::SERVER,
            message(
                Kind::Con,
                Code::GET,
                1,
                &[(option::URI_PATH, b"33000"), (option::URI_PATH, b"0")],
                b"",
            ),
        ),
        (
            Seat::CLIENT,
            message(Kind::Ack, Code::CONTENT, 1, tlv, &payload),
        ),
    ];
    let frames = frames(&sent, &[], &[]);
    let content = &frames[1].content;
    assert_eq!(content.len(), 201);
    assert_eq!(content[200].value, "52 more");
    assert_eq!(frames[1].hex.len(), 2048);
    assert_eq!(frames[1].length as usize, sent[1].1.len());
}

struct Nothing;

impl Facts for Nothing {
    fn version(&self) -> Version {
        Version::V1_1
    }
    fn claims(&self, _: &str) -> bool {
        true
    }
    fn object(&self, _: u16, _: &[u16]) -> Option<Vec<u16>> {
        Some(Vec::new())
    }
    fn ixit(&self, _: &str) -> bool {
        false
    }
    fn iut(&self, _: Seat) -> bool {
        false
    }
    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}

fn play() -> Play {
    let (library, _) = Library::embedded();
    let case = library
        .find("registration/int-101-initial-registration")
        .unwrap();
    Play::new(Setting {
        case: Arc::new(case.clone()),
        states: Vec::new(),
        judged: Seat::CLIENT,
        holders: BTreeMap::from([(Seat::CLIENT, Holder::Implementation)]),
        version: Version::V1_1,
        types: Arc::new(Registry::builtin(Version::V1_1)),
        told: Vec::new(),
        facts: Arc::new(Nothing),
        formats: Vec::new(),
        configuration: Vec::new(),
        may_differ: Vec::new(),
        latency: Duration::ZERO,
        delay: Duration::ZERO,
        answer_time: Duration::from_secs(5),
        as_printed: false,
        standing: None,
        hindsight: false,
        relay: None,
    })
}

#[test]
fn a_record_tells_the_case_its_verdict_and_its_times() {
    let second = 1_000_000_000;
    let mut play = play();
    play.handle_timeout(Time::from_nanos(second));
    let seen = crate::Seen {
        frame: 1,
        from: Seat::CLIENT,
        to: Seat::SERVER,
        source: crate::script::socket(Seat::CLIENT),
        bytes: &[0x40, 0, 0, 1],
        via: crate::Via::default(),
    };
    play.handle_datagram(Time::from_nanos(2 * second), seen);
    play.end(Time::from_nanos(4 * second), "the budget ended", None);
    let wait = |kind, started, ended| Wait {
        started,
        ended,
        kind,
        reason: "lifetime".to_owned(),
        jumped: false,
    };
    let record = case_record(
        &play,
        CaseFacts {
            folder: "registration/int-101".to_owned(),
            wall_time: 7,
            jumped: false,
            waits: vec![
                wait(WaitKind::Protocol, 1, 4),
                wait(WaitKind::Operator, 4, 9),
                wait(WaitKind::Protocol, 9, 11),
            ],
            implementation: 8,
            operator: 5,
        },
    );
    assert_eq!(record.source, "OMA ETS 1.2, int-101");
    assert_eq!(record.configuration, "C.1");
    assert_eq!(record.frames[0].time, second);
    let summary = record.summary;
    assert_eq!(
        (summary.verdict, summary.tool),
        (play.verdict(), play.verdict())
    );
    assert_eq!(summary.reason, play.ledger().reason);
    assert!(summary.reason.is_some());
    assert_eq!(summary.id, "LightweightM2M-1.1-int-101");
    assert_eq!(
        (summary.duration, summary.clock, summary.forced),
        (7, 3 * second, 5)
    );
    assert_eq!((summary.implementation, summary.operator), (8, 5));
    assert_eq!(summary.seat, "client");
}

proptest! {
    /// Whatever is captured has a record, with as many frames and bounded content.
    #[test]
    fn any_bytes_have_a_frame(sent in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..60)), 0..12)) {
        let sent: Vec<(Seat, Vec<u8>)> = sent
            .into_iter()
            .map(|(client, bytes)| (if client { Seat::CLIENT } else { Seat::SERVER }, bytes))
            .collect();
        let frames = frames(&sent, &[], &[]);
        prop_assert_eq!(frames.len(), sent.len());
        prop_assert!(frames.iter().all(|frame| !frame.label.is_empty() && frame.content.len() <= 202));
    }

    /// The same for messages that can be read: one exchange with any options and any payload in any format.
    #[test]
    fn any_message_has_a_frame(
        options in prop::collection::vec((0..70_u16, prop::collection::vec(any::<u8>(), 0..5)), 0..6),
        format in prop::sample::select(coap::ContentFormat::NAMED.iter().map(|(format, _)| format.0).collect::<Vec<u16>>()),
        code in prop::sample::select(vec![Code::GET, Code::POST, Code::PUT, Code::FETCH, Code::IPATCH]),
        payload in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let number = format.to_be_bytes();
        let mut all: Vec<(u16, &[u8])> = options.iter().map(|(number, value)| (*number, value.as_slice())).collect();
        all.push((option::CONTENT_FORMAT, &number));
        let sent = [
            (Seat::SERVER, message(Kind::Con, code, 1, &all, &payload)),
            (Seat::CLIENT, message(Kind::Ack, Code::CONTENT, 1, &all, &payload)),
            (Seat::CLIENT, message(Kind::Con, Code::CONTENT, 2, &all, &payload)),
        ];
        prop_assert_eq!(frames(&sent, &[], &[]).len(), 3);
    }
}
