//! The built binary from outside: exit codes, messages, what is left behind; one test for each promise of the README.

use std::net::UdpSocket;

use crate::program::{Folder, client_profile, json, run, run_in};

#[test]
fn emulators_pass_and_leave_every_report() {
    let folder = Folder::new("emulators");
    let ended = run(&["run", "--out", folder.text(), "101", "203"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for part in [
        "PASS",
        "[client]           registration/int-101-",
        "[server]           device-management/int-203-",
        "4 run: 4 pass",
        "/session.html",
    ] {
        assert!(
            ended.out.contains(part),
            "{part} is missing in {}",
            ended.out
        );
    }
    assert!(!ended.out.contains('\u{1b}') && !ended.err.contains('\u{1b}'));
    let session = folder.session();
    let record = json(&session.join("session.json"));
    assert!(record["ended"].is_string() && record["interrupted"] == false);
    assert!(
        std::fs::read(session.join("session.pdf"))
            .unwrap()
            .starts_with(b"%PDF-")
    );
    assert!(
        std::fs::read_to_string(session.join("session.html"))
            .unwrap()
            .contains("int-203")
    );
    assert!(
        std::fs::read_to_string(session.join("junit.xml"))
            .unwrap()
            .contains("<testsuite")
    );
    let case = session.join("registration/int-101-initial-registration/client");
    assert!(case.join("case.json").is_file() && case.join("capture.pcapng").is_file());
}

#[test]
fn no_command_plays_everything() {
    let folder = Folder::new("no-command");
    let ended = run_in(folder.path(), &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(folder.path().join("reports/sessions").is_dir());
}

#[test]
fn mistakes_on_the_command_line_end_with_2() {
    for (words, said) in [
        (&["run", "--nonsense"][..], "--nonsense"),
        (
            &["run", "--profile", "nobody"],
            "error: no profile \"nobody\"",
        ),
        (
            &["run", "--transport", "sms"],
            "error: this build lacks transport \"sms\"",
        ),
        (
            &["run", "--security", "est"],
            "error: this build lacks security mode \"est\"",
        ),
        (&["run", "--lwm2m", "2.0"], "versions: 1.0, 1.1, 1.2"),
        (&["run", "--budget", "45"], "a time carries a unit"),
        (&["run", "--partition", "4/3"], "a part is written 1/3"),
        (
            &["run", "--listen", "nowhere"],
            "cannot listen on \"nowhere\"",
        ),
        (
            &["run", "--cases", "/nonexistent"],
            "error: cannot read \"/nonexistent\"",
        ),
        (
            &["report", "/nonexistent"],
            "error: cannot read \"/nonexistent",
        ),
        (
            &["check", "/nonexistent.yaml"],
            "error: cannot read \"/nonexistent.yaml\"",
        ),
    ] {
        let folder = Folder::new("usage");
        let ended = run_in(folder.path(), words);
        assert_eq!(ended.code, Some(2), "{words:?}: {ended:?}");
        assert!(ended.err.contains(said), "{words:?}: {}", ended.err);
        assert!(folder.is_empty(), "{words:?} left something behind");
    }
}

#[test]
fn mistakes_in_cases_and_profiles_end_with_2_and_show_the_place() {
    let folder = Folder::new("mistakes");
    let profile = folder.write(
        "profile.yaml",
        &client_profile("operations: [register, raed]", "{start: [\"true\"]}"),
    );
    folder.write(
        "cases/own/con-own.yaml",
        "id: con-own\ntitle: Own\nseats: [client]\ndialog: []\n",
    );
    let cases = folder.path().join("cases");
    let cases = cases.to_str().unwrap();
    let out = folder.path().join("out");
    for (words, said) in [
        (
            ["run", "--profile", profile.as_str()],
            "did you mean \"read\"?",
        ),
        (["run", "--cases", cases], "did you mean \"dialogue\"?"),
        (
            ["check", profile.as_str(), "--verbose"],
            "did you mean \"read\"?",
        ),
        (["check", "--cases", cases], "did you mean \"dialogue\"?"),
    ] {
        let words: Vec<&str> = if words[0] == "run" {
            [&words[..], &["--out", out.to_str().unwrap()]].concat()
        } else {
            words.to_vec()
        };
        let ended = run(&words);
        assert_eq!(ended.code, Some(2), "{words:?}: {ended:?}");
        assert!(
            ended.err.contains(said) && ended.err.contains(".yaml:") && ended.err.contains('^'),
            "{}",
            ended.err
        );
    }
    assert!(!out.exists());
}

#[test]
fn trouble_of_the_harness_ends_with_3_and_leaves_nothing() {
    let folder = Folder::new("trouble");
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let profile = folder.write(
        "missing.yaml",
        &client_profile("", "{start: [no-such-program-anywhere]}"),
    );
    folder.write("file", "");
    let blocked = folder.path().join("file/below");
    let out = folder.path().join("out");
    let (blocked, out_text) = (blocked.to_str().unwrap(), out.to_str().unwrap());
    for (words, said, help) in [
        (
            vec!["run", "--out", out_text, "--listen", &address],
            "address in use",
            "another program holds UDP port",
        ),
        (
            vec!["run", "--out", out_text, "--profile", &profile],
            "cannot start \"no-such-program-anywhere\"",
            "missing.yaml:",
        ),
        (vec!["run", "--out", blocked], "cannot write", "--out"),
    ] {
        let ended = run(&words);
        assert_eq!(ended.code, Some(3), "{words:?}: {ended:?}");
        assert!(
            ended.err.starts_with("error: ") && ended.err.contains(said),
            "{}",
            ended.err
        );
        assert!(
            ended.err.contains("\n  = help: ") && ended.err.contains(help),
            "{}",
            ended.err
        );
    }
    assert!(!out.exists());
}

#[test]
fn nothing_selected_ends_with_4() {
    let folder = Folder::new("nothing");
    for (words, said) in [
        (["run", "999"], "warning: no case fits \"999\""),
        (
            ["run", "int-101-initial-registratoin"],
            "did you mean \"int-101-initial-registration\"?",
        ),
    ] {
        let ended = run_in(folder.path(), &words);
        assert_eq!(ended.code, Some(4), "{ended:?}");
        assert!(ended.err.contains(said), "{}", ended.err);
        assert!(
            ended.err.contains("error: no case is selected"),
            "{}",
            ended.err
        );
        assert!(folder.is_empty());
    }
}

#[test]
fn a_client_that_never_registers_fails_and_leaves_the_rest_undecided() {
    let folder = Folder::new("silent");
    let profile = folder.write(
        "silent.yaml",
        &client_profile("", "{start: [sleep, \"600\"]}"),
    );
    let out = ["--out", folder.text()];
    let ended = run(&[&["run", "--profile", &profile, "101"], &out[..]].concat());
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.out.contains("FAIL")
            && ended.out.contains("  expected  ")
            && ended.out.contains("  again     ")
    );
    let ended = run(&[&["run", "--profile", &profile, "203"], &out[..]].concat());
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert!(ended.out.contains("INCONCLUSIVE"), "{}", ended.out);
}

#[test]
fn copies_of_a_program_run_at_a_time_and_the_record_keeps_the_order() {
    let folder = Folder::new("copies");
    // none is ready before all of them run
    let script = format!(
        "touch {0}/${{copy}}; until [ -e {0}/0 -a -e {0}/1 ]; do sleep 0.01; done; echo ready; exec sleep 600",
        folder.text()
    );
    let control = format!("{{start: [sh, -c, \"{script}\"], ready: \"^ready\", copies: 2}}");
    let profile = folder.write("many.yaml", &client_profile("", &control));
    let out = Folder::new("copies-out");
    let play = |jobs: &str| {
        run(&[
            "run",
            "--profile",
            &profile,
            "--out",
            out.text(),
            "--jobs",
            jobs,
            "101",
            "102",
            "203",
        ])
    };
    let ended = play("1");
    assert!(
        ended.out.contains("printed nothing"),
        "one at a time: {ended:?}"
    );
    std::fs::remove_file(folder.path().join("0")).unwrap();
    std::fs::remove_dir_all(out.session()).unwrap();
    let ended = play("5");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(!ended.out.contains("printed nothing"), "{}", ended.out);
    assert!(ended.out.contains(" 2 at a time"), "{}", ended.out);
    let session = json(&out.session().join("session.json"));
    let cases = session["cases"].as_array().unwrap().iter();
    let cases: Vec<_> = cases.map(|case| case["case"].as_str().unwrap()).collect();
    let mut sorted = cases.clone();
    sorted.sort_unstable();
    assert_eq!((cases.len(), &cases), (3, &sorted));
    let addresses = session["environment"]["addresses"].as_array().unwrap();
    assert_eq!(addresses.len(), 2, "a server's socket for each copy");
}

#[test]
fn agreed_deviations_pass_until_they_are_stale() {
    let folder = Folder::new("agreed");
    let agreed = "- {case: int-101, verdict: Fail, reason: It never registers., ticket: \"#1\"}\n";
    let silent = folder.write(
        "silent.yaml",
        &client_profile("", "{start: [sleep, \"600\"]}"),
    );
    folder.write("silent.expected.yaml", agreed);
    let sound = folder.write("sound.yaml", &client_profile("", "{start: harness}"));
    folder.write("sound.expected.yaml", agreed);
    let ended = run(&["run", "--profile", &silent, "--out", folder.text(), "101"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("EXPECTED"), "{}", ended.out);
    let ended = run(&["run", "--profile", &sound, "--out", folder.text(), "101"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.out.contains("It never registers."), "{}", ended.out);
}

#[test]
fn a_deviation_that_happens_sometimes_may_be_absent() {
    let agreed = "- {case: int-101, verdict: Fail, reason: It is slow., sometimes: true}\n";
    for (start, seen) in [
        ("{start: [sleep, \"600\"]}", "EXPECTED"),
        (
            "{start: harness}",
            "int-101 that did not happen this time, which is agreed: It is slow.",
        ),
    ] {
        let folder = Folder::new("sometimes");
        let profile = folder.write("client.yaml", &client_profile("", start));
        folder.write("client.expected.yaml", agreed);
        let ended = run(&["run", "--profile", &profile, "--out", folder.text(), "101"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains(seen), "{}", ended.out);
    }
}

#[test]
fn a_letter_that_was_not_reached_is_no_agreed_fail() {
    let folder = Folder::new("letters");
    let silent = folder.write(
        "silent.yaml",
        &client_profile("", "{start: [sleep, \"600\"]}"),
    );
    let agreed =
        "- {case: int-101, criterion: LETTER, verdict: Fail, reason: It never registers.}\n";
    for (letter, code) in [("A", 0), ("B", 1)] {
        folder.write("silent.expected.yaml", &agreed.replace("LETTER", letter));
        let ended = run(&["run", "--profile", &silent, "--out", folder.text(), "101"]);
        assert_eq!(ended.code, Some(code), "{letter}: {ended:?}");
    }
}

#[test]
fn profiles_run_side_by_side_and_parts_make_the_whole() {
    let folder = Folder::new("jobs");
    let one = folder.write("one.yaml", &client_profile("", "{start: harness}"));
    let two = folder.write("two.yaml", &client_profile("", "{start: harness}"));
    let ended = run(&[
        "run",
        "--profile",
        &one,
        "--profile",
        &two,
        "--jobs",
        "2",
        "--out",
        folder.text(),
        "101",
        "203",
    ]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        ended.out.matches("2 run: 2 pass").count(),
        2,
        "{}",
        ended.out
    );
    let mut names = Vec::new();
    for part in ["1/2", "2/2"] {
        let folder = Folder::new("parts");
        let ended = run(&[
            "run",
            "--partition",
            part,
            "--out",
            folder.text(),
            "101",
            "203",
            "215",
        ]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let record = json(&folder.session().join("session.json"));
        names.extend(
            record["cases"]
                .as_array()
                .unwrap()
                .iter()
                .map(|case| case["case"].as_str().unwrap().to_owned()),
        );
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn a_report_is_rendered_again_from_the_record() {
    let folder = Folder::new("again");
    assert_eq!(run(&["run", "--out", folder.text(), "101"]).code, Some(0));
    let session = folder.session();
    let names = ["session.html", "session.pdf", "junit.xml"];
    let first = names.map(|name| std::fs::read(session.join(name)).unwrap());
    let elsewhere = Folder::new("elsewhere");
    for (given, out) in [
        (session.clone(), Some(elsewhere.text())),
        (session.join("session.json"), None),
    ] {
        let mut words = vec!["report", given.to_str().unwrap()];
        words.extend(out.into_iter().flat_map(|out| ["--out", out]));
        let ended = run(&words);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let place = out.map_or(session.as_path(), std::path::Path::new);
        assert_eq!(
            names.map(|name| std::fs::read(place.join(name)).unwrap()),
            first
        );
    }
}

#[test]
fn check_plays_cases_and_calls_what_does_not_pass_a_mistake() {
    let folder = Folder::new("check");
    let own = concat!(
        "id: con-own\ntitle: A client that says it is somebody else\nsource: {document: our own}\nseats: [client]\n",
        "requires: read\ngiven: registered\ndialogue:\n  - step: The client is called otherwise.\n",
        "    server: {read: {path: /3/0/0}}\n    client: {content: {value: Somebody Else}}\n    criterion: A\n",
    );
    let case = folder.write("own/con-own.yaml", own);
    let ended = run(&["check", &case]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("con-own.yaml:10:") && ended.err.contains("not Pass"),
        "{}",
        ended.err
    );
    let ended = run(&["check"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("0 errors"), "{}", ended.out);
}

#[test]
fn lists_schemas_and_completions_are_printed() {
    let folder = Folder::new("list");
    let profile = folder.write("one.yaml", &client_profile("", "{start: harness}"));
    let ended = run(&["list", "--explain", "--profile", &profile]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for part in [
        "client under test: Test client",
        "applies [client] registration/int-101-",
        "N/A [client]",
        "requires ",
        ": not claimed",
    ] {
        assert!(
            ended.out.contains(part),
            "{part} is missing in {}",
            ended.out
        );
    }
    for of in [
        "case",
        "state",
        "configuration",
        "set",
        "erratum",
        "mutant",
        "profile",
        "expected",
        "session",
        "case-record",
    ] {
        let ended = run(&["schema", of]);
        let schema: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        assert!(schema["$schema"].is_string(), "{of}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            run(&["completions", shell]).out.contains("testfest"),
            "{shell}"
        );
    }
}

#[test]
fn sessions_are_consolidated_with_what_stands_beside_them() {
    let folder = Folder::new("event");
    let ics = "operations: [register, update, deregister, read, write, write-attributes, discover, execute, observe, cancel-observation, notify]";
    let profile = folder.write("client.yaml", &client_profile(ics, "{start: harness}"));
    let event = folder.write(
        "event.yaml",
        "name: SVE-1\ndates: 1-2 June 2026\nets: {\"1.1\": OMA-ETS-LightweightM2M-V1_1.zip}\nimplementations:\n  \
         - {id: c, company: Nobody, product: Test client, version: \"\", role: client}\n  \
         - {id: s, company: testfest, product: testfest emulator, version: 0.1.0, role: server}\n\
         sessions:\n  - {session: 1, lwm2m: \"1.1\", pairs: [{client: c, server: s}]}\n",
    );
    let sessions = Folder::new("event-sessions");
    let ended = run(&[
        "run",
        "--ets",
        "1.1",
        "--profile",
        &profile,
        "--out",
        sessions.text(),
    ]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let pages = folder.path().join("pages");
    let consolidate = || {
        let out = pages.to_str().unwrap();
        run(&[
            "consolidate",
            sessions.text(),
            "--event",
            &event,
            "--out",
            out,
        ])
    };
    let alone = consolidate();
    assert_eq!(alone.code, Some(2), "{alone:?}");
    assert!(
        alone.err.contains("which session of the event"),
        "{alone:?}"
    );
    assert!(!pages.exists());
    // nobody but the record says who took part
    let supplement = sessions.session().join("submission.yaml");
    std::fs::write(&supplement, "session: \"1\"\nserver: {company: Other}\n").unwrap();
    let claimed = consolidate();
    assert_eq!(claimed.code, Some(2), "{claimed:?}");
    assert!(
        claimed.err.contains("unknown field `server`"),
        "{claimed:?}"
    );
    std::fs::write(&supplement, "session: \"1\"\n").unwrap();
    let ended = consolidate();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let csv = std::fs::read_to_string(pages.join("SVE-1_Consolidated-Results-LwM2M-v1_1.csv"));
    let csv = csv.unwrap();
    let row = |number: &str| {
        let found = csv
            .lines()
            .find(|line| line.contains(&format!("int-{number} ")));
        found.map(|line| line.rsplit('"').next().unwrap().to_owned())
    };
    assert_eq!(row("101").as_deref(), Some(",1,0,0,0,0,1"), "{csv}");
    // a heading without a body
    assert_eq!(row("202").as_deref(), Some(",0,0,0,1,0,1"), "{csv}");
}
