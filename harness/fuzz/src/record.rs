//! Records of sessions and cases.

use ::record::{
    CaseRecord, Difference, LiveEvent, Readiness, SessionRecord, live_line, live_lines,
};

/// `session.json`.
pub fn session(input: &[u8]) {
    let Ok(record) = serde_json::from_slice::<SessionRecord>(input) else {
        return;
    };
    let written = serde_json::to_vec(&record).expect("JSON");
    let again: SessionRecord =
        serde_json::from_slice(&written).expect("what was written is a record");
    assert_eq!(again, record);
    let _ = record.totals();
    let _ = Readiness::of(&record);
    let same = Difference::between(&record, &again);
    drop(same);
}

/// `case.json`.
pub fn case(input: &[u8]) {
    let Ok(record) = serde_json::from_slice::<CaseRecord>(input) else {
        return;
    };
    let written = serde_json::to_vec(&record).expect("JSON");
    let again: CaseRecord = serde_json::from_slice(&written).expect("what was written is a record");
    assert_eq!(again, record);
}

/// `session.live`.
pub fn live(input: &[u8]) {
    let (events, used) = live_lines::<LiveEvent>(input);
    assert!(used <= input.len());
    let written: String = events.iter().map(live_line).collect();
    let (again, rest) = live_lines::<LiveEvent>(written.as_bytes());
    assert_eq!(rest, written.len());
    assert_eq!(again.len(), events.len());
}
