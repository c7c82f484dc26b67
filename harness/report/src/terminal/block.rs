//! The failure block: what was demanded, what was there, and where both can be looked up.

use record::{CaseRecord, CaseSummary, SessionRecord};

use super::{Style, verdict_line::upper};
use crate::escape::{cut, relative_link, visible};
use crate::failure::{Failure, again, fact_line};

/// What a failure block is made of.
pub(super) struct Block<'a> {
    /// The session, for the command line that plays the case again.
    pub session: &'a SessionRecord,
    /// The outcome.
    pub summary: &'a CaseSummary,
    /// What happened.
    pub record: Option<&'a CaseRecord>,
    /// The seat, if it is shown.
    pub seat: Option<&'a str>,
    /// The session's folder as the user knows it.
    pub folder: &'a str,
}

impl Block<'_> {
    /// Writes the block.
    pub(super) fn render(&self, style: Style) -> String {
        let mut lines = self.lines();
        if style.colour {
            let word = upper(self.summary.verdict);
            let coloured = style.verdict(word, self.summary.verdict, false);
            if let Some(tail) = lines[0].strip_prefix(word) {
                lines[0] = coloured + tail;
            }
        }
        lines.join("\n") + "\n"
    }

    /// The block as lines without colour.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.headline(), String::new()];
        let failures: Vec<_> = self.record.into_iter().flat_map(Failure::all).collect();
        for (index, failure) in failures.iter().take(SHOWN).enumerate() {
            lines.extend((index > 0).then(String::new));
            lines.extend(failure.lines());
        }
        if failures.is_empty() {
            let reason = self.summary.reason.as_deref();
            let reason = reason.unwrap_or("no reason was recorded");
            lines.push(fact_line("reason", &cut(reason, REASON)));
        } else if failures.len() > SHOWN {
            let more = failures.len() - SHOWN;
            lines.push(fact_line(
                "more",
                &format!("{more} more steps are in the report"),
            ));
        }
        lines.extend(self.whereabouts());
        lines
    }

    fn headline(&self) -> String {
        let seat = self
            .seat
            .map(|seat| format!("[{seat}] "))
            .unwrap_or_default();
        let CaseSummary {
            verdict,
            case,
            title,
            ..
        } = self.summary;
        visible(&format!("{} {seat}{case} - {title}", upper(*verdict))).into_owned()
    }

    fn whereabouts(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let folder = relative_link(&self.summary.folder).filter(|_| self.record.is_some());
        if let Some(folder) = folder {
            let evidence = format!("{}/{folder}/capture.pcapng", self.folder);
            lines.push(fact_line("evidence", &visible(&evidence)));
        }
        lines.push(fact_line("again", &again(self.session, self.summary)));
        lines
    }
}

/// Steps that a block shows in full.
const SHOWN: usize = 3;
/// Longest reason that is shown whole.
const REASON: usize = 400;
