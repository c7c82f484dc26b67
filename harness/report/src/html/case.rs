//! One case: its outcome, its steps, its ladder and its frames.

use record::{CaseRecord, SessionRecord, StepRecord, Verdict};
use serde::Serialize;

use super::frame::FrameView;
use super::ladder::LadderView;
use super::session::{LetterView, letters};
use crate::facts::{self, Label};
use crate::failure::Failure;
use crate::place::Place;
use crate::{Entry, brief};

/// What the section of a case is given.
#[derive(Serialize)]
pub(crate) struct CaseView {
    anchor: String,
    case: String,
    title: String,
    seat: Option<String>,
    label: Label,
    letters: Vec<LetterView>,
    is_open: bool,
    facts: Vec<(&'static str, String)>,
    evidence: Option<String>,
    reason: String,
    state_steps: Vec<StepView>,
    steps: Vec<StepView>,
    remarks: Vec<String>,
    bindings: Vec<(String, String)>,
    ladder: Option<LadderView>,
    frames: Vec<FrameView>,
}

/// What a step is given.
#[derive(Serialize)]
struct StepView {
    number: usize,
    sentence: String,
    letters: String,
    label: Option<Label>,
    time: String,
    frames: Vec<(u32, String)>,
    failure: Option<FailureView>,
    remarks: Vec<String>,
}

/// What a mismatch is given.
#[derive(Serialize)]
struct FailureView {
    place: Option<String>,
    lines: Vec<LineView>,
    facts: Vec<(&'static str, String)>,
}

/// One line of an excerpt.
#[derive(Serialize)]
struct LineView {
    gutter: String,
    text: String,
    is_caret: bool,
}

impl CaseView {
    /// Gathers what the section shows; `None` if the case left no record.
    pub(crate) fn new(
        session: &SessionRecord,
        entry: &Entry<'_>,
        place: Place<'_>,
    ) -> Option<Self> {
        let (summary, record) = (entry.summary, entry.record?);
        let anchor = place.anchor(summary);
        let steps = record.steps.iter().enumerate();
        let (of_states, own): (Vec<_>, Vec<_>) = steps.partition(|(_, step)| step.state.is_some());
        let view = |steps: Vec<(usize, &StepRecord)>| {
            let steps = steps
                .into_iter()
                .map(|(index, step)| StepView::new(index, step, record, &anchor));
            steps.collect::<Vec<_>>()
        };
        Some(Self {
            case: summary.case.clone(),
            title: summary.title.clone(),
            seat: place.seat(summary).map(str::to_owned),
            label: Label::of(summary),
            letters: letters(summary),
            is_open: summary.verdict != Verdict::Pass,
            facts: place.facts(session, summary, record),
            evidence: place.capture(summary),
            reason: facts::reason(summary),
            state_steps: view(of_states),
            steps: view(own),
            remarks: record.remarks.iter().map(facts::remark).collect(),
            bindings: record
                .bindings
                .iter()
                .map(|f| (f.name.clone(), f.value.clone()))
                .collect(),
            ladder: LadderView::new(record),
            frames: record
                .frames
                .iter()
                .map(|frame| FrameView::new(frame, &anchor))
                .collect(),
            anchor,
        })
    }
}

impl StepView {
    fn new(index: usize, step: &StepRecord, record: &CaseRecord, anchor: &str) -> Self {
        let known = |number: &&u32| record.frames.iter().any(|frame| frame.number == **number);
        let frames = step.frames.iter().filter(known);
        Self {
            number: index + 1,
            sentence: step.sentence.clone(),
            letters: step.criteria.join(" "),
            label: step.verdict.map(Label::verdict),
            time: taken(step),
            frames: frames
                .map(|n| (*n, format!("{anchor}-frame-{n}")))
                .collect(),
            failure: Failure::of(step, record).map(FailureView::new),
            remarks: step.remarks.iter().map(facts::remark).collect(),
        }
    }
}

impl FailureView {
    fn new(failure: Failure) -> Self {
        let mut lines = Vec::new();
        if let Some(excerpt) = &failure.excerpt {
            let line = |number: u32, text: &str| LineView {
                gutter: number.to_string(),
                text: text.to_owned(),
                is_caret: false,
            };
            lines.extend(
                excerpt
                    .before
                    .as_ref()
                    .map(|(number, text)| line(*number, text)),
            );
            lines.push(line(excerpt.number, &excerpt.line));
            let caret = format!(
                "{}{} {}",
                " ".repeat(excerpt.indent),
                "^".repeat(excerpt.width),
                excerpt.message
            );
            lines.push(LineView {
                gutter: String::new(),
                text: caret,
                is_caret: true,
            });
        }
        Self {
            place: failure.excerpt.map(|excerpt| excerpt.place),
            lines,
            facts: failure.facts,
        }
    }
}

/// The time a step took; empty if it took none, as a check does.
fn taken(step: &StepRecord) -> String {
    match step.ended.saturating_sub(step.started) {
        0 => String::new(),
        time => brief(time),
    }
}
