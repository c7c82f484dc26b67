//! Ctrl-C and kill -9 in the middle of a case: the record stays valid, nothing keeps running.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{Folder, client_profile, json, program};

/// Starts a session whose client never registers, and waits until its second case is being played.
fn started(folder: &Folder, seconds: &str) -> Child {
    let control = format!("{{start: [sleep, \"{seconds}\"]}}");
    let profile = client_profile("", &control);
    let profile = folder.write(
        "sleeping.yaml",
        &profile.replace("startup-time: 200ms", "startup-time: 2s"),
    );
    let out = folder.path().join("out");
    let words = [
        "run",
        "--profile",
        &profile,
        "--out",
        out.to_str().unwrap(),
        "registration/**",
    ];
    let child = program(&words).stdout(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while played(folder) < 1 || !runs(seconds) {
        assert!(began.elapsed() < Duration::from_secs(60), "no case ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn out(folder: &Folder) -> std::path::PathBuf {
    let out = folder.path().join("out");
    let mut entries = std::fs::read_dir(out).unwrap();
    entries.next().unwrap().unwrap().path()
}

fn played(folder: &Folder) -> usize {
    let Ok(mut entries) = std::fs::read_dir(folder.path().join("out")) else {
        return 0;
    };
    let session = entries
        .next()
        .map(|entry| entry.unwrap().path().join("session.json"));
    let record = session
        .filter(|path| path.is_file())
        .map(|path| json(&path));
    record.map_or(0, |record| record["cases"].as_array().unwrap().len())
}

fn signal(child: &Child, name: &str) {
    let process = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([name, &process])
            .status()
            .unwrap()
            .success()
    );
}

/// Whether a process with this argument runs.
fn runs(argument: &str) -> bool {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let mut lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.any(|line| {
        line.split(|byte| *byte == 0)
            .any(|word| word == argument.as_bytes())
            && line.starts_with(b"sleep\0")
    })
}

#[test]
fn ctrl_c_ends_with_130_a_valid_record_and_reports() {
    let folder = Folder::new("ctrl-c");
    let mut child = started(&folder, "98701");
    signal(&child, "-INT");
    let began = Instant::now();
    let status = child.wait().unwrap();
    let took = began.elapsed();
    assert_eq!(status.code(), Some(130));
    assert!(took < Duration::from_secs(1), "it took {took:?}");
    assert!(!runs("98701"), "the client goes on");
    let session = out(&folder);
    let record = json(&session.join("session.json"));
    assert_eq!(record["interrupted"], true);
    assert!(!record["cases"].as_array().unwrap().is_empty());
    for name in ["session.html", "session.pdf", "junit.xml"] {
        assert!(session.join(name).is_file(), "{name} is missing");
    }
}

#[test]
fn kill_9_leaves_a_record_that_can_be_rendered() {
    let folder = Folder::new("kill-9");
    let mut child = started(&folder, "98702");
    signal(&child, "-KILL");
    child.wait().unwrap();
    let session = out(&folder);
    assert!(json(&session.join("session.json"))["ended"].is_null());
    let ended = crate::program::run(&["report", session.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(session.join("session.html").is_file());
    // what nobody could stop
    Command::new("sh").args(["-c", "kill $(ps -eo pid,args | awk '$2 == \"sleep\" && $3 == \"98702\" {print $1}') 2>/dev/null"]).status().unwrap();
}
