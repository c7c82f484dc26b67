//! `review.jsonl` on disk: lines are appended under a lock and are on the disk before anybody is told that they count.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use event::session::{Entry, Review};

use crate::SessionError;

/// Reads what the teams said; nothing if there is no file yet.
pub(crate) fn read(path: &Path) -> Result<Review, SessionError> {
    if !path.exists() {
        return Ok(Review::default());
    }
    let text = crate::read_text(path).map_err(|message| SessionError::wrong(message, HELP))?;
    parse(path, &text)
}

/// Adds entries; a line that a crash cut off is taken away first.
pub(crate) fn append(path: &Path, entries: &[Entry]) -> Result<(), SessionError> {
    let failed = || SessionError::write(path);
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .map_err(failed())?;
    file.lock().map_err(failed())?;
    let outcome = append_locked(path, &mut file, entries);
    // the lock goes with the file; a failed unlock changes nothing of what was written
    drop(file.unlock());
    outcome
}

fn append_locked(path: &Path, file: &mut File, entries: &[Entry]) -> Result<(), SessionError> {
    let failed = || SessionError::write(path);
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed())?;
    if let Some(torn) = parse(path, &text)?.torn {
        file.set_len(torn.offset as u64).map_err(failed())?;
    }
    file.seek(SeekFrom::End(0)).map_err(failed())?;
    let lines: String = entries.iter().map(Entry::to_line).collect();
    file.write_all(lines.as_bytes()).map_err(failed())?;
    file.sync_data().map_err(failed())
}

fn parse(path: &Path, text: &str) -> Result<Review, SessionError> {
    Review::parse(text).map_err(|(line, message)| {
        let path = report::visible(&path.display().to_string()).into_owned();
        let message = report::visible(&message).into_owned();
        SessionError::wrong(format!("{path}:{line} is no entry: {message}"), HELP)
    })
}

const HELP: &str = "review.jsonl holds one entry a line, as `testfest session review` writes them";

#[cfg(test)]
mod tests {
    use event::consolidate::Role;
    use event::session::Say;

    use super::*;

    fn entry(comment: &str) -> Entry {
        Entry {
            at: "2026-11-27T10:00:00Z".to_owned(),
            team: Role::Client,
            case: 101,
            say: Say::Comment(comment.to_owned()),
        }
    }

    #[test]
    fn a_cut_line_is_taken_away_and_no_other() {
        let folder = std::env::temp_dir().join(format!("testfest-journal-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("review.jsonl");
        append(&path, &[entry("one"), entry("two")]).unwrap();
        let mut torn = std::fs::read(&path).unwrap();
        torn.extend(b"{\"at\":\"20");
        std::fs::write(&path, torn).unwrap();
        assert_eq!(read(&path).unwrap().entries.len(), 2);
        append(&path, &[entry("three")]).unwrap();
        let review = read(&path).unwrap();
        assert_eq!(review.entries, [entry("one"), entry("two"), entry("three")]);
        assert_eq!(review.torn, None);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn writers_do_not_mix_their_lines() {
        let folder = std::env::temp_dir().join(format!("testfest-writers-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("review.jsonl");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    for n in 0..25 {
                        append(path, &[entry(&format!("{writer}-{n}"))]).unwrap();
                    }
                });
            }
        });
        let review = read(&path).unwrap();
        assert_eq!((review.entries.len(), review.torn), (100, None));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
