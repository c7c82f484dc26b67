//! The fonts that are compiled in: what they can show and how wide it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use printpdf::{FontId, ParsedFont, PdfFont, PdfFontHandle, PdfResources};

use crate::RenderError;
use crate::escape::visible;

/// The fonts of a document.
pub(super) struct Fonts {
    regular: Metrics,
    bold: Metrics,
    mono: Metrics,
}

/// Which font a text is set in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    /// Body text.
    Regular,
    /// Headings.
    Bold,
    /// Excerpts, bytes and messages.
    Mono,
}

/// Advance widths of one font, in thousandths of its size.
struct Metrics {
    font: ParsedFont,
    ascii: [f32; 128],
    others: BTreeMap<char, f32>,
}

impl Fonts {
    /// Reads the fonts.
    pub(super) fn load() -> Result<Self, RenderError> {
        Ok(Self {
            regular: Metrics::read(
                "DejaVuSansCondensed.ttf",
                include_bytes!("../templates/fonts/DejaVuSansCondensed.ttf"),
            )?,
            bold: Metrics::read(
                "DejaVuSansCondensed-Bold.ttf",
                include_bytes!("../templates/fonts/DejaVuSansCondensed-Bold.ttf"),
            )?,
            mono: Metrics::read(
                "DejaVuSansMono.ttf",
                include_bytes!("../templates/fonts/DejaVuSansMono.ttf"),
            )?,
        })
    }

    /// Makes the fonts known to a document under fixed names, so that a report stays a function of its record.
    pub(super) fn register(self, resources: &mut PdfResources) {
        let fonts = [
            (Face::Regular, self.regular),
            (Face::Bold, self.bold),
            (Face::Mono, self.mono),
        ];
        for (face, metrics) in fonts {
            resources
                .fonts
                .map
                .insert(face.id(), PdfFont::new(metrics.font));
        }
    }

    /// The text as it can be shown: visible, and escapes for what the font lacks.
    pub(super) fn shown(&self, face: Face, text: &str) -> String {
        let metrics = self.metrics(face);
        let mut shown = String::with_capacity(text.len());
        for character in visible(text).chars() {
            if metrics.advance(character).is_some() {
                shown.push(character);
            } else {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
            }
        }
        shown
    }

    /// Width of a shown text in points.
    pub(super) fn width(&self, face: Face, size: f32, shown: &str) -> f32 {
        let metrics = self.metrics(face);
        let sum: f32 = shown.chars().filter_map(|c| metrics.advance(c)).sum();
        sum * size / 1000.0
    }

    /// Breaks a text into lines of a width; long words break after `/`, `-`, `,` and the like, or anywhere.
    pub(super) fn wrap(&self, face: Face, size: f32, width: f32, text: &str) -> Vec<String> {
        let shown = self.shown(face, text);
        let mut lines = Vec::new();
        let (mut line, mut used) = (String::new(), 0.0);
        for piece in pieces(&shown) {
            let needed = self.width(face, size, piece.trim_end());
            if used + needed > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0.0;
            }
            for character in piece.chars() {
                let advance =
                    self.metrics(face).advance(character).unwrap_or_default() * size / 1000.0;
                if used + advance > width && !line.is_empty() && character != ' ' {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                line.push(character);
                used += advance;
            }
        }
        if !line.trim_end().is_empty() || lines.is_empty() {
            lines.push(line.trim_end().to_owned());
        }
        lines
    }

    /// The longest start of a text that fits a width, with an ellipsis if any is lost.
    pub(super) fn fit(&self, face: Face, size: f32, width: f32, text: &str) -> String {
        let shown = self.shown(face, text);
        if self.width(face, size, &shown) <= width {
            return shown;
        }
        let mut used = self.width(face, size, "…");
        let fits = |character: &char| {
            used += self.metrics(face).advance(*character).unwrap_or_default() * size / 1000.0;
            used <= width
        };
        shown.chars().take_while(fits).chain(['…']).collect()
    }

    const fn metrics(&self, face: Face) -> &Metrics {
        match face {
            Face::Regular => &self.regular,
            Face::Bold => &self.bold,
            Face::Mono => &self.mono,
        }
    }
}

impl Face {
    /// As printpdf takes it.
    pub(super) fn handle(self) -> PdfFontHandle {
        PdfFontHandle::External(self.id())
    }

    fn id(self) -> FontId {
        let name = match self {
            Self::Regular => "Regular",
            Self::Bold => "Bold",
            Self::Mono => "Mono",
        };
        FontId(name.to_owned())
    }
}

impl Metrics {
    fn read(name: &'static str, bytes: &[u8]) -> Result<Self, RenderError> {
        let font =
            ParsedFont::from_bytes(bytes, 0, &mut Vec::new()).ok_or(RenderError::Font { name })?;
        let mut metrics = Self {
            font,
            ascii: [0.0; 128],
            others: BTreeMap::new(),
        };
        let scale = 1000.0 / f32::from(metrics.font.units_per_em.max(1));
        for (code, glyph) in &metrics.font.codepoint_to_glyph {
            let advance = metrics
                .font
                .glyph_widths
                .get(glyph)
                .copied()
                .unwrap_or_default();
            let advance = f32::from(advance) * scale;
            match metrics.ascii.get_mut(*code as usize) {
                Some(slot) => *slot = advance,
                None => {
                    let character = char::from_u32(*code);
                    metrics.others.extend(character.map(|c| (c, advance)));
                }
            }
        }
        Ok(metrics)
    }

    fn advance(&self, character: char) -> Option<f32> {
        match self.ascii.get(character as usize) {
            Some(advance) => (*advance > 0.0).then_some(*advance),
            None => self.others.get(&character).copied(),
        }
    }
}

/// Splits a text after every place where a line may end.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive([' ', '/', '-', ',', ';', ':', '&', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_font_lacks_is_escaped() {
        let fonts = Fonts::load().unwrap();
        assert_eq!(fonts.shown(Face::Mono, "Grüße ✗ →"), "Grüße ✗ →");
        assert_eq!(fonts.shown(Face::Regular, "안\n"), "\\u{c548}\\n");
    }

    #[test]
    fn lines_break_between_words() {
        let fonts = Fonts::load().unwrap();
        let wrap = |text| fonts.wrap(Face::Regular, 10.0, 60.0, text);
        assert_eq!(wrap("one two three four"), ["one two", "three four"]);
        assert_eq!(wrap("registration/int-101"), ["registration/", "int-101"]);
        assert_eq!(fonts.wrap(Face::Regular, 10.0, 60.0, ""), [""]);
    }

    proptest! {
        #[test]
        fn lines_keep_their_width(text in any::<String>(), width in 20.0_f32..300.0) {
            let fonts = Fonts::load().unwrap();
            for line in fonts.wrap(Face::Mono, 8.0, width, &text) {
                prop_assert!(fonts.width(Face::Mono, 8.0, &line) <= width + 0.1);
            }
            let fitting = fonts.fit(Face::Regular, 8.0, width, &text);
            prop_assert!(fonts.width(Face::Regular, 8.0, &fitting) <= width + 0.1);
        }
    }
}
