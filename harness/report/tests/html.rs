//! The structure of the HTML report: anchors, arrows, escaping, links and what it must not contain.

mod sessions;

use proptest::prelude::*;
use report::{anchor, html, pdf, terminal};
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

/// Puts a text wherever an implementation, a vendor or a standard's author may have a say.
fn spoken_through(text: &str) -> Fixture {
    let mut fixture = Fixture::named("read-tlv");
    let say = |slot: &mut String| text.clone_into(slot);
    for implementation in &mut fixture.session.implementations {
        say(&mut implementation.name);
        say(&mut implementation.vendor);
        say(&mut implementation.version);
    }
    for case in &mut fixture.cases {
        say(&mut case.summary.title);
        case.summary.reason = Some(text.to_owned());
        for frame in &mut case.frames {
            say(&mut frame.label);
            say(&mut frame.coap);
            say(&mut frame.hex);
            frame.length = u32::MAX;
            frame.notes = vec![format!("note {text}")];
            frame
                .options
                .iter_mut()
                .chain(&mut frame.content)
                .for_each(|field| {
                    say(&mut field.name);
                    say(&mut field.value);
                });
        }
        for step in &mut case.steps {
            say(&mut step.sentence);
            if let Some(mismatch) = &mut step.mismatch {
                say(&mut mismatch.message);
                say(&mut mismatch.actual.value);
                say(&mut mismatch.location.text);
            }
        }
    }
    fixture.session.cases = fixture
        .cases
        .iter()
        .map(|case| case.summary.clone())
        .collect();
    fixture
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_changes_the_structure(text in "(?s).{1,300}") {
        let expected = rendered(&spoken_through("x"));
        let fixture = spoken_through(&text);
        let actual = rendered(&fixture);
        for mark in ["<", ">", "\"", "'"] {
            prop_assert_eq!(count(&actual, mark), count(&expected, mark));
        }
        let lines = |text| terminal(&fixture.session, &fixture.cases, text, report::Style::default()).lines().count();
        prop_assert!(lines("folder") < 60);
        prop_assert!(pdf(&fixture.session, &fixture.cases).is_ok());
    }
}
