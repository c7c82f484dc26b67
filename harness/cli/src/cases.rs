//! The cases of a run: those that the program carries, or those of a folder.

use std::path::Path;
use std::sync::Arc;

use testcase::{Diagnostic, File, FileKind, Library};

use crate::Trouble;
use crate::args::Selected;

/// Loads the cases of a run, with the waits that it wants.
pub fn selected(selected: &Selected) -> Result<Arc<Library>, Trouble> {
    let library = load(selected.cases.as_deref())?;
    if selected.quick {
        return Ok(Arc::new(Arc::unwrap_or_clone(library).quickened()));
    }
    Ok(library)
}

/// Loads the cases; every mistake in them is shown.
fn load(folder: Option<&Path>) -> Result<Arc<Library>, Trouble> {
    let mut files = files(folder)?;
    // mutants test the cases, not an implementation
    files.retain(|file| file.kind() != FileKind::Mutant);
    let (library, diagnostics) = Library::load(files);
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

/// The files of `folder`; kinds that it lacks, but for cases, are those that the program carries.
pub(crate) fn files(folder: Option<&Path>) -> Result<Vec<File>, Trouble> {
    let Some(folder) = folder else {
        return Ok(File::embedded());
    };
    let mut files = File::below(folder).map_err(|error| unreadable(folder, &error))?;
    let kinds: Vec<FileKind> = files.iter().map(File::kind).collect();
    let carried = File::embedded()
        .into_iter()
        .filter(|file| file.kind() != FileKind::Case);
    files.extend(carried.filter(|file| !kinds.contains(&file.kind())));
    Ok(files)
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
