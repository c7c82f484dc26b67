//! What tells that somebody else wrote in the folder: times and lengths of the files that the page is made of.

use std::path::Path;
use std::time::SystemTime;

use sessions::{HEADER, SUBMISSION};

/// Files with what is known of each.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fingerprint(Vec<Option<(SystemTime, u64)>>, Vec<String>);

impl Fingerprint {
    /// The fingerprint of a session's folder.
    pub(crate) fn of(folder: &Path) -> Self {
        let runs = folder.join("runs");
        let entries = std::fs::read_dir(&runs).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        let own = OWN.iter().map(|name| folder.join(name));
        let of_runs = names
            .iter()
            .flat_map(|name| OF_A_RUN.map(|file| runs.join(name).join(file)));
        let seen = own.chain(of_runs).map(|path| look(&path)).collect();
        Self(seen, names)
    }
}

fn look(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = path.metadata().ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

const OWN: [&str; 5] = [
    HEADER,
    SUBMISSION,
    "review.jsonl",
    "report.html",
    "report.pdf",
];
const OF_A_RUN: [&str; 2] = ["session.json", "session.html"];
