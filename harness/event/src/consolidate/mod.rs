//! Submissions of an event: what they say, what is wrong with them, and what they add up to.

mod anonymous;
mod check;
mod counts;
mod event_file;
mod from_session;
mod matrix;
mod submission;
mod table;

pub use anonymous::anonymous;
pub use check::{Finding, FindingKind, Severity, check};
pub use counts::{Counts, Outcome};
pub use event_file::{Event, Implementation, ListedProduct, Listing, Mistake, Pair, Role, Slot};
pub use from_session::{SessionSupplement, from_session};
pub use matrix::Matrix;
pub use submission::{CaseResult, FORMAT, Party, Submission};
pub use table::{Case, Consolidated, Ets, ImplementationTable, Row, SumError, Table, consolidate};
