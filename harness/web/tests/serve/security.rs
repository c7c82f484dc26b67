//! Who is refused: strangers' names, strangers' pages, those without the token.

use std::time::Duration;

use serde_json::json;

use crate::session::Session;
use crate::talk::{Answer, get, post_with, send};

const JSON: &str = "Content-Type: application/json\r\n";
const SAID: &str = r#"{"team":"client","case":101,"say":{"comment":"from elsewhere"}}"#;

fn has(answer: &Answer, field: &str) -> bool {
    answer.head.lines().any(|line| line.starts_with(field))
}

#[test]
fn a_name_of_a_stranger_is_refused() {
    let session = Session::new("host");
    let address = session.address;
    let port = address.port();
    for (host, status) in [
        (format!("localhost:{port}"), 200),
        (format!("127.0.0.1:{port}"), 200),
        (format!("[::1]:{port}"), 200),
        (format!("evil.example:{port}"), 421),
        ("localhost.evil.example".to_owned(), 421),
        (String::new(), 421),
    ] {
        for path in ["/", "/events", "/runs/r/session.html", "/assets/page.js"] {
            let request =
                format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            if path == "/events" && status == 200 {
                continue;
            }
            let answer = send(address, request.as_bytes());
            let wanted = if path.starts_with("/runs") && status == 200 {
                404
            } else {
                status
            };
            assert_eq!(answer.status, wanted, "{host} {path}");
        }
    }
    let foreign = format!(
        "GET http://evil.example/ HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(send(address, foreign.as_bytes()).status, 421);
    let old = send(address, b"GET / HTTP/1.0\r\n\r\n");
    assert_eq!(old.status, 421);
}

#[test]
fn a_page_of_a_stranger_changes_nothing() {
    let session = Session::new("origin");
    let address = session.address;
    let own = format!("Origin: http://{address}\r\n");
    for (fields, status) in [
        (JSON.to_owned(), 403),
        (format!("{JSON}Origin: http://evil.example\r\n"), 403),
        (format!("{JSON}Origin: null\r\n"), 403),
        (format!("{JSON}Origin: http://localhost:1\r\n"), 403),
        (format!("{JSON}{own}Sec-Fetch-Site: cross-site\r\n"), 403),
        (format!("{JSON}Sec-Fetch-Site: same-site\r\n"), 403),
        // what a form can send without asking
        (format!("{own}Content-Type: text/plain\r\n"), 415),
        (
            format!("{own}Content-Type: application/x-www-form-urlencoded\r\n"),
            415,
        ),
        (own.clone(), 415),
    ] {
        for path in ["/say", "/accept", "/answer"] {
            let answer = post_with(address, path, &fields, SAID);
            assert_eq!(answer.status, status, "{path} {fields}");
        }
    }
    assert!(!session.folder.path().join("review.jsonl").exists());
    let fine = post_with(
        address,
        "/say",
        &format!("{JSON}Sec-Fetch-Site: same-origin\r\n"),
        SAID,
    );
    assert_eq!(fine.status, 200);
    for method in ["PUT", "DELETE", "PATCH"] {
        let request = format!(
            "{method} /say HTTP/1.1\r\nHost: {address}\r\n{own}Connection: close\r\nContent-Length: 0\r\n\r\n"
        );
        assert_eq!(send(address, request.as_bytes()).status, 405, "{method}");
    }
}

#[test]
fn beyond_loopback_nobody_comes_in_without_the_token() {
    let mut session = Session::listening("token", "0.0.0.0:0");
    let (url, port) = (session.url.clone(), session.address.port());
    let token = url.split("?token=").nth(1).unwrap().to_owned();
    assert_eq!(token.len(), 32, "{url}");
    // the same socket, by an address that is surely there
    session.address = ([127, 0, 0, 1], port).into();
    let address = session.address;
    let wrong = "0".repeat(32);
    for path in [
        "/",
        "/assets/page.js",
        "/events",
        "/runs/r/session.html",
        &format!("/?token={wrong}"),
        "/?token=",
    ] {
        let refused = get(address, path, "");
        assert_eq!(refused.status, 403, "{path}");
        assert!(!has(&refused, "set-cookie"), "{path}");
        assert!(!refused.text().contains(&token));
    }
    let own = format!("{JSON}Origin: http://{address}\r\n");
    assert_eq!(post_with(address, "/say", &own, SAID).status, 403);
    let first = get(address, &format!("/?token={token}"), "");
    assert_eq!(first.status, 200);
    let cookie = format!("testfest-{port}={token}");
    let set = format!("set-cookie: {cookie}; path=/; httponly; samesite=strict");
    assert!(has(&first, &set), "{}", first.head);
    let cookie = format!("Cookie: {cookie}\r\n");
    let page = get(address, "/", &cookie);
    assert_eq!(page.status, 200);
    assert!(!has(&page, "set-cookie"));
    assert_eq!(
        post_with(address, "/say", &format!("{own}{cookie}"), SAID).status,
        200
    );
    let foreign = format!("{JSON}{cookie}Origin: http://evil.example\r\n");
    assert_eq!(post_with(address, "/say", &foreign, SAID).status, 403);
    let wrong = format!("Cookie: testfest-{port}={wrong}\r\n");
    assert_eq!(get(address, "/", &wrong).status, 403);
}

#[test]
fn every_answer_says_what_a_browser_must_not_do_with_it() {
    let session = Session::new("policy");
    let address = session.address;
    let refused = post_with(address, "/say", JSON, SAID);
    for answer in [
        get(address, "/", ""),
        get(address, "/assets/page.css", ""),
        get(address, "/nothing", ""),
        refused,
    ] {
        for field in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "x-frame-options: deny",
            "cross-origin-resource-policy: same-origin",
            "cross-origin-opener-policy: same-origin",
            "cache-control: no-store",
        ] {
            assert!(has(&answer, field), "{field}\n{}", answer.head);
        }
        assert!(answer.head.contains("frame-ancestors 'none'"));
        assert!(!has(&answer, "access-control-allow-origin"));
    }
}

#[test]
fn huge_bodies_are_refused_before_they_are_read() {
    let session = Session::new("huge");
    let address = session.address;
    let began = std::time::Instant::now();
    let fields = format!("{JSON}Origin: http://{address}\r\n");
    let text =
        json!({"team": "client", "case": 101, "say": {"comment": "x".repeat(8 << 20)}}).to_string();
    assert_eq!(post_with(address, "/say", &fields, &text).status, 413);
    // more is announced than ever comes
    let request = format!(
        "POST /say HTTP/1.1\r\nHost: {address}\r\n{fields}Connection: close\r\nContent-Length: 99999999999\r\n\r\n{{"
    );
    assert_eq!(send(address, request.as_bytes()).status, 413);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(!session.folder.path().join("review.jsonl").exists());
}
