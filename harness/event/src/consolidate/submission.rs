//! One submission: the result list of one client and one server in one session.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Counts, Outcome, Role};
use crate::session::Signature;

/// Version of the shape of `*.submission.json`.
pub const FORMAT: u32 = 1;

/// A submission, as it stands in `*.submission.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// Version of the shape, [`FORMAT`].
    pub format: u32,
    /// Where it was read from; not part of the file.
    #[serde(skip)]
    pub source: String,
    /// Name of the event; empty if it is not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub event: String,
    /// Number or date of the session.
    pub session: String,
    /// Day of the session; empty if it is not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub date: String,
    /// LwM2M version: `1.1`.
    pub lwm2m: String,
    /// The ETS document.
    pub ets: String,
    /// Version of testfest that it was signed with; empty if it is not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub harness: String,
    /// The client.
    pub client: Party,
    /// The server.
    pub server: Party,
    /// One verdict for each case.
    pub results: Vec<CaseResult>,
    /// What the submission itself says they add up to, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// SHA-256 of each file that the verdicts stand on, by its path in the session's folder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<String, String>,
    /// Signatures of the teams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<Signature>,
}

/// One side of a pair.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Company.
    pub company: String,
    /// Product.
    pub product: String,
    /// Version of the product.
    pub version: String,
}

/// The verdict on one case.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseResult {
    /// Identifier of the ETS: `LightweightM2M-1.0-int-101`.
    pub id: String,
    /// The verdict.
    pub verdict: Outcome,
}

impl Submission {
    /// Reads a submission file; `source` is its path.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, with line and column.
    pub fn parse(source: &str, text: &str) -> Result<Self, String> {
        let mut submission: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if submission.format != FORMAT {
            return Err(format!("the format is {}, not {FORMAT}", submission.format));
        }
        source.clone_into(&mut submission.source);
        Ok(submission)
    }

    /// The JSON Schema of the file.
    pub fn schema() -> serde_json::Value {
        let mut schema = schemars::schema_for!(Self);
        let title = format!("testfest submission, format {FORMAT}");
        schema.insert("title".to_owned(), title.into());
        schema.to_value()
    }

    /// The file.
    pub fn to_text(&self) -> String {
        // strings, numbers and maps with strings as keys: nothing that JSON cannot hold
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The side of a role.
    pub const fn party(&self, role: Role) -> &Party {
        match role {
            Role::Client => &self.client,
            Role::Server => &self.server,
        }
    }

    /// The pair as a sentence names it.
    pub fn pair(&self) -> String {
        format!("\"{}\" with \"{}\"", self.client, self.server)
    }
}

impl CaseResult {
    /// The number of the case in the ETS.
    pub fn number(&self) -> Option<u32> {
        Self::number_of(&self.id)
    }

    /// The number at the end of an identifier.
    pub(crate) fn number_of(id: &str) -> Option<u32> {
        let (_, last) = id.rsplit_once('-').unwrap_or(("", id));
        let is_plain = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| last.parse().ok()).flatten()
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.company, &self.product, &self.version];
        let parts: Vec<_> = parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(String::as_str)
            .collect();
        f.write_str(&parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_ets() {
        for (id, number) in [
            ("LightweightM2M-1.0-int-101", Some(101)),
            ("LightweightM2M-1.0-CONMGMT-1250", Some(1250)),
            ("203", Some(203)),
            ("LightweightM2M-1.0-int-+1", None),
            ("con-reregister", None),
            ("", None),
            ("int-99999999999", None),
        ] {
            let verdict = Outcome::Pass;
            assert_eq!(
                CaseResult {
                    id: id.to_owned(),
                    verdict
                }
                .number(),
                number,
                "{id}"
            );
        }
    }

    #[test]
    fn what_is_no_submission_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            "{\"format\": 1}",
            "{\"format\": 2, \"session\": 1}",
        ] {
            assert!(Submission::parse("a", text).is_err(), "{text}");
        }
    }
}
