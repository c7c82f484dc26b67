//! The session folder: every file in it is whole at every moment.

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use record::{CaseRecord, SessionRecord};
use sha2::{Digest, Sha256};

use crate::error::HarnessError;

/// A session's folder.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder of session `name` below `out`.
    pub fn create(out: &Path, name: &str) -> Result<Self, HarnessError> {
        let path = out.join(name);
        fs::create_dir_all(&path).map_err(HarnessError::write(&path))?;
        Ok(Self { path })
    }

    /// A folder that exists.
    pub fn open(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder of a case's evidence.
    pub fn case(&self, name: &str) -> Result<PathBuf, HarnessError> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).map_err(HarnessError::write(&path))?;
        Ok(path)
    }

    /// Writes `session.json`.
    pub fn write_session(&self, record: &SessionRecord) -> Result<(), HarnessError> {
        let text = json(record, &self.path.join("session.json"))?;
        self.write("session.json", &text)
    }

    /// Writes `case.json` into the folder of its evidence.
    pub fn write_case(&self, record: &CaseRecord) -> Result<(), HarnessError> {
        let name = format!("{}/case.json", record.summary.folder);
        let text = json(record, &self.path.join(&name))?;
        self.write(&name, &text)
    }

    /// Writes a file of this folder: a draft beside it is renamed when it is whole.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), HarnessError> {
        let path = self.path.join(name);
        let draft = path.with_extension("draft");
        let written = fs::File::create(&draft).and_then(|mut file| file.write_all(bytes));
        written
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(HarnessError::write(&path))
    }

    /// The folder of a case's evidence as its record names it; refused if that leads out of the session's folder.
    pub fn below(&self, name: &str) -> Result<PathBuf, String> {
        let name = Path::new(name);
        let stays = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if name.components().all(stays) {
            return Ok(self.path.join(name));
        }
        let (session, name) = (self.path.display(), name.display());
        Err(format!(
            "\"{session}\" names evidence outside of its folder: \"{name}\""
        ))
    }

    /// Reads a session with its cases; the reason with the path if one of them cannot be read.
    pub fn read(&self) -> Result<(SessionRecord, Vec<CaseRecord>), String> {
        let session: SessionRecord = parse(&self.path.join("session.json"))?;
        if session.format > record::FORMAT {
            return Err(format!(
                "\"{}\" has format {}, this build reads up to {}",
                self.path.display(),
                session.format,
                record::FORMAT
            ));
        }
        let read = |folder: &str| parse(&self.below(folder)?.join("case.json"));
        let cases = session.cases.iter().map(|case| read(&case.folder));
        let cases = cases.collect::<Result<_, _>>()?;
        Ok((session, cases))
    }
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn json<T: serde::Serialize>(value: &T, path: &Path) -> Result<Vec<u8>, HarnessError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| HarnessError::Write {
        path: path.to_owned(),
        source: error.into(),
    })?;
    text.push(b'\n');
    Ok(text)
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, String> {
    let bytes =
        fs::read(path).map_err(|error| format!("cannot read \"{}\": {error}", path.display()))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| format!("\"{}\" is no record: {error}", path.display()))
}
