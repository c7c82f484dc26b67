//! The ladder as shapes of an SVG drawing: where every line, arrow and word goes.

use record::{CaseRecord, ControlRecord, FrameRecord, Wait};
use serde::Serialize;

use crate::duration::point;
use crate::escape::shorten;
use crate::ladder::{Ladder, Row, control_label, is_repeated, wait_label};

/// What the drawing is given.
#[derive(Serialize)]
pub(super) struct LadderView {
    description: String,
    width: u32,
    height: u32,
    lifelines: Vec<LifelineView>,
    rows: Vec<RowView>,
}

/// The head of a lifeline.
#[derive(Serialize)]
struct LifelineView {
    x: u32,
    left: u32,
    width: u32,
    seat: String,
}

/// One row of the drawing.
#[derive(Serialize)]
struct RowView {
    kind: &'static str,
    class: &'static str,
    top: u32,
    bottom: u32,
    time: String,
    margin: String,
    path: String,
    x: u32,
    mark: u32,
    left: u32,
    width: u32,
    label: String,
    full: String,
    coap: String,
    note: String,
}

impl LadderView {
    /// Lays out the ladder of a case; `None` if nothing was captured or done.
    pub(super) fn new(record: &CaseRecord) -> Option<Self> {
        let ladder = Ladder::new(record);
        if ladder.seats.is_empty() {
            return None;
        }
        let plan = Plan::new(ladder.seats.len() as u32);
        let mut top = HEAD;
        let rows = ladder.rows.iter().map(|row| {
            let row = plan.row(row, top);
            top = row.bottom;
            row
        });
        let rows: Vec<_> = rows.collect();
        let head = |(index, seat): (usize, &&str)| {
            let x = plan.x(index);
            LifelineView {
                x,
                left: x - SEAT / 2,
                width: SEAT,
                seat: shorten(seat, 18),
            }
        };
        Some(Self {
            description: ladder.description(),
            width: plan.width,
            height: top + FOOT,
            lifelines: ladder.seats.iter().enumerate().map(head).collect(),
            rows,
        })
    }
}

/// Widths of a drawing.
struct Plan {
    width: u32,
    span: u32,
}

impl Plan {
    const fn new(lifelines: u32) -> Self {
        let span = match lifelines {
            0..=2 => 460,
            3 => 330,
            _ => 280,
        };
        let gaps = if lifelines > 1 { lifelines - 1 } else { 1 };
        Self {
            width: MARGIN + SEAT + span * gaps,
            span,
        }
    }

    const fn x(&self, lifeline: usize) -> u32 {
        MARGIN + SEAT / 2 + self.span * lifeline as u32
    }

    fn row(&self, row: &Row<'_>, top: u32) -> RowView {
        let time = point(row.time());
        match *row {
            Row::Frame { frame, from, to } => RowView {
                time,
                ..self.frame(frame, from, to, top)
            },
            Row::Wait(wait) => RowView {
                time,
                ..self.wait(wait, top)
            },
            Row::Control(control, seat) => RowView {
                time,
                ..self.control(control, seat, top)
            },
        }
    }

    fn frame(&self, frame: &FrameRecord, from: usize, to: usize, top: u32) -> RowView {
        let (start, end) = (self.x(from), self.x(to));
        let room = start.abs_diff(end).max(self.span) - 16;
        let mut notes = frame.notes.clone();
        if frame.failing {
            notes.insert(0, "✗ contradicts the case".to_owned());
        }
        let note = notes.join(", ");
        let step = frame.step.map_or_else(String::new, |step| {
            format!(" · step {}", step.saturating_add(1))
        });
        RowView {
            kind: "frame",
            class: frame_class(frame),
            top,
            bottom: top + if note.is_empty() { FRAME } else { FRAME + NOTE },
            time: String::new(),
            margin: format!("frame {}{step}", frame.number),
            path: arrow(start, end, top + ARROW),
            x: if start == end {
                start + LOOP / 2
            } else {
                start.midpoint(end)
            },
            mark: mark(start, end),
            left: 0,
            width: 0,
            label: shorten(&frame.label, (room * 10 / LABEL_WIDTH) as usize),
            full: format!("frame {}: {}; {}", frame.number, frame.label, frame.coap),
            coap: shorten(&frame.coap, (room * 10 / COAP_WIDTH) as usize),
            note: shorten(&note, (room * 10 / COAP_WIDTH) as usize),
        }
    }

    fn wait(&self, wait: &Wait, top: u32) -> RowView {
        let label = wait_label(wait);
        let width = self.text_box(&label);
        let x = (MARGIN + self.width) / 2;
        RowView {
            kind: "wait",
            class: if wait.jumped { "jumped" } else { "waited" },
            bottom: top + WAIT,
            left: x - width / 2,
            ..self.boxed(label, x, width, top)
        }
    }

    fn control(&self, control: &ControlRecord, seat: usize, top: u32) -> RowView {
        let label = control_label(control);
        let width = self.text_box(&label);
        let room = self.width - EDGE - width;
        let left =
            (self.x(seat).saturating_sub(width / 2)).clamp(MARGIN.min(room), room.max(MARGIN));
        RowView {
            kind: "control",
            class: "control",
            bottom: top + CONTROL,
            left,
            ..self.boxed(label, left + width / 2, width, top)
        }
    }

    fn boxed(&self, label: String, x: u32, width: u32, top: u32) -> RowView {
        RowView {
            kind: "",
            class: "",
            top,
            bottom: top,
            time: String::new(),
            margin: String::new(),
            path: String::new(),
            x,
            mark: x,
            left: 0,
            width,
            label: shorten(&label, ((width - 12) * 10 / LABEL_WIDTH) as usize),
            full: label,
            coap: String::new(),
            note: String::new(),
        }
    }

    /// Width of a box that holds a text, within the drawing.
    fn text_box(&self, text: &str) -> u32 {
        let needed = text.chars().count().min(1000) as u32 * LABEL_WIDTH / 10 + 20;
        needed.min(self.width - MARGIN - 2 * EDGE)
    }
}

fn frame_class(frame: &FrameRecord) -> &'static str {
    match (frame.failing, is_repeated(frame)) {
        (true, false) => "failing",
        (true, true) => "failing repeated",
        (false, true) => "repeated",
        (false, false) => "plain",
    }
}

/// Where the cross of a failing frame stands: near the receiver, clear of the words.
const fn mark(start: u32, end: u32) -> u32 {
    let near = start.abs_diff(end) / 8;
    if end >= start { end - near } else { end + near }
}

/// The line of an arrow and its head; a loop if it ends where it began.
fn arrow(start: u32, end: u32, y: u32) -> String {
    if start == end {
        return format!("M{start} {} h{LOOP} v8 H{start} m8 -5 l-8 5 l8 5", y - 4);
    }
    let (end, back) = if end > start {
        (end - 2, "-9")
    } else {
        (end + 2, "9")
    };
    format!("M{start} {y} H{end} m{back} -5 L{end} {y} l{back} 5")
}

// Widths and heights in units of the drawing; the text is 13 and 11 units high.
const MARGIN: u32 = 112;
const SEAT: u32 = 140;
const EDGE: u32 = 6;
const HEAD: u32 = 44;
const FOOT: u32 = 12;
const FRAME: u32 = 48;
const NOTE: u32 = 14;
const WAIT: u32 = 48;
const CONTROL: u32 = 36;
const ARROW: u32 = 23;
const LOOP: u32 = 36;
/// Tenths of a unit that a character of a label takes on average.
const LABEL_WIDTH: u32 = 68;
/// Tenths of a unit that a character of the CoAP line takes (monospaced).
const COAP_WIDTH: u32 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_point_to_the_receiver() {
        assert_eq!(arrow(10, 100, 5), "M10 5 H98 m-9 -5 L98 5 l-9 5");
        assert_eq!(arrow(100, 10, 5), "M100 5 H12 m9 -5 L12 5 l9 5");
        assert!(arrow(10, 10, 5).contains("h36"));
    }
}
