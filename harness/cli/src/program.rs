//! From arguments to an exit code.

use clap::Parser as _;

use crate::args::{Args, Command};
use crate::command;
use crate::{ExitCode, output};

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let outcome = match Args::parse().command.unwrap_or_default() {
        Command::Run(args) => command::run(&args),
        Command::Pair(args) => command::pair(&args),
        Command::Entry(args) => command::entry(&args),
        Command::List(args) => command::list(&args),
        Command::Check(args) => command::check(&args),
        Command::Coverage(args) => command::coverage(&args),
        Command::Judge(args) => command::judge(&args),
        Command::Report(args) => command::report(&args),
        Command::Agenda(args) => command::agenda(&args),
        Command::Consolidate(args) => command::consolidate(&args),
        Command::Diff(args) => command::diff(&args),
        Command::Session(session) => command::session(&session),
        Command::Serve(args) => command::serve(&args),
        Command::Emulate(args) => command::emulate(&args),
        Command::Probe(probe) => command::probe(&probe),
        Command::Key(key) => command::key(&key),
        Command::Objects(objects) => command::objects(&objects),
        Command::Schema(args) => command::schema(&args),
        Command::Completions(args) => command::completions(&args),
    };
    outcome.unwrap_or_else(|trouble| {
        output::complain(&trouble);
        trouble.exit_code()
    })
}
