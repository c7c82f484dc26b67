//! The built binary, folders to run it in, and a profile to run it with.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit code; none after a signal.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

/// A folder that goes away with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new, empty folder.
    pub(crate) fn new(name: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Where it is, as an argument.
    pub(crate) fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        std::fs::read_dir(&self.0).unwrap().next().is_none()
    }

    /// Writes a file; gives its path as an argument.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The folder of the only session in it.
    pub(crate) fn session(&self) -> PathBuf {
        self.find_session().expect("a session")
    }

    /// The folder of the first session in it, as soon as it has a record.
    pub(crate) fn find_session(&self) -> Option<PathBuf> {
        let entries = std::fs::read_dir(&self.0).ok()?;
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .into_iter()
            .find(|path| path.join("session.json").is_file())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }
}

/// The program, seen from the root of the repository, with nobody at its terminal.
pub(crate) fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_testfest"));
    command.args(words).stdin(Stdio::null());
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    command
}

/// Runs the program from the root of the repository.
pub(crate) fn run(words: &[&str]) -> Ended {
    ended(&mut program(words))
}

/// Runs the program from another folder.
pub(crate) fn run_in(folder: &Path, words: &[&str]) -> Ended {
    ended(program(words).current_dir(folder))
}

fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Reads a JSON file.
pub(crate) fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A profile of a client that is given little time; `ics` replaces its operations.
pub(crate) fn client_profile(ics: &str, control: &str) -> String {
    let operations = "operations: [register, update, deregister, read, write, write-attributes, discover, execute, observe, cancel-observation, notify]";
    let operations = if ics.is_empty() { operations } else { ics };
    format!(
        "name: Test client\nvendor: Nobody\nrole: client\nics:\n  lwm2m: [\"1.1\"]\n  transports: [udp]\n  security: [nosec]\n  \
         content-formats: [text, opaque, link-format, tlv]\n  {operations}\n  \
         objects: {{1: {{version: \"1.1\"}}, 3: {{version: \"1.1\", resources: [0, 1, 2, 3, 4, 6, 7, 8, 9, 11, 13, 14, 15, 16]}}}}\n\
         ixit: {{startup-time: 200ms, latency: 100ms, answer-time: 500ms}}\ncontrol: {control}\n"
    )
}
