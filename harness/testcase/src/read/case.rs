//! Cases and states.

use std::sync::Arc;

use super::Reader;
use super::matcher::Place;
use super::reader::Keys;
use super::step::Around;
use super::value::check_path;
use crate::model::{
    Behaviour, Bind, Entry, Expression, Matcher, Shape, Source, Spanned, State, TestCase, Text,
    With,
};
use crate::notation::{BIND, CASE, SOURCE, STATE};
use crate::tree::{Node, NodeKind};

impl Reader<'_> {
    /// A case; `name` is its path below `testcases/` without `.yaml`.
    pub(crate) fn case(&mut self, node: &Node, name: &str, text: &Arc<str>) -> Option<TestCase> {
        let keys = self.keys(node, CASE)?;
        let case = TestCase {
            name: name.to_owned(),
            file: self.file.to_owned(),
            text: Arc::clone(text),
            id: self.one(&keys, "id"),
            title: self.one(&keys, "title"),
            source: self.source(&keys),
            seats: self.seats_of(&keys, "seats"),
            emulated: self.seats_of(&keys, "emulated"),
            requires: keys
                .value("requires")
                .and_then(|node| self.expression(node))
                .unwrap_or_else(|| Expression::always(keys.span)),
            configuration: self.name_or(&keys, "configuration", DEFAULT_CONFIGURATION),
            with: keys
                .value("with")
                .map(|node| self.with(node))
                .unwrap_or_default(),
            given: self.name_or(&keys, "given", DEFAULT_STATE),
            parameters: keys
                .value("parameters")
                .map(|node| self.names(node))
                .unwrap_or_default(),
            quick: keys
                .value("quick")
                .map(|node| self.spanned_names(node))
                .unwrap_or_default(),
            bind: keys
                .value("bind")
                .map(|node| self.bind(node))
                .unwrap_or_default(),
            conduct: keys
                .value("conduct")
                .map(|node| self.conducts(node))
                .unwrap_or_default(),
            behaviour: keys
                .value("behaviour")
                .and_then(|node| self.choice(node, "behaviour", Behaviour::NAMED))
                .unwrap_or_default(),
            judges: keys
                .value("judges")
                .map(|node| self.plains(node, "judges"))
                .unwrap_or_default(),
            meanwhile: keys
                .value("meanwhile")
                .map(|node| self.steps(node, Around::Meanwhile))
                .unwrap_or_default(),
            dialogue: keys
                .value("dialogue")
                .map(|node| self.steps(node, Around::Dialogue))
                .unwrap_or_default(),
        };
        Some(case)
    }

    /// A state.
    pub(crate) fn state(&mut self, node: &Node, text: &Arc<str>) -> Option<State> {
        let keys = self.keys(node, STATE)?;
        Some(State {
            state: self.one(&keys, "state"),
            file: self.file.to_owned(),
            text: Arc::clone(text),
            title: self.one(&keys, "title"),
            from: keys.value("from").and_then(|node| self.plain(node, "from")),
            dialogue: keys
                .value("dialogue")
                .map(|node| self.steps(node, Around::Dialogue))
                .unwrap_or_default(),
        })
    }

    /// The text of a key that is required; its absence has been reported.
    pub(crate) fn one(&mut self, keys: &Keys<'_>, name: &str) -> String {
        keys.value(name)
            .and_then(|node| self.plain(node, name))
            .map(|text| text.value)
            .unwrap_or_default()
    }

    fn name_or(&mut self, keys: &Keys<'_>, name: &str, default: &str) -> Spanned<String> {
        keys.value(name)
            .and_then(|node| self.plain(node, name))
            .unwrap_or_else(|| Spanned::new(default.to_owned(), keys.span))
    }

    fn seats_of(&mut self, keys: &Keys<'_>, name: &str) -> Vec<crate::Seat> {
        let Some(node) = keys.value(name) else {
            return Vec::new();
        };
        if matches!(&node.kind, NodeKind::List(items) if items.is_empty()) {
            self.error(node.span, format!("\"{name}\" names no seat"));
        }
        self.seats(node)
    }

    fn source(&mut self, keys: &Keys<'_>) -> Source {
        let Some(keys) = keys
            .value("source")
            .and_then(|node| self.keys(node, SOURCE))
        else {
            return Source::default();
        };
        let mut some = |name| {
            keys.value(name)
                .and_then(|node| self.plain(node, name))
                .map(|text| text.value)
        };
        Source {
            document: some("document").unwrap_or_default(),
            case: some("case"),
            clause: some("clause"),
            operation: some("operation"),
        }
    }

    fn with(&mut self, node: &Node) -> With {
        let mut with = With::default();
        for (key, value) in self.map(node, "with").unwrap_or_default() {
            if key.value == "objects" {
                with.objects = self.instances(value);
                continue;
            }
            if key.value == "alternate-path" {
                with.alternate_path = self.text(value, "alternate-path");
                continue;
            }
            let text = self.parse_text(key, key.span);
            check_path(self, &text, Shape::PathPattern);
            if let Some(matcher) = self.matcher(value, Place::new(Shape::Value, key)) {
                with.values.push(Entry { key: text, matcher });
            }
        }
        with
    }

    fn instances(&mut self, node: &Node) -> Vec<Text> {
        let mut texts = Vec::new();
        for item in self.list(node, "objects").unwrap_or_default() {
            if let Some(text) = self.text(item, "objects") {
                check_path(self, &text, Shape::PathPattern);
                texts.push(text);
            }
        }
        texts
    }

    fn bind(&mut self, node: &Node) -> Vec<Bind> {
        let mut binds = Vec::new();
        for (key, value) in self.map(node, "bind").unwrap_or_default() {
            let Some(keys) = self.keys(value, BIND) else {
                continue;
            };
            let Some(object) = keys
                .value("object")
                .and_then(|node| self.count(node, "object"))
            else {
                continue;
            };
            let conditions = keys
                .value("where")
                .map(|node| self.resources(node))
                .unwrap_or_default();
            binds.push(Bind {
                name: key.clone(),
                object,
                conditions,
            });
        }
        binds
    }

    /// Resource IDs and matchers.
    fn resources(&mut self, node: &Node) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (key, value) in self.map(node, "where").unwrap_or_default() {
            if key.parse::<u16>().is_err() {
                let message = format!("\"{}\" is not a Resource ID", key.value);
                self.error(key.span, message);
            }
            let matcher: Option<Matcher> = self.matcher(value, Place::new(Shape::Value, key));
            if let Some(matcher) = matcher {
                let key = Text::literal(key.value.clone(), key.span);
                entries.push(Entry { key, matcher });
            }
        }
        entries
    }
}

/// The configuration of a case that names none.
const DEFAULT_CONFIGURATION: &str = "C.1";
/// The state of a case that names none.
const DEFAULT_STATE: &str = "registered";
