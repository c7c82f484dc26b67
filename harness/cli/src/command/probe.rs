//! `probe`: looks at a running implementation, and writes a draft of its profile.

mod ask;
mod client;
mod draft;
mod found;
mod management;
mod program;
mod reporting;

use std::path::Path;

use report::visible;
use runner::talk::{self, Talk};
use runner::{RunClock, Stop};
use testcase::{Profile, Seat};

use crate::args::{Probe, ProbeClient};
use crate::{ExitCode, Trouble, cases, output, talks};
use client::ClientProbe;
use found::Found;
use program::Program;

/// Probes what the arguments name.
pub(crate) fn probe(probe: &Probe) -> Result<ExitCode, Trouble> {
    match probe {
        Probe::Client(args) => client(args),
    }
}

fn client(args: &ProbeClient) -> Result<ExitCode, Trouble> {
    refuse_to_overwrite(&args.out, args.force)?;
    let terms = talks::terms(&args.channel, Seat::SERVER)?;
    let outcome = talks::block_on(async {
        let stop = Stop::on_signals();
        let clock = RunClock::start();
        let body = async |talk: &Talk| {
            let program = Program::new(args, talk, &clock);
            let probe = ClientProbe::new(talk, args);
            let outcome = tokio::select! {
                found = probe.look(&program) => found,
                () = stop.requested() => Ok(None),
            };
            let last_words = program.last_words();
            program.stop().await;
            outcome.map(|found| (found, last_words))
        };
        talk::hold(terms, clock.clone(), body).await
    })?;
    let ((found, last_words), captured) = talks::settled(outcome)?;
    let Some(found) = found else {
        output::say_aside("no client registered, and nothing was written");
        for line in last_words {
            output::say_aside(&format!("  {}", visible(&line)));
        }
        return Ok(ExitCode::Undecided);
    };
    let text = draft::of_client(&found, args);
    write(&args.out, &text)?;
    conclude(&found, &args.out, captured.as_deref());
    Ok(ExitCode::Passed)
}

fn refuse_to_overwrite(path: &Path, force: bool) -> Result<(), Trouble> {
    if path.exists() && !force {
        let message = format!("\"{}\" is there already", path.display());
        return Err(Trouble::usage(message, "--force overwrites it"));
    }
    Ok(())
}

/// Writes the draft; what `testfest check` would refuse is a mistake of this program.
fn write(path: &Path, text: &str) -> Result<(), Trouble> {
    let file = path.display().to_string();
    std::fs::write(path, text).map_err(runner::HarnessError::write(path))?;
    let (_, mistakes) = Profile::load(&file, text, None);
    let errors: Vec<_> = mistakes
        .into_iter()
        .filter(testcase::Diagnostic::is_error)
        .collect();
    match errors.is_empty() {
        true => Ok(()),
        false => Err(cases::mistakes(&errors, |_| Some(text.to_owned()))),
    }
}

fn conclude(found: &Found, out: &Path, captured: Option<&Path>) {
    let mut text = String::new();
    if !found.breaches.is_empty() {
        text += "\nwhat broke a rule on the way:\n";
        for breach in &found.breaches {
            text += &format!("  {}\n", visible(breach));
        }
    }
    let out = out.display();
    text += &format!("\nprofile: {out}, a draft: look at its comments\n");
    if let Some(path) = captured {
        text += &format!("capture: {}\n", path.display());
    }
    text += &format!(
        "next:    testfest list --profile {out} --explain\n         testfest run --profile {out}\n"
    );
    output::print(&text);
}
