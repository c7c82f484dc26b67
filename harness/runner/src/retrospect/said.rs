//! What was said in a conversation, by kind: which cases can have occurred in it at all, told without playing them.

use std::collections::{BTreeMap, BTreeSet};

use coap::{ContentFormat, Message};
use judge::Overheard;
use judge::event::Protection;
use lwm2m::{Operation, Path};
use testcase::{
    Each, FieldName, Form, Line, Part, Role, Scalar, ScalarKind, Seat, Step, TestCase, Text, Word,
    WordKind,
};

/// A request, as far as lines tell one from another.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    seat: Seat,
    word: &'static str,
    path: Option<Path>,
    accept: Option<ContentFormat>,
    format: Option<ContentFormat>,
}

/// What was said in a conversation, by kind.
#[derive(Default)]
pub(super) struct Said {
    requests: BTreeSet<Request>,
    /// Words of requests, by sender.
    words: BTreeSet<(Seat, &'static str)>,
    /// Words of the channel.
    channel: BTreeSet<(Seat, Word)>,
    /// Objects that were registered, or spoken of if nothing was, with the Resources of which values were told.
    pub(super) objects: BTreeMap<u16, BTreeSet<u16>>,
    /// Transports and security modes, in the words of the ICS.
    pub(super) ways: BTreeSet<&'static str>,
}

impl Said {
    pub(super) fn of(overheard: &Overheard) -> Self {
        let mut said = Self::default();
        let (mut spoken, mut listed): (BTreeSet<u16>, BTreeSet<u16>) = Default::default();
        for event in overheard.transfer().events() {
            if let Some(note) = event.note() {
                said.channel.insert((event.from, note.word));
            }
            let Some(operation) = event.operation() else {
                if matches!(event.sort, judge::event::Sort::Notification(_)) {
                    said.words.insert((event.from, Word::Notify.name()));
                }
                continue;
            };
            let path = operation.path();
            said.words.insert((event.from, operation.word()));
            let message = event.message.as_ref();
            said.requests.insert(Request {
                seat: event.from,
                word: operation.word(),
                path,
                accept: message.and_then(Message::accept),
                format: message.and_then(Message::content_format),
            });
            spoken.extend(path.and_then(|path| path.object()));
            if let Operation::Register(register) = operation {
                let links = coap::Links::parse(&register.objects).map(|found| found.links);
                let links = links.unwrap_or_default().into_iter();
                let paths = links.filter_map(|link| link.target.parse::<Path>().ok());
                listed.extend(paths.filter_map(|path| path.object()));
            }
        }
        if listed.is_empty() {
            listed = spoken;
        }
        let mut told = overheard.told();
        let objects = listed.into_iter();
        said.objects = objects
            .map(|id| (id, told.remove(&id).unwrap_or_default()))
            .collect();
        for datagram in overheard.transfer().datagrams() {
            said.ways
                .insert(if datagram.via.stream { "tcp" } else { "udp" });
            match datagram.via.protection {
                Protection::Nothing if datagram.via.oscore => {}
                Protection::Nothing => drop(said.ways.insert("nosec")),
                // which of them it was the notes of the handshake tell
                Protection::Dtls | Protection::Tls => {
                    said.ways.extend(["psk", "rpk", "certificate"]);
                }
            }
            if datagram.via.oscore {
                said.ways.insert("oscore");
            }
        }
        said
    }

    /// Whether everything that a case asks for was said, in whatever order: cheaper than a play.
    ///
    /// Its first request has to be there as its line has it. Behind it an answer may have ended the case.
    pub(super) fn may_hold(&self, case: &TestCase) -> bool {
        let mut steps = case.dialogue.iter();
        let first = case.dialogue.first();
        first.is_none_or(|first| self.may_begin(first))
            && steps.all(|step| step.when.is_some() || self.may_hold_step(step))
    }

    /// Whether the first request of a case can be in the conversation: if it is not, nothing of the case is.
    fn may_begin(&self, step: &Step) -> bool {
        let names = first_names(&step.each);
        let mut lines = step.lines.iter();
        let line = lines.find(|line| line.word_kind() == WordKind::Request);
        let Some(line) = line.filter(|line| step.when.is_none() && is_plain(line)) else {
            return true;
        };
        let target = Target::of(line, names);
        let mut requests = self.requests.iter();
        // only somebody who tells a server what to send makes it say just that
        let told = line.seat.role == Role::Server && line.trigger != Some(false);
        !told
            || requests.any(|request| {
                let hit = target.as_ref().is_none_or(|target| target.is_hit(request));
                request.seat == line.seat
                    && line.word.value.names(request.word)
                    && hit
                    && request.says(line)
            })
    }

    fn may_hold_step(&self, step: &Step) -> bool {
        let own = step.lines.iter().all(|line| self.may_hold_line(line));
        own && step.group.iter().all(|member| self.may_hold_step(member))
    }

    fn may_hold_line(&self, line: &Line) -> bool {
        if line.word.is_channel() && line.word_kind() == WordKind::Request {
            let raw = !line.alternatives.is_empty() || !line.coap.is_empty();
            return raw || self.channel.contains(&(line.seat, line.word.value));
        }
        if !is_plain(line) {
            return true;
        }
        let word = line.word.value;
        match Target::of(line, &[]) {
            Some(Target::Path(path)) => self.requests.iter().any(|request| {
                request.seat == line.seat && word.names(request.word) && request.path == Some(path)
            }),
            _ => self
                .words
                .iter()
                .any(|(seat, known)| *seat == line.seat && word.names(known)),
        }
    }
}

impl Request {
    /// Whether it has the formats that a line names.
    fn says(&self, line: &Line) -> bool {
        let formats = [
            (FieldName::Accept, self.accept),
            (FieldName::ContentFormat, self.format),
        ];
        formats.into_iter().all(|(name, said)| {
            let form = line.field(name).map(|matcher| &matcher.form);
            match form {
                Some(Form::Absent) => said.is_none(),
                Some(Form::Present) => said.is_some(),
                Some(Form::Scalar(scalar)) => match &scalar.kind {
                    ScalarKind::Text(text) => text.as_literal().is_none_or(|wanted| {
                        let mut names = ContentFormat::NAMED.iter();
                        let known = names.find(|(_, name)| *name == wanted);
                        known.is_none_or(|(format, _)| said == Some(*format))
                    }),
                    _ => true,
                },
                _ => true,
            }
        })
    }
}

/// What a line names as its target, as far as that is known before it is played.
enum Target {
    Path(Path),
    /// What stands before, between and behind variables.
    Around(Vec<String>),
}

impl Target {
    /// `None` if a line may have any target.
    fn of(line: &Line, names: &[(String, Scalar)]) -> Option<Self> {
        let Form::Scalar(scalar) = &line.field(FieldName::Path)?.form else {
            return None;
        };
        let ScalarKind::Text(text) = &scalar.kind else {
            return None;
        };
        let mut around = vec![String::new()];
        fill(text, names, &mut around);
        match around.as_slice() {
            [whole] => Some(Self::Path(whole.parse().ok()?)),
            _ => Some(Self::Around(around)),
        }
    }

    fn is_hit(&self, request: &Request) -> bool {
        match self {
            Self::Path(path) => request.path == Some(*path),
            Self::Around(parts) => {
                let path = request.path.map(|path| path.to_string());
                path.is_some_and(|path| surround(parts, &path))
            }
        }
    }
}

/// Adds what is known of a text to the last of `around`; each variable that nobody knows yet begins another.
fn fill(text: &Text, names: &[(String, Scalar)], around: &mut Vec<String>) {
    for part in &text.parts {
        let name = match part {
            Part::Literal(text) => {
                if let Some(last) = around.last_mut() {
                    last.push_str(text);
                }
                continue;
            }
            Part::Variable(name, _) => name,
        };
        let own = names.iter().find(|(known, _)| known == name);
        match own.map(|(_, scalar)| &scalar.kind) {
            // its own variables are those of the case
            Some(ScalarKind::Text(text)) => fill(text, &[], around),
            Some(ScalarKind::Integer(number)) => {
                if let Some(last) = around.last_mut() {
                    last.push_str(&number.to_string());
                }
            }
            _ => around.push(String::new()),
        }
    }
}

/// Whether `text` is these parts in this order, with anything between them.
fn surround(parts: &[String], text: &str) -> bool {
    let [first, between @ .., last] = parts else {
        return false;
    };
    let inner = text.strip_prefix(first.as_str());
    let Some(mut inner) = inner.and_then(|inner| inner.strip_suffix(last.as_str())) else {
        return false;
    };
    for part in between {
        match inner.split_once(part.as_str()) {
            Some((_, rest)) => inner = rest,
            None => return false,
        }
    }
    true
}

/// The names of the first instance of a step, without which no other is played.
fn first_names(each: &Each) -> &[(String, Scalar)] {
    match each {
        Each::Entries(entries) => entries.first().map_or(&[], Vec::as_slice),
        Each::Once | Each::List(..) => &[],
    }
}

/// Whether a line asks for one operation, by its word and fields alone.
fn is_plain(line: &Line) -> bool {
    let word = line.word.value;
    word.kind() == WordKind::Request
        && !line.word.is_channel()
        && !matches!(word, Word::Follow | Word::CancelObservation)
        && line.alternatives.is_empty()
        && line.coap.is_empty()
}
