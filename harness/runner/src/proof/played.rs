//! A case played in virtual time, as far as the proof asks.

use std::collections::BTreeSet;
use std::sync::Arc;

use record::Verdict;
use testcase::{Seat, TestCase};

use crate::casting::Run;
use crate::mutant::Defect;
use crate::rehearsal::rehearse;

/// How a case went.
#[derive(Clone, Debug)]
pub struct Played {
    /// Its verdict.
    pub verdict: Verdict,
    /// Why, unless it passed.
    pub reason: String,
    /// Letters of every step that was begun.
    pub letters: BTreeSet<String>,
    /// The first step that failed.
    pub failed: Option<Failure>,
    /// Rules of the referee that spoke.
    pub rules: BTreeSet<String>,
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its letters.
    pub letters: Vec<String>,
    /// Who is to blame.
    pub blame: String,
}

impl Played {
    /// Plays `case` in `run`, judging `seat`, whose emulator may have a defect.
    pub fn of(run: &Run, case: &Arc<TestCase>, seat: Seat, defect: Option<Defect>) -> Self {
        let stage = rehearse(run, case, seat, defect);
        let ledger = stage.play.ledger();
        let steps = &ledger.steps;
        let remarks = steps.iter().flat_map(|step| &step.remarks);
        let remarks = remarks.chain(&ledger.remarks);
        let spoken = remarks.filter_map(|remark| remark.rule.clone());
        let broken = steps.iter().filter_map(|step| step.mismatch.as_ref());
        let failed = steps
            .iter()
            .find(|step| step.verdict == Some(Verdict::Fail));
        Self {
            verdict: stage.play.verdict(),
            rules: spoken
                .chain(broken.filter_map(|mismatch| mismatch.rule.clone()))
                .collect(),
            reason: ledger.reason.clone().unwrap_or_default(),
            letters: steps
                .iter()
                .flat_map(|step| step.criteria.clone())
                .collect(),
            failed: failed.map(|step| Failure {
                letters: step.criteria.clone(),
                blame: step.blame.clone().unwrap_or_default(),
            }),
        }
    }

    /// The letter that failed first, if this seat is to blame.
    pub fn failed_by(&self, seat: Seat) -> Option<&str> {
        let failed = self
            .failed
            .as_ref()
            .filter(|_| self.verdict == Verdict::Fail)?;
        let letter = failed.letters.first().map_or("", String::as_str);
        (failed.blame == seat.to_string()).then_some(letter)
    }

    /// What happened, for the author of a case or mutant.
    pub fn told(&self) -> String {
        let how = match &self.failed {
            Some(failed) => format!(
                "letters {}, blame {}",
                failed.letters.join(" "),
                failed.blame
            ),
            None => "no step failed".to_owned(),
        };
        format!("{}, {how}: {}", self.verdict, self.reason)
    }
}
