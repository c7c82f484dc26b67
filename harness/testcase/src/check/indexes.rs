//! What cases and mutants name of the indexes: requirements of the TS, letters of the ETS.

use crate::diagnostic::suggest;
use crate::index::{ets, requirements};
use crate::model::{Criteria, Line, Mutant, Span, Spanned, Step, TestCase};
use crate::{Diagnostic, EtsCase};

/// Reports requirements that the TS lacks and letters that the ETS lacks.
pub(crate) fn check_indexes(case: &TestCase) -> Vec<Diagnostic> {
    let mut judged: Vec<&Spanned<String>> = case.judges.iter().collect();
    let steps = || case.dialogue.iter().chain(&case.meanwhile);
    steps().for_each(|step| judges(step, &mut judged));
    let mut mistakes: Vec<Diagnostic> = judged
        .iter()
        .filter_map(|id| unknown(&case.file, &id.value, id.span))
        .collect();
    let listed = case.number().and_then(ets::find);
    if let Some(listed) = listed.filter(|listed| listed.criteria > 0) {
        let mut named = Vec::new();
        steps().for_each(|step| letters(step, &mut named));
        mistakes.extend(
            named
                .iter()
                .filter_map(|letter| beyond(&case.file, letter, &listed)),
        );
    }
    mistakes
}

/// Reports requirements that a state judges and the TS lacks.
pub(crate) fn check_judges(file: &str, steps: &[Step]) -> Vec<Diagnostic> {
    let mut judged = Vec::new();
    steps.iter().for_each(|step| judges(step, &mut judged));
    let unknown = judged
        .iter()
        .filter_map(|id| unknown(file, &id.value, id.span));
    unknown.collect()
}

/// Reports requirements that a mutant breaks and the TS lacks.
pub(crate) fn check_breaks(mutant: &Mutant) -> Vec<Diagnostic> {
    let named = requirements::named_in(&mutant.breaks.value);
    let unknown = named
        .iter()
        .filter_map(|(_, id)| unknown(&mutant.file, id, mutant.breaks.span));
    unknown.collect()
}

/// The requirements that a step names, and the steps within it.
fn judges<'a>(step: &'a Step, judged: &mut Vec<&'a Spanned<String>>) {
    judged.extend(&step.judges);
    for inner in step.group.iter().chain(step.printed.as_deref()) {
        judges(inner, judged);
    }
}

/// The letters that a step names, and the lines and steps within it.
fn letters<'a>(step: &'a Step, named: &mut Vec<&'a Spanned<String>>) {
    match &step.criteria {
        Criteria::None => {}
        Criteria::All(letters) => named.extend(letters),
        Criteria::Seats(seats) => named.extend(seats.iter().flat_map(|(_, letters)| letters)),
    }
    let of_line = |line: &'a Line| line.criteria.iter();
    named.extend(step.lines.iter().flat_map(of_line));
    for inner in step.group.iter().chain(step.printed.as_deref()) {
        letters(inner, named);
    }
}

fn unknown(file: &str, id: &str, span: Span) -> Option<Diagnostic> {
    if requirements::is_known(id) {
        return None;
    }
    let message = format!("no requirement is called \"{id}\"");
    let near = suggest(id, requirements::ids().iter().copied());
    let help = "testcases/requirements.yaml lists the requirements of the TS";
    let mistake = Diagnostic::error(file, span, message).with_help(help);
    Some(match near {
        Some(near) => mistake.with_label(format!("did you mean \"{near}\"?")),
        None => mistake,
    })
}

fn beyond(file: &str, letter: &Spanned<String>, listed: &EtsCase) -> Option<Diagnostic> {
    let last = char::from(b'A'.saturating_add(listed.criteria.saturating_sub(1)));
    let is_listed = letter.value.chars().all(|c| ('A'..=last).contains(&c));
    (!is_listed).then(|| {
        let message = format!(
            "the ETS has no criterion {} in case {}",
            letter.value, listed.number
        );
        let help = match listed.criteria {
            1 => "its only criterion is A".to_owned(),
            _ => format!("its criteria are A to {last}"),
        };
        Diagnostic::error(file, letter.span, message).with_help(help)
    })
}
