//! The proof of the cases that are made from object definitions: each passes soundly, and fails by its letters.

use std::sync::Arc;

use lwm2m::{Registry, Version};
use runner::proof::Prover;
use testcase::{Diagnostic, File, Library, generate};

#[test]
fn every_object_has_a_case_that_can_be_read() {
    for version in Version::ALL {
        let (library, mistakes) = library(version);
        let mistakes: Vec<String> = mistakes.iter().map(told).collect();
        assert!(mistakes.is_empty(), "{version}: {mistakes:#?}");
        let listed = Registry::builtin(version).objects().count();
        let made = library.cases.keys().filter(|name| is_made(name)).count();
        assert!(made > 10 && made < listed, "{version}: {made} of {listed}");
    }
}

#[test]
fn sound_emulators_pass_the_cases_of_their_objects() {
    for_each_version(|prover| prover.unsound());
}

#[test]
fn clients_that_break_a_definition_fail_by_its_letter() {
    for_each_version(|prover| prover.escaped());
}

#[test]
fn every_letter_of_an_object_can_fail() {
    for_each_version(|prover| prover.unproven());
}

fn for_each_version(find: impl Fn(&Prover) -> Vec<String>) {
    let mut mistakes = Vec::new();
    for version in Version::ALL {
        let library = Arc::new(library(version).0);
        mistakes.extend(find(&Prover::new(&library, |case| is_made(&case.name))));
    }
    let list = mistakes.join("\n  ");
    assert!(mistakes.is_empty(), "{}:\n  {list}\n", mistakes.len());
}

/// The cases of the Objects of one version, with the clients that break them.
fn library(version: Version) -> (Library, Vec<Diagnostic>) {
    let types = Registry::builtin(version);
    let mut files: Vec<File> = generate::object_files(&types, version);
    let cases: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let has_case = |id: u16| {
        let stem = format!("objects/generated/object-{id}-");
        cases.iter().any(|name| name.starts_with(&stem))
    };
    let listed = types.objects().filter(|object| has_case(object.id));
    files.extend(listed.flat_map(generate::object_mutants));
    Library::embedded().0.with(files)
}

fn is_made(name: &str) -> bool {
    name.starts_with("objects/generated/")
}

fn told(mistake: &Diagnostic) -> String {
    format!(
        "{}:{}: {}",
        mistake.file, mistake.span.line, mistake.message
    )
}
