//! The record of a play.

use record::{CaseRecord, CaseSummary};

use crate::Play;

/// Facts of the driver.
pub struct CaseFacts {
    /// Folder of the evidence, relative to the session's.
    pub folder: String,
    /// Wall time in nanoseconds.
    pub wall_time: u64,
    /// Whether the clock jumped.
    pub jumped: bool,
    /// Waits.
    pub waits: Vec<record::Wait>,
    /// Nanoseconds spent waiting for the implementation.
    pub implementation: u64,
    /// Nanoseconds spent waiting for the operator.
    pub operator: u64,
}

/// The record.
pub fn case_record(play: &Play, facts: CaseFacts) -> CaseRecord {
    let case = &play.setting().case;
    let ledger = play.ledger();
    let verdict = play.verdict();
    CaseRecord {
        format: record::FORMAT,
        summary: CaseSummary {
            case: case.name.clone(),
            id: case.id.clone(),
            title: case.title.clone(),
            seat: play.setting().judged.to_string(),
            verdict,
            tool: verdict,
            teams: Vec::new(),
            reason: ledger.reason.clone(),
            criteria: ledger.letters(),
            remarks: 0,
            expected: None,
            duration: facts.wall_time,
            clock: 0,
            forced: 0,
            implementation: facts.implementation,
            operator: facts.operator,
            folder: facts.folder,
            capture_hash: String::new(),
        },
        source: case.source.document.clone(),
        configuration: case.configuration.value.clone(),
        file: case.file.clone(),
        text: case.text.to_string(),
        steps: ledger.steps.clone(),
        frames: Vec::new(),
        waits: facts.waits,
        controls: ledger.controls.clone(),
        remarks: ledger.remarks.clone(),
        bindings: Vec::new(),
    }
}
