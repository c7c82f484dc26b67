//! What a matcher demands, and what contradicts it, in words.

use testcase::{Form, Matcher, Scalar, Span, Test};

use super::{Comparison, Discord, Unknown};
use crate::actual::Actual;

impl Comparison<'_> {
    pub(super) fn discord(&self, span: Span, expected: &str, actual: &Actual) -> Discord {
        Discord {
            span,
            subject: self.subject.to_owned(),
            expected: expected.to_owned(),
            actual: actual.describe(),
            offset: None,
            unknown: false,
        }
    }

    pub(super) fn unknown(&self, span: Span, unknown: &Unknown, actual: &Actual) -> Discord {
        let mut discord = self.discord(
            span,
            &format!("the value of \"{}\", which nobody told", unknown.0),
            actual,
        );
        discord.unknown = true;
        discord
    }

    pub(super) fn describe(&self, matcher: &Matcher) -> String {
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

    pub(super) fn describe_test(&self, test: &Test) -> Option<String> {
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
