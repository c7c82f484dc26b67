//! A session of a TestFest from its opening to what is handed over, with the emulators at the table.

use std::path::Path;

use crate::program::{Ended, Folder, client_profile, json, run};

const ETS: &str = "OMA-ETS-LightweightM2M-V1_1-20190912";

/// Opens a session of the emulators; gives its folder's path.
fn opened(folder: &Folder, more: &[&str]) -> String {
    let dir = folder.path().join("session").to_str().unwrap().to_owned();
    let words = [
        "session",
        "new",
        &dir,
        "--name",
        "SVE-1",
        "--session",
        "3",
        "--lwm2m",
        "1.1",
        "--ets",
        ETS,
        "--client",
        "emulator",
        "--server",
        "emulator",
        "--date",
        "2026-11-27",
    ];
    let ended = run(&[&words[..], more].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    dir
}

fn session(words: &[&str]) -> Ended {
    run(&[&["session"], words].concat())
}

fn done(words: &[&str]) -> Ended {
    let ended = session(words);
    assert_eq!(ended.code, Some(0), "{words:?} {ended:?}");
    ended
}

/// Makes the keys of both teams; gives the paths of the secret ones.
fn keys(folder: &Folder) -> [String; 2] {
    ["Acme", "Best"].map(|name| {
        let ended = run(&["key", "new", name, "--out", folder.text()]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        format!("{}/{name}.key", folder.text())
    })
}

fn play(dir: &str, filters: &[&str]) {
    let ended = run(&[&["run", "--session", dir], filters].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn two_teams_agree_sign_and_hand_over() {
    let folder = Folder::new("table");
    let dir = opened(&folder, &["--client-team", "Ada", "--budget", "45"]);
    play(&dir, &["101", "203"]);
    let shown = done(&["show", &dir]);
    assert!(
        shown.out.contains("time    45 minutes are left"),
        "{shown:?}"
    );

    // nobody signs what is open
    let [acme, best] = keys(&folder);
    let ended = session(&["sign", &dir, "--team", "client", "--key", &acme]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended
            .err
            .contains("not both teams have spoken of LightweightM2M-1.1-int-")
    );

    play(&dir, &[]);
    done(&["review", &dir, "--team", "client", "--accept"]);
    let words = [
        "--accept",
        "--verdict",
        "203=fail",
        "--comment",
        "203=\u{202e}odd",
    ];
    let ended = done(&[&["review", &dir, "--team", "server"], &words[..]].concat());
    assert!(ended.out.contains("disagreed: Inconclusive"), "{ended:?}");
    assert!(!ended.out.contains('\u{202e}'));
    done(&["sign", &dir, "--team", "client", "--key", &acme]);
    let ended = session(&["verify", &dir]);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    done(&["sign", &dir, "--team", "server", "--key", &best]);
    done(&["verify", &dir]);

    let out = folder.path().join("submissions");
    done(&["submit", &dir, "--out", out.to_str().unwrap()]);
    let submission = std::fs::read_dir(&out).unwrap().next().unwrap().unwrap();
    let submission = json(&submission.path());
    assert_eq!(submission["counts"]["inconclusive"], 1);
    assert_eq!(submission["signatures"].as_array().unwrap().len(), 2);

    let sealed = folder.path().join("sealed.age");
    let sealed = sealed.to_str().unwrap();
    let public = format!("{}/Best.pub", folder.text());
    done(&["seal", &dir, "--to", &public, "--out", sealed]);
    let copy = folder.path().join("copy");
    let copy = copy.to_str().unwrap();
    let ended = session(&["open", sealed, "--key", &acme, "--out", copy]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(!Path::new(copy).exists());
    done(&["open", sealed, "--key", &best, "--out", copy]);
    done(&["verify", copy]);
}

#[test]
fn whatever_is_altered_is_named() {
    let folder = Folder::new("altered");
    let dir = opened(&folder, &[]);
    play(&dir, &[]);
    let [acme, best] = keys(&folder);
    for team in ["client", "server"] {
        done(&["review", &dir, "--team", team, "--accept"]);
    }
    done(&["sign", &dir, "--team", "client", "--key", &acme]);
    done(&["sign", &dir, "--team", "server", "--key", &best]);
    done(&["verify", &dir]);
    let acme_pub = format!("{}/Acme.pub", folder.text());
    let ended = session(&["verify", &dir, "--server-key", &acme_pub]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.err.is_empty()
            && ended
                .out
                .contains("is not the one that the server's team registered")
    );

    let named = |words: &str| {
        let ended = session(&["verify", &dir]);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.out.contains(words), "{words} {ended:?}");
    };
    let run = std::fs::read_dir(format!("{dir}/runs")).unwrap();
    let run = run.map(|run| run.unwrap().path()).next().unwrap();
    let capture = run.join("registration/int-101-initial-registration/client/capture.pcapng");
    let sound = std::fs::read(&capture).unwrap();
    std::fs::write(&capture, [&sound[..], b"x"].concat()).unwrap();
    named("capture.pcapng\" is not the capture that its record names");
    std::fs::write(&capture, &sound).unwrap();
    done(&["verify", &dir]);

    let header = format!("{dir}/session.yaml");
    let text = std::fs::read_to_string(&header).unwrap();
    std::fs::write(&header, text.replace("SVE-1", "SVE-2")).unwrap();
    named("event: signed as \"SVE-1\", now \"SVE-2\"");
    std::fs::write(&header, &text).unwrap();

    std::fs::write(run.join("added.txt"), "more").unwrap();
    named("added.txt\" has been added");
    std::fs::remove_file(run.join("added.txt")).unwrap();

    done(&["review", &dir, "--team", "client", "--verdict", "101=fail"]);
    named("LightweightM2M-1.1-int-101: signed as Pass, now Inconclusive");
    let ended = session(&["sign", &dir, "--team", "client", "--key", &acme]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("--anew throws the signatures away"),
        "{ended:?}"
    );
    done(&["sign", &dir, "--team", "client", "--key", &acme, "--anew"]);
    assert_eq!(session(&["verify", &dir]).code, Some(5));
}

#[test]
fn a_run_of_another_pair_is_refused() {
    let folder = Folder::new("strangers");
    let dir = opened(&folder, &[]);
    let profile = folder.write("client.yaml", &client_profile("", "{start: harness}"));
    let ended = run(&["run", "--session", &dir, "--profile", &profile, "101"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("the client under test is \"Nobody\" \"Test client\" \"\", the session's is \"testfest\""),
        "{ended:?}"
    );
    let other = folder.path().join("elsewhere");
    let other = other.to_str().unwrap();
    let ended = run(&["run", "--profile", &profile, "--out", other, "101"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let made = std::fs::read_dir(other).unwrap().next().unwrap().unwrap();
    let ended = session(&["add", &dir, made.path().to_str().unwrap()]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for words in [["--lwm2m", "1.0"], ["--ets", "1.0.2"]] {
        let ended = run(&[&["run", "--session", &dir], &words[..]].concat());
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
}

#[test]
fn a_run_that_was_made_elsewhere_is_taken_in_once() {
    let folder = Folder::new("added");
    let dir = opened(&folder, &[]);
    let other = folder.path().join("elsewhere");
    let other = other.to_str().unwrap();
    let ended = run(&["run", "--lwm2m", "1.1", "--out", other, "101"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let made = std::fs::read_dir(other).unwrap().next().unwrap().unwrap();
    let made = made.path();
    let made = made.to_str().unwrap();
    let ended = done(&["add", &dir, made]);
    assert!(
        ended.out.contains("Pass                     1"),
        "{ended:?}"
    );
    assert_eq!(session(&["add", &dir, made]).code, Some(2));
}

#[test]
fn the_time_of_a_session_ends() {
    let folder = Folder::new("late");
    let dir = opened(&folder, &["--budget", "45"]);
    play(&dir, &["101"]);
    let record = std::fs::read_dir(format!("{dir}/runs")).unwrap();
    let record = record.map(|run| run.unwrap().path()).next().unwrap();
    let path = record.join("session.json");
    let mut session_json = json(&path);
    session_json["started"] = "2020-01-01T00:00:00Z".into();
    std::fs::write(&path, session_json.to_string()).unwrap();
    let ended = run(&["run", "--session", &dir, "203"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("the session's time has ended"),
        "{ended:?}"
    );
    let shown = done(&["show", &dir]);
    assert!(
        shown.out.contains("Out of Time            107"),
        "{shown:?}"
    );
}

#[test]
fn mistakes_are_for_the_one_who_reads_them() {
    let folder = Folder::new("mistakes");
    let ended = session(&["show", folder.text()]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended
            .err
            .contains("a session is a folder with a session.yaml")
    );
    let dir = opened(&folder, &[]);
    let yaml = format!("{dir}/session.yaml");
    let text = std::fs::read_to_string(&yaml).unwrap();
    std::fs::write(&yaml, text.replace("lwm2m:", "lwm2n:")).unwrap();
    let ended = session(&["show", &dir]);
    assert!(ended.err.contains("session.yaml:"), "{ended:?}");
    assert!(ended.err.contains("lwm2n"), "{ended:?}");
    std::fs::write(&yaml, text).unwrap();
    for (words, message) in [
        (
            vec!["review", "--team", "client", "--verdict", "9999=pass"],
            "9999 is no case",
        ),
        (
            vec!["review", "--team", "client", "--verdict", "203=good"],
            "verdicts: pass, fail",
        ),
        (vec!["review", "--accept"], "--team"),
        (
            vec!["issues"],
            "no team holds the specification to be at fault",
        ),
        (
            vec!["submit", "--out", folder.text()],
            "not both teams have signed",
        ),
        (
            vec!["sign", "--team", "client", "--key", "/nowhere.key"],
            "cannot read /nowhere.key",
        ),
    ] {
        let mut all = vec![words[0], dir.as_str()];
        all.extend(&words[1..]);
        let ended = session(&all);
        assert!(matches!(ended.code, Some(2 | 4)), "{words:?} {ended:?}");
        assert!(ended.err.contains(message), "{words:?} {ended:?}");
    }
    let again = run(&[
        "session",
        "new",
        &dir,
        "--name",
        "SVE",
        "--session",
        "1",
        "--lwm2m",
        "1.1",
        "--ets",
        ETS,
        "--client",
        "nobody at all",
        "--server",
        "emulator",
    ]);
    assert!(
        again
            .err
            .contains("nobody knows the client \"nobody at all\""),
        "{again:?}"
    );
}

#[test]
fn drafts_name_no_company() {
    let folder = Folder::new("issues");
    let dir = opened(&folder, &[]);
    play(&dir, &["203"]);
    let specification = "203=OMA-TS-LightweightM2M_Core-V1_1, 6.3.1 (testfest says so)";
    let words = ["--verdict", "203=fail", "--specification", specification];
    for team in ["client", "server"] {
        done(&[&["review", &dir, "--team", team], &words[..]].concat());
    }
    done(&["issues", &dir]);
    let ended = done(&["review", &dir, "--team", "client", "--rest", "out-of-time"]);
    // what was proposed was not accepted
    assert!(
        ended
            .out
            .contains("Out of Time              0            107"),
        "{ended:?}"
    );
    let text = std::fs::read_to_string(format!("{dir}/issues/int-203.md")).unwrap();
    assert!(
        text.contains("* Section of the document: 6.3.1 (the client says so)\n"),
        "{text}"
    );
    assert!(
        text.contains("Read /3/0 (accept tlv)") && text.contains("verdict Fail"),
        "{text}"
    );
    assert!(!text.contains("testfest"), "{text}");
}
