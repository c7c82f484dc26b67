//! The lines below the last verdict: counts, time, remarks and the way to the report.

use record::{CaseSummary, SessionRecord, Verdict};

use super::Style;
use crate::duration::brief;
use crate::escape::{cut, visible};
use crate::facts;

/// Counts the outcomes and says how long they took and why.
pub(super) fn summary(session: &SessionRecord, folder: &str, style: Style) -> String {
    let mut lines: Vec<String> = facts::remarks(session)
        .iter()
        .map(|text| format!("remark: {}", cut(text, REMARK)))
        .collect();
    if session.interrupted {
        lines.push("interrupted: the cases that follow were not played".to_owned());
    }
    lines.push(format!(
        "{}    {}",
        style.strong(&counts(session)),
        time(session)
    ));
    lines.push(format!("report: {}/session.html", visible(folder)));
    lines.join("\n") + "\n"
}

/// `62 run: 58 pass, 1 fail, 1 expected fail`.
fn counts(session: &SessionRecord) -> String {
    let totals = session.totals();
    let is_expected_fail =
        |case: &&CaseSummary| case.expected.is_some() && case.verdict == Verdict::Fail;
    let expected_fail = session.cases.iter().filter(is_expected_fail).count() as u32;
    let played_not_applicable = totals
        .not_applicable
        .saturating_sub(session.not_selected.len() as u32);
    let counts = [
        (totals.pass, "pass"),
        (totals.fail, "fail"),
        (expected_fail, "expected fail"),
        (
            totals.expected.saturating_sub(expected_fail),
            "expected otherwise",
        ),
        (totals.inconclusive, "inconclusive"),
        (totals.error, "error"),
        (played_not_applicable, "not applicable"),
        (totals.out_of_time, "out of time"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let words: Vec<_> = counts
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match words.as_slice() {
        [] => "0 run".to_owned(),
        words => format!("{} run: {}", session.cases.len(), words.join(", ")),
    }
}

/// `41.2s, of which 38.0s forced by the protocol`; `41.2s for 1m 20s of cases, 4 at a time, of which ..`.
fn time(session: &SessionRecord) -> String {
    let sum = |part: fn(&CaseSummary) -> u64| {
        session
            .cases
            .iter()
            .fold(0_u64, |all, case| all.saturating_add(part(case)))
    };
    let played = played(session);
    let wall = match session.parameters.jobs {
        0 | 1 => brief(session.wall_time),
        jobs => format!(
            "{} for {} of cases, {jobs} at a time",
            brief(session.wall_time),
            brief(played)
        ),
    };
    let (forced, operator) = (sum(|case| case.forced), sum(|case| case.operator));
    let forced = match forced {
        0 => String::new(),
        _ if session.parameters.jumping_clock => {
            format!(", the clock jumped over {}", brief(forced))
        }
        _ => format!(", of which {} forced by the protocol", brief(forced)),
    };
    let operator = if operator > 0 {
        format!(", {} by the operator", brief(operator))
    } else {
        String::new()
    };
    let own = own(session, sum(|case| case.overhead), played);
    format!("{wall}{forced}{operator}{own}")
}

/// What the cases took one by one: with several at a time more than the session.
fn played(session: &SessionRecord) -> u64 {
    let durations = session.cases.iter().map(|case| case.duration);
    let cases = durations.fold(0_u64, u64::saturating_add);
    cases.max(session.wall_time)
}

/// `, 12.0ms (0.3 %) by the harness, 0.6ms a case`; nothing if the record does not know.
fn own(session: &SessionRecord, overhead: u64, played: u64) -> String {
    let cases = session.cases.len() as u64;
    if overhead == 0 || cases == 0 {
        return String::new();
    }
    let share = overhead as f64 * 100.0 / played.max(1) as f64;
    let each = brief(overhead / cases);
    let overhead = brief(overhead);
    if session.parameters.jumping_clock {
        return format!(", {overhead} by the harness, {each} a case");
    }
    format!(", {overhead} ({share:.1} %) by the harness, {each} a case")
}

/// Longest remark that is shown whole.
const REMARK: usize = 400;
