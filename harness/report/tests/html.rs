//! The structure of the HTML report: anchors, arrows, escaping, links and what it must not contain.

mod sessions;

use report::{anchor, html};
use sessions::Fixture;

fn rendered(fixture: &Fixture) -> String {
    html(&fixture.session, &fixture.cases).expect("it renders")
}

fn count(text: &str, pattern: &str) -> usize {
    text.matches(pattern).count()
}

#[test]
fn every_recorded_case_has_its_anchor() {
    for fixture in Fixture::all() {
        let text = rendered(&fixture);
        for case in &fixture.cases {
            let anchor = anchor(&case.summary.case, &case.summary.seat);
            assert_eq!(
                count(&text, &format!("id=\"{anchor}\"")),
                1,
                "{}: {anchor}",
                fixture.name
            );
        }
    }
}

#[test]
fn every_frame_is_an_arrow() {
    for fixture in Fixture::all() {
        let text = rendered(&fixture);
        let frames: usize = fixture.cases.iter().map(|case| case.frames.len()).sum();
        let failing = fixture
            .cases
            .iter()
            .flat_map(|case| &case.frames)
            .filter(|frame| frame.failing)
            .count();
        let repeated =
            |note: &String| note.starts_with("retransmission") || note.starts_with("duplicate");
        let repeated = fixture
            .cases
            .iter()
            .flat_map(|case| &case.frames)
            .filter(|frame| frame.notes.iter().any(repeated))
            .count();
        let waits: usize = fixture.cases.iter().map(|case| case.waits.len()).sum();
        assert_eq!(
            count(&text, "<path class=\"arrow\""),
            frames,
            "{}",
            fixture.name
        );
        assert_eq!(
            count(&text, "<path class=\"cross\""),
            failing,
            "{}",
            fixture.name
        );
        assert_eq!(
            count(&text, "<g class=\"frame repeated\">"),
            repeated,
            "{}",
            fixture.name
        );
        assert_eq!(count(&text, "<g class=\"wait "), waits, "{}", fixture.name);
    }
}

#[test]
fn every_link_into_the_file_arrives() {
    for fixture in Fixture::all() {
        let text = rendered(&fixture);
        for link in text
            .split("href=\"#")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            assert_eq!(
                count(&text, &format!("id=\"{link}\"")),
                1,
                "{}: {link}",
                fixture.name
            );
        }
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for fixture in Fixture::all() {
        let text = rendered(&fixture);
        for pattern in [
            "src=",
            "url(",
            "@import",
            "<link",
            "<img",
            "<iframe",
            "href=\"http",
            "href=\"//",
            "href=\"javascript",
        ] {
            let text = if fixture.name == "hostile" {
                text.replace("&lt;img src=", "")
            } else {
                text.clone()
            };
            assert!(!text.contains(pattern), "{}: {pattern}", fixture.name);
        }
        assert!(text.contains("default-src 'none'"));
    }
}

#[test]
fn hostile_text_stays_text() {
    let text = rendered(&Fixture::named("hostile"));
    assert_eq!(count(&text, "<script"), 1, "only our own");
    assert!(!text.contains("<img"));
    assert!(text.contains("&lt;script&gt;alert(1)"));
    assert!(
        text.contains("{{ 7*7 }}"),
        "template syntax is not evaluated"
    );
    assert!(!text.contains("etc/passwd"), "no link out of the folder");
    let acts = |c: char| {
        (c.is_control() && c != '\n')
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    assert!(!text.contains(acts));
}

#[test]
fn it_says_what_a_test_session_report_says() {
    let text = rendered(&Fixture::named("pair"));
    let words = [
        "CONFIDENTIAL",
        "Anjay demo client",
        "Leshan demo server",
        "AVSystem",
        "Eclipse",
        "3.14.0",
        "2.0.0-M15",
        "OMA ETS 1.2",
        "UDP, NoSec",
        "21 November 2026",
        "Response Count",
        "Out of Time",
        "By case, worst seat",
        "Sign-off",
        "client team: Pass, server team: Fail",
        "queue-mode: features of client lacks queue-mode",
        "test keys",
    ];
    for word in words {
        assert!(text.contains(word), "{word}");
    }
    assert!(!text.contains(">None<") && !text.contains(">none<"));
    assert!(rendered(&Fixture::named("emulators")).contains("jumped over 5m 00s (lifetime)"));
}
