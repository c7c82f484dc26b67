//! Matchers: from a scalar to a map of tests.

use super::Reader;
use super::value::check_scalar;
use crate::model::{Entry, FieldName, Form, Matcher, Shape, Test, TlvKind};
use crate::notation::{Holds, PARAMETERS, TESTS, TestRow};
use crate::tree::{Node, NodeKind};
use crate::{Span, Spanned, Text};

/// Where a matcher stands, which decides what its keys are.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    /// What its values are.
    pub(crate) shape: Shape,
    /// The field's name, for messages.
    pub(crate) name: &'p str,
    depth: u8,
}

impl<'p> Place<'p> {
    pub(crate) const fn new(shape: Shape, name: &'p str) -> Self {
        Self {
            shape,
            name,
            depth: 0,
        }
    }

    /// A place within this one.
    const fn within(self, shape: Shape, name: &'p str) -> Self {
        Self {
            shape,
            name,
            depth: self.depth.saturating_add(1),
        }
    }

    /// What stands under a path or target here.
    const fn element(self) -> Option<Shape> {
        match self.shape {
            Shape::Node => Some(Shape::Value),
            Shape::Tlv => Some(Shape::TlvEntry),
            Shape::Links => Some(Shape::Link),
            _ => None,
        }
    }
}

impl Reader<'_> {
    /// A matcher of a field or value.
    pub(crate) fn matcher(&mut self, node: &Node, place: Place<'_>) -> Option<Matcher> {
        let span = node.span;
        if place.depth > MAX_DEPTH {
            self.error(span, "matchers are nested too deeply");
            return None;
        }
        let form = match &node.kind {
            NodeKind::Map(entries) if entries.is_empty() => Form::Present,
            NodeKind::Map(entries) => self.map_form(entries, span, place)?,
            NodeKind::List(items) => self.list_form(items, place),
            NodeKind::Text(text) if text == "absent" => Form::Absent,
            NodeKind::Null => {
                let mistake = self.error(span, format!("\"{}\" holds nothing", place.name));
                mistake.help = Some("`{}` stands for any value, `absent` for none".to_owned());
                return None;
            }
            _ => {
                let scalar = self.scalar(node, place.name)?;
                check_scalar(self, &scalar, place.shape, place.name);
                Form::Scalar(scalar)
            }
        };
        Some(Matcher { span, form })
    }

    fn list_form(&mut self, items: &[Node], place: Place<'_>) -> Form {
        let shape = match place.shape {
            Shape::Paths => Shape::Path,
            other => other,
        };
        let place = place.within(shape, place.name);
        Form::List(
            items
                .iter()
                .filter_map(|item| self.matcher(item, place))
                .collect(),
        )
    }

    fn map_form(
        &mut self,
        entries: &[(Spanned<String>, Node)],
        span: Span,
        place: Place<'_>,
    ) -> Option<Form> {
        let by_path = |key: &str| key.starts_with('/') || key.starts_with("${");
        if place.shape == Shape::Registration {
            return Some(Form::Map(self.registration(entries, place)));
        }
        if !entries.iter().any(|(key, _)| by_path(key)) {
            return Some(Form::Tests(self.tests(entries, place)));
        }
        let Some(element) = place.element() else {
            let message = format!("\"{}\" has no paths", place.name);
            self.error(span, message);
            return None;
        };
        let mut map = Vec::new();
        for (key, value) in entries {
            if !by_path(key) {
                self.error(key.span, format!("\"{}\" stands among paths", key.value));
                continue;
            }
            let text = self.path_key(key, place.shape);
            if let Some(matcher) = self.matcher(value, place.within(element, key)) {
                map.push(Entry { key: text, matcher });
            }
        }
        Some(Form::Map(map))
    }

    /// A path as a key; links may have other targets than paths of the data model.
    fn path_key(&mut self, key: &Spanned<String>, shape: Shape) -> Text {
        let text = self.parse_text(key, key.span);
        if shape != Shape::Links {
            super::value::check_path(self, &text, Shape::Path);
        }
        text
    }

    fn registration(
        &mut self,
        entries: &[(Spanned<String>, Node)],
        place: Place<'_>,
    ) -> Vec<Entry> {
        let mut fields = Vec::new();
        for (key, value) in entries {
            let Some(field) = FieldName::from_name(key).filter(|field| SHOWN.contains(field))
            else {
                let words: Vec<_> = SHOWN.iter().map(|field| field.name()).collect();
                self.unknown(key.span, "field of a registration", key, &words);
                continue;
            };
            if let Some(matcher) = self.matcher(value, place.within(field.shape(), field.name())) {
                let key = Text::literal(key.value.clone(), key.span);
                fields.push(Entry { key, matcher });
            }
        }
        fields
    }

    fn tests(&mut self, entries: &[(Spanned<String>, Node)], place: Place<'_>) -> Vec<Test> {
        let mut tests = Vec::new();
        for (key, value) in entries {
            let parameter = matches!(place.shape, Shape::Link | Shape::Links)
                .then(|| PARAMETERS.iter().find(|(name, _)| *name == key.value))
                .flatten();
            if let Some((name, _)) = parameter {
                let inner = place.within(Shape::Any, name);
                if let Some(matcher) = self.matcher(value, inner) {
                    tests.push(Test::Parameter((*name).to_owned(), Box::new(matcher)));
                }
            } else if let Some(row) = TESTS.iter().find(|row| row.name == key.value) {
                tests.extend(self.test(row, key, value, place));
            } else {
                self.unknown_test(key, place);
            }
        }
        tests
    }

    fn unknown_test(&mut self, key: &Spanned<String>, place: Place<'_>) {
        let mut words: Vec<_> = TESTS.iter().map(|row| row.name).collect();
        if matches!(place.shape, Shape::Link | Shape::Links) {
            words.extend(PARAMETERS.iter().map(|(name, _)| *name));
        }
        self.unknown(key.span, "test", key, &words);
    }

    fn test(
        &mut self,
        row: &TestRow,
        key: &Spanned<String>,
        node: &Node,
        place: Place<'_>,
    ) -> Option<Test> {
        let element = place.element().unwrap_or(place.shape);
        Some(match row.holds {
            Holds::Scalar => {
                let scalar = self.scalar(node, row.name)?;
                check_scalar(self, &scalar, place.shape, row.name);
                match row.name {
                    "at-least" => Test::AtLeast(scalar),
                    "at-most" => Test::AtMost(scalar),
                    _ => Test::Is(scalar),
                }
            }
            Holds::Scalars => {
                let scalars = self.scalars(node, row.name);
                for scalar in &scalars {
                    check_scalar(self, scalar, place.shape, row.name);
                }
                Test::OneOf(scalars)
            }
            Holds::Matcher => {
                let shape = if row.name == "each" {
                    element
                } else {
                    place.shape
                };
                let inner = Box::new(self.matcher(node, place.within(shape, row.name))?);
                match row.name {
                    "each" => Test::Each(inner),
                    _ => Test::Not(inner),
                }
            }
            Holds::Pattern => {
                let text = self.plain(node, row.name)?;
                if let Err(error) = regex::Regex::new(&text) {
                    let reason = error.to_string();
                    let reason = reason.lines().last().unwrap_or("").trim();
                    let reason = reason.trim_start_matches("error: ").to_owned();
                    let message = format!("\"{}\" is not a regular expression", text.value);
                    self.error(text.span, message).label = Some(reason);
                }
                Test::Matches(text.value)
            }
            Holds::Type => Test::Type(self.choice(node, "type", lwm2m::Type::NAMED)?),
            Holds::Number => {
                let place = place.within(Shape::Integer, row.name);
                Test::Length(Box::new(self.matcher(node, place)?))
            }
            Holds::Set => {
                let items = self.set(node, row.name, place);
                match row.name {
                    "excludes" => Test::Excludes(items),
                    _ => Test::Includes(items),
                }
            }
            Holds::Path => {
                let text = self.text(node, row.name)?;
                match row.name {
                    "under" => Test::Under(text),
                    _ => Test::CoveredBy(text),
                }
            }
            Holds::Expression => Test::Optional(self.expression(node)?),
            Holds::Fields => Test::Where(self.conditions(node, key, place)?),
            Holds::TlvKind => {
                if place.shape != Shape::TlvEntry {
                    let help = "answer.tlv: {/3/0/0: {kind: resource}}".to_owned();
                    self.error(key.span, "\"kind\" stands outside of \"tlv\"")
                        .help = Some(help);
                }
                Test::Kind(self.choice(node, "kind", TlvKind::NAMED)?)
            }
        })
    }

    /// Values or path patterns; each becomes text, as they are compared.
    fn set(&mut self, node: &Node, what: &str, place: Place<'_>) -> Vec<Text> {
        let mut items = Vec::new();
        for item in self.list(node, what).unwrap_or_default() {
            let Some(scalar) = self.scalar(item, what) else {
                continue;
            };
            let text = match scalar.as_text() {
                Some(text) => text.clone(),
                None => Text::literal(scalar.to_string(), scalar.span),
            };
            if matches!(
                place.shape,
                Shape::Links | Shape::Node | Shape::Tlv | Shape::Paths
            ) {
                super::value::check_path(self, &text, Shape::PathPattern);
            }
            items.push(text);
        }
        items
    }

    /// The conditions of `where`: fields of a registration, or Resource IDs.
    fn conditions(
        &mut self,
        node: &Node,
        key: &Spanned<String>,
        place: Place<'_>,
    ) -> Option<Vec<Entry>> {
        let entries = self.map(node, "where")?;
        if place.shape == Shape::Registrations {
            return Some(self.registration(entries, place));
        }
        let message = "\"where\" chooses among registrations or in `bind`, not here";
        self.error(key.span, message);
        None
    }
}

/// What a registration shows its user.
const SHOWN: &[FieldName] = &[
    FieldName::Endpoint,
    FieldName::Lifetime,
    FieldName::Version,
    FieldName::Binding,
    FieldName::QueueMode,
    FieldName::Sms,
    FieldName::ProfileId,
    FieldName::Objects,
    FieldName::Location,
];

/// Deepest nesting of matchers.
const MAX_DEPTH: u8 = 8;
