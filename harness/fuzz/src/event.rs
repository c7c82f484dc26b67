//! Files of a TestFest: the event, submissions, and what a session's folder holds.

use ::event::consolidate::{Event, SessionSupplement, Submission};
use ::event::session::{Header, PublicKey, Review, SecretKey};

/// The file of an event.
pub fn file(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Event::parse(&text) {
        Ok(_) => {}
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            for mistake in mistakes {
                assert!(!mistake.message.is_empty());
            }
        }
    }
}

/// A submission: one that is read is written and read again.
pub fn submission(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(submission) = Submission::parse("x.json", &text) {
        let written = serde_json::to_string(&submission).expect("JSON");
        assert_eq!(
            Submission::parse("x.json", &written).as_ref(),
            Ok(&submission)
        );
    }
    let _ = SessionSupplement::parse(&text);
}

/// Header, review and keys of a session.
pub fn session(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _ = Header::parse(&text);
    match Review::parse(&text) {
        Ok(review) => {
            let written: String = review.entries.iter().map(|entry| entry.to_line()).collect();
            let again = Review::parse(&written).expect("what was written is a review");
            assert_eq!(again.entries, review.entries);
            assert!(review.torn.is_none_or(|torn| torn.offset < text.len()));
        }
        Err((line, _)) => assert!(line >= 1 && line <= text.lines().count()),
    }
    if let Ok(key) = SecretKey::parse(&text) {
        let again = SecretKey::parse(&key.to_text()).expect("what was written is a key");
        assert_eq!(again.to_text(), key.to_text());
    }
    if let Ok(key) = PublicKey::parse(&text) {
        let again = PublicKey::parse(&key.to_text()).expect("what was written is a key");
        assert_eq!(again.to_text(), key.to_text());
        assert!(!key.fingerprint().is_empty());
    }
}
