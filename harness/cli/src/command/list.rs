//! `list`: which cases apply to whom, how long they have to wait, and why.

mod plan;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use runner::plan::Explained;
use testcase::Library;

use crate::args::List;
use crate::setup::Setup;
use crate::{ExitCode, Trouble, cases, output, release};

/// Prints the cases.
pub(crate) fn list(args: &List) -> Result<ExitCode, Trouble> {
    let carried = cases::selected(&args.selected)?;
    let setups = Setup::all(&args.selected, &carried)?;
    let known = setups.first().and_then(Setup::library);
    output::warn_of_filters(&args.selected.filters, known.unwrap_or(&carried));
    if args.plan {
        return plan::write(args, &setups, &carried);
    }
    let mut text = String::new();
    let mut code = ExitCode::Passed;
    for setup in setups {
        let library = Arc::clone(setup.library().unwrap_or(&carried));
        text += &heading(&setup);
        for explained in &setup.plan.explained {
            text += &line(&setup, &library, explained);
            text += &identified(args, &library, explained);
            if args.explain {
                text += &explanation(explained);
            }
        }
        if setup.plan.selected.is_empty() {
            code = code.or(ExitCode::NothingSelected);
        }
        text.push('\n');
    }
    output::print(&text);
    Ok(code)
}

fn heading(setup: &Setup) -> String {
    let who = match setup.profiles.first() {
        Some(profile) => format!("{} under test: {}", profile.seat(), profile.name),
        None => "the emulators, each seat judged in turn".to_owned(),
    };
    let mut names: Vec<&str> = setup
        .plan
        .explained
        .iter()
        .map(|one| one.case.as_str())
        .collect();
    names.dedup();
    let mut apply: Vec<&str> = setup
        .plan
        .selected
        .iter()
        .map(|one| one.case.name.as_str())
        .collect();
    apply.dedup();
    format!(
        "{who}, LwM2M {}: {} of {} cases apply\n\n",
        setup.version,
        apply.len(),
        names.len()
    )
}

fn line(setup: &Setup, library: &Arc<Library>, explained: &Explained) -> String {
    let mark = if explained.applies { "applies" } else { "N/A" };
    let seat = format!("[{}]", explained.seat);
    let note = if explained.applies {
        format!("{}{}", forced(setup, library, explained), explained.title)
    } else {
        explained.reason.clone()
    };
    format!("{mark:>8} {seat:<8} {:<48} {note}\n", explained.case)
}

/// The identifier in the release that was asked for.
fn identified(args: &List, library: &Library, explained: &Explained) -> String {
    let case = library.cases.get(&explained.case).zip(args.selected.ets);
    let id = case.and_then(|(case, ets)| release::id(case, ets));
    id.map_or_else(String::new, |id| format!("{:18}{id}\n", ""))
}

/// The wait that the protocol forces.
fn forced(setup: &Setup, library: &Arc<Library>, explained: &Explained) -> String {
    let tested: Vec<_> = setup.profiles.iter().map(|_| explained.seat).collect();
    let wait = library
        .cases
        .get(&explained.case)
        .map(|case| case.forced_wait_of(setup.version, &tested));
    match wait {
        Some(wait) if wait > Duration::ZERO => {
            format!("{} forced; ", testcase::duration::format(wait))
        }
        _ => String::new(),
    }
}

/// The expression and the values that decided it.
fn explanation(explained: &Explained) -> String {
    let mut text = format!("{:18}requires {}\n", "", explained.requires);
    for (term, value) in &explained.values {
        let _ = writeln!(text, "{:20}{term}: {value}", "");
    }
    text
}
