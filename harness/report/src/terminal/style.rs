//! Colours, which only repeat what words say, and the width of a line.

use record::Verdict;

/// How lines are decorated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether words are coloured (ECMA-48, 8.3.117 SGR).
    pub colour: bool,
    /// Columns of the terminal, at which verdict lines are cut; 0 if unlimited.
    pub width: usize,
}

impl Style {
    /// Colours a word by the verdict it stands for.
    pub(crate) fn verdict(self, word: &str, verdict: Verdict, expected: bool) -> String {
        let colour = match verdict {
            _ if expected => "36",
            Verdict::Pass => "32",
            Verdict::Fail => "1;31",
            Verdict::Inconclusive | Verdict::OutOfTime => "33",
            Verdict::Error => "1;35",
            Verdict::NotApplicable => "2",
        };
        self.paint(word, colour)
    }

    /// Makes text stand out.
    pub(crate) fn strong(self, text: &str) -> String {
        self.paint(text, "1")
    }

    /// Keeps a line within the width.
    pub(crate) fn fit(self, line: String) -> String {
        if self.width < NARROWEST || line.chars().nth(self.width).is_none() {
            return line;
        }
        let kept: String = line.chars().take(self.width - 3).collect();
        format!("{}...", kept.trim_end())
    }

    fn paint(self, text: &str, sgr: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{sgr}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Below this many columns cutting would lose the name of the case.
const NARROWEST: usize = 60;
