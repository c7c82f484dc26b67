//! The cases, states, configurations and mutants of this repository load without a mistake, and read as they are meant.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use lwm2m::Version;
use testcase::diagnostic::render_all;
use testcase::{Diagnostic, File, FileKind, Library, Profile, Seat, SettingValue};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Loads files that must have no mistake.
fn sound(files: Vec<File>) -> Library {
    let (library, mut diagnostics) = Library::load(files);
    diagnostics.retain(Diagnostic::is_error);
    let text = |path: &str| {
        library
            .text(path)
            .map_or(String::new(), |text| text.to_string())
    };
    assert!(diagnostics.is_empty(), "{}", render_all(&diagnostics, text));
    library
}

/// The examples of the notation.
fn everything() -> Library {
    sound(File::below(&root().join("fixtures/testcases/examples")).unwrap())
}

#[test]
fn the_profiles_of_this_repository_have_no_mistake() {
    let library = sound(File::embedded());
    for entry in std::fs::read_dir(root().join("profiles")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".yaml") || name.ends_with(".expected.yaml") {
            continue;
        }
        let (profile, mut mistakes) = Profile::open(&path).unwrap();
        mistakes.extend(profile.iter().flat_map(|profile| profile.check(&library)));
        let text = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        assert!(mistakes.is_empty(), "{}", render_all(&mistakes, text));
        assert!(profile.is_some());
    }
}

#[test]
fn what_the_program_carries_has_no_mistake() {
    let library = sound(File::embedded());
    assert!(library.find("int-101").is_some());
}

#[test]
fn every_case_loads_without_a_mistake() {
    let library = everything();
    for stem in [
        "int-000",
        "int-101",
        "int-109",
        "int-203",
        "int-236",
        "int-301",
        "int-303",
        "int-306",
        "int-770",
        "int-775",
        "int-950",
        "con-blockwise-register",
        "con-duplicate-execute",
        "con-read-unsupported-accept",
        "con-reregister",
    ] {
        assert!(library.find(stem).is_some(), "{stem}");
    }
    assert!(library.mutants.len() >= 2);
}

#[test]
fn the_embedded_files_are_those_of_the_directory() {
    let directory = File::below(&root().join("testcases")).unwrap();
    let embedded: Vec<_> = File::embedded()
        .into_iter()
        .filter(|file| file.kind() != FileKind::Mutant)
        .map(|file| (file.name, file.text))
        .collect();
    let directory: Vec<_> = directory
        .into_iter()
        .map(|file| (file.name, file.text))
        .collect();
    assert_eq!(embedded, directory);
}

#[test]
fn configurations_have_what_their_bases_have() {
    let library = everything();
    let value = |name: &str, path: &str| {
        let path = path.parse().unwrap();
        let setting = library.configurations[name]
            .values
            .iter()
            .find(|setting| setting.path == path)?;
        match &setting.value {
            SettingValue::Scalar(scalar) => Some(scalar.to_string()),
            other => Some(format!("{other:?}")),
        }
    };
    assert_eq!(value("C.4", "/1/0/1").as_deref(), Some("86400"));
    assert_eq!(value("C.4", "/1/0/3").as_deref(), Some("10"));
    assert_eq!(value("C.4", "/3/0/7/1").as_deref(), Some("5000"));
    assert_eq!(value("C.3", "/3/0/7/1"), None);
    assert_eq!(
        value("C.6", "/3/0/0").as_deref(),
        Some("Open Mobile Alliance")
    );
    assert_eq!(value("C.13", "/1").as_deref(), Some("Empty"));
    assert_eq!(value("C.14", "/2/2/2/2").as_deref(), Some("15"));
    assert_eq!(library.configurations["C.6"].moves.len(), 3);
}

#[test]
fn the_forced_wait_is_added_up() {
    let library = everything();
    let wait = |stem: &str, iuts: &[Seat]| {
        library
            .find(stem)
            .unwrap()
            .forced_wait_of(Version::V1_1, iuts)
            .as_secs()
    };
    // Notation, Appendix A: 30 s as template, up to 60 s as pattern.
    assert_eq!(wait("int-301", &[]), 30);
    assert_eq!(wait("int-301", &[Seat::CLIENT]), 60);
    assert_eq!(wait("int-109", &[]), 93 + 27);
    assert_eq!(wait("con-duplicate-execute", &[]), 10);
    assert_eq!(wait("int-203", &[]), 0);
    let case = library.find("con-duplicate-execute").unwrap();
    let configuration = &library.configurations["C.1"];
    assert_eq!(case.lifetime(configuration), Some(Duration::from_secs(600)));
}

#[test]
fn the_bytes_to_hash_depend_on_every_file_and_on_no_order() {
    let one = File::new("states/a", "a.yaml", "state: a\n");
    let two = File::new("states/b", "b.yaml", "state: b\n");
    let bytes = |files: Vec<File>| Library::load(files).0.hash_input();
    let whole = bytes(vec![one.clone(), two.clone()]);
    assert_eq!(whole, bytes(vec![two.clone(), one.clone()]));
    assert_ne!(whole, bytes(vec![one.clone()]));
    let changed = File::new("states/b", "b.yaml", "state: b \n");
    assert_ne!(whole, bytes(vec![one, changed]));
}

#[test]
fn shorter_waits_take_the_place_of_parameters() {
    let text = "id: con-hurry\ntitle: A case that can hurry\nsource: {document: LwM2M Core TS 1.1.1}\nseats: [client]\n\
                parameters: {pmax: 20s, name: kept}\nquick: {pmax: 6s}\ndialogue:\n  - step: Nothing is sent.\n    \
                client: {silence: {of: [any]}, within: \"${pmax}\"}\n    criterion: A\n";
    let mut files = File::embedded();
    files.push(File::new("registration/con-hurry", "con-hurry.yaml", text));
    let wait = |library: &Library| {
        let case = library.find("con-hurry").expect("the case stands");
        case.forced_wait(Version::V1_1).as_secs()
    };
    let (library, _) = Library::load(files);
    assert_eq!(wait(&library), 20);
    let library = library.quickened();
    assert_eq!(wait(&library), 6);
    let case = library.find("con-hurry").expect("the case stands");
    let values: Vec<String> = case
        .parameters
        .iter()
        .map(|(_, value)| value.to_string())
        .collect();
    assert_eq!(values, ["6s", "kept"]);
}
