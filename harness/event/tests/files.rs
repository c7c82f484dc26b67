//! Files that are short to write and large to read are refused.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use event::consolidate::{Event, SessionSupplement};
use event::session::{Header, PublicKey, SecretKey};

#[test]
fn what_multiplies_is_refused() {
    let laughs = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n";
    let merges = "<<: {a: b}\n".repeat(5000);
    let deep = "[".repeat(20_000);
    let keys = format!("{{{{a: [{}]}}}}", "a,".repeat(20_000));
    for text in [laughs, &merges, &deep, &keys] {
        let start: String = text.chars().take(20).collect();
        assert!(Event::parse(text).is_err(), "{start}");
        assert!(Header::parse(text).is_err(), "{start}");
        assert!(SessionSupplement::parse(text).is_err(), "{start}");
        assert!(SecretKey::parse(text).is_err() && PublicKey::parse(text).is_err());
    }
    let mistake = Header::parse(&keys).unwrap_err();
    assert!(
        mistake.message.contains("1024") || mistake.message.contains("node"),
        "{mistake:?}"
    );
}

/// An event whose sessions have three thousand pairs, as sixty clients and sixty servers have them.
#[test]
fn a_large_event_is_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/events");
    let event = std::fs::read_to_string(format!("{folder}/agenda-3x3.yaml")).unwrap();
    let sessions: String = (0..3000)
        .map(|at| {
            format!("  - session: \"{at}\"\n    lwm2m: \"1.1\"\n    pairs:\n      - {{client: birke, server: dorn}}\n")
        })
        .collect();
    let event = Event::parse(&format!("{event}\nsessions:\n{sessions}"));
    assert_eq!(event.unwrap().sessions.len(), 3000);
}
