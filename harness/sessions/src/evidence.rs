//! The files that verdicts stand on, with their hashes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// SHA-256 of every file of the session but the reports, the submission and what the harness keeps for the moment, by path.
///
/// A link is hashed as the path it leads to and is never followed: evidence lies in the folder.
pub(crate) fn hashes(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut hashes = BTreeMap::new();
    for name in FILES {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            hashes.insert(name.to_owned(), hash(&path)?);
        }
    }
    let runs = folder.join(RUNS);
    if runs.is_dir() {
        below(&runs, RUNS, &mut hashes)?;
    }
    Ok(hashes)
}

fn below(folder: &Path, name: &str, hashes: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let name = format!("{name}/{file}");
        if entry.file_type()?.is_dir() {
            below(&entry.path(), &name, hashes)?;
        } else if !TRANSIENT.iter().any(|end| file.ends_with(end)) {
            hashes.insert(name, hash(&entry.path())?);
        }
    }
    Ok(())
}

fn hash(path: &Path) -> io::Result<String> {
    let mut digest = Sha256::new();
    if path.symlink_metadata()?.is_symlink() {
        digest.update(b"link ");
        digest.update(fs::read_link(path)?.as_os_str().as_encoded_bytes());
    } else {
        let mut file = File::open(path)?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                read => digest.update(&buffer[..read]),
            }
        }
    }
    let mut text = String::new();
    for byte in digest.finalize() {
        // a String takes everything
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// Folder of the runs.
pub(crate) const RUNS: &str = "runs";
/// Evidence beside the runs.
const FILES: [&str; 2] = [crate::HEADER, crate::folder::REVIEW];
/// What a run leaves only while it goes on.
const TRANSIENT: [&str; 3] = [".draft", ".part", ".live"];
