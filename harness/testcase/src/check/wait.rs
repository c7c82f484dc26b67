//! The wait that a case forces (notation, section 4).

use std::time::Duration;

use lwm2m::Version;

use crate::model::{
    Configuration, Each, EachList, Expression, ExpressionNode, Form, Line, Scalar, Seat,
    SettingValue, Step, Test, TestCase, Word, duration,
};

impl TestCase {
    /// The shortest time that this case takes in `version`, with emulators in every seat.
    pub fn forced_wait(&self, version: Version) -> Duration {
        self.forced_wait_of(version, &[])
    }

    /// The time that this case takes with implementations in the seats `iuts`: their notifications may take the largest gap.
    pub fn forced_wait_of(&self, version: Version, iuts: &[Seat]) -> Duration {
        let wait = Wait {
            case: self,
            version,
            iuts,
        };
        wait.steps(&self.dialogue, &[])
    }

    /// The lifetime that the case insists on, or that its configuration gives.
    pub fn lifetime(&self, configuration: &Configuration) -> Option<Duration> {
        let insisted = self.with.values.iter().find_map(|entry| {
            let key = entry.key.to_string();
            let lifetime = key.starts_with("/1/") && key.ends_with("/1");
            lifetime.then(|| at_least(&entry.matcher.form)).flatten()
        });
        let configured = configuration.values.iter().filter_map(|setting| {
            let lifetime = setting.path.object() == Some(1) && setting.path.resource() == Some(1);
            match &setting.value {
                SettingValue::Scalar(scalar) if lifetime => seconds(scalar),
                _ => None,
            }
        });
        insisted.or(configured.min())
    }
}

struct Wait<'a> {
    case: &'a TestCase,
    version: Version,
    iuts: &'a [Seat],
}

/// Names of `each` with their values.
type Names<'a> = [(&'a str, &'a Scalar)];

impl Wait<'_> {
    fn steps(&self, steps: &[Step], names: &Names<'_>) -> Duration {
        steps.iter().map(|step| self.step(step, names)).sum()
    }

    fn step(&self, step: &Step, outer: &Names<'_>) -> Duration {
        if !step
            .when
            .as_ref()
            .is_none_or(|when| holds(when, self.version))
        {
            return Duration::ZERO;
        }
        let once = |entry: &[(String, Scalar)]| {
            let mut names: Vec<(&str, &Scalar)> = outer.to_vec();
            names.extend(entry.iter().map(|(name, scalar)| (name.as_str(), scalar)));
            self.once(step, &names)
        };
        match &step.each {
            Each::Once => once(&[]),
            Each::Entries(entries) => entries.iter().map(|entry| once(entry)).sum(),
            Each::List(name, EachList::Values(values)) => values
                .iter()
                .map(|value| once(&[(name.clone(), value.clone())]))
                .sum(),
            // The list may be empty.
            Each::List(_, EachList::Variable(_)) => Duration::ZERO,
        }
    }

    fn once(&self, step: &Step, names: &Names<'_>) -> Duration {
        let after = self.time(step.after.as_ref(), names);
        let lines: Duration = step.lines.iter().map(|line| self.line(line, names)).sum();
        let group = step.group.iter().map(|inner| self.step(inner, names)).max();
        after
            .saturating_add(lines)
            .saturating_add(group.unwrap_or_default())
    }

    fn line(&self, line: &Line, names: &Names<'_>) -> Duration {
        if line.word.value == Word::Silence {
            return self.time(line.within.as_ref(), names);
        }
        let Some(gap) = &line.gap else {
            return Duration::ZERO;
        };
        let waits = self.iuts.contains(&line.seat) && gap.at_most.is_some();
        let gap = if waits { &gap.at_most } else { &gap.at_least };
        self.time(gap.as_ref(), names).saturating_mul(line.count)
    }

    /// The duration, if it can be told before the run; else nothing is forced.
    fn time(&self, scalar: Option<&Scalar>, names: &Names<'_>) -> Duration {
        let Some(text) = scalar.and_then(Scalar::as_text) else {
            return Duration::ZERO;
        };
        let parameters = self.case.parameters.iter();
        let parameters = parameters.map(|(name, scalar)| (name.as_str(), scalar));
        let known: Vec<_> = names.iter().copied().chain(parameters).collect();
        let lookup = |name: &str| {
            let found = known.iter().find(|(known, _)| *known == name);
            found.map(|(_, scalar)| scalar.to_string())
        };
        let resolved = text.resolve(lookup).ok();
        resolved
            .and_then(|text| duration::parse(&text))
            .unwrap_or_default()
    }
}

/// Whether an expression surely holds in `version`.
fn holds(expression: &Expression, version: Version) -> bool {
    decide(&expression.node, version) == Some(true)
}

fn decide(node: &ExpressionNode, version: Version) -> Option<bool> {
    match node {
        ExpressionNode::Always(value) => Some(*value),
        ExpressionNode::Version(comparison, wanted) => Some(comparison.holds(version.cmp(wanted))),
        ExpressionNode::Not(part) => decide(part, version).map(|value| !value),
        ExpressionNode::And(parts) => {
            let values: Vec<_> = parts.iter().map(|part| decide(part, version)).collect();
            match values.contains(&Some(false)) {
                true => Some(false),
                false => values.iter().all(Option::is_some).then_some(true),
            }
        }
        ExpressionNode::Or(parts) => {
            let values: Vec<_> = parts.iter().map(|part| decide(part, version)).collect();
            match values.contains(&Some(true)) {
                true => Some(true),
                false => values.iter().all(Option::is_some).then_some(false),
            }
        }
        _ => None,
    }
}

fn at_least(form: &Form) -> Option<Duration> {
    match form {
        Form::Scalar(scalar) => seconds(scalar),
        Form::Tests(tests) => tests.iter().find_map(|test| match test {
            Test::Is(scalar) | Test::AtLeast(scalar) => seconds(scalar),
            _ => None,
        }),
        _ => None,
    }
}

/// A lifetime: whole seconds, or a duration.
fn seconds(scalar: &Scalar) -> Option<Duration> {
    match scalar.kind {
        crate::ScalarKind::Integer(number) => u64::try_from(number).ok().map(Duration::from_secs),
        _ => scalar.as_duration(),
    }
}
