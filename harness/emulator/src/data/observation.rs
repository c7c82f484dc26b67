//! When an observed value is told: pmin, pmax, gt, lt, st, edge, epmin, epmax (Core TS, 7.3.2; 1.2: 5.1.2).
//!
//! One observation is a schedule; who observes and how the notification is sent stands in `client`.

use std::time::Duration;

use coap::Time;
use lwm2m::{Node, Path, Value};

use super::Attributes;

/// What is observed, and what was told last.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The observed paths; one, or those of an Observe-Composite.
    pub targets: Vec<Path>,
    /// Attributes given with the request itself (since 1.2); they go before attached ones.
    pub own: Attributes,
    /// When it is told next.
    pub schedule: Schedule,
    told: Vec<Node>,
    seen: Vec<Node>,
}

/// The clock of one observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// When the last notification, or the answer to Observe, was sent.
    pub told: Time,
    /// When the value was looked at last.
    pub evaluated: Time,
    /// Whether a condition was met since.
    pub due: bool,
}

impl Observation {
    /// An observation whose answer tells `nodes` at `now`.
    pub fn new(targets: Vec<Path>, own: Attributes, nodes: Vec<Node>, now: Time) -> Self {
        let schedule = Schedule {
            told: now,
            evaluated: now,
            due: false,
        };
        Self {
            targets,
            own,
            schedule,
            told: nodes.clone(),
            seen: nodes,
        }
    }

    /// Looks at the values as they are at `now` and notes whether they have to be told.
    ///
    /// Within the minimum evaluation period nothing is looked at.
    pub fn evaluate(&mut self, now: Time, nodes: &[Node], attributes: &Attributes) {
        let evaluable = self
            .next_evaluation(attributes)
            .is_none_or(|earliest| now >= earliest);
        if !evaluable || nodes == self.seen {
            return;
        }
        self.schedule.evaluated = now;
        let met = if attributes.has_condition() {
            nodes
                .iter()
                .any(|node| self.meets_condition(node, attributes))
        } else {
            true
        };
        self.schedule.due |= met;
        self.seen = nodes.to_vec();
    }

    /// When the next notification has to be sent, if nothing changes until then.
    pub fn deadline(&self, attributes: &Attributes) -> Option<Time> {
        let longest = attributes
            .maximum_period()
            .map(|period| self.schedule.told + period);
        let changed = self
            .schedule
            .due
            .then(|| self.schedule.told + attributes.minimum_period());
        match (changed, longest) {
            (Some(changed), Some(longest)) => Some(changed.min(longest)),
            (changed, longest) => changed.or(longest),
        }
    }

    /// The earliest moment at which the values may be looked at again; `None` if at any.
    pub fn next_evaluation(&self, attributes: &Attributes) -> Option<Time> {
        let period = Duration::from_secs(attributes.epmin.unwrap_or(0).into());
        (!period.is_zero()).then(|| self.schedule.evaluated + period)
    }

    /// Notes that `nodes` are told at `now`; both periods begin anew.
    pub fn tell(&mut self, now: Time, nodes: Vec<Node>) {
        self.schedule = Schedule {
            told: now,
            evaluated: now,
            due: false,
        };
        self.told.clone_from(&nodes);
        self.seen = nodes;
    }

    fn meets_condition(&self, node: &Node, attributes: &Attributes) -> bool {
        let seen = find(&self.seen, node.path);
        if let (Some(edge), Value::Boolean(now)) = (attributes.edge, &node.value) {
            return *now == edge && seen == Some(&Value::Boolean(!edge));
        }
        let (Some(now), Some(before)) = (number(&node.value), seen.and_then(number)) else {
            return seen != Some(&node.value);
        };
        let crossed = |threshold: Option<f64>| {
            threshold.is_some_and(|threshold| (before > threshold) != (now > threshold))
        };
        let undercut = |threshold: Option<f64>| {
            threshold.is_some_and(|threshold| (before < threshold) != (now < threshold))
        };
        let told = find(&self.told, node.path).and_then(number);
        let stepped = attributes
            .st
            .is_some_and(|step| told.is_none_or(|told| now != told && (now - told).abs() >= step));
        crossed(attributes.gt) || undercut(attributes.lt) || stepped
    }
}

fn find(nodes: &[Node], path: Path) -> Option<&Value> {
    nodes
        .iter()
        .find(|node| node.path == path)
        .map(|node| &node.value)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) | Value::Time(number) => Some(*number as f64),
        Value::UnsignedInteger(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lwm2m::Version;

    fn at(second: u64) -> Time {
        Time::ZERO + Duration::from_secs(second)
    }

    fn integer(value: i64) -> Vec<Node> {
        vec![Node::new("/3/0/9".parse().unwrap(), Value::Integer(value))]
    }

    fn attributes(queries: &[&str]) -> Attributes {
        let mut attributes = Attributes::default();
        attributes.change(queries, Version::V1_2).unwrap();
        attributes
    }

    /// Seconds and the values set then.
    type Course<'a> = &'a [(u64, i64)];

    /// Plays values at seconds against attributes; returns the seconds at which something was told.
    fn told(queries: &[&str], values: Course<'_>, until: u64) -> Vec<u64> {
        let attributes = attributes(queries);
        let mut current = 100;
        let target = "/3/0/9".parse().unwrap();
        let mut observation =
            Observation::new(vec![target], Attributes::default(), integer(current), at(0));
        let mut told = Vec::new();
        for second in 0..=until {
            if let Some((_, value)) = values.iter().find(|(when, _)| *when == second) {
                current = *value;
            }
            observation.evaluate(at(second), &integer(current), &attributes);
            if observation
                .deadline(&attributes)
                .is_some_and(|due| due <= at(second))
            {
                observation.tell(at(second), integer(current));
                told.push(second);
            }
        }
        told
    }

    #[test]
    fn keeps_the_periods() {
        let cases: [(&[&str], Course<'_>, u64, &[u64]); 9] = [
            (&[], &[(3, 101), (4, 102)], 20, &[3, 4]),
            (&[], &[], 100, &[]),
            (&["pmin=5"], &[(3, 101), (4, 102)], 20, &[5]),
            (
                &["pmin=5"],
                &[(3, 101), (4, 102), (6, 103), (20, 104)],
                30,
                &[5, 10, 20],
            ),
            (&["pmax=7"], &[], 21, &[7, 14, 21]),
            (&["pmax=7"], &[(3, 101)], 12, &[3, 10]),
            (&["pmin=5", "pmax=7"], &[(1, 101)], 13, &[5, 12]),
            (&["pmin=5", "pmax=5"], &[(1, 101), (2, 102)], 11, &[5, 10]),
            (&["pmin=9", "pmax=4"], &[(1, 101)], 30, &[9]),
        ];
        for (queries, values, until, wanted) in cases {
            assert_eq!(
                told(queries, values, until),
                wanted,
                "{queries:?} {values:?}"
            );
        }
    }

    #[test]
    fn keeps_the_conditions() {
        let cases: [(&[&str], Course<'_>, &[u64]); 8] = [
            (
                &["gt=110"],
                &[(1, 105), (2, 111), (3, 112), (4, 110), (5, 109)],
                &[2, 4],
            ),
            (&["lt=90"], &[(1, 90), (2, 89), (3, 50), (4, 90)], &[2, 4]),
            (
                &["st=10"],
                &[(1, 105), (2, 110), (3, 115), (4, 120), (5, 100)],
                &[2, 4, 5],
            ),
            (
                &["gt=110", "st=50"],
                &[(1, 111), (2, 112), (3, 161)],
                &[1, 3],
            ),
            (&["gt=110", "pmin=5"], &[(1, 111), (2, 100)], &[5]),
            (&["gt=110", "pmax=6"], &[(1, 105)], &[6]),
            (&["epmin=4"], &[(1, 101), (5, 102)], &[4, 8]),
            (&["st=0"], &[(1, 100), (2, 101)], &[2]),
        ];
        for (queries, values, wanted) in cases {
            assert_eq!(told(queries, values, 9), wanted, "{queries:?} {values:?}");
        }
    }

    #[test]
    fn tells_only_the_wanted_edge() {
        let door = |open| {
            vec![Node::new(
                "/3347/0/5500".parse().unwrap(),
                Value::Boolean(open),
            )]
        };
        for (edge, wanted) in [("edge=1", true), ("edge=0", false)] {
            let attributes = attributes(&[edge]);
            let mut observation = Observation::new(
                vec!["/3347/0/5500".parse().unwrap()],
                Attributes::default(),
                door(!wanted),
                at(0),
            );
            observation.evaluate(at(1), &door(wanted), &attributes);
            assert!(observation.schedule.due, "{edge}");
            observation.tell(at(1), door(wanted));
            observation.evaluate(at(2), &door(!wanted), &attributes);
            assert!(!observation.schedule.due, "{edge}");
        }
    }
}
