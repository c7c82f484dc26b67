//! Probes of emulated clients: the draft claims what the emulator can do, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use testcase::Profile;

use crate::program::{Ended, Folder, run};

/// The profile in a file, which has no mistake.
fn read(path: &Path) -> Profile {
    let (profile, mistakes) = Profile::open(path).unwrap();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    profile.unwrap()
}

/// Probes an emulated client with these words; gives the draft's path.
fn probe(folder: &Folder, more: &[&str], emulated: &[&str]) -> (Ended, std::path::PathBuf) {
    let out = folder.path().join("draft.yaml");
    let program = env!("CARGO_BIN_EXE_testfest");
    let words = [
        "probe",
        "client",
        "--force",
        "--listen",
        "127.0.0.1",
        "--out",
        out.to_str().unwrap(),
    ];
    let start = [
        "--",
        program,
        "emulate",
        "client",
        "--server",
        "${server.uri}",
        "--endpoint",
        "${client.endpoint}",
    ];
    let ended = run(&[&words, more, &start, emulated].concat());
    (ended, out)
}

/// A profile with these lists.
fn profile(version: &str, formats: &str, operations: &str, objects: &str) -> String {
    format!(
        "name: Some client\nrole: client\nics:\n  lwm2m: [\"{version}\"]\n  transports: [udp]\n  security: [nosec]\n  \
         content-formats: [{formats}]\n  operations: [{operations}]\n  features: []\n  objects: {{{objects}}}\n"
    )
}

fn words<'a>(words: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    words.into_iter().cloned().collect()
}

#[test]
fn a_draft_claims_what_the_client_can_do() {
    let all = "register, update, deregister, read, write, write-attributes, discover, execute, create, delete, observe, \
               cancel-observation, notify, read-composite, write-composite, observe-composite";
    let without = |gone: &[&str]| {
        let kept = all.split(", ").filter(|word| !gone.contains(word));
        kept.collect::<Vec<_>>().join(", ")
    };
    let device = "1: {resources: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}, 3: {resources: [0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 16]}";
    // 1.0 has no Bootstrap-Request Trigger
    let device_1_0 = device.replace("7, 8, 9]", "7, 8]");
    let data = "19: {resources: [0]}";
    let composite = ["read-composite", "write-composite", "observe-composite"];
    let changing = ["create", "delete"];
    for (name, version, formats, operations, objects) in [
        (
            "everything",
            "1.2",
            "text, opaque, tlv, cbor, senml-json, senml-cbor, lwm2m-cbor, link-format",
            all.to_owned(),
            format!("{device}, {data}"),
        ),
        (
            "no TLV",
            "1.1",
            "text, opaque, cbor, senml-json, senml-cbor, link-format",
            all.to_owned(),
            format!("{device}, {data}"),
        ),
        (
            "1.0",
            "1.0",
            "text, tlv, lwm2m-json, link-format",
            without(&[&composite[..], &changing].concat()),
            device_1_0.clone(),
        ),
        (
            "TLV alone",
            "1.0",
            "tlv, link-format",
            without(&[&composite[..], &changing, &["discover"]].concat()),
            device_1_0.clone(),
        ),
        (
            "no Write",
            "1.1",
            "text, tlv, senml-cbor, link-format",
            without(&["write", "write-composite", "create", "delete"]),
            device.to_owned(),
        ),
        (
            "no Execute",
            "1.1",
            "text, tlv, senml-json, link-format",
            without(&[
                "execute",
                "create",
                "delete",
                "write-attributes",
                "observe-composite",
            ]),
            device.to_owned(),
        ),
    ] {
        let folder = Folder::new("probe-round");
        let text = profile(version, formats, &operations, &objects);
        let file = folder.write("emulated.yaml", &text);
        let (ended, out) = probe(&folder, &[], &["--profile", &file]);
        assert_eq!(ended.code, Some(0), "{name}: {}{}", ended.out, ended.err);
        let (wanted, found) = (read(Path::new(&file)).ics, read(&out).ics);
        let draft = std::fs::read_to_string(&out).unwrap();
        assert_eq!(found.lwm2m, wanted.lwm2m, "{name}");
        let (mut one, mut other) = (wanted.content_formats, found.content_formats);
        one.sort();
        other.sort();
        assert_eq!(other, one, "{name}\n{draft}");
        let expected = words(&wanted.operations);
        assert_eq!(words(&found.operations), expected, "{name}\n{draft}");
        for (id, claimed) in &wanted.objects {
            let own = found
                .objects
                .get(id)
                .unwrap_or_else(|| panic!("{name}: {id}\n{draft}"));
            let mut wanted = claimed.resources.clone();
            if !expected.contains("discover") {
                // what can only be executed shows itself in no Read
                wanted.retain(|resource| match id {
                    1 => ![4, 8, 9].contains(resource),
                    _ => ![4, 5, 12].contains(resource),
                });
                assert!(draft.contains("# without Discover"), "{name}\n{draft}");
            }
            assert_eq!(own.resources, wanted, "{name}: {id}\n{draft}");
        }
        assert_eq!(found.objects.len(), wanted.objects.len(), "{name}\n{draft}");
        // what is not there is a comment
        assert!(
            draft.contains("# no ") || matches!(name, "everything" | "1.0"),
            "{name}\n{draft}"
        );
    }
}

#[test]
fn a_draft_can_be_run_at_once() {
    let folder = Folder::new("probe-run");
    let (ended, out) = probe(&folder, &[], &["--configuration", "C.4"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let (draft, sessions) = (out.to_str().unwrap(), folder.path().join("sessions"));
    assert_eq!(run(&["check", draft]).code, Some(0));
    let ended = run(&[
        "run",
        "--profile",
        draft,
        "--out",
        sessions.to_str().unwrap(),
        "int-101",
        "int-203",
    ]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("2 run: 2 pass"), "{}", ended.out);
}

#[test]
fn what_breaks_a_rule_is_said() {
    let folder = Folder::new("probe-mutant");
    let (ended, out) = probe(&folder, &[], &["--mutant", "client-answers-without-format"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert!(
        ended
            .out
            .contains("what broke a rule on the way:\n  against "),
        "{}",
        ended.out
    );
    assert!(
        !read(&out)
            .ics
            .content_formats
            .contains(&coap::ContentFormat::TLV)
    );
}

#[test]
fn without_a_client_nothing_is_written() {
    let folder = Folder::new("probe-nobody");
    let out = folder.path().join("draft.yaml");
    let words = [
        "probe",
        "client",
        "--listen",
        "127.0.0.1",
        "--within",
        "300ms",
        "--out",
        out.to_str().unwrap(),
    ];
    let ended = run(&[&words[..], &["--", "sh", "-c", "echo broken; sleep 5"]].concat());
    assert_eq!(ended.code, Some(5), "{}", ended.err);
    assert!(
        ended.err.contains("no client registered") && ended.err.contains("broken"),
        "{}",
        ended.err
    );
    assert!(!out.exists());
    // a program that is not there
    let ended = run(&[&words[..], &["--", "no-such-program"]].concat());
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert!(ended.err.contains("no-such-program"), "{}", ended.err);
    // a file that is there
    std::fs::write(&out, "mine").unwrap();
    let ended = run(&words);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(ended.err.contains("--force overwrites it"), "{}", ended.err);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine");
}
