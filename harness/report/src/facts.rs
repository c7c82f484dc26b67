//! The facts of a session and of an outcome in words, for the printed reports (HTML and PDF alike).

use std::collections::BTreeSet;

use record::{
    CaseRecord, CaseSummary, Field, Implementation, LetterVerdict, Reading, Remark, RunParameters,
    SessionRecord, Verdict,
};
use serde::Serialize;

use crate::duration::{brief, date};
use crate::failure::again;
use crate::terminal::channel;
use crate::{Outline, Tally};

/// The word of an outcome and the class that decides its colour.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Label {
    /// OMA's word.
    pub word: &'static str,
    /// A style class.
    pub class: &'static str,
    /// Whether the outcome matches an agreed deviation.
    pub is_expected: bool,
}

impl Label {
    /// The label of an outcome.
    pub(crate) const fn of(summary: &CaseSummary) -> Self {
        Self {
            is_expected: summary.expected.is_some(),
            ..Self::verdict(summary.verdict)
        }
    }

    /// The label of a verdict.
    pub(crate) const fn verdict(verdict: Verdict) -> Self {
        let class = match verdict {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Inconclusive => "inconclusive",
            Verdict::NotApplicable => "not-applicable",
            Verdict::OutOfTime => "out-of-time",
            Verdict::Error => "error",
        };
        Self {
            word: verdict.name(),
            class,
            is_expected: false,
        }
    }
}

/// Name and value of everything a Test Session Report says about its session.
pub(crate) fn of_session(
    session: &SessionRecord,
    outline: &Outline<'_>,
) -> Vec<(&'static str, String)> {
    let SessionRecord {
        parameters,
        environment,
        ..
    } = session;
    let mut facts = vec![
        ("Session", session.name.clone()),
        ("Date", when(session)),
        ("LwM2M version", parameters.lwm2m.clone()),
        ("Test specification", specifications(outline)),
        ("Transport and security", channel(parameters)),
        ("Clock", clock(session)),
        ("Run", modes(parameters)),
        (
            "Harness",
            format!(
                "testfest {}, cases {}",
                session.harness,
                short_hash(&session.cases_hash)
            ),
        ),
        ("System", environment.system.clone()),
        ("Addresses", addresses(&environment.addresses)),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// `server 127.0.0.1:5683, server-2 127.0.0.1:40185 and 5 more`: with several cases at a time a seat has several.
fn addresses(fields: &[Field]) -> String {
    let mut seats: Vec<(&Field, usize)> = Vec::new();
    for field in fields {
        match seats.iter_mut().find(|(known, _)| known.name == field.name) {
            Some((_, more)) => *more += 1,
            None => seats.push((field, 0)),
        }
    }
    let texts = seats.iter().map(|(first, more)| match more {
        0 => format!("{} {}", first.name, first.value),
        _ => format!("{} {} and {more} more", first.name, first.value),
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// Name and value of everything worth knowing about the play of a case.
pub(crate) fn of_case(
    session: &SessionRecord,
    summary: &CaseSummary,
    record: &CaseRecord,
) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Source", record.source.clone()),
        ("Id", summary.id.clone()),
        ("Configuration", record.configuration.clone()),
        ("File", record.file.clone()),
        ("Time", time(summary)),
        ("Verdicts", teams(summary)),
        ("Capture", short_hash(&summary.capture_hash)),
        ("Again", again(session, summary)),
    ];
    facts.extend(record.readings.iter().map(|one| ("Erratum", reading(one))));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// An erratum and how it was read: `oma-375 (OMA#375): the ETS prints ..; judged as meant: ..`.
fn reading(reading: &Reading) -> String {
    let ticket = reading.ticket.as_ref();
    let ticket = ticket.map_or_else(String::new, |ticket| format!(" ({ticket})"));
    let judged = if reading.as_printed {
        "judged as printed; meant"
    } else {
        "judged as meant"
    };
    let (name, printed, sensible) = (&reading.erratum, &reading.printed, &reading.sensible);
    format!("{name}{ticket}: the ETS prints: {printed}; {judged}: {sensible}")
}

/// Remarks on the run, agreed deviations that no longer happen among them.
pub(crate) fn remarks(session: &SessionRecord) -> Vec<String> {
    let stale = session.stale.iter();
    let stale = stale.map(|text| format!("agreed deviation that no longer happens: {text}"));
    session.remarks.iter().cloned().chain(stale).collect()
}

/// What must be said below the counts, so that nobody reads them wrongly.
pub(crate) fn totals(tally: &Tally) -> Vec<String> {
    let errors = match tally.errors {
        0 => None,
        1 => Some("Of the Inconclusive, 1 is trouble of the harness itself (Error).".to_owned()),
        n => Some(format!(
            "Of the Inconclusive, {n} are trouble of the harness itself (Error)."
        )),
    };
    let expected = match tally.expected {
        0 => None,
        1 => Some(
            "1 outcome matches an agreed deviation; it stands in the column of its verdict."
                .to_owned(),
        ),
        n => Some(format!(
            "{n} outcomes match agreed deviations; they stand in the columns of their verdicts."
        )),
    };
    errors.into_iter().chain(expected).collect()
}

/// Whether two or more implementations met, so that two teams sign.
pub(crate) fn is_pair(session: &SessionRecord) -> bool {
    let products = session
        .implementations
        .iter()
        .filter(|i| !i.profile.is_empty());
    products.count() > 1
}

/// A remark with what it is about.
pub(crate) fn remark(remark: &Remark) -> String {
    let frame = remark.frame.map(|number| format!("frame {number}"));
    let about = [
        remark.seat.clone(),
        frame,
        remark.rule.clone(),
        remark.clause.clone(),
    ];
    let about: Vec<_> = about.into_iter().flatten().collect();
    match about.as_slice() {
        [] => remark.text.clone(),
        about => format!("{} ({})", remark.text, about.join(", ")),
    }
}

/// The sign and the word of a letter.
pub(crate) fn sign(letter: &LetterVerdict) -> (&'static str, &'static str) {
    match letter.verdict {
        Some(Verdict::Pass) => ("✓", Verdict::Pass.name()),
        Some(Verdict::Fail) => ("✗", Verdict::Fail.name()),
        Some(verdict) => ("?", verdict.name()),
        None => ("–", "undecided"),
    }
}

/// The letters of a case in one line: `A✓ B✗`.
pub(crate) fn letters(summary: &CaseSummary) -> String {
    let letters = summary
        .criteria
        .iter()
        .map(|l| format!("{}{}", l.letter, sign(l).0));
    letters.collect::<Vec<_>>().join("  ")
}

/// Why an outcome is what it is, with the agreed deviation if there is one.
pub(crate) fn reason(summary: &CaseSummary) -> String {
    let mut reasons: Vec<_> = summary.reason.iter().cloned().collect();
    if let Some(expected) = &summary.expected {
        let ticket = if expected.ticket.is_empty() {
            String::new()
        } else {
            format!(" ({})", expected.ticket)
        };
        reasons.push(format!("agreed deviation: {}{ticket}", expected.reason));
    }
    match summary.remarks {
        0 => {}
        1 => reasons.push("1 remark".to_owned()),
        n => reasons.push(format!("{n} remarks")),
    }
    reasons.join("; ")
}

/// The verdicts of the teams, and the tool's where it differs from the agreed one.
pub(crate) fn teams(summary: &CaseSummary) -> String {
    let mut teams: Vec<_> = summary
        .teams
        .iter()
        .map(|(team, verdict)| format!("{team}: {verdict}"))
        .collect();
    if !teams.is_empty() || summary.tool != summary.verdict {
        teams.push(format!("tool: {}", summary.tool));
    }
    teams.join(", ")
}

/// The profile of an implementation with its hash, or that it is an emulator.
pub(crate) fn profile(implementation: &Implementation) -> String {
    match implementation.profile.as_str() {
        "" => "emulator of the harness".to_owned(),
        path => format!("{path}, {}", short_hash(&implementation.profile_hash)),
    }
}

/// The times of an outcome: `48.0ms, of which 10.0s forced by the protocol`.
pub(crate) fn time(summary: &CaseSummary) -> String {
    let parts = [
        (summary.forced, "forced by the protocol"),
        (summary.implementation, "by the implementation"),
        (summary.operator, "by the operator"),
        (summary.overhead, "by the harness"),
    ];
    let parts = parts.iter().filter(|(time, _)| *time > 0);
    let parts: Vec<_> = parts
        .map(|(time, who)| format!("{} {who}", brief(*time)))
        .collect();
    match parts.as_slice() {
        [] => brief(summary.duration),
        parts => format!("{}; {}", brief(summary.duration), parts.join(", ")),
    }
}

/// The first digits of a SHA-256, enough to tell two apart.
pub(crate) fn short_hash(hash: &str) -> String {
    match hash.get(..HASH_DIGITS) {
        Some(digits) => format!("sha256 {digits}"),
        None => hash.to_owned(),
    }
}

fn when(session: &SessionRecord) -> String {
    let took = brief(session.wall_time);
    let end = match (&session.ended, session.interrupted) {
        (_, true) => ", interrupted",
        (None, false) => ", not ended",
        (Some(_), false) => "",
    };
    format!("{}, took {took}{end}", date(&session.started))
}

fn specifications(outline: &Outline<'_>) -> String {
    let sources = outline
        .entries()
        .filter_map(|entry| entry.record)
        .map(|record| record.source.as_str());
    let ets = sources.filter(|source| source.contains("ETS"));
    let documents: BTreeSet<_> = ets
        .map(|source| source.split(',').next().unwrap_or(source))
        .collect();
    documents.into_iter().collect::<Vec<_>>().join(", ")
}

fn clock(session: &SessionRecord) -> String {
    let text = if session.parameters.jumping_clock {
        "jumped over waits, since both ends are emulators of the harness"
    } else {
        "ran; every wait was sat out"
    };
    text.to_owned()
}

/// The flags of a run that change what its verdicts mean.
pub(crate) fn modes(parameters: &RunParameters) -> String {
    let modes = [
        (
            parameters.quick,
            "quick (waits as short as their meaning allows)".to_owned(),
        ),
        (
            parameters.jobs > 1,
            format!("{} cases at a time", parameters.jobs),
        ),
        (
            parameters.as_printed,
            "as printed (errata left out)".to_owned(),
        ),
        (
            parameters.impair.is_some(),
            format!(
                "network impaired: {}",
                parameters.impair.as_deref().unwrap_or_default()
            ),
        ),
        (
            parameters.terminate,
            "DTLS sessions ended by the harness on both sides".to_owned(),
        ),
        (
            !parameters.filters.is_empty(),
            format!("filters {}", parameters.filters.join(" ")),
        ),
    ];
    let modes = modes
        .into_iter()
        .filter(|(is_on, _)| *is_on)
        .map(|(_, text)| text);
    modes.collect::<Vec<_>>().join(", ")
}

/// Digits of a hash that a person compares.
const HASH_DIGITS: usize = 16;

/// What a verdict means (OMA TestFest Results Summary 2016, reworded), and our own word beside OMA's five.
pub(crate) const MEANINGS: [(Verdict, &str); 6] = [
    (
        Verdict::Pass,
        "Both teams agree that the pass criteria were met.",
    ),
    (Verdict::Fail, "Both teams agree that they were not met."),
    (
        Verdict::Inconclusive,
        "The teams disagree, or the case could not be decided because something it depends on did not work.",
    ),
    (
        Verdict::NotApplicable,
        "One of the implementations does not support what the case needs.",
    ),
    (Verdict::OutOfTime, "There was no time to run it."),
    (
        Verdict::Error,
        "The harness itself had trouble; counted as Inconclusive.",
    ),
];

/// What every printed report says of itself.
pub(crate) const NOTES: [&str; 3] = [
    "Where no team has spoken, a verdict is the proposal of the tool. It was reached from the messages that were captured, and \
     only from them.",
    "Disclaimer: this report says what was observed in one session, between the named versions, on one day. It is no \
     certificate, and it must not be used to claim conformance to a specification of OMA or interoperability with other \
     products.",
    "Keys: the captures beside this report contain the keys of the test sessions, so that they open decrypted. They are test \
     keys: do not use them for anything else, and hand on captures with the same care as this report.",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_with_several_addresses_is_told_once() {
        let field = |name: &str, value: &str| Field::new(name, value);
        for (fields, wanted) in [
            (vec![], ""),
            (
                vec![field("server", "a:1"), field("server-2", "a:2")],
                "server a:1, server-2 a:2",
            ),
            (
                vec![
                    field("server", "a:1"),
                    field("server-2", "a:2"),
                    field("server", "a:3"),
                    field("server", "a:4"),
                ],
                "server a:1 and 2 more, server-2 a:2",
            ),
        ] {
            assert_eq!(addresses(&fields), wanted);
        }
    }
}
