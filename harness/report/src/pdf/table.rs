//! Tables with wrapped cells whose head is repeated on every page.

use super::colour::Colour;
use super::font::Face;
use super::page::{LEFT, Pages, RIGHT, Stroke, Type};

/// A column: its title and its part of the width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// Title.
    pub title: &'static str,
    /// Part of the width of the page, of the sum of all parts.
    pub part: f32,
    /// Whether cells end at the right edge, as numbers do.
    pub is_right: bool,
}

/// A cell: paragraphs below each other, each with its look.
pub(super) struct Cell {
    paragraphs: Vec<(Type, String)>,
    target: Option<String>,
    span: usize,
}

/// A table that is being filled.
pub(super) struct Table {
    columns: Vec<(Column, f32, f32)>,
}

impl Column {
    /// A column of text.
    pub(super) const fn new(title: &'static str, part: f32) -> Self {
        Self {
            title,
            part,
            is_right: false,
        }
    }

    /// A column of numbers.
    pub(super) const fn right(title: &'static str, part: f32) -> Self {
        Self {
            title,
            part,
            is_right: true,
        }
    }
}

impl Cell {
    /// A cell of one paragraph.
    pub(super) fn new(look: Type, text: impl Into<String>) -> Self {
        Self {
            paragraphs: vec![(look, text.into())],
            target: None,
            span: 1,
        }
    }

    /// Adds a paragraph.
    pub(super) fn and(mut self, look: Type, text: impl Into<String>) -> Self {
        self.paragraphs.push((look, text.into()));
        self
    }

    /// Lets the cell take several columns.
    pub(super) const fn over(mut self, columns: usize) -> Self {
        self.span = columns;
        self
    }

    /// Makes the cell lead to a target.
    pub(super) fn leading_to(mut self, target: Option<String>) -> Self {
        self.target = target;
        self
    }
}

impl Table {
    /// Sets the head of a table.
    pub(super) fn start(pages: &mut Pages, columns: &[Column]) -> Self {
        let sum: f32 = columns.iter().map(|column| column.part).sum();
        let mut x = LEFT;
        let placed = columns.iter().map(|column| {
            let (left, width) = (x, (RIGHT - LEFT) * column.part / sum);
            x += width;
            (*column, left, width)
        });
        let table = Self {
            columns: placed.collect(),
        };
        pages.need(3.0 * ROW);
        table.head(pages);
        table
    }

    /// Sets a row and the line below it; the head is repeated if it goes to the next page.
    pub(super) fn row(&self, pages: &mut Pages, cells: &[Cell]) {
        self.cells(pages, cells);
        self.rule(pages);
    }

    /// Draws the line below a row.
    pub(super) fn rule(&self, pages: &mut Pages) {
        pages.line(
            Stroke::new(0.4, Colour::LINE),
            &[(LEFT, pages.y), (RIGHT, pages.y)],
        );
    }

    /// Sets the cells of a row, for whoever has more to say above the line below it.
    pub(super) fn cells(&self, pages: &mut Pages, cells: &[Cell]) {
        let places = self.places(cells);
        let lines: Vec<_> = places
            .iter()
            .zip(cells)
            .map(|((_, _, width), cell)| wrapped(pages, width - GUTTER, cell))
            .collect();
        let height =
            |lines: &Vec<(Type, String)>| lines.iter().map(|(look, _)| look.leading()).sum::<f32>();
        let height = lines.iter().map(height).fold(0.0, f32::max) + PADDING;
        if pages.need(height) {
            self.head(pages);
        }
        let top = pages.y;
        for (((column, x, width), cell), lines) in places.iter().zip(cells).zip(&lines) {
            self.cell(pages, (*column, *x, *width, top), lines);
            if let Some(target) = &cell.target {
                pages.link((*x, top, *width, height), target.clone());
            }
        }
        pages.y = top + height;
    }

    /// First column, left edge and width of each cell.
    fn places(&self, cells: &[Cell]) -> Vec<(Column, f32, f32)> {
        let mut rest = self.columns.as_slice();
        let place = |cell: &Cell| {
            let (own, after) = rest.split_at_checked(cell.span)?;
            rest = after;
            let (column, x, _) = own.first()?;
            Some((*column, *x, own.iter().map(|(_, _, width)| width).sum()))
        };
        cells.iter().map_while(place).collect()
    }

    fn cell(
        &self,
        pages: &mut Pages,
        (column, x, width, top): (Column, f32, f32, f32),
        lines: &[(Type, String)],
    ) {
        let mut y = top + PADDING / 2.0;
        for (look, line) in lines {
            y += look.leading();
            let baseline = y - look.size * 0.3;
            if column.is_right {
                pages.put_right(*look, x + width - GUTTER, baseline, line);
            } else {
                pages.put(*look, x, baseline, line);
            }
        }
    }

    fn head(&self, pages: &mut Pages) {
        let look = Type::new(Face::Bold, 7.5, Colour::SOFT);
        let widest = |(column, _, width): &(Column, f32, f32)| {
            pages
                .fonts
                .wrap(look.face, look.size, width - GUTTER, column.title)
        };
        let titles: Vec<_> = self.columns.iter().map(widest).collect();
        let most = titles.iter().map(Vec::len).max().unwrap_or_default();
        let bottom = pages.y + look.leading() * most as f32;
        for ((column, x, width), lines) in self.columns.iter().zip(&titles) {
            for (index, line) in lines.iter().rev().enumerate() {
                let baseline = bottom - look.leading() * index as f32 - look.size * 0.3;
                if column.is_right {
                    pages.put_right(look, x + width - GUTTER, baseline, line);
                } else {
                    pages.put(look, *x, baseline, line);
                }
            }
        }
        pages.y = bottom + 2.0;
        pages.line(
            Stroke::new(0.9, Colour::SOFT),
            &[(LEFT, pages.y), (RIGHT, pages.y)],
        );
    }
}

/// The lines of a cell; a cell that would not fit a page is cut.
fn wrapped(pages: &Pages, width: f32, cell: &Cell) -> Vec<(Type, String)> {
    let lines = cell
        .paragraphs
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .flat_map(|(look, text)| {
            let lines = pages.fonts.wrap(look.face, look.size, width, text);
            lines.into_iter().map(|line| (*look, line))
        });
    lines.take(MOST_LINES).collect()
}

/// Space between two columns.
const GUTTER: f32 = 8.0;
/// Space above and below the text of a row.
const PADDING: f32 = 5.0;
/// Usual height of a row.
const ROW: f32 = 18.0;
/// Lines of a cell that are shown.
const MOST_LINES: usize = 30;
