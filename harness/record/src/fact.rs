//! Expected and actual as data, so that every report renders the same fact.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Fact {
    /// What is compared: a field of the message (`lifetime`), a path (`/3/0/16`), `code`, `arrival`.
    pub subject: String,
    /// The value as a person reads it, text in quotes; IUT text is escaped by the renderers, not here.
    pub value: String,
    /// Detail: type, encoding, bytes and offset (`String, TLV c2 10 55 51 at payload byte 98`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// A named piece of a decoded message or of an implementation's description.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Field {
    /// Name, such as `Uri-Path` or `/3/0/9`.
    pub name: String,
    /// Value as a person reads it.
    pub value: String,
}

impl Fact {
    /// A fact without detail.
    pub fn new(subject: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            value: value.into(),
            detail: String::new(),
        }
    }
}

impl Field {
    /// A named value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}
