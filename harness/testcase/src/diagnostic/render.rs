//! Shows mistakes with the line of the file and a caret below it.

use std::fmt::Write as _;

use super::Diagnostic;
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
    let mut out = format!(
        "{}: {}\n{blank}--> {}:{}:{}\n{blank} |\n",
        diagnostic.severity.name(),
        diagnostic.message,
        diagnostic.file,
        span.line,
        span.column
    );
    let mut shown = None;
    for (span, label, mark) in places {
        if shown != Some(span.line) {
            if shown.is_some_and(|line| line + 1 < span.line) {
                let _ = writeln!(out, "{blank} :");
            }
            let line = line_of(text, span);
            let _ = writeln!(out, "{:>width$} | {line}", span.line);
            shown = Some(span.line);
        }
        let marks = mark.to_string().repeat(span.width.max(1) as usize);
        let indent = " ".repeat(span.column.saturating_sub(1) as usize);
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

/// The line as it can be shown: tabs and control characters would move the caret.
fn line_of(text: &str, span: Span) -> String {
    text.lines()
        .nth(span.line.saturating_sub(1) as usize)
        .unwrap_or("")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim_end()
        .to_owned()
}

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
    fn a_place_outside_the_file_shows_nothing() {
        let diagnostic = Diagnostic::error("a.yaml", Span::new(9, 9, 9), "gone");
        assert!(render(&diagnostic, "").contains("a.yaml:9:9"));
    }
}
