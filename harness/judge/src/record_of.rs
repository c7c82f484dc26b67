//! The record of a play: `case.json`, from which every report of a case is drawn.
//!
//! Frames are in `frame`, their options and content in files of their own. What only the driver knows comes in [`CaseFacts`].

mod content;
mod frame;
mod label;
mod options;
mod passing;
#[cfg(test)]
mod tests;

use record::{CaseRecord, CaseSummary, Field, StepRecord, Verdict, Wait, WaitKind};
use testcase::requirements;

use crate::Play;
use crate::play::Ledger;
pub(crate) use frame::Frames;

pub(crate) use content::of as content_of;
pub use passing::Follower;

/// Facts of the driver.
pub struct CaseFacts {
    /// Folder of the evidence, relative to the session's.
    pub folder: String,
    /// Wall time in nanoseconds.
    pub wall_time: u64,
    /// Whether the clock jumped: waits that nobody marked then count as jumped over.
    pub jumped: bool,
    /// Waits that were sat out or jumped over.
    pub waits: Vec<Wait>,
    /// Nanoseconds spent waiting for the implementation.
    pub implementation: u64,
    /// Nanoseconds spent waiting for the operator.
    pub operator: u64,
}

/// The record of a play; the hash of the capture, the overhead and the errata are left to the driver.
pub fn case_record(play: &Play, facts: CaseFacts) -> CaseRecord {
    case_record_of(play, facts, |_| true)
}

/// The same with only those frames whose numbers `keep` wants.
pub fn case_record_of(play: &Play, facts: CaseFacts, keep: impl Fn(u32) -> bool) -> CaseRecord {
    let (case, ledger) = (&play.setting().case, play.ledger());
    let (began, _) = play.span();
    let frames = Frames::new(
        play.transfer(),
        &play.setting().types,
        &ledger.steps,
        &ledger.remarks,
    );
    CaseRecord {
        format: record::FORMAT,
        source: source(play),
        configuration: case.configuration.value.clone(),
        file: case.file.clone(),
        text: case.text.to_string(),
        steps: stated(&ledger.steps),
        frames: frames.records(began, keep),
        controls: ledger.controls.clone(),
        remarks: ledger.remarks.clone(),
        bindings: bindings(play),
        readings: Vec::new(),
        seating: None,
        summary: summary(play, &facts),
        waits: facts.waits,
    }
}

fn summary(play: &Play, facts: &CaseFacts) -> CaseSummary {
    let (case, ledger) = (&play.setting().case, play.ledger());
    let (began, ended) = play.span();
    let verdict = play.verdict();
    CaseSummary {
        case: case.name.clone(),
        id: case.id.clone(),
        title: case.title.clone(),
        seat: play.setting().judged.to_string(),
        verdict,
        tool: verdict,
        teams: Vec::new(),
        reason: reason(ledger, verdict),
        criteria: ledger.letters(),
        remarks: remarks(ledger),
        expected: None,
        duration: facts.wall_time,
        clock: nanoseconds(ended.since(began)),
        forced: forced(&facts.waits),
        implementation: facts.implementation,
        operator: facts.operator,
        overhead: 0,
        folder: facts.folder.clone(),
        capture_hash: String::new(),
    }
}

/// The steps; those that failed say what the requirements demand, not only how they are called.
fn stated(steps: &[StepRecord]) -> Vec<StepRecord> {
    let mut steps = steps.to_vec();
    let mismatches = steps.iter_mut().filter_map(|step| step.mismatch.as_mut());
    for id in mismatches.flat_map(|mismatch| &mut mismatch.requirements) {
        *id = requirements::stated(id);
    }
    steps
}

/// `OMA ETS 1.2, int-203`, or `RFC 7252, 4.5` for a case of our own.
fn source(play: &Play) -> String {
    let source = &play.setting().case.source;
    let parts = [
        Some(&source.document),
        source.case.as_ref(),
        source.clause.as_ref(),
    ];
    let parts: Vec<&str> = parts
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(", ")
}

/// Why the verdict is not Pass.
fn reason(ledger: &Ledger, verdict: Verdict) -> Option<String> {
    if verdict == Verdict::Pass {
        return None;
    }
    let mismatch = || {
        let found = ledger.steps.iter().find_map(|step| step.mismatch.as_ref());
        found.map(|mismatch| mismatch.message.clone())
    };
    let open = || {
        let open = ledger
            .steps
            .iter()
            .find(|step| matches!(step.verdict, None | Some(Verdict::Inconclusive)));
        open.map(|step| format!("not decided: {}", step.sentence))
    };
    ledger.reason.clone().or_else(mismatch).or_else(open)
}

fn remarks(ledger: &Ledger) -> u32 {
    let of_steps: usize = ledger.steps.iter().map(|step| step.remarks.len()).sum();
    u32::try_from(of_steps + ledger.remarks.len()).unwrap_or(u32::MAX)
}

fn bindings(play: &Play) -> Vec<Field> {
    let bindings = play.bindings().into_iter();
    bindings
        .map(|(name, value)| Field::new(name, value))
        .collect()
}

/// What the protocol made the case wait.
fn forced(waits: &[Wait]) -> u64 {
    waits
        .iter()
        .filter(|wait| wait.kind == WaitKind::Protocol)
        .map(|wait| wait.ended.saturating_sub(wait.started))
        .fold(0, u64::saturating_add)
}

fn nanoseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
