//! `report`: renders a session again from its record.

use std::path::Path;

use crate::args::Report;
use crate::{ExitCode, Trouble, github, output, reports};

/// Renders the reports of a session.
pub(crate) fn report(args: &Report) -> Result<ExitCode, Trouble> {
    let folder = match args.session.file_name() {
        Some(name) if name == "session.json" => {
            args.session.parent().unwrap_or_else(|| Path::new("."))
        }
        _ => &args.session,
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let out = args.out.as_deref().unwrap_or(folder);
    let (session, cases) = reports::write(folder, out)?;
    output::print(&format!("report: {}\n", out.join("session.html").display()));
    if args.github {
        output::print(&github::tell(&session, &cases)?);
    }
    Ok(if args.exit_code {
        ExitCode::of(&session)
    } else {
        ExitCode::Passed
    })
}
