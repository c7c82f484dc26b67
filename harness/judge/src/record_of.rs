//! The record of a play.

/// Facts of the driver.
pub struct CaseFacts;
/// The record.
pub fn case_record(_play: &crate::Play, _facts: CaseFacts) {}
