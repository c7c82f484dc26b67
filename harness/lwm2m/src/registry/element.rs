//! Elements of a document, and the problems with them.
//!
//! Knows how a field is written, not which fields a definition has.

use roxmltree::{Document, Node};

use super::diagnostic::{DdfDiagnostic, Severity};

/// An element of the document being read.
pub(super) type Element<'d> = Node<'d, 'd>;

/// Reads fields of elements and collects what is wrong with them.
pub(super) struct Elements<'d> {
    document: &'d Document<'d>,
    diagnostics: Vec<DdfDiagnostic>,
}

impl<'d> Elements<'d> {
    pub(super) const fn of(document: &'d Document<'d>) -> Self {
        Self {
            document,
            diagnostics: Vec::new(),
        }
    }

    pub(super) fn into_diagnostics(self) -> Vec<DdfDiagnostic> {
        self.diagnostics
    }

    /// Reports every child that `names` lacks, and every one after the first of its name.
    pub(super) fn expect_children(&mut self, parent: Element<'d>, names: &[&str]) {
        let mut seen = Vec::new();
        for child in parent.children().filter(Node::is_element) {
            let found = name(child);
            if !names.contains(&found) {
                self.warn(child, format!("unknown element {}", quoted(found)));
            } else if seen.contains(&found) {
                self.warn(child, format!("a second \"{found}\", not read"));
            } else {
                seen.push(found);
            }
        }
    }

    /// The children named `wanted`; any other element is reported.
    pub(super) fn list(&mut self, parent: Element<'d>, wanted: &str) -> Vec<Element<'d>> {
        let (found, other): (Vec<_>, Vec<_>) = parent
            .children()
            .filter(Node::is_element)
            .partition(|child| name(*child) == wanted);
        for child in other {
            self.warn(child, format!("unknown element {}", quoted(name(child))));
        }
        found
    }

    /// The text of the field `field`, and a warning if there is no such element.
    pub(super) fn text(&mut self, parent: Element<'d>, field: &str) -> String {
        optional_text(parent, field).unwrap_or_else(|| {
            self.warn(parent, format!("no \"{field}\" in \"{}\"", name(parent)));
            String::new()
        })
    }

    /// What the text of `field` means by `table`, `default` if nothing.
    ///
    /// Letter case and spaces may differ from the schema's word, with a warning.
    pub(super) fn choice<T: Copy>(
        &mut self,
        parent: Element<'d>,
        field: &str,
        table: &[(&str, T)],
        default: T,
    ) -> T {
        let Some(text) = optional_text(parent, field) else {
            self.warn(parent, format!("no \"{field}\" in \"{}\"", name(parent)));
            return default;
        };
        if let Some((_, meant)) = table.iter().find(|(word, _)| *word == text) {
            return *meant;
        }
        let text_plain = plain(&text);
        let text = quoted(&text);
        if let Some((word, meant)) = table.iter().find(|(word, _)| plain(word) == text_plain) {
            self.warn(parent, format!("{field} is {text}, read as \"{word}\""));
            return *meant;
        }
        let words: Vec<_> = table.iter().map(|(word, _)| quoted(word)).collect();
        let words = words.join(", ");
        self.fail(parent, format!("{field} is {text}, wanted one of {words}"));
        default
    }

    /// The identifier that `text` states.
    pub(super) fn id(&mut self, at: Element<'d>, field: &str, text: Option<&str>) -> Option<u16> {
        let found = text.map_or_else(|| "missing".to_owned(), quoted);
        let id = text.and_then(|text| text.trim().parse().ok());
        if id.is_none() {
            let left_out = name(at);
            self.fail(
                at,
                format!("{field} is {found}, wanted 0 to 65535: {left_out} left out"),
            );
        }
        id
    }

    pub(super) fn warn(&mut self, at: Element<'d>, message: impl Into<String>) {
        self.report(at, Severity::Warning, message.into());
    }

    pub(super) fn fail(&mut self, at: Element<'d>, message: impl Into<String>) {
        self.report(at, Severity::Error, message.into());
    }

    fn report(&mut self, at: Element<'d>, severity: Severity, message: String) {
        if self.diagnostics.len() == MOST_DIAGNOSTICS {
            return;
        }
        let place = self.document.text_pos_at(at.range().start);
        self.diagnostics.push(DdfDiagnostic {
            line: place.row,
            column: place.col,
            severity,
            message,
        });
    }
}

/// The name of an element, without its namespace.
pub(super) fn name<'d>(element: Element<'d>) -> &'d str {
    element.tag_name().name()
}

/// The text of the first child named `field`, trimmed; `None` if there is no such element.
pub(super) fn optional_text(parent: Element<'_>, field: &str) -> Option<String> {
    let child = parent
        .children()
        .find(|child| child.is_element() && name(*child) == field)?;
    let texts = child.children().filter(Node::is_text);
    let text: String = texts.filter_map(|part| part.text()).collect();
    Some(text.trim().to_owned())
}

/// `text` in quotes, cut where it is too long for a message.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{:?}..", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// A word without what authors write differently.
fn plain(word: &str) -> String {
    word.chars()
        .filter(|letter| letter.is_ascii_alphanumeric())
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

/// Diagnostics that are kept; a file with more is no definition.
const MOST_DIAGNOSTICS: usize = 100;

/// Characters of a text that a message repeats.
const LONGEST_QUOTE: usize = 40;
