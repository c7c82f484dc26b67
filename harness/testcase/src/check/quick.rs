//! Whether the shorter waits of a case shorten something.

use crate::Diagnostic;
use crate::diagnostic::suggest;
use crate::model::TestCase;

/// Reports shorter values of what is no parameter.
pub(crate) fn check_quick(case: &TestCase) -> Vec<Diagnostic> {
    let names = || case.parameters.iter().map(|(name, _)| name.as_str());
    let unknown = case
        .quick
        .iter()
        .filter(|(name, _)| !names().any(|known| known == name.value));
    let diagnostic = |name: &crate::Spanned<String>| {
        let message = format!("no parameter is called \"{}\"", name.value);
        let mistake = Diagnostic::error(&case.file, name.span, message);
        match suggest(&name.value, names()) {
            Some(near) => mistake.with_label(format!("did you mean \"{near}\"?")),
            None => {
                mistake.with_help("\"quick\" gives shorter values to names under \"parameters\"")
            }
        }
    };
    unknown.map(|(name, _)| diagnostic(name)).collect()
}
