//! What is wrong with a set of submissions, each by name.
//!
//! Looks at doubled and missing submissions, doubled, missing and foreign cases, their order, the ETS document, who took part,
//! counts that a submission states itself, the event it was made at, and the signatures of both teams.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Counts, Ets, Event, Role, Submission};
use crate::session::Standing;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub kind: FindingKind,
    /// The file it is about; empty for a submission that is not there.
    pub source: String,
    /// In words, with the pair.
    pub message: String,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// The same pair, version and session was submitted before.
    Doubled,
    /// A pair of the schedule submitted nothing.
    Missing,
    /// A case of the ETS has no verdict.
    MissingCase,
    /// A case has two verdicts.
    DoubledCase,
    /// A case is not in the event's ETS.
    ForeignCase,
    /// The cases do not stand in the order of the ETS.
    Shuffled,
    /// Another ETS document than the event's, or an LwM2M version that the event has none for.
    WrongEts,
    /// An implementation is not registered.
    Unregistered,
    /// The counts that the submission states are not those of its verdicts.
    WrongCount,
    /// It was made at another event.
    OtherEvent,
    /// A signature is not of this submission, or not by the key that was registered.
    BadSignature,
    /// A team has not signed.
    Unsigned,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing may be added up.
    Error,
    /// The sums are right all the same.
    Warning,
}

impl FindingKind {
    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Missing | Self::Shuffled | Self::Unsigned => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl Finding {
    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        self.kind.severity()
    }

    fn new(kind: FindingKind, submission: &Submission, what: &str) -> Self {
        let (pair, session) = (submission.pair(), &submission.session);
        let lwm2m = &submission.lwm2m;
        Self {
            kind,
            source: submission.source.clone(),
            message: format!("{what}: {pair}, session {session}, LwM2M {lwm2m}"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.severity() {
            Severity::Error => "error: ",
            Severity::Warning => "warning: ",
        })?;
        if !self.source.is_empty() {
            write!(f, "{}: ", self.source)?;
        }
        f.write_str(&self.message)
    }
}

/// Checks submissions against the event; `ets` holds the cases of its documents by LwM2M version.
pub fn check(
    event: &Event,
    ets: &BTreeMap<String, Ets>,
    submissions: &[Submission],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeMap::new();
    for submission in submissions {
        let key = (
            &submission.lwm2m,
            &submission.session,
            &submission.client,
            &submission.server,
        );
        if let Some(first) = seen.insert(key, &submission.source) {
            let what = format!("the submission was made before, in {first}");
            findings.push(Finding::new(FindingKind::Doubled, submission, &what));
            seen.insert(key, first);
        }
        for role in [Role::Client, Role::Server] {
            if event.find(role, submission.party(role)).is_none() {
                let what = format!("the {role} is not registered");
                findings.push(Finding::new(FindingKind::Unregistered, submission, &what));
            }
        }
        match ets.get(&submission.lwm2m) {
            None => {
                let what = format!(
                    "the event has no ETS document for LwM2M {}",
                    submission.lwm2m
                );
                findings.push(Finding::new(FindingKind::WrongEts, submission, &what));
            }
            Some(known) if known.document != submission.ets => {
                let what = format!(
                    "the ETS is \"{}\", not \"{}\"",
                    submission.ets, known.document
                );
                findings.push(Finding::new(FindingKind::WrongEts, submission, &what));
            }
            Some(known) => findings.extend(of_cases(submission, known)),
        }
        findings.extend(of_counts(submission));
        if !submission.event.is_empty() && submission.event != event.name {
            let what = format!("it was made at \"{}\"", submission.event);
            findings.push(Finding::new(FindingKind::OtherEvent, submission, &what));
        }
        findings.extend(of_signatures(event, submission));
    }
    findings.extend(missing(event, submissions));
    findings
}

fn of_cases(submission: &Submission, ets: &Ets) -> Vec<Finding> {
    let finding = |kind, what: &str| Finding::new(kind, submission, what);
    let mut findings = Vec::new();
    let places: BTreeMap<_, _> = ets
        .cases
        .iter()
        .zip(0..)
        .map(|(case, place)| (case.number, place))
        .collect();
    let mut given = BTreeSet::new();
    // A result list follows the headings of the ETS or its numbers.
    let (mut by_place, mut by_number) = (true, true);
    let mut last = (0, 0);
    for result in &submission.results {
        let place = result
            .number()
            .and_then(|number| places.get(&number).map(|place| (number, *place)));
        let Some((number, place)) = place else {
            let what = format!("\"{}\" is not in the ETS", result.id);
            findings.push(finding(FindingKind::ForeignCase, &what));
            continue;
        };
        if !given.insert(number) {
            let what = format!("\"{}\" has two verdicts", result.id);
            findings.push(finding(FindingKind::DoubledCase, &what));
        }
        by_place &= place >= last.0;
        by_number &= number >= last.1;
        last = (place, number);
    }
    let lacking = ets
        .cases
        .iter()
        .filter(|case| !given.contains(&case.number));
    let lacking: Vec<_> = lacking.map(|case| case.id.as_str()).collect();
    if let [first, rest @ ..] = lacking.as_slice() {
        let more = if rest.is_empty() {
            String::new()
        } else {
            format!(" and {} more", rest.len())
        };
        let what = format!("no verdict on \"{first}\"{more}");
        findings.push(finding(FindingKind::MissingCase, &what));
    }
    if !by_place && !by_number {
        let what = "the cases do not stand in the order of the ETS; counted by identifier";
        findings.push(finding(FindingKind::Shuffled, what));
    }
    findings
}

fn of_counts(submission: &Submission) -> Option<Finding> {
    let stated = submission.counts?;
    let mut counted = Counts::default();
    submission
        .results
        .iter()
        .for_each(|result| counted.add(result.verdict));
    (stated != counted).then(|| {
        let show = |counts: &Counts| {
            let columns = counts.columns().map(|n| n.to_string()).join("/");
            format!("{columns} of {}", counts.response_count)
        };
        let what = format!(
            "it states {}, its verdicts are {}",
            show(&stated),
            show(&counted)
        );
        Finding::new(FindingKind::WrongCount, submission, &what)
    })
}

fn of_signatures(event: &Event, submission: &Submission) -> Vec<Finding> {
    let registered = |role: Role| {
        let party = submission.party(role);
        event.find(role, party)?.key.clone()
    };
    let standing = Standing::of_submission(submission, registered);
    let bad = standing.changes.iter().map(|change| {
        let what = change.to_string();
        Finding::new(FindingKind::BadSignature, submission, &what)
    });
    let unsigned = standing.missing.iter().map(|role| {
        let what = format!("the {role}'s team has not signed");
        Finding::new(FindingKind::Unsigned, submission, &what)
    });
    bad.chain(unsigned).collect()
}

fn missing(event: &Event, submissions: &[Submission]) -> Vec<Finding> {
    let made: BTreeSet<_> = submissions
        .iter()
        .map(|one| {
            (
                &one.lwm2m,
                &one.session,
                one.client.clone(),
                one.server.clone(),
            )
        })
        .collect();
    let party = |role: Role, id: &str| {
        let mut all = event.implementations.iter();
        all.find(|one| one.role == role && one.id.value == id)
            .map(super::Implementation::party)
    };
    let mut findings = Vec::new();
    for slot in &event.sessions {
        for pair in &slot.pairs {
            let client = party(Role::Client, &pair.client.value);
            let server = party(Role::Server, &pair.server.value);
            let (Some(client), Some(server)) = (client, server) else {
                continue;
            };
            let (lwm2m, session) = (&slot.lwm2m.value, &slot.session);
            let message = format!(
                "no submission: \"{client}\" with \"{server}\", session {session}, LwM2M {lwm2m}"
            );
            if !made.contains(&(lwm2m, session, client, server)) {
                let source = String::new();
                findings.push(Finding {
                    kind: FindingKind::Missing,
                    source,
                    message,
                });
            }
        }
    }
    findings
}
