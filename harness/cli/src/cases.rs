//! The cases of a run: those that the program carries, or those of a folder.

use std::path::Path;
use std::sync::Arc;

use testcase::{Diagnostic, Library};

use crate::Trouble;

/// Loads the cases; every mistake in them is shown.
pub fn load(folder: Option<&Path>) -> Result<Arc<Library>, Trouble> {
    let (library, diagnostics) = match folder {
        None => Library::embedded(),
        Some(folder) => Library::directory(folder).map_err(|error| unreadable(folder, &error))?,
    };
    let errors: Vec<Diagnostic> = diagnostics
        .into_iter()
        .filter(Diagnostic::is_error)
        .collect();
    if errors.is_empty() {
        return Ok(Arc::new(library));
    }
    Err(mistakes(&errors, |path| {
        library.text(path).map(|text| text.to_string())
    }))
}

/// Mistakes with the lines they stand on.
pub(crate) fn mistakes(
    diagnostics: &[Diagnostic],
    text: impl Fn(&str) -> Option<String>,
) -> Trouble {
    Trouble::Mistakes {
        shown: show(diagnostics, text),
        count: diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .count(),
    }
}

/// Mistakes as text; the text of a file that `text` does not know is read.
pub(crate) fn show(diagnostics: &[Diagnostic], text: impl Fn(&str) -> Option<String>) -> String {
    testcase::diagnostic::render_all(diagnostics, |path| {
        text(path)
            .or_else(|| std::fs::read_to_string(path).ok())
            .unwrap_or_default()
    })
}

/// A file or folder that the user named and that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Trouble {
    let reason = error.to_string();
    let reason = reason
        .split(" (os error")
        .next()
        .unwrap_or_default()
        .to_lowercase();
    Trouble::Unreadable {
        message: format!("cannot read \"{}\": {reason}", path.display()),
        help: "is the path right, seen from the current folder?".to_owned(),
    }
}
