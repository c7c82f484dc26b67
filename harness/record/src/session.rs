//! `session.json`: one run, with a summary of every case; the source of all consolidated results.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Field, Verdict};

/// One run of cases.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Version of the format, [`crate::FORMAT`].
    pub format: u32,
    /// Version of the harness.
    pub harness: String,
    /// SHA-256 over the cases, configurations, states and errata in use.
    pub cases_hash: String,
    /// Name of the session, the same as its folder's.
    pub name: String,
    /// Start, RFC 3339 in UTC.
    pub started: String,
    /// End, RFC 3339 in UTC; `None` while it runs and after a kill.
    pub ended: Option<String>,
    /// Whether it was interrupted by the user.
    pub interrupted: bool,
    /// Wall time in nanoseconds so far.
    pub wall_time: u64,
    /// What the run was asked to do.
    pub parameters: RunParameters,
    /// Implementations under test.
    pub implementations: Vec<Implementation>,
    /// The machine.
    pub environment: Environment,
    /// Number of cases that will be played, for progress.
    pub planned: u32,
    /// Cases that were played, in order.
    pub cases: Vec<CaseSummary>,
    /// Cases that do not apply, with the reason.
    pub not_selected: Vec<NotSelected>,
    /// Remarks on the run, such as probes that failed.
    pub remarks: Vec<String>,
    /// Agreed deviations that no longer happen; each fails the run.
    #[serde(default)]
    pub stale: Vec<String>,
}

/// What a run was asked to do.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct RunParameters {
    /// LwM2M version: `1.1`.
    pub lwm2m: String,
    /// Transport: `udp`.
    pub transport: String,
    /// Security mode: `nosec`.
    pub security: String,
    /// Whether waits were shortened.
    pub quick: bool,
    /// How many cases were played at a time.
    #[serde(default = "one")]
    pub jobs: u16,
    /// Whether errata were left out.
    pub as_printed: bool,
    /// Whether the clock jumped over waits because both ends were the harness's.
    pub jumping_clock: bool,
    /// Which part of the cases was played; `None` for a whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
    /// What the network did by chance, as `--impair` takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impair: Option<String>,
    /// Whether the harness ended the DTLS sessions of two implementations on both sides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub terminate: bool,
    /// Filters as given.
    pub filters: Vec<String>,
    /// Folder of the cases, if they were not those that the program carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases: Option<String>,
    /// Folder of further object definitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<String>,
    /// Release of the ETS whose cases alone were played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ets: Option<String>,
    /// The command line that plays the run again.
    pub again: String,
}

/// The k-th of n parts of a run's cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Partition {
    /// Which part, from 1.
    pub part: u32,
    /// How many parts.
    pub of: u32,
    /// How many cases the parts have together.
    pub cases: u32,
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

/// An implementation under test.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Implementation {
    /// Seat: `client`.
    pub seat: String,
    /// Name of the product.
    pub name: String,
    /// Vendor.
    pub vendor: String,
    /// Version of the product.
    pub version: String,
    /// Path of the profile; empty for the embedded emulators.
    pub profile: String,
    /// SHA-256 of the profile.
    pub profile_hash: String,
    /// What it claims, as name and value.
    pub ics: Vec<Field>,
}

/// The machine of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Environment {
    /// Operating system and architecture.
    pub system: String,
    /// Addresses the harness listened on, as seat and address.
    pub addresses: Vec<Field>,
}

/// The outcome of one case for one judged seat.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct CaseSummary {
    /// Name of the case: its path without `.yaml`.
    pub case: String,
    /// Identifier: `LightweightM2M-1.1-int-203`.
    pub id: String,
    /// Title.
    pub title: String,
    /// The seat that is judged.
    pub seat: String,
    /// The verdict; the agreed one as far as teams have spoken, else the tool's.
    pub verdict: Verdict,
    /// The tool's verdict.
    pub tool: Verdict,
    /// Verdicts of the teams, as role and verdict.
    pub teams: Vec<(String, Verdict)>,
    /// One line that says why, for every verdict but Pass.
    pub reason: Option<String>,
    /// ETS letters with their verdicts; `None` = undecided.
    pub criteria: Vec<LetterVerdict>,
    /// Number of remarks.
    pub remarks: u32,
    /// The agreed deviation that this outcome matches.
    pub expected: Option<Expected>,
    /// Wall time in nanoseconds.
    pub duration: u64,
    /// Nanoseconds on the case's own clock (differs from `duration` when the clock jumped).
    pub clock: u64,
    /// Nanoseconds forced by the protocol.
    pub forced: u64,
    /// Nanoseconds spent waiting for the implementation.
    pub implementation: u64,
    /// Nanoseconds spent waiting for the operator.
    pub operator: u64,
    /// Nanoseconds in which nothing was waited for: what the harness itself cost.
    #[serde(default)]
    pub overhead: u64,
    /// Folder of the evidence, relative to the session's folder.
    pub folder: String,
    /// SHA-256 of the capture.
    pub capture_hash: String,
}

/// One letter of the ETS pass criteria.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct LetterVerdict {
    /// The letter.
    pub letter: String,
    /// Its verdict; `None` if it was not decided.
    pub verdict: Option<Verdict>,
}

/// An agreed deviation (`NAME.expected.yaml`).
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Expected {
    /// Reason.
    pub reason: String,
    /// Ticket; empty if there is none.
    pub ticket: String,
}

/// A case that does not apply.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct NotSelected {
    /// Name of the case.
    pub case: String,
    /// Identifier.
    pub id: String,
    /// Title.
    pub title: String,
    /// The seat that would be judged.
    pub seat: String,
    /// The expression and the values that decided it.
    pub reason: String,
    /// Whether it judges other seats only, so that nothing is said of what the implementation supports.
    #[serde(default)]
    pub judges_others: bool,
}

/// Counts by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Pass.
    pub pass: u32,
    /// Fail, without those that were expected.
    pub fail: u32,
    /// Outcomes that match an expected deviation, whatever their verdict.
    pub expected: u32,
    /// Inconclusive.
    pub inconclusive: u32,
    /// Not Applicable.
    pub not_applicable: u32,
    /// Out of Time.
    pub out_of_time: u32,
    /// Error.
    pub error: u32,
}

impl SessionRecord {
    /// Counts the verdicts of the cases and of those not selected.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals {
            not_applicable: self.not_selected.len() as u32,
            ..Totals::default()
        };
        for case in &self.cases {
            let count = match case.verdict {
                _ if case.expected.is_some() => &mut totals.expected,
                Verdict::Pass => &mut totals.pass,
                Verdict::Fail => &mut totals.fail,
                Verdict::Inconclusive => &mut totals.inconclusive,
                Verdict::NotApplicable => &mut totals.not_applicable,
                Verdict::OutOfTime => &mut totals.out_of_time,
                Verdict::Error => &mut totals.error,
            };
            *count += 1;
        }
        totals
    }
}

/// One case at a time, as in records from before there was a choice.
const fn one() -> u16 {
    1
}
