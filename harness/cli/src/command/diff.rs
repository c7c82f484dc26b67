//! `diff`: two runs beside each other.

use std::io::IsTerminal as _;
use std::path::Path;

use record::{ChangeKind, Difference, SessionRecord};
use report::Style;
use runner::{Folder, HarnessError};

use crate::args::Diff;
use crate::{ExitCode, Trouble, output};

/// Compares two runs; a regression ends with 1.
pub(crate) fn diff(args: &Diff) -> Result<ExitCode, Trouble> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let difference = Difference::between(&old, &new);
    if let Some(path) = &args.html {
        let html = report::diff_html(&difference, &old.name, &new.name)?;
        write(path, html.as_bytes())?;
    }
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text = if args.markdown {
        report::diff_markdown(&difference, &old.name, &new.name)
    } else {
        let style = Style { colour, width: 0 };
        report::diff_text(&difference, &old.name, &new.name, style)
    };
    output::print(&text);
    let is_worse = difference.of(ChangeKind::Regression).next().is_some();
    Ok(if is_worse {
        ExitCode::Failed
    } else {
        ExitCode::Passed
    })
}

/// The record of a run, named by its folder or its session.json.
fn read(path: &Path) -> Result<SessionRecord, Trouble> {
    let is_file = path.file_name().is_some_and(|name| name == "session.json");
    let folder = if is_file {
        path.parent().unwrap_or(path)
    } else {
        path
    };
    let unreadable = |message: String| Trouble::Unreadable {
        message,
        help: "a run is a folder with a session.json, as `testfest run` leaves it".to_owned(),
    };
    let text = sessions::read_text(&folder.join("session.json")).map_err(unreadable)?;
    let record: SessionRecord = serde_json::from_str(&text)
        .map_err(|error| unreadable(format!("\"{}\" is no record: {error}", folder.display())))?;
    if record.format > record::FORMAT {
        let (found, known) = (record.format, record::FORMAT);
        let folder = folder.display();
        return Err(unreadable(format!(
            "\"{folder}\" has format {found}, newer than {known}"
        )));
    }
    Ok(record)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name else {
        let message = format!("\"{}\" is no file", path.display());
        return Err(Trouble::usage(message, "--html names the page"));
    };
    std::fs::create_dir_all(folder).map_err(|source| HarnessError::Write {
        path: folder.to_owned(),
        source,
    })?;
    Folder::open(folder).write(&name, bytes)?;
    Ok(())
}
