//! What was played: which attempts count, where their records stand, and which count no more.

use std::collections::HashMap;

use event::consolidate::Outcome;
use event::session::{Attempt, Row, Sheet};
use record::{SessionRecord, Verdict};
use serde::Serialize;

use super::page::RunRecords;
use super::row::RowView;
use crate::escape::{anchor, relative_link};
use crate::facts::Label;
use crate::place::Place;
use crate::{Entry, Outline};

/// The records of all runs, by run, case and seat.
pub(crate) struct Evidence<'a> {
    runs: HashMap<&'a str, usize>,
    known: HashMap<(usize, &'a str, &'a str), Played<'a>>,
}

/// One play of a case for one seat.
#[derive(Clone, Copy)]
pub(crate) struct Played<'a> {
    /// The record of its run.
    pub session: &'a SessionRecord,
    /// Its outcome and record.
    pub entry: Entry<'a>,
    /// Where it stands.
    pub place: Place<'a>,
}

/// A link from a row to what was played.
#[derive(Serialize)]
pub(crate) struct EvidenceLink {
    /// Where it leads; `None` if the play left no record.
    pub anchor: Option<String>,
    /// `client`, or with the name of the case where the seat does not tell it from others.
    pub text: String,
}

/// An attempt that counts no more.
#[derive(Serialize)]
pub(crate) struct Superseded {
    /// The row of its case.
    pub row: String,
    /// Identifier of the ETS.
    pub id: String,
    /// Name of the case.
    pub case: String,
    /// The seat that was judged.
    pub seat: String,
    /// Number of its run; `None` if the run is not among those given.
    pub run: Option<usize>,
    /// Where the report of its run shows it.
    pub link: Option<String>,
    /// The tool's verdict.
    #[serde(skip)]
    pub verdict: Verdict,
    /// The same with its style class.
    pub label: Label,
    /// Why, for every verdict but Pass.
    pub reason: String,
}

impl<'a> Evidence<'a> {
    /// Looks up every record.
    pub(super) fn new(runs: &'a [RunRecords<'a>]) -> Self {
        let mut evidence = Self {
            runs: HashMap::new(),
            known: HashMap::new(),
        };
        for (records, number) in runs.iter().zip(1..) {
            let (name, session) = (records.run.name.as_str(), &records.run.record);
            evidence.runs.insert(name, number);
            let place = Place {
                run: Some((number, name)),
                names_seat: true,
            };
            for entry in Outline::new(session, records.cases).entries() {
                let played = Played {
                    session,
                    entry: *entry,
                    place,
                };
                let key = (number, &*entry.summary.case, &*entry.summary.seat);
                if entry.record.is_some() {
                    evidence.known.insert(key, played);
                }
            }
        }
        evidence
    }

    /// What counts and left a record, in the order of the sheet.
    pub(super) fn played(&self, sheet: &Sheet) -> Vec<Played<'a>> {
        let attempts = sheet.rows.iter().flat_map(counting);
        attempts.filter_map(|attempt| self.of(attempt)).collect()
    }

    /// Links to what counts.
    pub(super) fn links(&self, row: &Row) -> Vec<EvidenceLink> {
        let is_alone =
            |one: &Attempt| counting(row).filter(|other| other.seat == one.seat).count() == 1;
        let link = |attempt: &Attempt| EvidenceLink {
            anchor: self
                .of(attempt)
                .map(|played| played.place.anchor(played.entry.summary)),
            text: match attempt.case.rsplit('/').next() {
                Some(file) if !is_alone(attempt) => format!("{}, {file}", attempt.seat),
                _ => attempt.seat.clone(),
            },
        };
        counting(row).map(link).collect()
    }

    /// What counts no more, in the order of the sheet.
    pub(super) fn superseded(&self, sheet: &Sheet) -> Vec<Superseded> {
        let rows = sheet.rows.iter();
        let attempts =
            rows.flat_map(|row| self.superseded_of(row).map(move |attempt| (row, attempt)));
        let view = |(row, attempt): (&Row, &Attempt)| {
            let report = relative_link(&format!("runs/{}/session.html", attempt.run));
            let fragment = anchor(&attempt.case, &attempt.seat);
            Superseded {
                row: RowView::anchor(row),
                id: row.case.id.clone(),
                case: attempt.case.clone(),
                seat: attempt.seat.clone(),
                run: self.runs.get(attempt.run.as_str()).copied(),
                link: report.map(|report| format!("{report}#{fragment}")),
                verdict: attempt.verdict,
                label: Label::verdict(attempt.verdict),
                reason: attempt.reason.clone(),
            }
        };
        attempts.map(view).collect()
    }

    /// The attempts at a case that count no more; that it still does not apply is not worth a line.
    pub(super) fn superseded_of<'r>(
        &self,
        row: &'r Row,
    ) -> impl Iterator<Item = &'r Attempt> + use<'r, 'a> {
        let still = row.proposal == Some(Outcome::NotApplicable);
        let attempts = row.attempts.iter().filter(|attempt| attempt.superseded);
        attempts.filter(move |attempt| !still || attempt.verdict != Verdict::NotApplicable)
    }

    fn of(&self, attempt: &Attempt) -> Option<Played<'a>> {
        let run = *self.runs.get(attempt.run.as_str())?;
        let key = (run, attempt.case.as_str(), attempt.seat.as_str());
        self.known.get(&key).copied()
    }
}

/// The attempts that count and were played.
fn counting(row: &Row) -> impl Iterator<Item = &Attempt> {
    let attempts = row.attempts.iter();
    attempts.filter(|attempt| !attempt.superseded && !attempt.folder.is_empty())
}
