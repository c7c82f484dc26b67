//! The order of a report: cases under their headings, each with its record, beside those that do not apply.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use record::{CaseRecord, CaseSummary, NotSelected, SessionRecord, Verdict};

use crate::{Group, Tally};

/// A session's cases under the headings of a result sheet.
#[derive(Debug)]
pub struct Outline<'a> {
    /// Headings with their cases, in OMA's order.
    pub sections: Vec<Section<'a>>,
    /// Seats that are judged, in order of appearance.
    pub seats: Vec<&'a str>,
}

/// One heading.
#[derive(Debug)]
pub struct Section<'a> {
    /// The heading.
    pub group: Group,
    /// Cases that were played, in the order of play.
    pub entries: Vec<Entry<'a>>,
    /// Cases that do not apply.
    pub not_selected: Vec<&'a NotSelected>,
}

/// One case for one judged seat.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The outcome as it stands in the session.
    pub summary: &'a CaseSummary,
    /// What happened; `None` if the case left no record.
    pub record: Option<&'a CaseRecord>,
}

impl<'a> Outline<'a> {
    /// Sorts the cases of a session; a record whose summary is not in the session is shown nevertheless.
    pub fn new(session: &'a SessionRecord, cases: &'a [CaseRecord]) -> Self {
        let mut records: HashMap<_, _> = cases.iter().map(|r| (key(&r.summary), r)).collect();
        let listed: Vec<_> = session
            .cases
            .iter()
            .map(|summary| {
                let record = records.remove(&key(summary));
                Entry { summary, record }
            })
            .collect();
        let unlisted = cases
            .iter()
            .filter(|r| records.contains_key(&key(&r.summary)));
        let unlisted = unlisted.map(|r| Entry {
            summary: &r.summary,
            record: Some(r),
        });
        let mut sections = BTreeMap::new();
        for entry in listed.into_iter().chain(unlisted) {
            section(&mut sections, &entry.summary.case)
                .entries
                .push(entry);
        }
        for case in &session.not_selected {
            section(&mut sections, &case.case).not_selected.push(case);
        }
        Self {
            sections: sections.into_values().collect(),
            seats: seats(session, cases),
        }
    }

    /// Every case in the order of the report.
    pub fn entries(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.sections.iter().flat_map(|section| &section.entries)
    }

    /// Whether more than one seat is judged, so that the seat must be named.
    pub fn names_seats(&self) -> bool {
        self.seats.len() > 1
    }

    /// Counts all outcomes.
    pub fn tally(&self) -> Tally {
        let mut total = Tally::default();
        for section in &self.sections {
            total.merge(&section.tally());
        }
        total
    }

    /// Counts every case once, by its worst seat, as a Test Session Report of a pair does.
    pub fn tally_by_case(&self) -> Tally {
        let mut worst: BTreeMap<&str, (Verdict, bool)> = BTreeMap::new();
        for section in &self.sections {
            for case in &section.not_selected {
                worst
                    .entry(&case.case)
                    .or_insert((Verdict::NotApplicable, false));
            }
        }
        for Entry { summary, .. } in self.entries() {
            let expected = summary.expected.is_some();
            worst
                .entry(&summary.case)
                .and_modify(|(verdict, all)| {
                    *verdict = worse(*verdict, summary.verdict);
                    *all |= expected;
                })
                .or_insert((summary.verdict, expected));
        }
        let mut tally = Tally::default();
        for (verdict, expected) in worst.into_values() {
            tally.add(verdict, expected);
        }
        tally
    }
}

impl Section<'_> {
    /// Counts the outcomes under the heading.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for Entry { summary, .. } in &self.entries {
            tally.add(summary.verdict, summary.expected.is_some());
        }
        for _ in &self.not_selected {
            tally.add(Verdict::NotApplicable, false);
        }
        tally
    }
}

/// The verdict of a case that more than one seat is judged in; a seat it does not apply to decides nothing.
fn worse(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::NotApplicable, verdict) | (verdict, Verdict::NotApplicable) => verdict,
        (one, other) => one.worsened(other),
    }
}

fn section<'m, 'a>(
    sections: &'m mut BTreeMap<Group, Section<'a>>,
    case: &str,
) -> &'m mut Section<'a> {
    let group = Group::of(case);
    sections.entry(group.clone()).or_insert_with(|| Section {
        group,
        entries: Vec::new(),
        not_selected: Vec::new(),
    })
}

fn seats<'a>(session: &'a SessionRecord, cases: &'a [CaseRecord]) -> Vec<&'a str> {
    let implementations = session.implementations.iter().map(|i| i.seat.as_str());
    let played = session.cases.iter().map(|c| c.seat.as_str());
    let recorded = cases.iter().map(|c| c.summary.seat.as_str());
    let mut known = BTreeSet::new();
    let all = implementations.chain(played).chain(recorded);
    all.filter(|seat| known.insert(*seat)).collect()
}

fn key(summary: &CaseSummary) -> (&str, &str) {
    (&summary.case, &summary.seat)
}
