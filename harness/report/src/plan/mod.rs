//! The conformance test plan: what is played, in which order, how it goes and what it decides.
//!
//! What OMA calls test case descriptions and CTP; made of the cases, so that it cannot say anything else than what is played.

mod html;

pub use html::plan_html;

pub use crate::pdf::plan_pdf;

use serde::Serialize;

/// The plan of a run.
#[derive(Clone, Debug, Serialize)]
pub struct PlanPage {
    /// Title.
    pub title: String,
    /// How much it is.
    pub subtitle: String,
    /// Names and values of what holds for all cases.
    pub facts: Vec<(String, String)>,
    /// The cases, under the headings of OMA's result sheets, in the order in which they should be played.
    pub sections: Vec<PlanSection>,
    /// What is not played: case, seat, reason.
    pub left_out: Vec<[String; 3]>,
    /// Version of the harness.
    pub harness: String,
}

/// The cases under one heading.
#[derive(Clone, Debug, Serialize)]
pub struct PlanSection {
    /// The heading.
    pub title: String,
    /// Its anchor in the page.
    pub anchor: String,
    /// Their time in words; empty if nothing has to be waited for.
    pub time: String,
    /// The cases.
    pub cases: Vec<PlanCase>,
}

/// One case.
#[derive(Clone, Debug, Serialize)]
pub struct PlanCase {
    /// Identifier: `LightweightM2M-1.1-int-102`.
    pub id: String,
    /// Its anchor in the page.
    pub anchor: String,
    /// What it is about, in one line.
    pub objective: String,
    /// Names and values: whose behaviour is judged, what is required, configuration, preconditions, time.
    pub facts: Vec<(String, String)>,
    /// The steps, in order.
    pub procedure: Vec<PlanStep>,
    /// Letters of the ETS, each with what has to be true.
    pub criteria: Vec<(String, Vec<String>)>,
    /// Requirements of the TS that are decided, each with its statement and clause.
    pub requirements: Vec<String>,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct PlanStep {
    /// What is true when it went well.
    pub sentence: String,
    /// Who sends what, and what else happens.
    pub details: Vec<String>,
}
