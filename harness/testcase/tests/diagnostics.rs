//! The author's mistakes as a person sees them: `fixtures/testcases/bad/*.yaml` with their `.err` beside them.
//!
//! `UPDATE_GOLDEN=1` rewrites the `.err` files. Folders below `bad` hold states, configurations, errata, mutants and profiles.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use testcase::diagnostic::render_all;
use testcase::{Diagnostic, File, Library, Profile};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/testcases/bad")
}

fn mistakes(file: &File) -> Vec<Diagnostic> {
    let shown = format!("{}.yaml", file.name);
    if let Some(name) = file.name.strip_prefix("profiles/") {
        let expected = name.ends_with(".expected");
        return if expected {
            let (profile, found) =
                Profile::load("good.yaml", GOOD_PROFILE, Some((&shown, &file.text)));
            assert!(profile.is_none());
            found
        } else {
            Profile::load(&shown, &file.text, None).1
        };
    }
    let examples = File::below(&folder().join("../examples")).unwrap();
    // the golden files must not know where this checkout stands
    let named = |one: File| File::new(&*one.name, format!("{}.yaml", one.name), one.text);
    let mut files: Vec<File> = examples.into_iter().map(named).collect();
    files.push(File::new(&*file.name, &*shown, file.text.clone()));
    let (_, found) = Library::load(files);
    let (own, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.file == shown);
    let others: Vec<_> = others.iter().filter(|found| found.is_error()).collect();
    assert!(others.is_empty(), "{shown}: {others:?}");
    own
}

#[test]
fn every_mistake_is_shown_as_the_golden_file_has_it() {
    let update = env::var_os("UPDATE_GOLDEN").is_some();
    let mut stale = Vec::new();
    let mut count = 0;
    for file in File::below(&folder()).unwrap() {
        let found = mistakes(&file);
        assert!(!found.is_empty(), "{}: no mistake found", file.name);
        count += found.len();
        let shown = render_all(&found, |_| file.text.to_string());
        let golden = folder().join(format!("{}.err", file.name));
        if update {
            fs::write(&golden, &shown).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != shown {
            stale.push(format!("{}\n{shown}", golden.display()));
        }
    }
    assert!(
        stale.is_empty(),
        "UPDATE_GOLDEN=1 rewrites:\n{}",
        stale.join("\n")
    );
    assert!(count >= 40, "{count} mistakes");
}

#[test]
fn no_text_makes_the_loader_panic() {
    let good = File::below(&folder().join("../examples")).unwrap();
    for file in good {
        let characters: Vec<char> = file.text.chars().collect();
        // Every beginning of every file, and every file without one of its lines.
        for end in (0..characters.len()).step_by(7) {
            let text: String = characters[..end].iter().collect();
            Library::load([File::new(&*file.name, &*file.path, text)]);
        }
        let lines: Vec<&str> = file.text.lines().collect();
        for gone in 0..lines.len() {
            let mut left = lines.clone();
            left.remove(gone);
            Library::load([File::new(&*file.name, &*file.path, left.join("\n"))]);
        }
    }
}

const GOOD_PROFILE: &str = "\
name: a
role: client
ics: {lwm2m: [\"1.1\"], transports: [udp], security: [nosec], content-formats: [tlv], operations: [read]}
";
