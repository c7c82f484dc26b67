//! Whether every variable holds where it is used.

use super::scope::{Capture, Scope};
use super::texts::Variables;
use crate::Diagnostic;
use crate::model::{
    Each, EachList, FieldName, Form, Line, Scalar, Span, State, Step, TestCase, Text, Word,
};

/// Walks a dialogue in its order and reports names that hold nowhere, or not yet.
pub(crate) struct Walk<'a> {
    pub(crate) file: &'a str,
    pub(crate) scope: Scope,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Walk<'_> {
    /// A case whose states have been walked.
    pub(crate) fn case(&mut self, case: &TestCase) {
        for (_, scalar) in &case.parameters {
            self.look(|seen| seen.scalar(scalar));
        }
        let parameters = case.parameters.iter().map(|(name, _)| name.clone());
        self.scope.names.extend(parameters);
        for bind in &case.bind {
            for entry in &bind.conditions {
                self.look(|seen| seen.entry(entry));
            }
            self.scope.names.insert(bind.name.value.clone());
        }
        self.look(|seen| seen.expression(&case.requires));
        for entry in &case.with.values {
            self.look(|seen| seen.entry(entry));
        }
        for text in &case.with.objects {
            self.look(|seen| seen.text(text));
        }
        collect(&case.dialogue, &mut self.scope.later);
        self.steps(&case.dialogue);
        // What may come at any time knows everything that is captured at some time.
        let later = self.scope.later.clone();
        self.scope.captures.extend(later);
        self.steps(&case.meanwhile);
    }

    /// A state, whose captures its case knows.
    pub(crate) fn state(&mut self, state: &State) {
        collect(&state.dialogue, &mut self.scope.later);
        self.steps(&state.dialogue);
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        self.look(|seen| seen.each(&step.each));
        let outer = self.scope.names.clone();
        self.scope.names.extend(names(&step.each));
        self.look(|seen| seen.opening(step));
        for line in &step.lines {
            self.look(|seen| seen.line(line));
            self.observation(line, &step.each);
            capture(line, &step.each, &mut self.scope.captures);
        }
        self.steps(&step.group);
        for check in step.checks.iter().chain(&step.until) {
            self.look(|seen| seen.check(check));
        }
        self.scope.names = outer;
        if let Some(printed) = &step.printed {
            let captures = self.scope.captures.clone();
            self.step(printed);
            self.scope.captures.extend(captures);
        }
    }

    fn look(&mut self, visit: impl FnOnce(&mut Variables<'_>)) {
        let mut found: Vec<(String, Span)> = Vec::new();
        visit(&mut Variables(&mut |name, span| {
            found.push((name.to_owned(), span))
        }));
        for (name, span) in found {
            let Some(unknown) = self.scope.judge(&name) else {
                continue;
            };
            let mut mistake = Diagnostic::error(self.file, span, unknown.message);
            mistake.label = unknown.label;
            mistake.help = unknown.help;
            if let Some((place, text)) = unknown.place {
                mistake = mistake.with_place(place, text);
            }
            self.diagnostics.push(mistake);
        }
    }

    /// Whether `of` names an observation that has begun.
    fn observation(&mut self, line: &Line, each: &Each) {
        let Some(matcher) = line.field(FieldName::Of) else {
            return;
        };
        let Form::Scalar(scalar) = &matcher.form else {
            return;
        };
        let Some(text) = scalar.as_text() else {
            return;
        };
        for name in values(text, each) {
            let message = match self.scope.captures.get(&name) {
                Some(capture) if is_observation(capture.word) => continue,
                Some(capture) => format!("\"{name}\" is no observation but a {}", capture.word),
                None if self.scope.doubtful.contains(&name) => continue,
                None => format!("no observation \"{name}\" has begun"),
            };
            let mut mistake = Diagnostic::error(self.file, matcher.span, message);
            mistake.help = Some("an Observe with `as: NAME` names an observation".to_owned());
            self.diagnostics.push(mistake);
        }
    }
}

/// Every message that `steps` capture.
pub(crate) fn collect(steps: &[Step], captures: &mut std::collections::BTreeMap<String, Capture>) {
    for step in steps {
        for line in &step.lines {
            capture(line, &step.each, captures);
        }
        collect(&step.group, captures);
    }
}

fn capture(line: &Line, each: &Each, captures: &mut std::collections::BTreeMap<String, Capture>) {
    for inner in &line.alternatives {
        capture(inner, each, captures);
    }
    let Some(text) = &line.as_name else {
        return;
    };
    for name in values(text, each) {
        let capture = Capture {
            word: line.word.value,
            seat: line.seat,
            span: text.span,
        };
        captures.insert(name, capture);
    }
}

/// The texts that a text stands for, with the names of `each`; none if something else is in it.
fn values(text: &Text, each: &Each) -> Vec<String> {
    let lookup = |entry: &[(String, Scalar)], name: &str| {
        let found = entry.iter().find(|(known, _)| known == name);
        found.map(|(_, scalar)| scalar.to_string())
    };
    let resolve = |entry: &[(String, Scalar)]| text.resolve(|name| lookup(entry, name)).ok();
    match each {
        Each::Entries(entries) => entries.iter().filter_map(|entry| resolve(entry)).collect(),
        Each::List(name, EachList::Values(list)) => list
            .iter()
            .filter_map(|scalar| resolve(&[(name.clone(), scalar.clone())]))
            .collect(),
        _ => resolve(&[]).into_iter().collect(),
    }
}

/// The names that `each` gives; a name counts if every entry has it.
fn names(each: &Each) -> Vec<String> {
    match each {
        Each::Once => Vec::new(),
        Each::List(name, _) => vec![name.clone()],
        Each::Entries(entries) => {
            let Some((first, rest)) = entries.split_first() else {
                return Vec::new();
            };
            first
                .iter()
                .map(|(name, _)| name.clone())
                .filter(|name| {
                    rest.iter()
                        .all(|entry| entry.iter().any(|(other, _)| other == name))
                })
                .collect()
        }
    }
}

const fn is_observation(word: Word) -> bool {
    matches!(word, Word::Observe | Word::ObserveComposite)
}
