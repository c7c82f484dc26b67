//! Errata: where the ETS prints what cannot be meant.

use super::Spanned;

/// Explains why a case has `printed` keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erratum {
    /// Its name.
    pub name: String,
    /// The file's path.
    pub file: String,
    /// Where it was reported.
    pub ticket: Option<String>,
    /// Cases it touches, by file name or its beginning: `int-303`.
    pub cases: Vec<Spanned<String>>,
    /// What the ETS prints.
    pub says: String,
    /// What is meant.
    pub sensible: String,
    /// `open`, or how it was settled.
    pub status: String,
}
