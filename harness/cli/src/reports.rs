//! The reports of a session folder: `session.html`, `session.pdf` and `junit.xml`, from the records on disk.

use std::path::Path;

use record::{CaseRecord, SessionRecord};
use runner::Folder;

use crate::Trouble;

/// Renders the reports of the session in `folder` into `out`; gives what they were made of.
pub(crate) fn write(
    folder: &Path,
    out: &Path,
) -> Result<(SessionRecord, Vec<CaseRecord>), Trouble> {
    let (session, cases) = read(folder)?;
    let html = report::html(&session, &cases)?;
    let pdf = report::pdf(&session, &cases)?;
    let junit = report::junit(&session, &cases)?;
    std::fs::create_dir_all(out).map_err(|source| runner::HarnessError::Write {
        path: out.to_owned(),
        source,
    })?;
    let out = Folder::open(out);
    out.write("session.html", html.as_bytes())?;
    out.write("session.pdf", &pdf)?;
    out.write("junit.xml", junit.as_bytes())?;
    Ok((session, cases))
}

/// Reads the records of a session.
pub(crate) fn read(folder: &Path) -> Result<(SessionRecord, Vec<CaseRecord>), Trouble> {
    Folder::open(folder).read().map_err(|message| Trouble::Unreadable {
        message,
        help: "a session is a folder with a session.json, as `testfest run` leaves it under reports/sessions".to_owned(),
    })
}
