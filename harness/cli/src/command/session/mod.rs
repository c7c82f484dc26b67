//! `session`: a session of a TestFest from its opening to the signed report.

mod issues;
mod new;
mod review;
mod show;
mod sign;

use sessions::SessionFolder;

use crate::args::Session;
use crate::{ExitCode, Trouble, output};

/// Does what is asked with a session.
pub(crate) fn session(session: &Session) -> Result<ExitCode, Trouble> {
    match session {
        Session::New(args) => new::new(args),
        Session::Add(args) => {
            let folder = SessionFolder::open(&args.dir)?;
            for run in &args.runs {
                folder.add(run)?;
            }
            show::show(&folder)
        }
        Session::Show(args) => show::show(&SessionFolder::open(&args.dir)?),
        Session::Review(args) => review::review(args),
        Session::Report(args) => {
            let folder = SessionFolder::open(&args.dir)?;
            let written = folder.write_reports(env!("CARGO_PKG_VERSION"))?;
            for path in written {
                output::print(&format!("{}\n", path.display()));
            }
            Ok(ExitCode::Passed)
        }
        Session::Issues(args) => issues::issues(args),
        Session::Sign(args) => sign::sign(args),
        Session::Verify(args) => sign::verify(args),
        Session::Submit(args) => sign::submit(args),
        Session::Seal(args) => sign::seal(args),
        Session::Open(args) => sign::open(args),
    }
}
