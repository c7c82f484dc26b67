//! Readiness for a TestFest from outside, and what GitHub is told.

use crate::program::{Folder, client_profile, program, run};

#[test]
fn what_keeps_an_implementation_out_is_named() {
    let folder = Folder::new("entry");
    // it does not register at all
    let profile = folder.write(
        "silent.yaml",
        &client_profile("operations: [register, read]", "{start: [sleep, \"5\"]}"),
    );
    let out = folder.path().join("out");
    let summary = folder.path().join("summary.md");
    let words = [
        "entry",
        "--quick",
        "--github",
        "--profile",
        &profile,
        "--out",
        out.to_str().unwrap(),
    ];
    let ended = {
        let mut command = program(&words);
        command.env("GITHUB_STEP_SUMMARY", &summary);
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    assert_eq!(ended.0, Some(1), "{}", ended.1);
    for text in [
        "What is missing before a TestFest: Test client",
        "\n  Fail           LightweightM2M-1.1-int-101         Initial registration\n",
        "\n  Not Applicable LightweightM2M-1.1-int-102         Registration update\n",
        "registration/int-102-registration-update",
        "update: not claimed",
        "Not ready for a TestFest: ",
        "\n::error title=[client] registration/int-101-initial-registration%3A Fail,file=testcases/registration/int-101-initial-registration.yaml,line=",
    ] {
        assert!(ended.1.contains(text), "{text}\n{}", ended.1);
    }
    let session = std::fs::read_dir(&out)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    for page in ["readiness.html", "readiness.pdf"] {
        assert!(session.join(page).is_file(), "{page}");
    }
    let again = run(&["report", "--exit-code", session.to_str().unwrap()]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert_eq!(run(&["report", session.to_str().unwrap()]).code, Some(0));
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("## testfest: Test client"), "{summary}");
    assert!(
        summary.contains("| registration/int-101-initial-registration | client | Fail |"),
        "{summary}"
    );
}

#[test]
fn it_is_about_one_implementation_and_all_of_the_set() {
    for (words, help) in [
        (vec!["entry"], "it is about one implementation: --profile"),
        (
            vec!["entry", "--profile", "leshan-demo-client", "203"],
            "it plays all of them",
        ),
        (
            vec![
                "entry",
                "--profile",
                "leshan-demo-client",
                "--partition",
                "1/2",
            ],
            "it plays all of them",
        ),
    ] {
        let ended = run(&words);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains(help), "{ended:?}");
    }
}
