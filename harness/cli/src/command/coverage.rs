//! `coverage`: what the cases cover of the ETS and of the TS, as a table or as JSON.

use std::fmt::Write as _;
use std::sync::Arc;

use lwm2m::{Registry, Version};
use serde_json::{Value, json};
use testcase::{Body, Diagnostic, File, Library, Seat, generate};

use crate::args::Coverage;
use crate::cases::mistakes;
use crate::coverage::{Covered, Number, Standing, covered, numbers};
use crate::desk::carried;
use crate::{ExitCode, Trouble, output, release};

/// Prints what is covered.
pub(crate) fn coverage(args: &Coverage) -> Result<ExitCode, Trouble> {
    let library = load(args)?;
    if args.matrix {
        return super::matrix::matrix(&library, args);
    }
    let text = match (args.requirements, args.json) {
        (false, false) => table_of_numbers(&numbers(&library, args.ets), &library, args),
        (false, true) => pretty(&json_of_numbers(&numbers(&library, args.ets))),
        (true, false) => table_of_requirements(&covered(&library)),
        (true, true) => pretty(&json_of_requirements(&covered(&library))),
    };
    output::print(&text);
    Ok(ExitCode::Passed)
}

/// The cases and mutants; those of the release, if one is asked for.
fn load(args: &Coverage) -> Result<Arc<Library>, Trouble> {
    let (mut library, mut diagnostics) = Library::load(carried(args.cases.as_deref())?);
    if args.requirements {
        let (whole, mistakes) = library.with(of_objects());
        library = whole;
        diagnostics.extend(mistakes);
    }
    diagnostics.retain(Diagnostic::is_error);
    if !diagnostics.is_empty() {
        return Err(mistakes(&diagnostics, |path| {
            library.text(path).map(|text| text.to_string())
        }));
    }
    library
        .cases
        .retain(|_, case| release::listed(case, args.ets).is_some());
    Ok(Arc::new(library))
}

/// The cases of the newest Objects, with the clients that break them.
fn of_objects() -> Vec<File> {
    let types = Registry::builtin(Version::V1_2);
    let mut files = generate::object_files(&types, Version::V1_2);
    files.extend(types.objects().flat_map(generate::object_mutants));
    files
}

fn table_of_numbers(numbers: &[Number], library: &Library, args: &Coverage) -> String {
    let heading = Row {
        name: if args.ets.is_some() { "id" } else { "ETS" },
        file: "case",
        seats: "seats",
        mutants: "mutants",
        letters: "letters",
        native: "native",
        remark: "",
    };
    let widths = if args.ets.is_some() { 35 } else { 4 };
    let mut text = heading.line(widths);
    for number in numbers {
        let own = number.entry.number.to_string();
        let counted = |count: usize| {
            number
                .file
                .as_ref()
                .map_or(String::new(), |_| count.to_string())
        };
        let row = Row {
            name: if args.ets.is_some() { &number.id } else { &own },
            file: number.file.as_deref().unwrap_or("-"),
            seats: &listed(&number.seats),
            mutants: &counted(number.mutants),
            letters: &proven(number),
            native: &counted(number.native),
            remark: number.remark.as_deref().unwrap_or_default(),
        };
        text += &row.line(widths);
    }
    text.push('\n');
    text + &unproven(numbers) + &totals_of_numbers(numbers, library)
}

/// A line of the table.
struct Row<'a> {
    name: &'a str,
    file: &'a str,
    seats: &'a str,
    mutants: &'a str,
    letters: &'a str,
    native: &'a str,
    remark: &'a str,
}

impl Row<'_> {
    fn line(&self, width: usize) -> String {
        let Self {
            name,
            file,
            seats,
            mutants,
            letters,
            native,
            remark,
        } = self;
        let line = format!(
            "{name:>width$}  {file:<52} {seats:<24} {mutants:>7} {letters:>7} {native:>6}  {remark}"
        );
        format!("{}\n", line.trim_end())
    }
}

/// How many of the letters of a case some mutant fails by: `5/6`.
fn proven(number: &Number) -> String {
    let all = number.letters.len();
    let proven = number.letters.iter().filter(|one| !one.mutants.is_empty());
    if all == 0 {
        return String::new();
    }
    format!("{}/{all}", proven.count())
}

/// The letters that no mutant fails by, each with its reason.
fn unproven(numbers: &[Number]) -> String {
    let mut text = String::new();
    for number in numbers {
        for one in number.letters.iter().filter(|one| one.mutants.is_empty()) {
            let (seat, letter) = (one.seat, &one.letter);
            let reason = one.reason.unwrap_or("no mutant yet");
            let _ = writeln!(text, "{} [{seat}] {letter}: {reason}", number.id);
        }
    }
    if text.is_empty() {
        return text;
    }
    format!("letters that no mutant fails by:\n{text}\n")
}

fn totals_of_numbers(numbers: &[Number], library: &Library) -> String {
    let count = |is: fn(&Number) -> bool| numbers.iter().filter(|one| is(one)).count();
    let native: usize = numbers.iter().map(|one| one.native).sum();
    let own = library
        .cases
        .values()
        .filter(|case| case.number().is_none());
    format!(
        "{} numbers, {} with a body: {} with a case, {} without one yet, {} replaced by others\n{} headings without a body that a case of our own covers\n{native} native steps; {} cases of our own beside them\n",
        numbers.len(),
        count(|one| one.entry.body == Body::Full),
        count(|one| one.file.is_some() && one.entry.body == Body::Full),
        count(Number::is_open),
        count(|one| one.file.is_none() && one.entry.renumbered_to.is_some()),
        count(|one| one.file.is_some() && one.entry.body == Body::Placeholder),
        own.count(),
    )
}

fn json_of_numbers(numbers: &[Number]) -> Value {
    let rows = numbers.iter().map(|one| {
        let seats = |seats: &[Seat]| seats.iter().map(ToString::to_string).collect::<Vec<_>>();
        json!({
            "number": one.entry.number,
            "id": one.id,
            "title": one.entry.title,
            "releases": one.entry.releases.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "body": one.entry.body.name(),
            "case": one.file,
            "seats": seats(&one.seats),
            "seats-of-the-ets": seats(&one.entry.seats),
            "mutants": one.mutants,
            "letters": one.letters.iter().map(|one| json!({
                "seat": one.seat.to_string(),
                "letter": one.letter,
                "mutants": one.mutants,
                "unproven-because": one.reason,
            })).collect::<Vec<_>>(),
            "native": one.native,
            "remark": one.remark,
        })
    });
    json!({ "numbers": rows.collect::<Vec<_>>() })
}

fn table_of_requirements(all: &[Covered]) -> String {
    let mut text = String::new();
    for one in all {
        let requirement = one.requirement;
        let line = format!(
            "{:<8} {:<11} {:<16}  {:<34} {}",
            requirement.id,
            requirement.level.name(),
            one.standing().name(),
            requirement.clause,
            judges(one),
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let target: Vec<&Covered> = all
        .iter()
        .filter(|one| one.requirement.is_target())
        .collect();
    let _ = writeln!(text, "\n{} requirements: {}", all.len(), totals(all.iter()));
    let _ = writeln!(
        text,
        "{} of them demanded, on the wire, over CoAP and UDP: {}",
        target.len(),
        totals(target.iter().copied())
    );
    text
}

/// `int-201-read-text, rule value-type; catches client-calls-text-opaque`; what is demanded, if nobody judges it.
fn judges(one: &Covered) -> String {
    if one.cases.is_empty() && one.rules.is_empty() {
        return one.requirement.statement.clone();
    }
    let stem = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let cases = one.cases.iter().map(|name| stem(name));
    let rules = one.rules.iter().map(|rule| format!("rule {rule}"));
    let judges: Vec<String> = cases.chain(rules).collect();
    let mut text = judges.join(", ");
    if !one.mutants.is_empty() {
        let _ = write!(text, "; catches {}", one.mutants.join(", "));
    }
    text
}

/// `12 judged, 3 named, no mutant, ...`.
fn totals<'a>(all: impl Iterator<Item = &'a Covered> + Clone) -> String {
    let count = |standing| all.clone().filter(|one| one.standing() == standing).count();
    let parts = Standing::ALL.map(|standing| format!("{} {}", count(standing), standing.name()));
    parts.join("; ")
}

fn json_of_requirements(all: &[Covered]) -> Value {
    let rows = all.iter().map(|one| {
        json!({
            "id": one.requirement.id,
            "clause": one.requirement.clause,
            "level": one.requirement.level.name(),
            "since": one.requirement.since,
            "statement": one.requirement.statement,
            "target": one.requirement.is_target(),
            "standing": one.standing().name(),
            "cases": one.cases,
            "rules": one.rules,
            "mutants": one.mutants,
        })
    });
    json!({ "requirements": rows.collect::<Vec<_>>() })
}

fn listed(seats: &[Seat]) -> String {
    let names: Vec<String> = seats.iter().map(ToString::to_string).collect();
    names.join(" ")
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
