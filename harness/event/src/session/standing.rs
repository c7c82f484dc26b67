//! How a session stands: who signed it, and what changed since.

use std::collections::BTreeMap;
use std::fmt;

use super::{Sheet, Signature};
use crate::consolidate::{Role, Submission};

/// Whether a session may be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Good signatures.
    pub signed: Vec<SignedBy>,
    /// Teams that have not signed.
    pub missing: Vec<Role>,
    /// What is not as it was signed.
    pub changes: Vec<Change>,
}

/// A signature that verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// Whose team.
    pub team: Role,
    /// Name of the key.
    pub name: String,
    /// Fingerprint of the key.
    pub fingerprint: String,
    /// When.
    pub at: String,
}

/// Something that is not as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A signature does not fit the submission.
    Signature(Role, String),
    /// A key signed for a team that registered another.
    Stranger(Role, String),
    /// A file of evidence has other bytes.
    Altered(String),
    /// A file of evidence is gone.
    Gone(String),
    /// A file was added.
    Added(String),
    /// A verdict that was signed is not what runs and review say: case, signed, now.
    Verdict(String, String, String),
    /// Who met whom, when, or by which document is not what was signed.
    Header(&'static str, String, String),
    /// A capture is not the one that its record names.
    Capture(String),
    /// A report is not what the record says.
    Report(String),
}

impl Standing {
    /// Looks at signatures alone, as of a submission that came without its evidence.
    ///
    /// `registered` gives the key that a side registered with the event, if it did.
    pub fn of_submission(
        submission: &Submission,
        registered: impl Fn(Role) -> Option<String>,
    ) -> Self {
        let mut standing = Self::default();
        for signature in &submission.signatures {
            let team = signature.team;
            if !signature.verifies(submission) {
                let name = signature.name.clone();
                standing.changes.push(Change::Signature(team, name));
                continue;
            }
            if registered(team).is_some_and(|key| !key.eq_ignore_ascii_case(&signature.key)) {
                let print = signature.fingerprint();
                standing.changes.push(Change::Stranger(team, print));
                continue;
            }
            standing.signed.push(SignedBy::of(signature));
        }
        let has_signed = |role: &Role| standing.signed.iter().any(|one| one.team == *role);
        let mut teams = vec![Role::Client, Role::Server];
        teams.retain(|role| !has_signed(role));
        standing.missing = teams;
        standing
    }

    /// Looks at signatures, evidence and sheet; `evidence` holds the SHA-256 of every file that is there now.
    pub fn of_session(
        submission: Option<&Submission>,
        sheet: &Sheet,
        evidence: &BTreeMap<String, String>,
        registered: impl Fn(Role) -> Option<String>,
    ) -> Self {
        let Some(submission) = submission else {
            return Self {
                missing: vec![Role::Client, Role::Server],
                ..Self::default()
            };
        };
        let mut standing = Self::of_submission(submission, registered);
        standing.changes.extend(of_files(submission, evidence));
        standing.changes.extend(of_sheet(submission, sheet));
        standing
    }

    /// Both teams signed, and all is as they did.
    pub const fn is_good(&self) -> bool {
        self.missing.is_empty() && self.changes.is_empty()
    }

    /// What every page of a report carries: `None` if all is well.
    pub fn mark(&self) -> Option<&'static str> {
        match (self.changes.is_empty(), self.missing.is_empty()) {
            (false, _) if self.was_signed() => Some("ALTERED AFTER SIGNING"),
            (false, _) => Some("UNSIGNED, EVIDENCE ALTERED"),
            (true, false) => Some("UNSIGNED"),
            (true, true) => None,
        }
    }

    /// Whether anybody ever signed: captures and reports are found to be altered by the records alone.
    pub fn was_signed(&self) -> bool {
        let tells = |change: &Change| !matches!(change, Change::Capture(_) | Change::Report(_));
        !self.signed.is_empty() || self.changes.iter().any(tells)
    }
}

impl SignedBy {
    fn of(signature: &Signature) -> Self {
        Self {
            team: signature.team,
            name: signature.name.clone(),
            fingerprint: signature.fingerprint(),
            at: signature.at.clone(),
        }
    }
}

fn of_files(submission: &Submission, now: &BTreeMap<String, String>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (path, hash) in &submission.evidence {
        match now.get(path) {
            None => changes.push(Change::Gone(path.clone())),
            Some(found) if found != hash => changes.push(Change::Altered(path.clone())),
            Some(_) => {}
        }
    }
    let added = now
        .keys()
        .filter(|path| !submission.evidence.contains_key(*path));
    changes.extend(added.cloned().map(Change::Added));
    changes
}

fn of_sheet(submission: &Submission, sheet: &Sheet) -> Vec<Change> {
    let mut changes = Vec::new();
    let header = &sheet.header;
    let (client, server) = (header.client.party(), header.server.party());
    for (what, signed, now) in [
        ("event", &submission.event, &header.event),
        ("session", &submission.session, &header.session),
        ("date", &submission.date, &header.date),
        ("LwM2M version", &submission.lwm2m, &header.lwm2m),
        ("ETS", &submission.ets, &header.ets),
        (
            "client",
            &submission.client.to_string(),
            &client.to_string(),
        ),
        (
            "server",
            &submission.server.to_string(),
            &server.to_string(),
        ),
    ] {
        if signed != now {
            changes.push(Change::Header(what, signed.clone(), now.clone()));
        }
    }
    let signed: BTreeMap<_, _> = submission
        .results
        .iter()
        .map(|result| (result.id.as_str(), result.verdict))
        .collect();
    for row in &sheet.rows {
        let (was, is) = (signed.get(row.case.id.as_str()).copied(), row.agreed());
        if was != is {
            let word = |outcome: Option<crate::consolidate::Outcome>| {
                outcome.map_or_else(|| "nothing".to_owned(), |outcome| outcome.to_string())
            };
            changes.push(Change::Verdict(row.case.id.clone(), word(was), word(is)));
        }
    }
    let known = |id: &str| sheet.rows.iter().any(|row| row.case.id == id);
    let foreign = submission.results.iter().filter(|one| !known(&one.id));
    changes.extend(foreign.map(|one| {
        let nothing = "nothing".to_owned();
        Change::Verdict(one.id.clone(), one.verdict.to_string(), nothing)
    }));
    changes
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(team, name) => {
                write!(
                    f,
                    "the signature of the {team}'s team (\"{name}\") is not of this submission"
                )
            }
            Self::Stranger(team, print) => {
                write!(
                    f,
                    "the key {print} is not the one that the {team}'s team registered"
                )
            }
            Self::Altered(path) => write!(f, "\"{path}\" has been altered"),
            Self::Gone(path) => write!(f, "\"{path}\" is gone"),
            Self::Added(path) => write!(f, "\"{path}\" has been added"),
            Self::Verdict(case, was, is) => write!(f, "{case}: signed as {was}, now {is}"),
            Self::Header(what, was, is) => write!(f, "{what}: signed as \"{was}\", now \"{is}\""),
            Self::Capture(path) => write!(f, "\"{path}\" is not the capture that its record names"),
            Self::Report(name) => write!(f, "\"{name}\" is not what the record says"),
        }
    }
}
