//! The sequence chart of a case as rows in time order: frames, waits and what was done outside the wire.
//!
//! Knows no geometry of a page; HTML and PDF draw the rows, each in its way.

use record::{CaseRecord, ControlRecord, FrameRecord, Wait};

/// The rows of a sequence chart.
#[derive(Debug)]
pub(crate) struct Ladder<'a> {
    /// Lifelines from left to right.
    pub seats: Vec<&'a str>,
    /// Rows from top to bottom.
    pub rows: Vec<Row<'a>>,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Row<'a> {
    /// An arrow between two lifelines, by index.
    Frame {
        /// What was captured.
        frame: &'a FrameRecord,
        /// Lifeline of the sender.
        from: usize,
        /// Lifeline of the receiver.
        to: usize,
    },
    /// A break of all lifelines.
    Wait(&'a Wait),
    /// A box on one lifeline, by index.
    Control(&'a ControlRecord, usize),
}

impl<'a> Ladder<'a> {
    /// Sorts what happened in a case by its clock.
    pub(crate) fn new(record: &'a CaseRecord) -> Self {
        let seats = seats(record);
        let index = |seat: &str| seats.iter().position(|s| *s == seat).unwrap_or_default();
        let frames = record.frames.iter().map(|frame| Row::Frame {
            frame,
            from: index(&frame.from),
            to: index(&frame.to),
        });
        let waits = record.waits.iter().map(Row::Wait);
        let controls = record
            .controls
            .iter()
            .map(|c| Row::Control(c, index(&c.seat)));
        let mut rows: Vec<_> = controls.chain(frames).chain(waits).collect();
        rows.sort_by_key(|row| row.time());
        Self { seats, rows }
    }

    /// What a reader who cannot see the chart should know.
    pub(crate) fn description(&self) -> String {
        let frames = self
            .rows
            .iter()
            .filter(|row| matches!(row, Row::Frame { .. }))
            .count();
        let failing = self.rows.iter().filter(|row| row.is_failing()).count();
        format!(
            "Sequence chart between {}: {frames} frames, {failing} of them contradicting the case.",
            self.seats.join(", ")
        )
    }
}

impl Row<'_> {
    /// The time of the row on the case's clock, in nanoseconds.
    pub(crate) const fn time(&self) -> u64 {
        match self {
            Self::Frame { frame, .. } => frame.time,
            Self::Wait(wait) => wait.started,
            Self::Control(control, _) => control.time,
        }
    }

    const fn is_failing(&self) -> bool {
        matches!(self, Self::Frame { frame, .. } if frame.failing)
    }
}

/// Whether a frame carries nothing new, so that its arrow is dashed.
pub(crate) fn is_repeated(frame: &FrameRecord) -> bool {
    frame
        .notes
        .iter()
        .any(|note| note.starts_with("retransmission") || note.starts_with("duplicate"))
}

/// What is said beside a wait: `10.0s, lifetime`, with the jump if the clock jumped.
pub(crate) fn wait_label(wait: &Wait) -> String {
    let time = crate::brief(wait.ended.saturating_sub(wait.started));
    let who = match wait.kind {
        record::WaitKind::Protocol => "",
        record::WaitKind::Implementation => "implementation: ",
        record::WaitKind::Operator => "operator: ",
    };
    let verb = if wait.jumped { "jumped over" } else { "waited" };
    format!("{verb} {time} ({who}{})", wait.reason)
}

/// What is said beside an action outside the wire: `trigger read /3/0: done`.
pub(crate) fn control_label(control: &ControlRecord) -> String {
    match control.outcome.as_str() {
        "" => control.action.clone(),
        outcome => format!("{}: {outcome}", control.action),
    }
}

/// Seats that sent, received or were acted on: clients left, servers right.
fn seats(record: &CaseRecord) -> Vec<&str> {
    let frames = record
        .frames
        .iter()
        .flat_map(|f| [f.from.as_str(), f.to.as_str()]);
    let controls = record.controls.iter().map(|c| c.seat.as_str());
    let mut seats: Vec<_> = frames.chain(controls).collect();
    seats.sort_by_key(|seat| (rank(seat), *seat));
    seats.dedup();
    seats
}

fn rank(seat: &str) -> u8 {
    match seat {
        _ if seat.starts_with("client") => 0,
        _ if seat.starts_with("server") => 1,
        _ if seat.starts_with("bootstrap-server") => 2,
        _ => 3,
    }
}
