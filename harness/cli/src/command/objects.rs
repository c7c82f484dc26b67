//! `objects`: finds what is wrong with object definitions, and lists what can be.

use std::fmt::Write as _;
use std::path::Path;

use objects::{Checked, Finding, Kind, Severity};
use serde_json::{Value, json};
use testcase::diagnostic::render;
use testcase::{Diagnostic, Span};

use crate::args::{Lint, Objects};
use crate::definitions::{Linter, find, unreadable};
use crate::{ExitCode, Trouble, output};

/// Checks definitions, or lists the codes.
pub(crate) fn objects(objects: &Objects) -> Result<ExitCode, Trouble> {
    match objects {
        Objects::Lint(args) => lint(args),
        Objects::Codes => {
            output::print(&codes());
            Ok(ExitCode::Passed)
        }
    }
}

/// Checks files; errors in them end with exit code 2.
fn lint(args: &Lint) -> Result<ExitCode, Trouble> {
    known(&args.allowed)?;
    let files = find(&args.paths);
    if files.is_empty() {
        let named: Vec<_> = args.paths.iter().map(|path| shown_path(path)).collect();
        return Err(Trouble::NothingSelected {
            message: format!("no object definition in {}", named.join(", ")),
            help: "a folder is searched for *.xml, and so are the folders in it".to_owned(),
        });
    }
    let mut linter = Linter::new(args.registry.as_deref());
    if !linter.has_registry() {
        let folder = args.registry.as_deref().unwrap_or(Path::new(""));
        let message = format!("no DDF.xml and no Common.xml in {}", shown_path(folder));
        let help = "--registry names a copy of OMA's registry, such as a clone of OpenMobileAlliance/lwm2m-registry";
        return Err(Trouble::usage(message, help));
    }
    let mut sums = Sums::default();
    let mut array = Vec::new();
    for (path, reason) in &files {
        let file = shown_path(path);
        let mut checked = match reason {
            Some(reason) => unreadable(reason),
            None => linter.check(path),
        };
        let is_allowed = |one: &Finding| args.allowed.iter().any(|code| code == one.code);
        checked.findings.retain(|one| !is_allowed(one));
        sums.add(&checked);
        if args.json {
            array.extend(checked.findings.iter().map(|one| value(&file, one)));
        } else if args.short {
            output::print(&short(&file, &checked));
        } else {
            output::print_aside(&blocks(&file, &checked));
        }
        say_left_out(&file, &checked);
    }
    say_lacked(linter.lacked);
    let summary = sums.to_string();
    if args.json {
        output::print(&format!("{:#}\n", Value::Array(array)));
    }
    if args.json || args.short {
        output::say_aside(&summary);
    } else {
        output::print(&format!("{summary}\n"));
    }
    Ok(match sums.errors {
        0 => ExitCode::Passed,
        _ => ExitCode::Mistake,
    })
}

/// Whether every code that is allowed exists.
fn known(allowed: &[String]) -> Result<(), Trouble> {
    let codes: Vec<&str> = objects::codes().iter().map(|rule| rule.code).collect();
    match allowed.iter().find(|code| !codes.contains(&code.as_str())) {
        Some(code) => {
            let near = testcase::diagnostic::suggest(code, codes);
            let help = near.map_or_else(
                || "`testfest objects codes` lists them".to_owned(),
                |near| format!("did you mean \"{near}\"?"),
            );
            let code = report::visible(code);
            Err(Trouble::usage(format!("unknown code \"{code}\""), help))
        }
        None => Ok(()),
    }
}

/// What was looked at, and what was found.
#[derive(Default)]
struct Sums {
    definitions: usize,
    lists: usize,
    errors: usize,
    warnings: usize,
}

impl Sums {
    fn add(&mut self, checked: &Checked) {
        match checked.kind {
            Kind::Definitions(count) => self.definitions += count,
            Kind::Index | Kind::Common => self.lists += 1,
            Kind::Units | Kind::Unread => {}
        }
        let (errors, warnings) = checked.counts();
        self.errors += errors;
        self.warnings += warnings;
    }
}

impl std::fmt::Display for Sums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&counted(self.definitions, "definition"))?;
        if self.lists > 0 {
            write!(f, ", {}", counted(self.lists, "list"))?;
        }
        write!(
            f,
            ", {}, {}",
            counted(self.errors, "error"),
            counted(self.warnings, "warning")
        )
    }
}

/// A finding in JSON.
fn value(file: &str, finding: &Finding) -> Value {
    json!({
        "file": file,
        "line": finding.line,
        "column": finding.column,
        "severity": finding.severity.name(),
        "code": finding.code,
        "message": finding.message,
        "help": finding.help,
    })
}

/// A line for each finding, as editors read them.
fn short(file: &str, checked: &Checked) -> String {
    let mut text = String::new();
    for one in &checked.findings {
        let (severity, message) = (one.severity.name(), report::visible(&one.message));
        let _ = writeln!(
            text,
            "{file}:{}:{}: {severity}[{}]: {message}",
            one.line, one.column, one.code
        );
    }
    text
}

/// Each finding with its line of the file and a caret, an empty line behind each.
fn blocks(file: &str, checked: &Checked) -> String {
    let text: String = checked.text.chars().map(plain).collect();
    let blocks = checked.findings.iter().map(|one| {
        let span = Span::new(one.line, one.column, one.width);
        let message = report::visible(&one.message);
        let diagnostic = match one.severity {
            Severity::Error => Diagnostic::error(file, span, message),
            Severity::Warning => Diagnostic::warning(file, span, message),
        };
        let diagnostic = diagnostic
            .with_code(one.code)
            .with_help(report::visible(&one.help));
        render(&diagnostic, &text) + "\n"
    });
    blocks.collect()
}

/// A character as a terminal may show it: what cannot be seen, or turns what stands around it, as U+FFFD.
fn plain(letter: char) -> char {
    let acts = !matches!(letter, '\n' | '\r' | '\t')
        && report::visible(letter.encode_utf8(&mut [0; 4])).len() > letter.len_utf8();
    if acts {
        char::REPLACEMENT_CHARACTER
    } else {
        letter
    }
}

fn say_left_out(file: &str, checked: &Checked) {
    if let (errors, warnings) = checked.left_out
        && errors + warnings > 0
    {
        let (errors, warnings) = (counted(errors, "error"), counted(warnings, "warning"));
        output::say_aside(&format!("note: {errors} and {warnings} more in {file}"));
    }
}

/// Says what could not be compared, so that nobody takes silence for agreement.
fn say_lacked((index, reusable): (bool, bool)) {
    let lacked = match (index, reusable) {
        (false, false) => return,
        (true, true) => "DDF.xml and Common.xml: 400 to 402, 450, 460 to 465 and 701",
        (true, false) => "DDF.xml: 400 to 402 and 701",
        (false, true) => "Common.xml: 450 and 460 to 465",
    };
    output::say_aside(&format!(
        "note: not compared with a registry's {lacked} are not checked\n  = help: --registry DIR names a copy of OMA's registry"
    ));
}

/// The codes, with what has to be so and where it stands.
fn codes() -> String {
    let rules = objects::codes();
    let width = rules.iter().map(|rule| rule.code.len()).max().unwrap_or(0);
    let mut text = String::new();
    for rule in &rules {
        let (code, severity) = (rule.code, rule.severity.name());
        let _ = writeln!(
            text,
            "{code:width$}  {severity:7}  {} ({})",
            rule.about, rule.source
        );
    }
    text
}

fn shown_path(path: &Path) -> String {
    report::visible(&path.display().to_string()).into_owned()
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
