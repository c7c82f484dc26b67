//! One line per outcome: verdict, time, progress, name, and in words why.

use record::{CaseRecord, CaseSummary, Verdict, WaitKind};

use super::Style;
use crate::duration::{brief, seconds};
use crate::escape::{cut, visible};
use crate::failure::fragment;

/// What a verdict line is made of.
pub(super) struct VerdictLine<'a> {
    /// Which of the played cases this is, from 1.
    pub number: u32,
    /// How many cases are played.
    pub planned: u32,
    /// Columns for the seat, if it is shown.
    pub seat_width: Option<usize>,
    /// The outcome.
    pub summary: &'a CaseSummary,
    /// What happened, for the name of a forced wait.
    pub record: Option<&'a CaseRecord>,
}

impl VerdictLine<'_> {
    /// Writes the line.
    pub(super) fn render(&self, style: Style) -> String {
        let Self {
            number,
            planned,
            summary,
            ..
        } = self;
        let digits = planned.to_string().len();
        let word = word(summary);
        let rest = format!(
            "[{}] ({number:>digits$}/{planned}) {}{}",
            self.time(),
            self.seat(),
            self.name()
        );
        let plain = style.fit(format!("{word:>VERDICT$} {}", rest.trim_end()));
        let (padding, tail) = (
            VERDICT - word.len(),
            plain.get(VERDICT..).unwrap_or_default(),
        );
        let coloured = style.verdict(word, summary.verdict, summary.expected.is_some());
        format!("{:padding$}{coloured}{tail}\n", "")
    }

    fn time(&self) -> String {
        match (self.summary.verdict, self.summary.duration) {
            (Verdict::OutOfTime | Verdict::NotApplicable, 0) => " ".repeat(7),
            (_, duration) => seconds(duration),
        }
    }

    fn seat(&self) -> String {
        let seat = format!("[{}]", visible(&self.summary.seat));
        self.seat_width
            .map_or_else(String::new, |w| format!("{seat:<width$} ", width = w + 2))
    }

    fn name(&self) -> String {
        let name = visible(&self.summary.case);
        match self.note() {
            note if note.is_empty() => name.into_owned(),
            note => format!("{name:<NAME$}   {note}"),
        }
    }

    fn note(&self) -> String {
        let summary = self.summary;
        let mut notes = Vec::new();
        if let Some(expected) = &summary.expected {
            let ticket = [&expected.ticket, &expected.reason]
                .into_iter()
                .find(|text| !text.is_empty());
            notes.push(format!("{} agreed", upper(summary.verdict)));
            notes.extend(ticket.map(|text| cut(text, REASON)));
        } else if summary.verdict != Verdict::Pass {
            notes.extend(summary.reason.as_ref().map(|reason| cut(reason, REASON)));
            notes.extend(self.letters());
        } else {
            notes.extend(self.forced());
        }
        notes.extend(remarks(summary.remarks).filter(|_| summary.verdict == Verdict::Pass));
        notes.join(", ")
    }

    /// `10.0s forced by lifetime`, the longest wait named.
    fn forced(&self) -> Option<String> {
        let forced = self.summary.forced;
        let waits = self
            .record
            .map(|record| record.waits.as_slice())
            .unwrap_or_default();
        let protocol = waits.iter().filter(|wait| wait.kind == WaitKind::Protocol);
        let longest = protocol.max_by_key(|wait| wait.ended.saturating_sub(wait.started));
        let by = longest.map_or_else(|| " by the protocol".to_owned(), |wait| cause(&wait.reason));
        let jumped = if longest.is_some_and(|wait| wait.jumped) {
            ", jumped"
        } else {
            ""
        };
        (forced >= NOTABLE).then(|| format!("{} forced{by}{jumped}", brief(forced)))
    }

    /// The letters of an undecided case, as far as some were decided.
    fn letters(&self) -> Option<String> {
        let letters = &self.summary.criteria;
        let is_open = matches!(
            self.summary.verdict,
            Verdict::Inconclusive | Verdict::OutOfTime | Verdict::Error
        );
        if !is_open || letters.iter().all(|l| l.verdict.is_none()) {
            return None;
        }
        let words = letters.iter().map(|l| {
            let verdict = l.verdict.map_or("undecided", |v| lower(v));
            format!("{} {verdict}", visible(&l.letter))
        });
        Some(words.collect::<Vec<_>>().join(", "))
    }
}

/// The word of an outcome, at most twelve characters.
fn word(summary: &CaseSummary) -> &'static str {
    if summary.expected.is_some() {
        "EXPECTED"
    } else {
        upper(summary.verdict)
    }
}

/// A verdict in capitals.
pub(super) const fn upper(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "INCONCLUSIVE",
        Verdict::NotApplicable => "N/A",
        Verdict::OutOfTime => "OUT OF TIME",
        Verdict::Error => "ERROR",
    }
}

/// A verdict within a sentence.
pub(super) const fn lower(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
        Verdict::NotApplicable => "not applicable",
        Verdict::OutOfTime => "out of time",
        Verdict::Error => "error",
    }
}

/// ` by lifetime`, or the beginning of the step that waits: `: three notifications of each follow`.
fn cause(reason: &str) -> String {
    if !reason.ends_with('.') {
        return format!(" by {}", visible(reason));
    }
    let step = fragment(reason);
    let step = step.split(',').next().unwrap_or_default();
    match step.char_indices().nth(STEP) {
        Some((end, _)) => {
            let kept = step.get(..end).unwrap_or_default();
            let kept = kept.rsplit_once(' ').map_or(kept, |(kept, _)| kept);
            format!(": {} ...", visible(kept))
        }
        None => format!(": {}", visible(step)),
    }
}

fn remarks(count: u32) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 remark".to_owned()),
        n => Some(format!("{n} remarks")),
    }
}

/// Width of the longest word, `INCONCLUSIVE`.
const VERDICT: usize = 12;
/// Columns for the name of a case; longer ones push the note to the right.
const NAME: usize = 42;
/// Longest reason on a verdict line.
const REASON: usize = 120;
/// Longest step that is shown whole.
const STEP: usize = 44;
/// Shorter forced waits are not worth a note.
const NOTABLE: u64 = 100_000_000;
