//! The ladder on paper: lifelines, arrows with their heads, breaks for waits; it goes on over the page.

use record::{CaseRecord, ControlRecord, FrameRecord, Wait};

use super::case::label;
use super::colour::Colour;
use super::font::Face;
use super::page::{LEFT, Pages, RIGHT, Stroke, Type};
use crate::duration::point;
use crate::ladder::{Ladder, Row, control_label, is_repeated, wait_label};

/// Draws the ladder of a case, if there is anything to draw.
pub(super) fn draw(pages: &mut Pages, record: &CaseRecord) {
    let ladder = Ladder::new(record);
    if ladder.seats.is_empty() {
        return;
    }
    let height: f32 = ladder.rows.iter().map(height).sum();
    pages.need(if height < TOGETHER {
        height + 2.0 * HEAD
    } else {
        HEAD + 4.0 * FRAME
    });
    label(pages, "Ladder");
    let plan = Plan::new(&ladder);
    plan.heads(pages);
    for row in &ladder.rows {
        plan.row(pages, row);
    }
    for x in &plan.lifelines {
        pages.line(
            Stroke::new(1.5, Colour::LINE),
            &[(x - 6.0, pages.y), (x + 6.0, pages.y)],
        );
    }
    pages.y += 4.0;
}

/// Where the lifelines stand.
struct Plan<'a> {
    seats: &'a [&'a str],
    lifelines: Vec<f32>,
}

impl<'a> Plan<'a> {
    fn new(ladder: &'a Ladder<'a>) -> Self {
        let (first, last) = (LEFT + MARGIN + SEAT / 2.0, RIGHT - SEAT / 2.0);
        let gaps = ladder.seats.len().saturating_sub(1).max(1) as f32;
        let span = ((last - first) / gaps).min(WIDEST);
        let x = |index: usize| first + span * index as f32;
        Self {
            seats: &ladder.seats,
            lifelines: (0..ladder.seats.len()).map(x).collect(),
        }
    }

    fn heads(&self, pages: &mut Pages) {
        let look = Type::new(Face::Bold, 8.0, Colour::TEXT);
        for (x, seat) in self.lifelines.iter().zip(self.seats) {
            let area = (x - SEAT / 2.0, pages.y + 2.0, SEAT, 15.0);
            pages.panel(Colour::PANEL, area);
            pages.frame(Stroke::new(0.5, Colour::LINE), area);
            pages.put_centred(look, *x, pages.y + 12.5, SEAT - 6.0, seat);
        }
        let top = pages.y + 17.0;
        pages.y += HEAD;
        self.lifelines(pages, top, false);
    }

    /// Draws the lifelines from a height down to the current place.
    fn lifelines(&self, pages: &mut Pages, top: f32, is_dashed: bool) {
        let stroke = Stroke {
            is_dashed,
            ..Stroke::new(0.8, Colour::LINE)
        };
        for x in &self.lifelines {
            pages.line(stroke, &[(*x, top), (*x, pages.y)]);
        }
    }

    fn row(&self, pages: &mut Pages, row: &Row<'_>) {
        let height = height(row);
        if pages.need(height) {
            self.heads(pages);
        }
        let top = pages.y;
        pages.y += height;
        self.lifelines(pages, top, matches!(row, Row::Wait(_)));
        pages.put_right(
            Type::new(Face::Regular, 7.0, Colour::TEXT),
            LEFT + MARGIN,
            top + 11.0,
            &point(row.time()),
        );
        match row {
            Row::Frame { frame, from, to } => self.frame(pages, frame, (*from, *to), top),
            Row::Wait(wait) => self.wait(pages, wait, top),
            Row::Control(control, seat) => self.control(pages, control, *seat, top),
        }
    }

    fn frame(&self, pages: &mut Pages, frame: &FrameRecord, (from, to): (usize, usize), top: f32) {
        let (start, end) = (self.x(from), self.x(to));
        let step = frame.step.map_or_else(String::new, |step| {
            format!(", step {}", step.saturating_add(1))
        });
        let margin = format!("frame {}{step}", frame.number);
        pages.put_right(
            Type::new(Face::Regular, 6.0, Colour::SOFT),
            LEFT + MARGIN,
            top + 19.0,
            &margin,
        );
        let colour = if frame.failing {
            Colour::FAIL
        } else {
            Colour::TEXT
        };
        let thickness = if frame.failing { 1.8 } else { 0.8 };
        let stroke = Stroke::new(thickness, colour);
        arrow(
            pages,
            Stroke {
                is_dashed: is_repeated(frame),
                ..stroke
            },
            stroke,
            (start, end, top + 14.0),
        );
        if frame.failing {
            let x = end + (start - end) / 8.0;
            cross(pages, stroke, x, top + 14.0);
        }
        self.words(pages, frame, (start, end), top);
    }

    fn words(&self, pages: &mut Pages, frame: &FrameRecord, (start, end): (f32, f32), top: f32) {
        let (colour, soft, face) = if frame.failing {
            (Colour::FAIL, Colour::FAIL, Face::Bold)
        } else {
            (Colour::TEXT, Colour::SOFT, Face::Regular)
        };
        let is_loop = start == end;
        let middle = f32::midpoint(start, if is_loop { start + LOOP } else { end });
        let room = (start - end).abs().max(120.0) - 12.0;
        let failing = frame.failing.then_some("✗ contradicts the case");
        let notes = failing
            .into_iter()
            .chain(frame.notes.iter().map(String::as_str));
        let notes = notes.collect::<Vec<_>>().join(", ");
        let words = [
            (Type::new(face, 7.5, colour), 10.5, &frame.label),
            (Type::new(Face::Mono, 5.8, Colour::SOFT), 21.0, &frame.coap),
            (Type::new(face, 6.5, soft), 29.0, &notes),
        ];
        for (look, down, text) in words.into_iter().filter(|(.., text)| !text.is_empty()) {
            let half = text_width(pages, look, text).min(room) / 2.0 + 1.5;
            let area = (
                middle - half,
                top + down - look.size * 0.8,
                2.0 * half,
                look.size,
            );
            pages.panel(Colour::PAPER, area);
            pages.put_centred(look, middle, top + down, room, text);
        }
    }

    fn wait(&self, pages: &mut Pages, wait: &Wait, top: f32) {
        let (first, last) = (self.x(0), self.x(self.lifelines.len().saturating_sub(1)));
        let middle = f32::midpoint(first, last);
        boxed(
            pages,
            (Colour::SOFT, Colour::PANEL, true),
            middle,
            top,
            &wait_label(wait),
        );
    }

    fn control(&self, pages: &mut Pages, control: &ControlRecord, seat: usize, top: f32) {
        let (colour, back) = Colour::of(record::Verdict::OutOfTime);
        boxed(
            pages,
            (colour, back, false),
            self.x(seat),
            top,
            &control_label(control),
        );
    }

    fn x(&self, lifeline: usize) -> f32 {
        self.lifelines
            .get(lifeline)
            .copied()
            .unwrap_or(LEFT + MARGIN)
    }
}

fn height(row: &Row<'_>) -> f32 {
    match row {
        Row::Frame { frame, .. } if frame.notes.is_empty() && !frame.failing => FRAME,
        Row::Frame { .. } => FRAME + NOTE,
        Row::Wait(_) | Row::Control(..) => WAIT,
    }
}

/// Draws a box with a text around a place, moved clear of the margins.
fn boxed(
    pages: &mut Pages,
    (colour, back, is_dashed): (Colour, Colour, bool),
    x: f32,
    top: f32,
    text: &str,
) {
    let look = Type::new(
        Face::Regular,
        7.0,
        if is_dashed { Colour::TEXT } else { colour },
    );
    let half = text_width(pages, look, text) / 2.0 + 6.0;
    let x = x.min(RIGHT - half).max(LEFT + MARGIN + 6.0 + half);
    let area = (x - half, top + 4.0, 2.0 * half, 13.0);
    pages.panel(back, area);
    pages.frame(
        Stroke {
            is_dashed,
            ..Stroke::new(0.6, colour)
        },
        area,
    );
    pages.put_centred(look, x, top + 13.0, 2.0 * half - 6.0, text);
}

/// Width of a text in a box, within the page.
fn text_width(pages: &Pages, look: Type, text: &str) -> f32 {
    let shown = pages.fonts.shown(look.face, text);
    pages
        .fonts
        .width(look.face, look.size, &shown)
        .min(RIGHT - LEFT - MARGIN - 40.0)
}

/// Draws the line of an arrow and its head; a loop if it ends where it began.
fn arrow(pages: &mut Pages, line: Stroke, head: Stroke, (start, end, y): (f32, f32, f32)) {
    let (tip, back) = if start == end {
        let loop_ = [
            (start, y - 3.0),
            (start + LOOP, y - 3.0),
            (start + LOOP, y + 3.0),
            (start, y + 3.0),
        ];
        pages.line(line, &loop_);
        ((start, y + 3.0), 5.0)
    } else {
        pages.line(line, &[(start, y), (end, y)]);
        ((end, y), if end > start { -5.0 } else { 5.0 })
    };
    pages.line(
        head,
        &[
            (tip.0 + back, tip.1 - 3.0),
            tip,
            (tip.0 + back, tip.1 + 3.0),
        ],
    );
}

fn cross(pages: &mut Pages, stroke: Stroke, x: f32, y: f32) {
    pages.line(stroke, &[(x - 4.0, y - 4.0), (x + 4.0, y + 4.0)]);
    pages.line(stroke, &[(x - 4.0, y + 4.0), (x + 4.0, y - 4.0)]);
}

// Widths and heights in points.
const MARGIN: f32 = 66.0;
const SEAT: f32 = 86.0;
const WIDEST: f32 = 290.0;
const HEAD: f32 = 24.0;
/// A ladder that is lower than this stays on one page.
const TOGETHER: f32 = 320.0;
const FRAME: f32 = 27.0;
const NOTE: f32 = 8.0;
const WAIT: f32 = 22.0;
const LOOP: f32 = 22.0;
