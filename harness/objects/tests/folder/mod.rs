//! A folder of `fixtures/objects`, in memory.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "not every test, nor the bench, asks for all of it"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use objects::{Around, Checked, Files, Reference, lint};

/// Files by their path from the folder, with the registry that lies among them.
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
    reference: Reference,
}

impl Folder {
    /// Reads a folder below `fixtures/objects`, with its version_history.
    pub fn open(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fixtures/objects")
            .join(name);
        let mut files = BTreeMap::new();
        for prefix in ["", "version_history/"] {
            for entry in fs::read_dir(path.join(prefix)).unwrap() {
                let file = entry.unwrap().path();
                if file.extension().is_some_and(|extension| extension == "xml") {
                    let name = file.file_name().unwrap().to_str().unwrap();
                    files.insert(format!("{prefix}{name}"), fs::read(&file).unwrap());
                }
            }
        }
        let of = |name| files.get(name).map(Vec::as_slice);
        let reference = Reference::read(of("DDF.xml"), of("Common.xml"));
        Self {
            path,
            files,
            reference,
        }
    }

    /// The files, without those of version_history.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.files.keys().map(String::as_str);
        names.filter(|name| !name.contains('/'))
    }

    /// Every file.
    pub fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let files = self.files.iter();
        files.map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// Checks a file.
    pub fn lint(&self, name: &str) -> Checked {
        let bytes = self.files.read(name).unwrap();
        let around = Around {
            reference: &self.reference,
            files: &self.files,
            git_ends_lines: false,
        };
        lint(name, &bytes, &around)
    }
}
