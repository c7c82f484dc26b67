//! `probe`: looks at a running implementation, and writes a draft of its profile.

mod ask;
mod bootstrapping;
mod client;
mod draft;
mod found;
mod management;
mod program;
mod reporting;
mod server;
mod server_draft;
mod visit;

use std::path::{Path, PathBuf};

use report::visible;
use runner::talk::{self, Talk};
use runner::{RunClock, Stop};
use testcase::{Profile, Seat};

use crate::args::{Probe, ProbeClient, ProbeServer};
use crate::{ExitCode, Trouble, cases, output, talks};
use client::ClientProbe;
use found::{Found, Standing};
use program::Program;
use visit::Visits;

/// Probes what the arguments name.
pub(crate) fn probe(probe: &Probe) -> Result<ExitCode, Trouble> {
    match probe {
        Probe::Client(args) => client(args),
        Probe::Server(args) => server(args, Seat::SERVER),
        Probe::BootstrapServer(args) => server(args, Seat::BOOTSTRAP_SERVER),
    }
}

fn client(args: &ProbeClient) -> Result<ExitCode, Trouble> {
    refuse_to_overwrite(&args.out, args.force)?;
    let terms = talks::terms(&args.channel, Seat::SERVER)?;
    let outcome = talks::block_on(async {
        let stop = Stop::on_signals();
        let clock = RunClock::start();
        let body = async |talk: &Talk| {
            let program = Program::of_client(args, talk, &clock);
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
        return Ok(in_vain("no client registered", &last_words));
    };
    let text = draft::of_client(&found, args);
    write(&args.out, &text)?;
    let captured: Vec<PathBuf> = captured.into_iter().collect();
    conclude(&found, &args.out, &captured);
    Ok(ExitCode::Passed)
}

fn server(args: &ProbeServer, seat: Seat) -> Result<ExitCode, Trouble> {
    refuse_to_overwrite(&args.out, args.force)?;
    let address = talks::address(&args.uri, &args.channel)?;
    let (outcome, last_words, captured) = talks::block_on(async {
        let stop = Stop::on_signals();
        let clock = RunClock::start();
        let program = Program::of_server(args, &clock);
        let visits = Visits::new(args, seat, address, clock);
        let look = async {
            program.start().await?;
            match seat {
                Seat::BOOTSTRAP_SERVER => bootstrapping::look(&visits).await,
                _ => server::look(&visits).await,
            }
        };
        let outcome = tokio::select! {
            found = look => found,
            () = stop.requested() => Ok(Found::default()),
        };
        let last_words = program.last_words();
        program.stop().await;
        (outcome, last_words, visits.captures())
    })?;
    let found = outcome?;
    let accepted = |(_, standing): &(_, Standing)| matches!(standing, Standing::Claimed(_));
    if !found.versions.iter().any(accepted) {
        let reasons = found.versions.iter().map(|(version, standing)| {
            let (Standing::Claimed(text) | Standing::Refused(text) | Standing::Open(text)) =
                standing;
            format!("LwM2M {version}: {text}")
        });
        let mut reasons: Vec<String> = reasons.chain(last_words).collect();
        let refused = |(_, standing): &(_, Standing)| matches!(standing, Standing::Refused(_));
        if args.endpoint.is_none() && found.versions.iter().any(refused) {
            reasons.push("--endpoint NAME comes under a name that it knows".to_owned());
        }
        let what = match seat {
            Seat::BOOTSTRAP_SERVER => "the bootstrap-server led no client to Bootstrap-Finish",
            _ => "the server let no client in",
        };
        return Ok(in_vain(what, &reasons));
    }
    let text = server_draft::of_server(&found, args, seat, address);
    write(&args.out, &text)?;
    conclude(&found, &args.out, &captured);
    Ok(ExitCode::Passed)
}

/// Says that nothing was found, and what was heard of it.
fn in_vain(what: &str, heard: &[String]) -> ExitCode {
    output::say_aside(&format!("{what}, and nothing was written"));
    for line in heard {
        output::say_aside(&format!("  {}", visible(line)));
    }
    ExitCode::Undecided
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

fn conclude(found: &Found, out: &Path, captured: &[PathBuf]) {
    let mut text = String::new();
    if !found.breaches.is_empty() {
        text += "\nwhat broke a rule on the way:\n";
        for breach in &found.breaches {
            text += &format!("  {}\n", visible(breach));
        }
    }
    let out = out.display();
    text += &format!("\nprofile: {out}, a draft: look at its comments\n");
    for path in captured {
        text += &format!("capture: {}\n", path.display());
    }
    text += &format!(
        "next:    testfest list --profile {out} --explain\n         testfest run --profile {out}\n"
    );
    output::print(&text);
}
