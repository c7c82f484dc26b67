//! The lines of a case that a mismatch violates, with what a caret needs.

use record::{CaseRecord, Location, Mismatch};

use crate::escape::{cut, visible};

/// A few lines of a case's file and what is meant on the last of them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Excerpt {
    /// File, line and column: `testcases/registration/int-101.yaml:7:14`.
    pub place: String,
    /// Line before the violated one, if the file is at hand and the line is not blank.
    pub before: Option<(u32, String)>,
    /// Number of the violated line.
    pub number: u32,
    /// The violated line.
    pub line: String,
    /// Characters before the caret.
    pub indent: usize,
    /// Number of carets.
    pub width: usize,
    /// What is said beside the caret.
    pub message: String,
}

impl Excerpt {
    /// Cuts the excerpt of a mismatch out of the record.
    pub(crate) fn new(mismatch: &Mismatch, record: &CaseRecord) -> Option<Self> {
        let Location {
            file,
            line,
            column,
            width,
            text,
        } = &mismatch.location;
        if *line == 0 || text.is_empty() {
            return None;
        }
        let (head, meant) = around_caret(text, *column, *width);
        Some(Self {
            place: visible(&format!("{file}:{line}:{column}")).into_owned(),
            before: line_before(record, file, *line),
            number: *line,
            line: cut(text, LINE),
            indent: visible(head).chars().count().min(LINE),
            width: visible(meant).chars().count().clamp(1, LINE),
            message: cut(&mismatch.message, LINE),
        })
    }

    /// Columns that line numbers need.
    pub(crate) fn gutter(&self) -> usize {
        self.number.to_string().len() + 1
    }

    /// The lines as text, each with its number or an empty gutter.
    pub(crate) fn lines(&self) -> Vec<String> {
        let w = self.gutter();
        let mut lines = vec![
            format!("{:w$}--> {}", "", self.place),
            format!("{:w$} |", ""),
        ];
        if let Some((number, line)) = &self.before {
            lines.push(format!("{number:>w$} | {line}"));
        }
        lines.push(format!("{:>w$} | {}", self.number, self.line));
        let (indent, carets) = (" ".repeat(self.indent), "^".repeat(self.width));
        lines.push(format!("{:w$} | {indent}{carets} {}", "", self.message));
        lines.push(format!("{:w$} |", ""));
        lines
    }
}

fn around_caret(text: &str, column: u32, width: u32) -> (&str, &str) {
    let column = column.saturating_sub(1) as usize;
    let offset = |text: &str, count| {
        text.char_indices()
            .nth(count)
            .map_or(text.len(), |(at, _)| at)
    };
    let (head, tail) = text.split_at(offset(text, column));
    let (meant, _) = tail.split_at(offset(tail, width as usize));
    (head, meant)
}

fn line_before(record: &CaseRecord, file: &str, line: u32) -> Option<(u32, String)> {
    let index = (line as usize).checked_sub(2)?;
    let text = record
        .text
        .lines()
        .nth(index)
        .filter(|_| record.file == file)?;
    (!text.trim().is_empty()).then(|| (line - 1, cut(text, LINE)))
}

/// Longest line that is shown whole.
const LINE: usize = 200;
