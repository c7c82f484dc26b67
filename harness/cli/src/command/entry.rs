//! `entry`: what OMA asks for before a TestFest, played and judged in one go.

use record::{ENTRY_TESTS, Readiness};
use runner::Folder;

use crate::args::Run;
use crate::screen::Screen;
use crate::session::{Terms, play};
use crate::setup::Setup;
use crate::{ExitCode, Trouble, cases, output, reports};

/// Plays the entry tests and every conformance case that applies; ends with 0 if the implementation is ready.
pub(crate) fn entry(args: &Run) -> Result<ExitCode, Trouble> {
    if args.impair.is_some() {
        return Err(Trouble::usage(
            "an entry check goes over a sound network",
            "leave --impair out; `testfest run` takes it",
        ));
    }
    let args = Run {
        selected: crate::args::Selected {
            filters: filters(args)?,
            ..args.selected.clone()
        },
        ..args.clone()
    };
    let library = cases::selected(&args.selected)?;
    let mut setups = Setup::all(&args.selected, &library)?;
    let setup = setups.swap_remove(0);
    let terms = Terms::of(&args, &library);
    let mut screen = Screen::terminal();
    let played = play(&setup, &terms, args.jobs, &mut screen);
    screen.clear();
    let code = played?;
    let Some(folder) = screen.folder() else {
        return Ok(code);
    };
    let (session, _) = reports::read(folder)?;
    let readiness = Readiness::of(&session);
    let pages = Folder::open(folder);
    let page = report::readiness_html(&session, &readiness)?;
    pages.write("readiness.html", page.as_bytes())?;
    pages.write(
        "readiness.pdf",
        &report::readiness_pdf(&session, &readiness)?,
    )?;
    let text = report::readiness_text(&session, &readiness);
    let page = folder.join("readiness.html");
    output::print(&format!("\n{text}{}\n", page.display()));
    Ok(match (readiness.is_ready(), code) {
        (true, _) => ExitCode::Passed,
        // an entry test that does not apply, or a deviation that was agreed on
        (false, ExitCode::Passed | ExitCode::NothingSelected) => ExitCode::Failed,
        (false, code) => code,
    })
}

/// The entry tests and the conformance set; it is these or none.
fn filters(args: &Run) -> Result<Vec<String>, Trouble> {
    let selected = &args.selected;
    let wrong = if selected.profiles.len() != 1 {
        "it is about one implementation: --profile"
    } else if !selected.filters.is_empty() || args.partition.is_some() {
        "it plays all of them: leave filters and --partition out"
    } else if args.session.is_some() {
        "it is played before a TestFest: leave --session out"
    } else {
        let numbers = ENTRY_TESTS.iter().map(ToString::to_string);
        return Ok(numbers.chain([CONFORMANCE.to_owned()]).collect());
    };
    let message = "`testfest entry` plays the entry tests and the conformance set of one profile";
    Err(Trouble::usage(message, wrong))
}

/// The cases of the conformance set, as a filter.
const CONFORMANCE: &str = "**/con-*";
