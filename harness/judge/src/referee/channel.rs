//! Rules about the channel below CoAP: roles and negotiation in a handshake, what may go unprotected, how TCP begins.
//!
//! What a case provokes is left to cases.

use lwm2m::{Operation, Version};
use testcase::{Role, Seat, Word};

use super::rules::{
    CSM_FIRST, EXTENSION_UNASKED, GROUP_TOO_SMALL, HANDSHAKE_ROLE, OTHER_SESSION, SESSION_REGISTER,
    SUITE_UNASKED, UNPROTECTED,
};
use super::scene::Scene;
use super::{Finding, Rule};
use crate::actual::Actual;
use crate::event::{Event, Fate, Note, Protection, Sort};
use crate::pattern::plain;

/// Rules about one event, of the channel or in it.
pub(super) fn check(scene: &Scene<'_>, index: usize) -> Vec<Finding> {
    let Some(event) = scene.transfer.event(index) else {
        return Vec::new();
    };
    let found = match &event.sort {
        Sort::Channel(note) => match note.word {
            Word::ClientHello => vec![role(event), groups(event, note)],
            Word::ServerHello => negotiation(scene, index, event, note),
            Word::Cleartext => vec![Some(UNPROTECTED.told(
                event,
                "protection",
                "a record",
                "none",
                "sent something outside of the protection that the address demands",
            ))],
            _ => Vec::new(),
        },
        Sort::Response(request) => vec![other_session(scene, index, event, *request)],
        _ => vec![updated_in_new_session(scene, index, event)],
    };
    let mut findings: Vec<Finding> = found.into_iter().flatten().collect();
    findings.extend(csm_first(scene, index, event));
    findings
}

/// The LwM2M Client is the client of the handshake (Transport TS, 5.2.7).
fn role(event: &Event) -> Option<Finding> {
    let wrong = event.from.role != Role::Client;
    wrong.then(|| {
        HANDSHAKE_ROLE.told(
            event,
            "role",
            "server",
            "client",
            "began a handshake, which only an LwM2M Client does",
        )
    })
}

/// Groups below 255 bits are not supported (Transport TS, 5.2.3).
fn groups(event: &Event, note: &Note) -> Option<Finding> {
    let small: Vec<String> = list(note, "groups")
        .into_iter()
        .filter(|group| SMALL_GROUPS.contains(&group.as_str()))
        .collect();
    (!small.is_empty()).then(|| {
        let actual = small.join(", ");
        let message = format!("offered {actual}, which has less than 255 bits");
        GROUP_TOO_SMALL.told(event, "groups", "of 255 bits at least", &actual, &message)
    })
}

/// What the server chose has to be among what the client offered (RFC 5246, 7.4.1.3 and 7.4.1.4).
fn negotiation(
    scene: &Scene<'_>,
    index: usize,
    event: &Event,
    note: &Note,
) -> Vec<Option<Finding>> {
    let Some(hello) = hello_before(scene, index, event, note) else {
        return Vec::new();
    };
    let suite = note
        .fields
        .iter()
        .find(|(name, _)| *name == "suite")
        .map(|(_, value)| text(value));
    let offered = list(hello, "suites");
    let unasked = suite.filter(|suite| !offered.contains(suite)).map(|suite| {
        let message = format!("chose the cipher suite {suite}, which was not offered");
        SUITE_UNASKED.told(event, "suite", &offered.join(", "), &suite, &message)
    });
    let extension = |name: &'static str| {
        let has = |note: &Note| {
            let found = note.fields.iter().find(|(known, _)| *known == name);
            found.is_some_and(|(_, value)| {
                !matches!(
                    value,
                    Actual::Absent | Actual::Value(lwm2m::Value::Boolean(false))
                )
            })
        };
        (has(note) && !has(hello)).then(|| {
            let message = format!("answered with the extension {name}, which was not offered");
            EXTENSION_UNASKED.told(event, name, "absent", "present", &message)
        })
    };
    vec![
        unasked,
        extension("connection-id"),
        extension("extended-master-secret"),
        extension("encrypt-then-mac"),
    ]
}

/// The ClientHello that a server's flight answers.
fn hello_before<'a>(
    scene: &Scene<'a>,
    index: usize,
    event: &Event,
    note: &Note,
) -> Option<&'a Note> {
    let before = scene.transfer.events().get(..index)?;
    before.iter().rev().find_map(|other| {
        let hello = other.note()?;
        let answers = hello.word == Word::ClientHello
            && hello.session == note.session
            && other.from == event.to;
        answers.then_some(hello)
    })
}

/// A response travels in the session of its request (RFC 7252, 9.1).
fn other_session(
    scene: &Scene<'_>,
    index: usize,
    event: &Event,
    request: usize,
) -> Option<Finding> {
    let datagram = scene.datagram_of(index)?;
    let asked = scene.datagram_of(request)?;
    let (Some(own), Some(other)) = (datagram.via.session, asked.via.session) else {
        return None;
    };
    // a request that was repeated in the session of its answer was asked there too
    let repeated = scene.transfer.datagrams().iter().any(|copy| {
        copy.fate == Fate::Repeats(asked.frame)
            && copy.via.session == Some(own)
            && copy.frame < datagram.frame
    });
    (own != other && !repeated && event.message.is_some()).then(|| {
        OTHER_SESSION.broken(
            datagram,
            "session",
            other.to_string(),
            own.to_string(),
            "answered in another session than that of the request",
        )
    })
}

/// From 1.1 to 1.2 a new session wants a new Register (Transport TS, 6.4.3); nobody tells 1.2 from 1.2.1, which gave it up.
fn updated_in_new_session(scene: &Scene<'_>, index: usize, event: &Event) -> Option<Finding> {
    if scene.version != Version::V1_1 || !matches!(event.operation(), Some(Operation::Update(_))) {
        return None;
    }
    let datagram = scene.datagram_of(index)?;
    let session = datagram.via.session?;
    if datagram.via.protection == Protection::Nothing || is_resumed(scene, session) {
        return None;
    }
    let before = scene.transfer.events().get(..index)?;
    let registered = before.iter().enumerate().rev().find(|(_, other)| {
        other.from == event.from
            && other.to == event.to
            && matches!(other.operation(), Some(Operation::Register(_)))
    })?;
    let first = scene.datagram_of(registered.0)?.via.session?;
    (first != session).then(|| {
        SESSION_REGISTER.broken(
            datagram,
            "operation",
            "register",
            "update",
            "sent an Update first in a new session",
        )
    })
}

/// Whether a session goes on that began earlier.
fn is_resumed(scene: &Scene<'_>, session: u64) -> bool {
    let resumed = |note: &Note| {
        let truth = Actual::Value(lwm2m::Value::Boolean(true));
        note.session == session && note.fields.contains(&("resumed", truth))
    };
    let mut notes = scene.transfer.events().iter().filter_map(Event::note);
    notes.any(resumed)
}

/// The first message that an end sends on a TCP connection is its CSM (RFC 8323, 5.3).
fn csm_first(scene: &Scene<'_>, index: usize, event: &Event) -> Option<Finding> {
    let (session, stream) = match &event.sort {
        Sort::Channel(note) => (note.session, is_signal(note.word)),
        _ => {
            let via = scene.datagram_of(index)?.via;
            (via.session?, via.stream)
        }
    };
    if !stream {
        return None;
    }
    let before = scene.transfer.events().get(..index)?;
    let mut own = before.iter().enumerate().filter(|(number, other)| {
        let same = match &other.sort {
            Sort::Channel(note) => note.session == session && is_signal(note.word),
            _ => {
                let datagram = scene.datagram_of(*number);
                datagram.is_some_and(|one| one.via.session == Some(session))
            }
        };
        same && other.from == event.from
    });
    let first = own.next().is_none();
    let is_csm = event.note().is_some_and(|note| note.word == Word::Csm);
    (first && !is_csm).then(|| {
        CSM_FIRST.told(
            event,
            "message",
            "csm",
            "another",
            "sent another message before its CSM",
        )
    })
}

/// Whether a word is a signalling message (RFC 8323, 5).
const fn is_signal(word: Word) -> bool {
    matches!(
        word,
        Word::Csm | Word::Ping | Word::Pong | Word::Release | Word::Abort
    )
}

fn list(note: &Note, name: &str) -> Vec<String> {
    let found = note.fields.iter().find(|(known, _)| *known == name);
    match found.map(|(_, value)| value) {
        Some(Actual::List(values)) => values.iter().map(plain).collect(),
        Some(Actual::Value(value)) => vec![plain(value)],
        _ => Vec::new(),
    }
}

fn text(value: &Actual) -> String {
    match value {
        Actual::Value(value) => plain(value),
        other => other.describe(),
    }
}

impl Rule {
    /// The finding that a watch has seen this rule broken.
    pub(crate) fn seen(&self, seat: Seat, frame: u32, text: &str) -> Finding {
        Finding {
            rule: self.name,
            level: self.level,
            clause: self.clause,
            requirements: self.requirements.to_vec(),
            seat,
            frame,
            subject: "protection".to_owned(),
            expected: self.says.to_owned(),
            actual: text.to_owned(),
            message: format!("the {seat}'s message breaks {}: {text}", self.name),
        }
    }

    /// The finding that something of the channel breaks this rule.
    fn told(
        &self,
        event: &Event,
        subject: &str,
        expected: &str,
        actual: &str,
        message: &str,
    ) -> Finding {
        Finding {
            rule: self.name,
            level: self.level,
            clause: self.clause,
            requirements: self.requirements.to_vec(),
            seat: event.from,
            frame: event.frame(),
            subject: subject.to_owned(),
            expected: expected.to_owned(),
            actual: actual.to_owned(),
            message: format!("the {} {message}", event.from),
        }
    }
}

/// Named groups of less than 255 bits, by their names in RFC 8422, 5.1.1 and RFC 4492, 5.1.1.
const SMALL_GROUPS: &[&str] = &[
    "secp160k1",
    "secp160r1",
    "secp160r2",
    "secp192k1",
    "secp192r1",
    "secp224k1",
    "secp224r1",
    "sect163k1",
    "sect163r1",
    "sect163r2",
    "sect193r1",
    "sect193r2",
    "sect233k1",
    "sect233r1",
    "sect239k1",
];
