//! What commands say: results on standard output, everything else on standard error.

use std::io::{self, Write as _};

use testcase::{Filter, Library};

use crate::Trouble;

/// Prints text on standard output; a reader that has gone away ends nothing.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Prints what is wrong on standard error.
pub(crate) fn complain(trouble: &Trouble) {
    say_aside(&trouble.to_string());
}

/// Prints a line on standard error.
pub(crate) fn say_aside(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// Prints text on standard error.
pub(crate) fn print_aside(text: &str) {
    let mut out = io::stderr().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Says which filters fit no case, as a mistyped one does.
pub(crate) fn warn_of_filters(filters: &[String], library: &Library) {
    for text in filters {
        let filter = Filter::parse(text);
        if library.cases.values().any(|case| filter.matches(case)) {
            continue;
        }
        let names = library
            .cases
            .keys()
            .flat_map(|name| [name.as_str(), name.rsplit('/').next().unwrap_or(name)]);
        let near = testcase::diagnostic::suggest(text, names);
        let near = near.map_or_else(String::new, |near| format!(": did you mean \"{near}\"?"));
        say_aside(&format!("warning: no case fits \"{text}\"{near}"));
    }
}
