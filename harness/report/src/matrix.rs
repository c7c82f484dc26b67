//! The mutant matrix as one HTML file: which defect is seen by which case.

use serde::Serialize;

use crate::RenderError;
use crate::html::render_page;

/// What the page shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MatrixPage {
    /// What was played, as name and value.
    pub facts: Vec<(String, String)>,
    /// Tables, one for each folder of cases and judged seat.
    pub tables: Vec<MatrixTable>,
    /// What must not be: mutants that escape, cases that nothing fails.
    pub mistakes: Vec<String>,
}

/// The cases of one folder in one judged seat.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MatrixTable {
    /// `device-management, client`.
    pub title: String,
    /// The cases.
    pub columns: Vec<MatrixColumn>,
    /// The mutants.
    pub rows: Vec<MatrixRow>,
}

/// A case.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MatrixColumn {
    /// Its name.
    pub case: String,
    /// The letters that it decides: `ABC`.
    pub letters: String,
}

/// A mutant.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MatrixRow {
    /// Its name.
    pub mutant: String,
    /// Its title.
    pub title: String,
    /// One for each column.
    pub cells: Vec<MatrixCell>,
}

/// What a case makes of a mutant.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MatrixCell {
    /// What stands in the cell: the letter that failed, a dot for a Pass, nothing if it was not played.
    pub text: String,
    /// `caught`, `passes`, `seen`, `undecided`, `wrong` or nothing.
    pub class: &'static str,
    /// The same in words.
    pub words: String,
}

/// Renders the matrix as one self-contained HTML file.
pub fn matrix(page: &MatrixPage) -> Result<String, RenderError> {
    Ok(render_page("matrix.html", page)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_their_places_and_text_is_escaped() {
        let cell = |text: &str, class| MatrixCell {
            text: text.to_owned(),
            class,
            words: format!("says \"{text}\""),
        };
        let page = MatrixPage {
            facts: vec![("Mutants".to_owned(), "1".to_owned())],
            tables: vec![MatrixTable {
                title: "registration, client".to_owned(),
                columns: vec![
                    MatrixColumn {
                        case: "registration/int-101".to_owned(),
                        letters: "AB".to_owned(),
                    },
                    MatrixColumn {
                        case: "registration/int-102".to_owned(),
                        letters: "A".to_owned(),
                    },
                ],
                rows: vec![MatrixRow {
                    mutant: "client-<b>".to_owned(),
                    title: "A client".to_owned(),
                    cells: vec![cell("B", "caught"), cell("", "")],
                }],
            }],
            mistakes: vec!["nothing fails \u{202e}".to_owned()],
        };
        let html = matrix(&page).unwrap();
        assert!(html.contains("client-&lt;b&gt;") && !html.contains("client-<b>"));
        assert!(html.contains("says &quot;B&quot;") && !html.contains('\u{202e}'));
        assert_eq!(html.matches("<td").count(), 2);
    }
}
