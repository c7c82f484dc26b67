//! The record of a case between emulators in virtual time: no evidence beside it.

use std::sync::Arc;

use judge::{CaseFacts, case_record};
use record::CaseRecord;
use runner::casting::Run;
use runner::mutant::Defect;
use testcase::{Seat, TestCase};

/// Plays `case` in `run`, judging `seat`.
pub fn rehearse(run: &Run, case: &Arc<TestCase>, seat: Seat) -> CaseRecord {
    rehearse_with(run, case, seat, None)
}

/// Plays `case` in `run`, judging `seat`, whose emulator may have a defect.
pub(crate) fn rehearse_with(
    run: &Run,
    case: &Arc<TestCase>,
    seat: Seat,
    defect: Option<Defect>,
) -> CaseRecord {
    let stage = runner::rehearse(run, case, seat, defect);
    let facts = CaseFacts {
        folder: String::new(),
        wall_time: 0,
        jumped: true,
        implementation: 0,
        operator: 0,
        waits: Vec::new(),
    };
    case_record(stage.play.first(), facts)
}
