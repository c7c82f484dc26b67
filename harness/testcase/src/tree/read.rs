//! Reads YAML 1.2 into a tree: one document, no tags, aliases or merge keys, `on` and `yes` are text.
//!
//! A repeated key is reported and the first one kept, so that the rest of the file can still be checked.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_yaml::budget::BudgetBreach;
use serde_yaml::{DuplicateKeyPolicy, Error, Location, MergeKeyPolicy, Options, RequireIndent};

use super::{Node, NodeKind};
use crate::diagnostic::lines;
use crate::{Diagnostic, Span, Spanned};

/// Reads `text`; no tree comes back if it has no structure that can be followed further.
pub(crate) fn read(file: &str, text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, more than {MAX_BYTES}", text.len());
        return (
            None,
            vec![Diagnostic::error(file, Span::new(1, 1, 1), message)],
        );
    }
    let source = Source::new(text);
    let attempt = |policy| {
        serde_yaml::from_str_with_options::<serde_yaml::Spanned<Raw>>(text, options(policy))
            .map(|raw| source.node(raw))
    };
    let error = match attempt(DuplicateKeyPolicy::Error) {
        Ok(node) => return (Some(node), Vec::new()),
        Err(error) => error,
    };
    let node = match error.without_snippet() {
        Error::DuplicateMappingKey { .. } => attempt(DuplicateKeyPolicy::FirstWins).ok(),
        _ => None,
    };
    (node, vec![source.mistake(file, &error)])
}

/// The file's lines, to measure what the parser points at.
struct Source<'a> {
    text: &'a str,
    lines: Vec<&'a str>,
}

/// What the parser hands out before places are worked out.
enum Raw {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<serde_yaml::Spanned<Self>>),
    Map(Vec<(serde_yaml::Spanned<String>, serde_yaml::Spanned<Self>)>),
}

impl<'a> Source<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            lines: lines(text).collect(),
        }
    }

    fn node(&self, raw: serde_yaml::Spanned<Raw>) -> Node {
        let at = raw.referenced;
        let kind = match raw.value {
            Raw::Null => NodeKind::Null,
            Raw::Boolean(value) => NodeKind::Boolean(value),
            Raw::Integer(value) => NodeKind::Integer(value),
            Raw::Float(value) => NodeKind::Float(value, self.written(at).to_owned()),
            Raw::Text(value) => NodeKind::Text(value),
            Raw::List(items) => {
                NodeKind::List(items.into_iter().map(|item| self.node(item)).collect())
            }
            Raw::Map(entries) => NodeKind::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        let span = self.span(key.referenced, true);
                        (Spanned::new(key.value, span), self.node(value))
                    })
                    .collect(),
            ),
        };
        let scalar = !matches!(kind, NodeKind::List(_) | NodeKind::Map(_));
        Node {
            span: self.span(at, scalar),
            kind,
        }
    }

    /// The characters that `at` covers.
    fn written(&self, at: Location) -> &'a str {
        let start = at.span().byte_offset().unwrap_or(0);
        let end = start.saturating_add(at.span().byte_len().unwrap_or(0));
        let index = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        self.text
            .get(index(start)..index(end))
            .unwrap_or("")
            .trim_end()
    }

    /// The place of `at`: a scalar's characters on its first line, or the first character.
    fn span(&self, at: Location, scalar: bool) -> Span {
        let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX).max(1);
        let (line, column) = (narrow(at.line()), narrow(at.column()));
        let written = self.written(at).lines().next().unwrap_or("").trim_end();
        let width = if scalar { written.chars().count() } else { 1 };
        let length = usize::try_from(line - 1)
            .ok()
            .and_then(|index| self.lines.get(index))
            .map_or(0, |line| line.chars().count());
        let room = length.saturating_sub(usize::try_from(column - 1).unwrap_or(usize::MAX));
        let width = width.min(room).max(1);
        Span::new(line, column, u32::try_from(width).unwrap_or(u32::MAX))
    }

    fn mistake(&self, file: &str, error: &Error) -> Diagnostic {
        let span = error
            .location()
            .map_or(Span::new(1, 1, 1), |at| self.span(at, true));
        match error.without_snippet() {
            Error::DuplicateMappingKey { key, .. } => {
                let key = key.as_deref().unwrap_or("?");
                Diagnostic::error(file, span, format!("repeated key \"{key}\""))
            }
            Error::MergeKeyNotAllowed { .. } => {
                Diagnostic::error(file, span, "merge key \"<<\" is not part of the notation")
            }
            Error::Budget { breach, .. } => {
                let what = match breach {
                    BudgetBreach::Anchors { .. } | BudgetBreach::Aliases { .. } => {
                        "anchors and aliases are not part of the notation"
                    }
                    BudgetBreach::Documents { .. } => "more than one document in a file",
                    _ => "the file is nested too deeply or too large",
                };
                Diagnostic::error(file, span, what)
            }
            other => Diagnostic::error(file, span, format!("not YAML 1.2: {}", first_line(other))),
        }
    }
}

fn first_line(error: &Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or("").trim();
    let line = line.trim_start_matches("error: ");
    // The parser repeats the place, which the caret shows.
    let place = error
        .location()
        .map(|at| format!(" at line {}, column {}", at.line(), at.column()));
    match place {
        Some(place) => line.replace(&place, ""),
        None => line.to_owned(),
    }
}

fn options(duplicate_keys: DuplicateKeyPolicy) -> Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_aliases: 0,
            max_anchors: 0,
            max_documents: 1,
            max_nodes: MAX_NODES,
        },
        duplicate_keys: duplicate_keys,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        legacy_octal_numbers: false,
        reject_unsupported_tags: true,
        require_indent: RequireIndent::Unchecked,
        with_snippet: false,
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Raw, E> {
        i64::try_from(value)
            .map(Raw::Integer)
            .map_err(|_| E::custom(format!("\"{value}\" is more than 64 bits with a sign hold")))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            if map.len() >= MAX_NODES {
                return Err(A::Error::custom("too many keys"));
            }
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

/// Largest file that is read; the largest case has 3 kB.
const MAX_BYTES: usize = 256 * 1024;
/// Deepest nesting; the deepest case has 10 levels.
const MAX_DEPTH: usize = 32;
/// Most values in a file; the largest case has 400.
const MAX_NODES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Node {
        let (node, mistakes) = read("a.yaml", text);
        assert_eq!(mistakes, []);
        node.unwrap()
    }

    fn entry<'a>(node: &'a Node, key: &str) -> (Span, &'a Node) {
        let NodeKind::Map(entries) = &node.kind else {
            panic!("not a map")
        };
        let (key, value) = entries.iter().find(|(name, _)| name.value == key).unwrap();
        (key.span, value)
    }

    #[test]
    fn every_key_and_value_knows_its_place() {
        let node = tree(concat!(
            "a: one\n",
            "b: {c: [2, \"zwei\"], \"${d}\": tr\u{fc}e}\n",
            "e:\n  - f: hex:00 # g\n    h: 'x y'\n",
        ));
        let (key, value) = entry(&node, "a");
        assert_eq!((key, value.span), (Span::new(1, 1, 1), Span::new(1, 4, 3)));
        let (key, map) = entry(&node, "b");
        assert_eq!((key, map.span), (Span::new(2, 1, 1), Span::new(2, 4, 1)));
        let (_, list) = entry(map, "c");
        let NodeKind::List(items) = &list.kind else {
            panic!("not a list")
        };
        assert_eq!(list.span, Span::new(2, 8, 1));
        assert_eq!(items[0].kind, NodeKind::Integer(2));
        assert_eq!(items[1].span, Span::new(2, 12, 6));
        let (key, value) = entry(map, "${d}");
        assert_eq!(key, Span::new(2, 21, 6));
        assert_eq!(value.span, Span::new(2, 29, 4));
        let (_, list) = entry(&node, "e");
        let NodeKind::List(items) = &list.kind else {
            panic!("not a list")
        };
        assert_eq!(items[0].span, Span::new(4, 5, 1));
        assert_eq!(entry(&items[0], "f").1.span, Span::new(4, 8, 6));
        assert_eq!(entry(&items[0], "h").1.span, Span::new(5, 8, 5));
    }

    #[test]
    fn scalars_follow_the_core_schema_of_yaml_1_2() {
        let node = tree(
            "[true, on, off, yes, 'true', 12, 1.10, \"1.0\", -3, ~, 5s, /3/0, 0x1f, 12:30, 2026-01-01, hex:00]",
        );
        let NodeKind::List(items) = node.kind else {
            panic!("not a list")
        };
        let text = |text: &str| NodeKind::Text(text.to_owned());
        let kinds: Vec<_> = items.into_iter().map(|item| item.kind).collect();
        assert_eq!(
            kinds,
            [
                NodeKind::Boolean(true),
                text("on"),
                text("off"),
                text("yes"),
                text("true"),
                NodeKind::Integer(12),
                NodeKind::Float(1.1, "1.10".to_owned()),
                text("1.0"),
                NodeKind::Integer(-3),
                NodeKind::Null,
                text("5s"),
                text("/3/0"),
                NodeKind::Integer(31),
                text("12:30"),
                text("2026-01-01"),
                text("hex:00"),
            ]
        );
    }

    #[test]
    fn a_repeated_key_is_found_and_the_rest_is_still_read() {
        let (node, mistakes) = read("a.yaml", "a: 1\nb: 2\na: 3\n");
        assert_eq!(mistakes.len(), 1);
        assert_eq!(mistakes[0].message, "repeated key \"a\"");
        assert_eq!(mistakes[0].span, Span::new(3, 1, 1));
        assert_eq!(entry(&node.unwrap(), "a").1.kind, NodeKind::Integer(1));
    }

    #[test]
    fn a_lone_carriage_return_ends_a_line_too() {
        let text = "a: one\rb: {c: 2,\r\n  d: tvl}\n";
        let node = tree(text);
        let (key, map) = entry(&node, "b");
        assert_eq!(key, Span::new(2, 1, 1));
        assert_eq!(entry(map, "d").1.span, Span::new(3, 6, 3));
        let mistake = Diagnostic::error("a.yaml", Span::new(3, 6, 3), "unknown");
        let shown = crate::diagnostic::render(&mistake, text);
        assert!(shown.contains("3 |   d: tvl}\n"), "{shown}");
    }

    #[test]
    fn what_is_no_tree_is_one_mistake() {
        let deep = "[".repeat(5000);
        for text in [
            "a: [1",
            "a: &x 1\nb: *x\n",
            "a: !!python/object x\n",
            "a: 1\n---\nb: 2\n",
            "<<: {a: 1}\n",
            "a: b: c\n",
            "? [a]\n: b\n",
            deep.as_str(),
            "\u{0}",
        ] {
            let (node, mistakes) = read("a.yaml", text);
            assert!(node.is_none(), "{text:.20}");
            assert_eq!(mistakes.len(), 1, "{text:.20}");
        }
    }
}
