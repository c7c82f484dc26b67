//! `completions`: what a shell needs to complete the command line.

use clap::CommandFactory as _;

use crate::args::{Args, Completions};
use crate::{ExitCode, Trouble, output};

/// Prints a completion script.
pub(crate) fn completions(args: &Completions) -> Result<ExitCode, Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "testfest", &mut script);
    output::print(&String::from_utf8_lossy(&script));
    Ok(ExitCode::Passed)
}
