//! Whether each seat of a case has something to do there.

use std::collections::BTreeMap;

use super::scope::Capture;
use crate::Diagnostic;
use crate::model::{ExpressionNode, Line, Seat, Span, Spanned, Step, TestCase};

/// Reports seats that cannot fail, seats that are not there, and raw bytes where no raw bytes can come from.
pub(crate) fn check_seats(
    case: &TestCase,
    captures: &BTreeMap<String, Capture>,
    place: impl Fn(&str) -> Span,
) -> Vec<Diagnostic> {
    let error = |span, message| Diagnostic::error(&case.file, span, message);
    let mut mistakes = Vec::new();
    for seat in &case.seats {
        if case.emulated.contains(seat) {
            let message = format!("seat \"{seat}\" is judged and emulated");
            mistakes.push(error(place("emulated"), message));
        } else if !case
            .dialogue
            .iter()
            .any(|step| can_fail(step, *seat, captures))
        {
            let message = format!("seat \"{seat}\" is judged and can never fail");
            let help = "a line of this seat, or a check of what it sent, needs a criterion";
            mistakes.push(error(place("seats"), message).with_help(help));
        }
    }
    let mut others = case.clone();
    others.emulated.clear();
    let present = others.participants();
    for seat in case.emulated.iter().filter(|seat| !present.contains(seat)) {
        let message = format!("seat \"{seat}\" is emulated and not in the dialogue");
        mistakes.push(error(place("emulated"), message));
    }
    for step in case.dialogue.iter().chain(&case.meanwhile) {
        raw(step, case, &mut mistakes);
    }
    mistakes
}

/// Whether some line of `seat`, or a look at what it sent, has a letter.
fn can_fail(step: &Step, seat: Seat, captures: &BTreeMap<String, Capture>) -> bool {
    let letters = !step.criteria.of(seat).is_empty();
    let line = |line: &Line| line.seat == seat && (letters || has_letters(line));
    let looked = step.checks.iter().any(|check| {
        let subject = check.subject.to_string();
        let name = subject.split('.').next().unwrap_or("");
        captures
            .get(name)
            .is_some_and(|capture| capture.seat == seat)
    });
    step.lines.iter().any(line)
        || letters && (looked || step.native.is_some())
        || step
            .group
            .iter()
            .any(|inner| can_fail(inner, seat, captures))
}

fn has_letters(line: &Line) -> bool {
    !line.criteria.is_empty() || line.alternatives.iter().any(has_letters)
}

fn raw(step: &Step, case: &TestCase, mistakes: &mut Vec<Diagnostic>) {
    for line in &step.lines {
        let bytes = std::iter::once(line)
            .chain(&line.alternatives)
            .find_map(|line| line.datagram.as_ref());
        if let Some(bytes) = bytes
            && !case.emulated.contains(&line.seat)
            && !step
                .when
                .as_ref()
                .is_some_and(|when| excludes(&when.node, line.seat))
        {
            let message = format!("\"datagram\" is sent by {}, who is not emulated", line.seat);
            let seat = line.seat;
            let help = format!("emulated: [{seat}], or the step's when: not iut({seat})");
            mistakes.push(Diagnostic::error(&case.file, bytes.span, message).with_help(help));
        }
    }
    for inner in step.group.iter().chain(step.printed.as_deref()) {
        raw(inner, case, mistakes);
    }
}

/// Whether a step is left out when an implementation holds `seat`.
fn excludes(node: &ExpressionNode, seat: Seat) -> bool {
    match node {
        ExpressionNode::And(parts) => parts.iter().any(|part| excludes(part, seat)),
        ExpressionNode::Not(part) => **part == ExpressionNode::Iut(seat),
        _ => false,
    }
}

/// Reports letters in a dialogue that decides nothing.
pub(crate) fn check_letters(file: &str, steps: &[Step]) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    let mut report = |letters: &[Spanned<String>]| {
        if let Some(letter) = letters.first() {
            let message = "a state has no criteria: its failure is Inconclusive";
            mistakes.push(Diagnostic::error(file, letter.span, message));
        }
    };
    for step in steps
        .iter()
        .flat_map(|step| std::iter::once(step).chain(&step.group))
    {
        Seat::ALL
            .iter()
            .for_each(|seat| report(step.criteria.of(*seat)));
        step.lines.iter().for_each(|line| report(&line.criteria));
    }
    mistakes.dedup();
    mistakes
}
