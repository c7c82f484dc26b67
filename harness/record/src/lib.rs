//! The record: everything a run leaves behind, as versioned data from which every report is made.
//!
//! Pure. Knows no case notation and no rendering; `session.json` is [`SessionRecord`], `case.json` is [`CaseRecord`].

mod case;
mod difference;
mod fact;
mod live;
mod merge;
mod readiness;
mod schema;
mod session;
mod verdict;

pub use case::{
    CaseRecord, ControlRecord, FrameRecord, Location, Mismatch, Reading, Remark, StepRecord, Wait,
    WaitKind,
};
pub use difference::{Change, ChangeKind, Difference, Ending};
pub use fact::{Fact, Field};
pub use live::{
    ANSWERS, Answer, AnsweredAt, LIVE, LiveCase, LiveEnd, LiveEvent, LiveMessage, LiveReply,
    LiveStep, Prompt, PromptKind, live_line, live_lines,
};
pub use merge::{Unmergeable, merge};
pub use readiness::{ENTRY_TESTS, EntryTest, Missing, Readiness};
pub use schema::schemas;
pub use session::{
    CaseSummary, Environment, Expected, Implementation, LetterVerdict, NotSelected, Partition,
    RunParameters, SessionRecord, Totals,
};
pub use verdict::Verdict;

/// Version of the record's format; a reader refuses a newer one.
pub const FORMAT: u32 = 1;
