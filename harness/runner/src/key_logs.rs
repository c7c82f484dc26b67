//! Key logs that implementations write while a case is played (SSLKEYLOGFILE): what a relay cannot know otherwise.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use capture::{KeyLog, MasterSecret};

/// Files that are read as they grow.
#[derive(Debug, Default)]
pub(crate) struct KeyLogs {
    logs: Vec<Log>,
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    /// Bytes that were read.
    read: u64,
    /// A line whose end has not come.
    begun: Vec<u8>,
    /// Why it cannot be read, or what was wrong with a line of it.
    trouble: Option<String>,
}

impl KeyLogs {
    /// Follows these files from their beginnings; they need not be there yet.
    pub(crate) fn of(paths: &[PathBuf]) -> Self {
        let logs = paths.iter().map(|path| Log {
            path: path.clone(),
            read: 0,
            begun: Vec::new(),
            trouble: Some(format!("there is no key log at {}", path.display())),
        });
        Self {
            logs: logs.collect(),
        }
    }

    /// How long to wait at most before the files are looked at again; `None` if there are none.
    pub(crate) fn period(&self) -> Option<Duration> {
        (!self.logs.is_empty()).then_some(PERIOD)
    }

    /// The secrets of lines that have come to their ends since.
    pub(crate) fn poll(&mut self) -> Vec<MasterSecret> {
        self.logs.iter_mut().flat_map(Log::poll).collect()
    }

    /// What stands in the way of reading them.
    pub(crate) fn troubles(&self) -> impl Iterator<Item = &str> {
        self.logs.iter().filter_map(|log| log.trouble.as_deref())
    }
}

impl Log {
    fn poll(&mut self) -> Vec<MasterSecret> {
        match more(&self.path, &mut self.read) {
            Ok(None) => Vec::new(),
            Ok(Some(bytes)) => {
                self.trouble = None;
                self.take(&bytes)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                let path = self.path.display();
                self.trouble = Some(format!("the key log at {path} cannot be read: {error}"));
                Vec::new()
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Vec<MasterSecret> {
        self.begun.extend_from_slice(bytes);
        let Some(end) = self.begun.iter().rposition(|byte| *byte == b'\n') else {
            if self.begun.len() > LONGEST {
                self.begun.clear();
            }
            return Vec::new();
        };
        let lines: Vec<u8> = self.begun.drain(..=end).collect();
        let log = KeyLog::read(&String::from_utf8_lossy(&lines));
        if let Some(mistake) = log.mistakes.first() {
            // its number counts from what was read last
            let path = self.path.display();
            self.trouble = Some(format!(
                "the key log at {path} has a line with {}",
                mistake.what
            ));
        }
        log.secrets
    }
}

/// What a file has beyond `read`; one that has become shorter was begun anew.
fn more(path: &Path, read: &mut u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length < *read {
        *read = 0;
    }
    if length == *read && length > 0 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(*read))?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    *read += bytes.len() as u64;
    Ok(Some(bytes))
}

/// How often files are looked at.
const PERIOD: Duration = Duration::from_millis(20);
/// Bytes that are taken at a time.
const MOST: u64 = 1 << 20;
/// Bytes of a line; longer ones say nothing.
const LONGEST: usize = 1 << 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use std::io::Write;

    use super::*;

    fn line(number: u8) -> String {
        let digits = |count: usize| format!("{number:02x}").repeat(count);
        format!("CLIENT_RANDOM {} {}\n", digits(32), digits(48))
    }

    #[test]
    fn lines_are_read_as_they_come() {
        let folder = std::env::temp_dir().join(format!("testfest-key-logs-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("keys.log");
        let mut logs = KeyLogs::of(std::slice::from_ref(&path));
        let mut came = || -> Vec<u8> { logs.poll().iter().map(|one| one.master[0]).collect() };
        assert_eq!(came(), Vec::<u8>::new());
        let mut file = File::create(&path).unwrap();
        let mut write = |text: &str| file.write_all(text.as_bytes()).unwrap();
        write("# a comment\n");
        write(&line(1));
        let (begin, rest) = (line(2), line(3));
        let (begin, end) = begin.split_at(40);
        write(begin);
        assert_eq!(came(), [1]);
        assert_eq!(came(), Vec::<u8>::new());
        write(end);
        write(&rest);
        assert_eq!(came(), [2, 3]);
        // a file that is begun anew
        std::fs::write(&path, line(4)).unwrap();
        assert_eq!(came(), [4]);
        assert_eq!(logs.troubles().count(), 0);
        std::fs::write(&path, "CLIENT_RANDOM 00 11\n").unwrap();
        assert!(logs.poll().is_empty());
        assert!(
            logs.troubles()
                .next()
                .unwrap()
                .contains("a random of another length")
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_file_that_is_not_there_is_said() {
        let path = PathBuf::from("/nonexistent/keys.log");
        let mut logs = KeyLogs::of(&[path]);
        assert!(logs.poll().is_empty());
        let told: Vec<&str> = logs.troubles().collect();
        assert_eq!(told, ["there is no key log at /nonexistent/keys.log"]);
        assert_eq!(KeyLogs::default().period(), None);
    }
}
