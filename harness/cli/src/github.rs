//! What GitHub Actions is told of a run.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use record::{CaseRecord, SessionRecord};
use runner::HarnessError;

use crate::Trouble;

/// Adds to the summary of the job if there is one; gives the annotations, to be printed.
///
/// An annotation names a file only if the repository at hand has it: the cases that the program carries are in nobody's diff.
pub(crate) fn tell(session: &SessionRecord, cases: &[CaseRecord]) -> Result<String, Trouble> {
    if let Some(path) = std::env::var_os(SUMMARY).filter(|path| !path.is_empty()) {
        append(
            &PathBuf::from(path),
            &report::github_summary(session, cases),
        )?;
    }
    let has_file = |file: &str| Path::new(file).is_relative() && Path::new(file).is_file();
    Ok(report::github_annotations(session, cases, has_file))
}

fn append(path: &Path, text: &str) -> Result<(), Trouble> {
    let file = OpenOptions::new().append(true).create(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| {
        let path = path.to_owned();
        HarnessError::Write { path, source }.into()
    })
}

/// Where the runner of a job takes its summary from.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";
