//! A run in parts, put together again.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{Folder, json, run};

/// Plays a part, or the whole; gives the folder of its session.
fn played(out: &Path, part: Option<&str>) -> PathBuf {
    let out = out.join(part.map_or_else(|| "whole".to_owned(), |part| part.replace('/', "-")));
    let mut words = vec!["run", "--out", out.to_str().unwrap(), "registration/**"];
    words.extend(part.into_iter().flat_map(|part| ["--partition", part]));
    let ended = run(&words);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut sessions = std::fs::read_dir(&out).unwrap();
    sessions.next().unwrap().unwrap().path()
}

/// A record without what no two runs have in common: times, addresses, the name, the captures with both.
fn lasting(mut record: Value) -> Value {
    for name in ["name", "started", "ended", "wall_time"] {
        record.as_object_mut().unwrap().remove(name);
    }
    record["environment"]["addresses"] = Value::Null;
    record["parameters"]["again"] = Value::Null;
    for case in record["cases"].as_array_mut().unwrap() {
        let times = [
            "duration",
            "clock",
            "forced",
            "implementation",
            "operator",
            "overhead",
            "capture_hash",
        ];
        for name in times {
            case.as_object_mut().unwrap().remove(name);
        }
    }
    record
}

#[test]
fn three_parts_give_the_record_of_the_whole() {
    let folder = Folder::new("merge");
    let parts = ["count:1/3", "2/3", "3/3"].map(|part| played(folder.path(), Some(part)));
    let whole = json(&played(folder.path(), None).join("session.json"));
    let out = folder.path().join("merged");
    let merge = |parts: &[&PathBuf]| {
        let mut words = vec!["consolidate", "--merge", "--out", out.to_str().unwrap()];
        words.extend(parts.iter().map(|part| part.to_str().unwrap()));
        run(&words)
    };
    let ended = merge(&[&parts[0], &parts[2]]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("missing: part 2/3"), "{ended:?}");
    assert!(!out.exists());

    let ended = merge(&[&parts[2], &parts[0], &parts[1]]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let merged = std::fs::read_dir(&out)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let record = json(&merged.join("session.json"));
    assert!(record["cases"].as_array().unwrap().len() > 10);
    assert_eq!(lasting(record.clone()), lasting(whole));
    for case in record["cases"].as_array().unwrap() {
        let capture = merged
            .join(case["folder"].as_str().unwrap())
            .join("capture.pcapng");
        let hash = runner::sha256(&std::fs::read(capture).unwrap());
        assert_eq!(case["capture_hash"].as_str(), Some(hash.as_str()));
    }
    for report in ["session.html", "session.pdf", "junit.xml"] {
        assert!(merged.join(report).is_file(), "{report}");
    }

    let ended = merge(&[&parts[0], &parts[1], &parts[2]]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("is there already"), "{ended:?}");
}

#[test]
fn a_record_cannot_name_what_lies_outside_of_its_folder() {
    let folder = Folder::new("merge-outside");
    let session = played(folder.path(), None);
    let path = session.join("session.json");
    let mut record = json(&path);
    record["cases"][0]["folder"] = "../../../secrets".into();
    std::fs::write(&path, record.to_string()).unwrap();
    let out = folder.path().join("out");
    let words = [
        "consolidate",
        "--merge",
        session.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    let ended = run(&words);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("names evidence outside of its folder"),
        "{ended:?}"
    );
    assert!(!out.exists());
    assert_eq!(run(&["report", session.to_str().unwrap()]).code, Some(2));
}
