//! The files of a library, from memory, from a directory, or from the program itself.

use std::io;
use std::path::Path;
use std::sync::Arc;

/// A file of the notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path below `testcases/` without `.yaml`: `registration/int-101-initial-registration`, `states/registered`.
    pub name: String,
    /// Its path as diagnostics show it.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
}

impl File {
    /// A file of the given name.
    pub fn new(
        name: impl Into<String>,
        path: impl Into<String>,
        text: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            text: text.into(),
        }
    }

    /// The cases, states, configurations, sets, errata and mutants that this program carries.
    pub fn embedded() -> Vec<Self> {
        EMBEDDED
            .iter()
            .map(|(name, path, text)| Self::new(*name, *path, *text))
            .collect()
    }

    /// The files `*.yaml` in and below `directory`, in the order of their names; hidden ones are left out.
    pub fn below(directory: &Path) -> io::Result<Vec<Self>> {
        let mut files = Vec::new();
        collect(directory, "", 0, &mut files)?;
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }

    /// What kind of file this is, by the folder it stands in.
    pub fn kind(&self) -> FileKind {
        let folder = self.name.split_once('/').map_or("", |(folder, _)| folder);
        FileKind::FOLDERS
            .iter()
            .find(|(name, _)| *name == folder)
            .map_or(FileKind::Case, |(_, kind)| *kind)
    }

    /// The last part of its name.
    pub fn stem(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A test case.
    Case,
    /// A state.
    State,
    /// A configuration.
    Configuration,
    /// A value set.
    Set,
    /// An erratum.
    Erratum,
    /// A mutant.
    Mutant,
}

impl FileKind {
    /// The folders with their kinds; every other folder holds cases.
    pub const FOLDERS: &[(&str, Self)] = &[
        ("states", Self::State),
        ("configurations", Self::Configuration),
        ("sets", Self::Set),
        ("errata", Self::Erratum),
        ("mutants", Self::Mutant),
    ];
}

fn collect(directory: &Path, prefix: &str, depth: u8, files: &mut Vec<File>) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Ok(());
    }
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            // The schemas stand beside the cases.
            if prefix.is_empty() && name == "schema" {
                continue;
            }
            collect(&path, &format!("{prefix}{name}/"), depth + 1, files)?;
        } else if let Some(stem) = name.strip_suffix(".yaml") {
            if prefix.is_empty() && INDEXES.contains(&stem) {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?;
            let shown = path.display().to_string();
            files.push(File::new(format!("{prefix}{stem}"), shown, text));
        }
    }
    Ok(())
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Indexes of the TS and the ETS, which stand beside the cases.
const INDEXES: &[&str] = &["ets", "requirements"];
/// Deepest folder below the library's own.
const MAX_DEPTH: u8 = 8;
