//! A session folder of the harness as a submission.

use std::collections::BTreeMap;

use record::{SessionRecord, Verdict};
use serde::Deserialize;

use super::{CaseResult, FORMAT, Mistake, Party, Submission};
use crate::session::{EMULATOR, EMULATOR_COMPANY, ets_number};

/// `submission.yaml` beside `session.json`: what the record does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionSupplement {
    /// Number or date of the session.
    pub session: Option<String>,
    /// The ETS document; the event's if nothing is said.
    pub ets: Option<String>,
}

impl SessionSupplement {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// The first mistake.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        crate::yaml::read_small(text).map_err(|error| Mistake::of(&error))
    }
}

/// Makes a submission of a session's record.
///
/// The pair is that of the record: a side that was not under test was the harness's emulator, and nobody else's.
/// Only cases of the ETS count; if one was judged in both seats, or is made of several, the worst verdict does. A case that
/// was not selected, also since it judges only the other side, is Not Applicable.
///
/// # Errors
///
/// What neither the record nor the supplement says.
pub fn from_session(
    source: &str,
    session: &SessionRecord,
    supplement: &SessionSupplement,
    event_ets: Option<&str>,
) -> Result<Submission, String> {
    let tested = |seat: &str| {
        let mut implementations = session.implementations.iter();
        let found = implementations.find(|one| one.seat == seat)?;
        Some(Party {
            company: found.vendor.clone(),
            product: found.name.clone(),
            version: found.version.clone(),
        })
    };
    let (client, server) = (tested("client"), tested("server"));
    if client.is_none() && server.is_none() {
        return Err("neither a client nor a server was under test".to_owned());
    }
    let emulator = || Party {
        company: EMULATOR_COMPANY.to_owned(),
        product: EMULATOR.to_owned(),
        version: session.harness.clone(),
    };
    let lwm2m = session.parameters.lwm2m.clone();
    let ets = supplement.ets.as_deref().or(event_ets);
    let ets = ets.ok_or_else(|| format!("nothing says by which ETS LwM2M {lwm2m} was tested"))?;
    let number = supplement.session.clone();
    Ok(Submission {
        format: FORMAT,
        source: source.to_owned(),
        session: number.ok_or("nothing says which session of the event it was")?,
        ets: ets.to_owned(),
        client: client.unwrap_or_else(emulator),
        server: server.unwrap_or_else(emulator),
        results: results(session),
        lwm2m,
        ..Submission::default()
    })
}

fn results(session: &SessionRecord) -> Vec<CaseResult> {
    let mut verdicts: BTreeMap<u32, (String, Verdict)> = BTreeMap::new();
    for case in &session.cases {
        let Some(number) = ets_number(&case.case, &case.id) else {
            continue;
        };
        let entry = verdicts.entry(number);
        entry
            .and_modify(|(_, verdict)| *verdict = verdict.worsened(case.verdict))
            .or_insert_with(|| (case.id.clone(), case.verdict));
    }
    for case in &session.not_selected {
        if let Some(number) = ets_number(&case.case, &case.id) {
            let entry = verdicts.entry(number);
            entry.or_insert_with(|| (case.id.clone(), Verdict::NotApplicable));
        }
    }
    let result = |(id, verdict): (String, Verdict)| CaseResult {
        id,
        verdict: verdict.into(),
    };
    verdicts.into_values().map(result).collect()
}
