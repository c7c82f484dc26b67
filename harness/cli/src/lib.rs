//! The command line of testfest: arguments, commands, what the terminal shows, exit codes.
//!
//! Glue. The runner plays, the report crate renders; the conformance front end in `tests/` stands on [`Setup`] too.

mod args;
mod audience;
mod cases;
mod command;
mod coverage;
mod definitions;
mod desk;
mod exit_code;
mod files;
mod github;
mod output;
mod program;
mod rehearsal;
mod release;
mod reports;
mod screen;
mod session;
mod setup;
mod submissions;
mod talks;
mod trouble;

pub use args::{Args, Selected};
pub use cases::selected as load_cases;
pub use exit_code::ExitCode;
pub use program::main;
pub use rehearsal::rehearse;
pub use session::play_case;
pub use setup::{Setup, find_profile};
pub use trouble::Trouble;
