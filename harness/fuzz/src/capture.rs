//! Captures and key logs.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;

use ::capture::{Item, KeyLog, PreSharedKey, Reader};

use crate::pieces::Pieces;

/// Hands a file out in pieces.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(buffer.len()).min(self.0.len());
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

/// A file of pcap or pcapng: what it holds is the same whatever the pieces in which it is read, and in order.
pub fn file(input: &[u8]) {
    let mut pieces = Pieces::new(input);
    let Some(size) = pieces.byte() else { return };
    let bytes = pieces.rest();
    let size = usize::from(size).max(1);
    assert_eq!(
        read(bytes, bytes.len().max(1)),
        read(bytes, size),
        "in pieces of {size}"
    );
}

/// Reads a file in pieces; gives a hash of everything that it holds.
fn read(bytes: &[u8], size: usize) -> u64 {
    let mut reader = Reader::new(Slow(bytes, size)).with_comments();
    let mut hash = DefaultHasher::new();
    let mut ended = false;
    while let Some(item) = reader.next() {
        assert!(!ended, "something behind the error");
        match item {
            Ok(item) => {
                check(&item, reader.frames(), bytes.len());
                format!("{item:?}").hash(&mut hash);
            }
            Err(error) => {
                ended = true;
                format!("{error} {error:?}").hash(&mut hash);
            }
        }
    }
    // a frame takes 16 bytes at least, another block 12
    assert!(reader.frames() <= bytes.len() as u64 / 8);
    for (skip, count) in reader.skips().iter() {
        assert!(!skip.to_string().is_empty() && count.frames > 0);
        format!("{skip} {count:?}").hash(&mut hash);
    }
    hash.finish()
}

fn check(item: &Item, frames: u64, length: usize) {
    assert!(item.frame().is_none_or(|frame| frame <= frames));
    match item {
        Item::Datagram(one) => {
            assert!(one.bytes.len() <= one.length && one.bytes.len() <= length);
            assert!(one.earlier.iter().all(|frame| *frame <= frames));
        }
        Item::Segment(one) => assert!(one.bytes.len() <= length),
        Item::Comment(comment) => assert!(comment.text.len() <= length * 3),
        Item::Note(note) => assert!(!note.remark.to_string().is_empty()),
        Item::Secrets(one) => drop(KeyLog::read(&one.key_log)),
        Item::Opened(_) | Item::Lost(_) | Item::Closed(_) => {}
    }
}

/// The text of a key log, and of pre-shared keys; nothing of a secret is shown.
pub fn key_log(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let log = KeyLog::read(&text);
    let lines = text.lines().count();
    assert!(log.secrets.len() + log.other_labels + log.mistakes.len() <= lines);
    for mistake in &log.mistakes {
        assert!(mistake.line >= 1 && mistake.line <= lines);
        assert!(mistake.to_string().len() < 200);
    }
    if let Ok(psk) = text.parse::<PreSharedKey>() {
        let hex: String = psk.key.iter().map(|byte| format!("{byte:02x}")).collect();
        let identity = String::from_utf8(psk.identity.clone()).expect("it was text");
        assert_eq!(format!("{identity}={hex}").parse(), Ok(psk));
    }
}
