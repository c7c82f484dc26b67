//! Shows mistakes with the line of the file and a caret below it.

use std::fmt::Write as _;

use super::{Diagnostic, lines};
use crate::Span;

/// The mistake as text; `text` is the file's.
pub fn render(diagnostic: &Diagnostic, text: &str) -> String {
    let mut places = vec![(
        diagnostic.span,
        diagnostic.label.as_deref().unwrap_or(""),
        '^',
    )];
    for label in &diagnostic.labels {
        places.push((label.span, label.text.as_str(), '-'));
    }
    places.sort_by_key(|(span, ..)| (span.line, span.column));
    let last = places.last().map_or(1, |(span, ..)| span.line);
    let width = last.to_string().len();
    let blank = " ".repeat(width);
    let span = diagnostic.span;
    let code = diagnostic
        .code
        .map_or_else(String::new, |code| format!("[{code}]"));
    let mut out = format!(
        "{}{code}: {}\n{blank}--> {}:{}:{}\n{blank} |\n",
        diagnostic.severity.name(),
        diagnostic.message,
        diagnostic.file,
        span.line,
        span.column
    );
    let mut shown = None;
    let mut excerpt = Excerpt::default();
    for (span, label, mark) in places {
        if shown != Some(span.line) {
            if shown.is_some_and(|line| line + 1 < span.line) {
                let _ = writeln!(out, "{blank} :");
            }
            excerpt = Excerpt::of(text, span);
            let _ = writeln!(out, "{:>width$} | {}", span.line, excerpt.text);
            shown = Some(span.line);
        }
        let (column, marked) = excerpt.place(span);
        let marks = mark.to_string().repeat(marked);
        let indent = " ".repeat(column);
        let _ = writeln!(
            out,
            "{}",
            format!("{blank} | {indent}{marks} {label}").trim_end()
        );
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "{blank} |\n{blank} = help: {help}");
    }
    out
}

/// All mistakes, in the order of the file, an empty line between two.
pub fn render_all(diagnostics: &[Diagnostic], mut text: impl FnMut(&str) -> String) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, &text(&diagnostic.file)))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A line as it can be shown, or the part of a long one around a place.
#[derive(Default)]
struct Excerpt {
    text: String,
    /// Characters of the line before the part, and how many are shown instead.
    before: usize,
    dots: usize,
    is_cut: bool,
}

impl Excerpt {
    /// Tabs and control characters would move the caret.
    fn of(text: &str, span: Span) -> Self {
        let line = lines(text).nth(span.line.saturating_sub(1) as usize);
        let line = line.unwrap_or("").trim_end();
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        if line.chars().nth(WIDEST).is_none() {
            return Self {
                text: line.chars().map(shown).collect(),
                ..Self::default()
            };
        }
        let column = span.column.saturating_sub(1) as usize;
        let before = column.saturating_sub(LEAD);
        let dots = if before == 0 { "" } else { DOTS };
        let rest = line.chars().skip(before);
        let part: String = rest.clone().take(WIDEST).map(shown).collect();
        let more = if rest.clone().nth(WIDEST).is_some() {
            DOTS
        } else {
            ""
        };
        Self {
            text: format!("{dots}{part}{more}"),
            before,
            dots: dots.len(),
            is_cut: true,
        }
    }

    /// Characters before the marks of a place, and how many marks there are.
    fn place(&self, span: Span) -> (usize, usize) {
        let column = span.column.saturating_sub(1) as usize;
        let column = column.saturating_sub(self.before) + self.dots;
        let width = span.width.max(1) as usize;
        if !self.is_cut {
            return (column, width);
        }
        let shown = self.text.chars().count();
        let column = column.min(shown);
        (column, width.min(shown.saturating_sub(column)).max(1))
    }
}

/// Characters of a line that are shown; the rest of a longer one is left out.
const WIDEST: usize = 160;

/// Characters before the place in a line that is cut.
const LEAD: usize = 40;

/// Where a line is cut.
const DOTS: &str = "...";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_shows_its_line_with_a_caret() {
        let text = format!(
            "{}      read: {{path: /3/0, accept: tvl}}\n",
            "\n".repeat(11)
        );
        let diagnostic = Diagnostic::error(
            "int-203-read-tlv.yaml",
            Span::new(12, 34, 3),
            "unknown content format \"tvl\"",
        )
        .with_label("did you mean \"tlv\"?")
        .with_help("content formats: text, tlv");
        assert_eq!(
            render(&diagnostic, &text),
            "error: unknown content format \"tvl\"\n  \
               --> int-203-read-tlv.yaml:12:34\n   \
                |\n\
             12 |       read: {path: /3/0, accept: tvl}\n   \
                |                                  ^^^ did you mean \"tlv\"?\n   \
                |\n   \
                = help: content formats: text, tlv\n"
        );
    }

    #[test]
    fn other_places_are_shown_too() {
        let diagnostic = Diagnostic::warning("a.yaml", Span::new(3, 1, 1), "repeated key \"a\"")
            .with_place(Span::new(1, 1, 1), "first here");
        assert_eq!(
            render(&diagnostic, "a: 1\nb: 2\na: 3\n"),
            "warning: repeated key \"a\"\n --> a.yaml:3:1\n  |\n1 | a: 1\n  | - first here\n  :\n3 | a: 3\n  | ^\n"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}here{}\n", "a".repeat(500), "b".repeat(500));
        let diagnostic = Diagnostic::error("a.xml", Span::new(1, 501, 4), "wrong").with_code("417");
        let shown = render(&diagnostic, &text);
        let line = format!("1 | ...{}here{}...", "a".repeat(40), "b".repeat(116));
        let marks = format!("  | {}^^^^", " ".repeat(43));
        assert_eq!(
            shown,
            format!("error[417]: wrong\n --> a.xml:1:501\n  |\n{line}\n{marks}\n")
        );
        let wide = Diagnostic::error("a.xml", Span::new(1, 1, 1000), "wrong");
        let marks = format!("\n  | {}\n", "^".repeat(163));
        assert!(render(&wide, &text).ends_with(&marks));
    }

    #[test]
    fn a_place_outside_the_file_shows_nothing() {
        let diagnostic = Diagnostic::error("a.yaml", Span::new(9, 9, 9), "gone");
        assert!(render(&diagnostic, "").contains("a.yaml:9:9"));
    }
}
