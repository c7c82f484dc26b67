//! Who signed, and what is not as it was signed.

use event::consolidate::Role;
use event::session::Standing;
use serde::Serialize;

use super::head::team;
use crate::duration::date;

/// The section on signatures.
#[derive(Serialize)]
pub(crate) struct StandingView {
    /// What it comes to, in a sentence.
    pub verdict: String,
    /// What is not as it was signed.
    pub changes: Vec<String>,
    /// One for each signature, and one for each team without.
    pub signatures: Vec<SignatureView>,
}

/// A row of the table of signatures.
#[derive(Serialize)]
pub(crate) struct SignatureView {
    /// Whose team.
    pub team: &'static str,
    /// Name of the key; empty if the team has not signed.
    pub name: String,
    /// Fingerprint of the key.
    pub fingerprint: String,
    /// When.
    pub at: String,
}

impl StandingView {
    /// Puts a standing in words.
    pub(super) fn new(standing: &Standing) -> Self {
        let mut signatures = Vec::new();
        for role in [Role::Client, Role::Server] {
            let of_team = standing.signed.iter().filter(|one| one.team == role);
            signatures.extend(of_team.map(|one| SignatureView {
                team: team(role),
                name: one.name.clone(),
                fingerprint: one.fingerprint.clone(),
                at: date(&one.at),
            }));
            if standing.missing.contains(&role) {
                signatures.push(SignatureView {
                    team: team(role),
                    name: String::new(),
                    fingerprint: String::new(),
                    at: String::new(),
                });
            }
        }
        Self {
            verdict: verdict(standing),
            changes: standing.changes.iter().map(ToString::to_string).collect(),
            signatures,
        }
    }
}

fn verdict(standing: &Standing) -> String {
    let altered = "Something is not as it was signed; nothing in this report counts until both teams have signed it again.";
    match (standing.changes.is_empty(), standing.missing.as_slice()) {
        (false, _) if standing.was_signed() => altered.to_owned(),
        (false, _) => "No team has signed, and evidence is not what its record names.".to_owned(),
        (true, []) => "Both teams signed, and everything is as they signed it.".to_owned(),
        (true, [role]) => format!("The {role}'s team has not signed; what stands here may change."),
        (true, _) => "No team has signed; what stands here may change.".to_owned(),
    }
}
