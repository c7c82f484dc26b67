//! The few colours of the printed report; every one of them only repeats a word.

use printpdf::{Color, Rgb};
use record::Verdict;

/// An RGB colour, each part from 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(u8, u8, u8);

impl Colour {
    /// Body text.
    pub(super) const TEXT: Self = Self(0x1b, 0x1f, 0x24);
    /// Labels and small print.
    pub(super) const SOFT: Self = Self(0x55, 0x5d, 0x66);
    /// Rules and lifelines.
    pub(super) const LINE: Self = Self(0xc4, 0xcb, 0xd3);
    /// Backgrounds of excerpts and heads.
    pub(super) const PANEL: Self = Self(0xf3, 0xf5, 0xf7);
    /// The paper itself, to clear lines behind words.
    pub(super) const PAPER: Self = Self(0xff, 0xff, 0xff);
    /// Links within the document.
    pub(super) const LINK: Self = Self(0x0a, 0x4f, 0xb3);
    /// What failed.
    pub(super) const FAIL: Self = Self(0xa1, 0x08, 0x1b);
    /// The background of what failed.
    pub(super) const FAIL_BACK: Self = Self(0xfd, 0xe8, 0xe8);
    /// The confidentiality note.
    pub(super) const NOTE: Self = Self(0x6f, 0x46, 0x00);
    /// The background of the confidentiality note.
    pub(super) const NOTE_BACK: Self = Self(0xff, 0xf1, 0xcf);

    /// Text and background of a verdict.
    pub(super) const fn of(verdict: Verdict) -> (Self, Self) {
        match verdict {
            Verdict::Pass => (Self(0x17, 0x63, 0x2b), Self(0xe3, 0xf4, 0xe7)),
            Verdict::Fail => (Self::FAIL, Self::FAIL_BACK),
            Verdict::Inconclusive => (Self::NOTE, Self::NOTE_BACK),
            Verdict::NotApplicable => (Self(0x4a, 0x50, 0x58), Self(0xea, 0xec, 0xef)),
            Verdict::OutOfTime => (Self(0x3b, 0x37, 0x93), Self(0xe9, 0xe8, 0xfb)),
            Verdict::Error => (Self(0x74, 0x21, 0x6f), Self(0xf9, 0xe6, 0xf7)),
        }
    }

    /// As printpdf takes it.
    pub(super) fn to_pdf(self) -> Color {
        let [r, g, b] =
            [self.0, self.1, self.2].map(|part| (f32::from(part) / 2.55).round() / 100.0);
        Color::Rgb(Rgb {
            r,
            g,
            b,
            icc_profile: None,
        })
    }
}
