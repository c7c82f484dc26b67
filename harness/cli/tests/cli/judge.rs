//! Captures judged from outside.

use std::path::{Path, PathBuf};

use crate::program::{Folder, client_profile, json, run};

/// A session of the emulators; gives its folder.
fn session(folder: &Folder) -> PathBuf {
    let out = folder.path().join("runs");
    let ended = run(&[
        "run",
        "--out",
        out.to_str().unwrap(),
        "101",
        "203",
        "con-duplicate-execute",
    ]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut entries = std::fs::read_dir(&out).unwrap();
    entries.next().unwrap().unwrap().path()
}

#[test]
fn captures_of_a_session_say_what_the_run_said() {
    let folder = Folder::new("judge-session");
    let session = session(&folder);
    let at = session.to_str().unwrap();
    let out = folder.path().join("again");
    let ended = run(&["judge", "--session", at, "--out", out.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for part in [
        "device-management/int-203-read-tlv [client]",
        "a capture tells nothing of what the server shows",
        " 0 differ\n",
    ] {
        assert!(ended.out.contains(part), "{part} is missing in {ended:?}");
    }
    for file in [
        "session.json",
        "session.html",
        "device-management/int-203-read-tlv/client/case.json",
        "device-management/int-203-read-tlv/client/capture.pcapng",
    ] {
        assert!(out.join(file).is_file(), "{file} is missing");
    }
    let name = "device-management/int-203-read-tlv/client/case.json";
    let (before, after) = (json(&session.join(name)), json(&out.join(name)));
    assert_eq!(before["frames"], after["frames"], "the frames of the file");

    let path = session.join(name);
    let mut record = before.clone();
    record["summary"]["criteria"][0]["verdict"] = "fail".into();
    std::fs::write(&path, record.to_string()).unwrap();
    let ended = run(&["judge", "--session", at]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.out.contains("DIFFERS"), "{ended:?}");

    std::fs::write(&path, before.to_string()).unwrap();
    let capture = path.with_file_name("capture.pcapng");
    let mut bytes = std::fs::read(&capture).unwrap();
    bytes.push(0);
    std::fs::write(&capture, bytes).unwrap();
    let ended = run(&["judge", "--session", at]);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    let altered = "is not the capture that was recorded";
    assert!(ended.out.contains(altered), "{ended:?}");
}

#[test]
fn a_capture_is_judged_by_what_occurred_in_it() {
    let folder = Folder::new("judge-capture");
    let capture = session(&folder).join("coap/con-duplicate-execute/client/capture.pcapng");
    let at = capture.to_str().unwrap();
    let out = folder.path().join("judged");
    let out = out.to_str().unwrap();
    let ended = run(&["judge", at, "--out", out]);
    assert!(matches!(ended.code, Some(0 | 5)), "{ended:?}");
    for part in [
        "PASS",
        "[client] coap/con-duplicate-execute",
        "everything-else",
        "/session.html",
    ] {
        assert!(ended.out.contains(part), "{part} is missing in {ended:?}");
    }
    assert!(!ended.out.contains("FAIL"), "{ended:?}");
    assert!(!ended.out.contains("bootstrap/"), "{ended:?}");
    let record = json(&Path::new(out).join("session.json"));
    let cases = record["cases"].as_array().unwrap();
    assert_eq!(cases.len() as u64, record["planned"].as_u64().unwrap());

    // a case that did not occur is there only if it is asked for
    let ended = run(&["judge", at, "--case", "con-location-kept", "--out", out]);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert!(ended.out.contains("INCONCLUSIVE"), "{ended:?}");
    let ended = run(&["judge", at, "--case", "no-such-case", "--out", out]);
    assert_eq!(ended.code, Some(4), "{ended:?}");
}

#[test]
fn short_waits_are_judged_as_such() {
    let folder = Folder::new("judge-quick");
    let out = folder.path().join("runs");
    let ended = run(&["run", "--quick", "--out", out.to_str().unwrap(), "301"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let session = std::fs::read_dir(&out).unwrap().next().unwrap();
    let case = "information-reporting/int-301-observation-and-notification";
    let capture = session
        .unwrap()
        .path()
        .join(case)
        .join("client/capture.pcapng");
    let again = folder.path().join("again");
    let words = ["judge", capture.to_str().unwrap(), "--case", "301"];
    let out = ["--out", again.to_str().unwrap()];
    let told = "no write-attributes of the server that fits is in the capture";
    let ended = run(&[&words[..], &out].concat());
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert!(ended.out.contains(told), "{ended:?}");
    std::fs::remove_dir_all(&again).unwrap();
    let ended = run(&[&words[..], &out, &["--quick"]].concat());
    assert!(!ended.out.contains("no write-attributes"), "{ended:?}");
    let record = json(&again.join(case).join("client/case.json"));
    let letters = record["summary"]["criteria"].as_array().unwrap();
    let passed = letters.iter().filter(|one| one["verdict"] == "pass");
    // what the server shows stays open
    assert!(passed.count() >= 1, "{letters:?}");
}

#[test]
fn what_is_no_capture_is_said_to_be_none() {
    let folder = Folder::new("judge-hostile");
    let capture = session(&folder).join("registration/int-101-initial-registration/client");
    let bytes = std::fs::read(capture.join("capture.pcapng")).unwrap();
    let out = folder.path().join("judged");
    let out = out.to_str().unwrap();
    let judged = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        run(&["judge", path.to_str().unwrap(), "--out", out])
    };
    let text = judged("text.pcap", b"this is no capture");
    assert_eq!(text.code, Some(3), "{text:?}");
    assert!(text.err.contains("neither pcap nor pcapng"), "{text:?}");
    let empty = judged("empty.pcap", b"");
    assert_eq!(empty.code, Some(3), "{empty:?}");
    let missing = run(&["judge", "no/such/file.pcap"]);
    assert_eq!(missing.code, Some(3), "{missing:?}");
    let cut = judged("cut.pcapng", &bytes[..bytes.len() - 7]);
    assert_eq!(cut.code, Some(5), "{cut:?}");
    assert!(
        cut.out.contains("the capture was read to its frame"),
        "{cut:?}"
    );
    // pcap of Ethernet without a frame (magic of microseconds, version 2.4)
    let mut none = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
    none.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
    let none = judged("none.pcap", &none);
    assert_eq!(none.code, Some(4), "{none:?}");
    assert!(none.err.contains("no LwM2M in the 0 frames"), "{none:?}");
    // whatever length it is cut to, it ends in good order
    for length in (0..bytes.len()).step_by(211) {
        let ended = judged("part.pcapng", &bytes[..length]);
        let known = matches!(ended.code, Some(0 | 3 | 4 | 5));
        assert!(known, "{length} bytes: {ended:?}");
    }
}

/// A profile of the emulated client, which needs nothing to be started for a capture.
fn profile(change: impl Fn(String) -> String) -> String {
    change(client_profile("", "{start: harness}"))
}

#[test]
fn a_profile_says_what_is_claimed() {
    let folder = Folder::new("judge-profile");
    let capture = session(&folder).join("device-management/int-203-read-tlv/client/capture.pcapng");
    let at = capture.to_str().unwrap();
    let judged = |profile: &str| {
        let out = folder.path().join("judged");
        let words = ["judge", at, "--case", "203", "--profile", profile, "--out"];
        let ended = run(&[&words[..], &[out.to_str().unwrap()]].concat());
        (ended, out.join("session.json"))
    };
    let of_case = |record: &serde_json::Value, list: &str| {
        let all = record[list].as_array().unwrap();
        let name = "device-management/int-203-read-tlv";
        all.iter()
            .filter(|one| one["case"] == name && one["seat"] == "client")
            .count()
    };
    let whole = folder.write("whole.yaml", &profile(|text| text));
    let (ended, path) = judged(&whole);
    assert!(
        ended.out.contains("client under test: Test client"),
        "{ended:?}"
    );
    assert!(!ended.out.contains("FAIL"), "{ended:?}");
    let record = json(&path);
    assert_eq!(
        (of_case(&record, "cases"), of_case(&record, "not_selected")),
        (1, 0)
    );
    let again = record["parameters"]["again"].as_str().unwrap();
    assert!(again.contains("--profile"), "{again}");

    // heard, but not claimed
    let without = profile(|text| text.replace(", tlv]", "]"));
    let (ended, path) = judged(&folder.write("without.yaml", &without));
    let record = json(&path);
    assert_eq!(
        (of_case(&record, "cases"), of_case(&record, "not_selected")),
        (0, 1),
        "{ended:?}"
    );

    let named = profile(|text| text.replace("ixit: {", "ixit: {endpoint: somebody-else, "));
    let (ended, _) = judged(&folder.write("named.yaml", &named));
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(
        ended.err.contains("no client \"somebody-else\""),
        "{ended:?}"
    );
    assert!(ended.err.contains("heard: "), "{ended:?}");

    let wrong = profile(|text| text.replace("tlv]", "tvl]"));
    let (ended, _) = judged(&folder.write("wrong.yaml", &wrong));
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for part in ["wrong.yaml:8:48", "did you mean \"tlv\"?"] {
        assert!(ended.err.contains(part), "{part} is missing in {ended:?}");
    }
    let words = ["judge", at, "--profile", &whole, "--lwm2m", "1.2"];
    let ended = run(&words);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("does not claim LwM2M 1.2"), "{ended:?}");
}

#[test]
fn the_key_of_a_profile_reads_what_is_protected() {
    let folder = Folder::new("judge-key");
    let out = folder.path().join("runs");
    let ended = run(&[
        "run",
        "--security",
        "psk",
        "--out",
        out.to_str().unwrap(),
        "203",
    ]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let session = std::fs::read_dir(&out)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let path = session.join("device-management/int-203-read-tlv/client/capture.pcapng");
    let bare = folder.path().join("bare.pcapng");
    std::fs::write(&bare, without_secrets(&std::fs::read(path).unwrap())).unwrap();
    let at = bare.to_str().unwrap();
    let judged = |key: &str| {
        let (identity, _) = key.split_once('=').unwrap();
        let hex = &key[identity.len() + 1..];
        let own = profile(|text| {
            let told = format!("ixit: {{psk: {{identity: {identity}, key: \"hex:{hex}\"}}, ");
            text.replace("ixit: {", &told)
                .replace("security: [nosec]", "security: [psk]")
        });
        let profile = folder.write("own.yaml", &own);
        let judged = folder.path().join("judged");
        run(&[
            "judge",
            at,
            "--profile",
            &profile,
            "--out",
            judged.to_str().unwrap(),
        ])
    };
    let right = judged(&runner::test_psk());
    for part in [
        "client under test: Test client",
        "device-management/int-203-read-tlv",
    ] {
        assert!(right.out.contains(part), "{part} is missing in {right:?}");
    }
    assert!(!right.out.contains("FAIL"), "{right:?}");
    let wrong = judged("testfest=00112233445566778899aabbccddeeff");
    assert_eq!(wrong.code, Some(4), "{wrong:?}");
}

/// A capture without its Decryption Secrets Blocks (pcapng, 4.7).
fn without_secrets(bytes: &[u8]) -> Vec<u8> {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let (mut at, mut kept, mut left_out) = (0, Vec::new(), 0);
    while at < bytes.len() {
        let length = number(at + 4) as usize;
        match number(at) {
            10 => left_out += 1,
            _ => kept.extend_from_slice(&bytes[at..at + length]),
        }
        at += length;
    }
    assert!(left_out > 0, "the capture has no secrets");
    kept
}
