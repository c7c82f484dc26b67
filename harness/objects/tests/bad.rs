//! What is wrong with a definition as a person sees it: `fixtures/objects/bad/*.xml` with their `.err` beside them.
//!
//! `UPDATE_GOLDEN=1` rewrites the `.err` files. Each file breaks one rule, against the DDF.xml and Common.xml of the same folder.

#![allow(clippy::unwrap_used, reason = "a test")]

mod folder;

use std::collections::BTreeSet;
use std::{env, fs};

use folder::Folder;
use objects::{Checked, Severity, codes};
use testcase::diagnostic::render_all;
use testcase::{Diagnostic, Span};

#[test]
fn every_finding_is_shown_as_the_golden_file_has_it() {
    let update = env::var_os("UPDATE_GOLDEN").is_some();
    let folder = Folder::open("bad");
    let mut stale = Vec::new();
    for name in folder.names() {
        let golden = folder.path.join(name).with_extension("err");
        let shown = shown(name, &folder.lint(name));
        if SOUND.contains(&name) {
            assert_eq!(shown, "", "{name} is there for others, and sound");
        } else if update {
            fs::write(&golden, &shown).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != shown {
            stale.push(format!("{}\n{shown}", golden.display()));
        }
        assert_eq!(
            shown.is_empty(),
            SOUND.contains(&name),
            "{name}: nothing found"
        );
    }
    let stale = stale.join("\n");
    assert!(stale.is_empty(), "UPDATE_GOLDEN=1 rewrites:\n{stale}");
}

#[test]
fn every_code_is_provoked_by_the_file_of_its_name() {
    let folder = Folder::open("bad");
    let mut provoked = BTreeSet::new();
    for name in folder.names() {
        let found: BTreeSet<_> = folder
            .lint(name)
            .findings
            .iter()
            .map(|one| one.code)
            .collect();
        provoked.extend(
            found
                .iter()
                .filter(|code| name.starts_with(**code))
                .copied(),
        );
    }
    let all: BTreeSet<_> = codes().iter().map(|rule| rule.code).collect();
    // a file that cannot be read is none that could lie there
    let missing: Vec<_> = all
        .difference(&provoked)
        .filter(|code| **code != "file")
        .collect();
    assert!(missing.is_empty(), "no file provokes {missing:?}");
}

#[test]
fn every_rule_is_provoked() {
    let folder = Folder::open("bad");
    let found: Vec<_> = folder
        .names()
        .flat_map(|name| folder.lint(name).findings)
        .collect();
    for rule in codes().iter().filter(|rule| rule.code != "file") {
        let severity =
            |one: &&objects::Finding| one.code == rule.code && one.severity == rule.severity;
        assert!(found.iter().any(|one| severity(&one)), "{rule:?}");
    }
}

#[test]
fn a_finding_says_what_would_be_right() {
    let folder = Folder::open("bad");
    // a text that was cut ends with two
    let stops = |text: &str| text.ends_with('.') && !text.ends_with("..");
    for name in folder.names() {
        for one in folder.lint(name).findings {
            assert!(
                !one.message.is_empty() && !one.help.is_empty(),
                "{name}: {one:?}"
            );
            assert!(!stops(&one.message) && !stops(&one.help), "{name}: {one:?}");
        }
    }
}

fn shown(name: &str, checked: &Checked) -> String {
    let diagnostics: Vec<_> = checked
        .findings
        .iter()
        .map(|one| {
            let span = Span::new(one.line, one.column, one.width);
            let diagnostic = match one.severity {
                Severity::Error => Diagnostic::error(name, span, &*one.message),
                Severity::Warning => Diagnostic::warning(name, span, &*one.message),
            };
            diagnostic.with_code(one.code).with_help(&*one.help)
        })
        .collect();
    render_all(&diagnostics, |_| checked.text.clone())
}

/// Files that others name.
const SOUND: [&str; 3] = ["20274.xml", "20275.xml", "Common.xml"];
