//! The conformance test plan on paper.

use super::colour::Colour;
use super::document::{self, Imprint};
use super::font::{Face, Fonts};
use super::head::{body, heading, listing, opening};
use super::page::{LEFT, Pages, RIGHT, Type};
use super::table::{Cell, Column, Table};
use crate::RenderError;
use crate::plan::{PlanCase, PlanPage};

/// Renders the plan of a run as a PDF document.
///
/// # Errors
///
/// A font that cannot be read, or a document that cannot be written: defects of this crate.
pub fn plan_pdf(page: &PlanPage) -> Result<Vec<u8>, RenderError> {
    let mut pages = Pages::new(Fonts::load()?);
    draw(&mut pages, page);
    document::save(pages, &Imprint::of_event(&page.title, &page.harness))
}

fn draw(pages: &mut Pages, page: &PlanPage) {
    opening(pages, &page.title, &page.subtitle);
    pages.gap(6.0);
    listing(pages, &page.facts);
    contents(pages, page);
    for section in &page.sections {
        heading(pages, &section.title);
        for case in &section.cases {
            draw_case(pages, case);
        }
    }
    if page.left_out.is_empty() {
        return;
    }
    heading(pages, "Not played");
    let columns = [
        Column::new("Case", 3.0),
        Column::new("Seat", 1.0),
        Column::new("Why", 5.0),
    ];
    let table = Table::start(pages, &columns);
    for row in &page.left_out {
        let cells = row.each_ref().map(|text| Cell::new(SMALL, text));
        table.row(pages, &cells);
    }
}

fn contents(pages: &mut Pages, page: &PlanPage) {
    heading(pages, "Contents");
    let columns = [Column::new("Test case", 3.0), Column::new("Objective", 5.0)];
    let table = Table::start(pages, &columns);
    for section in &page.sections {
        let mut title = format!("{}: {}", section.title, section.cases.len());
        if !section.time.is_empty() {
            title += &format!(", {}", section.time);
        }
        table.row(pages, &[Cell::new(BOLD, title).over(columns.len())]);
        for case in &section.cases {
            let id = Cell::new(BODY, &case.id).leading_to(Some(case.anchor.clone()));
            table.row(pages, &[id, Cell::new(BODY, &case.objective)]);
        }
    }
}

fn draw_case(pages: &mut Pages, case: &PlanCase) {
    pages.gap(12.0);
    pages.need(120.0);
    pages.target(case.anchor.clone());
    pages.bookmark(1, &case.id);
    let width = RIGHT - LEFT;
    pages.paragraph(
        HEAD,
        LEFT,
        width,
        &format!("{}  {}", case.id, case.objective),
    );
    pages.y += 2.0;
    listing(pages, &case.facts);
    part(pages, "Procedure");
    for (number, step) in case.procedure.iter().enumerate() {
        pages.need(26.0);
        body(pages, &format!("{}. {}", number + 1, step.sentence));
        for line in &step.details {
            pages.paragraph(SOFT, LEFT + INDENT, width - INDENT, line);
        }
    }
    if !case.criteria.is_empty() {
        part(pages, "Pass criteria");
        let texts = case.criteria.iter();
        let texts: Vec<_> = texts
            .map(|(letter, sentences)| (letter.as_str(), sentences.join(" ")))
            .collect();
        listing(pages, &texts);
    }
    if !case.requirements.is_empty() {
        part(pages, "Requirements judged");
        for requirement in &case.requirements {
            pages.need(12.0);
            pages.paragraph(SMALL, LEFT, width, requirement);
        }
    }
}

fn part(pages: &mut Pages, title: &str) {
    pages.gap(5.0);
    pages.need(40.0);
    pages.paragraph(BOLD, LEFT, RIGHT - LEFT, title);
    pages.y += 1.0;
}

const HEAD: Type = Type::new(Face::Bold, 10.5, Colour::TEXT);
const BODY: Type = Type::new(Face::Regular, 8.5, Colour::TEXT);
const BOLD: Type = Type::new(Face::Bold, 8.5, Colour::TEXT);
const SMALL: Type = Type::new(Face::Regular, 8.0, Colour::TEXT);
const SOFT: Type = Type::new(Face::Regular, 8.0, Colour::SOFT);
/// How far what a step says beside its sentence stands in.
const INDENT: f32 = 14.0;
