//! What passes and cannot be read.

use super::trial::Trial;
use super::{answer, check, read};

fn trial(dialogue: &str, script: String, unread: Option<&'static str>) -> Trial {
    Trial {
        unread,
        ..Trial::of_client(dialogue, &script)
    }
}

#[test]
fn what_cannot_be_read_is_neither_missed_nor_silent() {
    let reads = "
  - step: It reads.
    server: {read: {path: /3/0/9}}
    client: {content: {}}
    criterion: A";
    let silent = "
  - step: It says nothing.
    client: {silence: {of: [any]}, within: 5s}
    criterion: A";
    let keys = Some("nobody told its keys");
    let quiet = || "0 client con 9 a9 GET /dark".to_owned();
    check(vec![
        (
            "read",
            trial(reads, read(0, 1) + &answer(10, 1, "5"), None),
            "Pass A-Pass",
        ),
        (
            "missed",
            trial(reads, read(0, 1), None),
            "Fail A-Fail by client",
        ),
        (
            "unread",
            trial(reads, read(0, 1), keys),
            "Inconclusive A-open",
        ),
        (
            "broken silence",
            trial(silent, quiet(), None),
            "Fail A-Fail by client",
        ),
        (
            "unread silence",
            trial(silent, String::new(), keys),
            "Inconclusive A-open",
        ),
    ]);
}

#[test]
fn the_reason_says_why_it_cannot_be_read() {
    let dialogue = "
  - step: It reads.
    server: {read: {path: /3/0/9}}
    client: {content: {}}
    criterion: A";
    let played = trial(dialogue, read(0, 1), Some("nobody told its keys")).play();
    let reason = played.play.ledger().reason.clone().unwrap_or_default();
    assert_eq!(reason, "what passes cannot be read: nobody told its keys");
}
