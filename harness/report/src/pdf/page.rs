//! Pages as they fill: text, lines and boxes, measured in points from the top left corner.

use std::collections::BTreeMap;

use printpdf::{Line, LineDashPattern, LinePoint, Op, PaintMode, Point, Pt, Rect, TextItem};

use super::colour::Colour;
use super::font::{Face, Fonts};

/// Pages and the place where the next text goes.
pub(super) struct Pages {
    /// Fonts to measure with.
    pub fonts: Fonts,
    /// Distance of the next line from the top of the page.
    pub y: f32,
    /// Drawing operations of every page.
    pub pages: Vec<Vec<Op>>,
    /// Entries of the outline.
    pub bookmarks: Vec<Bookmark>,
    /// Where links lead: name, index of the page and distance from its top.
    pub targets: BTreeMap<String, (usize, f32)>,
    /// Links to be resolved: index of the page, area, name of the target.
    pub links: Vec<(usize, Rect, String)>,
    pen: Pen,
}

/// One entry of the outline.
#[derive(Clone, Debug)]
pub(super) struct Bookmark {
    /// 0 for a heading, 1 for what stands below it.
    pub level: usize,
    /// Title.
    pub title: String,
    /// Index of the page.
    pub page: usize,
    /// Distance from the top of the page.
    pub y: f32,
}

/// What a page's graphics state is set to, so that it is not set again.
#[derive(Default, PartialEq)]
struct Pen {
    fill: Option<Colour>,
    stroke: Option<Colour>,
    thickness: Option<f32>,
    is_dashed: bool,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    /// Font.
    pub face: Face,
    /// Size in points.
    pub size: f32,
    /// Colour.
    pub colour: Colour,
}

/// How a line looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke {
    /// Thickness in points.
    pub thickness: f32,
    /// Colour.
    pub colour: Colour,
    /// Whether it is dashed.
    pub is_dashed: bool,
}

impl Type {
    /// A text of a face, a size and a colour.
    pub(super) const fn new(face: Face, size: f32, colour: Colour) -> Self {
        Self { face, size, colour }
    }

    /// Distance between two lines.
    pub(super) fn leading(self) -> f32 {
        self.size * 1.35
    }
}

impl Stroke {
    /// A plain line.
    pub(super) const fn new(thickness: f32, colour: Colour) -> Self {
        Self {
            thickness,
            colour,
            is_dashed: false,
        }
    }
}

impl Pages {
    /// Starts with one empty page.
    pub(super) fn new(fonts: Fonts) -> Self {
        Self {
            fonts,
            y: TOP,
            pages: vec![Vec::new()],
            bookmarks: Vec::new(),
            targets: BTreeMap::new(),
            links: Vec::new(),
            pen: Pen::default(),
        }
    }

    /// Starts a page.
    pub(super) fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.pen = Pen::default();
        self.y = TOP;
    }

    /// Forgets the graphics state, for operations that were drawn without knowing it.
    pub(super) fn reset(&mut self) {
        self.pen = Pen::default();
    }

    /// Adds operations to the current page.
    pub(super) fn extend(&mut self, operations: Vec<Op>) {
        self.push(operations);
    }

    /// Enters the current place in the outline.
    pub(super) fn bookmark(&mut self, level: usize, title: &str) {
        let title = self.fonts.shown(Face::Regular, title);
        let bookmark = Bookmark {
            level,
            title,
            page: self.index(),
            y: self.y,
        };
        self.bookmarks.push(bookmark);
    }

    /// Makes the current place one that links can lead to.
    pub(super) fn target(&mut self, name: String) {
        self.targets.insert(name, (self.index(), self.y));
    }

    /// Turns the page unless a height is left on it; tells whether it did.
    pub(super) fn need(&mut self, height: f32) -> bool {
        let is_short = self.y + height > BOTTOM && self.y > TOP;
        if is_short {
            self.turn();
        }
        is_short
    }

    /// Index of the page that is being filled.
    pub(super) fn index(&self) -> usize {
        self.pages.len().saturating_sub(1)
    }

    /// Sets one line at a place; the text must have passed [`Fonts::shown`].
    pub(super) fn put(&mut self, look: Type, x: f32, baseline: f32, shown: &str) {
        if shown.is_empty() {
            return;
        }
        self.fill(look.colour);
        let operations = [
            Op::StartTextSection,
            Op::SetFont {
                font: look.face.handle(),
                size: Pt(look.size),
            },
            Op::SetTextCursor {
                pos: point(x, baseline),
            },
            Op::ShowText {
                items: vec![TextItem::Text(shown.to_owned())],
            },
            Op::EndTextSection,
        ];
        self.push(operations);
    }

    /// Sets one line at a place, cut to a width.
    pub(super) fn put_fitting(
        &mut self,
        look: Type,
        x: f32,
        baseline: f32,
        width: f32,
        text: &str,
    ) {
        let shown = self.fonts.fit(look.face, look.size, width, text);
        self.put(look, x, baseline, &shown);
    }

    /// Sets one line around a place, cut to a width.
    pub(super) fn put_centred(
        &mut self,
        look: Type,
        x: f32,
        baseline: f32,
        width: f32,
        text: &str,
    ) {
        let shown = self.fonts.fit(look.face, look.size, width, text);
        let half = self.fonts.width(look.face, look.size, &shown) / 2.0;
        self.put(look, x - half, baseline, &shown);
    }

    /// Sets one line that ends at a place.
    pub(super) fn put_right(&mut self, look: Type, x: f32, baseline: f32, text: &str) {
        let shown = self.fonts.shown(look.face, text);
        let width = self.fonts.width(look.face, look.size, &shown);
        self.put(look, x - width, baseline, &shown);
    }

    /// Sets a paragraph between two margins, over as many pages as it takes.
    pub(super) fn paragraph(&mut self, look: Type, x: f32, width: f32, text: &str) {
        for line in self.fonts.wrap(look.face, look.size, width, text) {
            self.need(look.leading());
            self.y += look.leading();
            self.put(look, x, self.y - look.size * 0.3, &line);
        }
    }

    /// Leaves a gap, unless at the top of a page.
    pub(super) fn gap(&mut self, height: f32) {
        if self.y > TOP {
            self.y += height;
        }
    }

    /// Draws a line through points.
    pub(super) fn line(&mut self, stroke: Stroke, points: &[(f32, f32)]) {
        self.stroke(stroke);
        let points = points.iter().map(|(x, y)| LinePoint {
            p: point(*x, *y),
            bezier: false,
        });
        let line = Line {
            points: points.collect(),
            is_closed: false,
        };
        self.push([Op::DrawLine { line }]);
    }

    /// Fills a box.
    pub(super) fn panel(&mut self, colour: Colour, area: (f32, f32, f32, f32)) {
        self.fill(colour);
        self.push([Op::DrawRectangle {
            rectangle: rectangle(area, PaintMode::Fill),
        }]);
    }

    /// Draws the border of a box.
    pub(super) fn frame(&mut self, stroke: Stroke, area: (f32, f32, f32, f32)) {
        self.stroke(stroke);
        self.push([Op::DrawRectangle {
            rectangle: rectangle(area, PaintMode::Stroke),
        }]);
    }

    /// Makes an area of the current page lead to a target.
    pub(super) fn link(&mut self, area: (f32, f32, f32, f32), target: String) {
        self.links
            .push((self.index(), rectangle(area, PaintMode::Stroke), target));
    }

    fn push(&mut self, operations: impl IntoIterator<Item = Op>) {
        if let Some(page) = self.pages.last_mut() {
            page.extend(operations);
        }
    }

    fn fill(&mut self, colour: Colour) {
        if self.pen.fill != Some(colour) {
            self.pen.fill = Some(colour);
            self.push([Op::SetFillColor {
                col: colour.to_pdf(),
            }]);
        }
    }

    fn stroke(&mut self, stroke: Stroke) {
        if self.pen.stroke != Some(stroke.colour) {
            self.pen.stroke = Some(stroke.colour);
            self.push([Op::SetOutlineColor {
                col: stroke.colour.to_pdf(),
            }]);
        }
        if self.pen.thickness != Some(stroke.thickness) {
            self.pen.thickness = Some(stroke.thickness);
            self.push([Op::SetOutlineThickness {
                pt: Pt(stroke.thickness),
            }]);
        }
        if self.pen.is_dashed != stroke.is_dashed {
            self.pen.is_dashed = stroke.is_dashed;
            let dash = if stroke.is_dashed {
                LineDashPattern::new(0.0, &[3.0, 2.0])
            } else {
                LineDashPattern::solid()
            };
            self.push([Op::SetLineDashPattern { dash }]);
        }
    }
}

fn rectangle((x, y, width, height): (f32, f32, f32, f32), mode: PaintMode) -> Rect {
    let corner = point(x, y + height);
    Rect {
        x: corner.x,
        y: corner.y,
        width: Pt(hundredths(width)),
        height: Pt(hundredths(height)),
        mode: Some(mode),
        winding_order: None,
    }
}

/// A point of the page; PDF measures from the bottom (ISO 32000-1, 8.3.2.3).
fn point(x: f32, y: f32) -> Point {
    Point {
        x: Pt(hundredths(x)),
        y: Pt(hundredths(HEIGHT - y)),
    }
}

/// Finer than any printer, and it keeps the file small.
fn hundredths(length: f32) -> f32 {
    (length * 100.0).round() / 100.0
}

/// Width of A4 in points (ISO 216).
pub(super) const WIDTH: f32 = 595.28;
/// Height of A4 in points (ISO 216).
pub(super) const HEIGHT: f32 = 841.89;
/// Left margin.
pub(super) const LEFT: f32 = 48.0;
/// Right margin.
pub(super) const RIGHT: f32 = WIDTH - 48.0;
/// Where text starts, below the running head.
pub(super) const TOP: f32 = 62.0;
/// Where text ends, above the page number.
pub(super) const BOTTOM: f32 = HEIGHT - 56.0;
