//! Evidence that is served, and everything that is not.

use std::os::unix::fs::symlink;

use crate::session::Session;
use crate::talk::get;

#[test]
fn reports_and_captures_are_served_under_their_own_policy() {
    let session = Session::new("evidence");
    let address = session.address;
    for (name, kind) in [
        ("runs/r 1/session.html", "text/html; charset=utf-8"),
        ("runs/r 1/a/int-101/case.json", "application/json"),
        ("runs/r 1/a/int-101/iut.log", "text/plain; charset=utf-8"),
        ("runs/r 1/junit.xml", "text/plain; charset=utf-8"),
        (
            "runs/r 1/a/int-101/capture.pcapng",
            "application/octet-stream",
        ),
        ("report.html", "text/html; charset=utf-8"),
    ] {
        // more than one part
        let text = format!("{name} {}", "evidence ".repeat(20_000));
        session.write(name, &text);
        let answer = get(address, &format!("/{}", name.replace(' ', "%20")), "");
        assert_eq!((answer.status, answer.text()), (200, text), "{name}");
        for field in [
            &*format!("content-type: {kind}"),
            "content-security-policy: default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-",
            "x-content-type-options: nosniff",
        ] {
            let has = answer.head.lines().any(|line| line.starts_with(field));
            assert!(has, "{field}\n{}", answer.head);
        }
        assert!(!answer.head.contains("'self'"), "{}", answer.head);
    }
}

#[test]
fn our_own_reports_may_run_their_script() {
    let session = Session::new("script");
    session.write("runs/r/session.html", "");
    let answer = get(session.address, "/runs/r/session.html", "");
    let page = report::html(&record_of_nothing(), &[])
        .unwrap()
        .to_lowercase();
    let policy = answer.head.split("script-src '").nth(1).unwrap();
    let hash = policy.split('\'').next().unwrap();
    assert!(page.contains(&format!("script-src '{hash}'")), "{hash}");
}

fn record_of_nothing() -> record::SessionRecord {
    serde_json::from_value(serde_json::json!({
        "format": 1, "harness": "0", "cases_hash": "", "name": "n", "started": "2026-11-27T10:00:00Z", "ended": null,
        "interrupted": false, "wall_time": 0,
        "parameters": {"lwm2m": "1.1", "transport": "udp", "security": "nosec", "quick": false, "jobs": 1, "as_printed": false,
            "jumping_clock": false, "filters": [], "again": ""},
        "implementations": [], "environment": {"system": "", "addresses": []}, "planned": 0, "cases": [],
        "not_selected": [], "remarks": [], "stale": []
    }))
    .unwrap()
}

#[test]
fn nothing_else_is_served() {
    let session = Session::new("traversal");
    let folder = session.folder.path();
    let outside = folder.with_extension("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("session.html"), "outside").unwrap();
    session.write("runs/r/session.html", "inside");
    session.write("runs/r/keys/client.key.pem", "secret");
    session.write("runs/r/session.live", "live");
    session.write("runs/r/.hidden/session.html", "hidden");
    session.write("team.key", "secret");
    session.write("session.html", "no run");
    symlink(&outside, folder.join("runs/link")).unwrap();
    symlink(
        outside.join("session.html"),
        folder.join("runs/r/case.json"),
    )
    .unwrap();
    symlink("/etc/passwd", folder.join("report.html")).unwrap();
    assert_eq!(get(session.address, "/runs/r/session.html", "").status, 200);
    let outside = outside.file_name().unwrap().to_str().unwrap().to_owned();
    for path in [
        "/runs/../../etc/passwd",
        "/runs/%2e%2e/%2e%2e/etc/passwd",
        "/runs/..%2f..%2f..%2fetc%2fpasswd",
        "/runs/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/runs/..%5c..%5cetc%5cpasswd",
        "/runs/%252e%252e/etc/passwd",
        "/runs//etc/passwd",
        "/runs/%2fetc/passwd",
        "/runs/r/../../session.html",
        "/runs/r/%00/session.html",
        "/runs/r/session.html%00",
        "/runs/r/session.html/",
        "/runs/./r/session.html",
        "/runs/%ff/session.html",
        "/runs/link/session.html",
        "/runs/r/case.json",
        "/report.html",
        "/runs/r/keys/client.key.pem",
        "/runs/r/session.live",
        "/runs/r/.hidden/session.html",
        "/runs/r",
        "/runs/r/",
        "/runs/",
        "/runs",
        "/session.yaml",
        "/session.html",
        "/review.jsonl",
        "/team.key",
        "/assets/../session.yaml",
        "/assets/..%2f..%2fsession.yaml",
        &*format!("/runs/../../{outside}/session.html"),
        &*format!("/runs/%2e%2e%2f%2e%2e%2f{outside}%2fsession.html"),
    ] {
        let answer = get(session.address, path, "");
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
        let text = answer.text();
        for secret in ["outside", "secret", "root:", "SVE", "hidden", "no run"] {
            assert!(!text.contains(secret), "{path}: {text}");
        }
    }
    std::fs::remove_dir_all(folder.with_extension("outside")).unwrap();
}
