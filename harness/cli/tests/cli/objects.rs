//! `objects` from outside: exit codes, what goes where, folders, and what stands around a definition.

use crate::program::{Folder, run, run_in};

/// A definition that nobody complains of.
const SOUND: &str = include_str!("../../../../fixtures/objects/bad/20274.xml");

#[test]
fn a_sound_definition_ends_with_0() {
    let folder = Folder::new("sound");
    let file = folder.write("20274.xml", SOUND);
    let ended = run(&["objects", "lint", &file]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.out, "1 definition, 0 errors, 0 warnings\n");
    assert!(
        ended
            .err
            .contains("note: not compared with a registry's DDF.xml and Common.xml"),
        "{}",
        ended.err
    );
}

#[test]
fn warnings_end_with_0_and_errors_with_2() {
    let folder = Folder::new("severities");
    let warned = folder.write(
        "warned.xml",
        &SOUND.replace("<Units>m</Units>", "<Units>furlong</Units>"),
    );
    let wrong = folder.write(
        "wrong.xml",
        &SOUND.replace("<Operations>R</Operations>", "<Operations>X</Operations>"),
    );
    let ended = run(&["objects", "lint", &warned]);
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (Some(0), "1 definition, 0 errors, 1 warning\n")
    );
    let ended = run(&["objects", "lint", &warned, &wrong]);
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (Some(2), "2 definitions, 2 errors, 1 warning\n")
    );
    for part in [
        "warning[417]: unit is \"furlong\"",
        "error[411]: Operations is \"X\"",
        "<Operations>X</Operations>",
        "^",
        "= help: Operations is one of",
    ] {
        assert!(
            ended.err.contains(part),
            "{part} is missing in {}",
            ended.err
        );
    }
    let ended = run(&[
        "objects", "lint", "--allow", "411", "--allow", "417", &warned, &wrong,
    ]);
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (Some(0), "2 definitions, 0 errors, 0 warnings\n")
    );
}

#[test]
fn json_and_lines_for_other_programs() {
    let folder = Folder::new("forms");
    folder.write(
        "a.xml",
        &SOUND.replace("<Units>m</Units>", "<Units>bytes</Units>"),
    );
    let ended = run_in(folder.path(), &["objects", "lint", "--json", "a.xml"]);
    let array: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let one = serde_json::json!([{
        "file": "a.xml", "line": 21, "column": 16, "severity": "warning", "code": "417",
        "message": "unit is \"bytes\", which SenML does not have", "help": "SenML writes \"B\"",
    }]);
    assert_eq!((ended.code, array), (Some(0), one));
    let ended = run_in(folder.path(), &["objects", "lint", "--short", "a.xml"]);
    assert_eq!(
        ended.out,
        "a.xml:21:16: warning[417]: unit is \"bytes\", which SenML does not have\n"
    );
    assert!(
        ended.err.ends_with("1 definition, 0 errors, 1 warning\n"),
        "{}",
        ended.err
    );
    folder.write("b.xml", SOUND);
    let ended = run_in(folder.path(), &["objects", "lint", "--json", "b.xml"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "[]\n"));
}

#[test]
fn folders_are_searched_and_their_registry_is_found() {
    let registry = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/objects/bad");
    let ended = run(&["objects", "lint", "--short", registry]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for code in ["400", "401", "402", "450", "465", "701", "272", "274"] {
        assert!(
            ended.out.contains(&format!("[{code}]: ")),
            "{code} is missing"
        );
    }
    assert!(!ended.err.contains("note: not compared"), "{}", ended.err);
    let folder = Folder::new("folders");
    let renamed = SOUND.replace("<Name>Sensor Value</Name>", "<Name>Value</Name>");
    folder.write("in/side/20274.XML", &renamed);
    folder.write("in/.hidden/20274.xml", "no XML");
    folder.write("in/notes.txt", "no XML");
    let ended = run(&[
        "objects",
        "lint",
        "--short",
        "--registry",
        registry,
        folder.text(),
    ]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.out.contains("/in/side/20274.XML:35:15: error[460]: "),
        "{}",
        ended.out
    );
    assert_eq!(ended.out.lines().count(), 1, "{}", ended.out);
}

#[test]
fn what_cannot_be_read_is_one_finding_among_others() {
    let folder = Folder::new("unreadable");
    folder.write("sound.xml", SOUND);
    let ended = run_in(
        folder.path(),
        &[
            "objects",
            "lint",
            "--short",
            "none.xml",
            "sound.xml",
            "/dev/null",
        ],
    );
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended
            .out
            .starts_with("none.xml:1:1: error[file]: cannot read: "),
        "{}",
        ended.out
    );
    assert!(
        ended
            .out
            .contains("/dev/null:1:1: error[file]: cannot read: not a file"),
        "{}",
        ended.out
    );
    assert!(
        ended.err.ends_with("1 definition, 2 errors, 0 warnings\n"),
        "{}",
        ended.err
    );
}

#[test]
fn mistakes_of_the_user() {
    let folder = Folder::new("usage");
    let ended = run(&["objects", "lint", folder.text()]);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(
        ended.err.starts_with("error: no object definition in "),
        "{}",
        ended.err
    );
    let file = folder.write("20274.xml", SOUND);
    let ended = run(&["objects", "lint", "--registry", folder.text(), &file]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended
            .err
            .starts_with("error: no DDF.xml and no Common.xml in "),
        "{}",
        ended.err
    );
    let ended = run(&["objects", "lint", "--allow", "capitels", &file]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("unknown code \"capitels\"")
            && ended.err.contains("did you mean \"capitals\"?"),
        "{}",
        ended.err
    );
}

#[test]
fn codes_are_listed() {
    let ended = run(&["objects", "codes"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains(
        "error    an executable Resource has no Type and is Single (OMA, Validation Error Code)"
    ));
    assert!(ended.out.lines().count() > 80, "{}", ended.out);
}

#[test]
fn a_terminal_is_not_written_to_by_a_definition() {
    let folder = Folder::new("hostile-definition");
    let text = SOUND.replace("What it is.", "x").replace(
        "<Name>Empty</Name>",
        "<Name>\u{9b}2J \u{202e}evil word</Name>",
    );
    let file = folder.write("a.xml", &text);
    for form in [
        &["objects", "lint", &file][..],
        &["objects", "lint", "--short", &file],
    ] {
        let ended = run(form);
        assert!(
            ended.out.contains("evil") || ended.err.contains("evil"),
            "{ended:?}"
        );
        for letter in ['\u{9b}', '\u{202e}'] {
            assert!(
                !ended.out.contains(letter) && !ended.err.contains(letter),
                "{ended:?}"
            );
        }
    }
}
