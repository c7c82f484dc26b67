//! Steps and groups of steps.

use super::Reader;
use super::line::Speaker;
use super::matcher::Place;
use super::reader::Keys;
use super::value::check_path;
use crate::model::{
    Check, ControlVerb, Criteria, Each, EachList, Lasting, Line, Network, NetworkVerb, Seat, Shape,
    Spanned, Step, WordKind, duration,
};
use crate::notation::{NETWORK, STEP};
use crate::tree::{Node, NodeKind};
use crate::{FieldName, Text};

/// What surrounds a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Around {
    /// A dialogue: every step has its sentence.
    Dialogue,
    /// `meanwhile`: a sentence may be left out.
    Meanwhile,
    /// A group: a sentence may be left out, and no group stands within.
    Group,
}

impl Reader<'_> {
    /// A list of steps.
    pub(crate) fn steps(&mut self, node: &Node, around: Around) -> Vec<Step> {
        let items = self.list(node, "steps").unwrap_or_default();
        if items.is_empty() {
            self.error(node.span, "there are no steps");
        }
        let mut steps = Vec::new();
        for item in items {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                // said once, where the first step too many stands
                if self.steps == MAX_STEPS + 1 {
                    let message = format!("more than {MAX_STEPS} steps in one file");
                    self.error(item.span, message);
                }
                break;
            }
            steps.extend(self.step(item, around));
        }
        steps
    }

    fn step(&mut self, node: &Node, around: Around) -> Option<Step> {
        let is_seat = |name: &str| name.parse::<Seat>().is_ok();
        let (keys, others) = self.split(node, STEP, is_seat)?;
        let lines = self.lines(&others);
        let mut step = self.simple_step(&keys, lines);
        step.sentence = self.sentence(&keys, around);
        step.group = self.group(&keys, around, &step);
        step.printed = self.printed(node, &keys, around);
        self.criteria(&keys, &mut step);
        // A group's letters are those of its steps that name none.
        for inner in &mut step.group {
            if inner.criteria == Criteria::None {
                inner.criteria = step.criteria.clone();
            }
        }
        let complete = others.len() == step.lines.len();
        self.judge_shape(&keys, &step, complete);
        Some(step)
    }

    fn simple_step(&mut self, keys: &Keys<'_>, lines: Vec<Line>) -> Step {
        let mut durations = |name| keys.value(name).and_then(|node| self.duration(node, name));
        let (after, within) = (durations("after"), durations("within"));
        Step {
            sentence: None,
            span: keys.span,
            lines,
            when: keys.value("when").and_then(|node| self.expression(node)),
            each: keys
                .value("each")
                .map_or(Each::Once, |node| self.each(node)),
            group: Vec::new(),
            after,
            network: keys.value("network").and_then(|node| self.network(node)),
            control: self.control(keys),
            triggers: self.triggers(keys),
            checks: self.checks(keys, "check"),
            until: self.checks(keys, "until"),
            within,
            criteria: Criteria::None,
            judges: keys
                .value("judges")
                .map(|node| self.plains(node, "judges"))
                .unwrap_or_default(),
            erratum: keys
                .value("erratum")
                .and_then(|node| self.plain(node, "erratum")),
            printed: None,
            native: keys
                .value("native")
                .and_then(|node| self.plain(node, "native")),
        }
    }

    /// The lines of a step: requests, then answers, then the rest.
    fn lines(&mut self, others: &[(&Spanned<String>, &Node)]) -> Vec<Line> {
        // room for no more: a line is large
        let mut lines = Vec::with_capacity(others.len().min(SEATS));
        for (key, value) in others {
            if let Ok(seat) = key.parse::<Seat>() {
                lines.extend(self.line(value, Speaker::Seat(seat)));
            }
        }
        lines.sort_by_key(|line| match line.word_kind() {
            WordKind::Request => 0,
            WordKind::Answer => 1,
            WordKind::Other => 2,
        });
        lines
    }

    fn sentence(&mut self, keys: &Keys<'_>, around: Around) -> Option<Text> {
        let Some(node) = keys.value("step") else {
            if around == Around::Dialogue {
                self.error(keys.span, "the step has no sentence").help =
                    Some("step: a sentence that is true when it went well".to_owned());
            }
            return None;
        };
        let text = self.text(node, "step")?;
        let written = text.to_string();
        let capital = written.chars().next().is_some_and(|c| !c.is_lowercase());
        if !capital || !written.ends_with(['.', '?']) {
            self.error(
                node.span,
                "the sentence of a step begins with a capital and ends with a full stop",
            );
        }
        Some(text)
    }

    fn group(&mut self, keys: &Keys<'_>, around: Around, step: &Step) -> Vec<Step> {
        let Some((key, node)) = keys.entry("any-order") else {
            return Vec::new();
        };
        if around == Around::Group {
            self.error(key.span, "a group stands within a group");
            return Vec::new();
        }
        if let Some(line) = step.lines.first() {
            let message = "a step with \"any-order\" has lines of its own";
            self.error(line.word.span, message).help =
                Some("the lines stand in the steps of the group".to_owned());
        }
        self.steps(node, Around::Group)
    }

    /// The step with the keys that the ETS prints in place of its own.
    fn printed(&mut self, node: &Node, keys: &Keys<'_>, around: Around) -> Option<Box<Step>> {
        let printed = keys.entry("printed");
        let erratum = keys.entry("erratum");
        match (printed, erratum) {
            (Some((key, _)), None) => {
                self.error(key.span, "\"printed\" has no \"erratum\" to explain it");
            }
            (None, Some((key, _))) => {
                self.error(key.span, "\"erratum\" has no \"printed\" beside it");
            }
            _ => {}
        }
        let NodeKind::Map(original) = &node.kind else {
            return None;
        };
        let NodeKind::Map(changes) = &printed?.1.kind else {
            return None;
        };
        for (key, _) in changes {
            if matches!(key.as_str(), "printed" | "erratum") {
                self.error(
                    key.span,
                    format!("\"{}\" stands within \"printed\"", key.value),
                );
                return None;
            }
        }
        let kept = original.iter().filter(|(key, _)| {
            !matches!(key.as_str(), "printed" | "erratum")
                && !changes
                    .iter()
                    .any(|(changed, _)| changed.value == key.value)
        });
        let merged = Node {
            span: node.span,
            kind: NodeKind::Map(kept.chain(changes).cloned().collect()),
        };
        self.step(&merged, around).map(Box::new)
    }

    fn each(&mut self, node: &Node) -> Each {
        match &node.kind {
            NodeKind::List(items) => {
                let entries: Vec<_> = items.iter().map(|item| self.names(item)).collect();
                if entries.is_empty() {
                    self.error(node.span, "\"each\" has no entries");
                }
                Each::Entries(entries)
            }
            NodeKind::Map(entries) => {
                let [(key, value)] = entries.as_slice() else {
                    self.error(node.span, "\"each\" as a map has one name and its list");
                    return Each::Once;
                };
                let list = match &value.kind {
                    NodeKind::List(_) => EachList::Values(self.scalars(value, key)),
                    _ => match self.text(value, key) {
                        Some(text) if text.as_variable().is_some() => EachList::Variable(text),
                        Some(_) => {
                            let message =
                                format!("\"{}\" is neither a list nor a variable", key.value);
                            self.error(value.span, message);
                            return Each::Once;
                        }
                        None => return Each::Once,
                    },
                };
                Each::List(key.value.clone(), list)
            }
            _ => Each::Once,
        }
    }

    /// Names and values.
    pub(crate) fn names(&mut self, node: &Node) -> Vec<(String, crate::Scalar)> {
        let mut names = Vec::new();
        for (key, value) in self.map(node, "entry").unwrap_or_default() {
            if let Some(scalar) = self.scalar(value, key) {
                names.push((key.value.clone(), scalar));
            }
        }
        names
    }

    /// Names with their places, and single values.
    pub(crate) fn spanned_names(&mut self, node: &Node) -> Vec<(Spanned<String>, crate::Scalar)> {
        let mut names = Vec::new();
        for (key, value) in self.map(node, "entry").unwrap_or_default() {
            if let Some(scalar) = self.scalar(value, key) {
                names.push((Spanned::new(key.value.clone(), key.span), scalar));
            }
        }
        names
    }

    fn control(&mut self, keys: &Keys<'_>) -> Vec<(Seat, Spanned<ControlVerb>)> {
        let mut control = Vec::new();
        let Some(node) = keys.value("control") else {
            return control;
        };
        for (key, value) in self.map(node, "control").unwrap_or_default() {
            let Ok(seat) = key.parse() else {
                self.unknown_seat(key.span, key);
                continue;
            };
            if let Some(verb) = self.choice(value, "verb of control", ControlVerb::NAMED) {
                control.push((seat, Spanned::new(verb, value.span)));
            }
        }
        control
    }

    fn triggers(&mut self, keys: &Keys<'_>) -> Vec<Line> {
        let mut lines = Vec::new();
        let Some(node) = keys.value("trigger") else {
            return lines;
        };
        for (key, value) in self.map(node, "trigger").unwrap_or_default() {
            let Ok(seat) = key.parse::<Seat>() else {
                self.unknown_seat(key.span, key);
                continue;
            };
            let Some(line) = self.line(value, Speaker::Seat(seat)) else {
                continue;
            };
            if line.word_kind() != WordKind::Request {
                let message = format!("\"{}\" is not a request to be triggered", line.word.value);
                self.error(line.word.span, message);
            }
            lines.push(line);
        }
        lines
    }

    fn checks(&mut self, keys: &Keys<'_>, name: &str) -> Vec<Check> {
        let Some(node) = keys.value(name) else {
            return Vec::new();
        };
        let entries = self.map(node, name).unwrap_or_default();
        if entries.is_empty() {
            self.error(node.span, format!("\"{name}\" looks at nothing"));
        }
        let mut checks = Vec::new();
        for (key, value) in entries {
            let subject = self.parse_text(key, key.span);
            let path = key.starts_with('/');
            if path && name == "check" {
                self.error(key.span, "\"check\" looks at a variable, not at a path")
                    .help = Some("name the answer with `as`, and look at NAME.node".to_owned());
            } else if path {
                check_path(self, &subject, Shape::Path);
            }
            let shape = if path { Shape::Value } else { shape_of(key) };
            if let Some(matcher) = self.matcher(value, Place::new(shape, key)) {
                checks.push(Check { subject, matcher });
            }
        }
        checks
    }

    fn network(&mut self, node: &Node) -> Option<Network> {
        let (verb, scope) = match &node.kind {
            NodeKind::Map(entries) => {
                let [(key, scope)] = entries.as_slice() else {
                    self.error(node.span, "\"network\" holds one verb");
                    return None;
                };
                let name = Node {
                    span: key.span,
                    kind: NodeKind::Text(key.value.clone()),
                };
                (name, Some(scope))
            }
            _ => (node.clone(), None),
        };
        let deed = self.choice(&verb, "verb of the network", NetworkVerb::NAMED)?;
        let mut network = Network {
            verb: Spanned::new(deed, verb.span),
            from: None,
            to: None,
            between: None,
            times: None,
            after: None,
            gap: None,
            lasting: Lasting::Step,
        };
        if let Some(scope) = scope {
            let keys = self.keys(scope, NETWORK)?;
            self.scope(&keys, &mut network);
        }
        Some(network)
    }

    fn scope(&mut self, keys: &Keys<'_>, network: &mut Network) {
        network.from = keys.value("from").and_then(|node| self.seat(node));
        network.to = keys.value("to").and_then(|node| self.seat(node));
        network.times = keys
            .value("times")
            .and_then(|node| self.count(node, "times"));
        network.after = keys
            .value("after")
            .and_then(|node| self.count(node, "after"));
        network.gap = keys
            .value("gap")
            .and_then(|node| self.duration(node, "gap"));
        if let Some(node) = keys.value("between") {
            match self.seats(node).as_slice() {
                [one, other] => network.between = Some((*one, *other)),
                _ => {
                    self.error(node.span, "\"between\" wants two seats");
                }
            }
        }
        if let Some(node) = keys.value("for") {
            network.lasting = match node.as_text() {
                Some("case") => Lasting::Case,
                Some("step") => Lasting::Step,
                Some(text) if duration::parse(text).is_none() && !text.contains("${") => {
                    let message = format!("\"{text}\" is not a time the network keeps");
                    self.error(node.span, message).help =
                        Some("for: step, case, or a duration: 5s".to_owned());
                    Lasting::Step
                }
                _ => self
                    .duration(node, "for")
                    .map_or(Lasting::Step, Lasting::Time),
            };
        }
    }

    fn criteria(&mut self, keys: &Keys<'_>, step: &mut Step) {
        let Some(node) = keys.value("criterion") else {
            return;
        };
        let NodeKind::Map(entries) = &node.kind else {
            step.criteria = Criteria::All(self.letters(node));
            return;
        };
        let mut seats = Vec::new();
        for (key, value) in entries {
            match key.parse() {
                Ok(seat) => seats.push((seat, self.letters(value))),
                Err(_) => self.unknown_seat(key.span, key),
            }
        }
        step.criteria = Criteria::Seats(seats);
    }

    /// What a step must and must not have beside each other; `complete` if every line could be read.
    fn judge_shape(&mut self, keys: &Keys<'_>, step: &Step, complete: bool) {
        let mut exchanges = step
            .lines
            .iter()
            .filter(|line| line.word_kind() == WordKind::Request);
        let (request, second) = (exchanges.next(), exchanges.next());
        if let (Some(first), Some(second)) = (request, second) {
            let (message, place) = ("more than one exchange in a step", first.word.span);
            let mistake = self.error(second.word.span, message);
            mistake.help = Some("one step is one exchange; `any-order` groups several".to_owned());
            *mistake = mistake.clone().with_place(place, "the first");
        }
        if !complete {
            return;
        }
        self.judge_answers(step, request);
        if let (Some((key, _)), None) = (keys.entry("until"), request) {
            self.error(key.span, "\"until\" has no exchange to repeat");
        }
        if let (Some((key, _)), None) = (keys.entry("within"), keys.entry("until")) {
            self.error(
                key.span,
                "\"within\" limits a repetition, and there is no \"until\"",
            )
            .help = Some("a line's own `within` stands beside its word".to_owned());
        }
        let acts = [
            "any-order",
            "network",
            "control",
            "trigger",
            "check",
            "native",
        ];
        if step.lines.is_empty() && acts.iter().all(|name| keys.entry(name).is_none()) {
            self.error(step.span, "the step does nothing");
        }
    }

    fn judge_answers(&mut self, step: &Step, request: Option<&Line>) {
        let answers: Vec<_> = step
            .lines
            .iter()
            .filter(|line| line.word_kind() == WordKind::Answer)
            .collect();
        for answer in &answers {
            let word = answer.word.value;
            let Some(request) = request else {
                let message = format!("\"{word}\" answers no request of this step");
                self.error(answer.word.span, message);
                continue;
            };
            let seats: Vec<_> = step.lines.iter().map(|line| line.seat).collect();
            let addressee = request.addressee(&seats);
            if answer.seat != addressee {
                let message = format!(
                    "\"{}\" goes to {addressee}, so {} does not answer it",
                    request.word.value, answer.seat
                );
                let place = request.word.span;
                let mistake = self.error(answer.word.span, message);
                *mistake = mistake.clone().with_place(place, "the request");
            }
        }
        if let [_, second, ..] = answers.as_slice() {
            let message = "more than one answer in a step";
            self.error(second.word.span, message);
        }
    }
}

/// What a variable holds, by the last name in it that is a field.
fn shape_of(variable: &str) -> Shape {
    let bare = variable.trim_start_matches("${").trim_end_matches('}');
    let bare = bare.split("./").next().unwrap_or(bare);
    match bare.rsplit('.').next().and_then(FieldName::from_name) {
        Some(_) if variable.contains("./") => Shape::Value,
        Some(field) if bare.contains('.') => field.shape(),
        _ => Shape::Any,
    }
}

/// Most steps in a file; the longest case has thirty.
const MAX_STEPS: usize = 256;
/// Seats that a step may name without further room.
const SEATS: usize = 4;
