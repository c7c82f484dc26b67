//! One case: outcome, facts, steps, ladder, and the frames that contradict it.

use record::{CaseRecord, FrameRecord, SessionRecord, StepRecord};

use super::colour::Colour;
use super::font::Face;
use super::head::{BODY, badge, heading, listing};
use super::ladder;
use super::page::{LEFT, Pages, RIGHT, Stroke, Type};
use crate::excerpt::Excerpt;
use crate::failure::{Failure, is_counted};
use crate::place::Place;
use crate::{Entry, Outline, facts};

/// Draws every case that left a record, under its heading.
pub(super) fn draw_all(pages: &mut Pages, session: &SessionRecord, outline: &Outline<'_>) {
    pages.turn();
    let place = Place {
        run: None,
        names_seat: outline.names_seats(),
    };
    for section in &outline.sections {
        let mut entries = section
            .entries
            .iter()
            .filter(|entry| entry.record.is_some())
            .peekable();
        if entries.peek().is_some() {
            pages.need(SECTION);
            heading(pages, section.group.title());
        }
        for entry in entries {
            if let Some(record) = entry.record {
                draw(pages, session, entry, record, place);
            }
        }
    }
}

/// Draws one case.
pub(super) fn draw(
    pages: &mut Pages,
    session: &SessionRecord,
    entry: &Entry<'_>,
    record: &CaseRecord,
    place: Place<'_>,
) {
    let summary = entry.summary;
    pages.gap(14.0);
    pages.need(150.0);
    let seat = place.seat(summary);
    let seat = seat.map_or_else(String::new, |seat| format!(" [{seat}]"));
    let name = format!("{}{seat}", summary.case);
    let file = summary.case.rsplit('/').next().unwrap_or_default();
    pages.bookmark(1, &format!("{}: {file}{seat}", summary.verdict));
    pages.target(place.anchor(summary));
    title(pages, entry, &name);
    if !facts::reason(summary).is_empty() {
        pages.paragraph(
            Type {
                face: Face::Bold,
                ..BODY
            },
            LEFT,
            RIGHT - LEFT,
            &facts::reason(summary),
        );
    }
    pages.gap(2.0);
    let facts = place.facts(session, summary, record);
    listing(pages, &facts);
    steps(pages, record);
    for remark in &record.remarks {
        label(pages, &format!("Remark: {}", facts::remark(remark)));
    }
    ladder::draw(pages, record);
    for frame in record.frames.iter().filter(|frame| frame.failing) {
        details(pages, frame);
    }
}

/// Draws the bar with verdict, name and title.
fn title(pages: &mut Pages, entry: &Entry<'_>, name: &str) {
    let (colour, _) = Colour::of(entry.summary.verdict);
    pages.panel(Colour::PANEL, (LEFT, pages.y, RIGHT - LEFT, 32.0));
    pages.panel(colour, (LEFT, pages.y, 3.0, 32.0));
    let width = badge(
        pages,
        entry.summary.verdict,
        LEFT + 10.0,
        pages.y + 14.0,
        8.0,
    );
    let look = Type::new(Face::Bold, 10.0, Colour::TEXT);
    let x = LEFT + width + 18.0;
    pages.put_fitting(look, x, pages.y + 14.0, RIGHT - x - 4.0, name);
    let small = Type::new(Face::Regular, 8.0, Colour::SOFT);
    let expected = if entry.summary.expected.is_some() {
        "expected; "
    } else {
        ""
    };
    let text = format!("{expected}{}", entry.summary.title);
    pages.put_fitting(
        small,
        LEFT + 10.0,
        pages.y + 27.0,
        RIGHT - LEFT - 16.0,
        &text,
    );
    pages.y += 36.0;
}

fn steps(pages: &mut Pages, record: &CaseRecord) {
    if record.steps.is_empty() {
        return;
    }
    label(pages, "Steps");
    for (index, step) in record.steps.iter().enumerate() {
        draw_step(pages, index, step);
        if let Some(failure) = Failure::of(step, record) {
            draw_failure(pages, &failure);
        }
        for remark in &step.remarks {
            let look = Type::new(Face::Regular, 8.0, Colour::NOTE);
            pages.paragraph(
                look,
                LEFT + INDENT,
                RIGHT - LEFT - INDENT,
                &format!("Remark: {}", facts::remark(remark)),
            );
        }
    }
}

fn draw_step(pages: &mut Pages, index: usize, step: &StepRecord) {
    pages.need(2.0 * BODY.leading());
    let baseline = pages.y + BODY.leading() - BODY.size * 0.3;
    pages.put_right(
        Type {
            colour: Colour::SOFT,
            ..BODY
        },
        LEFT + INDENT - 6.0,
        baseline,
        &format!("{}.", index + 1),
    );
    let verdict = step.verdict.map_or("not reached", |verdict| verdict.name());
    let colour = step
        .verdict
        .map_or(Colour::SOFT, |verdict| Colour::of(verdict).0);
    let look = Type::new(Face::Bold, 8.0, colour);
    let letters = pages.fonts.fit(
        look.face,
        look.size,
        OUTCOME / 3.0,
        &step.criteria.join(" "),
    );
    let outcome = format!("{letters}  {verdict}");
    pages.put_right(look, RIGHT, baseline, outcome.trim_start());
    let state = step
        .state
        .as_ref()
        .map(|state| format!("(state {state}) "))
        .unwrap_or_default();
    let sentence = format!("{state}{}", step.sentence);
    pages.paragraph(
        BODY,
        LEFT + INDENT,
        RIGHT - LEFT - INDENT - OUTCOME,
        &sentence,
    );
}

fn draw_failure(pages: &mut Pages, failure: &Failure) {
    pages.gap(3.0);
    if let Some(excerpt) = &failure.excerpt {
        draw_excerpt(pages, excerpt);
    }
    for (name, text) in &failure.facts {
        pages.need(MONO.leading());
        let baseline = pages.y + MONO.leading() - MONO.size * 0.3;
        pages.put(
            Type {
                face: Face::Regular,
                size: 8.0,
                colour: Colour::SOFT,
            },
            LEFT + INDENT + 6.0,
            baseline,
            name,
        );
        pages.paragraph(
            MONO,
            LEFT + INDENT + 52.0,
            RIGHT - LEFT - INDENT - 52.0,
            text,
        );
    }
    pages.gap(4.0);
}

fn draw_excerpt(pages: &mut Pages, excerpt: &Excerpt) {
    let lines = excerpt.lines();
    let height = lines.len() as f32 * MONO.leading() + 4.0;
    pages.need(height);
    let (x, width) = (LEFT + INDENT, RIGHT - LEFT - INDENT);
    pages.panel(Colour::PANEL, (x, pages.y, width, height));
    pages.line(
        Stroke::new(1.5, Colour::FAIL),
        &[(x, pages.y), (x, pages.y + height)],
    );
    for line in &lines {
        pages.y += MONO.leading();
        let is_caret =
            line.contains("| ") && line.contains('^') && line.trim_start().starts_with('|');
        let colour = if is_caret { Colour::FAIL } else { Colour::TEXT };
        pages.put_fitting(
            Type { colour, ..MONO },
            x + 6.0,
            pages.y - 1.0,
            width - 10.0,
            line,
        );
    }
    pages.y += 6.0;
}

/// Draws header facts and content of a frame.
fn details(pages: &mut Pages, frame: &FrameRecord) {
    label(pages, &format!("Frame {}: {}", frame.number, frame.label));
    pages.paragraph(
        MONO,
        LEFT + INDENT,
        RIGHT - LEFT - INDENT,
        &match is_counted(frame) {
            true => frame.coap.clone(),
            false => format!("{}, {} bytes", frame.coap, frame.length),
        },
    );
    for field in frame.options.iter().chain(&frame.content) {
        pages.need(MONO.leading());
        let baseline = pages.y + MONO.leading() - MONO.size * 0.3;
        pages.put_fitting(
            Type {
                colour: Colour::SOFT,
                ..MONO
            },
            LEFT + INDENT,
            baseline,
            FIELD - 4.0,
            &field.name,
        );
        pages.paragraph(
            MONO,
            LEFT + INDENT + FIELD,
            RIGHT - LEFT - INDENT - FIELD,
            &field.value,
        );
    }
    pages.paragraph(
        Type {
            colour: Colour::SOFT,
            ..MONO
        },
        LEFT + INDENT,
        RIGHT - LEFT - INDENT,
        &grouped(&frame.hex),
    );
}

/// Hexadecimal digits in bytes, so that lines can break between them.
fn grouped(hex: &str) -> String {
    let digits: Vec<_> = hex.chars().collect();
    let bytes: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    bytes.join(" ")
}

/// Draws a small heading within a case.
pub(super) fn label(pages: &mut Pages, text: &str) {
    pages.gap(6.0);
    pages.need(40.0);
    pages.paragraph(
        Type::new(Face::Bold, 8.5, Colour::SOFT),
        LEFT,
        RIGHT - LEFT,
        text,
    );
    pages.y += 1.0;
}

/// The look of excerpts, messages and bytes.
const MONO: Type = Type::new(Face::Mono, 7.5, Colour::TEXT);
/// Least height that a heading and the start of its first case need.
const SECTION: f32 = 260.0;
/// Indent of steps.
const INDENT: f32 = 20.0;
/// Width that the outcome of a step needs.
const OUTCOME: f32 = 90.0;
/// Width of the names of options and paths.
const FIELD: f32 = 110.0;
