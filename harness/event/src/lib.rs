//! The paper side of a TestFest, as data.
//!
//! Pure: takes texts and records, returns values. Opens no file, renders nothing.

pub mod agenda;
pub mod consolidate;
pub mod session;
mod yaml;
