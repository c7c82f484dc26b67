//! Reads how an implementation is driven.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Action, Control, HttpRequest, Reset, Show, Signal, Start, Stop, StopDeed};
use crate::diagnostic::suggest;
use crate::model::{FieldName, Scalar, Span, Spanned, Word, WordKind};
use crate::notation::{ACTION, CONTROL, HTTP, STOP};
use crate::read::{Keys, Reader};
use crate::tree::{Node, NodeKind};

impl Reader<'_> {
    pub(super) fn profile_control(&mut self, node: &Node, role: lwm2m::Role) -> Control {
        let Some(keys) = self.keys(node, CONTROL) else {
            return Control::default();
        };
        let mut control = Control {
            start: keys.value("start").and_then(|node| self.start(node)),
            stop: keys.value("stop").and_then(|node| self.stop(node)),
            ready: keys.value("ready").and_then(|node| self.pattern(node)),
            reset: keys
                .value("reset")
                .and_then(|node| self.choice(node, "reset", RESETS))
                .unwrap_or_default(),
            copies: self.copies(&keys, role),
            directory: self.some(&keys, "directory"),
            environment: keys
                .value("env")
                .map(|node| self.pairs(node))
                .unwrap_or_default(),
            within: self.limit(&keys),
            triggers: BTreeMap::new(),
            shows: BTreeMap::new(),
            places: places(node),
        };
        self.triggers_of(&keys, role, &mut control);
        self.shows_of(&keys, &mut control);
        self.placeholders(node, 0);
        control
    }

    /// How many programs may run at a time; a server's have to be told apart by their addresses.
    fn copies(&mut self, keys: &Keys<'_>, role: lwm2m::Role) -> u16 {
        let Some(node) = keys.value("copies") else {
            return 1;
        };
        let copies = self.count(node, "copies").unwrap_or(1);
        let command = keys.value("start").and_then(|start| match &start.kind {
            NodeKind::List(words) => Some(words),
            _ => None,
        });
        let named = command.is_some_and(|words| {
            let mut texts = words.iter().filter_map(Node::as_text);
            texts.any(|text| text.contains("${copy}"))
        });
        let wrong = match (copies, role) {
            (0, _) => "\"copies\" is at least 1",
            (1, _) => return copies,
            _ if command.is_none() => "\"copies\" above 1 wants a command under \"start\"",
            (_, lwm2m::Role::Client) => return copies,
            _ if named => return copies,
            _ => {
                "copies of a server want addresses of their own: \"${copy}\" in its command and in \"ixit.uri\""
            }
        };
        self.error(node.span, wrong);
        1
    }

    fn limit(&mut self, keys: &Keys<'_>) -> Option<Duration> {
        let node = keys.value("within")?;
        let scalar = self.duration(node, "within");
        scalar.as_ref().and_then(Scalar::as_duration)
    }

    fn start(&mut self, node: &Node) -> Option<Start> {
        Some(match &node.kind {
            NodeKind::List(_) => Start::Process(self.command(node, "start")),
            NodeKind::Text(text) if text == "harness" => Start::Harness,
            NodeKind::Map(_) => Start::Action(self.action(node)?.0),
            _ => {
                self.expected(node, "start", "a command, an action or `harness`");
                return None;
            }
        })
    }

    fn stop(&mut self, node: &Node) -> Option<Stop> {
        let keys = self.keys(node, STOP)?;
        let within = self.limit(&keys).unwrap_or(DEFAULT_STOP);
        let signal = keys.value("signal");
        let action = ["http", "exec", "prompt"]
            .into_iter()
            .find_map(|name| keys.entry(name));
        let deed = match (signal, action) {
            (Some(_), Some((key, _))) => {
                self.error(key.span, "\"stop\" has a signal and an action");
                return None;
            }
            (signal, None) => {
                let signal = signal.and_then(|node| self.choice(node, "signal", SIGNALS));
                StopDeed::Signal(signal.unwrap_or(Signal::Term))
            }
            (None, Some((key, value))) => StopDeed::Action(self.act_of(key, value)?),
        };
        Some(Stop { deed, within })
    }

    fn pattern(&mut self, node: &Node) -> Option<String> {
        let text = self.plain(node, "ready")?;
        // Placeholders are filled before the expression is used.
        let sample = text.replace("${", "x").replace('}', "x");
        let plain = regex::Regex::new(&text).is_ok();
        if !plain && regex::Regex::new(&sample).is_err() {
            let message = format!("\"{}\" is not a regular expression", text.value);
            self.error(text.span, message);
        }
        Some(text.value)
    }

    /// One action, and what `take` says beside it.
    fn action(&mut self, node: &Node) -> Option<(Action, BTreeMap<String, String>)> {
        let keys = self.keys(node, ACTION)?;
        let mut deeds = ["stdin", "http", "exec", "prompt"]
            .into_iter()
            .filter_map(|name| keys.entry(name));
        let Some((key, value)) = deeds.next() else {
            self.error(node.span, "the action does nothing").help =
                Some("actions: stdin, http, exec, prompt".to_owned());
            return None;
        };
        if let Some((second, _)) = deeds.next() {
            let message = format!("one action at a time: \"{}\" too", second.value);
            self.error(second.span, message);
        }
        let take = keys.value("take").map(|node| self.pointers(node));
        Some((self.act_of(key, value)?, take.unwrap_or_default()))
    }

    fn act_of(&mut self, key: &Spanned<String>, value: &Node) -> Option<Action> {
        Some(match key.as_str() {
            "stdin" => Action::Stdin(self.plain(value, key)?.value),
            "http" => Action::Http(self.http(value)?),
            "exec" => Action::Exec(self.command(value, key)),
            _ => Action::Prompt(self.plain(value, key)?.value),
        })
    }

    fn http(&mut self, node: &Node) -> Option<HttpRequest> {
        let keys = self.keys(node, HTTP)?;
        let mut headers = Vec::new();
        if let Some(kind) = self.some(&keys, "content-type") {
            headers.push(("Content-Type".to_owned(), kind));
        }
        for (name, scalar) in keys
            .value("headers")
            .map(|node| self.names(node))
            .unwrap_or_default()
        {
            headers.push((name, scalar.to_string()));
        }
        Some(HttpRequest {
            method: self
                .some(&keys, "method")
                .unwrap_or_else(|| "GET".to_owned()),
            url: self.some(&keys, "url")?,
            headers,
            body: self.some(&keys, "body"),
            within: self.limit(&keys),
        })
    }

    fn pointers(&mut self, node: &Node) -> BTreeMap<String, String> {
        let mut pointers = BTreeMap::new();
        for (key, value) in self.map(node, "take").unwrap_or_default() {
            // RFC 6901, 3: an empty pointer is the whole document.
            let Some(pointer) = value.as_text() else {
                self.expected(value, key, "a JSON pointer");
                continue;
            };
            let pointer = Spanned::new(pointer.to_owned(), value.span);
            if !pointer.is_empty() && !pointer.starts_with('/') {
                let message = format!("\"{}\" is not a JSON pointer", pointer.value);
                self.error(pointer.span, message).help =
                    Some("a JSON pointer starts with \"/\": /registration/lifetime".to_owned());
            }
            pointers.insert(key.value.clone(), pointer.value);
        }
        pointers
    }

    fn triggers_of(&mut self, keys: &Keys<'_>, role: lwm2m::Role, control: &mut Control) {
        let words: Vec<_> = Word::all()
            .filter(|word| word.kind() == WordKind::Request)
            .filter(|word| match word.sender() {
                Some(sender) => sender.lwm2m() == role,
                None => word.is_channel(),
            })
            .map(Word::name)
            .chain([
                "reset",
                "power-cycle",
                "limit-storage",
                "limit-memory",
                "change-address",
                "reconnect",
                "resume",
            ])
            .chain((role != lwm2m::Role::Client).then_some("account"))
            .chain((role == lwm2m::Role::BootstrapServer).then_some("provision"))
            .collect();
        let Some(node) = keys.value("trigger") else {
            return;
        };
        for (key, value) in self.map(node, "trigger").unwrap_or_default() {
            if !words.contains(&key.as_str()) {
                self.unknown(key.span, "trigger", key, &words);
                continue;
            }
            if let Some((action, take)) = self.action(value) {
                if !take.is_empty() {
                    self.error(key.span, "\"take\" stands under \"show\" only");
                }
                control.triggers.insert(key.value.clone(), action);
            }
        }
    }

    fn shows_of(&mut self, keys: &Keys<'_>, control: &mut Control) {
        let words: Vec<_> = Word::Show
            .fields()
            .iter()
            .map(|field| field.name())
            .collect();
        let Some(node) = keys.value("show") else {
            return;
        };
        for (key, value) in self.map(node, "show").unwrap_or_default() {
            if !words.contains(&key.as_str()) {
                self.unknown(key.span, "show", key, &words);
                continue;
            }
            if let Some((action, take)) = self.action(value) {
                control
                    .shows
                    .insert(key.value.clone(), Show { action, take });
            }
        }
    }

    /// Reports placeholders that nothing can fill.
    fn placeholders(&mut self, node: &Node, depth: u8) {
        match &node.kind {
            NodeKind::Text(text) => {
                let parsed = self.parse_text(text, node.span);
                for (name, span) in parsed.variables() {
                    self.placeholder(name, span);
                }
            }
            NodeKind::List(items) if depth < MAX_DEPTH => {
                items
                    .iter()
                    .for_each(|item| self.placeholders(item, depth + 1));
            }
            NodeKind::Map(entries) if depth < MAX_DEPTH => {
                entries
                    .iter()
                    .for_each(|(_, value)| self.placeholders(value, depth + 1));
            }
            _ => {}
        }
    }

    fn placeholder(&mut self, name: &str, span: Span) {
        let root = name.split('.').next().unwrap_or(name);
        let fields = FieldName::ALL.iter().map(|field| field.name());
        let known: Vec<_> = fields.chain(PLACEHOLDERS.iter().copied()).collect();
        if known.contains(&root) || root.parse::<crate::Seat>().is_ok() {
            return;
        }
        let near = suggest(root, known.iter().copied());
        let mistake = self.error(span, format!("unknown placeholder \"{name}\""));
        mistake.label = near.map(|word| format!("did you mean \"{word}\"?"));
        mistake.help = Some(
            "placeholders: server.uri, server.host, server.port, client.endpoint, account.*, device.*, psk.*, keys.*, copy, word, path, query, and the fields of the word"
                .to_owned(),
        );
    }
}

/// Where each key stands: `control.trigger.read`.
fn places(node: &Node) -> BTreeMap<String, Span> {
    let mut places = BTreeMap::new();
    let NodeKind::Map(entries) = &node.kind else {
        return places;
    };
    for (key, value) in entries {
        places.insert(format!("control.{}", key.value), key.span);
        let NodeKind::Map(inner) = &value.kind else {
            continue;
        };
        for (name, _) in inner {
            places.insert(format!("control.{}.{}", key.value, name.value), name.span);
        }
    }
    places
}

/// When an implementation is brought back to its beginning.
const RESETS: &[(Reset, &str)] = &[(Reset::PerCase, "per-case"), (Reset::PerRun, "per-run")];
/// Signals.
const SIGNALS: &[(Signal, &str)] = &[
    (Signal::Term, "term"),
    (Signal::Int, "int"),
    (Signal::Kill, "kill"),
];
/// Placeholders beside the fields of words and the seats.
const PLACEHOLDERS: &[&str] = &[
    "account",
    "device",
    "psk",
    "keys",
    "file-server",
    "word",
    "copy",
    "query",
    "sequence",
    "pid",
    "directory",
    "version",
    "transport",
    "security",
];
/// Time to end where a profile names none.
const DEFAULT_STOP: Duration = Duration::from_secs(2);
/// Deepest nesting of a control description.
const MAX_DEPTH: u8 = 8;
