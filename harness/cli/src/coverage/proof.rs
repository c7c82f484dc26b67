//! Mutants in play, to see which of the referee's rules find them.

use std::collections::BTreeSet;
use std::sync::Arc;

use judge::referee::{Level, RULES};
use lwm2m::Version;
use record::CaseRecord;
use runner::casting::Run;
use runner::mutant::defect;
use runner::plan::Plan;
use testcase::{Library, Mutant, TestCase};

use crate::rehearsal::rehearse_with;

/// The rules that find `mutant` in the cases that catch or remark it, whatever the version.
///
/// A rule that can fail a case has to; one that only remarks has to remark.
pub(super) fn rules_that_find(mutant: &Mutant, library: &Arc<Library>) -> BTreeSet<String> {
    let mut rules = BTreeSet::new();
    for reference in mutant.caught_by.keys().chain(mutant.remarked_by.keys()) {
        let Some(case) = library.find(reference).cloned().map(Arc::new) else {
            continue;
        };
        for version in Version::ALL {
            let run = Arc::new(Run::of_emulators(Arc::clone(library), version, mutant.seat));
            if !applies(&run, &case, mutant) {
                continue;
            }
            if let Ok(defect) = defect(mutant, &run.types) {
                let record = rehearse_with(&run, &case, mutant.seat, Some(defect));
                rules.extend(found(&record));
            }
        }
    }
    rules
}

fn applies(run: &Arc<Run>, case: &Arc<TestCase>, mutant: &Mutant) -> bool {
    let plan = Plan::of(
        &|_| Arc::clone(run),
        std::slice::from_ref(case),
        &[mutant.seat],
        |_| true,
    );
    !plan.selected.is_empty()
}

/// The rules that failed a step, or spoke of one that had failed already, and those that remarked what they cannot fail.
fn found(record: &CaseRecord) -> BTreeSet<String> {
    // the case may have failed the same step after the rule; the reason is the first
    let reason = record.summary.reason.as_deref().unwrap_or_default();
    let failed = RULES
        .iter()
        .filter(|rule| reason.split(": ").next() == Some(rule.name));
    let mut rules: BTreeSet<String> = failed.map(|rule| rule.name.to_owned()).collect();
    for step in &record.steps {
        let spoke = step.remarks.iter().filter_map(|remark| remark.rule.clone());
        if let Some(mismatch) = &step.mismatch {
            rules.extend(mismatch.rule.clone());
            rules.extend(spoke);
        } else {
            rules.extend(spoke.filter(|rule| only_remarks(rule)));
        }
    }
    let spoke = record.remarks.iter().filter_map(|one| one.rule.clone());
    rules.extend(spoke.filter(|rule| only_remarks(rule)));
    rules
}

fn only_remarks(name: &str) -> bool {
    let rule = RULES.iter().find(|rule| rule.name == name);
    rule.is_some_and(|rule| rule.level != Level::Must)
}
