//! `judge`: captures, after the fact.

mod capture;
mod session;

use crate::args::Judge;
use crate::{ExitCode, Trouble};

/// Judges a capture, or those of a session.
pub(crate) fn judge(args: &Judge) -> Result<ExitCode, Trouble> {
    match (&args.session, &args.capture) {
        (Some(folder), _) => session::judge(args, folder),
        (None, Some(path)) => capture::judge(args, path),
        (None, None) => Err(Trouble::usage(
            "nothing to judge",
            "name a capture, or a session with --session",
        )),
    }
}
