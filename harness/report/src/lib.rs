//! Reports of a run, of a session of a TestFest and of a whole event: terminal, JUnit, HTML, PDF, each a function of the
//! records alone.
//!
//! Pure: takes records, returns strings or bytes. Opens no file, decides no verdict; the runner writes what is returned.

mod agenda;
mod consolidated;
mod diff;
mod duration;
mod error;
mod escape;
mod excerpt;
mod facts;
mod failure;
mod github;
mod group;
mod html;
mod junit;
mod ladder;
mod markdown;
mod matrix;
mod outline;
mod pdf;
mod place;
mod plan;
mod readiness;
mod sheet;
mod tally;
mod terminal;

pub use agenda::{
    AgendaDay, AgendaMeeting, AgendaPage, AgendaRow, AgendaSession, AgendaTeam, TeamMeeting,
    agenda_calendar, agenda_csv, agenda_html, agenda_pdf, agenda_sessions, team_calendar,
};
pub use consolidated::{
    ResultsPage, ResultsRow, pairs_html, results_csv, results_html, results_pdf,
};
pub use diff::{diff_html, diff_markdown, diff_text};
pub use duration::{brief, seconds};
pub use error::RenderError;
pub use escape::{anchor, cut, relative_link, visible};
pub use github::{github_annotations, github_summary};
pub use group::Group;
pub use html::{html, script_hash};
pub use junit::junit;
pub use markdown::{ResultLink, issue_draft, listing};
pub use matrix::{MatrixCell, MatrixColumn, MatrixPage, MatrixRow, MatrixTable, matrix};
pub use outline::{Entry, Outline, Section};
pub use pdf::{pdf, readiness_pdf};
pub use plan::{PlanCase, PlanPage, PlanSection, PlanStep, plan_html, plan_pdf};
pub use readiness::{readiness_html, readiness_text};
pub use sheet::{RunRecords, SessionReport, session_report_html, session_report_pdf};
pub use tally::Tally;
pub use terminal::{Style, Terminal, terminal};
