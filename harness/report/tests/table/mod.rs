//! The session of `fixtures/sessions/testfest`: two runs, of which the second mends a Fail, and what the teams said.

#![allow(dead_code, reason = "every test binary uses a part")]

use std::path::Path;

use event::consolidate::{Case, Ets, Role};
use event::session::{Header, Review, Run, SecretKey, Sheet, Signature, Standing};
use record::{CaseRecord, SessionRecord};

/// A table at which a session was held.
pub(crate) struct Table {
    /// Who sits there.
    pub(crate) header: Header,
    /// The cases of the ETS.
    pub(crate) ets: Ets,
    /// What was played.
    pub(crate) runs: Vec<Run>,
    /// The records of each run.
    pub(crate) cases: Vec<Vec<CaseRecord>>,
    /// What was said.
    pub(crate) review: Review,
}

#[derive(serde::Deserialize)]
struct Recorded {
    session: SessionRecord,
    cases: Vec<CaseRecord>,
}

#[derive(serde::Deserialize)]
struct Listed {
    number: u32,
    id: String,
    title: String,
    heading: String,
}

impl Table {
    /// Reads the fixture.
    pub(crate) fn new() -> Self {
        let (mut runs, mut cases) = (Vec::new(), Vec::new());
        for name in ["first.json", "second.json"] {
            let run: Recorded = serde_json::from_str(&text(name)).expect("it is a run");
            cases.push(run.cases);
            runs.push(Run {
                name: run.session.name.clone(),
                record: run.session,
            });
        }
        let listed: Vec<Listed> = serde_json::from_str(&text("ets.json")).expect("it is a list");
        let case = |one: Listed| Case {
            number: one.number,
            id: one.id,
            title: one.title,
            heading: one.heading,
        };
        let header = Header::parse(&text("session.yaml")).expect("it is a header");
        Self {
            ets: Ets {
                document: header.ets.clone(),
                cases: listed.into_iter().map(case).collect(),
            },
            review: Review::parse(&text("review.jsonl")).expect("it is a review"),
            header,
            runs,
            cases,
        }
    }

    /// The same before the teams came to an end: cases are open, and a verdict is outdated.
    pub(crate) fn halfway() -> Self {
        let mut table = Self::new();
        table.review.entries.truncate(HALFWAY);
        table
    }

    /// A session of one run, in which the case of the second was played under `count` numbers in both seats.
    pub(crate) fn lengthened(mut self, count: u32) -> Self {
        let mut cases = Vec::new();
        self.ets.cases.clear();
        for number in 1..=count {
            let id = format!("LightweightM2M-1.1-int-{number}");
            for record in self.cases.iter().skip(1).flatten() {
                let mut record = record.clone();
                record.summary.case = format!("{}-{number}", record.summary.case);
                record.summary.id.clone_from(&id);
                cases.push(record);
            }
            self.ets.cases.push(Case {
                number,
                id,
                title: "Querying basic information in TLV format".to_owned(),
                heading: format!("Object {}", number / 10),
            });
        }
        self.runs.truncate(1);
        self.runs[0].record.cases = cases.iter().map(|one| one.summary.clone()).collect();
        self.runs[0].record.not_selected.clear();
        self.cases = vec![cases];
        self
    }

    /// The sheet.
    pub(crate) fn sheet(&self, is_over: bool) -> Sheet {
        let (header, ets) = (&self.header, &self.ets);
        Sheet::new(header, ets, &[202], &self.runs, &self.review, is_over)
    }

    /// How it stands after these teams have signed the sheet.
    pub(crate) fn signed(sheet: &Sheet, teams: &[Role]) -> Standing {
        let mut submission = sheet.submission().expect("the teams agree");
        for team in teams {
            let (seed, minute) = match team {
                Role::Client => (1, 50),
                Role::Server => (2, 52),
            };
            let name = format!("{}'s key", sheet.header.side(*team).company);
            let key = SecretKey::new(&name, [seed; 32], String::new(), String::new());
            let at = format!("2026-11-27T09:{minute}:00Z");
            let signature = Signature::new(&submission, *team, &key, &at).expect("it is a key");
            submission.signatures.push(signature);
        }
        Standing::of_session(Some(&submission), sheet, &submission.evidence, |_| None)
    }
}

/// How many of the entries were made while the session went on.
const HALFWAY: usize = 12;

fn text(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sessions/testfest");
    std::fs::read_to_string(folder.join(name)).expect("it is there")
}
