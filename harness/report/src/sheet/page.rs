//! What the report says, before it becomes HTML or PDF.

use event::consolidate::Role;
use event::session::{Run, Sheet, Standing};
use record::CaseRecord;
use serde::Serialize;

use super::evidence::{Evidence, Played, Superseded};
use super::head::{self, Party};
use super::row::{RowView, lines};
use super::runs::RunView;
use super::section::{CountsView, SectionView, sections};
use super::standing::StandingView;

/// What the report is made of.
#[derive(Clone, Copy, Debug)]
pub struct SessionReport<'a> {
    /// The sheet.
    pub sheet: &'a Sheet,
    /// Who signed, and what changed since.
    pub standing: &'a Standing,
    /// The runs that the sheet was made of, in the same order.
    pub runs: &'a [RunRecords<'a>],
    /// Version of the harness.
    pub harness: &'a str,
}

/// A run with the records of its cases.
#[derive(Clone, Copy, Debug)]
pub struct RunRecords<'a> {
    /// The run; its name is that of its folder in `runs/`.
    pub run: &'a Run,
    /// The cases that left a record.
    pub cases: &'a [CaseRecord],
}

/// The report as words and numbers.
#[derive(Serialize)]
pub(crate) struct SheetPage<'a> {
    /// Title for lists and running heads.
    pub title: String,
    /// What every page carries unless all is well.
    pub mark: Option<&'static str>,
    /// To whom it is confidential.
    pub confidential: String,
    /// What it does not claim.
    pub disclaimer: &'static str,
    /// Name and value of everything about the session.
    pub facts: Vec<(&'static str, String)>,
    /// Client and server.
    pub parties: [Party; 2],
    /// What a reader has to know first.
    pub remarks: &'a [String],
    /// Who signed, and what changed since.
    pub standing: StandingView,
    /// The cases under their headings.
    pub sections: Vec<SectionView>,
    /// The sum of the headings.
    pub totals: CountsView,
    /// What the teams hold against the specification.
    pub issues: Vec<Issue>,
    /// The runs.
    pub runs: Vec<RunView>,
    /// What was played and counts.
    #[serde(skip)]
    pub played: Vec<Played<'a>>,
    /// What was played and counts no more.
    pub superseded: Vec<Superseded>,
    /// Version of the harness.
    pub harness: &'a str,
}

/// One thing that a team holds against the specification.
#[derive(Serialize)]
pub(crate) struct Issue {
    /// The row it was said in.
    pub anchor: String,
    /// Identifier of the case.
    pub id: String,
    /// Title of the case.
    pub title: String,
    /// Who says so: `Client's team`.
    pub team: &'static str,
    /// Document and section.
    pub specification: Vec<String>,
    /// The comment of the same team.
    pub comment: Vec<String>,
}

impl<'a> SheetPage<'a> {
    /// Gathers everything.
    pub(crate) fn new(report: &SessionReport<'a>) -> Self {
        let SessionReport { sheet, runs, .. } = *report;
        let header = &sheet.header;
        let evidence = Evidence::new(runs);
        let rows = sheet.rows.iter();
        let rows = rows.map(|row| (row, RowView::new(row, &evidence)));
        let (sections, totals) = sections(rows);
        Self {
            title: head::title(header),
            mark: report.standing.mark(),
            confidential: head::confidential(header),
            disclaimer: head::DISCLAIMER,
            facts: head::facts(header),
            parties: [Role::Client, Role::Server].map(|role| Party::new(header, role)),
            remarks: &sheet.remarks,
            standing: StandingView::new(report.standing),
            sections,
            totals,
            issues: issues(sheet),
            runs: runs.iter().zip(1..).map(RunView::new).collect(),
            played: evidence.played(sheet),
            superseded: evidence.superseded(sheet),
            harness: report.harness,
        }
    }
}

fn issues(sheet: &Sheet) -> Vec<Issue> {
    let mut issues = Vec::new();
    for row in &sheet.rows {
        for role in [Role::Client, Role::Server] {
            let said = row.team(role);
            let specification = lines(&said.specification);
            if specification.is_empty() {
                continue;
            }
            issues.push(Issue {
                anchor: RowView::anchor(row),
                id: row.case.id.clone(),
                title: row.case.title.clone(),
                team: head::team(role),
                specification,
                comment: lines(&said.comment),
            });
        }
    }
    issues
}
