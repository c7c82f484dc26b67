//! Short dialogues for tests of rules: a sound one without any finding, and one that breaks a single rule.

use coap::{Code, Kind, Message, MessageId, Reading, Time, Token, option};
use lwm2m::{Registry, Version};
use testcase::Seat;

use super::{Finding, Level, RULES, Referee, block, bootstrap, coap as format, content, exchange};
use super::{identifiers, links, management, observe, outstanding, registration, response};
use crate::event::{Datagram, Fate};
use crate::transfer::Transfer;

/// A datagram: milliseconds, seats, bytes.
pub(super) type Sent = (u64, (Seat, Seat), Vec<u8>);
/// A dialogue.
pub(super) type Script = Vec<Sent>;

/// A rule with a dialogue that keeps it and one that does not.
pub(super) struct Row {
    pub(super) rule: &'static str,
    pub(super) level: Level,
    pub(super) sound: Script,
    pub(super) broken: Script,
    pub(super) frame: u32,
    pub(super) seat: Seat,
    /// A further rule that is broken.
    also: Option<&'static str>,
    version: Version,
}

impl Row {
    pub(super) fn new(
        rule: &'static str,
        level: Level,
        sound: Script,
        broken: Script,
        frame: u32,
        seat: Seat,
    ) -> Self {
        Self {
            rule,
            level,
            sound,
            broken,
            frame,
            seat,
            also: None,
            version: Version::V1_1,
        }
    }

    pub(super) fn also(mut self, rule: &'static str) -> Self {
        self.also = Some(rule);
        self
    }

    pub(super) fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }
}

/// A message to be.
#[derive(Clone)]
pub(super) struct Draft(Message);

impl Draft {
    pub(super) fn path(self, path: &str) -> Self {
        self.segments(option::URI_PATH, path)
    }

    pub(super) fn location(self, path: &str) -> Self {
        self.segments(option::LOCATION_PATH, path)
    }

    pub(super) fn query(self, query: &str) -> Self {
        self.option(option::URI_QUERY, query.as_bytes())
    }

    pub(super) fn accept(self, format: u16) -> Self {
        self.number(option::ACCEPT, format.into())
    }

    pub(super) fn format(self, format: u16) -> Self {
        self.number(option::CONTENT_FORMAT, format.into())
    }

    pub(super) fn observe(self, number: u32) -> Self {
        self.number(option::OBSERVE, number.into())
    }

    pub(super) fn option(mut self, number: u16, value: &[u8]) -> Self {
        self.0.push_option(number, value);
        self
    }

    pub(super) fn payload(mut self, payload: &[u8]) -> Self {
        self.0.payload = payload.to_vec();
        self
    }

    fn number(mut self, number: u16, value: u64) -> Self {
        self.0.push_uint_option(number, value);
        self
    }

    fn segments(mut self, number: u16, path: &str) -> Self {
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            self.0.push_option(number, segment.as_bytes());
        }
        self
    }
}

pub(super) fn con(code: Code, id: u16, token: u8) -> Draft {
    draft(Kind::Con, code, id, token)
}

pub(super) fn non(code: Code, id: u16, token: u8) -> Draft {
    draft(Kind::Non, code, id, token)
}

pub(super) fn ack(code: Code, id: u16, token: u8) -> Draft {
    draft(Kind::Ack, code, id, token)
}

pub(super) fn empty(kind: Kind, id: u16) -> Draft {
    Draft(Message::new(
        kind,
        Code::EMPTY,
        MessageId(id),
        Token::default(),
    ))
}

fn draft(kind: Kind, code: Code, id: u16, token: u8) -> Draft {
    Draft(Message::new(kind, code, MessageId(id), Token(vec![token])))
}

pub(super) fn content(draft: Draft, format: u16, payload: &[u8]) -> Draft {
    draft.format(format).payload(payload)
}

pub(super) fn from_client(time: u64, draft: Draft) -> Sent {
    client(time, bytes(&draft))
}

pub(super) fn from_server(time: u64, draft: Draft) -> Sent {
    server(time, bytes(&draft))
}

pub(super) fn from_bootstrap(time: u64, draft: Draft) -> Sent {
    (time, (Seat::BOOTSTRAP_SERVER, Seat::CLIENT), bytes(&draft))
}

pub(super) fn to_bootstrap(time: u64, draft: Draft) -> Sent {
    (time, (Seat::CLIENT, Seat::BOOTSTRAP_SERVER), bytes(&draft))
}

pub(super) fn client(time: u64, bytes: Vec<u8>) -> Sent {
    (time, (Seat::CLIENT, Seat::SERVER), bytes)
}

pub(super) fn server(time: u64, bytes: Vec<u8>) -> Sent {
    (time, (Seat::SERVER, Seat::CLIENT), bytes)
}

fn bytes(draft: &Draft) -> Vec<u8> {
    ::coap::encode(&draft.0).unwrap()
}

/// Bytes as hexadecimal digits with blanks between.
pub(super) fn hex(text: &str) -> Vec<u8> {
    text.split_ascii_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

/// What a referee of 1.1 finds in a dialogue.
pub(super) fn findings(script: &[Sent]) -> Vec<Finding> {
    look(&mut Referee::new(Version::V1_1), script)
}

/// What `referee` finds in a dialogue.
pub(super) fn look(referee: &mut Referee, script: &[Sent]) -> Vec<Finding> {
    look_in(referee, Version::V1_1, script)
}

fn look_in(referee: &mut Referee, version: Version, script: &[Sent]) -> Vec<Finding> {
    let types = Registry::builtin(version);
    let mut transfer = Transfer::default();
    let mut findings = Vec::new();
    for (frame, (time, (from, to), bytes)) in (1..).zip(script) {
        let reading: Reading = ::coap::read(bytes);
        let completed = transfer.handle(Datagram {
            time: Time::from_nanos(time * 1_000_000),
            frame,
            from: *from,
            to: *to,
            source: crate::script::socket(*from),
            bytes: bytes.clone(),
            reading,
            fate: Fate::Block,
            via: crate::Via::default(),
        });
        findings.extend(referee.look(&transfer, &types, completed));
    }
    findings
}

fn rows() -> Vec<Row> {
    let mut rows = format::tests::rows();
    rows.extend(exchange::tests::rows());
    rows.extend(outstanding::tests::rows());
    rows.extend(response::tests::rows());
    rows.extend(content::tests::rows());
    rows.extend(links::tests::rows());
    rows.extend(identifiers::tests::rows());
    rows.extend(registration::tests::rows());
    rows.extend(bootstrap::tests::rows());
    rows.extend(management::tests::rows());
    rows.extend(observe::tests::rows());
    rows.extend(block::tests::rows());
    rows
}

fn lines(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| {
            format!(
                "{} {:?} frame {}: {}",
                finding.rule, finding.level, finding.frame, finding.message
            )
        })
        .collect()
}

#[test]
fn sound_dialogues_have_no_finding() {
    let wrong: Vec<(&str, Vec<String>)> = rows()
        .into_iter()
        .map(|row| {
            let found = look_in(&mut Referee::new(row.version), row.version, &row.sound);
            (row.rule, lines(&found))
        })
        .filter(|(_, found)| !found.is_empty())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn broken_dialogues_have_that_finding_and_no_other() {
    let wrong: Vec<(&str, Vec<String>)> = rows()
        .into_iter()
        .filter_map(|row| {
            let found = look_in(&mut Referee::new(row.version), row.version, &row.broken);
            let meant: Vec<&Finding> = found
                .iter()
                .filter(|finding| Some(finding.rule) != row.also)
                .collect();
            let fits = matches!(meant.as_slice(), [finding] if (
                finding.rule, finding.frame, finding.seat, finding.level
            ) == (row.rule, row.frame, row.seat, row.level));
            (!fits).then(|| (row.rule, lines(&found)))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_rule_is_provoked_at_its_level() {
    let below = super::channel_trial::provoked();
    for rule in RULES {
        if below.contains(&rule.name) {
            continue;
        }
        let levels: Vec<Level> = rows()
            .iter()
            .filter(|row| row.rule == rule.name)
            .map(|row| row.level)
            .collect();
        assert!(levels.iter().max() == Some(&rule.level), "{}", rule.name);
    }
}

#[test]
fn the_table_lists_each_rule_once_with_clause_and_requirements() {
    for (index, rule) in RULES.iter().enumerate() {
        let again = RULES
            .iter()
            .skip(index + 1)
            .any(|other| other.name == rule.name);
        assert!(!again, "{}", rule.name);
        assert!(
            !rule.clause.is_empty() && !rule.requirements.is_empty(),
            "{}",
            rule.name
        );
        assert!(rule.says.ends_with('.'), "{}", rule.name);
    }
}

proptest::proptest! {
    /// Whatever is captured, the referee survives it, and a finding blames the sender of its frame.
    #[test]
    fn any_bytes_are_judged(
        sent in proptest::collection::vec((proptest::bool::ANY, proptest::collection::vec(proptest::num::u8::ANY, 0..40)), 0..10),
    ) {
        let script: Script = sent
            .into_iter()
            .map(|(up, bytes)| if up { client(0, bytes) } else { server(0, bytes) })
            .collect();
        survives(&script);
    }

    /// The same for messages that can be read, under few Message IDs and tokens so that they meet.
    #[test]
    fn any_messages_are_judged(
        sent in proptest::collection::vec(
            (
                proptest::bool::ANY,
                0..4_u8,
                proptest::sample::select(vec![0_u8, 1, 2, 3, 4, 5, 7, 65, 68, 69, 95, 132]),
                (0..3_u16, 0..3_u8),
                proptest::collection::vec((0..30_u16, proptest::collection::vec(proptest::num::u8::ANY, 0..3)), 0..6),
                proptest::collection::vec(proptest::num::u8::ANY, 0..20),
            ),
            0..12,
        ),
    ) {
        let script: Script = sent
            .into_iter()
            .filter_map(|(up, kind, code, (id, token), options, payload)| {
                let kind = [Kind::Con, Kind::Non, Kind::Ack, Kind::Rst][usize::from(kind)];
                let mut draft = draft(kind, Code(code), id, token).payload(&payload);
                for (number, value) in &options {
                    draft = draft.option(*number, value);
                }
                let bytes = ::coap::encode(&draft.0).ok()?;
                Some(if up { client(0, bytes) } else { server(0, bytes) })
            })
            .collect();
        survives(&script);
    }
}

fn survives(script: &Script) {
    for finding in findings(script) {
        let sent = &script[finding.frame as usize - 1];
        assert_eq!(finding.seat, sent.1.0);
        let rule = RULES.iter().find(|rule| rule.name == finding.rule).unwrap();
        assert!(finding.level <= rule.level && !finding.message.is_empty());
    }
}
