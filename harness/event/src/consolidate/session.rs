//! A session folder of the harness as a submission.

use std::collections::BTreeMap;

use record::{SessionRecord, Verdict};
use serde::Deserialize;

use super::{CaseResult, FORMAT, Mistake, Party, Submission};

/// `submission.yaml` beside `session.json`: what the record does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionSupplement {
    /// Number or date of the session.
    pub session: Option<String>,
    /// The ETS document; the event's if nothing is said.
    pub ets: Option<String>,
    /// The client, if it was not the one under test.
    pub client: Option<Party>,
    /// The server, if it was not the one under test.
    pub server: Option<Party>,
}

impl SessionSupplement {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// The first mistake.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let options = serde_yaml::options! { with_snippet: false };
        serde_yaml::from_str_with_options(text, options).map_err(|error| Mistake::of(&error))
    }
}

/// Makes a submission of a session's record.
///
/// Only cases of the ETS count; if one was judged in both seats, or is made of several, the worst verdict does.
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
    let party = |seat: &str, given: &Option<Party>| {
        let tested = session.implementations.iter().find(|one| one.seat == seat);
        let tested = tested.map(|one| Party {
            company: one.vendor.clone(),
            product: one.name.clone(),
            version: one.version.clone(),
        });
        let missing = || format!("the record does not say who the {seat} was");
        given.clone().or(tested).ok_or_else(missing)
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
        client: party("client", &supplement.client)?,
        server: party("server", &supplement.server)?,
        results: results(session),
        counts: None,
        lwm2m,
    })
}

fn results(session: &SessionRecord) -> Vec<CaseResult> {
    let mut verdicts: BTreeMap<u32, (String, Verdict)> = BTreeMap::new();
    let number = |case: &str, id: &str| {
        let file = case.rsplit('/').next().unwrap_or_default();
        let verdict = Verdict::Pass.into();
        let result = CaseResult {
            id: id.to_owned(),
            verdict,
        };
        if file.starts_with("con-") {
            None
        } else {
            result.number()
        }
    };
    for case in &session.cases {
        let Some(number) = number(&case.case, &case.id) else {
            continue;
        };
        let entry = verdicts.entry(number);
        entry
            .and_modify(|(_, verdict)| *verdict = verdict.worsened(case.verdict))
            .or_insert_with(|| (case.id.clone(), case.verdict));
    }
    for case in &session.not_selected {
        if let Some(number) = number(&case.case, &case.id) {
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
