//! A session of a TestFest: one client's team and one server's team at a table.
//!
//! The tool proposes a verdict for each case of the ETS, the teams say theirs, OMA's rule makes one of the two, and both sign.

mod header;
mod key;
mod proposal;
mod review;
mod sheet;
mod signature;
mod standing;

pub use header::{Header, Side};
pub use key::{KeyError, PublicKey, SecretKey};
pub(crate) use proposal::ets_number;
pub use proposal::{Attempt, Proposal, Run, proposals};
pub use review::{Entry, Review, Say, TornLine};
pub use sheet::{Open, Row, Sheet, State, TeamVerdict};
pub use signature::Signature;
pub use standing::{Change, SignedBy, Standing};

/// What the harness calls its own implementations in a record.
pub const EMULATOR: &str = "testfest emulator";
/// The company of those.
pub const EMULATOR_COMPANY: &str = "testfest";
