//! Files of the notation: cases, states, configurations, mutants; profiles.

use ::testcase::{Diagnostic, File, Library, Profile};

fn check(diagnostics: &[Diagnostic], text: &str) {
    // YAML ends a line by LF, CR LF and CR
    let lines = text.replace("\r\n", "\n").split(['\n', '\r']).count() + 1;
    for found in diagnostics.iter().filter(|found| found.file == "x.yaml") {
        let span = found.span;
        assert!(
            span.line >= 1 && span.column >= 1 && span.width >= 1,
            "{found:?}"
        );
        assert!(span.line as usize <= lines, "{found:?}");
    }
    // each repeats its lines
    for found in diagnostics.iter().take(8) {
        ::testcase::diagnostic::render(found, text);
    }
}

/// A file of the library by its folder; the first line of the input is its name.
pub fn library(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (name, text) = text.split_once('\n').unwrap_or(("x", &text));
    let name = match name.trim_start_matches(['#', ' ']) {
        name @ ("states/x" | "configurations/x" | "errata/x" | "mutants/x") => name,
        _ => "x",
    };
    let (_, diagnostics) = Library::load([File::new(name, "x.yaml", text)]);
    check(&diagnostics, text);
}

/// A profile, and its expected deviations behind a line of `===`.
pub fn profile(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (text, expected) = match text.split_once("\n===\n") {
        Some((text, expected)) => (text, Some(("expected.yaml", expected))),
        None => (&*text, None),
    };
    let (profile, diagnostics) = Profile::load("x.yaml", text, expected);
    assert!(profile.is_some() || !diagnostics.is_empty());
    check(&diagnostics, text);
}
