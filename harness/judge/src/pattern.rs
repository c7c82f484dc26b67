//! A matcher against the actual content of a field (notation, 2).
//!
//! Pure comparison: it knows no seat, no time and no verdict. The first contradiction is the answer.

mod describe;

use std::cmp::Ordering;

use coap::ContentFormat;
use lwm2m::{Path, Value};
use testcase::{Entry, Form, Matcher, Scalar, ScalarKind, Span, Test, Text, TlvKind};

use crate::actual::{Actual, kind_word};
use crate::equality::{as_period, order, same};
use crate::links;
use crate::path_pattern::PathPattern;
use crate::sets::{self, length, members, paths, texts, values};

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
            Form::Map(entries) => self.map(entries, actual),
        }
    }

    fn tests(&self, span: Span, tests: &[Test], actual: &Actual) -> Result<(), Discord> {
        let optional = tests
            .iter()
            .any(|test| matches!(test, Test::Optional(when) if self.scope.holds(when)));
        if *actual == Actual::Absent && optional {
            return Ok(());
        }
        let present = |test: &Test| matches!(test, Test::Not(inner) if inner.form == Form::Absent);
        if *actual == Actual::Absent {
            let expected = tests.iter().find_map(|test| self.describe_test(test));
            let expected = expected.filter(|_| !tests.iter().any(present));
            return Err(self.discord(
                span,
                &expected.unwrap_or_else(|| "present".to_owned()),
                actual,
            ));
        }
        let mut narrowed = actual.clone();
        for test in tests {
            if let Test::Where(conditions) = test {
                narrowed = self.narrowed(conditions, narrowed)?;
            }
        }
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
            Test::Includes(items) => self.includes(items, actual),
            Test::Excludes(items) => self.excludes(items, actual),
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
        let expected = match self.known(scalar, actual) {
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
        let mut open = None;
        for scalar in scalars {
            match self.known(scalar, actual) {
                Ok(expected) if same(&expected, actual) => return Ok(()),
                Ok(expected) => told.push(expected.describe()),
                Err(unknown) => open = Some(unknown),
            }
        }
        match open {
            // the value that nobody told may be the one that was there
            Some(unknown) => Err(self.unknown(span, &unknown, actual)),
            None => Err(self.discord(span, &format!("one of {}", told.join(", ")), actual)),
        }
    }

    fn ordered(
        &self,
        span: Span,
        scalar: &Scalar,
        actual: &Actual,
        words: &str,
        fits: impl Fn(Ordering) -> bool,
    ) -> Result<(), Discord> {
        let limit = self
            .known(scalar, actual)
            .map_err(|unknown| self.unknown(scalar.span, &unknown, actual))?;
        let all = values(actual);
        let good = |value: &Value| match values(&limit).as_slice() {
            [limit] => order(value, &as_period(limit, value)).is_some_and(&fits),
            _ => false,
        };
        if !all.is_empty() && all.iter().all(good) {
            return Ok(());
        }
        Err(self.discord(span, &format!("{words} {}", limit.describe()), actual))
    }

    fn list(&self, span: Span, list: &[Matcher], actual: &Actual) -> Result<(), Discord> {
        let mut all = values(actual);
        let mut fits = all.len() == list.len();
        for (index, matcher) in list.iter().enumerate() {
            if self.subject == UNORDERED {
                let same = |value: &Value| {
                    let value = Actual::Value(value.clone());
                    self.matcher(matcher, &value).is_ok()
                };
                if let Some(found) = all.iter().skip(index).position(same) {
                    all.swap(index, index + found);
                }
            }
            let Some(value) = all.get(index) else { break };
            match self.matcher(matcher, &Actual::Value(value.clone())) {
                Err(discord) if discord.unknown => return Err(discord),
                outcome => fits &= outcome.is_ok(),
            }
        }
        if fits {
            return Ok(());
        }
        let expected: Vec<String> = list.iter().map(|matcher| self.describe(matcher)).collect();
        Err(self.discord(span, &expected.join(", "), actual))
    }

    fn includes(&self, items: &[Text], actual: &Actual) -> Result<(), Discord> {
        for item in items {
            let wanted = self.text(item, actual)?;
            let missing = match PathPattern::parse(&wanted) {
                Some(pattern) => pattern.first_missing(&paths(actual)),
                None => (!members(actual).contains(&wanted)).then_some(wanted),
            };
            if let Some(missing) = missing {
                return Err(self.discord(item.span, &format!("includes {missing}"), actual));
            }
        }
        Ok(())
    }

    fn excludes(&self, items: &[Text], actual: &Actual) -> Result<(), Discord> {
        for item in items {
            let unwanted = self.text(item, actual)?;
            let found = match PathPattern::parse(&unwanted) {
                Some(pattern) => paths(actual)
                    .into_iter()
                    .find(|path| pattern.fits(path))
                    .map(|path| path.to_string()),
                None => members(actual).into_iter().find(|text| *text == unwanted),
            };
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
        if cover == Actual::Absent {
            return Err(self.unknown(text.span, &Unknown(text.to_string()), actual));
        }
        let cover = paths(&cover);
        let covered = |path: &Path| cover.iter().any(|over| over.contains(path));
        let outside = match actual {
            Actual::Nodes(nodes) => nodes
                .iter()
                .map(|node| node.path)
                .find(|path| !covered(path))
                .map(|path| path.to_string()),
            other => members(other).into_iter().find(|text| {
                let path = text.parse::<Path>();
                let root = text.is_empty();
                !root && !path.is_ok_and(|path| path.depth() == 0 || covered(&path))
            }),
        };
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
        let prefix = self.text(text, actual)?;
        let stem = prefix.trim_end_matches('/');
        let fits = |text: &String| {
            text.strip_prefix(stem)
                .is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
        };
        let all = match actual {
            Actual::Nodes(nodes) => nodes.iter().map(|node| node.path.to_string()).collect(),
            other => members(other),
        };
        if !all.is_empty() && all.iter().all(fits) {
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
            Actual::Links(links) => links.iter().try_for_each(|link| {
                let comparison = Comparison {
                    subject: &link.target,
                    scope: self.scope,
                };
                comparison.matcher(matcher, &Actual::Links(vec![link.clone()]))
            }),
            Actual::Several(all) => all.iter().try_for_each(|one| self.matcher(matcher, one)),
            Actual::List(values) => values
                .iter()
                .try_for_each(|value| self.matcher(matcher, &Actual::Value(value.clone()))),
            other => self.matcher(matcher, other),
        }
    }

    /// What `where` leaves of a list; unknown if a condition is.
    fn narrowed(&self, conditions: &[Entry], actual: Actual) -> Result<Actual, Discord> {
        let all = match actual {
            Actual::Several(all) => all,
            // shown column by column, or one without a list around it
            Actual::Map(fields) => sets::rows(fields).ok_or_else(|| {
                self.unknown(
                    Span::default(),
                    &Unknown("a row".to_owned()),
                    &Actual::Absent,
                )
            })?,
            // a list in which nothing is
            Actual::List(values) if values.is_empty() => Vec::new(),
            other => return Ok(other),
        };
        let mut left = Vec::new();
        for one in all {
            match self.map(conditions, &one) {
                Ok(()) => left.push(one),
                Err(discord) if discord.unknown => return Err(discord),
                Err(_) => {}
            }
        }
        Ok(Actual::Several(left))
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
        if found.is_empty() {
            return Err(self.discord(matcher.span, "a link", &Actual::Absent));
        }
        found
            .iter()
            .try_for_each(|link| comparison.matcher(matcher, &links::parameter(link, name)))
    }

    fn map(&self, entries: &[Entry], actual: &Actual) -> Result<(), Discord> {
        for entry in entries {
            let key = self.text(&entry.key, actual)?;
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
        let single = match nodes.as_slice() {
            // a Resource without instances is its value
            [only] => self.subject.parse() == Ok(only.path),
            _ => false,
        };
        match &matcher.form {
            Form::Present | Form::Absent | Form::List(_) | Form::Map(_) => {
                self.matcher(matcher, actual)
            }
            Form::Tests(tests) if !single && tests.iter().any(speaks_of_all) => {
                self.matcher(matcher, actual)
            }
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

    fn text(&self, text: &Text, actual: &Actual) -> Result<String, Discord> {
        match self.scope.resolve(text) {
            Ok(Actual::Value(value)) => Ok(plain(&value)),
            Ok(Actual::Absent) => Err(self.unknown(text.span, &Unknown(text.to_string()), actual)),
            Ok(other) => Ok(other.describe()),
            Err(unknown) => Err(self.unknown(text.span, &unknown, actual)),
        }
    }

    /// The value of a scalar; a variable whose message lacks the field has none.
    fn known(&self, scalar: &Scalar, actual: &Actual) -> Result<Actual, Unknown> {
        match self.scalar(scalar)? {
            Actual::Absent if *actual != Actual::Absent => Err(Unknown(scalar.to_string())),
            known => Ok(known),
        }
    }

    fn scalar(&self, scalar: &Scalar) -> Result<Actual, Unknown> {
        Ok(match &scalar.kind {
            // formats are compared by their words
            ScalarKind::Integer(number) if self.is_format() => u16::try_from(*number).map_or_else(
                |_| Actual::integer(*number),
                |number| Actual::text(ContentFormat(number).to_string()),
            ),
            ScalarKind::Integer(number) => Actual::Value(Value::Integer(*number)),
            ScalarKind::Float(number) => Actual::Value(Value::Float(*number)),
            ScalarKind::Boolean(truth) => Actual::Value(Value::Boolean(*truth)),
            ScalarKind::Bytes(bytes) => Actual::Value(Value::Opaque(bytes.clone())),
            ScalarKind::Text(text) => self.scope.resolve(text)?,
        })
    }

    fn is_format(&self) -> bool {
        let name = self.subject.rsplit('.').next();
        matches!(name, Some("content-format" | "accept"))
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

/// A value without the quotes that a person is shown.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) | Value::CoreLink(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The field whose list has no order: the paths of a composite operation (Core TS, 6.3.8).
const UNORDERED: &str = "paths";

#[cfg(test)]
mod tests;
