//! A matcher against the actual content of a field (notation, 2).
//!
//! Pure comparison: it knows no seat, no time and no verdict. The first contradiction is the answer.

use lwm2m::{Path, Value};
use testcase::{Entry, Form, Matcher, Scalar, ScalarKind, Span, Test, Text, TlvKind};

use crate::actual::{Actual, kind_word};
use crate::links;
use crate::path_pattern::PathPattern;

/// What a matcher may ask of its surroundings.
pub trait Scope {
    /// The value of a text with its variables filled in; `Err` names what is not known.
    fn resolve(&self, text: &Text) -> Result<Actual, Unknown>;
    /// Whether an expression holds.
    fn holds(&self, expression: &testcase::Expression) -> bool;
    /// Takes the value of a variable that nobody told, as seen; `false` if it cannot be taken.
    fn bind(&self, variable: &str, seen: &Actual) -> bool;
}

/// A variable that has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(pub String);

/// A contradiction between a matcher and what was there.
#[derive(Clone, Debug, PartialEq)]
pub struct Discord {
    /// The matcher's place.
    pub span: Span,
    /// What is compared: a field, or a path.
    pub subject: String,
    /// What the matcher demands.
    pub expected: String,
    /// What was there.
    pub actual: String,
    /// Offset in the payload of what was there.
    pub offset: Option<usize>,
    /// Whether nothing contradicts and only a variable is not known.
    pub unknown: bool,
}

/// Compares `actual` with `matcher`.
pub fn compare(
    subject: &str,
    matcher: &Matcher,
    actual: &Actual,
    scope: &dyn Scope,
) -> Result<(), Discord> {
    let comparison = Comparison { subject, scope };
    comparison.matcher(matcher, actual)
}

struct Comparison<'a> {
    subject: &'a str,
    scope: &'a dyn Scope,
}

impl Comparison<'_> {
    fn matcher(&self, matcher: &Matcher, actual: &Actual) -> Result<(), Discord> {
        if let Actual::Unreadable(_) = actual {
            return Err(self.discord(matcher.span, "something readable", actual));
        }
        match &matcher.form {
            Form::Present => match actual {
                Actual::Absent => Err(self.discord(matcher.span, "present", actual)),
                _ => Ok(()),
            },
            Form::Absent => match actual {
                Actual::Absent => Ok(()),
                _ => Err(self.discord(matcher.span, "absent", actual)),
            },
            Form::Scalar(scalar) => self.equal(scalar, actual),
            Form::List(list) => self.list(matcher.span, list, actual),
            Form::Tests(tests) => self.tests(matcher.span, tests, actual),
            Form::Map(entries) => self.map(matcher.span, entries, actual),
        }
    }

    fn tests(&self, span: Span, tests: &[Test], actual: &Actual) -> Result<(), Discord> {
        let optional = tests
            .iter()
            .any(|test| matches!(test, Test::Optional(when) if self.scope.holds(when)));
        if *actual == Actual::Absent && optional {
            return Ok(());
        }
        if *actual == Actual::Absent
            && !tests
                .iter()
                .any(|test| matches!(test, Test::Not(_) | Test::Excludes(_)))
        {
            let expected = tests.iter().find_map(|test| self.describe_test(test));
            return Err(self.discord(
                span,
                &expected.unwrap_or_else(|| "present".to_owned()),
                actual,
            ));
        }
        let narrowed = tests.iter().fold(actual.clone(), |found, test| match test {
            Test::Where(conditions) => self.narrowed(conditions, &found),
            _ => found,
        });
        tests
            .iter()
            .try_for_each(|test| self.test(span, test, &narrowed))
    }

    fn test(&self, span: Span, test: &Test, actual: &Actual) -> Result<(), Discord> {
        let fail = |expected: String| Err(self.discord(span, &expected, actual));
        match test {
            Test::Optional(_) => Ok(()),
            Test::Is(scalar) => self.equal(scalar, actual),
            Test::Not(matcher) => match self.matcher(matcher, actual) {
                Ok(()) => fail(format!("not {}", self.describe(matcher))),
                Err(discord) if discord.unknown => Err(discord),
                Err(_) => Ok(()),
            },
            Test::OneOf(scalars) => self.one_of(span, scalars, actual),
            Test::Matches(expression) => {
                // the loader has compiled it once; a failure here cannot be the implementation's
                let found = regex::Regex::new(expression)
                    .is_ok_and(|regex| texts(actual).iter().all(|text| regex.is_match(text)));
                if found && !texts(actual).is_empty() {
                    Ok(())
                } else {
                    fail(format!("a text that matches {expression}"))
                }
            }
            Test::AtLeast(scalar) => {
                self.ordered(span, scalar, actual, "at least", |order| order.is_ge())
            }
            Test::AtMost(scalar) => {
                self.ordered(span, scalar, actual, "at most", |order| order.is_le())
            }
            Test::Type(expected) => {
                let all = values(actual);
                let fits =
                    !all.is_empty() && all.iter().all(|value| value.value_type() == *expected);
                if fits {
                    Ok(())
                } else {
                    fail(format!("type {}", expected.name()))
                }
            }
            Test::Length(matcher) => {
                let length = Actual::integer(i64::try_from(length(actual)).unwrap_or(i64::MAX));
                let subject = format!("length of {}", self.subject);
                Comparison {
                    subject: &subject,
                    scope: self.scope,
                }
                .matcher(matcher, &length)
            }
            Test::Includes(items) => self.includes(span, items, actual),
            Test::Excludes(items) => self.excludes(span, items, actual),
            Test::CoveredBy(text) => self.covered_by(span, text, actual),
            Test::Under(text) => self.under(span, text, actual),
            Test::Each(matcher) => self.each(matcher, actual),
            Test::Where(_) => match actual {
                Actual::Several(_) => Ok(()),
                other => Err(self.discord(span, "a list to choose from", other)),
            },
            Test::Kind(kind) => self.kind(span, *kind, actual),
            Test::Parameter(name, matcher) => self.parameter(name, matcher, actual),
        }
    }

    fn equal(&self, scalar: &Scalar, actual: &Actual) -> Result<(), Discord> {
        let expected = match self.scalar(scalar) {
            Ok(expected) => expected,
            Err(unknown) => {
                if self.scope.bind(&unknown.0, actual) {
                    return Ok(());
                }
                let mut discord = self.discord(
                    scalar.span,
                    &format!("the value of \"{}\", which nobody told", unknown.0),
                    actual,
                );
                discord.unknown = true;
                return Err(discord);
            }
        };
        if same(&expected, actual) {
            Ok(())
        } else {
            Err(self.discord(scalar.span, &expected.describe(), actual))
        }
    }

    fn one_of(&self, span: Span, scalars: &[Scalar], actual: &Actual) -> Result<(), Discord> {
        let mut told = Vec::new();
        for scalar in scalars {
            let Ok(expected) = self.scalar(scalar) else {
                continue;
            };
            if same(&expected, actual) {
                return Ok(());
            }
            told.push(expected.describe());
        }
        Err(self.discord(span, &format!("one of {}", told.join(", ")), actual))
    }

    fn ordered(
        &self,
        span: Span,
        scalar: &Scalar,
        actual: &Actual,
        words: &str,
        fits: impl Fn(std::cmp::Ordering) -> bool,
    ) -> Result<(), Discord> {
        let limit = self.scalar(scalar).ok().as_ref().and_then(number);
        let all = values(actual);
        let good = limit.is_some_and(|limit| {
            !all.is_empty()
                && all.iter().all(|value| {
                    value_number(value)
                        .and_then(|number| number.partial_cmp(&limit))
                        .is_some_and(&fits)
                })
        });
        if good {
            return Ok(());
        }
        let limit = limit.map_or_else(|| "a number".to_owned(), |limit| limit.to_string());
        Err(self.discord(span, &format!("{words} {limit}"), actual))
    }

    fn list(&self, span: Span, list: &[Matcher], actual: &Actual) -> Result<(), Discord> {
        let all = values(actual);
        let fits = all.len() == list.len()
            && list.iter().zip(&all).all(|(matcher, value)| {
                self.matcher(matcher, &Actual::Value(value.clone())).is_ok()
            });
        if fits {
            return Ok(());
        }
        let expected: Vec<String> = list.iter().map(|matcher| self.describe(matcher)).collect();
        Err(self.discord(span, &expected.join(", "), actual))
    }

    fn includes(&self, span: Span, items: &[Text], actual: &Actual) -> Result<(), Discord> {
        for item in items {
            let wanted = self.text(span, item, actual)?;
            let found = members(actual);
            let missing = match PathPattern::parse(&wanted) {
                Some(pattern) => {
                    pattern.first_missing(found.iter().filter_map(|text| text.parse().ok()))
                }
                None => (!found.contains(&wanted)).then_some(wanted),
            };
            if let Some(missing) = missing {
                return Err(self.discord(item.span, &format!("includes {missing}"), actual));
            }
        }
        Ok(())
    }

    fn excludes(&self, span: Span, items: &[Text], actual: &Actual) -> Result<(), Discord> {
        for item in items {
            let unwanted = self.text(span, item, actual)?;
            let found =
                members(actual)
                    .into_iter()
                    .find(|text| match PathPattern::parse(&unwanted) {
                        Some(pattern) => text.parse().is_ok_and(|path| pattern.fits(&path)),
                        None => *text == unwanted,
                    });
            if let Some(found) = found {
                let mut discord = self.discord(item.span, &format!("excludes {unwanted}"), actual);
                discord.actual = found;
                return Err(discord);
            }
        }
        Ok(())
    }

    fn covered_by(&self, span: Span, text: &Text, actual: &Actual) -> Result<(), Discord> {
        let cover = self
            .scope
            .resolve(text)
            .map_err(|unknown| self.unknown(text.span, &unknown, actual))?;
        let cover: Vec<Path> = members(&cover)
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect();
        let outside = members(actual).into_iter().find(|text| {
            text.parse()
                .is_ok_and(|path: Path| !cover.iter().any(|over| over.contains(&path)))
        });
        match outside {
            None => Ok(()),
            Some(outside) => {
                let mut discord = self.discord(span, "only what was registered", actual);
                discord.actual = outside;
                Err(discord)
            }
        }
    }

    fn under(&self, span: Span, text: &Text, actual: &Actual) -> Result<(), Discord> {
        let prefix = self.text(span, text, actual)?;
        let fits = |text: &String| {
            text.strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
        };
        if texts(actual).iter().all(fits) {
            Ok(())
        } else {
            Err(self.discord(span, &format!("a path under {prefix}"), actual))
        }
    }

    fn each(&self, matcher: &Matcher, actual: &Actual) -> Result<(), Discord> {
        match actual {
            Actual::Tlv(entries) => {
                // the entries of a TLV matcher are those below its path; the first stands for the path itself
                entries
                    .iter()
                    .skip(1)
                    .try_for_each(|entry| self.matcher(matcher, &Actual::Tlv(vec![entry.clone()])))
            }
            Actual::Nodes(nodes) => nodes.iter().try_for_each(|node| {
                self.matcher(matcher, &Actual::Value(node.value.clone()))
                    .map_err(|discord| at(discord, node))
            }),
            Actual::Several(all) => all.iter().try_for_each(|one| self.matcher(matcher, one)),
            Actual::List(values) => values
                .iter()
                .try_for_each(|value| self.matcher(matcher, &Actual::Value(value.clone()))),
            other => self.matcher(matcher, other),
        }
    }

    /// What `where` leaves of a list.
    fn narrowed(&self, conditions: &[Entry], actual: &Actual) -> Actual {
        let Actual::Several(all) = actual else {
            return actual.clone();
        };
        let fits = |one: &&Actual| self.map(Span::default(), conditions, one).is_ok();
        Actual::Several(all.iter().filter(fits).cloned().collect())
    }

    fn kind(&self, span: Span, kind: TlvKind, actual: &Actual) -> Result<(), Discord> {
        let kind = kind.name();
        let Actual::Tlv(entries) = actual else {
            return Err(self.discord(span, &format!("a TLV entry of kind {kind}"), actual));
        };
        let Some(entry) = entries.first() else {
            return Err(self.discord(
                span,
                &format!("a TLV entry of kind {kind}"),
                &Actual::Absent,
            ));
        };
        if kind_word(entry.kind) == kind {
            return Ok(());
        }
        let mut discord = self.discord(span, kind, actual);
        discord.subject = format!("kind of {}", entry.path);
        discord.actual = kind_word(entry.kind).to_owned();
        discord.offset = Some(entry.offset);
        Err(discord)
    }

    fn parameter(&self, name: &str, matcher: &Matcher, actual: &Actual) -> Result<(), Discord> {
        let Actual::Links(found) = actual else {
            return Err(self.discord(matcher.span, &format!("a link with {name}"), actual));
        };
        let subject = format!("{name} of {}", self.subject);
        let comparison = Comparison {
            subject: &subject,
            scope: self.scope,
        };
        let all: Vec<Actual> = found
            .iter()
            .map(|link| links::parameter(link, name))
            .collect();
        match all.first() {
            None => Err(self.discord(matcher.span, "a link", &Actual::Absent)),
            Some(first) => comparison.matcher(matcher, first),
        }
    }

    fn map(&self, span: Span, entries: &[Entry], actual: &Actual) -> Result<(), Discord> {
        for entry in entries {
            let key = self.text(span, &entry.key, actual)?;
            let (found, subject) = (self.member(&key, actual), key);
            let comparison = Comparison {
                subject: &subject,
                scope: self.scope,
            };
            comparison.keyed(&entry.matcher, &found)?;
        }
        Ok(())
    }

    /// A matcher under a path: on values it holds for each instance.
    fn keyed(&self, matcher: &Matcher, actual: &Actual) -> Result<(), Discord> {
        let Actual::Nodes(nodes) = actual else {
            return self.matcher(matcher, actual);
        };
        match &matcher.form {
            Form::Present | Form::Absent => self.matcher(matcher, actual),
            Form::Tests(tests) if tests.iter().any(speaks_of_all) => self.matcher(matcher, actual),
            Form::Map(_) => self.matcher(matcher, actual),
            _ if self.means_several(matcher) => self.matcher(matcher, actual),
            _ => nodes.iter().try_for_each(|node| {
                self.matcher(matcher, &Actual::Value(node.value.clone()))
                    .map_err(|discord| at(discord, node))
            }),
        }
    }

    /// Whether a matcher's value is itself several values: those of another message.
    fn means_several(&self, matcher: &Matcher) -> bool {
        let scalar = crate::template::own_value(matcher);
        scalar.is_some_and(|scalar| matches!(self.scalar(scalar), Ok(Actual::Nodes(_))))
    }

    /// What `actual` holds under `key`.
    fn member(&self, key: &str, actual: &Actual) -> Actual {
        match (actual, key.parse::<Path>()) {
            (Actual::Nodes(nodes), Ok(path)) => {
                let inside: Vec<_> = nodes
                    .iter()
                    .filter(|node| path.contains(&node.path))
                    .cloned()
                    .collect();
                if inside.is_empty() {
                    Actual::Absent
                } else {
                    Actual::Nodes(inside)
                }
            }
            (Actual::Tlv(entries), Ok(path)) => {
                let inside: Vec<_> = entries
                    .iter()
                    .filter(|entry| path.contains(&entry.path))
                    .cloned()
                    .collect();
                if inside.first().is_some_and(|entry| entry.path == path) {
                    Actual::Tlv(inside)
                } else {
                    Actual::Absent
                }
            }
            (Actual::Links(found), _) => {
                let fitting: Vec<_> = found
                    .iter()
                    .filter(|link| links::stands_for(link, key))
                    .cloned()
                    .collect();
                if fitting.is_empty() {
                    Actual::Absent
                } else {
                    Actual::Links(fitting)
                }
            }
            (Actual::Map(fields), _) => fields
                .iter()
                .find(|(name, _)| name == key)
                .map_or(Actual::Absent, |(_, field)| field.clone()),
            _ => Actual::Absent,
        }
    }

    fn text(&self, span: Span, text: &Text, actual: &Actual) -> Result<String, Discord> {
        let _ = span;
        match self.scope.resolve(text) {
            Ok(Actual::Value(value)) => Ok(plain(&value)),
            Ok(other) => Ok(other.describe()),
            Err(unknown) => Err(self.unknown(text.span, &unknown, actual)),
        }
    }

    fn scalar(&self, scalar: &Scalar) -> Result<Actual, Unknown> {
        Ok(match &scalar.kind {
            ScalarKind::Integer(number) => Actual::Value(Value::Integer(*number)),
            ScalarKind::Float(number) => Actual::Value(Value::Float(*number)),
            ScalarKind::Boolean(truth) => Actual::Value(Value::Boolean(*truth)),
            ScalarKind::Bytes(bytes) => Actual::Value(Value::Opaque(bytes.clone())),
            ScalarKind::Text(text) => self.scope.resolve(text)?,
        })
    }

    fn discord(&self, span: Span, expected: &str, actual: &Actual) -> Discord {
        Discord {
            span,
            subject: self.subject.to_owned(),
            expected: expected.to_owned(),
            actual: actual.describe(),
            offset: None,
            unknown: false,
        }
    }

    fn unknown(&self, span: Span, unknown: &Unknown, actual: &Actual) -> Discord {
        let mut discord = self.discord(
            span,
            &format!("the value of \"{}\", which nobody told", unknown.0),
            actual,
        );
        discord.unknown = true;
        discord
    }

    fn describe(&self, matcher: &Matcher) -> String {
        match &matcher.form {
            Form::Present => "present".to_owned(),
            Form::Absent => "absent".to_owned(),
            Form::Scalar(scalar) => self
                .scalar(scalar)
                .map_or_else(|unknown| unknown.0, |value| value.describe()),
            Form::Tests(tests) => {
                let told: Vec<String> = tests
                    .iter()
                    .filter_map(|test| self.describe_test(test))
                    .collect();
                told.join(" and ")
            }
            Form::List(list) => list
                .iter()
                .map(|matcher| self.describe(matcher))
                .collect::<Vec<_>>()
                .join(", "),
            Form::Map(entries) => format!("{} named parts", entries.len()),
        }
    }

    fn describe_test(&self, test: &Test) -> Option<String> {
        let scalar = |scalar: &Scalar| {
            self.scalar(scalar)
                .map_or_else(|unknown| unknown.0, |value| value.describe())
        };
        Some(match test {
            Test::Is(value) => scalar(value),
            Test::AtLeast(value) => format!("at least {}", scalar(value)),
            Test::AtMost(value) => format!("at most {}", scalar(value)),
            Test::OneOf(values) => format!(
                "one of {}",
                values.iter().map(scalar).collect::<Vec<_>>().join(", ")
            ),
            Test::Type(expected) => format!("type {}", expected.name()),
            Test::Matches(expression) => format!("a text that matches {expression}"),
            _ => return None,
        })
    }
}

/// Whether a test speaks of a set as a whole, not of each of its members.
fn speaks_of_all(test: &Test) -> bool {
    matches!(
        test,
        Test::Includes(_)
            | Test::Excludes(_)
            | Test::CoveredBy(_)
            | Test::Length(_)
            | Test::Each(_)
            | Test::Where(_)
    )
}

fn at(mut discord: Discord, node: &lwm2m::Node) -> Discord {
    discord.subject = node.path.to_string();
    discord.offset = Some(node.offset);
    discord
}

/// Equality across the types that formats use for the same thing.
fn same(expected: &Actual, actual: &Actual) -> bool {
    match (expected, actual) {
        (Actual::Value(left), Actual::Value(right)) => same_value(left, right),
        (Actual::Value(_), Actual::Nodes(nodes)) => {
            !nodes.is_empty()
                && nodes
                    .iter()
                    .all(|node| same(expected, &Actual::Value(node.value.clone())))
        }
        (Actual::Value(_), Actual::List(values)) => {
            values.len() == 1 && same(expected, &Actual::Value(values[0].clone()))
        }
        (Actual::Nodes(left), Actual::Value(right)) => {
            left.len() == 1 && same_value(&left[0].value, right)
        }
        (Actual::Nodes(left), Actual::Nodes(right)) => {
            left.len() == right.len()
                && left.iter().all(|node| {
                    right.iter().any(|other| {
                        other.path == node.path && same_value(&node.value, &other.value)
                    })
                })
        }
        (Actual::Nodes(_), Actual::Map(_))
        | (Actual::Links(_), _)
        | (_, Actual::Links(_))
        | (Actual::List(_), _) => {
            let (mut left, mut right) = (members(expected), members(actual));
            // the root link of a registration is no Object, and may be shown or not
            left.retain(|member| member != "/");
            right.retain(|member| member != "/");
            left.sort();
            right.sort();
            left == right
        }
        _ => expected == actual,
    }
}

pub(crate) fn same_value(left: &Value, right: &Value) -> bool {
    if left == right {
        return true;
    }
    // a period is a duration in the notation and whole seconds on the wire
    let left = &as_period(left, right);
    match (value_number(left), value_number(right)) {
        (Some(left), Some(right)) => left == right,
        _ => match (left, right) {
            (Value::Boolean(_), _) | (_, Value::Boolean(_)) => false,
            (Value::Opaque(bytes), Value::Untyped(other))
            | (Value::Untyped(bytes), Value::Opaque(other)) => bytes == other,
            (Value::Untyped(bytes), other) | (other, Value::Untyped(bytes)) => {
                plain(other).as_bytes() == bytes.as_slice()
            }
            (
                Value::String(_) | Value::CoreLink(_) | Value::ObjectLink { .. },
                Value::String(_) | Value::CoreLink(_) | Value::ObjectLink { .. },
            ) => plain(left) == plain(right),
            _ => false,
        },
    }
}

/// The seconds of a duration that is compared with a number; any other value as it is.
fn as_period(value: &Value, other: &Value) -> Value {
    match (value, value_number(other)) {
        (Value::String(text), Some(_)) => testcase::duration::parse(text).map_or_else(
            || value.clone(),
            |period| Value::Float(period.as_secs_f64()),
        ),
        _ => value.clone(),
    }
}

/// The number a value is, exact as far as a 64-bit float is: values of cases are small.
fn value_number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) | Value::Time(number) => Some(*number as f64),
        Value::UnsignedInteger(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

fn number(actual: &Actual) -> Option<f64> {
    match actual {
        Actual::Value(value) => value_number(value),
        Actual::Nodes(nodes) if nodes.len() == 1 => value_number(&nodes[0].value),
        _ => None,
    }
}

/// The values of a field, one by one.
fn values(actual: &Actual) -> Vec<Value> {
    match actual {
        Actual::Value(value) => vec![value.clone()],
        Actual::List(values) => values.clone(),
        Actual::Nodes(nodes) => nodes.iter().map(|node| node.value.clone()).collect(),
        _ => Vec::new(),
    }
}

fn texts(actual: &Actual) -> Vec<String> {
    values(actual).iter().map(plain).collect()
}

/// What a set is made of: link targets, paths, values.
fn members(actual: &Actual) -> Vec<String> {
    match actual {
        Actual::Links(links) => links.iter().map(links::path_text).collect(),
        Actual::Nodes(nodes) => nodes
            .iter()
            .flat_map(|node| [node.path.to_string(), plain(&node.value)])
            .collect(),
        Actual::Map(fields) => fields.iter().map(|(name, _)| name.clone()).collect(),
        other => texts(other),
    }
}

fn length(actual: &Actual) -> usize {
    match actual {
        Actual::Absent | Actual::Unreadable(_) => 0,
        Actual::Value(Value::String(text) | Value::CoreLink(text)) => text.chars().count(),
        Actual::Value(Value::Opaque(bytes) | Value::Untyped(bytes)) => bytes.len(),
        Actual::Value(_) => 1,
        Actual::List(values) => values.len(),
        Actual::Nodes(nodes) => nodes.len(),
        Actual::Links(links) => links.len(),
        Actual::Tlv(entries) => entries.len(),
        Actual::Map(fields) => fields.len(),
        Actual::Several(all) => all.len(),
    }
}

/// A value without the quotes that a person is shown.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) | Value::CoreLink(text) => text.clone(),
        other => other.to_string(),
    }
}
