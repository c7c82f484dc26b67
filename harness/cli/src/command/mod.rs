//! The commands, one file each.

mod check;
mod completions;
mod list;
mod report;
mod run;
mod schema;

pub(crate) use check::check;
pub(crate) use completions::completions;
pub(crate) use list::list;
pub(crate) use report::report;
pub(crate) use run::run;
pub(crate) use schema::schema;

/// Prints text on standard output; a reader that has gone away ends nothing.
fn print(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Prints what is wrong on standard error.
fn complain(trouble: &crate::Trouble) {
    say_aside(&trouble.to_string());
}

/// Prints a line on standard error.
fn say_aside(text: &str) {
    use std::io::Write as _;
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}
