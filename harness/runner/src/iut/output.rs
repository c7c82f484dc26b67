//! What an implementation prints: kept in `iut.log` up to a limit, read for the line that says it is ready.
//!
//! Standard output and standard error go into one file in the order of their arrival.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use regex::Regex;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;

/// The sink of a program's output.
#[derive(Debug)]
pub(crate) struct Output {
    pattern: Option<Regex>,
    ready: watch::Sender<bool>,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    log: File,
    written: u64,
    lines: VecDeque<String>,
}

impl Output {
    /// Appends to the file at `path`; without a pattern the program counts as ready at once.
    pub(crate) fn open(path: &Path, pattern: Option<Regex>) -> io::Result<Self> {
        let (log, written) = open_log(path)?;
        Ok(Self {
            ready: watch::Sender::new(pattern.is_none()),
            pattern,
            kept: Mutex::new(Kept {
                log,
                written,
                lines: VecDeque::new(),
            }),
        })
    }

    /// Goes on in another file.
    pub(crate) fn redirect(&self, path: &Path) -> io::Result<()> {
        let (log, written) = open_log(path)?;
        self.with(|kept| (kept.log, kept.written) = (log, written));
        Ok(())
    }

    /// Writes a line of the harness's own.
    pub(crate) fn note(&self, text: &str) {
        self.with(|kept| kept.write(format!("[testfest] {text}\n").as_bytes()));
    }

    /// The last lines, oldest first.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        self.with(|kept| kept.lines.iter().cloned().collect())
    }

    /// Tells when the ready line was seen.
    pub(crate) fn ready(&self) -> watch::Receiver<bool> {
        self.ready.subscribe()
    }

    /// Reads one stream to its end.
    pub(crate) async fn drain(&self, mut stream: impl AsyncRead + Unpin) {
        let mut chunk = vec![0; CHUNK];
        let mut line = Vec::new();
        while let Ok(length @ 1..) = stream.read(&mut chunk).await {
            self.take(chunk.get(..length).unwrap_or_default(), &mut line);
        }
        if !line.is_empty() {
            self.line(&line);
        }
    }

    fn take(&self, bytes: &[u8], line: &mut Vec<u8>) {
        self.with(|kept| kept.write(bytes));
        for byte in bytes {
            if *byte == b'\n' {
                self.line(line);
                line.clear();
            } else if line.len() < MAX_LINE {
                line.push(*byte);
            }
        }
        // A prompt such as "ready> " ends without a line feed.
        self.look_for_ready(line);
    }

    fn line(&self, line: &[u8]) {
        self.look_for_ready(line);
        let text = String::from_utf8_lossy(line).trim_end().to_owned();
        self.with(|kept| {
            if kept.lines.len() == LAST_LINES {
                kept.lines.pop_front();
            }
            kept.lines.push_back(text);
        });
    }

    fn look_for_ready(&self, line: &[u8]) {
        if line.is_empty() || *self.ready.borrow() {
            return;
        }
        let text = String::from_utf8_lossy(line);
        // a prompt ends with a space that belongs to it
        let fits = |pattern: &Regex| {
            pattern.is_match(text.trim_end())
                || pattern.is_match(text.trim_end_matches(['\r', '\n']))
        };
        if self.pattern.as_ref().is_some_and(fits) {
            self.ready.send_replace(true);
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    /// Writes what still fits, and once that the rest does not; a full disk costs the log, not the run.
    fn write(&mut self, bytes: &[u8]) {
        if self.written >= MAX_LOG {
            return;
        }
        let room = usize::try_from(MAX_LOG - self.written).unwrap_or(usize::MAX);
        let fitting = bytes.get(..room).unwrap_or(bytes);
        let mut written = self.log.write_all(fitting);
        self.written = self.written.saturating_add(fitting.len() as u64);
        if written.is_ok() && self.written >= MAX_LOG {
            written = writeln!(
                self.log,
                "\n[testfest] the output went on; not kept beyond {MAX_LOG} bytes"
            );
        }
        if written.is_err() {
            self.written = MAX_LOG;
        }
    }
}

fn open_log(path: &Path) -> io::Result<(File, u64)> {
    let log = OpenOptions::new().create(true).append(true).open(path)?;
    let written = log.metadata()?.len();
    Ok((log, written))
}

/// Longest log, 16 MiB.
const MAX_LOG: u64 = 16 << 20;

/// How much of a line is looked at, and kept for a report.
const MAX_LINE: usize = 8192;

/// How many lines a report shows.
const LAST_LINES: usize = 20;

const CHUNK: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn output(name: &str, pattern: &str) -> (Output, std::path::PathBuf) {
        let path =
            std::env::temp_dir().join(format!("testfest-output-{}-{name}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        (
            Output::open(&path, Some(Regex::new(pattern).unwrap())).unwrap(),
            path,
        )
    }

    #[test]
    fn finds_the_ready_line_across_chunks_and_without_line_feed() {
        for (name, chunks, ready) in [
            ("whole", vec!["a\nserver ready\nb\n"], true),
            ("split", vec!["ser", "ver re", "ady\r\n"], true),
            ("prompt", vec!["hello\nserver ready"], true),
            ("space", vec!["hello\nserver ready "], true),
            ("never", vec!["server\nready\n"], false),
        ] {
            let (output, path) = output(name, "^server ready$");
            let mut line = Vec::new();
            for chunk in &chunks {
                output.take(chunk.as_bytes(), &mut line);
            }
            assert_eq!(*output.ready().borrow(), ready, "{name}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), chunks.concat());
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn keeps_sixteen_mebibytes_and_says_that_there_was_more() {
        let (output, path) = output("long", "ready");
        let chunk = vec![b'x'; 1 << 20];
        let mut line = Vec::new();
        for _ in 0..17 {
            output.take(&chunk, &mut line);
        }
        output.take(b"\nlast words\n", &mut line);
        let log = std::fs::read(&path).unwrap();
        assert_eq!(log[..16 << 20], [b'x'; 1].repeat(16 << 20));
        let note = String::from_utf8(log[16 << 20..].to_vec()).unwrap();
        assert_eq!(
            note,
            "\n[testfest] the output went on; not kept beyond 16777216 bytes\n"
        );
        let lines = output.last_lines();
        assert_eq!(
            (lines[0].len(), lines[1].as_str()),
            (MAX_LINE, "last words")
        );
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn keeps_the_last_lines_and_any_bytes() {
        let (output, path) = output("lines", "ready");
        let mut line = Vec::new();
        for number in 0..50 {
            output.take(format!("{number}\n").as_bytes(), &mut line);
        }
        output.take(b"\xFF\xFE\n", &mut line);
        let lines = output.last_lines();
        assert_eq!(
            (lines.len(), lines[0].as_str(), lines[19].as_str()),
            (20, "31", "\u{FFFD}\u{FFFD}")
        );
        std::fs::remove_file(path).unwrap();
    }
}
