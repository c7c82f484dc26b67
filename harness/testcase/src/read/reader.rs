//! Walks a tree along the tables, and collects every mistake on the way.

use crate::diagnostic::suggest;
use crate::model::{Part, Scalar, ScalarKind, Span, Spanned, Text};
use crate::notation::{Key, Kind, Table};
use crate::tree::{Node, NodeKind};
use crate::{Diagnostic, Seat};

/// Collects the mistakes of one file.
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a str,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Steps so far.
    pub(crate) steps: usize,
    /// Lines so far.
    pub(crate) lines: usize,
}

/// The entries of a map whose keys a table lists; what does not fit has been reported and left out.
pub(crate) struct Keys<'n> {
    pub(crate) span: Span,
    entries: Entries<'n>,
}

/// Keys and their values.
pub(crate) type Entries<'n> = Vec<(&'n Spanned<String>, &'n Node)>;

impl<'a> Reader<'a> {
    pub(crate) const fn new(file: &'a str) -> Self {
        Self {
            file,
            diagnostics: Vec::new(),
            steps: 0,
            lines: 0,
        }
    }

    /// Reports a mistake; the caller may add to it.
    pub(crate) fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.diagnostics
            .push(Diagnostic::error(self.file, span, message));
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    /// Reports a word that is none of `words`.
    pub(crate) fn unknown(&mut self, span: Span, what: &str, found: &str, words: &[&str]) {
        let near = suggest(found, words.iter().copied());
        let help = match words.len() {
            0..=MAX_LISTED => format!("{}: {}", plural(what), words.join(", ")),
            _ => format!("{}: testcases/reference.md", plural(what)),
        };
        let mistake = self.error(span, format!("unknown {what} \"{found}\""));
        mistake.label = near.map(|word| format!("did you mean \"{word}\"?"));
        mistake.help = Some(help);
    }

    /// The entries of a map, each of a key of `table`.
    pub(crate) fn keys<'n>(&mut self, node: &'n Node, table: Table) -> Option<Keys<'n>> {
        let keys = self.split(node, table, |_| false)?.0;
        Some(keys)
    }

    /// The entries of a map whose keys are of `table`, and those whose keys `open` accepts.
    pub(crate) fn split<'n>(
        &mut self,
        node: &'n Node,
        table: Table,
        open: impl Fn(&str) -> bool,
    ) -> Option<(Keys<'n>, Entries<'n>)> {
        let map = self.map(node, table.name)?;
        let mut entries = Vec::new();
        let mut others = Vec::new();
        for (name, value) in map {
            match table.keys.iter().find(|key| key.name == name.value) {
                Some(key) if key.kind.accepts(value) => entries.push((name, value)),
                Some(key) => self.wrong_kind(key, value),
                None if open(name) => others.push((name, value)),
                None => {
                    let what = format!("key of a {}", table.name);
                    let words: Vec<_> = table.keys.iter().map(|key| key.name).collect();
                    self.unknown(name.span, &what, name, &words);
                }
            }
        }
        for key in table.keys.iter().filter(|key| key.required) {
            if !map.iter().any(|(name, _)| name.value == key.name) {
                let missing = format!("the {} has no \"{}\"", table.name, key.name);
                self.error(node.span, missing).help =
                    Some(format!("{}: {}", key.name, key.meaning));
            }
        }
        let span = node.span;
        Some((Keys { span, entries }, others))
    }

    fn wrong_kind(&mut self, key: &Key, value: &Node) {
        let message = format!(
            "\"{}\" holds {}, not {}",
            key.name,
            value.describe(),
            key.kind.describe()
        );
        let number = matches!(
            value.kind,
            NodeKind::Integer(_) | NodeKind::Float(..) | NodeKind::Boolean(_)
        );
        let text = matches!(key.kind, Kind::Text | Kind::Sentence | Kind::Reference);
        let mistake = self.error(value.span, message);
        mistake.help = match key.kind {
            Kind::Duration => Some(DURATIONS.to_owned()),
            _ if number && text => Some(QUOTES.to_owned()),
            _ => None,
        };
    }

    /// The entries of a map, whatever its keys.
    pub(crate) fn map<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
    ) -> Option<&'n [(Spanned<String>, Node)]> {
        if let NodeKind::Map(entries) = &node.kind {
            return Some(entries);
        }
        self.expected(node, what, "a map");
        None
    }

    /// The items of a list.
    pub(crate) fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        if let NodeKind::List(items) = &node.kind {
            return Some(items);
        }
        self.expected(node, what, "a list");
        None
    }

    /// Reports that something else was wanted.
    pub(crate) fn expected(&mut self, node: &Node, what: &str, wanted: &str) -> &mut Diagnostic {
        let message = format!("\"{what}\" holds {}, not {wanted}", node.describe());
        self.error(node.span, message)
    }

    /// Text without variables.
    pub(crate) fn plain(&mut self, node: &Node, what: &str) -> Option<Spanned<String>> {
        let Some(text) = node.as_text() else {
            let number = matches!(node.kind, NodeKind::Integer(_) | NodeKind::Float(..));
            let mistake = self.expected(node, what, "text");
            mistake.help = number.then(|| QUOTES.to_owned());
            return None;
        };
        if text.trim().is_empty() {
            self.error(node.span, format!("\"{what}\" is empty"));
            return None;
        }
        Some(Spanned::new(text.to_owned(), node.span))
    }

    /// A list of texts without variables.
    pub(crate) fn plains(&mut self, node: &Node, what: &str) -> Vec<Spanned<String>> {
        self.list(node, what)
            .unwrap_or_default()
            .iter()
            .filter_map(|item| self.plain(item, what))
            .collect()
    }

    /// A seat.
    pub(crate) fn seat(&mut self, node: &Node) -> Option<Seat> {
        let text = self.plain(node, "seat")?;
        let seat = text.parse().ok();
        if seat.is_none() {
            self.unknown_seat(text.span, &text);
        }
        seat
    }

    pub(crate) fn unknown_seat(&mut self, span: Span, found: &str) {
        let seats = Seat::ALL.map(|seat| seat.to_string());
        let words: Vec<_> = seats.iter().map(String::as_str).collect();
        self.unknown(span, "seat", found, &words);
    }

    /// A list of seats, none twice.
    pub(crate) fn seats(&mut self, node: &Node) -> Vec<Seat> {
        let mut seats = Vec::new();
        for item in self.list(node, "seats").unwrap_or_default() {
            let Some(seat) = self.seat(item) else {
                continue;
            };
            if seats.contains(&seat) {
                self.error(item.span, format!("seat \"{seat}\" is named twice"));
            } else {
                seats.push(seat);
            }
        }
        seats
    }

    /// A word of a closed list.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        named: &[(T, &str)],
    ) -> Option<T> {
        let text = self.plain(node, what)?;
        let found = named.iter().find(|(_, name)| *name == text.value);
        if found.is_none() {
            let words: Vec<_> = named.iter().map(|(_, name)| *name).collect();
            self.unknown(text.span, what, &text, &words);
        }
        found.map(|(value, _)| *value)
    }

    /// A whole number that fits.
    pub(crate) fn count<T: TryFrom<i64>>(&mut self, node: &Node, what: &str) -> Option<T> {
        let NodeKind::Integer(number) = node.kind else {
            self.expected(node, what, "a whole number");
            return None;
        };
        let value = T::try_from(number).ok();
        if value.is_none() {
            self.error(node.span, format!("\"{what}\" is out of range: {number}"));
        }
        value
    }

    /// Text, with its variables.
    pub(crate) fn text(&mut self, node: &Node, what: &str) -> Option<Text> {
        let Some(text) = node.as_text() else {
            let quotes = matches!(node.kind, NodeKind::Integer(_) | NodeKind::Float(..));
            let mistake = self.expected(node, what, "text");
            if quotes {
                mistake.help = Some(QUOTES.to_owned());
            }
            return None;
        };
        Some(self.parse_text(text, node.span))
    }

    /// The parts of a text.
    pub(crate) fn parse_text(&mut self, text: &str, span: Span) -> Text {
        let length = text.chars().count();
        // A quoted text is two characters wider; one with escapes or several lines is not measured.
        let shift = match usize::try_from(span.width).unwrap_or(0).checked_sub(length) {
            Some(0) => Some(0),
            Some(2) => Some(1),
            _ => None,
        };
        let place = |start: usize, width: usize| match shift {
            Some(shift) => Span::new(
                span.line,
                span.column.saturating_add(narrow(start + shift)),
                narrow(width),
            ),
            None => span,
        };
        let mut parts = Vec::new();
        let mut rest = text;
        let mut column = 0;
        while let Some((before, after)) = rest.split_once("${") {
            if let Some(before) = before.strip_suffix('$') {
                parts.push(Part::Literal(format!("{before}${{")));
                column += before.chars().count() + 3;
                rest = after;
                continue;
            }
            if !before.is_empty() {
                parts.push(Part::Literal(before.to_owned()));
            }
            column += before.chars().count();
            let Some((name, tail)) = after.split_once('}') else {
                self.error(place(column, 2), "\"${\" has no \"}\"");
                return Text { parts, span };
            };
            let width = name.chars().count() + 3;
            let at = place(column, width);
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
            if name.is_empty() || !name.chars().all(plain) {
                self.error(at, format!("\"{name}\" is not the name of a variable"));
            }
            parts.push(Part::Variable(name.to_owned(), at));
            column += width;
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Text { parts, span }
    }

    /// A single value.
    pub(crate) fn scalar(&mut self, node: &Node, what: &str) -> Option<Scalar> {
        let kind = match &node.kind {
            NodeKind::Integer(number) => ScalarKind::Integer(*number),
            NodeKind::Float(number, _) => ScalarKind::Float(*number),
            NodeKind::Boolean(truth) => ScalarKind::Boolean(*truth),
            NodeKind::Text(text) => match text.strip_prefix("hex:") {
                Some(digits) => ScalarKind::Bytes(self.bytes(digits, node.span)?),
                None => ScalarKind::Text(self.parse_text(text, node.span)),
            },
            NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => {
                self.expected(node, what, "a single value");
                return None;
            }
        };
        Some(Scalar {
            kind,
            span: node.span,
        })
    }

    /// A list of single values.
    pub(crate) fn scalars(&mut self, node: &Node, what: &str) -> Vec<Scalar> {
        self.list(node, what)
            .unwrap_or_default()
            .iter()
            .filter_map(|item| self.scalar(item, what))
            .collect()
    }

    fn bytes(&mut self, digits: &str, span: Span) -> Option<Vec<u8>> {
        let digits: Vec<u8> = digits.bytes().filter(|byte| *byte != b' ').collect();
        let nibble = |byte: u8| char::from(byte).to_digit(16);
        let pairs = digits.chunks(2).map(|pair| match pair {
            [high, low] => u8::try_from(nibble(*high)? << 4 | nibble(*low)?).ok(),
            _ => None,
        });
        let bytes = pairs.collect::<Option<Vec<u8>>>();
        if bytes.is_none() {
            self.error(span, "\"hex:\" wants an even number of hexadecimal digits");
        }
        bytes
    }

    /// A duration, or a variable that holds one.
    pub(crate) fn duration(&mut self, node: &Node, what: &str) -> Option<Scalar> {
        let scalar = self.scalar(node, what)?;
        if scalar.as_duration().is_some() || scalar.has_variable() {
            return Some(scalar);
        }
        let mistake = self.error(node.span, format!("\"{scalar}\" is not a duration"));
        mistake.help = Some(DURATIONS.to_owned());
        None
    }
}

impl<'n> Keys<'n> {
    /// The value of a key, if it is there and of its kind.
    pub(crate) fn value(&self, name: &str) -> Option<&'n Node> {
        self.entry(name).map(|(_, value)| value)
    }

    /// The key itself and its value.
    pub(crate) fn entry(&self, name: &str) -> Option<(&'n Spanned<String>, &'n Node)> {
        self.entries
            .iter()
            .find(|(key, _)| key.value == name)
            .copied()
    }

    /// The place of a key, or of the whole map without it.
    pub(crate) fn place(&self, name: &str) -> Span {
        self.entry(name).map_or(self.span, |(key, _)| key.span)
    }

    /// The first entry.
    pub(crate) fn first(&self) -> Option<(&'n Spanned<String>, &'n Node)> {
        self.entries.first().copied()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// `keys of a case`, `content formats`, `ways to cancel`.
fn plural(what: &str) -> String {
    match what.split_once(' ') {
        Some((first, rest)) if rest.starts_with("of ") || rest.starts_with("to ") => {
            format!("{first}s {rest}")
        }
        _ => format!("{what}s"),
    }
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// How durations are written.
pub(crate) const DURATIONS: &str = "durations carry a unit: 100ms, 5s, 2min, 24h";
/// Longer lists are left to the reference page.
pub(crate) const MAX_LISTED: usize = 40;
/// What to do about `1.0` where text is wanted.
const QUOTES: &str = "text that looks like a number stands in quotes";
