//! `consolidate --merge`: the parts of one run, played on several machines or by a process for each case, as one session.

use std::fs;
use std::path::{Path, PathBuf};

use record::SessionRecord;
use runner::{Folder, HarnessError};

use crate::{ExitCode, Trouble, output, reports};

/// Merges the sessions in these folders into a new one below `out`; writes nothing if they are not parts of one run.
pub(super) fn merge(paths: &[PathBuf], out: &Path) -> Result<ExitCode, Trouble> {
    let mut folders = Vec::new();
    for path in paths {
        find(path, 0, &mut folders)?;
    }
    let mut parts = Vec::new();
    for folder in &folders {
        let (record, _) = reports::read(folder)?;
        parts.push(record);
    }
    let mut merged = record::merge(&parts).map_err(|error| {
        let help = "the parts of a run are its sessions with --partition 1/n .. n/n, or one for each case; every part once";
        Trouble::usage(report::visible(&error.to_string()), help)
    })?;
    merged.name = format!("{}-merged", merged.name);
    if merged.name.contains(['/', '\\']) {
        let message = format!("\"{}\" is no name of a session", merged.name);
        let help = "a session is called as its folder is";
        return Err(Trouble::usage(report::visible(&message), help));
    }
    let target = out.join(&merged.name);
    if target.exists() {
        let message = format!("\"{}\" is there already", target.display());
        let help = "remove it, or name another folder with --out";
        return Err(Trouble::usage(message, help));
    }
    write(&folders, &parts, &merged, out)?;
    let (parts, cases) = (parts.len(), merged.cases.len());
    let page = target.join("session.html");
    output::print(&format!(
        "{parts} sessions, {cases} outcomes: {}\n",
        page.display()
    ));
    Ok(ExitCode::of(&merged))
}

/// Evidence first, the record last: what is interrupted is no session.
fn write(
    folders: &[PathBuf],
    parts: &[SessionRecord],
    merged: &SessionRecord,
    out: &Path,
) -> Result<(), Trouble> {
    let folder = Folder::create(out, &merged.name)?;
    for (from, part) in folders.iter().zip(parts) {
        let from = Folder::open(from);
        for case in &part.cases {
            let outside = |message| Trouble::Unreadable {
                message,
                help: String::new(),
            };
            let source = from.below(&case.folder).map_err(outside)?;
            copy(&source, &folder.case(&case.folder)?)?;
        }
    }
    folder.write_session(merged)?;
    reports::write(folder.path(), folder.path())?;
    Ok(())
}

/// Copies the files of a case's evidence.
fn copy(from: &Path, to: &Path) -> Result<(), Trouble> {
    let failed = |source| HarnessError::Write {
        path: to.to_owned(),
        source,
    };
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).map_err(failed)?;
        }
    }
    Ok(())
}

/// The folders with a session.json at `path` and below.
fn find(path: &Path, depth: u32, found: &mut Vec<PathBuf>) -> Result<(), Trouble> {
    let unreadable = |error| Trouble::Unreadable {
        message: format!("cannot read \"{}\": {error}", path.display()),
        help: "--merge takes session folders, or folders of them".to_owned(),
    };
    if path.join("session.json").is_file() {
        found.push(path.to_owned());
        return Ok(());
    }
    if depth > MAX_DEPTH {
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(unreadable)?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_type().map_err(unreadable)?.is_dir() {
            find(&entry.path(), depth + 1, found)?;
        }
    }
    Ok(())
}

/// How deep sessions are looked for.
const MAX_DEPTH: u32 = 4;
