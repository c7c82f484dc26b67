//! The variables that hold at a place of a dialogue, and what is wrong with a name that is none.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::suggest;
use crate::model::{FieldName, Seat, Span, Word};
use crate::notation::{ACCOUNT, DEVICE, ICS_LISTS, IXIT};

/// A captured message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capture {
    pub(crate) word: Word,
    pub(crate) seat: Seat,
    pub(crate) span: Span,
}

/// The names that hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// `parameters`, `bind` and `each`.
    pub(crate) names: BTreeSet<String>,
    /// Messages captured so far.
    pub(crate) captures: BTreeMap<String, Capture>,
    /// Messages captured anywhere in the case, for "used before".
    pub(crate) later: BTreeMap<String, Capture>,
    /// Names that a line may capture which could not be read.
    pub(crate) doubtful: BTreeSet<String>,
    /// Value sets of the ETS.
    pub(crate) sets: BTreeSet<String>,
}

/// Why a name is no variable here.
pub(crate) struct Unknown {
    pub(crate) message: String,
    pub(crate) label: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) place: Option<(Span, &'static str)>,
}

impl Scope {
    /// What is wrong with `name`, if anything is.
    pub(crate) fn judge(&self, name: &str) -> Option<Unknown> {
        // A name that is empty has been reported.
        if name.is_empty()
            || self.names.contains(name)
            || matches!(name, "version" | "file-server.uri" | "file-server.http-uri")
        {
            return None;
        }
        let (root, rest) = name.split_once('.').unwrap_or((name, ""));
        if let Some(capture) = self.captures.get(root) {
            return part_of(name, rest, Some(capture.word));
        }
        if self.doubtful.contains(root) && !self.later.contains_key(root) {
            return None;
        }
        match root {
            "registration" => part_of(name, rest, Some(Word::Register)),
            "account" => listed(name, rest, ACCOUNT.iter().map(|(name, ..)| *name)),
            "device" => listed(name, rest, DEVICE.iter().map(|(name, _)| *name)),
            "psk" => listed(name, rest, ["identity", "key"]),
            "ics" => ics(name, rest),
            "set" => self.set(name, rest),
            _ if root.parse::<Seat>().is_ok() => told(name, rest),
            _ => Some(self.nowhere(name, root)),
        }
    }

    fn set(&self, name: &str, rest: &str) -> Option<Unknown> {
        let (set, path) = rest.split_once('.').unwrap_or((rest, "/"));
        if !self.sets.contains(set) {
            let words: Vec<_> = self.sets.iter().map(String::as_str).collect();
            return Some(unknown(name, set, &words, "value sets"));
        }
        path.parse::<lwm2m::Path>().err().map(|error| Unknown {
            message: format!("\"{path}\" is not a path"),
            label: Some(error.to_string()),
            help: None,
            place: None,
        })
    }

    fn nowhere(&self, name: &str, root: &str) -> Unknown {
        if let Some(later) = self.later.get(root) {
            return Unknown {
                message: format!("\"{root}\" is used before it is captured"),
                label: None,
                help: None,
                place: Some((later.span, "captured here")),
            };
        }
        let names = self.names.iter().map(String::as_str);
        let captures = self.captures.keys().map(String::as_str);
        let mut words: Vec<_> = names.chain(captures).chain(ROOTS.iter().copied()).collect();
        words.sort_unstable();
        words.dedup();
        unknown(name, root, &words, "variables here")
    }
}

/// What the vendor tells of a seat, or its account.
fn told(name: &str, rest: &str) -> Option<Unknown> {
    if let Some(account) = rest.strip_prefix("account.") {
        return listed(name, account, ACCOUNT.iter().map(|(name, ..)| *name));
    }
    listed(name, rest, IXIT.iter().map(|key| key.name))
}

fn ics(name: &str, rest: &str) -> Option<Unknown> {
    match rest.split_once('.') {
        Some(("claimed" | "missing", list)) => {
            listed(name, list, ICS_LISTS.iter().map(|(name, _)| *name))
        }
        _ => Some(unknown(name, rest, &["claimed", "missing"], "parts of ics")),
    }
}

fn listed<'w>(name: &str, rest: &str, words: impl IntoIterator<Item = &'w str>) -> Option<Unknown> {
    let words: Vec<_> = words.into_iter().collect();
    (!words.contains(&rest)).then(|| unknown(name, rest, &words, "known"))
}

/// A part of a captured message: `.last`, `.all`, a field, a path below `.node`.
fn part_of(name: &str, rest: &str, word: Option<Word>) -> Option<Unknown> {
    let mut fields: Vec<&str> = PARTS.to_vec();
    match word {
        Some(Word::Observe | Word::ObserveComposite) => {
            fields.extend(Word::Notify.fields().iter().map(|field| field.name()));
            fields.extend(Word::Observe.fields().iter().map(|field| field.name()));
        }
        Some(Word::OneOf | Word::Follow) | None => {
            fields.extend(FieldName::ALL.iter().map(|field| field.name()));
        }
        Some(word) => fields.extend(word.fields().iter().map(|field| field.name())),
    }
    let (fields_only, path) = match rest.split_once("./") {
        Some((before, path)) => (before, Some(format!("/{path}"))),
        None => (rest, None),
    };
    if let Some(path) = path
        && let Err(error) = path.parse::<lwm2m::Path>()
    {
        return Some(Unknown {
            message: format!("\"{path}\" is not a path"),
            label: Some(error.to_string()),
            help: None,
            place: None,
        });
    }
    fields.sort_unstable();
    fields.dedup();
    fields_only
        .split('.')
        .filter(|part| !part.is_empty())
        .find(|part| !fields.contains(part))
        .map(|part| unknown(name, part, &fields, "parts of the message"))
}

fn unknown(name: &str, found: &str, words: &[&str], what: &str) -> Unknown {
    Unknown {
        message: format!("unknown variable \"{name}\""),
        label: suggest(found, words.iter().copied())
            .map(|word| format!("did you mean \"{word}\"?")),
        help: Some(format!("{what}: {}", words.join(", "))),
        place: None,
    }
}

/// What every captured message has.
const PARTS: &[&str] = &[
    "last",
    "all",
    "token",
    "message-id",
    "type",
    "code",
    "content-format",
    "payload",
    "transmissions",
    "challenged",
    "session",
    "source",
    "protection",
];
/// Variables that need no capture.
const ROOTS: &[&str] = &[
    "registration",
    "version",
    "client",
    "client-2",
    "server",
    "server-2",
    "bootstrap-server",
    "account",
    "device",
    "ics",
    "set",
    "psk",
    "file-server",
];
