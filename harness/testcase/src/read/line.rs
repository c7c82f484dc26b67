//! Lines: one word, its fields and its modifiers.

use coap::Kind;

use super::Reader;
use super::matcher::Place;
use super::reader::Keys;
use crate::diagnostic::suggest;
use crate::model::{
    Blocks, CoapField, CoapName, Field, FieldName, Gap, Line, Seat, Shape, Silenced, Span, Spanned,
    Word, WordKind,
};
use crate::notation::{BLOCKS, COAP_FIELDS, GAP, LINE};
use crate::tree::{Node, NodeKind};

/// Whose lines are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// This seat's.
    Seat(Seat),
    /// Whoever sends the word; answers and the rest are of this seat.
    Sender(Seat),
}

impl Reader<'_> {
    /// A line of `speaker`.
    pub(crate) fn line(&mut self, node: &Node, speaker: Speaker) -> Option<Line> {
        self.lines += 1;
        if self.lines > MAX_LINES {
            // said once, where the first line too many stands
            if self.lines == MAX_LINES + 1 {
                let message = format!("more than {MAX_LINES} lines of seats in one file");
                self.error(node.span, message);
            }
            return None;
        }
        self.line_at(node, speaker, 0)
    }

    fn line_at(&mut self, node: &Node, speaker: Speaker, depth: u8) -> Option<Line> {
        if depth > MAX_DEPTH {
            self.error(node.span, "\"one-of\" is nested too deeply");
            return None;
        }
        let is_word = |name: &str| Word::from_name(name).is_some();
        let unknown = self.unknown_keys(node);
        let (keys, words) = self.split(node, LINE, |name| is_word(name) || unknown)?;
        let words: Vec<_> = words.into_iter().filter(|(key, _)| is_word(key)).collect();
        let (key, value) = match words.as_slice() {
            [] => {
                if !unknown {
                    self.error(node.span, "the line has no word").help = Some(
                        "a line is one word and its modifiers: {read: {path: /3/0}, as: answer}"
                            .to_owned(),
                    );
                }
                return None;
            }
            [only] => *only,
            [first, second, ..] => {
                let message = format!("the line has two words: \"{}\" too", second.0.value);
                let place = first.0.span;
                let mistake = self.error(second.0.span, message);
                *mistake = mistake.clone().with_place(place, "the first");
                *first
            }
        };
        let word = Spanned::new(Word::from_name(key)?, key.span);
        let seat = self.sender(word.clone(), speaker);
        let mut line = self.modifiers(&keys, seat, word);
        if line.copy != 1 && matches!(speaker, Speaker::Seat(_)) {
            self.error(keys.place("copy"), "\"copy\" stands outside of a mutant");
        }
        self.contents(&mut line, value, speaker, depth);
        Some(line)
    }

    /// Reports keys that are neither words nor modifiers; whether there were any.
    fn unknown_keys(&mut self, node: &Node) -> bool {
        let NodeKind::Map(entries) = &node.kind else {
            return false;
        };
        let modifiers: Vec<_> = LINE.keys.iter().map(|key| key.name).collect();
        let mut found = false;
        for (key, _) in entries {
            if modifiers.contains(&key.as_str()) || Word::from_name(key).is_some() {
                continue;
            }
            found = true;
            let words = Word::all().map(Word::name);
            let near = suggest(key, words.chain(modifiers.iter().copied()));
            let help = format!(
                "modifiers: {}; words: testcases/reference.md",
                modifiers.join(", ")
            );
            let message = format!("unknown word or modifier \"{}\"", key.value);
            let mistake = self.error(key.span, message);
            mistake.label = near.map(|word| format!("did you mean \"{word}\"?"));
            mistake.help = Some(help);
        }
        found
    }

    /// Who sends the word; a word of another role is a mistake.
    fn sender(&mut self, word: Spanned<Word>, speaker: Speaker) -> Seat {
        match (speaker, word.sender()) {
            (Speaker::Sender(seat), Some(role)) if role != seat.role => Seat { role, number: 1 },
            (Speaker::Sender(seat) | Speaker::Seat(seat), None) => seat,
            (Speaker::Sender(seat) | Speaker::Seat(seat), Some(role)) => {
                if role != seat.role {
                    let message = format!("\"{}\" is sent by a {role}, not by {seat}", word.value);
                    let words = Word::all().filter(|word| word.sender() == Some(seat.role));
                    let names: Vec<_> = words.map(Word::name).collect();
                    let mistake = self.error(word.span, message);
                    if !names.is_empty() {
                        let help = format!("requests of a {}: {}", seat.role, names.join(", "));
                        mistake.help = Some(help);
                    }
                }
                seat
            }
        }
    }

    fn modifiers(&mut self, keys: &Keys<'_>, seat: Seat, word: Spanned<Word>) -> Line {
        let span = word.span;
        Line {
            seat,
            word,
            fields: Vec::new(),
            alternatives: Vec::new(),
            silenced: Vec::new(),
            question: None,
            to: keys.value("to").and_then(|node| self.seat(node)),
            as_name: keys.value("as").and_then(|node| self.text(node, "as")),
            within: keys
                .value("within")
                .and_then(|node| self.duration(node, "within")),
            count: self.positive(keys, "count"),
            gap: keys.value("gap").and_then(|node| self.gap(node)),
            kind: keys
                .value("type")
                .and_then(|node| self.choice(node, "message type", KINDS)),
            copy: self.positive(keys, "copy"),
            blocks: keys.value("blocks").and_then(|node| self.blocks(node)),
            coap: keys
                .value("coap")
                .map(|node| self.coap_fields(node))
                .unwrap_or_default(),
            datagram: keys.value("datagram").and_then(|node| self.datagram(node)),
            trigger: keys.value("trigger").and_then(|node| match node.kind {
                NodeKind::Boolean(value) => Some(value),
                _ => None,
            }),
            criteria: keys
                .value("criterion")
                .map(|node| self.letters(node))
                .unwrap_or_default(),
            protection: keys
                .value("protection")
                .and_then(|node| self.matcher(node, Place::new(Shape::Any, "protection"))),
            remark: keys
                .value("remark")
                .and_then(|node| self.plain(node, "remark"))
                .map(|text| text.value),
            span,
        }
    }

    fn positive(&mut self, keys: &Keys<'_>, name: &str) -> u32 {
        let Some(node) = keys.value(name) else {
            return 1;
        };
        let count = self.count(node, name).unwrap_or(1);
        if count == 0 {
            self.error(node.span, format!("\"{name}\" is 0"));
        }
        count.max(1)
    }

    fn gap(&mut self, node: &Node) -> Option<Gap> {
        let keys = self.keys(node, GAP)?;
        let mut limit = |name| keys.value(name).and_then(|node| self.duration(node, name));
        let (at_least, at_most) = (limit("at-least"), limit("at-most"));
        let times = |scalar: &Option<crate::Scalar>| scalar.as_ref()?.as_duration();
        if let (Some(low), Some(high)) = (times(&at_least), times(&at_most))
            && low > high
        {
            self.error(node.span, "\"at-least\" is more than \"at-most\"");
        }
        Some(Gap {
            at_least,
            at_most,
            span: node.span,
        })
    }

    fn blocks(&mut self, node: &Node) -> Option<Blocks> {
        let keys = self.keys(node, BLOCKS)?;
        let mut size = None;
        if let Some(node) = keys.value("size") {
            let bytes: u16 = self.count(node, "size")?;
            // RFC 7959, 2.2: 2^(SZX + 4) for SZX from 0 to 6.
            if !(16..=1024).contains(&bytes) || !bytes.is_power_of_two() {
                self.error(node.span, format!("{bytes} is not a block size"))
                    .help = Some("block sizes: 16, 32, 64, 128, 256, 512, 1024".to_owned());
            }
            size = Some(Spanned::new(bytes, node.span));
        }
        let at_least = keys.value("at-least").and_then(|node| {
            let count = self.count(node, "at-least")?;
            Some(Spanned::new(count, node.span))
        });
        Some(Blocks {
            size,
            at_least,
            span: node.span,
        })
    }

    pub(crate) fn datagram(&mut self, node: &Node) -> Option<crate::Scalar> {
        let scalar = self.scalar(node, "datagram")?;
        let bytes = matches!(scalar.kind, crate::ScalarKind::Bytes(_));
        if !bytes && !scalar.has_variable() {
            self.error(node.span, "\"datagram\" holds text, not bytes")
                .help = Some("bytes are written as hex:40010001".to_owned());
            return None;
        }
        Some(scalar)
    }

    pub(crate) fn coap_fields(&mut self, node: &Node) -> Vec<CoapField> {
        let mut fields = Vec::new();
        for (key, value) in self.map(node, "coap").unwrap_or_default() {
            let Some(name) = coap_name(key) else {
                let mut words: Vec<_> = COAP_FIELDS.iter().map(|key| key.name).collect();
                let options = option_names();
                words.extend(options.iter().map(String::as_str));
                self.unknown(key.span, "CoAP field", key, &words);
                continue;
            };
            let name = Spanned::new(name, key.span);
            if let Some(matcher) = self.matcher(value, Place::new(Shape::Any, key)) {
                fields.push(CoapField { name, matcher });
            }
        }
        fields
    }

    fn contents(&mut self, line: &mut Line, value: &Node, speaker: Speaker, depth: u8) {
        match line.word.value {
            Word::OneOf => self.one_of(line, value, speaker, depth),
            Word::Silence => line.silenced = self.silenced(value, line.word.span),
            Word::Ask => line.question = self.text(value, "ask"),
            word => line.fields = self.fields(value, word),
        }
    }

    fn one_of(&mut self, line: &mut Line, value: &Node, speaker: Speaker, depth: u8) {
        let items = self.list(value, "one-of").unwrap_or_default();
        if items.len() < 2 {
            self.error(value.span, "\"one-of\" wants at least two lines");
        }
        for item in items {
            line.alternatives
                .extend(self.line_at(item, speaker, depth + 1));
        }
        let kinds: Vec<_> = line.alternatives.iter().map(Line::word_kind).collect();
        let asks = kinds.first() == Some(&WordKind::Request);
        let odd = line.alternatives.iter().zip(&kinds).find(|(one, kind)| {
            let silence = asks && one.word.value == Word::Silence;
            !silence && Some(*kind) != kinds.first()
        });
        if let Some((other, _)) = odd {
            let span = other.word.span;
            self.error(span, "\"one-of\" mixes requests, answers and others");
        }
    }

    fn silenced(&mut self, value: &Node, span: Span) -> Vec<Spanned<Silenced>> {
        let entries = self.map(value, "silence").unwrap_or_default();
        let mut silenced = Vec::new();
        for (key, value) in entries {
            if key.value != "of" {
                self.unknown(key.span, "field of \"silence\"", key, &["of"]);
                continue;
            }
            for item in self.plains(value, "of") {
                let word = Word::from_name(&item).filter(|word| word.kind() == WordKind::Request);
                match (item.as_str(), word) {
                    ("any", _) => silenced.push(Spanned::new(Silenced::Any, item.span)),
                    (_, Some(word)) => {
                        silenced.push(Spanned::new(Silenced::Word(word), item.span));
                    }
                    _ => {
                        let requests = Word::all().filter(|word| word.kind() == WordKind::Request);
                        let words: Vec<_> = requests
                            .map(Word::name)
                            .chain(std::iter::once("any"))
                            .collect();
                        self.unknown(item.span, "request", &item, &words);
                    }
                }
            }
        }
        if !entries.iter().any(|(key, _)| key.value == "of") {
            self.error(span, "\"silence\" does not say of what").help =
                Some("silence: {of: [update]}, or {of: [any]}".to_owned());
        }
        silenced
    }

    /// The fields of `word`.
    pub(crate) fn fields(&mut self, value: &Node, word: Word) -> Vec<Field> {
        let mut fields = Vec::new();
        let words: Vec<_> = word.fields().iter().map(|field| field.name()).collect();
        for (key, value) in self.map(value, word.name()).unwrap_or_default() {
            let known = FieldName::from_name(key).filter(|name| word.fields().contains(name));
            let Some(name) = known else {
                let what = format!("field of \"{word}\"");
                if words.is_empty() {
                    self.error(key.span, format!("\"{word}\" has no fields"));
                } else {
                    self.unknown(key.span, &what, key, &words);
                }
                continue;
            };
            let place = Place::new(name.shape(), name.name());
            if let Some(matcher) = self.matcher(value, place) {
                let name = Spanned::new(name, key.span);
                fields.push(Field { name, matcher });
            }
        }
        fields
    }

    /// One letter or several.
    pub(crate) fn letters(&mut self, node: &Node) -> Vec<Spanned<String>> {
        let items = match &node.kind {
            NodeKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut letters: Vec<Spanned<String>> = Vec::new();
        for item in items {
            let Some(letter) = self.plain(item, "criterion") else {
                continue;
            };
            let mut characters = letter.chars();
            let first = characters.next().is_some_and(|c| c.is_ascii_uppercase());
            if !first || characters.next().is_some() {
                let message = format!("\"{}\" is not a criterion", letter.value);
                self.error(letter.span, message).help =
                    Some("criteria are the letters of the ETS: A, B, C ..".to_owned());
            } else if letters.iter().any(|known| known.value == letter.value) {
                let message = format!("criterion \"{}\" is named twice", letter.value);
                self.error(letter.span, message);
            } else {
                letters.push(letter);
            }
        }
        letters
    }
}

/// The header field or option that a name stands for: `code`, `accept`, `option-2053`.
fn coap_name(text: &str) -> Option<CoapName> {
    Some(match text {
        "version" => CoapName::Version,
        "token-length" => CoapName::TokenLength,
        "code" => CoapName::Code,
        "message-id" => CoapName::MessageId,
        "token" => CoapName::Token,
        _ => {
            let number = text.strip_prefix("option-").and_then(|n| n.parse().ok());
            let named = coap::option::KNOWN.iter().copied().find(|number| {
                coap::option::name(*number).is_some_and(|name| name.eq_ignore_ascii_case(text))
            });
            CoapName::Option(number.or(named)?)
        }
    })
}

/// The names of options, as `coap` knows them, in lower case.
pub(crate) fn option_names() -> Vec<String> {
    coap::option::KNOWN
        .iter()
        .filter_map(|number| coap::option::name(*number))
        .map(str::to_lowercase)
        .collect()
}

/// Message types with their words.
const KINDS: &[(Kind, &str)] = &[(Kind::Con, "con"), (Kind::Non, "non")];
/// Deepest nesting of `one-of`.
const MAX_DEPTH: u8 = 2;

/// Most lines in a file; the longest case has sixty.
const MAX_LINES: usize = 400;
