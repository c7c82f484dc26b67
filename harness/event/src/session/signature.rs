//! A team's signature below a submission.
//!
//! Signed is the submission without its signatures, as this crate writes it: who met whom, every agreed verdict, and the
//! SHA-256 of every file of evidence. A submission with a field that is unknown here is refused when it is read, so that nothing in it can be unsigned.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::key::{KeyError, SecretKey, fingerprint, verifies};
use crate::consolidate::{Role, Submission};

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Whose team.
    pub team: Role,
    /// Name of the key.
    pub name: String,
    /// The Ed25519 key, in hexadecimal.
    pub key: String,
    /// When, RFC 3339 in UTC, by the signer's clock.
    pub at: String,
    /// The signature, in hexadecimal.
    pub signature: String,
}

impl Signature {
    /// Signs a submission for `team`.
    ///
    /// # Errors
    ///
    /// A key that is none.
    pub fn new(
        submission: &Submission,
        team: Role,
        key: &SecretKey,
        at: &str,
    ) -> Result<Self, KeyError> {
        let public = key.public()?;
        let mut signature = Self {
            team,
            name: public.name,
            key: public.sign,
            at: at.to_owned(),
            signature: String::new(),
        };
        signature.signature = key.sign(&signature.signed_bytes(submission))?;
        Ok(signature)
    }

    /// Whether it was made over this submission by the key that it names.
    pub fn verifies(&self, submission: &Submission) -> bool {
        verifies(&self.key, &self.signature, &self.signed_bytes(submission))
    }

    /// Fingerprint of its key.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.key)
    }

    fn signed_bytes(&self, submission: &Submission) -> Vec<u8> {
        let submission = Submission {
            signatures: Vec::new(),
            source: String::new(),
            ..submission.clone()
        };
        let head = (self.team, &self.name, &self.key, &self.at);
        // strings, numbers and maps with strings as keys: nothing that JSON cannot hold
        let mut bytes = b"testfest submission 1\n".to_vec();
        bytes.extend(serde_json::to_vec(&(head, submission)).unwrap_or_default());
        bytes
    }
}
