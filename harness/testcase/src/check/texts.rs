//! Finds every text of a step in which a variable may stand.

use crate::model::{
    Check, CoapField, Each, EachList, Entry, Expression, ExpressionNode, Form, Line, Matcher,
    Scalar, Span, Step, Test, Text,
};

/// Calls `seen` with each variable's name and place.
pub(crate) struct Variables<'f>(pub(crate) &'f mut dyn FnMut(&str, Span));

impl Variables<'_> {
    pub(crate) fn text(&mut self, text: &Text) {
        for (name, span) in text.variables() {
            (self.0)(name, span);
        }
    }

    pub(crate) fn scalar(&mut self, scalar: &Scalar) {
        if let Some(text) = scalar.as_text() {
            self.text(text);
        }
    }

    pub(crate) fn matcher(&mut self, matcher: &Matcher) {
        match &matcher.form {
            Form::Present | Form::Absent => {}
            Form::Scalar(scalar) => self.scalar(scalar),
            Form::List(list) => list.iter().for_each(|item| self.matcher(item)),
            Form::Tests(tests) => tests.iter().for_each(|test| self.test(test)),
            Form::Map(entries) => entries.iter().for_each(|entry| self.entry(entry)),
        }
    }

    pub(crate) fn entry(&mut self, entry: &Entry) {
        self.text(&entry.key);
        self.matcher(&entry.matcher);
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Is(scalar) | Test::AtLeast(scalar) | Test::AtMost(scalar) => self.scalar(scalar),
            Test::Not(inner)
            | Test::Length(inner)
            | Test::Each(inner)
            | Test::Parameter(_, inner) => self.matcher(inner),
            Test::OneOf(scalars) => scalars.iter().for_each(|scalar| self.scalar(scalar)),
            Test::Includes(texts) | Test::Excludes(texts) => {
                texts.iter().for_each(|text| self.text(text));
            }
            Test::CoveredBy(text) | Test::Under(text) => self.text(text),
            Test::Optional(expression) => self.expression(expression),
            Test::Where(entries) => entries.iter().for_each(|entry| self.entry(entry)),
            Test::Matches(_) | Test::Type(_) | Test::Kind(_) => {}
        }
    }

    pub(crate) fn expression(&mut self, expression: &Expression) {
        self.node(&expression.node, expression.span);
    }

    fn node(&mut self, node: &ExpressionNode, span: Span) {
        match node {
            ExpressionNode::And(parts) | ExpressionNode::Or(parts) => {
                parts.iter().for_each(|part| self.node(part, span));
            }
            ExpressionNode::Not(part) => self.node(part, span),
            ExpressionNode::Equal(left, right) | ExpressionNode::NotEqual(left, right) => {
                for (name, _) in left.variables().chain(right.variables()) {
                    (self.0)(name, span);
                }
            }
            ExpressionNode::ObjectOf(id) => {
                id.variables().for_each(|(name, _)| (self.0)(name, span));
            }
            _ => {}
        }
    }

    /// Everything of a line but the name it captures under.
    pub(crate) fn line(&mut self, line: &Line) {
        line.fields
            .iter()
            .for_each(|field| self.matcher(&field.matcher));
        line.coap.iter().for_each(|field| self.coap(field));
        line.alternatives.iter().for_each(|inner| self.line(inner));
        let gap = line.gap.as_ref();
        let scalars = [
            line.within.as_ref(),
            line.datagram.as_ref(),
            gap.and_then(|gap| gap.at_least.as_ref()),
            gap.and_then(|gap| gap.at_most.as_ref()),
        ];
        scalars
            .into_iter()
            .flatten()
            .for_each(|scalar| self.scalar(scalar));
        line.question.iter().for_each(|text| self.text(text));
        line.as_name.iter().for_each(|text| self.text(text));
    }

    fn coap(&mut self, field: &CoapField) {
        self.matcher(&field.matcher);
    }

    /// What holds before a step's first message.
    pub(crate) fn opening(&mut self, step: &Step) {
        step.sentence.iter().for_each(|text| self.text(text));
        step.when.iter().for_each(|when| self.expression(when));
        step.after.iter().for_each(|after| self.scalar(after));
        step.within.iter().for_each(|within| self.scalar(within));
        step.triggers.iter().for_each(|line| self.line(line));
        if let Some(gap) = step
            .network
            .as_ref()
            .and_then(|network| network.gap.as_ref())
        {
            self.scalar(gap);
        }
    }

    /// Where the entries of `each` come from; their names do not hold there.
    pub(crate) fn each(&mut self, each: &Each) {
        match each {
            Each::Once => {}
            Each::Entries(entries) => entries
                .iter()
                .flatten()
                .for_each(|(_, scalar)| self.scalar(scalar)),
            Each::List(_, EachList::Variable(text)) => self.text(text),
            Each::List(_, EachList::Values(values)) => {
                values.iter().for_each(|scalar| self.scalar(scalar));
            }
        }
    }

    /// A look; its subject is a variable without `${` and `}` unless it is a path.
    pub(crate) fn check(&mut self, check: &Check) {
        self.text(&check.subject);
        if let (Some(name), false) = (check.subject.as_literal(), check.is_path()) {
            (self.0)(name, check.subject.span);
        }
        self.matcher(&check.matcher);
    }
}
