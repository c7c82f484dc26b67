//! `pair`: plays cases between two implementations, with the harness in between, and judges both.

use crate::args::Pair;
use crate::command::run;
use crate::{ExitCode, Trouble};

/// Plays the cases.
pub(crate) fn pair(args: &Pair) -> Result<ExitCode, Trouble> {
    if !args.run.selected.profiles.is_empty() {
        return Err(Trouble::usage(
            "a pair has no --profile",
            "name its implementations by --client and --server",
        ));
    }
    let mut run_args = args.run.clone();
    let parties = [
        Some(&args.client),
        Some(&args.server),
        args.bootstrap_server.as_ref(),
    ];
    run_args.selected.profiles = parties.into_iter().flatten().cloned().collect();
    run_args.selected.together = true;
    run_args.selected.terminates = args.terminate;
    if args.terminate && args.run.selected.transport != "udp" {
        return Err(Trouble::usage(
            "--terminate ends DTLS, and not TLS",
            "leave --transport out, or let one of them write a key log for --keylog",
        ));
    }
    run_args.key_logs.clone_from(&args.key_logs);
    run(&run_args)
}
