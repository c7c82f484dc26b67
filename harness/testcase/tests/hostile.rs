//! Whatever a file holds, the loader reports it and goes on: no panic, no place outside of the file.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use proptest::prelude::*;
use testcase::{Diagnostic, File, Library, Profile};

fn examples() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    File::below(&root.join("fixtures/testcases/examples")).unwrap()
}

/// Pieces that break things when they stand in odd places.
const PIECES: &[&str] = &[
    "${",
    "}",
    "{",
    "[",
    "]",
    ":",
    ": ",
    "- ",
    "\n",
    "  ",
    "\"",
    "'",
    "#",
    "&a ",
    "*a",
    "!!x ",
    "|\n",
    "absent",
    "{}",
    "one-of",
    "any-order",
    "each",
    "printed",
    "hex:",
    "0x",
    "1e999",
    "-",
    "..",
    "/",
    "\u{feff}",
    "\u{0}",
    "é",
    "not (",
    "object(",
    "version >= ",
    "<<: ",
    "? ",
    "---\n",
    "99999999999999999999",
    "null",
    "~",
];

fn check(diagnostics: &[Diagnostic], text: &str) {
    let lines = text.lines().count().max(1) + 1;
    for diagnostic in diagnostics.iter().filter(|found| found.file == "x.yaml") {
        assert!(diagnostic.span.line >= 1 && diagnostic.span.column >= 1);
        assert!((diagnostic.span.line as usize) <= lines, "{diagnostic:?}");
        assert!(diagnostic.span.width >= 1);
        testcase::diagnostic::render(diagnostic, text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn broken_files_are_reported(
        which in 0usize..100,
        edits in prop::collection::vec((0usize..4000, 0usize..12, 0usize..PIECES.len()), 1..6),
    ) {
        let mut files = examples();
        let index = which % files.len();
        let mut characters: Vec<char> = files[index].text.chars().collect();
        for (at, gone, piece) in edits {
            let at = at % (characters.len() + 1);
            let end = (at + gone).min(characters.len());
            characters.splice(at..end, PIECES[piece].chars());
        }
        let text: String = characters.into_iter().collect();
        let name = files[index].name.clone();
        files[index] = File::new(name, "x.yaml", text.as_str());
        let (_, diagnostics) = Library::load(files);
        check(&diagnostics, &text);
    }

    #[test]
    fn any_text_is_reported(text in "\\PC{0,200}", expression in "[a-z0-9 ()<>=!,.${}-]{0,60}") {
        let (_, diagnostics) = Library::load([File::new("x", "x.yaml", text.as_str())]);
        prop_assert!(!diagnostics.is_empty());
        check(&diagnostics, &text);
        let case = format!("requires: '{expression}'\n");
        let (_, diagnostics) = Library::load([File::new("x", "x.yaml", case.as_str())]);
        check(&diagnostics, &case);
        let (_, diagnostics) = Profile::load("x.yaml", &text, None);
        prop_assert!(!diagnostics.is_empty());
        check(&diagnostics, &text);
    }
}
