//! The head of the report: who met whom, how, and the counts and tables of results.

use record::{CaseSummary, NotSelected, SessionRecord, Verdict};
use serde::Serialize;

use crate::duration::brief;
use crate::facts::{self, Label};
use crate::{Outline, Section, Tally, anchor};

/// What the head and the tables are given.
#[derive(Serialize)]
pub(super) struct SessionView {
    name: String,
    facts: Vec<(&'static str, String)>,
    implementations: Vec<ImplementationView>,
    names_seats: bool,
    notes: Vec<String>,
    has_teams: bool,
    is_pair: bool,
    columns: [&'static str; 5],
    sections: Vec<SectionView>,
    total: RowView,
    by_case: Option<RowView>,
    not_applicable: Vec<NotApplicableView>,
    remarks: Vec<String>,
    again: String,
}

/// An implementation under test, with what it claims.
#[derive(Serialize)]
struct ImplementationView {
    seat: String,
    name: String,
    vendor: String,
    version: String,
    profile: String,
    ics: Vec<(String, String)>,
}

/// One heading with its results.
#[derive(Serialize)]
struct SectionView {
    title: String,
    anchor: String,
    row: RowView,
    results: Vec<ResultView>,
}

/// A row of counts.
#[derive(Serialize)]
struct RowView {
    counts: [u32; 5],
    responses: u32,
}

/// A row of the table of results.
#[derive(Serialize)]
struct ResultView {
    anchor: Option<String>,
    case: String,
    title: String,
    seat: String,
    label: Label,
    letters: Vec<LetterView>,
    reason: String,
    teams: String,
    time: String,
}

/// One letter of the pass criteria.
#[derive(Serialize)]
pub(super) struct LetterView {
    letter: String,
    sign: &'static str,
    class: &'static str,
    words: &'static str,
}

/// A row of the list of cases that do not apply.
#[derive(Serialize)]
struct NotApplicableView {
    case: String,
    title: String,
    seat: String,
    reason: String,
}

impl SessionView {
    /// Gathers what the head shows.
    pub(super) fn new(session: &SessionRecord, outline: &Outline<'_>) -> Self {
        Self {
            name: session.name.clone(),
            facts: facts::of_session(session, outline),
            implementations: implementations(session),
            names_seats: outline.names_seats(),
            notes: facts::totals(&outline.tally()),
            has_teams: session.cases.iter().any(|case| !case.teams.is_empty()),
            is_pair: facts::is_pair(session),
            columns: Tally::COLUMNS.map(Verdict::name),
            sections: outline.sections.iter().map(SectionView::new).collect(),
            total: RowView::new(&outline.tally()),
            by_case: outline
                .names_seats()
                .then(|| RowView::new(&outline.tally_by_case())),
            not_applicable: session
                .not_selected
                .iter()
                .map(NotApplicableView::new)
                .collect(),
            remarks: facts::remarks(session),
            again: session.parameters.again.clone(),
        }
    }
}

impl SectionView {
    fn new(section: &Section<'_>) -> Self {
        let title = section.group.title();
        let result =
            |entry: &crate::Entry<'_>| ResultView::new(entry.summary, entry.record.is_some());
        Self {
            title: title.to_owned(),
            anchor: if section.entries.is_empty() {
                NOT_APPLICABLE.to_owned()
            } else {
                anchor("group", title)
            },
            row: RowView::new(&section.tally()),
            results: section.entries.iter().map(result).collect(),
        }
    }
}

impl RowView {
    fn new(tally: &Tally) -> Self {
        Self {
            counts: tally.counts(),
            responses: tally.responses(),
        }
    }
}

impl ResultView {
    fn new(summary: &CaseSummary, is_recorded: bool) -> Self {
        Self {
            anchor: is_recorded.then(|| anchor(&summary.case, &summary.seat)),
            case: summary.case.clone(),
            title: summary.title.clone(),
            seat: summary.seat.clone(),
            label: Label::of(summary),
            letters: letters(summary),
            reason: facts::reason(summary),
            teams: facts::teams(summary),
            time: if summary.duration == 0 {
                String::new()
            } else {
                brief(summary.duration)
            },
        }
    }
}

impl NotApplicableView {
    fn new(case: &NotSelected) -> Self {
        Self {
            case: case.case.clone(),
            title: case.title.clone(),
            seat: case.seat.clone(),
            reason: case.reason.clone(),
        }
    }
}

/// The letters of a case with a sign that does not need colour.
pub(super) fn letters(summary: &CaseSummary) -> Vec<LetterView> {
    let view = |letter: &record::LetterVerdict| {
        let (sign, words) = facts::sign(letter);
        let class = match letter.verdict {
            Some(Verdict::Pass) => "pass",
            Some(Verdict::Fail) => "fail",
            Some(_) => "inconclusive",
            None => "undecided",
        };
        let letter = letter.letter.clone();
        LetterView {
            letter,
            sign,
            class,
            words,
        }
    };
    summary.criteria.iter().map(view).collect()
}

fn implementations(session: &SessionRecord) -> Vec<ImplementationView> {
    let view = |i: &record::Implementation| ImplementationView {
        seat: i.seat.clone(),
        name: i.name.clone(),
        vendor: i.vendor.clone(),
        version: i.version.clone(),
        profile: facts::profile(i),
        ics: i
            .ics
            .iter()
            .map(|f| (f.name.clone(), f.value.clone()))
            .collect(),
    };
    session.implementations.iter().map(view).collect()
}

/// The fragment of the list of cases that do not apply.
const NOT_APPLICABLE: &str = "not-applicable";
