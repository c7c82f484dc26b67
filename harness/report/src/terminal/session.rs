//! A session on the terminal, as a whole or line by line while it runs.

use record::{CaseRecord, CaseSummary, SessionRecord, Verdict};

use super::{Style, block, header, summary, verdict_line::VerdictLine};
use crate::Outline;

/// The terminal's view of a session.
#[derive(Clone, Debug)]
pub struct Terminal {
    style: Style,
    folder: String,
    seat_width: Option<usize>,
}

impl Terminal {
    /// Prepares the view; `folder` is the session's folder as the user knows it.
    pub fn new(session: &SessionRecord, folder: &str, style: Style) -> Self {
        let outline = Outline::new(session, &[]);
        let longest = outline.seats.iter().map(|seat| seat.chars().count()).max();
        Self {
            style,
            folder: folder.trim_end_matches('/').to_owned(),
            seat_width: longest.filter(|_| outline.names_seats()),
        }
    }

    /// The lines above the first verdict: who is tested, how, and how many cases apply.
    pub fn header(&self, session: &SessionRecord) -> String {
        header::header(session, self.style)
    }

    /// The verdict line of one case; `number` counts played cases from 1 to `session.planned`.
    pub fn line(
        &self,
        number: u32,
        session: &SessionRecord,
        summary: &CaseSummary,
        record: Option<&CaseRecord>,
    ) -> String {
        let line = VerdictLine {
            number,
            planned: session.planned,
            seat_width: self.seat_width,
            summary,
            record,
        };
        line.render(self.style)
    }

    /// The failure block of a case; empty for a Pass, an agreed deviation and a case that was not played.
    pub fn failure(
        &self,
        session: &SessionRecord,
        summary: &CaseSummary,
        record: Option<&CaseRecord>,
    ) -> String {
        let is_told = matches!(
            summary.verdict,
            Verdict::Fail | Verdict::Inconclusive | Verdict::Error
        );
        if !is_told || summary.expected.is_some() {
            return String::new();
        }
        let seat = self.seat_width.map(|_| summary.seat.as_str());
        let block = block::Block {
            session,
            summary,
            record,
            seat,
            folder: &self.folder,
        };
        block.render(self.style)
    }

    /// The lines below the last block: counts, time, and where the report is.
    pub fn summary(&self, session: &SessionRecord) -> String {
        summary::summary(session, &self.folder, self.style)
    }
}

/// Renders a whole session: header, verdict lines, failure blocks, summary.
pub fn terminal(
    session: &SessionRecord,
    cases: &[CaseRecord],
    folder: &str,
    style: Style,
) -> String {
    let terminal = Terminal::new(session, folder, style);
    let mut text = terminal.header(session);
    text.push('\n');
    let mut blocks = String::new();
    let mut numbers = Numbers::default();
    for summary in &session.cases {
        let record = cases
            .iter()
            .find(|c| c.summary.case == summary.case && c.summary.seat == summary.seat);
        text += &terminal.line(numbers.of(&summary.case), session, summary, record);
        let block = terminal.failure(session, summary, record);
        if !block.is_empty() {
            blocks += &format!("\n{block}");
        }
    }
    text + &blocks + "\n" + &terminal.summary(session)
}

/// Numbers cases in the order of play; the seats of one case share a number.
#[derive(Default)]
struct Numbers<'a> {
    last: Option<&'a str>,
    number: u32,
}

impl<'a> Numbers<'a> {
    fn of(&mut self, case: &'a str) -> u32 {
        if self.last != Some(case) {
            self.last = Some(case);
            self.number = self.number.saturating_add(1);
        }
        self.number
    }
}
